"""The course index: `generated/README.md` with modules, hours, prerequisites and bibliography."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mlsj.render import mermaid
from mlsj.render.blocks import text_file
from mlsj.render.course import Course, hours
from mlsj.render.header import header
from mlsj.render.lessons import TRACKS, cited, effort
from mlsj.render.markdown import Md, code, comment, fence, link, text
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.files import File
from mlsj.spec.model import Lesson, Module

EMITTER = "index"
PAGE = "index"
_STATUS = {"ready": Md("ready"), "draft": Md("**draft**")}


class Row(msgspec.Struct, frozen=True):
    """A lesson in its module's table."""

    id: str
    title: str
    status: Md
    track: str
    needs: Md
    read: str
    build: str
    reflect: str
    hours: str


class ModuleView(msgspec.Struct, frozen=True):
    """A module as it is printed: the outline's hours beside the computed sum."""

    id: str
    title: str
    summary: str
    hours: str
    computed: str
    hours_note: str
    rows: list[Row]


class Total(msgspec.Struct, frozen=True):
    """Sums over the lessons of a track."""

    name: str
    lessons: int
    ready: int
    draft: int
    read: str
    build: str
    reflect: str
    hours: str


def emit(course: Course) -> Iterator[File | Diagnostic]:
    """Yield the index."""
    curriculum = course.curriculum
    page = course.pages.render(
        PAGE,
        header=comment(header("")),
        course=curriculum.course,
        totals=_totals(list(course.lessons.values())),
        modules=[_module(course, module) for module in curriculum.modules],
        graphs=_graphs(course),
        books=[(id_, Md(f"{code(id_)}: {cited(book)}")) for id_, book in curriculum.bibliography.items()],
    )
    yield page if isinstance(page, Diagnostic) else text_file("generated/README.md", page, "", EMITTER)


def _module(course: Course, module: Module) -> ModuleView:
    rows = [_row(course, lesson) for lesson in module.lessons]
    computed = hours(module.computed_hours)
    return ModuleView(module.id, module.title, module.summary, hours(module.hours), computed, module.hours_note, rows)


def _row(course: Course, lesson: Lesson) -> Row:
    needs = [link(need, f"lessons/{need}/README.md") if need in course.lessons else text(need) for need in lesson.needs]
    spent = effort(lesson)
    return Row(
        lesson.id, lesson.title, _STATUS[lesson.status], TRACKS[lesson.track], Md(", ".join(needs)),
        spent.read, spent.build, spent.reflect, spent.total,
    )  # fmt: skip


def _totals(lessons: Sequence[Lesson]) -> list[Total]:
    """Return the sums for each track that has lessons, and for both."""
    groups = [(TRACKS[track], [lesson for lesson in lessons if lesson.track == track]) for track in TRACKS]
    return [_total(name, group) for name, group in [*groups, ("all", list(lessons))] if group]


def _total(name: str, lessons: list[Lesson]) -> Total:
    ready = sum(lesson.status == "ready" for lesson in lessons)
    spent = [lesson.effort for lesson in lessons]
    sums = [sum(e.read for e in spent), sum(e.build for e in spent), sum(e.reflect for e in spent)]
    read, build, reflect = map(hours, sums)
    return Total(name, len(lessons), ready, len(lessons) - ready, read, build, reflect, hours(sum(sums)))


def _graphs(course: Course) -> list[Md]:
    """Return one graph, or where that would be too large to be drawn, one for each module."""
    lessons = list(course.lessons.values())
    groups = [lessons] if mermaid.fits(lessons) else [module.lessons for module in course.curriculum.modules]
    return [fence(mermaid.graph(group, course.lessons), "mermaid") for group in groups]
