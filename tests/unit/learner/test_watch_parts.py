"""The parts of `mlsj watch` that touch the machine, one by one: saves, keys, judging processes, the lesson meant."""

from __future__ import annotations

import os
import queue
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import watchfiles
from click.testing import CliRunner

from mlsj.cli.common import load_course
from mlsj.cli.main import cli
from mlsj.learner.judges import Judges
from mlsj.learner.judging import Message
from mlsj.learner.lastedited import last_edited
from mlsj.learner.saves import Places, Saves, matters
from mlsj.learner.terminal import keys

WAIT_S = 60


def until(true: Callable[[], object], what: str) -> None:
    """Wait for a condition, generously."""
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


# Saves ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("work/1-1/greet.py", "work"),
        ("work/1-1/data/new.csv", "work"),
        ("notes/1-1.md", "work"),
        ("work/1-1/.git/refs/heads/main", "work"),
        ("work/1-1/.git/HEAD", "work"),
        ("curriculum.yaml", "course"),
        ("locks/dvc.txt", "course"),
        ("templates/lessons/1-1/judge.py", "course"),
        ("work/1-1", "place"),
        ("work", "place"),
        ("notes", "place"),
        ("work/1-1/.greet.py.swp", ""),
        ("work/1-1/greet.py~", ""),
        ("work/1-1/__pycache__/greet.pyc", ""),
        ("work/1-1/.venv/lib/x.py", ""),
        ("work/1-1/.git/index", ""),
        ("work/1-1/.git/index.lock", ""),
        ("work/1-1/.git/refs/heads/main.lock", ""),
        ("work/1-1/.mlsj-tmp-0123456789abcdef", ""),
        ("work/1-11/greet.py", ""),
        ("notes/1-11.md", ""),
        ("templates/lessons/1-2/judge.py", ""),
        (".mlsj/evidence/1-1/x.json", ""),
        ("README.md", ""),
    ],
)
def test_which_changes_matter(tmp_path: Path, path: str, kind: str) -> None:
    assert matters(Places(tmp_path, "1-1", "templates/lessons/1-1"), str(tmp_path / path)) == kind


@pytest.fixture
def saves(tmp_path: Path) -> Iterator[tuple[Path, Saves, queue.Queue[frozenset[str]]]]:
    for folder in ("work/1-1", "notes", "templates/lessons/1-1"):
        (tmp_path / folder).mkdir(parents=True)
    heard: queue.Queue[frozenset[str]] = queue.Queue()
    looking = Saves(Places(tmp_path, "1-1", "templates/lessons/1-1"), heard.put)
    yield tmp_path, looking, heard
    looking.stop()


def test_saves_are_heard_however_an_editor_saves(saves) -> None:
    root, _, heard = saves
    (root / "work/1-1/greet.py").write_text("1")
    assert heard.get(timeout=WAIT_S) == {"work"}
    part = root / "work/1-1/.greet.py.swp"
    part.write_text("2")
    part.replace(root / "work/1-1/greet.py")
    assert heard.get(timeout=WAIT_S) == {"work"}
    part = root / "notes/4913"
    part.write_text("note")
    part.replace(root / "notes/1-1.md")
    assert heard.get(timeout=WAIT_S) == {"work"}
    part = root / "new"
    part.write_text("format: 1")
    part.replace(root / "curriculum.yaml")
    assert heard.get(timeout=WAIT_S) == {"course"}
    assert heard.empty()


def test_a_folder_that_was_replaced_is_noticed(saves) -> None:
    root, looking, heard = saves
    assert not looking.stale
    (root / "work/1-1").rename(root / "work/old")
    assert "place" in heard.get(timeout=WAIT_S)
    assert looking.stale
    (root / "work/1-1").mkdir()
    assert looking.stale


def test_without_the_kernels_help_it_polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work/1-1").mkdir(parents=True)
    real = watchfiles.watch

    def used_up(*paths, force_polling=None, **more):
        if not force_polling:
            raise OSError("OS file watch limit reached")
        return real(*paths, force_polling=True, poll_delay_ms=50, **more)

    monkeypatch.setattr(watchfiles, "watch", used_up)
    heard: queue.Queue[frozenset[str]] = queue.Queue()
    looking = Saves(Places(tmp_path, "1-1"), heard.put)
    try:
        assert not looking.problem
        (tmp_path / "work/1-1/greet.py").write_text("1")
        assert "work" in heard.get(timeout=WAIT_S)  # polling may see the folder change as well
    finally:
        looking.stop()


def test_saves_that_cannot_be_noticed_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_, **__):
        raise OSError("no watches here")

    monkeypatch.setattr(watchfiles, "watch", broken)
    looking = Saves(Places(tmp_path, "1-1"), lambda _: None)
    looking.stop()
    assert looking.problem == "saves cannot be noticed (no watches here): press r to judge"


# Keys -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "pressed"),
    [
        (b"h", ["h"]),
        (b"Q", ["q"]),
        (b"\x03", ["q"]),
        (b"\x04", ["q"]),
        (b"rq", ["r", "q"]),
        (b"\x1b[A", []),
        (b"\x1bOP\x1b[15~h", ["h"]),
        (b"\x1bn", []),
        (b"\x1b", []),
        (b"how are you?", []),
        (b"\xc3\xa9"[:1], ["\xc3".lower()]),
        (b"\r\n", []),
    ],
)
def test_keys(typed: bytes, pressed: list[str]) -> None:
    assert keys(typed) == pressed


# Judging processes ----------------------------------------------------------------------------------------------------


