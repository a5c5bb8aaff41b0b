"""The note of what a run is about to write, by which the next one knows the bytes of a run that was cut off for ours.

Without it, a run that is killed and followed by an edit of the spec would leave bytes that look edited by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from mlsj.project.atomic import put, unlink
from mlsj.project.manifest import RefusedError, read_raw
from mlsj.project.plan import Change
from mlsj.spec.ownership import PENDING, in_zone, plain


def united(before: Mapping[str, frozenset[str]], writes: Iterable[Change]) -> dict[str, frozenset[str]]:
    """Add what the changes will write to what earlier runs may have written."""
    united = dict(before)
    for change in writes:
        united[change.path] = united.get(change.path, frozenset()) | {change.new}
    return united


def note(root: str, pending: Mapping[str, frozenset[str]]) -> None:
    """Write the note down, or remove it when there is nothing to note."""
    if not pending:
        unlink(root, PENDING)
        return
    wrote = {path: sorted(digests) for path, digests in sorted(pending.items())}
    put(root, PENDING, (json.dumps({"format": 1, "wrote": wrote}, ensure_ascii=False) + "\n").encode())


def read(root: str) -> dict[str, frozenset[str]]:
    """Return what runs that were cut off may have written; a note that is not one of ours is no note."""
    try:
        raw = read_raw(root, PENDING)
        data = json.loads(raw or b"{}")
        wrote = data.get("wrote", {})
        pending = {path: frozenset(digests) for path, digests in wrote.items() if plain(path) and in_zone(path)}
        return pending if all(isinstance(d, str) for digests in pending.values() for d in digests) else {}
    except (RefusedError, ValueError, AttributeError, TypeError, RecursionError):
        return {}
