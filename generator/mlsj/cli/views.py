"""Lessons as a listing and one lesson in full: as plain data for machines, as text for people.

The data's shapes are documented in docs/formats/list.schema.json and docs/formats/show.schema.json.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import click

from mlsj.learner.progress import LessonProgress
from mlsj.spec.model import Criterion, Curriculum, Effort, Lesson, Module, Reading

_STATUS_COLOURS = {"ready": "green", "draft": "yellow"}
Progress = Mapping[str, LessonProgress]


def summary_of(module: Module, lesson: Lesson, at: LessonProgress) -> dict[str, Any]:
    """Return a lesson, and where the learner stands in it, as an item of `mlsj list --format json`."""
    return {
        "id": lesson.id,
        "title": lesson.title,
        "module": module.id,
        "track": lesson.track,
        "status": lesson.status,
        "effort": _effort(lesson.effort),
        "standing": at.standing.value,
        "left": _left(lesson, at),
        "needs": list(lesson.needs),
        "runner": lesson.runner,
        "environment": lesson.environment,
        "stack": lesson.stack,
    }


def details_of(curriculum: Curriculum, module: Module, lesson: Lesson, at: LessonProgress) -> dict[str, Any]:
    """Return a lesson as `mlsj show --format json` prints it."""
    return {
        **summary_of(module, lesson, at),
        "module_title": module.title,
        "summary": lesson.summary,
        "prerequisites": [_prerequisite(curriculum, needed) for needed in lesson.needs],
        "reading": [_reading(curriculum, reading) for reading in lesson.reading],
        "reading_note": lesson.reading_note,
        "objectives": [{"id": objective.id, "says": objective.says} for objective in lesson.objectives],
        "criteria": [_criterion(criterion) for criterion in lesson.criteria],
        "quickstart": lesson.quickstart,
        "paths": {
            "page": f"generated/lessons/{lesson.id}/README.md",
            "work": f"work/{lesson.id}",
            "note": f"notes/{lesson.id}.md",
        },
        "started": at.started,
        "next": next_command(lesson, started=at.started),
    }


def next_command(lesson: Lesson, *, started: bool) -> str:
    """Return what to type next; nothing can be judged in a draft, so there one reads."""
    if lesson.status == "draft":
        return f"mlsj start {lesson.id}" if lesson.sources and not started else ""
    return f"mlsj check {lesson.id}" if started else f"mlsj start {lesson.id}"


def table(curriculum: Curriculum, chosen: Sequence[tuple[Module, Lesson]], found: Progress | None) -> str:
    """Return the chosen lessons in aligned columns below the heading of their module.

    Where a learner has begun, `found` is where they stand, and two columns more say it.
    """
    headings = (*_HEADINGS[:4], "STANDING", *_HEADINGS[4:8], "LEFT", *_HEADINGS[8:]) if found else _HEADINGS
    numbers = (5, 6, 7, 8, 9) if found else (4, 5, 6, 7)
    rows = [_row(lesson, found) for _, lesson in chosen]
    widths = [max(map(width_of, column)) for column in zip(headings, *rows, strict=True)]
    lines = [click.style(one_line(curriculum.course.title), bold=True), totals(chosen, found)]
    current = None
    for (module, lesson), row in zip(chosen, rows, strict=True):
        if module is not current:
            current = module
            heading = _module_heading(module, found)
            lines += ["", heading, click.style(columns(headings, widths, numbers), dim=True)]
        line = columns(row, widths, numbers)
        lines.append(line.replace(f" {lesson.status} ", f" {_coloured(lesson.status)} ", 1))
    return "\n".join(lines)


def brief(curriculum: Curriculum, chosen: Sequence[tuple[Module, Lesson]], found: Progress | None) -> str:
    """Return one line for the course and one for each module."""
    modules = list({module.id: module for module, _ in chosen}.values())
    lines = [f"{click.style(one_line(curriculum.course.title), bold=True)}: {totals(chosen, found)}"]
    for module in modules:
        lessons = [lesson for owner, lesson in chosen if owner is module]
        marked = " ".join(_marked(lesson, found) for lesson in lessons)
        lines.append(f"  {_module_heading(module, found)}: {marked}")
    return "\n".join(lines)


def totals(chosen: Sequence[tuple[Module, Lesson]], found: Progress | None) -> str:
    """Return how many lessons there are, how many of them are drafts, their hours and what is left of them."""
    lessons = [lesson for _, lesson in chosen]
    drafts = sum(lesson.status == "draft" for lesson in lessons)
    parts = [f"{len(lessons)} lesson{'' if len(lessons) == 1 else 's'}", f"{len(lessons) - drafts} ready"]
    if found is not None:
        parts.append(f"{sum(found[lesson.id].standing.done for lesson in lessons)} passed")
    parts += [f"{drafts} draft", f"{hours(sum(item.effort.total for item in lessons))} h"]
    return f"{', '.join(parts)}{_still(lessons, found)}"


def text_of(details: dict[str, Any]) -> str:
    """Return what `details_of` holds as text."""
    draft = details["status"] == "draft"
    read, build, reflect, total = (hours(details["effort"][part]) for part in ("read", "build", "reflect", "total"))
    spent = f"{total} h (read {read}, build {build}, reflect {reflect})"
    lines = [
        click.style(f"{details['id']}  {one_line(details['title'])}", bold=True)
        + (f"  [{_coloured('draft')}]" if draft else ""),
        f"Module {details['module']}: {one_line(details['module_title'])} · {details['track']} track · {spent}",
    ]
    if draft:
        lines.append(click.style("This lesson is a draft: it can be read, but cannot be judged yet.", fg="yellow"))
    lines += _section("About", details["summary"].strip().split("\n") if details["summary"].strip() else ())
    lines += _section(
        "Finish first", [f"{p['id']}  {one_line(p['title'])}{_flag(p['status'])}" for p in details["prerequisites"]]
    )
    reading = [_cited(item) for item in details["reading"]]
    lines += _section("Read", [*reading, *([one_line(details["reading_note"])] if details["reading_note"] else [])])
    lines += _section("Afterwards you can", [f"- {one_line(item['says'])}" for item in details["objectives"]])
    lines += _section("Judged by", [_judged(item) for item in details["criteria"]])
    lines += _section("Quick start", details["quickstart"].strip("\n").split("\n"))
    lines += _section("Where", [f"{name:5} {path}" for name, path in details["paths"].items()])
    lines += _section("Next", [details["next"]] if details["next"] else ())
    return "\n".join(lines)


def one_line(text: str) -> str:
    """Return `text` on one line: a title may hold line breaks."""
    return " ".join(text.split())


def hours(value: float) -> str:
    """Return hours without noise of binary fractions: 1, 1.5, 0.25."""
    return f"{round(value, 2):g}"


_HEADINGS = ("LESSON", "TITLE", "TRACK", "STATUS", "READ", "BUILD", "REFLECT", "HOURS", "NEEDS")


def _row(lesson: Lesson, found: Progress | None) -> tuple[str, ...]:
    effort = lesson.effort
    numbers = [hours(value) for value in (effort.read, effort.build, effort.reflect, effort.total)]
    words = [lesson.id, one_line(lesson.title), lesson.track, lesson.status]
    if found is not None:
        left = _left(lesson, found[lesson.id])
        words.append(found[lesson.id].standing.value if lesson.status == "ready" else "-")
        numbers.append("-" if left is None else hours(left))
    return (*words, *numbers, " ".join(lesson.needs) or "-")


def columns(row: Sequence[str], widths: Sequence[int], numbers: Collection[int]) -> str:
    """Return cells side by side, each as wide as its column; those of columns in `numbers` end at the same place."""
    cells = []
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        space = " " * (width - width_of(cell))
        cells.append(space + cell if number in numbers else cell + space)
    return ("  " + "  ".join(cells)).rstrip()


def clipped(text: str, width: int) -> str:
    """Return `text` in at most `width` columns; an ellipsis says that something is left out."""
    if width_of(text) <= width:
        return text
    while text and width_of(text) >= width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def width_of(text: str) -> int:
    """Return the columns a terminal takes for `text`: wide characters take two, combining ones none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _module_heading(module: Module, found: Progress | None) -> str:
    heading = click.style(f"{module.id}  {one_line(module.title)}", bold=True)
    still = _still(module.lessons, found)
    return f"{heading} ({hours(module.hours)} h in the outline, {hours(module.computed_hours)} h computed{still})"


