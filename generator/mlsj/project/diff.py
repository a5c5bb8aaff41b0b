"""Differences between the disk and a compile, as unified diffs and as diagnostics in the file that differs.

A drift is one of four: changed (the spec says otherwise now), missing, stale (no longer generated), hand-edited.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping

import msgspec

from mlsj.project.obstacles import quoted
from mlsj.project.plan import Change, Plan
from mlsj.spec.diagnostics import Diagnostic, Span
from mlsj.spec.ownership import MANIFEST, REPLACED

MAX_DIFF_BYTES = 1024 * 1024
# Returns the bytes that stand at a path, None when nothing does.
Reader = Callable[[str], bytes | None]

GENERATE = "mlsj generate"
# kind of change: class, code, message, help
_DRIFTS = {
    "create": ("missing", "MLSJ-O008", "{path} is missing", "run '{generate}' and commit it"),
    "update": ("changed", "MLSJ-O007", "{path} is not what {place} compiles to", "run '{generate}' and commit it"),
    "mode": ("changed", "MLSJ-O007", "{path} {mode}", "run '{generate}' and commit it"),
    "delete": (
        "stale",
        "MLSJ-O009",
        "{path} is no longer generated",
        "run '{generate}', which deletes it, and commit that",
    ),
    "orphan": (
        "stale",
        "MLSJ-O009",
        "{path} says it was generated, but nothing generates it and {manifest} does not list it",
        "delete it: rm {quoted}",
    ),
    "edited": (
        "hand-edited",
        "MLSJ-O003",
        "{path} was edited by hand",
        "make the change where the file comes from, then run '{generate}', which saves this version under {replaced}/",
    ),
    "keep": (
        "hand-edited",
        "MLSJ-O003",
        "{path} is no longer generated, but was edited by hand",
        "move it out of the compiler's zone, or delete it: rm {quoted}",
    ),
}
CLASSES = ("changed", "missing", "stale", "hand-edited")


class Drift(msgspec.Struct, frozen=True):
    """A file that is not as the spec says: which of `CLASSES`, the error in it, and its unified diff ("" for none)."""

    path: str
    kind: str
    diagnostic: Diagnostic
    diff: str
    mended_by_generate: bool


def drifts(plan: Plan, read: Reader) -> list[Drift]:
    """Return every drift, sorted by path; the manifest is one if nothing else explains it. Raises as `read` does."""
    found = [_drift(change, read) for change in plan.changes if change.kind in _DRIFTS]
    if plan.manifest_differs and not found:
        old = read(MANIFEST)
        kind = "update" if old is not None else "create"
        found.append(_drifted(kind, MANIFEST, "", old, plan.manifest_bytes))
    return sorted(found, key=lambda drift: drift.path)


def _drift(change: Change, read: Reader) -> Drift:
    old = None if change.kind == "create" else read(change.path)
    new = change.file.data if change.file else None
    mode = "should be executable" if change.file and change.file.executable else "should not be executable"
    return _drifted(change.kind, change.path, change.origin, old, new, mode)


def _drifted(kind: str, path: str, origin: str, old: bytes | None, new: bytes | None, mode: str = "") -> Drift:
    name, code, message, remedy = _DRIFTS[kind]
    words = {
        "place": origin or "the spec",
        "path": path,
        "generate": GENERATE,
        "quoted": quoted(path),
        "manifest": MANIFEST,
        "replaced": REPLACED,
        "mode": mode,
    }
    line, column = first_difference(old or b"", new or b"") if kind in ("update", "edited") else (1, 1)
    diagnostic = Diagnostic(code, message.format(**words), Span(path, line, column), help=remedy.format(**words))
    return Drift(path, name, diagnostic, unified(path, old, new), kind not in ("keep", "orphan"))


def first_difference(old: bytes, new: bytes) -> tuple[int, int]:
    """Return line and column, from 1, where `old` first differs from `new`, or where it ends."""
    same = _common(old, new)
    before = old[:same].decode("utf-8", "ignore")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    if same == len(old) and before.endswith("\n"):  # the end of the last line is a place that can be shown
        last = before[:-1].rpartition("\n")[2]
        return line - 1, len(last) + 1
    return line, column


def _common(one: bytes, other: bytes) -> int:
    """Return the length of the common prefix, found by halving: comparing slices is what Python does fast."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def unified(path: str, old: bytes | None, new: bytes | None) -> str:
    """Return the unified diff from the disk to the compile, "" for none; binary files are only named."""
    if old == new:
        return ""
    if max(len(old or b""), len(new or b"")) > MAX_DIFF_BYTES:
        return f"Files a/{path} and b/{path} differ (too large to show)\n"
    try:
        before, after = _lines(old), _lines(new)
    except UnicodeDecodeError:
        return f"Binary files a/{path} and b/{path} differ\n"
    names = f"a/{path}" if old is not None else "/dev/null", f"b/{path}" if new is not None else "/dev/null"
    return "".join(_ended(difflib.unified_diff(before, after, *names)))


def _lines(data: bytes | None) -> list[str]:
    text = (data or b"").decode("utf-8")
    if "\0" in text:
        raise UnicodeDecodeError("utf-8", data or b"", 0, 1, "a binary file")
    # splitlines() would also break at characters that are no line ends to anybody else.
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines


def _ended(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def counts(found: list[Drift]) -> Mapping[str, int]:
    """Return how many drifts there are of each class, classes in their fixed order, none left out."""
    return {name: sum(drift.kind == name for drift in found) for name in CLASSES}