def mlsj(root: Path, *args: str) -> None:
    done = CliRunner().invoke(cli, ["-C", str(root), *args], catch_exceptions=False)
    assert done.exit_code == 0, done.output


@pytest.fixture
def begun(tiny_generated: Path) -> Path:
    mlsj(tiny_generated, "start", "1-1")
    return tiny_generated.resolve()


@pytest.fixture
def judges(begun: Path) -> Iterator[Judges]:
    made = Judges(begun)
    yield made
    made.close()


def listen(judges: Judges, until_said: Callable[[Message], object]) -> list[Message]:
    """Return what is said until a message is as wanted."""
    said: list[Message] = []
    deadline = time.monotonic() + WAIT_S
    while not any(until_said(message) for message in said):
        assert time.monotonic() < deadline, said
        channels = judges.channels
        due = judges.due()
        ready, _, _ = select.select(list(channels), (), (), 1.0 if due is None else due + 0.001)
        judges.due()
        for channel in ready:
            said += judges.take(channels[channel])
    return said


def working(path: Path, line: str) -> None:
    path.write_text(f"import sys, time, subprocess\n{line}\nprint(f'Hello, {{sys.argv[1]}}!')\n")


def verdicts(said: list[Message]) -> list[dict[str, str]]:
    return [{f.id: f.verdict.value for f in m.verdicts.record.results} for m in said if m.verdicts is not None]


def test_a_judging_says_what_it_does_and_what_it_found(judges: Judges, begun: Path) -> None:
    working(begun / "work/1-1/greet.py", "")
    judges.judge("1-1", fresh=False, reread=False)
    said = listen(judges, lambda message: message.verdicts)
    assert [m.ready.title for m in said if m.ready] == ["Say hello"]
    assert any(m.doing.startswith("judging greets") for m in said)
    (found,) = verdicts(said)
    assert found["greets"] == "pass"
    # The next one is used again where nothing changed; afresh it is not.
    for fresh in (False, True):
        judges.judge("1-1", fresh=fresh, reread=fresh)
        told = next(m.verdicts for m in listen(judges, lambda message: message.verdicts) if m.verdicts)
        assert all(bool(result.judged) is not fresh for result in told.record.results)


def test_a_judging_that_is_overtaken_is_ended_with_all_it_started(judges: Judges, begun: Path, tmp_path: Path) -> None:
    greet = begun / "work/1-1/greet.py"
    working(greet, "subprocess.Popen(['sleep', '987'], start_new_session=True); time.sleep(987)")
    judges.judge("1-1", fresh=False, reread=False)
    until(lambda: judges.judging, "the judging begins")
    listen(judges, lambda message: message.doing)
    first = judges.judging
    assert first is not None
    until(lambda: _sleepers(), "the program sleeps")
    sleepers = _sleepers()
    working(greet, "")
    judges.judge("1-1", fresh=False, reread=False)
    (found,) = verdicts(listen(judges, lambda message: message.verdicts))
    assert found["greets"] == "pass"
    assert first.popen.returncode is not None
    until(lambda: not sleepers & _sleepers(), "what the first judging started is gone")


def test_closing_ends_everything(begun: Path) -> None:
    working(begun / "work/1-1/greet.py", "time.sleep(987)")
    judges = Judges(begun)
    judges.judge("1-1", fresh=False, reread=False)
    listen(judges, lambda message: message.doing)
    processes = list(judges.channels.values())
    judges.close()
    assert processes
    assert all(process.popen.returncode is not None for process in processes)


def test_a_judging_process_whose_watcher_is_gone_ends(judges: Judges, begun: Path) -> None:
    working(begun / "work/1-1/greet.py", "time.sleep(987)")
    judges.judge("1-1", fresh=False, reread=False)
    listen(judges, lambda message: message.doing)
    process = judges.judging
    assert process is not None
    process.stdin.close()
    assert process.popen.wait(WAIT_S) == 128 + signal.SIGTERM


def test_a_broken_course_is_said(judges: Judges, begun: Path) -> None:
    judges.judge("1-1", fresh=False, reread=False)
    listen(judges, lambda message: message.verdicts)
    spec = begun / "curriculum.yaml"
    good = spec.read_text()
    spec.write_text(good.replace("title: Say hello", "tittle: Say hello"))
    judges.judge("1-1", fresh=True, reread=True)
    said = listen(judges, lambda message: message.wrong)
    assert "mlsj validate" in said[-1].wrong
    spec.write_text(good)
    judges.judge("1-1", fresh=True, reread=True)
    assert verdicts(listen(judges, lambda message: message.verdicts))


def _sleepers() -> set[int]:
    return {each.pid for each in psutil.process_iter(["cmdline"]) if each.info["cmdline"] == ["sleep", "987"]}


# The lesson that is meant ---------------------------------------------------------------------------------------------


def test_the_lesson_that_is_meant(tiny_generated: Path) -> None:
    def meant() -> str | None:
        return last_edited(tiny_generated, load_course(tiny_generated))

    assert meant() == "1-1"
    mlsj(tiny_generated, "start", "1-1")
    mlsj(tiny_generated, "start", "1-2")
    for lesson, other in (("1-1", "1-2"), ("1-2", "1-1")):
        for path in [*(tiny_generated / "work").rglob("*.*"), *(tiny_generated / "notes").iterdir()]:
            os.utime(path, (1, 1))
        for path in (tiny_generated / "work" / other).iterdir():
            os.utime(path, (2, 2))
        os.utime(tiny_generated / f"notes/{lesson}.md", (3, 3))
        assert meant() == lesson
