"""A lesson's hints, one more each time one is asked for."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mlsj.learner import journal
from mlsj.spec.model import Lesson


class Hints(msgspec.Struct, frozen=True):
    """The hints taken so far. `new` is whether the last of them was taken just now."""

    shown: tuple[str, ...]
    total: int
    new: bool = False

    @property
    def left(self) -> int:
        """How many there are still."""
        return self.total - len(self.shown)


def taken(root: Path, lesson: Lesson) -> Hints:
    """Return the hints that were taken."""
    return Hints(tuple(lesson.hints[: _count(journal.read(root, lesson.id))]), len(lesson.hints))


def take(root: Path, lesson: Lesson) -> Hints:
    """Take the next hint, if there is one, and return all that were taken. Raises OSError when it cannot be noted."""
    before = _count(journal.read(root, lesson.id))
    if before >= len(lesson.hints):
        return taken(root, lesson)
    journal.take(root, lesson.id, before + 1)
    return Hints(tuple(lesson.hints[: before + 1]), len(lesson.hints), new=True)


def _count(found: journal.Journal) -> int:
    return max((hint.number for hint in found.hints), default=0)