def _still(lessons: Iterable[Lesson], found: Progress | None) -> str:
    """Return what is left of the lessons, as the end of a list; nothing where nobody has begun."""
    if found is None:
        return ""
    return f", {hours(sum(_left(lesson, found[lesson.id]) or 0 for lesson in lessons))} h left"


def _left(lesson: Lesson, at: LessonProgress) -> float | None:
    """Return the hours that are left of a lesson; None for a draft, which nobody can pass yet."""
    if lesson.status == "draft":
        return None
    return 0 if at.standing.done else round(lesson.effort.total, 2)


def _coloured(status: str) -> str:
    return click.style(status, fg=_STATUS_COLOURS[status])


def _marked(lesson: Lesson, found: Progress | None) -> str:
    if lesson.status == "draft":
        return f"{lesson.id} ({_coloured('draft')})"
    standing = found[lesson.id].standing.value if found else "not started"
    return lesson.id if standing == "not started" else f"{lesson.id} ({standing})"


def _flag(status: str) -> str:
    return f" [{_coloured(status)}]" if status == "draft" else ""


def _section(heading: str, lines: Iterable[str]) -> list[str]:
    body = [f"  {line}".rstrip() for line in lines]
    return ["", click.style(heading, bold=True), *body] if body else []


def _cited(reading: dict[str, Any]) -> str:
    edition = f", edition {reading['edition']}" if reading["edition"] is not None else ""
    parts = [f"{one_line(reading['title'])}{edition}"]
    if reading["chapter"] is not None:
        named = f": {one_line(reading['chapter_title'])}" if reading["chapter_title"] else ""
        parts.append(f"chapter {reading['chapter']}{named}")
    parts += [one_line(reading[key]) for key in ("note", "url") if reading[key]]
    return "- " + " · ".join(parts)


