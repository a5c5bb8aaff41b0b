"""What a compile did, would do, or found different, in a few lines for people and as plain data for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mlsj.project.diff import CLASSES, Drift, counts
from mlsj.project.plan import Kind, Plan
from mlsj.project.stamp import nothing_to_do
from mlsj.spec.diagnostics import Diagnostic, Severity, Span
from mlsj.spec.ownership import MANIFEST

SHOWN = 10
# What people are told about each kind of change; an edited file is updated, and a warning says where it was saved.
_WORDS: dict[Kind, str] = {
    "create": "created",
    "update": "updated",
    "edited": "updated",
    "mode": "updated",
    "delete": "deleted",
    "keep": "kept",
    "orphan": "kept",
    "unchanged": "unchanged",
}
WORDS = ("created", "updated", "deleted", "kept", "unchanged")


def tally(plan: Plan) -> dict[str, int]:
    """Return how many files each word of `WORDS` is about."""
    found = dict.fromkeys(WORDS, 0)
    for change in plan.changes:
        found[_WORDS[change.kind]] += 1
    return found


def compiled(plan: Plan) -> int:
    """Return how many files the compile made."""
    return sum(change.file is not None for change in plan.changes)


def text(plan: Plan, *, would: bool = False) -> str:
    """Return what carrying out the plan did, or with `would` what it would do: the counts, then some of the names."""
    changed = plan.of("create", "update", "edited", "mode", "delete")
    if not changed:
        line = nothing_to_do(compiled(plan))
        return f"{line}\n  {'would write' if would else 'wrote'}  {MANIFEST}" if plan.manifest_differs else line
    found = tally(plan)
    if found["created"] == len(plan.changes):
        verb = "Would create" if would else "Created"
        return f"{verb} {_files(found['created'])} in {_places([change.path for change in changed])}."
    said = [f"{_verb(word, would)} {found[word]}" for word in WORDS[:-1] if found[word]]
    line = f"{'would ' if would else ''}{', '.join(said)}; {found['unchanged']} unchanged."
    lines = [line[:1].upper() + line[1:]]
    lines += [f"  {_verb(_WORDS[change.kind], would)}  {change.path}" for change in changed[:SHOWN]]
    if len(changed) > SHOWN:
        lines.append(f"  … and {len(changed) - SHOWN} more")
    return "\n".join(lines)


def _verb(word: str, would: bool) -> str:
    return {"kept": "keep"}.get(word, word.removesuffix("d")) if would else word


def _files(number: int) -> str:
    return f"{number} {'file' if number == 1 else 'files'}"


def drifted(found: list[Drift]) -> str:
    """Return the line that counts drifts, with the command that mends most of them if it mends any."""
    said = ", ".join(f"{number} {name}" for name, number in counts(found).items() if number)
    noun = "file is" if len(found) == 1 else "files are"
    mend = " Run 'mlsj generate', and commit what it changes." if any(d.mended_by_generate for d in found) else ""
    return f"{len(found)} {noun} not what the spec compiles to: {said}.{mend}"


def shown(found: list[Drift]) -> tuple[list[Drift], int]:
    """Return the drifts worth naming one by one, at most `SHOWN` of each class, and how many more there are."""
    some = [drift for name in CLASSES for drift in [d for d in found if d.kind == name][:SHOWN]]
    return some, len(found) - len(some)


def overwritten(saved: Mapping[str, str]) -> list[Diagnostic]:
    """Return a warning for every file whose hand-made edits were saved and overwritten."""
    return [
        Diagnostic(
            "MLSJ-O003",
            f"{path} was edited by hand and is overwritten; the edited version is {copy}",
            Span(path),
            help="make the change where the file comes from",
            severity=Severity.WARNING,
        )
        for path, copy in sorted(saved.items())
    ]


def data(
    outcome: str,
    plan: Plan | None,
    diagnostics: Sequence[Any],
    *,
    saved: Mapping[str, str] | None = None,
    drifts: Sequence[Drift] = (),
    diffs: bool = False,
) -> dict[str, Any]:
    """Return the document of `--format json`; `diagnostics` are already plain data."""
    by_path = {drift.path: drift for drift in drifts}
    files = []
    for change in plan.changes if plan else ():
        if change.kind == "unchanged":
            continue
        entry: dict[str, Any] = {"path": change.path, "change": change.kind, "origin": change.origin}
        if change.file:
            entry["emitter"] = change.file.emitter
        if saved and change.path in saved:
            entry["saved"] = saved[change.path]
        drift = by_path.get(change.path)
        if drift:
            entry["drift"] = drift.kind
            if diffs:
                entry["diff"] = drift.diff
        files.append(entry)
    manifest = "differs" if plan and plan.manifest_differs else "unchanged"
    summary = tally(plan) if plan else dict.fromkeys(WORDS, 0)
    return {
        "format": 1,
        "outcome": outcome,
        "summary": summary,
        "manifest": manifest,
        "files": files,
        "diagnostics": list(diagnostics),
    }


def _places(paths: Sequence[str]) -> str:
    tops = sorted({path.split("/")[0] + ("/" if "/" in path else "") for path in paths})
    return tops[0] if len(tops) == 1 else f"{', '.join(tops[:-1])} and {tops[-1]}"
