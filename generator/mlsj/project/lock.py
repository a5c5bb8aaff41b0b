"""One `mlsj generate` at a time in a course."""

# Plain os calls: pathlib would cost a run that has nothing to do some milliseconds.
# ruff: noqa: PTH118

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mlsj.project.atomic import make_folder
from mlsj.spec.ownership import CACHE


@contextmanager
def alone(root: str, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the course at `root`; call `on_wait` before waiting for another holder.

    The folder itself is locked, so that a course whose spec is broken, or a disk that is only for reading, stays as it
    is. The holder loses the lock by ending, however it ends. Raises OSError, BlockedError when there is no way to lock.
    """
    try:
        descriptor = _locked(os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC), on_wait)
    except OSError:  # network file systems lock only what is open for writing
        full = os.path.join(make_folder(root, CACHE), "generate.lock")
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = _locked(os.open(full, flags, 0o644), on_wait)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int, on_wait: Callable[[], None]) -> int:
    """Lock what the descriptor is open on and return it; it is closed when that fails."""
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
