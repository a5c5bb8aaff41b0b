"""Back to what the learner started from (or was last updated to); what was there is moved aside, never deleted.

It goes to `.mlsj/kept/<lesson>/reset-<time>/`: `work/` whole when the lesson was reset, else the files by their path.
Each step is one rename, so an interrupted run leaves every file in one of the two places, and `undo` brings the newest
of them back by swapping it with what is there now.
"""

from __future__ import annotations

import contextlib
import os
import posixpath
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from mlsj.learner.kept import FOLDER
from mlsj.learner.workspace import Workspace
from mlsj.verify.stage import digests

PREFIX = "reset-"
NOTE = "note.md"
# In the folder of a reset: its files, none of them where it is for all of `work/`; and what is being made.
_LIST = "reset.json"
_FRESH = ".new"


class Plan(msgspec.Struct, frozen=True):
    """What a reset would do: `names` are files of the base (`work/…`, `note.md`), none of them for the whole lesson.

    `changed` are the learner's files that differ from the base, by their path in the course.
    """

    names: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all of `work/` goes."""
        return not self.names


class Refused(msgspec.Struct, frozen=True):
    """Why nothing is reset; `unknown` is the file that the lesson did not start with, out of `known`."""

    reason: str
    unknown: str = ""
    known: tuple[str, ...] = ()


class Moved(msgspec.Struct, frozen=True):
    """What was done: `moved` files or folders of the course are in `kept` now, and those in `made` were put there."""

    moved: tuple[str, ...]
    made: tuple[str, ...]
    kept: str


def plan(place: Workspace, files: Iterable[str], here: Path) -> Plan | Refused:
    """Return what resetting `files`, or all of `work/`, would do; paths lead on from `here`, the course or `work/`."""
    base = {p.relative_to(place.base).as_posix(): p for p in sorted(place.base.rglob("*")) if p.is_file()}
    names: list[str] = []
    for file in files:
        found = _meant(place, file, here, base)
        if not found:
            known = tuple(name.removeprefix("work/") for name in base if name != NOTE)
            return Refused(f"'{file}' is not among the files that {place.lesson_id} started with", file, known)
        names += [name for name in found if name not in names]
    if not names:
        return Plan((), tuple(_differences(place)))
    for name in names:
        if linked := _link_above(place, name):
            return Refused(f"{linked} is a link: nothing behind it is touched")
    return Plan(tuple(names), tuple(_path(place, name) for name in names if _differs(place, name)))


def reset(place: Workspace, todo: Plan) -> Moved:
    """Carry out `todo`. Raises OSError, and then every file is in its place or in the folder for what is moved."""
    kept = _new_folder(place, todo.names)
    fresh = kept / _FRESH
    if todo.whole:
        (place.base / "work").mkdir(exist_ok=True)
        shutil.copytree(place.base / "work", fresh)
        moved = [path for path in (_path(place, "work"),) if _aside(place.work, kept / "work")]
        place.work.parent.mkdir(parents=True, exist_ok=True)
        fresh.replace(place.work)
        return Moved(tuple(moved), (_path(place, "work"),), _relative(place, kept))
    moved, made = [], []
    for name in todo.names:
        if not _differs(place, name):
            continue
        shutil.copyfile(place.base / name, fresh)
        shutil.copymode(place.base / name, fresh)
        if _keep(_target(place, name), kept / name):
            moved.append(_path(place, name))
        fresh.replace(_target(place, name))
        made.append(_path(place, name))
    return Moved(tuple(moved), tuple(made), _relative(place, kept))


def undo(place: Workspace) -> Moved | None:
    """Swap what the newest reset moved aside with what is there now; None when there is nothing to bring back."""
    newest = next((folder for folder in reversed(_resets(place)) if _holds(folder)), None)
    if newest is None:
        return None
    names = _holds(newest)
    if linked := next((link for name in names if (link := _link_above(place, name))), ""):
        raise OSError(f"{linked} is a link: nothing behind it is touched")
    whole = names == ["work"]
    kept = _new_folder(place, () if whole else names)
    moved, made = [], []
    for name in names:
        target, back = _target(place, name), newest / name
        if _aside(target, kept / name) if whole else _keep(target, kept / name):
            moved.append(_path(place, name))
        if back.is_dir() and not back.is_symlink() and os.path.lexists(target):
            target.unlink()  # a folder cannot replace a file; that has its second name in `kept`
        back.rename(target)
        made.append(_path(place, name))
    _tidy(newest)
    if not moved:
        _tidy(kept)
    return Moved(tuple(moved), tuple(made), _relative(place, kept) if moved else "")


def _aside(source: Path, target: Path) -> bool:
    """Move a folder, or a link in its place; tell whether there was one."""
    if not os.path.lexists(source):
        return False
    source.rename(target)
    return True


def _keep(target: Path, aside: Path) -> bool:
    """Let `target` be replaced: give it a second name, so that it is never gone. Tell whether it was there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(target):
        return False
    aside.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        target.rename(aside)
        return True
    try:
        os.link(target, aside, follow_symlinks=False)
    except OSError:  # a file system without hard links
        target.rename(aside)
    return True


