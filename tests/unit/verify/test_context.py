"""What a judge may use: programs that run on, building apart from running, copies, rounds with inputs of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from bench import findings, judged, lesson, verdicts

from mlsj.kinds.base import Finding
from mlsj.verify.context import Clock, seed_of
from mlsj.verify.engine import Outcome

HEAD = "import time\nfrom mlsj.kinds.base import Measurement, failed, measured, passed\n"


def looked(root: Path, body: str, work: dict[str, str] | None = None, **criterion: Any) -> Outcome:
    """Judge a criterion whose judge has this body; it may `return passed(...)`."""
    text = HEAD + "def look(context):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    which = lesson({"id": "c", "uses": "judge", "with": {"function": "look"}, **criterion})
    return judged(root, which, work or {}, judge_py=text)


def found(outcome: Outcome) -> Finding:
    return findings(outcome)["c"]


ECHO = "import sys\nfor line in sys.stdin:\n    print('got', line.strip(), flush=True)\nprint('end')\n"


def test_a_program_answers_while_it_runs_and_is_recorded(tmp_path: Path) -> None:
    outcome = looked(
        tmp_path,
        "with context.start(['python3', 'echo.py']) as program:\n"
        "    program.send('a\\n')\n"
        "    first = program.line()\n"
        "    program.send(b'b\\n')\n"
        "    second = program.line(10)\n"
        "    running = program.running\n"
        "    ran = program.wait()\n"
        "return passed(f'{first} {second} {running} {ran.exit_code} {program.running}')",
        {"echo.py": ECHO},
    )
    assert found(outcome).message == "got a got b True 0 False"
    (command,) = outcome.report.results[0].commands
    assert (command.argv, command.exit_code, command.phase) == (("python3", "echo.py"), 0, "run")
    assert outcome.report.phases["run"] >= command.duration_s * 0.5


def test_a_program_that_is_left_is_killed_and_recorded(tmp_path: Path) -> None:
    outcome = looked(
        tmp_path,
        "with context.start(['sleep', '60']) as program:\n    pass\nreturn passed(str(program.running))",
    )
    assert found(outcome).message == "False"
    (command,) = outcome.report.results[0].commands
    assert command.exit_code != 0


def test_two_programs_may_run_side_by_side(tmp_path: Path) -> None:
    outcome = looked(
        tmp_path,
        "with context.start(['python3', 'echo.py']) as one, context.start(['python3', 'echo.py']) as two:\n"
        "    for program in (one, two): program.send('x\\n')\n"
        "    said = [two.line(), one.line()]\n"
        "    ran = context.run(['echo', 'meanwhile'])\n"
        "return passed(f'{said} {ran.stdout.strip()}')",
        {"echo.py": ECHO},
    )
    assert found(outcome).message == "['got x', 'got x'] meanwhile"
    assert len(outcome.report.results[0].commands) == 3


def test_a_program_that_says_nothing_uses_up_the_time_and_the_phase_is_named(tmp_path: Path) -> None:
    outcome = looked(
        tmp_path, "with context.start(['sleep', '60']) as program:\n    program.line()\nreturn passed('x')", timeout_s=1
    )
    finding = found(outcome)
    assert (finding.verdict.value, finding.timed_out, finding.phase) == ("fail", True, "run")
    assert finding.message == "sleep 60 did not end in time (phase run)"
    assert finding.expected == "an end within 1 s"
    (result,) = outcome.record.results
    assert (result.timed_out, result.phase) == (True, "run")


def test_building_is_not_charged_to_the_criterion(tmp_path: Path) -> None:
    outcome = looked(
        tmp_path,
        "built = context.run(['sleep', '1.2'], phase='build')\nran = context.run(['true'])\n"
        "return passed(f'{built.exit_code} {ran.exit_code}')",
        timeout_s=1,
    )
    assert found(outcome).message == "0 0"
    assert [command.phase for command in outcome.report.results[0].commands] == ["build", "run"]
    phases = outcome.report.phases
    assert phases["build"] > 1 > phases["run"] > 0
    assert list(phases) == ["environment", "build", "services", "run", "judge"]


def test_building_has_a_limit_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsj.verify.engine.BUILD_TIMEOUT_S", 0.5)
    finding = found(looked(tmp_path, "context.run(['sleep', '60'], phase='build')\nreturn passed('x')"))
    assert (finding.verdict.value, finding.timed_out, finding.phase) == ("fail", True, "build")
    assert finding.message == "sleep 60 did not end in time (phase build)"
    assert finding.expected == "an end within 0.5 s"


def test_building_moves_the_time_at_which_the_judge_itself_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mlsj.verify.engine.GRACE_S", 1.0)
    body = "context.run(['sleep', '2.5'], phase='build')\ntime.sleep(0.3)\nreturn passed('x')"
    assert found(looked(tmp_path, body, timeout_s=1)).message == "x"


def test_an_own_limit_that_ends_sooner_is_the_judge_s_to_explain(tmp_path: Path) -> None:
    body = "ran = context.run(['sleep', '60'], timeout_s=0.2)\nreturn passed(f'{ran.timed_out} {ran.exit_code}')"
    assert found(looked(tmp_path, body)).message == "True None"


def test_bytes_go_in(tmp_path: Path) -> None:
    body = "ran = context.run(['od', '-An', '-tx1'], stdin=b'\\xff\\x00')\nreturn passed(ran.stdout.strip())"
    assert found(looked(tmp_path, body)).message == "ff 00"


def test_a_copy_of_the_work_is_one_s_own_to_break(tmp_path: Path) -> None:
    outcome = looked(
        tmp_path,
        "one, two = context.copy_of_work('copy'), context.copy_of_work('copy')\n"
        "(one / 'a.txt').unlink()\n"
        "ran = context.run(['cat', 'a.txt'], cwd=two)\n"
        "names = [path.relative_to(context.scratch).as_posix() for path in (one, two)]\n"
        "return passed(f'{names} {ran.stdout} {(context.work / \"a.txt\").exists()}')",
        {"a.txt": "mine"},
    )
    assert found(outcome).message == "['copy', 'copy-2'] mine True"


ROUNDS = (
    "number = context.random.randrange(10**9)\n"
    "shared = context.once('shared', lambda: context.seed)\n"
    "(context.scratch / 'file').open('x').close()\n"
    "context.run(['echo', str(number), str(shared), str(context.seed)])\n"
    "return passed('seen', Measurement('n', float(len(context.work.parts)), 'parts'))"
)


def test_each_round_has_numbers_and_shared_results_of_its_own(tmp_path: Path) -> None:
    first = looked(tmp_path, ROUNDS, repeat=3)
    said = [command.argv[1:] for command in first.report.results[0].commands]
    assert len({numbers for numbers, _, _ in said}) == 3
    assert len({shared for _, shared, _ in said}) == 3
    assert [int(seed) for _, _, seed in said] == [seed_of(first.report.seed, number) for number in (1, 2, 3)]
    assert found(first).message == "seen (the last of 3 rounds)"


def test_rounds_are_replayed_by_the_seed(tmp_path: Path) -> None:
    text = (
        HEAD + "def look(context):\n    context.run(['echo', str(context.random.random())])\n    return passed('x')\n"
    )
    which = lesson({"id": "c", "uses": "judge", "with": {"function": "look"}, "repeat": 4})
    said = [
        [command.argv for command in judged(tmp_path, which, {}, judge_py=text, seed=5).report.results[0].commands]
        for _ in range(2)
    ]
    assert said[0] == said[1]
    assert len(set(said[0])) == 4


def test_the_first_round_that_fails_ends_it(tmp_path: Path) -> None:
    outcome = looked(
        tmp_path,
        "rounds = context.work / 'rounds'\n"
        "rounds.write_text((rounds.read_text() if rounds.exists() else '') + 'x')\n"
        "if len(rounds.read_text()) == 2:\n"
        "    return failed('wrong\\nmore', expected='e', got='g', next_step='n')\n"
        "return passed('right')",
        repeat=5,
    )
    assert found(outcome).message == "wrong (in round 2 of 5)\nmore"
    assert verdicts(outcome) == {"c": "fail"}


def test_a_measurement_over_rounds_is_their_median_with_a_spread(tmp_path: Path) -> None:
    outcome = looked(
        tmp_path,
        "rounds = context.work / 'rounds'\n"
        "rounds.write_text((rounds.read_text() if rounds.exists() else '') + 'x')\n"
        "return passed('seen', measured('size', [float(len(rounds.read_text()))], 'bytes', at_most=9))",
        repeat=5,
    )
    assert found(outcome).measurements[0].text == "size 3 bytes (spread 2, at most 9)"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return passed('fast', Measurement('t', float('inf'), 's'))", "it measured t as inf"),
        ("return passed('fast', measured('t', [3.0], 's', at_most=2))", "it passes what breaks its own bound"),
    ],
)
def test_a_measurement_that_is_none_or_not_kept_is_the_judge_s_error(tmp_path: Path, body: str, says: str) -> None:
    finding = found(looked(tmp_path, body))
    assert (finding.verdict.value, finding.phase) == ("error", "judge")
    assert says in finding.message


def test_the_clock_counts_what_runs_side_by_side_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([1.0, 4.0])
    monkeypatch.setattr("mlsj.verify.context.time.monotonic", lambda: next(now))
    clock = Clock()
    clock.begin("run")
    with clock.timed("run"):
        pass
    clock.end("run")
    assert clock.seconds == {"build": 0.0, "run": 3.0}
