"""Parts of a JSON file: where each is, of which type, and within which bounds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Finding, failed

_MAX_BYTES = 64 * 2**20
_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_WORDS = {
    str: "a text", int: "a whole number", float: "a number", bool: "a boolean", list: "a list", dict: "an object",
    type(None): "null",
}  # fmt: skip


class Part(base.Params, frozen=True, forbid_unknown_fields=True):
    """A part of a JSON file."""

    at: Annotated[
        str,
        Meta(
            pattern=r"^(/.*)?$",
            description="JSON Pointer such as /servers/0/port; the step * stands for every item, '' for the whole.",
        ),
    ]
    type: Annotated[
        Literal["text", "integer", "number", "boolean", "list", "object", "null"] | None, Meta(description="Its type.")
    ] = None
    equals: Annotated[str | int | float | bool | None, Meta(description="The value that it has.")] = None
    matches: Annotated[str, Meta(description="Regular expression found in a text.")] = ""
    min: Annotated[float | None, Meta(description="Least number; of a text, list or object, the least length.")] = None
    max: Annotated[float | None, Meta(description="Largest number; of a text, list or object, the largest length.")] = (
        None
    )

    def __post_init__(self) -> None:
        """Refuse bounds that nothing keeps, and an expression that does not compile."""
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError(f"'min' is {self.min:g} and 'max' {self.max:g}")
        try:
            re.compile(self.matches)
        except re.error as error:
            raise ValueError(f"'matches' is not a regular expression: {error}") from None


class _Missing(Exception):  # noqa: N818 - its arguments say it
    """There is nothing at a pointer; the arguments are the pointer so far, and what is there instead."""


def look(path: Path, name: str, parts: list[Part], where: str) -> Finding | None:
    """Return what is wrong with the file's parts, or None."""

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, next_step=next_step, where=where)

    with path.open("rb") as file:
        data = file.read(_MAX_BYTES)
    try:
        whole = json.loads(data)
    except RecursionError:
        return wrong(f"{name} is not JSON", "JSON", "something nested too deeply", f"write JSON into {where}")
    except ValueError as error:
        return wrong(f"{name} is not JSON", "JSON", str(error), f"python3 -m json.tool {name} shows the place")
    for part in parts:
        try:
            for at, value in _found(whole, _steps(part.at), ""):
                fault = _fault(part, value)
                if fault is not None:
                    spot = at or "the whole"
                    return wrong(f"{name}: {spot} {fault[0]}", fault[1], _shown(value), f"correct {spot} in {where}")
        except _Missing as missing:
            at, got = missing.args
            want = f"{at}{f' ({_a(part.type)})' if part.type else ''}"
            return wrong(f"{name} has no {at}", want, got, f"add {at} to {where}")
    return None


def _steps(pointer: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _found(value: Any, steps: list[str], at: str) -> Iterator[tuple[str, Any]]:
    """Yield every value that the steps lead to, with its pointer. Raises _Missing where they lead nowhere."""
    if not steps:
        yield at, value
        return
    step, *rest = steps
    here = f"{at}/{step.replace('~', '~0').replace('/', '~1')}"
    if step == "*" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, rest, f"{at}/{index}")
    elif step == "*" and isinstance(value, dict):
        for key, item in value.items():
            yield from _found(item, rest, f"{at}/{key}")
    elif isinstance(value, dict):
        if step not in value:
            keys = ", ".join(list(value)[:20])
            raise _Missing(here, f"the keys {keys}" if keys else "an empty object")
        yield from _found(value[step], rest, here)
    elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        yield from _found(value[int(step)], rest, here)
    else:
        length = f" of {len(value)} items" if isinstance(value, list) else ""
        raise _Missing(here, f"{_WORDS[type(value)]}{length} at {at or 'the top'}")


def _fault(part: Part, value: Any) -> tuple[str, str] | None:
    """Return what is wrong with a value and what is expected, or None."""
    if part.type is not None and type(value) not in _TYPES[part.type]:
        return f"is {_WORDS[type(value)]}", _a(part.type)
    if part.equals is not None and (value != part.equals or isinstance(value, bool) != isinstance(part.equals, bool)):
        return "has another value", _shown(part.equals)
    if part.matches and not (isinstance(value, str) and re.search(part.matches, value)):
        return "does not match", f"a text that matches {part.matches}"
    sized = isinstance(value, (str, list, dict))
    number = len(value) if sized else value
    unit = " characters" if isinstance(value, str) else " items" if sized else ""
    if (part.min is not None or part.max is not None) and type(number) not in (int, float):
        return f"is {_WORDS[type(value)]}", "a number"
    if part.min is not None and not number >= part.min:
        return f"is too {'short' if sized else 'small'}", f"at least {part.min:g}{unit}"
    if part.max is not None and not number <= part.max:
        return f"is too {'long' if sized else 'large'}", f"at most {part.max:g}{unit}"
    return None


def _a(kind: str) -> str:
    return {
        "integer": "a whole number", "object": "an object", "null": "null",
    }.get(kind, f"a {kind}")  # fmt: skip


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"
