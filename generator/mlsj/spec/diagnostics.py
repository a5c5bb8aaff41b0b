"""What is wrong with a spec, where, and how to mend it: one value type, printed elsewhere.

Every problem found in a run is a `Diagnostic`; nothing in the core raises for bad input. The catalogue of codes lives
in `mlsj.spec.codes`; the printers (text, json, github, sarif) in `mlsj.spec.printers`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

FLOOD = 200
"""Faults of one stage beyond which the rest is not looked at: nobody reads them, and hostile files have millions."""


class Severity(StrEnum):
    """How much a diagnostic weighs: any error fails the run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Span(msgspec.Struct, frozen=True, order=True):
    """A place in a text file. Lines and columns count from 1, columns in Unicode code points; `end_*` is exclusive."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 0
    end_column: int = 0


class Related(msgspec.Struct, frozen=True):
    """A second place that explains a diagnostic, such as "first defined here"."""

    span: Span
    message: str


class Diagnostic(msgspec.Struct, frozen=True):
    """One problem: a stable code, a message, a place, a remedy, and the places that explain it."""

    code: str
    message: str
    span: Span
    help: str = ""
    related: tuple[Related, ...] = ()
    severity: Severity = Severity.ERROR


def ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sort by position, then code and message, and drop exact repeats."""
    return sorted(dict.fromkeys(diagnostics), key=lambda d: (d.span, d.code, d.message))


def flooded(span: Span) -> Diagnostic:
    """Say that the search was given up at `span`."""
    message = f"more than {FLOOD} faults up to here; the rest is not shown"
    return Diagnostic("MLSJ-S024", message, span, help="mend these first")


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether any diagnostic fails the run."""
    return any(d.severity is Severity.ERROR for d in diagnostics)
