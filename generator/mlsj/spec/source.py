"""A YAML text as plain data in which every key and value knows its position.

One pass over the C parser's events builds the data and a parallel tree of marks, and refuses what the composer of
libyaml would follow blindly: deep nesting (it recurses and crashes), aliases (they expand without bound), tags,
duplicate keys, a second document. Scalars follow the YAML 1.2 core schema
(https://yaml.org/spec/1.2.2/#103-core-schema): `1e-5` is a number, `on` a string; keys are always strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

import yaml
from yaml import CSafeLoader
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from mlsj.spec.diagnostics import FLOOD, Diagnostic, Related, Span, flooded
from mlsj.spec.text import MAX_BYTES as MAX_BYTES
from mlsj.spec.text import decode, syntax_error

MAX_DEPTH = 64
MAX_SCALAR = 256 * 1024
# Longer digit strings are texts: Python refuses to convert or print huge whole numbers.
MAX_NUMBER = 1000

Path = tuple[str | int, ...]

# YAML 1.2 core schema, section 10.3.2.
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCT_HEX = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_INF_NAN = {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN"}
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
# Text emitted by the compiler is bracketed with C0 controls, and terminals obey them: none may come in from a spec.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x84\x86-\x9f\u2028\u2029\ufeff]")

# A mark is (start line, start column, end line, end column), all from 0; a container adds its children's marks.
_Mark = tuple[int, int, int, int]


class _Map:
    """Marks of a mapping: `keys[k]` is the key's mark, `values[k]` the mark or marks of its value."""

    __slots__ = ("keys", "mark", "values")

    def __init__(self, mark: _Mark) -> None:
        self.mark = mark
        self.keys: dict[str, _Mark] = {}
        self.values: dict[str, Any] = {}


class _Seq:
    """Marks of a sequence: one mark, or marks, for each item."""

    __slots__ = ("items", "mark")

    def __init__(self, mark: _Mark) -> None:
        self.mark = mark
        self.items: list[Any] = []


class Source:
    """A parsed text: `data`, whether any value in it is null, its positions, and what was wrong with its syntax."""

    def __init__(
        self, file: str, text: str, data: Any, marks: Any, diagnostics: list[Diagnostic], *, nulls: bool = False
    ) -> None:
        self.file = file
        self.text = text
        self.data = data
        self.nulls = nulls
        self.diagnostics = diagnostics
        self._marks = marks

    def span(self, path: Path = (), *, key: bool = False) -> Span:
        """Return where the value at `path` stands, or with `key` its key; the nearest ancestor if it is absent."""
        node, best = self._marks, None
        for depth, part in enumerate(path):
            if isinstance(node, _Map):
                name = str(part)
                if name not in node.values:
                    break
                best = node.keys[name]
                node = node.values[name]
                if key and depth == len(path) - 1:
                    break
                # A block collection starts at its first child; its key says better where it is.
                if isinstance(node, tuple) or node.mark[0] == best[0]:
                    best = node if isinstance(node, tuple) else node.mark
            elif isinstance(node, _Seq) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                best = node if isinstance(node, tuple) else node.mark
            else:
                break
        return self._span(best) if best is not None else Span(self.file)

    def extent(self, path: Path) -> Span:
        """Return the whole of what stands at `path`, its key included; the nearest ancestor's if it is absent."""
        node = self._marks
        begin: _Mark | None = None
        for part in path:
            if isinstance(node, _Map) and part in node.values:
                begin, node = node.keys[str(part)], node.values[str(part)]
            elif isinstance(node, _Seq) and isinstance(part, int) and part < len(node.items):
                begin, node = None, node.items[part]
            else:
                break
        if node is None:
            return Span(self.file)
        mark: _Mark = node if isinstance(node, tuple) else node.mark
        return self._span(((begin or mark)[0], (begin or mark)[1], mark[2], mark[3]))

    def head(self, path: Path = ()) -> Span:
        """Return the place that names what is at `path`: a scalar, a mapping's key, in a list its `id` or start."""
        if not path and isinstance(self._marks, (_Map, _Seq)):
            line, column = self._marks.mark[:2]
            return Span(self.file, line + 1, column + 1)
        value, parent = self.data, None
        for part in path:
            known = part in value if isinstance(value, dict) else isinstance(value, list) and part in range(len(value))
            if not known:
                return self.span(path)
            parent, value = value, value[part]
        if not isinstance(value, (dict, list)):
            return self.span(path)
        if isinstance(parent, dict):
            return self.span(path, key=True)
        if isinstance(value, dict) and isinstance(value.get("id"), (str, int)):
            return self.span((*path, "id"))
        found = self.span(path)
        # The first line says where it is; a caret under a whole list would say nothing.
        return Span(found.file, found.line, found.column)

    def _span(self, mark: _Mark) -> Span:
        line, column, end_line, end_column = mark
        return Span(self.file, line + 1, column + 1, end_line + 1, end_column + 1)


