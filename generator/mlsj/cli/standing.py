"""Progress as text for people and as plain data for machines (docs/formats/status.schema.json, next.schema.json)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from mlsj.cli.learning import wrapped
from mlsj.cli.views import clipped, columns, hours, one_line
from mlsj.learner.following import Next
from mlsj.learner.progress import Hours, LessonProgress, Standing
from mlsj.learner.progress import hours as hours_of
from mlsj.learner.words import count
from mlsj.spec.model import Curriculum, Lesson, Module

COLOURS = {
    Standing.PASSED: "green",
    Standing.PASSED_HERE: "green",
    Standing.FAILED: "red",
    Standing.STALE: "yellow",
    Standing.STARTED: "cyan",
}
Progress = Mapping[str, LessonProgress]
_HEADINGS = ("LESSON", "STANDING", "JUDGED", "HINTS", "HOURS", "NEEDS", "TITLE")
_NUMBERS = (4,)
# Below this there is no room for columns.
_TABLE = 76
_LEAST_TITLE = 12


def status_data(
    curriculum: Curriculum, found: dict[str, LessonProgress], next_: Next, strangers: tuple[str, ...]
) -> dict[str, Any]:
    """Return what `mlsj status --format json` prints."""
    lessons = list(curriculum.lessons())
    return {
        "course": curriculum.course.id,
        "lessons": [_lesson_data(module, lesson, found[lesson.id]) for module, lesson in lessons],
        "modules": [
            {"id": module.id, "title": module.title, "hours": _hours_data(hours_of(module.lessons, found))}
            for module in curriculum.modules
        ],
        "totals": {
            "lessons": len(lessons),
            "standings": {each.value: sum(item.standing is each for item in found.values()) for each in Standing},
            "hints": sum(item.hints for item in found.values()),
            "revealed": sum(item.revealed for item in found.values()),
            "hours": _hours_data(hours_of((lesson for _, lesson in lessons), found)),
        },
        "unknown": list(strangers),
        "next": next_data(next_),
    }


def next_data(next_: Next) -> dict[str, Any]:
    """Return what `mlsj next --format json` prints."""
    failing = next_.failing
    return {
        "action": next_.action,
        "lesson": next_.lesson.id if next_.lesson else None,
        "title": next_.lesson.title if next_.lesson else None,
        "standing": next_.standing.value if next_.standing else None,
        "says": next_.says,
        "command": f"mlsj {next_.command}" if next_.command else "",
        "reasons": list(next_.reasons),
        "failing": {"criterion": failing.criterion, "message": failing.message, "next_step": failing.next_step}
        if failing
        else None,
    }


def next_text(next_: Next, call: str, width: int) -> str:
    """Return what to do next as text."""
    lesson = next_.lesson
    if lesson is None:
        return "\n".join(wrapped(f"Nothing is left to do: {next_.says}.", "", width))
    lines = wrapped(f"{lesson.id} {one_line(lesson.title)} ({next_.standing}): {next_.says}", "  ", width, "")
    if next_.failing is not None:
        failing = next_.failing
        lines += wrapped(f"{failing.criterion}: {failing.message}", "    ", width, "  ")
        lines += wrapped(failing.next_step, "        ", width, "  next  ") if failing.next_step else []
        others = [reason for reason in next_.reasons if not reason.startswith(f"{failing.criterion}: ")]
    else:
        others = list(next_.reasons)
    for reason in others:
        lines += wrapped(reason, "    ", width, "  ")
    effort = f" ({hours(lesson.effort.total)} h)" if next_.action == "start" else ""
    return "\n".join([*lines, "", f"next: {call} {next_.command}{effort}"])


def status_text(
    curriculum: Curriculum,
    found: dict[str, LessonProgress],
    next_: Next,
    strangers: tuple[str, ...],
    *,
    call: str,
    width: int,
) -> str:
    """Return what `mlsj status` prints; no line is longer than `width` but for words that are."""
    every = [lesson for _, lesson in curriculum.lessons()]
    lines = wrapped(f"{one_line(curriculum.course.title)}: {_counted(found)}", "  ", width, "")
    lines += wrapped(_hours_text(hours_of(every, found)), "  ", width, "")
    layout = _table if width >= _TABLE else _blocks
    for module in curriculum.modules:
        sums = _hours_text(hours_of(module.lessons, found))
        heading = wrapped(f"{module.id}  {one_line(module.title)} ({sums})", "  ", width, "")
        lines += ["", *(click.style(line, bold=True) for line in heading), *layout(module, every, found, width)]
    if strangers:
        others = f"not in this course: {', '.join(strangers)} (your files and records are kept)"
        lines += ["", *wrapped(others, "  ", width, "")]
    to_do = f"{call} {next_.command}" if next_.lesson is not None else next_.says
    return "\n".join([*lines, "", *wrapped(f"next: {to_do}", "  ", width, "")])


def _table(module: Module, every: list[Lesson], found: Progress, width: int) -> list[str]:
    rows = [_row(lesson, found[lesson.id]) for lesson in module.lessons]
    # Columns are as wide in every module, so that the eye can follow them down.
    cells = [_row(lesson, found[lesson.id])[:-1] for lesson in every]
    widths = [max(map(len, column)) for column in zip(_HEADINGS[:-1], *cells, strict=True)]
    room = max(width - 2 - sum(widths) - 2 * len(widths), _LEAST_TITLE)
    lines = [click.style(columns(_HEADINGS, [*widths, 0], _NUMBERS), dim=True)]
    for lesson, row in zip(module.lessons, rows, strict=True):
        at = found[lesson.id]
        line = columns((*row[:-1], clipped(row[-1], room)), [*widths, 0], _NUMBERS)
        lines.append(line.replace(f" {row[1]} ", f" {_coloured(at.standing)} ", 1))
        for reason in at.reasons:
            lines += wrapped(reason, " " * (widths[0] + 8), width, " " * (widths[0] + 4) + "- ")
    return lines


def _blocks(module: Module, every: list[Lesson], found: Progress, width: int) -> list[str]:  # noqa: ARG001
    """Return the lessons for a narrow terminal: no columns, each fact where the last one ended."""
    lines = []
    for lesson in module.lessons:
        at = found[lesson.id]
        _, standing, judged, hints, effort, needs, title = _row(lesson, at)
        facts = [f"{effort} h", *([judged] if at.judged else []), *([f"hints {hints}"] if at.hints else [])]
        facts += [f"needs {needs}"] if at.waits_for else []
        lines += wrapped(f"{lesson.id}  {standing}  {title}", "    ", width, "  ")
        lines += wrapped(", ".join(facts), "      ", width, "    ")
        for reason in at.reasons:
            lines += wrapped(reason, "      ", width, "    - ")
    return lines


def _row(lesson: Lesson, at: LessonProgress) -> tuple[str, ...]:
    seen = " +solution" if at.revealed else ""
    hints = f"{at.hints} of {len(lesson.hints)}" if lesson.hints else "-"
    return (
        lesson.id,
        at.standing.value,
        local(at.judged) if at.judged else "-",
        f"{hints}{seen}",
        hours(lesson.effort.total),
        " ".join(at.waits_for) or "-",
        one_line(lesson.title),
    )


def local(time: str) -> str:
    """Return a record's time as the clock on the wall shows it."""
    try:
        return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return "unknown"


