"""A YAML text as plain data in which every key and value knows its position.

One pass over the C parser's events builds the data and a parallel tree of marks, and refuses what the composer of
libyaml would follow blindly: deep nesting (it recurses and crashes), aliases (they expand without bound), tags, duplicate
keys, a second document. Scalars follow the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema): `1e-5` is
a number, `on` a string; keys are always strings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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

from mlsj.spec.diagnostics import Diagnostic, Related, Span

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_SCALAR = 256 * 1024

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
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(?= |$)", re.MULTILINE)

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
    """A parsed text: `data`, its positions, and what was wrong with its syntax."""

    def __init__(self, file: str, text: str, data: Any, marks: Any, diagnostics: list[Diagnostic]) -> None:
        self.file = file
        self.text = text
        self.data = data
        self.diagnostics = diagnostics
        self._marks = marks

    def span(self, path: Path = (), *, key: bool = False) -> Span:
        """Return where the value at `path` stands, or with `key` its key; the nearest known ancestor if it is absent."""
        node, best = self._marks, None
        for depth, part in enumerate(path):
            if node is None or isinstance(node, tuple):
                break
            if isinstance(node, _Map):
                name = str(part)
                if name not in node.values:
                    break
                best = node.keys[name]
                node = node.values[name]
                if key and depth == len(path) - 1:
                    return self._span(best)
            else:
                if not isinstance(part, int) or part >= len(node.items):
                    break
                node = node.items[part]
            mark = node if isinstance(node, tuple) else node.mark
            # A block collection starts at its first child; its key says better where it is.
            if not (best is not None and not isinstance(node, tuple) and mark[0] > best[0]):
                best = mark
        return self._span(best) if best is not None else Span(self.file)

    def _span(self, mark: _Mark) -> Span:
        line, column, end_line, end_column = mark
        return Span(self.file, line + 1, column + 1, end_line + 1, end_column + 1)


def parse(file: str, raw: bytes) -> Source:
    """Parse `raw`, the bytes of `file`; all that is wrong with its syntax is in the result's `diagnostics`."""
    text, found = _decode(file, raw)
    if found:
        return Source(file, text, None, None, found)
    builder = _Builder(file)
    loader = CSafeLoader(text)
    try:
        # libyaml reads ahead by a token or so, hence the depth check happens long before its own stack is at risk.
        builder.build(iter(loader.get_event, None))
    except yaml.MarkedYAMLError as error:
        builder.found.append(_syntax_error(file, text, error))
    except yaml.YAMLError as error:  # a reader error has no mark
        builder.found.append(Diagnostic("MLSJ-S001", f"not readable as YAML: {error}".splitlines()[0], Span(file)))
    except _Refused as refused:
        builder.found.append(refused.diagnostic)
    finally:
        loader.dispose()
    if not builder.found and builder.data is None:
        builder.found.append(
            Diagnostic("MLSJ-S009", "the file is empty", Span(file), help="start with 'format: 1' and a 'course:' block")
        )
    return Source(file, text, builder.data, builder.marks, builder.found)


class _Refused(Exception):
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
        self.found: list[Diagnostic] = []

    def build(self, events: Iterator[Any]) -> None:  # noqa: C901 - one branch per event type
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
                    self._stop("MLSJ-S006", f"a text of {len(value):,} characters; at most {MAX_SCALAR:,} are read", mark)
                if _CONTROL.search(value):
                    self._control(value, mark)
                if stack and keys[-1] is None and type(stack[-1][0]) is dict:
                    keys[-1] = self._key(stack[-1], value, mark)
                    continue
                if event.implicit[0] and event.tag is None:
                    value = _resolve(value)
                node: Any = mark
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                start, end = event.start_mark, event.end_mark
                mark = (start.line, start.column, end.line, end.column)
                if event.tag is not None:
                    self._refuse_tag(event.tag, mark)
                if event.anchor is not None:
                    self._refuse_anchor(mark)
                if len(stack) >= MAX_DEPTH:
                    self._stop("MLSJ-S003", f"nesting deeper than {MAX_DEPTH} levels", mark)
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
                    self._stop("MLSJ-S007", "a second document starts here; a spec is one document", mark)
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
        container, marks = top
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
            Diagnostic("MLSJ-S001", f"control character {code} in a text", self._span(mark), help="remove the character")
        )

    def _refuse_tag(self, tag: str, mark: _Mark) -> None:
        self._stop("MLSJ-S008", f"tag '{tag}' is not allowed", mark, "write the plain value; quotes make a text of it")

    def _refuse_anchor(self, mark: _Mark) -> None:
        self._stop("MLSJ-S004", "anchors and aliases are not allowed", mark, "repeat the value, or give it an id and cite it")

    def _stop(self, code: str, message: str, mark: _Mark, remedy: str = "") -> None:
        raise _Refused(Diagnostic(code, message, self._span(mark), help=remedy))


def _resolve(value: str) -> Any:
    """Give a plain scalar its YAML 1.2 core type."""
    if value in _WORDS:
        return _WORDS[value]
    if not value[0].isdigit() and value[0] not in "+-.":
        return value
    if _INT.match(value):
        # Python refuses to convert huge digit strings; such a "number" is a text.
        return int(value) if len(value) < 4000 else value
    if _FLOAT.match(value):
        return float(value)
    if _OCT_HEX.match(value):
        return int(value, 0)
    return float(value.replace(".", "", 1)) if value in _INF_NAN else value


def _decode(file: str, raw: bytes) -> tuple[str, list[Diagnostic]]:
    """Return the text of `raw` and what forbids parsing it."""
    if len(raw) > MAX_BYTES:
        message = f"{len(raw):,} bytes; at most {MAX_BYTES:,} are read"
        return "", [Diagnostic("MLSJ-S006", message, Span(file), help="split the course")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        return raw.decode("utf-8", "replace"), [
            Diagnostic("MLSJ-S001", message, Span(file, line, column), help="save the file as UTF-8")
        ]
    markers = [
        Diagnostic(
            "MLSJ-S010",
            f"merge conflict marker '{match.group()}'",
            Span(file, text.count("\n", 0, match.start()) + 1, 1),
            help="resolve the conflict, keep one side and delete the marker lines",
        )
        for match in _CONFLICT.finditer(text)
    ]
    return text, markers


def _syntax_error(file: str, text: str, error: yaml.MarkedYAMLError) -> Diagnostic:
    """Turn libyaml's error into ours; its context mark is where the broken construct began."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.count("\n") + 1
    span = Span(file, min(line, lines), column)
    related = ()
    if error.context_mark and error.context and error.context_mark.line != line - 1:
        began = Span(file, error.context_mark.line + 1, error.context_mark.column + 1)
        related = (Related(began, str(error.context)),)
    problem = str(error.problem or error.context or "not valid YAML")
    tab = text.splitlines()[line - 1 : line]
    remedy = "indent with spaces: YAML does not allow tabs" if tab and "\t" in tab[0] else "check indentation and quotes here"
    return Diagnostic("MLSJ-S002", problem, span, help=remedy, related=related)
