"""The learner's copy of a lesson: `work/<id>/` and `notes/<id>.md`, made once from the generated stub.

The same bytes are kept as the base in `.mlsj/base/<id>/`, so that later changes of the course can be merged. A lesson
is "started" when its base exists; the base appears last and whole, so an interrupted start is simply started again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import msgspec

from mlsj.learner.alone import alone


class Started(msgspec.Struct, frozen=True):
    """What `start` did: paths relative to the course's root. Nothing was written when there are `conflicts`."""

    created: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    already: bool = False


class Workspace(msgspec.Struct, frozen=True):
    """Where a lesson's files are in the course at `root`."""

    root: Path
    lesson_id: str

    @property
    def work(self) -> Path:
        """The learner's files."""
        return self.root / "work" / self.lesson_id

    @property
    def note(self) -> Path:
        """The learner's note."""
        return self.root / "notes" / f"{self.lesson_id}.md"

    @property
    def base(self) -> Path:
        """What the learner started from."""
        return self.root / ".mlsj" / "base" / self.lesson_id

    @property
    def stub(self) -> Path:
        """What the compiler made for learners."""
        return self.root / "generated" / "lessons" / self.lesson_id

    @property
    def started(self) -> bool:
        """Whether the learner has begun."""
        return self.base.is_dir()

    @property
    def note_form(self) -> str:
        """The empty note that the learner started from, else the one the compiler made, else an empty text."""
        for path in (self.base / "note.md", self.stub / "note.md"):
            if path.is_file():
                return path.read_text("utf-8", "replace")
        return ""


def start(place: Workspace) -> Started:
    """Copy stub and note form to the learner's place and keep the base. Raises FileNotFoundError without a stub.

    Of a started lesson, a work directory or a note that is gone as a whole is made again, from the base.
    """
    if place.started:
        return _mended(place)
    sources = _stub_files(place)
    targets = {name: _target(place, name) for name in sources}
    conflicts = [target for name, target in targets.items() if _differs(target, sources[name])]
    if conflicts:
        return Started(conflicts=tuple(_names(place, conflicts)))
    with alone(place.root):
        if place.started:  # by another start, at the same time
            return _mended(place)
        missing = {name: target for name, target in targets.items() if not target.exists()}
        for name, target in missing.items():
            _copy(sources[name], target)
        part = place.base.with_name(f".{place.lesson_id}.part")
        if part.exists():
            shutil.rmtree(part)
        (part / "work").mkdir(parents=True)
        for name, source in sources.items():
            _copy(source, part / name)
        part.replace(place.base)
    kept = [target for name, target in targets.items() if name not in missing]
    return Started(tuple(_names(place, missing.values())), tuple(_names(place, kept)))


def _mended(place: Workspace) -> Started:
    """Make again what is gone as a whole of a started lesson."""
    lost = _files(place.base)
    if os.path.lexists(place.work):
        lost = {name: source for name, source in lost.items() if name == "note.md"}
    if os.path.lexists(place.note):
        lost.pop("note.md", None)
    for name, source in lost.items():
        _copy(source, _target(place, name))
    return Started(tuple(_names(place, (_target(place, name) for name in lost))), already=True)


def _stub_files(place: Workspace) -> dict[str, Path]:
    """Return the generated files by their name in the base: `work/…` and `note.md`."""
    note = place.stub / "note.md"
    if not note.is_file():
        raise FileNotFoundError(note)
    return _files(place.stub)


def _files(folder: Path) -> dict[str, Path]:
    """Return what a stub or a base holds: the files of `work/`, and `note.md` last."""
    found = sorted(path for path in (folder / "work").rglob("*") if path.is_file())
    note = folder / "note.md"
    return {path.relative_to(folder).as_posix(): path for path in [*found, *([note] if note.is_file() else [])]}


def _target(place: Workspace, name: str) -> Path:
    return place.note if name == "note.md" else place.work / name.removeprefix("work/")


def _differs(target: Path, source: Path) -> bool:
    """Tell whether something of the learner's stands where `source` would go."""
    if target.is_symlink():
        return True
    if not target.exists():
        # A file where a folder is needed would be in the way, too.
        return any(parent.is_file() for parent in target.parents)
    return not target.is_file() or target.read_bytes() != source.read_bytes()


def _copy(source: Path, target: Path) -> None:
    """Copy a file whole or not at all, with its mode."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    shutil.copyfile(source, part)
    shutil.copymode(source, part)
    part.replace(target)


def _names(place: Workspace, paths: Iterable[Path]) -> list[str]:
    return sorted(path.relative_to(place.root).as_posix() for path in paths)
