"""What a learner's folders may hold without a judging that hangs, breaks or blames the wrong one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from bench import command, findings, judged, lesson, verdicts

from mlsj.kinds.base import Verdict
from mlsj.learner.workspace import Workspace, start

NOTE = {"id": "note", "uses": "note"}


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling link"])
def test_a_note_that_is_no_file_is_no_note(tmp_path: Path, kind: str) -> None:
    note = tmp_path / "notes/1-1.md"
    note.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(note)
    elif kind == "folder":
        note.mkdir()
    else:
        note.symlink_to("nowhere")
    found = findings(judged(tmp_path, lesson(NOTE), {}))["note"]
    assert (found.verdict, found.message) == (Verdict.FAIL, "there is no note")


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    work = tmp_path / "work/1-1"
    work.mkdir(parents=True)
    Path(os.fsdecode(os.fsencode(work) + b"/a\xff.txt")).write_text("x")
    outcome = judged(tmp_path, lesson(command("one", "ls", stdout_contains="b.txt")), {})
    assert verdicts(outcome) == {"one": "fail"}
    assert outcome.path is not None
    assert list(outcome.record.stable.digests.files) == ["a\\xff.txt"]


def test_what_a_judge_quotes_need_not_be_text(tmp_path: Path) -> None:
    judge_py = (
        "from mlsj.kinds.base import failed\n"
        "def look(context):\n"
        "    return failed('a\\udcff', expected='\\ud800', got='g', next_step='n', where='w')\n"
    )
    which = lesson({"id": "one", "uses": "judge", "with": {"function": "look"}})
    found = findings(judged(tmp_path, which, {}, judge_py=judge_py))["one"]
    assert (found.verdict, found.message, found.expected) == (Verdict.FAIL, "a\ufffd", "\ufffd")


def test_a_course_in_a_folder_whose_name_is_no_text_is_not_judged_and_says_why(tmp_path: Path) -> None:
    root = Path(os.fsdecode(os.fsencode(tmp_path) + b"/c\xff"))
    root.mkdir()
    found = findings(judged(root, lesson(command("one", "true")), {}))["one"]
    assert (found.verdict, found.phase) == (Verdict.ERROR, "environment")
    assert "not UTF-8" in found.message


def test_where_a_file_is_missing_is_said_from_the_course_s_root(tmp_path: Path) -> None:
    found = findings(judged(tmp_path, lesson({"id": "f", "uses": "file", "with": {"path": "d/a.txt"}}), {}))["f"]
    assert (found.where, found.next_step) == ("work/1-1/d/a.txt", "create work/1-1/d/a.txt")


def test_a_work_folder_that_is_gone_comes_back_by_starting_again(tmp_path: Path) -> None:
    place = Workspace(tmp_path, "1-1")
    (place.stub / "work").mkdir(parents=True)
    (place.stub / "work/a.py").write_text("stub\n")
    (place.stub / "note.md").write_text("form\n")
    start(place)
    place.note.write_text("mine\n")
    (place.stub / "work/a.py").write_text("a newer stub\n")
    shutil.rmtree(place.work)
    again = start(place)
    assert again.created == ("work/1-1/a.py",)
    assert (place.work / "a.py").read_text() == "stub\n"  # what the base says that it began with
    assert place.note.read_text() == "mine\n"
    (place.work / "a.py").unlink()
    assert start(place).already  # a file that the learner removed stays away
