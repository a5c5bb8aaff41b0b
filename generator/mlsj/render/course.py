"""What every emitter is given: the checked course, its input files, and the pages engine."""

from __future__ import annotations

import msgspec

from mlsj.render.pages import Pages
from mlsj.spec.files import Tree
from mlsj.spec.model import Curriculum, Lesson, Module, Site


class Course(msgspec.Struct, frozen=True):
    """A course to emit: nothing here refers to a disk, a clock, an environment or a network."""

    curriculum: Curriculum
    site: Site
    tree: Tree
    pages: Pages
    lessons: dict[str, Lesson]
    """Every lesson by id, in order."""
    modules: dict[str, Module]
    """The module of every lesson, by the lesson's id."""


def hours(value: float) -> str:
    """Return hours as a person writes them: no needless digits, to the hundredth."""
    return f"{round(value, 2):g}"