def parse(file: str, raw: bytes) -> Source:
    """Parse `raw`, the bytes of `file`; all that is wrong with its syntax is in the result's `diagnostics`."""
    text, found = decode(file, raw)
    if found:
        return Source(file, text, None, None, found)
    builder = _Builder(file)
    loader = CSafeLoader(text)
    try:
        # libyaml reads ahead by a token or so, hence the depth check happens long before its own stack is at risk.
        builder.build(iter(loader.get_event, None))
    except yaml.MarkedYAMLError as error:
        builder.found.append(syntax_error(file, text, error))
    except yaml.YAMLError as error:  # a reader error has no mark
        builder.found.append(Diagnostic("MLSJ-S001", f"not readable as YAML: {error}".splitlines()[0], Span(file)))
    except _RefusedError as refused:
        builder.found.append(refused.diagnostic)
    finally:
        loader.dispose()
    if not builder.found and builder.data is None:
        builder.found.append(
            Diagnostic(
                "MLSJ-S009", "the file is empty", Span(file), help="start with 'format: 1' and a 'course:' block"
            )
        )
    return Source(file, text, builder.data, builder.marks, builder.found, nulls=builder.nulls)


class _RefusedError(Exception):
    """The text must not be read further."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Builder:
    """Turns parser events into data and marks with an explicit stack, so depth is bounded by a number, not by C."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.data: Any = None
        self.marks: Any = None
        self.nulls = False
        self.found: list[Diagnostic] = []

    def build(self, events: Iterator[Any]) -> None:
        """Consume every event of one document."""
        stack: list[tuple[Any, Any]] = []  # (container, its marks)
        keys: list[str | None] = []  # per open mapping: the key that waits for its value
        documents = 0
        for event in events:
            kind = type(event)
            if kind is ScalarEvent:
                start, end = event.start_mark, event.end_mark
                mark = (start.line, start.column, end.line, end.column)
                value: Any = event.value
                if event.tag is not None and not event.implicit[1]:
                    self._refuse_tag(event.tag, mark)
                if event.anchor is not None:
                    self._refuse_anchor(mark)
                if len(value) > MAX_SCALAR:
                    message = f"a text of {len(value):,} characters; at most {MAX_SCALAR:,} are read"
                    self._stop("MLSJ-S006", message, mark, "move it into a file under templates/")
                # Of controls written as such `decode` has complained; only escapes in double quotes can bring others.
                if event.style == '"' and _CONTROL.search(value):
                    self._control(value, mark)
                if stack and keys[-1] is None and type(stack[-1][0]) is dict:
                    keys[-1] = self._key(stack[-1], value, mark)
                    continue
                if len(self.found) > FLOOD:
                    raise _RefusedError(flooded(self._span(mark)))
                if event.implicit[0] and event.tag is None:
                    value = _resolve(value)
                    if value is None:
                        self.nulls = True
                    elif type(value) is float and not isfinite(value):
                        self._infinite(event.value, mark)
                node: Any = mark
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                start, end = event.start_mark, event.end_mark
                mark = (start.line, start.column, end.line, end.column)
                if event.tag is not None:
                    self._refuse_tag(event.tag, mark)
                if event.anchor is not None:
                    self._refuse_anchor(mark)
                if len(stack) >= MAX_DEPTH:
                    self._stop("MLSJ-S003", f"nesting deeper than {MAX_DEPTH} levels", mark, "a spec needs ten")
                if stack and keys[-1] is None and type(stack[-1][0]) is dict:
                    self._stop("MLSJ-S002", "a key must be plain text, not a list or a mapping", mark)
                opened: tuple[Any, Any] = ({}, _Map(mark)) if kind is MappingStartEvent else ([], _Seq(mark))
                stack.append(opened)
                keys.append(None)
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value, node = stack.pop()
                keys.pop()
                end = event.end_mark
                node.mark = (node.mark[0], node.mark[1], end.line, end.column)
            elif kind is AliasEvent:
                start, end = event.start_mark, event.end_mark
                self._refuse_anchor((start.line, start.column, end.line, end.column))
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    start, end = event.start_mark, event.end_mark
                    mark = (start.line, start.column, end.line, end.column)
                    self._stop(
                        "MLSJ-S007", "a second document starts here", mark, "a spec is one document: remove '---'"
                    )
                continue
            elif kind is StreamEndEvent:
                return
            else:
                continue
            if not stack:
                self.data, self.marks = value, node
            elif type(stack[-1][0]) is dict:
                container, marks = stack[-1]
                name = keys[-1]
                keys[-1] = None
                if name is not None and name not in container:
                    container[name] = value
                    marks.values[name] = node
            else:
                stack[-1][0].append(value)
                stack[-1][1].items.append(node)

    def _key(self, top: tuple[Any, Any], name: str, mark: _Mark) -> str:
        marks = top[1]
        if name in marks.keys:
            self.found.append(
                Diagnostic(
                    "MLSJ-S005",
                    f"key '{name}' is given twice",
                    self._span(mark),
                    help="keep one of the two",
                    related=(Related(self._span(marks.keys[name]), "first given here"),),
                )
            )
        else:
            marks.keys[name] = mark
        return name

    def _span(self, mark: _Mark) -> Span:
        return Span(self.file, mark[0] + 1, mark[1] + 1, mark[2] + 1, mark[3] + 1)

    def _control(self, value: str, mark: _Mark) -> None:
        character = _CONTROL.search(value)
        assert character is not None  # noqa: S101 - the caller has just matched
        code = f"U+{ord(character.group()):04X}"
        self.found.append(
            Diagnostic(
                "MLSJ-S001", f"control character {code} in a text", self._span(mark), help="remove the character"
            )
        )

    def _infinite(self, text: str, mark: _Mark) -> None:
        remedy = "write a number in range, or put quotes around a text"
        self.found.append(
            Diagnostic("MLSJ-S011", f"'{text[:60]}' is not a finite number", self._span(mark), help=remedy)
        )

    def _refuse_tag(self, tag: str, mark: _Mark) -> None:
        self._stop("MLSJ-S008", f"tag '{tag}' is not allowed", mark, "write the plain value; quotes make a text of it")

    def _refuse_anchor(self, mark: _Mark) -> None:
        self._stop(
            "MLSJ-S004", "anchors and aliases are not allowed", mark, "repeat the value, or give it an id and cite it"
        )

    def _stop(self, code: str, message: str, mark: _Mark, remedy: str = "") -> None:
        raise _RefusedError(Diagnostic(code, message, self._span(mark), help=remedy))


def _resolve(value: str) -> Any:
    """Give a plain scalar its YAML 1.2 core type."""
    if value in _WORDS:
        return _WORDS[value]
    if not value[0].isdigit() and value[0] not in "+-.":
        return value
    if len(value) > MAX_NUMBER:
        return value
    if _INT.match(value):
        return int(value)
    if _FLOAT.match(value):
        return float(value)
    if _OCT_HEX.match(value):
        return int(value, 0)
    return float(value.replace(".", "", 1)) if value in _INF_NAN else value
