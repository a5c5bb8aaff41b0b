"""From bytes to a text that a YAML parser may see, and the parser's own errors in an author's words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from mlsj.spec.diagnostics import Diagnostic, Related, Span

if TYPE_CHECKING:
    import yaml

MAX_BYTES = 16 * 1024 * 1024
# What libyaml refuses without a position, and what ends a line for it but not for editors.
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]|\r(?!\n)")
# Of each: a binary file, or one full of markers, needs no longer list.
_SHOWN = 20
_CONFLICT = re.compile(r"^(<{7}|={7}|>{7}|\|{7})(?= |$)", re.MULTILINE)
# Without these bytes neither pattern can match; looking for them is ten times faster than the patterns are.
_FINE = bytes(set(range(256)) - set(range(0x20)) - {0x7F} | {0x09, 0x0A})
_NOT_ASCII = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]|\xed[\xa0-\xbf]")
_MARKERS = (b"<" * 7, b"=" * 7, b">" * 7, b"|" * 7)


def decode(file: str, raw: bytes) -> tuple[str, list[Diagnostic]]:
    """Return the text of `raw` and what forbids parsing it."""
    if len(raw) > MAX_BYTES:
        message = f"{len(raw):,} bytes; at most {MAX_BYTES:,} are read"
        return "", [Diagnostic("MLSJ-S006", message, Span(file), help="split the course")]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        return raw.decode("utf-8", "replace"), [
            Diagnostic("MLSJ-S001", message, _place(file, before, len(before)), help="save the file as UTF-8")
        ]
    if not (raw.translate(None, _FINE) or _NOT_ASCII.search(raw) or any(marker in raw for marker in _MARKERS)):
        return text, []
    bad = [
        Diagnostic(
            "MLSJ-S001",
            f"control character U+{ord(match.group()):04X} in the file",
            span,
            help="remove the character; lines end with a line feed alone or after a carriage return",
        )
        for match, span in _places(file, text, _UNREADABLE)
    ]
    markers = [
        Diagnostic(
            "MLSJ-S010",
            f"merge conflict marker '{match.group()}'",
            span,
            help="resolve the conflict, keep one side and delete the marker lines",
        )
        for match, span in _places(file, text, _CONFLICT)
    ]
    return text, bad + markers


def _places(file: str, text: str, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], Span]]:
    """Yield the first matches with their places; lines are counted from one match to the next."""
    line, counted = 1, 0
    for match in islice(pattern.finditer(text), _SHOWN):
        at = match.start()
        line, counted = line + text.count("\n", counted, at), at
        yield match, Span(file, line, at - text.rfind("\n", 0, at))


def _place(file: str, text: str, at: int) -> Span:
    return Span(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def syntax_error(file: str, text: str, error: yaml.MarkedYAMLError) -> Diagnostic:
    """Turn libyaml's error into ours; its context mark is where the broken construct began."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.count("\n") + 1
    span = Span(file, min(line, lines), column)
    related: tuple[Related, ...] = ()
    if error.context_mark and error.context and error.context_mark.line != line - 1:
        began = Span(file, error.context_mark.line + 1, error.context_mark.column + 1)
        related = (Related(began, str(error.context)),)
    problem = str(error.problem or error.context or "not valid YAML")
    return Diagnostic("MLSJ-S002", problem, span, help=_remedy(text, span, problem), related=related)


# What libyaml says, and what most often lies behind it.
_REMEDIES = {
    "mapping values are not allowed": "put quotes around a text that contains ': ', or mend the indentation",
    "could not find expected ':'": "a key needs ': ' behind it; check the indentation of a text over several lines",
    "did not find expected key": "check the indentation: the keys of one mapping stand in one column",
    "block sequence entries are not allowed": "put the '-' items on lines of their own, below the key",
    "cannot start any token": "put quotes around a text that begins with a special character",
    "unexpected end of stream": "close the quotes",
    "did not find expected ',' or": "close the bracket or brace, and put commas between its items",
    "unknown escape character": "write '\\\\' for a backslash, or use single quotes",
}


def _remedy(text: str, span: Span, problem: str) -> str:
    line = text.split("\n")[span.line - 1]
    if "tab character" in problem or "\t" in line[: span.column]:
        return "indent with spaces: YAML does not allow tabs"
    found = (remedy for said, remedy in _REMEDIES.items() if said in problem)
    return next(found, "check indentation and quotes here")
