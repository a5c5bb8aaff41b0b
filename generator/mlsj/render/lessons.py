"""Lesson pages: `generated/lessons/<id>/README.md`. Hints, mistakes and what is said after a pass are never on them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mlsj.render.blocks import text_file
from mlsj.render.course import Course, hours
from mlsj.render.header import header
from mlsj.render.markdown import Md, code, comment, line, link, text
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.files import File
from mlsj.spec.model import Book, Criterion, Lesson, Reading

EMITTER = "lessons"
PAGE = "lesson"
TRACKS = {"core": "core path", "full-book": "full-book track"}
_REQUIRES = {"gpu": "needs a GPU", "docker": "needs Docker"}


class Hours(msgspec.Struct, frozen=True):
    """Effort as it is printed."""

    read: str
    build: str
    reflect: str
    total: str


def emit(course: Course) -> Iterator[File | Diagnostic]:
    """Yield the page of every lesson."""
    order = list(course.lessons.values())
    for place, lesson in enumerate(order):
        around = (order[place - 1] if place else None, order[place + 1] if place + 1 < len(order) else None)
        here = f"lessons/{lesson.id}"
        runner = course.curriculum.runners.get(lesson.runner)
        page = course.pages.render(
            PAGE,
            header=comment(header(here)),
            here=here,
            course=course.curriculum.course,
            module=course.modules[lesson.id],
            lesson=lesson,
            track=TRACKS[lesson.track],
            effort=effort(lesson),
            needs=_needs(course, lesson),
            readings=[_reading(course, reading) for reading in lesson.reading],
            marks={criterion.id: _marks(lesson, criterion) for criterion in lesson.criteria},
            sections=_sections(lesson),
            vram=runner.min_vram_gb if runner is not None else None,
            navigation=_navigation(*around),
        )
        if isinstance(page, Diagnostic):
            yield page
        else:
            yield text_file(f"generated/{here}/README.md", page, here, EMITTER)


def effort(lesson: Lesson) -> Hours:
    """Return the hours of a lesson as they are printed."""
    spent = lesson.effort
    return Hours(hours(spent.read), hours(spent.build), hours(spent.reflect), hours(spent.total))


def cited(book: Book) -> Md:
    """Return how a book is named: title (linked where it has a URL), authors, edition, year."""
    parts = [link(book.title, book.url) if book.url else text(book.title)]
    if book.authors:
        parts.append(text(book.authors))
    if book.edition is not None:
        parts.append(text(f"edition {book.edition}"))
    if book.year is not None:
        parts.append(text(str(book.year)))
    return Md(", ".join(parts))


def _needs(course: Course, lesson: Lesson) -> Md:
    links = []
    for need in lesson.needs:
        other = course.lessons.get(need)
        if other is None:  # a rule reports it; the page stays whole for those who look at it meanwhile
            links.append(text(need))
            continue
        draft = " (draft)" if other.status == "draft" else ""
        links.append(Md(link(f"{need}: {other.title}", f"../{need}/README.md") + draft))
    return Md(", ".join(links) or "none")


def _reading(course: Course, reading: Reading) -> Md:
    book = course.curriculum.bibliography.get(reading.cite)
    named = cited(book) if book is not None else code(reading.cite)
    if reading.chapter is not None:
        chapter = str(reading.chapter)
        title = book.chapters.get(chapter, "") if book is not None else ""
        number = text(f"chapter {chapter}" if chapter[:1].isdigit() else chapter)
        named = Md(f"{named}, {number}" + (f": {text(title)}" if title and title != chapter else ""))
    return Md(f"{named} — {line(reading.note)}" if reading.note else named)


def _marks(lesson: Lesson, criterion: Criterion) -> Md:
    """Return what to know about a criterion in a few words: core, what it needs, what judges it."""
    marks = ["core" if criterion.core else "not core"]
    if criterion.requires is not None:
        marks.append(_REQUIRES[criterion.requires])
    if criterion.needs:
        marks.append("after " + ", ".join(code(need) for need in criterion.needs))
    if criterion.uses is not None and lesson.status == "ready":
        marks.append(f"judged by {code(criterion.uses)}")
    return Md(" · ".join(marks))


def _sections(lesson: Lesson) -> Md:
    named = [f"“{text(section.heading)}”" for section in lesson.note_sections]
    return Md(("the sections " if len(named) > 1 else "the section ") + ", ".join(named))


def _navigation(before: Lesson | None, after: Lesson | None) -> Md:
    parts = []
    for word, lesson in (("Before", before), ("Next", after)):
        if lesson is not None:
            draft = " (draft)" if lesson.status == "draft" else ""
            parts.append(f"{word}: {link(f'{lesson.id}: {lesson.title}', f'../{lesson.id}/README.md')}{draft}")
    return Md(" · ".join(parts))