def _coloured(standing: Standing) -> str:
    colour = COLOURS.get(standing)
    return click.style(standing.value, fg=colour) if colour else standing.value


def _counted(found: Progress) -> str:
    ready = [item for item in found.values() if item.standing is not Standing.DRAFT]
    passed = sum(item.standing in (Standing.PASSED, Standing.PASSED_HERE) for item in ready)
    parts = [f"{passed} of {count(len(ready), 'lesson')} passed"]
    for standing in (Standing.STALE, Standing.FAILED, Standing.STARTED):
        number = sum(item.standing is standing for item in ready)
        parts += [f"{number} {standing}"] if number else []
    drafts = len(found) - len(ready)
    hints, seen = sum(item.hints for item in found.values()), sum(item.revealed for item in found.values())
    parts += [count(drafts, "draft")] if drafts else []
    parts += [f"{count(hints, 'hint')} taken"] if hints else []
    parts += [f"{count(seen, 'solution')} seen"] if seen else []
    return ", ".join(parts)


def _hours_text(sums: Hours) -> str:
    parts = [f"{hours(sums.done)} h done"]
    parts += [f"{hours(sums.stale)} h stale"] if sums.stale else []
    parts += [f"{hours(sums.left)} h left"]
    parts += [f"{hours(sums.draft)} h in drafts"] if sums.draft else []
    return ", ".join(parts)


def _hours_data(sums: Hours) -> dict[str, float]:
    return {"done": sums.done, "stale": sums.stale, "left": sums.left, "draft": sums.draft}


def _lesson_data(module: Module, lesson: Lesson, at: LessonProgress) -> dict[str, Any]:
    return {
        "id": lesson.id,
        "title": lesson.title,
        "module": module.id,
        "status": lesson.status,
        "standing": at.standing.value,
        "reasons": list(at.reasons),
        "judged": at.judged,
        "started": at.started,
        "hints": {"taken": at.hints, "total": len(lesson.hints)},
        "revealed": at.revealed,
        "hours": round(lesson.effort.total, 2),
        "needs": list(lesson.needs),
        "waits_for": list(at.waits_for),
    }
