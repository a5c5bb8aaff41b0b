"""The judge's own files, apart from what judged programs may write: read from memory, and looked at again afterwards.

FOLDER/sources    the lesson's sources with judge.py, as the compiler read them; nothing comes from the course's disk
FOLDER/note.md    copy of the note, which programs have no business with

With bubblewrap a program sees the sources at most, read-only. Without it, a program runs as the same user and could
change them; so what the judge needs is loaded before the first program starts, and if anything here has changed when
the last has ended, no pass stands. The time of a file's last change is part of the comparison: it cannot be set, so
that putting the old bytes back does not help.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mlsj.spec.files import Tree
from mlsj.spec.model import Lesson
from mlsj.verify.stage import remove

# In the place of a folder of compiled modules: Python writes none there and reads none, even as root.
_NO_CACHE = "__pycache__"

Seen = dict[str, tuple[int, ...]]


class Own(msgspec.Struct, frozen=True):
    """Where the judge's files are, and what they looked like before the first program ran."""

    folder: Path
    seen: Seen

    @property
    def sources(self) -> Path:
        """The lesson's sources."""
        return self.folder / "sources"

    @property
    def note(self) -> Path:
        """The copy of the note; it may not exist."""
        return self.folder / "note.md"

    def changed(self) -> list[str]:
        """Return the names of what is no longer as it was."""
        try:
            now = _look(self.folder)
        except (OSError, RecursionError):  # what was one file or a few is now something that cannot be walked
            return ["sources"]
        return sorted(name for name in self.seen.keys() | now.keys() if self.seen.get(name) != now.get(name))


@contextlib.contextmanager
def own(tree: Tree, lesson: Lesson, note: Path) -> Iterator[Own]:
    """Write the judge's files into a new private folder, which is removed afterwards. Raises OSError."""
    folder = Path(tempfile.mkdtemp(prefix="mlsj-judge-")).resolve()
    try:
        sources = folder / "sources"
        sources.mkdir(mode=0o700)
        for path, file in tree.under(lesson.sources) if lesson.sources is not None else ():
            target = sources / path
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, file.data, 0o500 if file.executable else 0o400)
            if path.endswith(".py") and not (target.parent / _NO_CACHE).exists():
                _write(target.parent / _NO_CACHE, b"", 0o400)
        for above, _, _ in os.walk(sources, topdown=False):
            Path(above).chmod(0o500)
        if note.is_file():  # a pipe would never end
            _write(folder / "note.md", note.read_bytes(), 0o400)
        yield Own(folder, _look(folder))
    finally:
        remove(folder)


def _write(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)


def _look(folder: Path) -> Seen:
    """Return what tells each file and folder from a changed one, by its path."""
    seen: Seen = {}
    for name in ("sources", "note.md"):
        _enter(folder / name, name, seen)
    return seen


def _enter(path: Path, name: str, seen: Seen) -> None:
    try:
        found = path.lstat()
    except OSError:
        return
    seen[name] = (found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    if path.is_dir() and not path.is_symlink():
        for each in os.listdir(path):  # noqa: PTH208
            _enter(path / each, f"{name}/{each}", seen)
