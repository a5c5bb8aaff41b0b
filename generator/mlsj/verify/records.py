"""The records of a lesson's judgings in `.mlsj/evidence`: read without trust, written whole, few of them kept.

A record's name ends in a seal: a keyed hash of its bytes, whose key lies beside the records. So what a judged program
or an editor wrote there is told from what a judging of this clone wrote. Only sealed records lend their verdicts to
later judgings; progress may also count what was imported.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mlsj.verify.evidence import FOLDER, VARIANTS, WORK, Evidence, encoded
from mlsj.verify.report import State

KEPT = 20
_PASSED = frozenset({State.PASSED, State.PASSED_HERE})
_SAYING = _PASSED | {State.FAILED}
_KEY = ".seal"
_NAME = re.compile(r"(\d{4}-\d\d-\d\dT\d{9}Z)-([0-9a-f-]+)\.json")
_OTHERS = {"journal.json"}  # of hints and revealed solutions
_MAX_BYTES = 16 * 2**20


class Broken(msgspec.Struct, frozen=True):
    """A file that is no record of the lesson, and why."""

    path: Path
    why: str


def all_of(root: Path, lesson_id: str) -> list[Evidence]:
    """Return the records of the learner's own work, oldest first; what cannot be read is left out."""
    found = [_read(path, lesson_id) for path in _paths(root, lesson_id)]
    return sorted((each for each in found if isinstance(each, Evidence)), key=lambda each: each.time)


def broken(root: Path, lesson_id: str) -> list[Broken]:
    """Return the files that `all_of` leaves out."""
    found = [(path, _read(path, lesson_id)) for path in _paths(root, lesson_id)]
    unread = [Broken(path, why) for path, why in found if isinstance(why, str)]
    strange = [path for path in _json(root / FOLDER / lesson_id) if not _NAME.fullmatch(path.name)]
    return unread + [Broken(path, "its name is not a record's") for path in strange]


def latest(root: Path, lesson_id: str) -> Evidence | None:
    """Return the newest record of the learner's own work, or None."""
    for path in reversed(_paths(root, lesson_id)):
        found = _read(path, lesson_id)
        if isinstance(found, Evidence):
            return found
    return None


def reusable(root: Path, lesson_id: str) -> Evidence | None:
    """Return the newest record when a judging of this clone wrote it; its verdicts may be used again."""
    for path in reversed(_paths(root, lesson_id)):
        found = _read(path, lesson_id)
        if isinstance(found, Evidence):
            return found if _sealed(root, path, found) else None
    return None


def save(root: Path, record: Evidence) -> Path:
    """Write the record under its seal, whole or not at all, remove what is old, and return its path."""
    folder = root / FOLDER / record.stable.lesson
    if record.subject != WORK:
        folder = folder / VARIANTS
    folder.mkdir(parents=True, exist_ok=True)
    data = encoded(record)
    path = folder / f"{_stamp(record.time)}-{_seal(_key(root), data)}.json"
    part = folder / f".{path.name}.{secrets.token_hex(4)}.part"
    part.write_bytes(data)
    part.replace(path)
    _prune(folder, record.stable.lesson)
    return path


def prune(root: Path, lesson_id: str) -> None:
    """Keep the newest records of a lesson, and its newest pass and newest verdict however old."""
    _prune(root / FOLDER / lesson_id, lesson_id)


def set_aside(root: Path, since: float) -> list[str]:
    """Rename records that appeared after `since` without this clone's seal; return the lessons they were put in.

    `since` is compared with the time of a file's last change, which no program can choose.
    """
    found = []
    for folder in _folders(root):
        for path in _records(folder):
            with contextlib.suppress(OSError):
                if path.lstat().st_ctime < since:
                    continue
                lesson_id = folder.parent.name if folder.name == VARIANTS else folder.name
                record = _read(path, lesson_id, any_subject=True)
                if not isinstance(record, Evidence) or not _sealed(root, path, record):
                    path.rename(path.with_name(f"{path.name}.foreign"))
                    found.append(lesson_id)
    return found


def _stamp(time: str) -> str:
    return time.replace(":", "").replace(".", "")


def _folders(root: Path) -> Iterator[Path]:
    with contextlib.suppress(OSError), os.scandir(root / FOLDER) as lessons:
        for lesson in lessons:
            if lesson.is_dir(follow_symlinks=False):
                yield from (Path(lesson.path), Path(lesson.path, VARIANTS))


def _json(folder: Path) -> list[Path]:
    try:
        names = os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []
    return sorted(folder / name for name in names if name.endswith(".json") and name[0] != "." and name not in _OTHERS)


def _records(folder: Path) -> list[Path]:
    """Return what is called as a record is, oldest first."""
    return [path for path in _json(folder) if _NAME.fullmatch(path.name)]


def _paths(root: Path, lesson_id: str) -> list[Path]:
    return _records(root / FOLDER / lesson_id)


def _read(path: Path, lesson_id: str, *, any_subject: bool = False) -> Evidence | str:
    """Return the record, or why there is none. Nothing in the file is trusted."""
    try:
        if not path.is_file():  # a pipe would never end
            return "it is not a file"
        if path.stat().st_size > _MAX_BYTES:
            return "it is too large for a record"
        record = msgspec.json.decode(path.read_bytes(), type=Evidence)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    except (ValueError, RecursionError) as error:
        return f"it is not as docs/formats/evidence.schema.json says: {error}"
    if record.stable.lesson != lesson_id:
        return f"it is of another lesson, {record.stable.lesson!r}"
    if not any_subject and record.subject != WORK:
        return f"it judges something else, {record.subject!r}"
    if not path.name.startswith(_stamp(record.time)):
        return "its name does not tell its time"
    return record


def _prune(folder: Path, lesson_id: str) -> None:
    old, younger = _records(folder)[:-KEPT], _records(folder)[-KEPT:]
    if not old:
        return
    newest = [*reversed(younger), *reversed(old)]
    # The newest pass, and the newest that says something at all: a fail must not be forgotten before what it followed.
    kept = {next((path for path in newest if _says(path, lesson_id, states)), None) for states in (_PASSED, _SAYING)}
    for path in old:
        if path not in kept:
            with contextlib.suppress(OSError):
                path.unlink()


def _says(path: Path, lesson_id: str, states: frozenset[State]) -> bool:
    record = _read(path, lesson_id, any_subject=True)
    return isinstance(record, Evidence) and record.stable.state in states


def _sealed(root: Path, path: Path, record: Evidence) -> bool:
    name = _NAME.fullmatch(path.name)
    return name is not None and secrets.compare_digest(name[2], _seal(_key(root), encoded(record)))


def _seal(key: bytes, data: bytes) -> str:
    return hashlib.blake2b(data, key=key, digest_size=12).hexdigest()


def _key(root: Path) -> bytes:
    """Return this clone's key; it is made at the first use, by one of those who make it at once."""
    path = root / FOLDER / _KEY
    for _ in range(3):
        try:
            key = path.read_bytes()
        except FileNotFoundError:
            part = path.with_name(f"{_KEY}.{secrets.token_hex(4)}")
            path.parent.mkdir(parents=True, exist_ok=True)
            part.touch(0o600)
            part.write_bytes(secrets.token_bytes(32))
            try:
                os.link(part, path)
                part.unlink()
            except FileExistsError:
                part.unlink()
            except OSError:  # a file system without hard links
                part.replace(path)
        else:
            if len(key) == 32:
                return key
            path.unlink(missing_ok=True)
    raise OSError(f"{path} cannot be made")
