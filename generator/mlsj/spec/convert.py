"""From data that fits the schema to the typed model; what still does not fit is a diagnostic, never an exception."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from mlsj.spec import naming, wording
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.shape import value_at
from mlsj.spec.source import Path, Source

_Model = TypeVar("_Model")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")


def convert(
    source: Source, data: Any, model: type[_Model], root: Callable[[], Mapping[str, Any]], base: Path = ()
) -> tuple[_Model | None, tuple[Diagnostic, ...]]:
    """Build `model` from `data`, which stands at `base` and fits the schema `root()`, or return what forbids it."""
    try:
        return msgspec.convert(data, model), ()
    except (msgspec.ValidationError, OverflowError) as error:
        whole = tuple(_whole_number(source, data, path, base) for path in misfits(data, root()))
        return None, whole or (_refused(source, base, str(error)),)


def misfits(data: Any, root: Mapping[str, Any]) -> Iterator[Path]:
    """Yield where a number such as 12.0 stands for a whole one: JSON Schema takes it, the model does not."""
    yield from _misfits(data, root, root, ())


def _whole_number(source: Source, data: Any, path: Path, base: Path) -> Diagnostic:
    value = value_at(data, path)
    message = f"{naming.place(source.data, base + path)} must be a whole number, not {wording.got(value)}"
    return Diagnostic("MLSJ-S016", message, source.head(base + path), help=f"write {int(value)}")


def _refused(source: Source, base: Path, error: str) -> Diagnostic:
    """Place the model's own error, whose path is at its end: 'Expected ... - at `$.modules[0].hours`'."""
    said, _, at = error.partition(" - at `$")
    path: Path = ()
    for name, index in _STEP.findall(at):
        if index == "...":
            break
        path += (name,) if name else (int(index),)
    place = naming.place(source.data, base + path)
    message = f"{place} cannot be used: {said[:1].lower()}{said[1:]}"
    return Diagnostic("MLSJ-S022", message, source.head(base + path))


def _misfits(value: Any, part: Mapping[str, Any], root: Mapping[str, Any], path: Path) -> Iterator[Path]:
    if "$ref" in part:
        part = root["$defs"][part["$ref"].rpartition("/")[2]]
    whole = part.get("type") == "integer" or any(type(v) is int for v in part.get("enum", ()))
    if type(value) is float and (whole or part.get("type") == ["string", "integer"]):
        yield path
    elif isinstance(value, dict):
        for key, item in value.items():
            below = part.get("properties", {}).get(key) or part.get("additionalProperties")
            if isinstance(below, Mapping):
                yield from _misfits(item, below, root, (*path, key))
    elif isinstance(value, list) and isinstance(part.get("items"), Mapping):
        for index, item in enumerate(value):
            yield from _misfits(item, part["items"], root, (*path, index))
