"""Merging one text three ways: base, yours and the course's, by git's own `merge-file`.

What cannot be merged is left in the text between git's markers, which hold both sides: nothing is lost.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec

YOURS, COURSE = "yours", "course"
_MARKERS = (b"<" * 7 + b" " + YOURS.encode(), b">" * 7 + b" " + COURSE.encode())
# Where git looks for a zero byte, by which it knows a binary file (xdiff-interface.c, FIRST_FEW_BYTES).
_FIRST_BYTES = 8000


class GitMissing(Exception):  # noqa: N818 - not a fault of ours: the reader installs it
    """There is no git on this machine."""


class MergeFailed(Exception):  # noqa: N818 - as above
    """Git refused to merge; the message is git's."""


class Merge(msgspec.Struct, frozen=True):
    """A merged text, and how many conflicts it holds."""

    data: bytes
    conflicts: int


def is_binary(data: bytes) -> bool:
    """Tell whether git takes `data` for a binary file, which it does not merge."""
    return b"\0" in data[:_FIRST_BYTES]


def unresolved(data: bytes) -> bool:
    """Tell whether markers of an earlier merge of ours are left in `data`: one line of them is enough."""
    return any(marker in data for marker in _MARKERS) and any(
        line.rstrip(b"\r") in _MARKERS for line in data.split(b"\n")
    )


def merge(base: bytes, yours: bytes, course: bytes) -> Merge:
    """Bring what changed from `base` to `course` into `yours`. Raises GitMissing, MergeFailed.

    A text whose lines all end as on Windows is merged as any other and gets its line ends back.
    """
    git = shutil.which("git")
    if git is None:
        raise GitMissing
    with tempfile.TemporaryDirectory(prefix="mlsj-merge-") as folder:
        names = ("yours", "base", "course")
        for name, data in zip(names, (yours, base, course), strict=True):
            Path(folder, name).write_bytes(data.replace(b"\r\n", b"\n") if _ends_as_on_windows(data) else data)
        ran = subprocess.run(
            [git, "merge-file", "-p", "-L", YOURS, "-L", "base", "-L", COURSE, *names],
            cwd=folder,
            # Inside a hook git would take the repository of the hook for ours.
            env={name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    # git-merge-file(1): the number of conflicts, at most 127; anything else is an error.
    if not 0 <= ran.returncode <= 127:
        raise MergeFailed(ran.stderr.decode("utf-8", "replace").strip() or f"git merge-file: exit {ran.returncode}")
    merged = ran.stdout.replace(b"\n", b"\r\n") if _ends_as_on_windows(yours) else ran.stdout
    return Merge(merged, ran.returncode)


def _ends_as_on_windows(data: bytes) -> bool:
    return b"\r\n" in data and data.count(b"\r\n") == data.count(b"\n") == data.count(b"\r")