def _new_folder(place: Workspace, names: Iterable[str]) -> Path:
    """Make a folder for `names`, which are moved aside; the newest has the greatest name."""
    top = place.root / FOLDER
    above = top / place.lesson_id
    above.mkdir(parents=True, exist_ok=True)
    ignore = top / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n")
    name = f"{PREFIX}{datetime.now(UTC).strftime('%Y%m%dT%H%M%S.%fZ')}"
    # A clock that was set back must not hide what was moved last.
    earlier = [folder.name for folder in _resets(place)]
    if earlier and name <= earlier[-1]:
        name = f"{earlier[-1]}+"
    folder = above / name
    folder.mkdir()
    (folder / _LIST).write_bytes(msgspec.json.encode(list(names)))
    return folder


def _resets(place: Workspace) -> list[Path]:
    """Return the folders of earlier resets, oldest first."""
    above = place.root / FOLDER / place.lesson_id
    return sorted(each for each in above.glob(f"{PREFIX}*") if each.is_dir()) if above.is_dir() else []


def _holds(folder: Path) -> list[str]:
    """Return what a reset moved aside and has not given back: ["work"], or files by their name in the base."""
    try:
        listed = msgspec.json.decode((folder / _LIST).read_bytes(), type=list[str])
    except (OSError, ValueError):
        return []
    inside = [name for name in listed if name == NOTE or (name.startswith("work/") and ".." not in name.split("/"))]
    return [name for name in (inside if listed else ["work"]) if os.path.lexists(folder / name)]


def _tidy(folder: Path) -> None:
    """Remove what is left of a folder that gave everything back; whatever else lies there stays."""
    (folder / _LIST).unlink(missing_ok=True)
    for at, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            Path(at).rmdir()


def _meant(place: Workspace, file: str, here: Path, base: dict[str, Path]) -> list[str]:
    """Return the files of the base that `file` names: one, or all below a folder."""
    text = posixpath.normpath(file)
    given = Path(os.path.normpath(here / file))
    candidates = [f"work/{text}", *([NOTE] if text == f"notes/{place.lesson_id}.md" else [])]
    candidates.append(f"work/{text.removeprefix(f'work/{place.lesson_id}/')}")
    if given.is_relative_to(place.work):
        candidates.insert(0, f"work/{given.relative_to(place.work).as_posix()}")
    if given == place.note:
        candidates.insert(0, NOTE)
    for candidate in candidates:
        found = [name for name in base if name == candidate or name.startswith(f"{candidate}/")]
        if found:
            return found
    return []


def _differences(place: Workspace) -> list[str]:
    """Return the learner's files in `work/` that are not as in the base, and those that it has and they lack."""
    if place.work.is_symlink() or not place.work.is_dir():
        return [f"work/{place.lesson_id}"]
    there, was = digests(place.work), digests(place.base / "work")
    names = sorted(name for name in {*there, *was} if there.get(name) != was.get(name))
    if (place.work / ".git").exists():
        names.append(".git")
    return [f"work/{place.lesson_id}/{name}" for name in names]


def _differs(place: Workspace, name: str) -> bool:
    target, source = _target(place, name), place.base / name
    if target.is_symlink() or not target.is_file():
        return True
    same_mode = target.stat().st_mode & 0o111 == source.stat().st_mode & 0o111
    return not same_mode or target.read_bytes() != source.read_bytes()


def _link_above(place: Workspace, name: str) -> str:
    """Return the link that leads to the file; "" for none."""
    target = _target(place, name)
    for folder in target.parents:
        if folder == place.root:
            break
        if folder.is_symlink():
            return _relative(place, folder)
    return ""


def _target(place: Workspace, name: str) -> Path:
    """Return the learner's file that the base calls `name`; "work" is the folder."""
    if name == "work":
        return place.work
    return place.note if name == NOTE else place.work / name.removeprefix("work/")


def _path(place: Workspace, name: str) -> str:
    return _relative(place, _target(place, name))


def _relative(place: Workspace, path: Path) -> str:
    return path.relative_to(place.root).as_posix()