def _judged(criterion: dict[str, Any]) -> str:
    flags = [
        *(["core"] if criterion["core"] else []),
        *([f"requires {criterion['requires']}"] if criterion["requires"] else []),
        *([f"after {' '.join(criterion['needs'])}"] if criterion["needs"] else []),
    ]
    name = click.style(criterion["id"], fg="cyan")
    return f"- {name}{' (' if flags else ''}{', '.join(flags)}{')' if flags else ''}: {one_line(criterion['says'])}"


def _effort(effort: Effort) -> dict[str, float]:
    parts = {"read": effort.read, "build": effort.build, "reflect": effort.reflect, "total": effort.total}
    return {name: round(value, 2) for name, value in parts.items()}


def _prerequisite(curriculum: Curriculum, lesson_id: str) -> dict[str, str]:
    needed = curriculum.lesson(lesson_id)
    return {"id": lesson_id, "title": needed.title if needed else "", "status": needed.status if needed else "draft"}


def _reading(curriculum: Curriculum, reading: Reading) -> dict[str, Any]:
    book = curriculum.bibliography[reading.cite]
    chapter = None if reading.chapter is None else str(reading.chapter)
    return {
        "cite": reading.cite,
        "title": book.title,
        "authors": book.authors,
        "edition": book.edition,
        "chapter": chapter,
        "chapter_title": book.chapters.get(chapter, "") if chapter is not None else "",
        "note": reading.note,
        "url": book.url,
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {
        "id": criterion.id,
        "says": criterion.says,
        "core": criterion.core,
        "requires": criterion.requires,
        "kind": criterion.uses,
        "shows": list(criterion.shows),
        "needs": list(criterion.needs),
    }
