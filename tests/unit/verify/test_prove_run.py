"""Running a proof: the copy of the course, seeds, the order of tasks, and an end that leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from bench import command, lesson

from mlsj.project.read import read_tree
from mlsj.render.compile import compile_course
from mlsj.spec.files import InputFile, Tree
from mlsj.spec.load import Loaded, load
from mlsj.verify import stage
from mlsj.verify.engine import Outcome
from mlsj.verify.engine import judge as engine_judge
from mlsj.verify.environment import EnvironmentBroken
from mlsj.verify.evidence import Digests, evidence
from mlsj.verify.prove import Part, Task, prove, run_all
from mlsj.verify.prove_course import make
from mlsj.verify.prove_record import ProofState
from mlsj.verify.prove_seen import Judging
from mlsj.verify.report import Report, State

TESTS = Path(__file__).resolve().parents[2]


def loaded(root: Path) -> Loaded:
    found = load(read_tree(root))
    assert found.curriculum is not None, found.diagnostics
    return found


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The tiny course with what `mlsj generate` leaves out of it: a Makefile, a history, somebody's work."""
    root = Path(shutil.copytree(TESTS / "courses/tiny", tmp_path / "tiny"))
    (root / "Makefile").write_text(
        "MLSJ := .venv/bin/mlsj\n.venv/.tool: Makefile\n\tfalse\nsetup: .venv/.tool\n-include generated/course.mk\n"
    )
    for name in (".git/HEAD", "work/1-2/mine.txt", "notes/1-2.md", ".venv/.tool", ".venv/.test", ".mlsj/cache/x"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("mine")
    return root


def copied(course: Path, tmp_path: Path) -> Path:
    found = loaded(course)
    assert found.curriculum is not None
    which = found.curriculum.lesson("1-1")
    assert which is not None
    (tmp_path / "solved").mkdir()
    (tmp_path / "solved/greet.py").write_text("solved")
    with stage.staged(tmp_path / "solved", tmp_path / "note.md") as place:
        made = make(course, found.tree, compile_course(found).files, which, place)
        return Path(shutil.copytree(made, tmp_path / "copy", symlinks=True))


def test_the_copy_is_the_course_with_one_lesson_started_and_solved(course: Path, tmp_path: Path) -> None:
    (tmp_path / "note.md").write_text("my note")
    copy = copied(course, tmp_path)
    assert sorted(path.name for path in (copy / "work").rglob("*") if path.is_file()) == ["greet.py"]
    assert (copy / "work/1-1/greet.py").read_text() == "solved"
    assert (copy / "notes/1-1.md").read_text() == "my note"
    assert "does not greet yet" in (copy / ".mlsj/base/1-1/work/greet.py").read_text()
    assert "# Note on 1-1" in (copy / ".mlsj/base/1-1/note.md").read_text()
    assert (copy / "generated/course.mk").is_file()
    assert (copy / "templates/lessons/1-2/judge.py").is_file()
    assert not (copy / ".git").exists()
    assert not (copy / ".mlsj/cache").exists()
    assert sorted(path.name for path in (copy / ".venv").iterdir() if path.name.startswith(".")) == [".test", ".tool"]


@pytest.mark.needs("make")
def test_its_make_sets_nothing_up_and_runs_this_tool(course: Path, tmp_path: Path) -> None:
    copy = copied(course, tmp_path)
    ran = subprocess.run(["make", "setup"], cwd=copy, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    program = [str(copy / ".venv/bin/mlsj"), "list", "--format", "json"]
    assert b'"1-1"' in subprocess.run(program, cwd=copy, capture_output=True, check=True).stdout


def test_environments_are_shared_with_the_course(course: Path, tmp_path: Path) -> None:
    (course / ".mlsj/envs").mkdir()
    assert (copied(course, tmp_path) / ".mlsj/envs").resolve() == (course / ".mlsj/envs").resolve()


@pytest.mark.needs("make")
def test_the_tiny_course_is_proved_and_what_its_quick_start_judges_is_not_judged_again(
    course: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = course / "curriculum.yaml"
    text = spec.read_text()
    text = text.replace("          python3 work/1-1/greet.py Ada\n", "          make lesson-1-1\n")
    # The second one judges other files than the reference's: there is one more.
    text = text.replace("          cd work/1-2 && ", "          make lesson-1-2\n          cd work/1-2 && ")
    spec.write_text(text)
    judged: list[str] = []

    def judge(*args: Any, subject: str, **options: Any) -> Outcome:
        judged.append(f"{args[1].id} {subject}")
        return engine_judge(*args, subject=subject, **options)

    monkeypatch.setattr("mlsj.verify.prove.engine.judge", judge)
    found = loaded(course)
    assert found.curriculum is not None
    lessons = [each for _, each in found.curriculum.lessons() if each.status == "ready"]
    before = {path: path.stat().st_mtime_ns for path in course.rglob("*")}
    steps: list[tuple[int, int]] = []
    proof = prove(
        found.tree,
        lessons,
        root=course,
        files=compile_course(found).files,
        jobs=2,
        progress=lambda done, total, _: steps.append((done, total)),
    )
    assert [each.problems for each in proof.lessons] == [[], []]
    assert [each.quickstart for each in proof.lessons] == [1, 3]
    assert (proof.state, proof.judgings) == (ProofState.PROVED, 8)
    assert sorted(name for name in judged if "solution" in name) == ["1-2 solution"]
    assert steps == [(number, 8) for number in range(1, 9)]
    assert {path: path.stat().st_mtime_ns for path in course.rglob("*")} == before


def test_each_round_has_inputs_of_its_own_and_a_seed_makes_them_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[tuple[str, int]] = []

    def judge(*_: object, subject: str, seed: int, keep: bool, **__: object) -> Outcome:
        assert not keep
        judged.append((subject, seed))
        report = Report("1-1", State.FAILED, seed, ())
        return Outcome(report, evidence(report, subject, Digests({}, None, "", None)), None)

    monkeypatch.setattr("mlsj.verify.prove.engine.judge", judge)
    which = lesson(command("says", "true"), sources=None, quickstart="true")

    def seeds(seed: int | None) -> list[int]:
        judged.clear()
        tree = Tree({"curriculum.yaml": InputFile(b"")})
        proof = prove(tree, [which], root=tmp_path, files={}, repeat=2, seed=seed)
        rows = [(row.variant, each) for row in proof.lessons[0].variants for each in row.seeds]
        assert sorted(rows) == sorted(judged)
        return [each for _, each in rows]

    first = seeds(3)
    assert len(set(first)) == 4
    assert seeds(3) == first
    assert not set(seeds(None)) & set(first)


def test_an_environment_that_cannot_be_made_is_said_once_and_the_others_are_proved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ensure(root: Path, name: str, *_: object) -> Path:
        asked.append(name)
        raise EnvironmentBroken("there is no network")

    monkeypatch.setattr("mlsj.verify.prove.ensure", ensure)
    criterion = command("says", "python3", "-c", "", stdout_equals="")
    broken = [lesson(criterion, sources=None, environment="e", id=each) for each in ("1", "2")]
    other = lesson(criterion, sources=None, id="3")
    tree = Tree({"curriculum.yaml": InputFile(b"")})
    proof = prove(tree, [*broken, other], root=tmp_path, files={})
    assert asked == ["e"]
    assert [len(each.variants) for each in proof.lessons] == [0, 0, 2]
    assert [each.problems[0].code for each in proof.lessons] == [
        "environment-missing",
        "environment-missing",
        "stub-passes",
    ]
    assert [each.state.value for each in proof.lessons] == ["not judged", "not judged", "not proved"]
    assert proof.state is ProofState.NOT_PROVED


# tasks ----------------------------------------------------------------------------------------------------------------


def test_what_judges_every_criterion_begins_first() -> None:
    begun: list[str] = []
    lock = threading.Lock()

    def task(name: str, what: str, timeout_s: int) -> Task:
        which = lesson({**command("c", "true"), "timeout_s": timeout_s}, id=name)

        def run() -> Part:
            with lock:
                begun.append(f"{name} {what}")
            return Part((Judging(what, timeout_s),))

        return Task(which, what, run)

    tasks = [
        task("short", "stub", 1),
        task("short", "solution", 1),
        task("long", "stub", 9),
        task("long", "solution", 9),
    ]
    parts = run_all(tasks, 1, lambda *_: None)
    assert begun == ["long solution", "short solution", "long stub", "short stub"]
    assert parts == [Part((Judging(each.what, seconds),)) for each, seconds in zip(tasks, (1, 1, 9, 9), strict=True)]


def test_when_one_task_breaks_what_the_others_wait_for_is_ended() -> None:
    begins = threading.Event()
    codes: list[int] = []

    def waits() -> Part:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        begins.set()
        codes.append(process.wait())
        return Part()

    def breaks() -> Part:
        begins.wait()
        raise OSError("the disk is full")

    which = lesson(command("c", "true"))
    tasks = [Task(which, "stub", waits), Task(which, "stub", breaks), *[Task(which, "stub", waits)] * 5]
    with pytest.raises(OSError, match="the disk is full"):
        run_all(tasks, 2, lambda *_: None)
    assert set(codes) == {-9}
    assert len(codes) < 6


def ended(pid: int) -> bool:
    """Tell whether a process is gone, or only waits for its parent to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_ends_everything_at_once(course: Path, tmp_path: Path, number: int, code: int) -> None:
    mark = tmp_path / "pids"
    source = course / "templates/lessons/1-1/greet.py"
    text = source.read_text()
    source.write_text(text.replace("import sys\n", f"import os, sys, time\n{WAITS.format(mark=str(mark))}", 1))
    argv = [sys.executable, "-m", "mlsj", "-C", str(course), "prove", "1-1", "--jobs", "2"]
    own = tmp_path / "own"
    own.mkdir()
    # Without a process tree of their own, in which they would have other numbers and could not write here.
    environment = {**os.environ, "TMPDIR": str(own), "MLSJ_ISOLATION": "process"}
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
    for _ in range(1500):
        if mark.exists() and mark.read_text().count("\n") >= 2:
            break
        time.sleep(0.01)
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == code, said
    assert "Traceback" not in said
    for pid in map(int, mark.read_text().split()):
        assert ended(pid)
    assert list(own.iterdir()) == []


WAITS = """\
with open({mark!r}, "a") as file:
    print(os.getpid(), file=file, flush=True)
time.sleep(600)
"""
