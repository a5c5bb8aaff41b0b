"""The note of what an update is about to do, written before it does anything, by which a run cut off is completed.

Each file of the learner's is replaced at once, and its base right after it. A file that is no longer what the note
says was there has been edited since: it is left alone, with its base, for the next plan to look at.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.learner import merge
from mlsj.project.atomic import linked_on_the_way, make_folder, naming, put, unlink
from mlsj.project.walk import TEMP_PREFIX
from mlsj.spec.ownership import plain

FOLDER = ".mlsj/run/update"


class There(msgspec.Struct, frozen=True):
    """What stands at a path.

    `kind` is absent, file, folder, other (a link, a pipe…), or blocked when a link or a file stands above it.
    """

    kind: str
    data: bytes = b""
    mode: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of a file; empty when nothing is there; for anything else a word that no file has."""
        if self.kind == "file":
            return sha256(self.data).hexdigest()
        return "" if self.kind == "absent" else self.kind

    @property
    def executable(self) -> bool:
        """Whether its owner may run it."""
        return bool(self.mode & stat.S_IXUSR)


class Write(msgspec.Struct, frozen=True):
    """A file of the learner's (`path`) and its base (`name` in `.mlsj/base/<lesson>/`), before and after.

    Digests are There's. `data` is None when the learner's file stays, `base` when the course no longer has the file.
    """

    name: str
    path: str
    before: str
    data: bytes | None
    mode: int
    base: bytes | None
    executable: bool = False


class Beside(msgspec.Struct, frozen=True):
    """The course's file that is put beside the learner's own, under another name."""

    path: str
    data: bytes
    mode: int


class Intention(msgspec.Struct, frozen=True):
    """An update of one lesson; `said` is what is reported about it, encoded by whoever wrote it."""

    format: Annotated[int, Meta(ge=1, le=1)]
    lesson: str
    writes: tuple[Write, ...]
    beside: tuple[Beside, ...]
    said: msgspec.Raw


def look(root: Path, path: str) -> There:
    """Return what stands at `path`; nothing is followed."""
    parts = path.split("/")
    full = root
    for depth, part in enumerate(parts, 1):
        full = full / part
        try:
            info = full.lstat()
        except FileNotFoundError:
            return There("absent")
        if depth < len(parts) and not stat.S_ISDIR(info.st_mode):
            return There("blocked")
    if not stat.S_ISREG(info.st_mode):
        return There("folder" if stat.S_ISDIR(info.st_mode) else "other")
    with naming(str(full)):
        descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            return There("file", file.read(), stat.S_IMODE(os.fstat(descriptor).st_mode))


def note(root: Path, intention: Intention) -> None:
    """Write the note down."""
    put(str(root), _place(intention.lesson), msgspec.json.encode(intention))


def pending(root: Path, lesson_id: str) -> Intention | None:
    """Return the note of a run that was cut off; what is not one of ours is none."""
    if linked_on_the_way(str(root), _place(lesson_id)) or not plain(lesson_id) or "/" in lesson_id:
        return None
    try:
        found = msgspec.json.decode((root / _place(lesson_id)).read_bytes(), type=Intention)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    own = all(plain(w.path) and plain(w.name) and w.path == path_of(lesson_id, w.name) for w in found.writes)
    tops = (f"work/{lesson_id}/", f"notes/{lesson_id}.md.")
    own = own and all(plain(beside.path) and beside.path.startswith(tops) for beside in found.beside)
    return found if own and found.lesson == lesson_id else None


def path_of(lesson_id: str, name: str) -> str:
    """Return where the learner has the file that its base calls `name`."""
    return f"notes/{lesson_id}.md" if name == "note.md" else f"work/{lesson_id}/{name.removeprefix('work/')}"


def finish(root: Path, intention: Intention) -> tuple[str, ...]:
    """Do what the note says, and remove it; return the files that were edited since and are left to the next plan.

    Doing it twice is doing it once. Raises OSError with the path, or BlockedError.
    """
    left: list[str] = []
    for beside in intention.beside:
        if look(root, beside.path).kind == "absent":
            deliver(root, beside.path, beside.data, beside.mode)
    for write in intention.writes:
        there = look(root, write.path)
        after = write.before if write.data is None else sha256(write.data).hexdigest()
        if there.kind != "blocked":
            unlink(str(root), _temporary(write.path))
        if there.digest not in (write.before, after):
            left.append(write.path)
            if not merge.unresolved(there.data):  # with markers, both sides are in it already
                continue
        elif write.data is not None and there.digest != after:
            deliver(root, write.path, write.data, write.mode)
        elif there.kind == "file" and write.data is not None and there.mode != write.mode:
            _set_mode(root / write.path, write.mode)
        _advance(root, intention.lesson, write)
    unlink(str(root), _place(intention.lesson))
    return tuple(left)


def deliver(root: Path, path: str, data: bytes, mode: int) -> None:
    """Give `path` these bytes and this mode at once or not at all. Raises OSError with the path, or BlockedError."""
    full = root / path
    with naming(str(full)):
        folder = Path(make_folder(str(root), path.rpartition("/")[0]))
        temporary = folder / _temporary(path).rpartition("/")[2]
        with suppress(FileNotFoundError):
            temporary.unlink()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), mode)
            temporary.replace(full)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise


def _advance(root: Path, lesson_id: str, write: Write) -> None:
    """Bring the base to what the course has now."""
    path = f".mlsj/base/{lesson_id}/{write.name}"
    if write.base is None:
        if not linked_on_the_way(str(root), path):
            unlink(str(root), path)
            if write.name.count("/") > 1:  # the base itself, and its work folder, say that the lesson is started
                _prune_within(root / ".mlsj/base" / lesson_id / "work", root / path)
        return
    there = look(root, path)
    if there.kind != "file" or there.data != write.base or there.executable != write.executable:
        put(str(root), path, write.base, executable=write.executable)


def _prune_within(top: Path, path: Path) -> None:
    for folder in path.parents:
        if folder == top:
            return
        try:
            folder.rmdir()
        except OSError:
            return


def _set_mode(full: Path, mode: int) -> None:
    with naming(str(full)):
        descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, mode)
        finally:
            os.close(descriptor)


def _place(lesson_id: str) -> str:
    return f"{FOLDER}/{lesson_id}.json"


def _temporary(path: str) -> str:
    folder, _, _ = path.rpartition("/")
    return f"{folder}/{TEMP_PREFIX}{sha256(path.encode()).hexdigest()[:16]}"
