"""Where a place named by ids stands in the text: `lessons/3-5/criteria/bandwidth` → line and column.

Generated files and the manifest name places by ids, so that adding a line above changes none of them; this resolves
them to lines again. Looked up in what the author wrote, so it also works where the spec is wrong elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlsj.spec.diagnostics import Span
from mlsj.spec.source import Path, Source

if TYPE_CHECKING:
    from mlsj.spec.load import Loaded


def locate(loaded: Loaded, origin: str) -> Span:
    """Return where `origin` stands; an unknown place gives the nearest one around it, at worst the file's start."""
    return loaded.source.head(path_of(loaded.source, origin)) if origin else Span(loaded.source.file)


def path_of(source: Source, origin: str) -> Path:
    """Return the path of `origin` in the data, as far as it is known.

    A part names a key, an item of a list by its `id`, `name` or value, or an item by its number from 0.
    """
    parts = origin.split("/") if origin else []
    path: Path = ()
    value: Any = source.data
    if parts[:1] == ["lessons"] and len(parts) > 1:
        found = _lesson(value, parts[1])
        if found is None:
            return ("modules",)
        path, value = found
        parts = parts[2:]
    while parts:
        step = _step(value, parts)
        if step is None:
            break
        part, used = step
        path, value, parts = (*path, part), value[part], parts[used:]
    return path


def _lesson(data: Any, lesson_id: str) -> tuple[Path, Any] | None:
    modules = data.get("modules") if isinstance(data, dict) else None
    for m, module in enumerate(modules if isinstance(modules, list) else ()):
        lessons = module.get("lessons") if isinstance(module, dict) else None
        for n, lesson in enumerate(lessons if isinstance(lessons, list) else ()):
            if isinstance(lesson, dict) and str(lesson.get("id")) == lesson_id:
                return ("modules", m, "lessons", n), lesson
    return None


def _step(value: Any, parts: list[str]) -> tuple[str | int, int] | None:
    """Return the key or index that the first of `parts` names, and how many of them it took: a key may hold a slash."""
    if isinstance(value, dict):
        for used in range(1, len(parts) + 1):
            if "/".join(parts[:used]) in value:
                return "/".join(parts[:used]), used
        return None
    if isinstance(value, list):
        for index, item in enumerate(value):
            if (item.get("id", item.get("name")) if isinstance(item, dict) else str(item)) == parts[0]:
                return index, 1
        if parts[0].isdecimal() and len(parts[0]) < 10 and int(parts[0]) < len(value):
            return int(parts[0]), 1
    return None
