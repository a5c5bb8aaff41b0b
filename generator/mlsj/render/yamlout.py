"""Plain data as YAML, the same bytes every time, read back as the same data by YAML 1.1 and YAML 1.2 parsers.

Block style. A string is plain only where no parser could take it for anything else; several lines that a person will
read, such as a script, are a literal block; all other strings are quoted as in JSON. `Said` adds comments, `Placed`
says which spec place a value comes from.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from mlsj.render.blocks import block

# Begins with a letter, a slash or a dot before one; no colon, no ` #`, no flow sign, no white space at the end.
_PLAIN = re.compile(r"\.?[A-Za-z/][A-Za-z0-9_./@+=()-]*(?: [A-Za-z0-9_./@+=(),-]+)*\Z")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan"})
# Not printable in YAML 1.1 or 1.2, or taken for a line break by YAML 1.1 (NEL, LS, PS).
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
# A literal block cannot show where a first line's own white space begins, and keeps one line break at its end at most.
_LITERAL = re.compile(r"[^\s](?s:.*[^\n])?\n?\Z")


class Said(msgspec.Struct, frozen=True):
    """A value with comments: on lines above it, and after it on its line (scalars on one line only)."""

    value: Any
    above: str = ""
    after: str = ""


class Placed(msgspec.Struct, frozen=True):
    """A value that comes from the spec place `origin`."""

    value: Any
    origin: str


class _Node(msgspec.Struct):
    """A value in pieces: comment lines, what stands beside its key or dash, the lines below, the spec place."""

    inline: str
    below: list[str]
    above: list[str]
    origin: str | None = None


def write(data: Mapping[str, Any]) -> str:
    """Return `data` as a block mapping, with marks (`mlsj.render.blocks`) where it holds `Placed` values.

    Data is mappings with string keys, sequences, strings, booleans, integers, finite floats and None; raises
    TypeError or ValueError for anything else.
    """
    node = _node(data)
    return "".join(f"{row}\n" for row in (*node.above, *(node.below or [node.inline])))


def string(value: str) -> str:
    """Return `value` as a scalar on one line."""
    if _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    quoted = json.dumps(value, ensure_ascii=False)
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def comment(value: str) -> list[str]:
    """Return `value` as comment lines; a character that no parser lets pass in a comment is shown as '?'."""
    return [f"# {row}".rstrip() for row in _HIDDEN.sub("?", value).split("\n")]


def _node(value: Any) -> _Node:
    if isinstance(value, Placed):
        node = _node(value.value)
        node.origin = value.origin
        return node
    if isinstance(value, Said):
        node = _node(value.value)
        if value.after:
            node.inline += f"  {comment(value.after)[0]}"
        if value.above:
            node.above = [*comment(value.above), *node.above]
        return node
    if isinstance(value, Mapping):
        return _Node("" if value else "{}", [row for key, item in value.items() for row in _entry(key, item)], [])
    if isinstance(value, str):
        if "\n" in value and _LITERAL.match(value) and not _HIDDEN.search(value):
            return _Node("|" if value.endswith("\n") else "|-", value.removesuffix("\n").split("\n"), [])
        return _Node(string(value), [], [])
    if isinstance(value, list | tuple):
        return _Node("" if value else "[]", [row for item in value for row in _item(item)], [])
    return _Node(_scalar(value), [], [])


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        # YAML 1.1 takes a number for a float only where it has a dot, and a signed exponent.
        mantissa, e, exponent = repr(value).partition("e")
        sign = "" if exponent.startswith(("-", "+")) else "+"
        return (mantissa if "." in mantissa else mantissa + ".0") + (f"e{sign}{exponent}" if e else "")
    raise TypeError(f"not plain data: {value!r}")


def _entry(key: Any, value: Any) -> list[str]:
    if not isinstance(key, str):
        raise TypeError(f"a key must be text, not {key!r}")
    node = _node(value)
    beside = "" if node.inline in ("", "null") else f" {node.inline}"
    return _placed(node, [f"{string(key)}:{beside}", *_indented(node.below)])


def _item(value: Any) -> list[str]:
    node = _node(value)
    if node.inline:
        return _placed(node, [f"- {node.inline}", *_indented(node.below)])
    return _placed(node, [f"- {node.below[0]}", *_indented(node.below[1:])])


def _indented(rows: list[str]) -> list[str]:
    return [f"  {row}" if row else row for row in rows]


def _placed(node: _Node, rows: list[str]) -> list[str]:
    """Return comments and lines, marked with the spec place."""
    return [*node.above, *(block(node.origin, "\n".join(rows)).split("\n") if node.origin is not None else rows)]
