"""Diagnostics as text for people, and as json, github annotations and sarif for programs.

`python -m mlsj.spec.printers` prints the JSON Schema of the json format: `docs/formats/diagnostics.schema.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mlsj import __version__
from mlsj.spec.diagnostics import Diagnostic, Severity, Span

FORMATS = ("text", "json", "github", "sarif")

# Longer source lines are cut to a window around the caret.
WIDTH = 120
TAB = "    "
_RESET = "\x1b[0m"
_COLORS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "dim": "\x1b[2m", "caret": "\x1b[1;36m"}


class Place(msgspec.Struct, frozen=True):
    """A place in a file. Lines and columns count from 1, columns in Unicode code points."""

    file: Annotated[str, Meta(description="Path relative to the course's root.")]
    line: Annotated[int, Meta(ge=1, description="Line, from 1.")]
    column: Annotated[int, Meta(ge=1, description="Column in code points, from 1.")]
    end_line: Annotated[int, Meta(ge=0, description="Line of the end; 0 where the end is not known.")]
    end_column: Annotated[int, Meta(ge=0, description="Column behind the end; 0 where it is not known.")]


class Note(msgspec.Struct, frozen=True):
    """Another place that explains a diagnostic."""

    message: Annotated[str, Meta(description="What is to be seen there.")]
    place: Annotated[Place, Meta(description="Where it is.")]


class Entry(msgspec.Struct, frozen=True):
    """One diagnostic."""

    code: Annotated[str, Meta(description="Stable code; 'mlsj explain CODE' says more.")]
    severity: Annotated[Literal["error", "warning"], Meta(description="An error fails the run, a warning does not.")]
    message: Annotated[str, Meta(description="What is wrong.")]
    place: Annotated[Place, Meta(description="Where it is wrong.")]
    help: Annotated[str, Meta(description="How to mend it; may be empty.")]
    related: Annotated[list[Note], Meta(description="Other places that explain it.")]


class Report(msgspec.Struct, frozen=True):
    """All diagnostics of a run, in the order of their places."""

    format: Annotated[Literal[1], Meta(description="Version of this format.")]
    errors: Annotated[int, Meta(ge=0, description="How many errors there are.")]
    warnings: Annotated[int, Meta(ge=0, description="How many warnings there are.")]
    diagnostics: Annotated[list[Entry], Meta(description="The diagnostics.")]


def render(diagnostics: Sequence[Diagnostic], fmt: str, texts: Mapping[str, str], *, color: bool = False) -> str:
    """Print `diagnostics` as `fmt`, one of `FORMATS`; `texts` are the files' texts, which only `text` shows."""
    if fmt == "json":
        return json.dumps(msgspec.to_builtins(_report(diagnostics)), indent=2, ensure_ascii=False) + "\n"
    if fmt == "github":
        return "".join(map(_annotation, diagnostics))
    if fmt == "sarif":
        return json.dumps(_sarif(diagnostics), indent=2, ensure_ascii=False) + "\n"
    return _text(diagnostics, texts, color)


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """Return `2 errors, 1 warning`."""
    errors, warnings = _counts(diagnostics)
    return f"{errors} error{'s' * (errors != 1)}, {warnings} warning{'s' * (warnings != 1)}"


def report_schema() -> str:
    """Return the text of `docs/formats/diagnostics.schema.json`."""
    (top,), definitions = msgspec.json.schema_components([Report], ref_template="#/$defs/{name}")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "mlsj validate --format json"}
    return json.dumps(head | top | {"$defs": definitions}, indent=2) + "\n"


def _counts(diagnostics: Sequence[Diagnostic]) -> tuple[int, int]:
    errors = sum(d.severity is Severity.ERROR for d in diagnostics)
    return errors, len(diagnostics) - errors


def _text(diagnostics: Sequence[Diagnostic], texts: Mapping[str, str], color: bool) -> str:
    if not diagnostics:
        return ""
    lines = _Lines(texts, color)
    blocks = ["".join(f"{line}\n" for line in lines.block(d)) for d in diagnostics]
    return "\n".join([*blocks, summary(diagnostics) + "\n"])


