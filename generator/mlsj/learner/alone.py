"""One command at a time changes a learner's files or records; another one waits for it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".mlsj/run/learner.lock"


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the course's lock; the kernel frees it however the process ends. Raises OSError in a read-only course.

    It is held for moments only, never while anything is judged or asked.
    """
    path = root / LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
