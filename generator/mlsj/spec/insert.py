"""Add a lesson to the text of a curriculum and change nothing else: only lines are added.

The place comes from the positions of the parsed text, and the result is proved by parsing it again: it must hold
exactly the old data with the new lesson at its place. A dump by a YAML library would lay out the whole file anew.
"""

from __future__ import annotations

import copy
from typing import Any

from mlsj.spec.source import Path, Source, parse


class NotInsertedError(ValueError):
    """The curriculum is laid out in a way that a lesson cannot be spliced into; the message says what to change."""


def insert_lesson(source: Source, module_index: int, lesson: str) -> str:
    """Return the text of `source` with `lesson`, the lines of a YAML mapping, as the last lesson of a module.

    Raises NotInsertedError where the module's lessons are no block list.
    """
    lessons: Path = ("modules", module_index, "lessons")
    existing = _at(source.data, lessons)
    last: Path = (*lessons, len(existing) - 1)
    first_key = source.span((*last, next(iter(existing[-1]))), key=True)
    lines = source.text.split("\n")
    start = first_key.line - 1
    column = first_key.column - 1
    dash = _dash_column(lines[start], column) if start < len(lines) else None
    refusal = f"write the lessons of module {module_index + 1} as a list of one '- id: …' block each"
    if dash is None:
        raise NotInsertedError(refusal)
    end = _end_of_item(lines, max(start, _last_start(source, last)), dash)
    carriage = "\r" if "\r\n" in source.text else ""
    addition = [
        f"{' ' * dash}{'-' if number == 0 else ' '}{' ' * (column - dash - 1)}{line}{carriage}" if line else carriage
        for number, line in enumerate(lesson.rstrip("\n").split("\n"))
    ]
    gap = [carriage] if _separated(lines, start) else []
    if end == len(lines) and carriage:
        lines[-1] += carriage  # the file's last line had no end of its own
    text = "\n".join([*lines[:end], *gap, *addition, *(lines[end:] or [""])])
    expected = copy.deepcopy(source.data)
    _at(expected, lessons).append(parse(source.file, lesson.encode()).data)
    made = parse(source.file, text.encode())
    if made.diagnostics or made.data != expected:
        raise NotInsertedError(refusal)
    return text


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data


def _dash_column(line: str, column: int) -> int | None:
    """Return the column of the '-' that opens the item whose first key stands at `column`, None where there is none."""
    before = line[:column]
    return before.index("-") if before.strip() == "-" else None


def _last_start(source: Source, path: Path) -> int:
    """Return the last line, from 0, on which a value within `path` begins: only its own continuation can follow."""
    value = _at(source.data, path)
    children = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return max([source.span(path).line - 1, *(_last_start(source, (*path, child)) for child in children)])


def _end_of_item(lines: list[str], line: int, dash: int) -> int:
    """Return the line, from 0, before which the next item goes: after the last one indented deeper than the dash."""
    end = line + 1
    for number in range(line + 1, len(lines)):
        bare = lines[number].strip()
        if bare and len(lines[number]) - len(lines[number].lstrip()) <= dash:
            break
        # Spaces beyond the dash may be the text of a block; below a new last line they would become its text.
        if bare or len(lines[number].rstrip("\r")) > dash:
            end = number + 1
    return end


def _separated(lines: list[str], start: int) -> bool:
    """Tell whether a blank line stands before the item at line `start`: the new one is then set apart likewise."""
    return start > 0 and not lines[start - 1].strip()
