"""The lock of a course: one run writes at a time, and no run's end leaves it locked."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import subprocess
import sys
import threading

import pytest

from mlsj.project import atomic
from mlsj.project.lock import alone


def test_two_at_once_wait_for_each_other(course):
    waited, order = threading.Event(), []
    with alone(str(course.root)):

        def second() -> None:
            with alone(str(course.root), waited.set):
                order.append("second")

        thread = threading.Thread(target=second)
        thread.start()
        assert waited.wait(5)
        order.append("first")
    thread.join(5)
    assert order == ["first", "second"]


def test_where_a_folder_cannot_be_locked_a_file_is(course, monkeypatch):
    real = fcntl.flock

    def flock(descriptor: int, how: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", flock)
    test_two_at_once_wait_for_each_other(course)
    assert (course.root / ".mlsj/cache/generate.lock").is_file()
    shutil.rmtree(course.root / ".mlsj")
    (course.root / ".mlsj").symlink_to("elsewhere")
    with pytest.raises(atomic.BlockedError), alone(str(course.root)):
        pytest.fail("the lock was made through a link")


def test_the_lock_leaves_nothing(course):
    before = course.state(local=True)
    with alone(str(course.root)):
        assert course.state(local=True) == before
    assert course.state(local=True) == before


def test_the_lock_of_a_killed_run_does_not_last(course):
    code = (
        "import sys, time; from mlsj.project.lock import alone\n"
        "with alone(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(course.root)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.communicate()
    with alone(str(course.root), lambda: pytest.fail("the lock outlived its holder")):
        pass