class _Lines:
    """Prints one diagnostic after the other; each file is split into lines once."""

    def __init__(self, texts: Mapping[str, str], color: bool) -> None:
        self.texts, self.color = texts, color
        self.split: dict[str, list[str]] = {}

    def block(self, found: Diagnostic) -> list[str]:
        severity = self.paint(found.severity.value, f"{found.severity.value}[{found.code}]")
        printed = [f"{_where(found.span)}: {severity}: {_one_line(found.message)}", *self.snippet(found.span)]
        if found.help:
            printed.append(f"  help: {_one_line(found.help)}")
        for related in found.related:
            printed.append(f"  note: {_where(related.span)}: {_one_line(related.message)}")
        return printed

    def snippet(self, span: Span) -> list[str]:
        """Return the source line and a caret line under it, or nothing where the file has no such line."""
        if span.file not in self.split:
            self.split[span.file] = self.texts.get(span.file, "").split("\n")
        lines = self.split[span.file]
        if not 0 < span.line <= len(lines) or not (line := lines[span.line - 1].rstrip("\r")).strip():
            return []
        start = min(span.column - 1, len(line))
        end = span.end_column - 1 if span.end_line == span.line else start + 1 if not span.end_line else len(line)
        shown, start, end = _window(line, start, max(min(end, len(line)), start + 1))
        before, marked = (_printable(part) for part in (shown[:start], shown[start:end]))
        gutter = str(span.line).rjust(5)
        caret = " " * len(before) + self.paint("caret", "^" * max(len(marked), 1))
        bar = self.paint("dim", "|")
        return [f"{gutter} {bar} {before}{marked}{_printable(shown[end:])}", f"{' ' * len(gutter)} {bar} {caret}"]

    def paint(self, color: str, text: str) -> str:
        return f"{_COLORS[color]}{text}{_RESET}" if self.color else text


def _where(span: Span) -> str:
    return f"{_one_line(span.file)}:{span.line}:{span.column}"


def _one_line(text: str) -> str:
    return _printable(" ".join(text.split("\n")))


def _printable(text: str) -> str:
    """Return `text` with tabs as spaces, and each character that a terminal would obey as a replacement sign."""
    text = text.replace("\t", TAB)
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """Return the part of a long `line` around its columns `start` to `end`, and these columns in that part."""
    if len(line) <= WIDTH:
        return line, start, end
    left = max(0, min(start - WIDTH // 4, len(line) - WIDTH))
    cut = line[left : left + WIDTH]
    start, end = start - left, min(end - left, len(cut))
    if left + WIDTH < len(line):
        cut += "…"
    if left:
        cut, start, end = "…" + cut, start + 1, end + 1
    return cut, start, end


def _place(span: Span) -> Place:
    return Place(span.file, span.line, span.column, span.end_line, span.end_column)


def _report(diagnostics: Sequence[Diagnostic]) -> Report:
    errors, warnings = _counts(diagnostics)
    entries = [
        Entry(
            code=d.code,
            severity=d.severity.value,
            message=d.message,
            place=_place(d.span),
            help=d.help,
            related=[Note(r.message, _place(r.span)) for r in d.related],
        )
        for d in diagnostics
    ]
    return Report(format=1, errors=errors, warnings=warnings, diagnostics=entries)


def _annotation(found: Diagnostic) -> str:
    """Return a workflow command of GitHub Actions.

    Escapes: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    """
    span = found.span
    properties = {"file": span.file, "line": span.line}
    if span.end_line and span.end_line >= span.line:
        properties["endLine"] = span.end_line
    properties["col"] = span.column
    if span.end_line == span.line:
        properties["endColumn"] = span.end_column
    properties["title"] = found.code
    said = ",".join(f"{name}={_escape(str(value), property_=True)}" for name, value in properties.items())
    message = "\n".join(
        [
            found.message,
            *([f"help: {found.help}"] if found.help else []),
            *(f"note: {_where(r.span)}: {r.message}" for r in found.related),
        ]
    )
    return f"::{found.severity.value} {said}::{_escape(message)}\n"


def _escape(text: str, *, property_: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_ else text


def _sarif(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html ."""
    from mlsj.spec.codes import catalogue

    codes = sorted({d.code for d in diagnostics})
    driver = {
        "name": "mlsj",
        "version": __version__,
        "rules": [_sarif_rule(code, catalogue().get(code)) for code in codes],
    }
    results = [
        {
            "ruleId": d.code,
            "ruleIndex": codes.index(d.code),
            "level": d.severity.value,
            "message": {"text": f"{d.message}\n{d.help}" if d.help else d.message},
            "locations": [_sarif_location(d.span)],
            "relatedLocations": [
                _sarif_location(r.span) | {"id": n, "message": {"text": r.message}} for n, r in enumerate(d.related)
            ],
        }
        for d in diagnostics
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
    return {"$schema": schema, "version": "2.1.0", "runs": [run]}


def _sarif_rule(code: str, known: Any) -> dict[str, Any]:
    if known is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.explanation},
        "help": {"text": known.mend, "markdown": known.mend},
    }


def _sarif_location(span: Span) -> dict[str, Any]:
    from urllib.parse import quote

    region = {"startLine": span.line, "startColumn": span.column}
    if span.end_line >= span.line:
        region |= {"endLine": span.end_line, "endColumn": span.end_column}
    return {"physicalLocation": {"artifactLocation": {"uri": quote(span.file)}, "region": region}}


if __name__ == "__main__":
    import sys

    sys.stdout.write(report_schema())
