"""An update that is killed at any change of the disk: the next run completes it, as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from started_course import NOTE, Course

from mlsj.learner import merge
from mlsj.learner.update import update
from mlsj.project.walk import TEMP_PREFIX

pytestmark = pytest.mark.needs("git")

TEXT = "".join(f"line {number}\n" for number in range(12)).encode()
# Every call by which a file or folder is changed; a file's bytes go into a temporary one, which is then moved.
CALLS = ("replace", "rename", "unlink", "mkdir", "rmdir", "fchmod", "chmod", "open")


@pytest.fixture
def begun(course: Course, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course in which everything that can happen to a file is about to happen; git merges each text once."""
    monkeypatch.setattr(merge, "merge", cache(merge.merge))
    course.stub(dict.fromkeys(("merged", "clash", "plain", "dropped", "deleted", "mode", "old/deep"), TEXT))
    course.stub({"image": b"\0old"})
    course.start()
    course.mine({"merged": TEXT + b"mine\n", "clash": TEXT.replace(b"line 5", b"mine 5"), "image": b"\0mine"})
    course.mine({"deleted": None, "taken": b"mine\n"})
    course.place.note.write_bytes(NOTE + b"\n- mine\n")
    new = TEXT.replace(b"line 5", b"course 5")
    course.stub({"merged": new, "clash": new, "plain": new, "dropped": None, "deleted": new, "image": b"\0new"})
    course.stub({"mode": TEXT, "taken": b"new\n", "new/deep": b"new\n", "old/deep": None}, executable=("mode",))
    (course.place.stub / "note.md").write_bytes(b"# Title\n" + NOTE)
    return course


def killed(course: Course, after: int) -> bool:
    """Run the update in a process that kills itself at its change number `after`; False when it made fewer."""
    child = os.fork()
    if child == 0:
        left = [after]
        for name in CALLS:
            setattr(os, name, _burning(getattr(os, name), left))
        try:
            course.update()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _burning(call: Callable, left: list[int]) -> Callable:
    def burning(*args, **kwargs):
        if call.__name__ != "open" or args[1] & os.O_CREAT:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)

    return burning


def restore(course: Course, pristine: Path) -> None:
    shutil.rmtree(course.root)
    shutil.copytree(pristine, course.root, symlinks=True)


def test_the_next_run_gives_what_an_uninterrupted_one_gives(begun: Course, tmp_path: Path) -> None:
    pristine = tmp_path / "pristine"
    shutil.copytree(begun.root, pristine)
    before = begun.state()
    said = {(file.path, file.what, file.saved, file.beside) for file in begun.update().lessons[0].files}
    assert len(said) == 11
    wanted = begun.state()
    healed = 0
    for after in range(1000):
        restore(begun, pristine)
        if not killed(begun, after):
            break
        for path, (kind, data, _) in begun.state().items():
            if kind == "file" and path.startswith(("work", "notes")) and TEMP_PREFIX not in path:
                texts = [state[path][1] for state in (before, wanted) if path in state]
                assert data in texts, (after, path)
        (lesson,) = begun.update().lessons
        assert begun.state() == wanted, after
        if lesson.healed:
            healed += 1
            assert {(file.path, file.what, file.saved, file.beside) for file in lesson.files} == said, after
    else:
        pytest.fail("the run never ended")
    assert begun.state() == wanted
    assert (after > 30, healed > 20) == (True, True), (after, healed)


def test_what_is_written_between_a_kill_and_the_next_run_is_kept(begun: Course, tmp_path: Path) -> None:
    pristine = tmp_path / "pristine"
    shutil.copytree(begun.root, pristine)
    files = ("merged", "clash", "plain")
    for after in range(0, 1000, 5):
        restore(begun, pristine)
        if not killed(begun, after):
            break
        for name in files:
            begun.mine({name: b"just now\n" + begun.work(name)})
        begun.update()
        for name in files:
            text = begun.work(name)
            assert text.startswith(b"just now\n"), (after, name)
            assert b"course 5\n" in text, (after, name)
            assert text.count(b"<<<<<<<") == text.count(b">>>>>>>") == (name == "clash"), (after, name)
        assert begun.work("merged").endswith(b"line 11\nmine\n")
        assert b"mine 5\n" in begun.work("clash")
    else:
        pytest.fail("the run never ended")


def test_a_note_of_intention_that_is_not_ours_is_ignored(begun: Course) -> None:
    folder = begun.root / ".mlsj/run/update"
    folder.mkdir(parents=True)
    for text in ('{"format": 2}', "no JSON", '{"format":1,"lesson":"1-2","writes":[],"beside":[],"said":{}}'):
        (folder / "1-1.json").write_text(text)
        assert not update(begun.root, ["1-1"], ["1-1"], check=True).lessons[0].healed
    outside = (
        '{"format":1,"lesson":"1-1","beside":[],"said":{"lesson":"1-1","state":"updated"},"writes":[{"name":"x","path":'
        '"../out","before":"","data":"eA==","mode":420,"base":"eA=="}]}'
    )
    (folder / "1-1.json").write_text(outside)
    assert not begun.update().lessons[0].healed
    assert not (begun.root.parent / "out").exists()
