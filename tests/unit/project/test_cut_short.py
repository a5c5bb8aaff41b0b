"""Writing that is cut short: a kill or a full disk at any moment leaves nothing half written."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mlsj.project import write
from mlsj.project.walk import TEMP_PREFIX
from mlsj.spec.ownership import PENDING


class Fuse:
    """Ends a run at its n-th change of the disk, and lets nothing change afterwards, as a kill does."""

    NAMES = ("replace", "unlink", "mkdir", "rmdir", "fchmod", "chmod", "open")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, after: int, error: BaseException) -> None:
        self.left = after
        for name in self.NAMES:
            monkeypatch.setattr(os, name, self._burning(getattr(os, name), error))

    def _burning(self, call, error):
        def burning(*args, **kwargs):
            if call.__name__ != "open" or args[1] & os.O_CREAT:
                self.left -= 1
                if self.left < 0:
                    raise error
            return call(*args, **kwargs)

        return burning


class Killed(BaseException):
    """Stands for SIGKILL."""


def changed_course(course, files):
    """Files after an edit that creates, updates, deletes, swaps a file with a folder, and changes a mode."""
    after = {p: f for p, f in files.items() if "1-2" not in p}
    for path, data, executable in [
        ("generated/README.md", b"changed\n", False),
        ("generated/lessons/1-3/README.md", b"new\n", False),
        ("generated/lessons/1-1/work/run.sh", b"#!/bin/sh\n", False),
        ("generated/lessons/1-2", b"a file where a folder was\n", True),
    ]:
        after[path] = course.file(path, data, executable=executable)
    return after


@pytest.mark.parametrize("edited", [False, True])
def test_killed_at_any_change_the_next_run_heals(course, two_lessons, tmp_path, monkeypatch, edited):
    course.generate(two_lessons)
    pristine = tmp_path / "pristine"
    shutil.copytree(course.root, pristine)
    after = changed_course(course, two_lessons)
    third = {
        p: course.file(p, f.data + b"again\n", executable=f.executable) for p, f in after.items() if "1-1" not in p
    }
    final = third if edited else after
    course.generate(final)
    wanted = course.state()
    for burnt in range(1000):
        shutil.rmtree(course.root)
        shutil.copytree(pristine, course.root)
        plan = course.plan(after)
        with monkeypatch.context() as patch:
            fuse = Fuse(patch, burnt, Killed())
            try:
                write.apply(str(course.root), plan)
            except Killed:
                pass
            else:
                assert fuse.left >= 0
                break
        for path, (kind, data, _) in course.state().items():
            if kind == "file" and path in {*two_lessons, *after} and TEMP_PREFIX not in path:
                assert data in {files[path].data for files in (two_lessons, after) if path in files}, (burnt, path)
        _, saved = course.generate(final)
        assert not saved, (burnt, saved)
        assert course.state() == wanted, burnt
        assert course.plan(final).settled
        assert not (course.root / PENDING).exists()
        assert not list(course.root.rglob(f"{TEMP_PREFIX}*"))
    else:
        pytest.fail("the run never ended")
    assert burnt > 20


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_an_error_of_the_disk_names_the_path_and_leaves_nothing_half_written(course, two_lessons, monkeypatch, code):
    for burnt in range(0, 36, 5):
        plan = course.plan(two_lessons)
        with monkeypatch.context() as patch:
            Fuse(patch, burnt % 12, OSError(code, os.strerror(code)))
            with pytest.raises(OSError, match=os.strerror(code)) as caught:
                write.apply(str(course.root), plan)
        named = Path(caught.value.filename)
        assert named.is_relative_to(course.root)
        assert TEMP_PREFIX not in named.name
        for path, (kind, data, _) in course.state().items():
            assert (
                kind == "folder" or path == "curriculum.yaml" or TEMP_PREFIX in path or data == two_lessons[path].data
            )
    course.generate(two_lessons)
    assert course.plan(two_lessons).settled


_GENERATE = """
import sys
sys.path.insert(0, sys.argv[2])
from conftest import Course, compiled
from pathlib import Path
course = Course(Path(sys.argv[1]))
n = int(sys.argv[3])
files = {p: compiled(p, f"{n}: {p}\\n" * 4000) for p in (f"generated/lessons/{i}/README.md" for i in range(60))}
print("ready", flush=True)
course.generate(files)
"""


def run_generate(course, number: int, **extra) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _GENERATE, str(course.root), str(Path(__file__).parent), str(number)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **extra)


@pytest.mark.parametrize("delay_ms", [1, 4, 9, 15, 25])
def test_killed_for_real_the_next_run_heals(course, delay_ms):
    run_generate(course, 1).communicate()
    running = run_generate(course, 2)
    assert running.stdout.readline() == "ready\n"
    time.sleep(delay_ms / 1000)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    for i in range(60):
        path = f"generated/lessons/{i}/README.md"
        text = (course.root / path).read_text()
        assert text in {f"{n}: {path}\n" * 4000 for n in (1, 2)}
    files = {p: course.file(p, f"3: {p}\n") for p in (f"generated/lessons/{i}/README.md" for i in range(60))}
    _, saved = course.generate(files)
    assert not saved
    assert course.plan(files).settled
    assert not list(course.root.rglob(f"{TEMP_PREFIX}*"))


def test_temporary_files_of_killed_runs_are_removed_even_when_nothing_else_changes(course, two_lessons):
    course.generate(two_lessons)
    names = [
        f"{folder}/{TEMP_PREFIX}0123456789abcdef"
        for folder in ("generated/lessons/1-1", ".mlsj", ".mlsj/cache", ".github")
    ]
    for name in names:
        (course.root / name).write_text("half")
    plan, saved = course.generate(two_lessons)
    assert sorted(plan.leftovers) == sorted(names)
    assert not saved
    assert not [name for name in names if (course.root / name).exists()]
    assert course.plan(two_lessons).settled


def test_a_full_disk_for_real(course):
    """A limit on file size is what a full disk is to a single file: some bytes fit, the rest do not."""
    limited = run_generate(course, 1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000)))
    _, err = limited.communicate()
    assert limited.returncode == 1
    assert "File too large" in err
    assert [p for p, (kind, _, _) in course.state().items() if kind == "file"] == ["curriculum.yaml"]
