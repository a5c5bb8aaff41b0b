"""`reset` moves, never deletes; `undo` brings back; an interrupted run leaves every byte somewhere."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from started_course import Course  # noqa: TC002 - as the other tests here

from mlsj.learner import reset as module
from mlsj.learner.reset import Moved, Plan, Refused, plan, reset, undo
from mlsj.learner.workspace import start

STUB = {"main.py": b"stub\n", "src/a b.py": b"a\n", "run.sh": b"#!/bin/sh\n"}
MINE = {"main.py": b"mine\n", "src/a b.py": b"mine too\n", "new\nname": b"new\n"}


@pytest.fixture
def begun(course: Course) -> Course:
    course.stub(dict(STUB), executable=("run.sh",))
    course.start()
    course.mine(dict(MINE))
    return course


def planned(course: Course, *files: str) -> Plan:
    found = plan(course.place, files, course.root)
    assert isinstance(found, Plan), found
    return found


def work(course: Course) -> dict[str, bytes]:
    folder = course.place.work
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def every_byte(course: Course) -> set[bytes]:
    return {path.read_bytes() for path in course.root.rglob("*") if path.is_file()}


def test_a_whole_lesson_goes_back_and_comes_again(begun: Course) -> None:
    (begun.place.work / ".git").mkdir()
    (begun.place.work / ".git/HEAD").write_text("ref")
    before = work(begun)
    todo = planned(begun)
    assert todo.changed == ("work/1-1/main.py", "work/1-1/new\nname", "work/1-1/src/a b.py", "work/1-1/.git")
    done = reset(begun.place, todo)
    assert done.moved == done.made == ("work/1-1",)
    assert work(begun) == STUB
    assert os.access(begun.place.work / "run.sh", os.X_OK)
    assert (begun.root / done.kept / "work/main.py").read_bytes() == b"mine\n"
    assert not planned(begun).changed
    back = undo(begun.place)
    assert isinstance(back, Moved)
    assert work(begun) == before
    assert not (begun.root / done.kept).exists()
    undo(begun.place)
    assert work(begun) == STUB


def test_one_file_goes_back_and_the_others_stay(begun: Course) -> None:
    done = reset(begun.place, planned(begun, "main.py"))
    assert (done.moved, done.made) == (("work/1-1/main.py",), ("work/1-1/main.py",))
    assert work(begun) == {**STUB, **MINE, "main.py": b"stub\n"}
    begun.mine({"main.py": b"since\n"})
    undo(begun.place)
    assert work(begun)["main.py"] == b"mine\n"
    undo(begun.place)
    assert work(begun)["main.py"] == b"since\n"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("main.py", ("work/main.py",)),
        ("./main.py", ("work/main.py",)),
        ("work/1-1/main.py", ("work/main.py",)),
        ("work/1-1/src/", ("work/src/a b.py",)),
        ("src", ("work/src/a b.py",)),
        ("notes/1-1.md", ("note.md",)),
    ],
)
def test_a_file_is_named_as_one_would(begun: Course, given: str, names: tuple[str, ...]) -> None:
    assert planned(begun, given).names == names
    assert planned(begun, str(begun.root / "work/1-1/main.py"), given).names[-1:] == names
    inside = plan(begun.place, ["main.py"], begun.place.work / "src")
    assert isinstance(inside, Plan)
    assert inside.names == ("work/main.py",)


@pytest.mark.parametrize("given", ["new\nname", "nothing.py", "../../x", "/etc/passwd", "work/1-1/../../x", "main", ""])
def test_only_what_the_lesson_started_with_can_be_reset(begun: Course, given: str) -> None:
    found = plan(begun.place, [given], begun.root)
    assert isinstance(found, Refused)
    assert found.unknown == given


def test_the_note_is_reset_by_name_only(begun: Course) -> None:
    begun.place.note.write_text("thoughts")
    reset(begun.place, planned(begun))
    assert begun.place.note.read_text() == "thoughts"
    done = reset(begun.place, planned(begun, "notes/1-1.md"))
    assert begun.place.note.read_bytes() == (begun.place.base / "note.md").read_bytes()
    assert (begun.root / done.kept / "note.md").read_text() == "thoughts"
    undo(begun.place)
    assert begun.place.note.read_text() == "thoughts"


def test_a_removed_file_comes_again(begun: Course) -> None:
    begun.mine({"main.py": None})
    done = reset(begun.place, planned(begun, "main.py"))
    assert (done.moved, done.made) == ((), ("work/1-1/main.py",))
    assert work(begun)["main.py"] == b"stub\n"
    assert undo(begun.place) is None


def test_a_mode_goes_back_too(begun: Course) -> None:
    (begun.place.work / "run.sh").chmod(0o644)
    assert planned(begun, "run.sh").changed == ("work/1-1/run.sh",)
    reset(begun.place, planned(begun, "run.sh"))
    assert os.access(begun.place.work / "run.sh", os.X_OK)


def test_a_folder_in_a_files_place_is_moved_and_comes_back(begun: Course) -> None:
    begun.mine({"main.py": None, "main.py/inner": b"inner\n"})
    reset(begun.place, planned(begun, "main.py"))
    assert work(begun)["main.py"] == b"stub\n"
    undo(begun.place)
    assert work(begun)["main.py/inner"] == b"inner\n"
    undo(begun.place)
    assert work(begun)["main.py"] == b"stub\n"


def test_a_link_is_moved_itself_and_never_followed(begun: Course, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.write_text("precious")
    begun.mine({"main.py": None})
    (begun.place.work / "main.py").symlink_to(outside)
    reset(begun.place, planned(begun, "main.py"))
    assert (outside.read_text(), work(begun)["main.py"]) == ("precious", b"stub\n")
    assert not (begun.place.work / "main.py").is_symlink()
    undo(begun.place)
    assert (begun.place.work / "main.py").readlink() == outside


def test_behind_a_linked_folder_nothing_is_touched(begun: Course, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (begun.place.work / "src").rename(elsewhere)
    (begun.place.work / "src").symlink_to(elsewhere)
    found = plan(begun.place, ["src/a b.py"], begun.root)
    assert isinstance(found, Refused)
    assert found.reason.startswith("work/1-1/src is a link")
    reset(begun.place, planned(begun))
    assert (elsewhere / "a b.py").read_bytes() == b"mine too\n"
    assert work(begun) == STUB


def test_a_work_folder_that_is_gone_is_made_again(begun: Course) -> None:
    begun.place.work.rename(begun.root / "away")
    assert planned(begun).changed == ("work/1-1",)
    assert reset(begun.place, planned(begun)).moved == ()
    assert work(begun) == STUB
    assert undo(begun.place) is None


def test_what_is_kept_is_ignored_by_git(begun: Course) -> None:
    reset(begun.place, planned(begun))
    assert (begun.root / ".mlsj/kept/.gitignore").read_text() == "*\n"


def test_a_clock_set_back_hides_nothing(begun: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    reset(begun.place, planned(begun, "main.py"))
    begun.mine({"main.py": b"second\n"})

    class Earlier(module.datetime):  # type: ignore[name-defined,misc]
        @classmethod
        def now(cls, tz: object = None) -> Earlier:  # noqa: ARG003
            return cls(2001, 1, 1)

    monkeypatch.setattr(module, "datetime", Earlier)
    reset(begun.place, planned(begun, "main.py"))
    undo(begun.place)
    assert work(begun)["main.py"] == b"second\n"


def test_a_damaged_list_brings_nothing_from_outside(begun: Course) -> None:
    done = reset(begun.place, planned(begun, "main.py"))
    listed = begun.root / done.kept / "reset.json"
    listed.write_text('["work/../../../../../x", "/etc/passwd", "work/main.py"]')
    begun.root.joinpath("x").write_text("not to be moved")
    undo(begun.place)
    assert begun.root.joinpath("x").read_text() == "not to be moved"
    assert work(begun)["main.py"] == b"mine\n"


@pytest.mark.parametrize("text", ["", "{}", "[1]", "["])
def test_what_was_moved_stays_where_its_list_is_damaged(begun: Course, text: str) -> None:
    done = reset(begun.place, planned(begun, "main.py"))
    (begun.root / done.kept / "reset.json").write_text(text)
    assert undo(begun.place) is None
    assert (begun.root / done.kept / "work/main.py").read_bytes() == b"mine\n"


class _CutError(BaseException):
    """The machine went down here."""


@pytest.mark.parametrize("files", [(), ("main.py", "src")], ids=["whole", "files"])
@pytest.mark.parametrize("undoing", [False, True], ids=["reset", "undo"])
@pytest.mark.parametrize("cut", range(12))
def test_a_run_that_is_cut_loses_nothing(
    begun: Course, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...], undoing: bool, cut: int
) -> None:
    before = every_byte(begun)
    todo = planned(begun, *files)
    if undoing:
        reset(begun.place, todo)
        begun.mine({"main.py": b"since\n"})
        before = every_byte(begun)
    steps = 0

    def cutting(real):  # type: ignore[no-untyped-def]
        def step(*args: object, **options: object) -> object:
            nonlocal steps
            steps += 1
            if steps > cut:
                raise _CutError
            return real(*args, **options)

        return step

    with monkeypatch.context() as patch:
        for owner, name in ((Path, "rename"), (Path, "replace"), (os, "link"), (Path, "unlink"), (Path, "mkdir")):
            patch.setattr(owner, name, cutting(getattr(owner, name)))
        with contextlib.suppress(_CutError):
            undo(begun.place) if undoing else reset(begun.place, todo)
    assert before <= every_byte(begun)
    # The next command finds its way: whatever is gone as a whole is made again, and a reset ends as it should.
    start(begun.place)
    reset(begun.place, planned(begun))
    assert work(begun) == STUB
    assert before <= every_byte(begun)
