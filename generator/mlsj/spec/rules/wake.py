"""Follow-up noise: what a rule says about a lesson, environment or other entry whose shape is wrong already."""

from __future__ import annotations

from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.rules.subject import Subject
from mlsj.spec.source import Path

# Rules that do not ask `Subject.holed` themselves, by the letter of their codes: variants, locks and outputs.
_LAYERS = ("MLSJ-T", "MLSJ-O")


def in_the_wake(subject: Subject, found: Diagnostic) -> bool:
    """Tell whether `found` lies in an entry, or in the sources of a lesson, that has a stand-in."""
    if not subject.holes or not found.code.startswith(_LAYERS):
        return False
    return any(_covers(subject, path, found) for path in {_entry(hole) for hole in subject.holes})


def _entry(hole: Path) -> Path:
    """Return the lesson, or the entry of a top-level collection, that `hole` is in."""
    return hole[:4] if len(hole) > 3 and hole[0] == "modules" and hole[2] == "lessons" else hole[:2]


def _covers(subject: Subject, path: Path, found: Diagnostic) -> bool:
    whole = subject.source.extent(path)
    if found.span.file == whole.file:
        return whole.line <= found.span.line <= whole.end_line
    lesson = subject.raw(path)
    sources = lesson.get("sources") if isinstance(lesson, dict) else None
    return isinstance(sources, str) and found.span.file.startswith(sources.rstrip("/") + "/")
