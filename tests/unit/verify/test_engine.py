"""The engine: verdicts that follow from what was observed, and planted faults that must not become passes."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest
from bench import SOURCES, command, findings, judged, lesson, verdicts

from mlsj.spec.files import InputFile, Tree
from mlsj.verify import process
from mlsj.verify.engine import Outcome, adversaries, judge, ordered, warm
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


def test_an_isolation_that_does_not_work_is_an_error_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLSJ_ISOLATION", "walls")
    found = findings(judged(tmp_path, lesson(command("runs", "true")), {}))["runs"]
    assert (found.verdict.value, found.phase) == ("error", "environment")
    assert "MLSJ_ISOLATION is 'walls'" in found.message


@pytest.mark.parametrize("how", ["raise ValueError('planted')", "raise SystemExit(0)", "def def"])
def test_a_judge_that_cannot_be_loaded_breaks_its_own_criteria_only(tmp_path: Path, how: str) -> None:
    which = lesson(custom("c", "c"), {"id": "f", "uses": "file", "with": {"path": "a"}})
    outcome = judged(tmp_path, which, {"a": ""}, judge_py=f"{how}\n")
    assert verdicts(outcome) == {"c": "error", "f": "pass"}
    assert "the judge of this criterion is broken" in findings(outcome)["c"].message


def test_the_lesson_s_sources_come_from_memory(tmp_path: Path) -> None:
    text = "def c(context):\n    return passed((context.sources / 'data' / 'a.txt').read_text())\n"
    tree = Tree(
        {
            f"{SOURCES}/judge.py": InputFile((IMPORT + text).encode()),
            f"{SOURCES}/data/a.txt": InputFile(b"memory"),
        }
    )
    on_disk = tmp_path / SOURCES / "data/a.txt"
    on_disk.parent.mkdir(parents=True)
    on_disk.write_text("disk")
    (tmp_path / "work").mkdir()
    outcome = judge(tree, lesson(custom("c", "c")), tmp_path / "work", tmp_path / "n", root=tmp_path, keep=False)
    assert findings(outcome)["c"].message == "memory"


def test_a_judge_may_import_from_its_sources_without_leaving_a_trace(tmp_path: Path) -> None:
    text = (
        "import sys\n"
        "def c(context):\n    sys.path.insert(0, str(context.sources))\n    import helper\n"
        "    ran = context.run(['python3', str(context.sources / 'tool.py')])\n"
        "    return passed(helper.WORD + ran.stdout)\n"
    )
    files = {"judge.py": IMPORT + text, "helper.py": "WORD = 'one '\n", "tool.py": "import helper\nprint('two')\n"}
    tree = Tree({f"{SOURCES}/{name}": InputFile(data.encode()) for name, data in files.items()})
    (tmp_path / "work").mkdir()
    outcome = judge(tree, lesson(custom("c", "c")), tmp_path / "work", tmp_path / "n", root=tmp_path, keep=False)
    assert findings(outcome)["c"].message == "one two\n"


def test_a_judge_that_writes_into_its_sources_is_not_trusted(tmp_path: Path) -> None:
    text = (
        "def c(context):\n    context.sources.chmod(0o700)\n    (context.sources / 'x').write_text('x')\n"
        "    return passed('x')\n"
    )
    found = findings(judged(tmp_path, lesson(custom("c", "c")), {}, judge_py=IMPORT + text))["c"]
    assert (found.verdict.value, found.phase) == ("error", "judge")
    assert "the judge's own files were changed (sources, sources/x)" in found.message


def test_what_is_recorded_is_what_was_judged(tmp_path: Path) -> None:
    """The learner saves a file while the judge is at work: the digests are of the copy."""
    path = tmp_path / "work/1-1/a.txt"
    text = f"def c(context):\n    open({str(path)!r}, 'w').write('later')\n    return passed('x')\n"
    outcome = judged(tmp_path, lesson(custom("c", "c")), {"a.txt": "before"}, judge_py=IMPORT + text)
    assert path.read_text() == "later"
    assert outcome.record.stable.digests.files["a.txt"] == hashlib.sha256(b"before").hexdigest()


def test_several_judgings_at_once(tmp_path: Path) -> None:
    which = lesson(command("says", "python3", "a.py", stdout_equals="1"), command("more", "sleep", "0.1"))
    outcomes: dict[int, Outcome] = {}

    def one(number: int) -> None:
        if number % 3 == 0:
            warm()
        outcomes[number] = judged(tmp_path / str(number), which, {"a.py": f"print({number % 2})"}, "note")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    told = {number: verdicts(outcome) for number, outcome in outcomes.items()}
    assert told == {number: {"says": "pass" if number % 2 else "fail", "more": "pass"} for number in range(8)}


def test_a_process_that_was_started_ahead_is_used_or_ended(tmp_path: Path) -> None:
    warm()
    warm()
    (ready,) = process._ready.processes
    assert verdicts(judged(tmp_path, lesson(command("one", "true")), {})) == {"one": "pass"}
    assert process._ready.processes == []
    assert not ready.waits
    warm()
    (ready,) = process._ready.processes
    ready._process.kill()
    ready._process.wait()
    assert verdicts(judged(tmp_path, lesson(command("one", "true")), {})) == {"one": "pass"}
    warm()
    (ready,) = process._ready.processes
    process.discard()
    assert not ready.waits


NUMERIC = """
from mlsj.kinds.base import Finding, Verdict

def cases(context):
    for _ in range(5):
        yield [[context.random.random() for _ in range(4)]]

def truth(values):
    return [value * 3 for value in values]
"""


def test_adversaries_of_the_kinds_that_have_some(tmp_path: Path) -> None:
    with_ = {"file": "a.py", "function": "f", "cases": "cases", "truth": "truth", "rel": 1e-9}
    tree = Tree(
        {
            f"{SOURCES}/judge.py": InputFile(NUMERIC.encode()),
            f"{SOURCES}/a.py": InputFile(b"def f(values):\n    return [value * 3 for value in values]\n"),
        }
    )
    which = lesson(command("none", "true"), {"id": "n", "uses": "python", "with": with_})
    faced = adversaries(tree, which, root=tmp_path, seed=1)
    assert {each.criterion for each in faced} == {"n"}
    assert len({each.name for each in faced}) == len(faced) >= 3
    assert {each.finding.verdict.value for each in faced} == {"fail"}, faced
    assert adversaries(tree, lesson(command("none", "true")), root=tmp_path, seed=1) == ()


def test_adversaries_of_a_broken_judge_are_an_error(tmp_path: Path) -> None:
    with_ = {"file": "a.py", "function": "f", "cases": "cases", "truth": "truth"}
    tree = Tree({f"{SOURCES}/judge.py": InputFile(b"def cases(context):\n    raise ValueError('planted')\n")})
    (one,) = adversaries(tree, lesson({"id": "n", "uses": "python", "with": with_}), root=tmp_path, seed=1)
    assert (one.criterion, one.finding.verdict.value) == ("n", "error")
    assert "planted" in one.finding.message or "truth" in one.finding.message
