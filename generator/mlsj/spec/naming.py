"""What an author calls a place of the spec: `lesson 3-5`, `criterion bandwidth of lesson 3-5`, `service kafka`."""

from __future__ import annotations

from typing import Any

from mlsj.spec.source import Path

WHOLE = "the spec"

# Per kind of named thing ("" is the spec itself): its collections, and what one entry of each is called.
_ENTRIES = {
    "": {
        "bibliography": "bibliography entry",
        "environments": "environment",
        "services": "service",
        "stacks": "stack",
        "runners": "runner",
        "modules": "module",
    },
    "module": {"lessons": "lesson"},
    "lesson": {"criteria": "criterion", "mistakes": "mistake", "objectives": "objective"},
}


def entity(data: Any, path: Path) -> tuple[str, Path]:
    """Return the words for the innermost named thing that `path` lies in, and the rest of the path below it."""
    if path[:1] == ("course",):
        return "the course", path[1:]
    words, kind, value, depth = WHOLE, "", data, 0
    while len(path) >= depth + 2 and (entries := _ENTRIES.get(kind, {})) and path[depth] in entries:
        outer, kind = words, entries[str(path[depth])]
        value = _child(_child(value, path[depth]), path[depth + 1])
        words = f"{kind} {_name(value, path[depth + 1])}"
        if outer.startswith("lesson "):
            words += f" of {outer}"
        depth += 2
    return words, path[depth:]


def place(data: Any, path: Path) -> str:
    """Return the words for what stands at `path`, such as `'effort.read' in lesson 3-5` or `lesson 3-5`."""
    words, rest = entity(data, path)
    return f"{field(rest)} in {words}" if rest else words


def inside(data: Any, path: Path) -> str:
    """Return the words for the mapping at `path`, such as `lesson 3-5` or `'effort' of lesson 3-5`."""
    words, rest = entity(data, path)
    return f"{field(rest)} of {words}" if rest else words


def field(rest: Path) -> str:
    """Return a path below a named thing in words: `'effort.read'`, `item 2 of 'needs'`."""
    if rest and isinstance(rest[-1], int):
        return f"item {rest[-1] + 1} of {field(rest[:-1])}" if rest[:-1] else f"item {rest[-1] + 1}"
    dotted = ""
    for part in rest:
        dotted += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if dotted else str(part)
    return f"'{dotted}'"


def _child(value: Any, part: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return value[part]
    return None


def _name(value: Any, part: str | int) -> str:
    if isinstance(part, str):
        return part
    found = value.get("id") if isinstance(value, dict) else None
    return str(found) if isinstance(found, (str, int)) and str(found) else f"number {part + 1}"
