"""The engine: verdicts that follow from what was observed, and planted faults that must not become passes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from bench import command, findings, judged, lesson, verdicts

from mlsj.verify.engine import ordered
from mlsj.verify.report import State

IMPORT = "from mlsj.kinds.base import Finding, Verdict, failed, passed, unverified\n"


def custom(name: str, function: str, **more: object) -> dict[str, object]:
    return {"id": name, "uses": "judge", "with": {"function": function}, **more}


def test_a_program_that_does_it_passes(tmp_path: Path) -> None:
    which = lesson(command("says", "python3", "a.py", stdout_equals="42"))
    outcome = judged(tmp_path, which, {"a.py": "print(6 * 7)"})
    assert verdicts(outcome) == {"says": "pass"}
    assert outcome.report.state is State.PASSED
    assert outcome.report.results[0].commands[0].exit_code == 0


def test_a_program_that_only_claims_it_fails(tmp_path: Path) -> None:
    which = lesson(command("sum", "python3", "a.py", "2", "40", stdout_equals="42"))
    outcome = judged(tmp_path, which, {"a.py": "print('PASS')"})
    found = findings(outcome)["sum"]
    assert (found.verdict.value, found.expected, found.got) == ("fail", "42", "PASS")
    assert found.next_step
    assert outcome.report.state is State.FAILED


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError('planted')", "ValueError: planted"),
        ("raise SystemExit(0)", "left with exit code 0"),
        ("return None", "returned NoneType"),
        ("return True", "returned bool"),
        ("return passed('')", "without saying what was observed"),
        ("return Finding(Verdict.FAIL, 'no')", "without saying what was expected"),
        ("import os; os._exit(0)", "its process ended early"),
        ("import os; os.kill(os.getpid(), 9)", "its process ended early"),
    ],
)
def test_a_broken_judge_is_an_error_and_never_the_learners_failure(tmp_path: Path, body: str, says: str) -> None:
    which = lesson(custom("c", "c"), {"id": "f", "uses": "file", "with": {"path": "a"}, "needs": ["c"]})
    outcome = judged(tmp_path, which, {"a": ""}, judge_py=f"{IMPORT}def c(context):\n    {body}\n")
    found = findings(outcome)["c"]
    assert (found.verdict.value, found.phase) == ("error", "judge")
    assert says in found.message
    assert "Traceback" not in found.message
    assert verdicts(outcome)["f"] == "blocked"
    assert outcome.report.state is State.NOT_JUDGED


def test_a_judge_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlsj.verify.engine.GRACE_S", 1.0)
    which = lesson(custom("c", "c", timeout_s=1))
    outcome = judged(tmp_path, which, {}, judge_py="import time\ndef c(context):\n    time.sleep(60)\n")
    found = findings(outcome)["c"]
    assert (found.verdict.value, found.phase) == ("error", "judge")
    assert "did not end in time" in found.message


def test_an_endless_program_fails_and_the_phase_is_named(tmp_path: Path) -> None:
    which = lesson(command("ends", "python3", "a.py", _timeout_s=1))
    began = time.monotonic()
    found = findings(judged(tmp_path, which, {"a.py": "while True: pass"}))["ends"]
    assert found.verdict.value == "fail"
    assert "phase run" in found.message
    assert found.next_step
    assert time.monotonic() - began < 10


def ends(pid: int) -> bool:
    """Tell whether the process is gone, now or within two seconds: a killed one may still have to be collected."""
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


DAEMON = """\
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir("/")
        os.closerange(0, 3)
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(60)
    os._exit(0)
while not os.path.exists(sys.argv[1]) or not open(sys.argv[1]).read():
    time.sleep(0.01)
"""


def test_a_daemon_left_behind_is_ended(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    which = lesson(command("runs", "python3", "a.py", str(mark)))
    assert verdicts(judged(tmp_path, which, {"a.py": DAEMON})) == {"runs": "pass"}
    assert ends(int(mark.read_text()))


def test_a_program_that_kills_its_judge_gets_no_pass(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    body = (
        "import os, signal, sys, time\nopen(sys.argv[1], 'w').write(str(os.getpid()))\n"
        "os.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)"
    )
    which = lesson(command("runs", "python3", "a.py", str(mark)), command("second", "true"))
    outcome = judged(tmp_path, which, {"a.py": body})
    assert verdicts(outcome) == {"runs": "error", "second": "error"}
    assert ends(int(mark.read_text()))


def test_output_without_end_is_stopped(tmp_path: Path) -> None:
    which = lesson(command("prints", "python3", "a.py", _timeout_s=60))
    body = "import sys\nwhile True: sys.stdout.write('x' * 1000000)"
    found = findings(judged(tmp_path, which, {"a.py": body}))["prints"]
    assert found.verdict.value == "fail"
    assert "MiB of output" in found.got


def test_long_output_loses_its_middle(tmp_path: Path) -> None:
    text = "def c(context):\n    ran = context.run(['python3', 'a.py'])\n    return passed(ran.stdout)\n"
    outcome = judged(tmp_path, lesson(custom("c", "c")), {"a.py": "print('a' * 200000 + 'z')"}, judge_py=IMPORT + text)
    message = findings(outcome)["c"].message
    assert len(message) < 70_000
    assert "bytes left out" in message
    assert message.startswith("a")
    assert message.rstrip().endswith("z")


def test_a_program_cannot_repaint_its_verdict(tmp_path: Path) -> None:
    which = lesson(command("says", "python3", "a.py", stdout_equals="42"))
    found = findings(judged(tmp_path, which, {"a.py": "print('no\\r\\x1b[2K\\x1b[Apass')"}))["says"]
    assert found.got == "no\n\ufffd[2K\ufffd[Apass"


def test_prerequisites(tmp_path: Path) -> None:
    which = lesson(
        {"id": "later", "uses": "file", "with": {"path": "a"}, "needs": ["first"]},
        {"id": "gpu", "uses": "judge", "with": {"function": "u"}, "core": False},
        {"id": "on-gpu", "uses": "file", "with": {"path": "a"}, "needs": ["gpu"], "core": False},
        {"id": "first", "uses": "file", "with": {"path": "missing"}},
    )
    judge_py = f"{IMPORT}def u(context):\n    return unverified('no such thing here')\n"
    outcome = judged(tmp_path, which, {"a": ""}, judge_py=judge_py)
    assert [criterion.id for criterion in ordered(which)] == ["first", "later", "gpu", "on-gpu"]
    assert list(verdicts(outcome).items()) == [
        ("later", "blocked"),
        ("gpu", "unverified"),
        ("on-gpu", "unverified"),
        ("first", "fail"),
    ]


def test_states(tmp_path: Path) -> None:
    judge_py = f"{IMPORT}def u(context):\n    return unverified('no')\ndef p(context):\n    return passed('yes')\n"
    here = lesson(custom("p", "p"), custom("u", "u", core=False))
    assert judged(tmp_path, here, {}, judge_py=judge_py).report.state is State.PASSED_HERE
    unseen = lesson(custom("p", "p"), custom("u", "u"))
    assert judged(tmp_path, unseen, {}, judge_py=judge_py).report.state is State.NOT_JUDGED


def test_a_missing_tool_is_unverified(tmp_path: Path) -> None:
    found = findings(judged(tmp_path, lesson(command("runs", "no-such-tool-anywhere")), {}))["runs"]
    assert found.verdict.value == "unverified"
    assert "'no-such-tool-anywhere' is not installed" in found.message


def test_a_missing_script_of_the_learner_is_a_fail(tmp_path: Path) -> None:
    found = findings(judged(tmp_path, lesson(command("runs", "./run.sh")), {}))["runs"]
    assert found.verdict.value == "fail"
    assert "127" in found.got


def test_the_environment_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    body = "import json, os; print(json.dumps(dict(os.environ)))"
    text = "def c(context):\n    return passed(context.run(['python3', '-I', 'a.py']).stdout)\n"
    outcome = judged(tmp_path, lesson(custom("c", "c")), {"a.py": body}, judge_py=IMPORT + text)
    seen = json.loads(findings(outcome)["c"].message)
    assert seen["LANG"] == "C.UTF-8"
    assert not {"SECRET_TOKEN", "PYTHONPATH", "GIT_DIR", "VIRTUAL_ENV"} & set(seen)
    assert seen["HOME"] == "SCRATCH/home"
    assert "SEED" not in " ".join(seen)


def test_judged_programs_cannot_import_the_judge(tmp_path: Path) -> None:
    which = lesson(command("imports", "python3", "-c", "import mlsj", exit=1))
    assert verdicts(judged(tmp_path, which, {})) == {"imports": "pass"}


def test_git_of_the_course_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    which = lesson(command("asks", "git", "rev-parse", "--show-toplevel", exit=128))
    assert verdicts(judged(tmp_path, which, {"a": ""})) == {"asks": "pass"}


def test_the_learners_files_are_not_touched(tmp_path: Path) -> None:
    which = lesson(command("edits", "python3", "-c", "open('a', 'w').write('changed'); open('b', 'w')"))
    judged(tmp_path, which, {"a": "mine"})
    assert (tmp_path / "work/1-1/a").read_text() == "mine"
    assert not (tmp_path / "work/1-1/b").exists()


def test_a_repository_in_the_work_directory_comes_along(tmp_path: Path) -> None:
    which = lesson({"id": "f", "uses": "file", "with": {"path": ".git/HEAD", "contains": "main"}})
    outcome = judged(tmp_path, which, {".git/HEAD": "ref: refs/heads/main\n", "a": "x"})
    assert verdicts(outcome) == {"f": "pass"}
    assert list(outcome.record.stable.digests.files) == ["a"]


def test_a_seed_makes_the_same_inputs_again(tmp_path: Path) -> None:
    text = "def c(context):\n    return passed(' '.join(str(context.random.random()) for _ in range(3)))\n"
    which = lesson(custom("c", "c"), custom("d", "c"))
    first, again, other = (judged(tmp_path, which, {}, judge_py=IMPORT + text, seed=s) for s in (7, 7, None))
    assert findings(first) == findings(again)
    assert findings(first)["c"] != findings(first)["d"]
    assert len(set(findings(first)["c"].message.split())) == 3, "each use draws on"
    alone = judged(tmp_path, lesson(custom("d", "c")), {}, judge_py=IMPORT + text, seed=7)
    assert findings(alone)["d"] == findings(first)["d"], "a criterion's numbers do not depend on those before it"
    assert other.report.seed != 7
    assert findings(other)["c"] != findings(first)["c"]


def test_once_runs_once_and_keeps_what_it_raised(tmp_path: Path) -> None:
    text = (
        "count = []\n"
        "def make():\n    count.append(1)\n    raise ValueError(len(count))\n"
        "def c(context):\n    context.once('x', make)\n"
    )
    outcome = judged(tmp_path, lesson(custom("c", "c"), custom("d", "c")), {}, judge_py=text)
    assert [f.message[-13:] for f in findings(outcome).values()] == ["ValueError: 1"] * 2


def test_an_unreadable_kind_is_an_error(tmp_path: Path) -> None:
    outcome = judged(tmp_path, lesson({"id": "c", "uses": "nonsense"}, {"id": "d", "uses": "file", "with": {}}), {})
    assert set(verdicts(outcome).values()) == {"error"}


def test_an_environment_that_cannot_be_made_is_an_error_of_that_phase(tmp_path: Path) -> None:
    outcome = judged(tmp_path, lesson(command("runs", "true"), environment="tools"), {})
    found = findings(outcome)["runs"]
    assert (found.verdict.value, found.phase) == ("error", "environment")
    assert "mlsj lock tools" in found.message
