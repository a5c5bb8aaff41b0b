"""Carrying out a plan: each file replaced atomically, other people's bytes saved first, the manifest last.

A run may be killed at any moment. Before the first change it notes what it is about to write, so that the next run
knows those bytes for the compiler's own; a temporary file has a name that every later run recognises and removes.
Errors of the disk are raised as OSError with the path; no file is ever half-written.
"""

# Plain os calls: pathlib would cost a run that has nothing to do some milliseconds.
# ruff: noqa: PTH118, PTH123

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from hashlib import sha256

from mlsj.project import manifest, pending
from mlsj.project.atomic import linked_on_the_way, naming, prune, put, unlink
from mlsj.project.plan import WRITES, Change, Known, Plan
from mlsj.project.walk import Zone, zone
from mlsj.spec.diagnostics import Diagnostic, has_errors
from mlsj.spec.ownership import BESIDES, MANIFEST, REPLACED


def known(root: str) -> tuple[Known, Diagnostic | None]:
    """Return what earlier runs wrote in the course at `root`, and a warning when the manifest is refused."""
    listed, raw, warning = manifest.read(root)
    return Known(listed, raw, pending.read(root)), warning


def look(root: str, compiled: Iterable[str], earlier: Known) -> Zone:
    """Return the zone as it is on the disk, with every place that a plan for the `compiled` paths asks about."""
    return zone(root, (*compiled, *earlier.paths(), *BESIDES))


def apply(root: str, plan: Plan) -> dict[str, str]:
    """Carry out `plan` in the course at `root`; return where bytes that were not the compiler's were saved, by path.

    Raises OSError with its path when the disk refuses, BlockedError when something has come in the way since the plan
    was made, ValueError for a plan with errors. Whatever was done until then stays; running again completes it.
    """
    if has_errors(plan.diagnostics):
        raise ValueError("a plan with errors is not carried out")
    saved: dict[str, str] = {}
    for path in plan.leftovers:
        unlink(root, path)
    touched = plan.of(*WRITES, "mode", "delete")
    if touched:
        pending.note(root, pending.united(plan.was_pending, plan.of(*WRITES)))
    for change in plan.of("delete"):
        if change.in_the_way:
            _delete(root, change, saved)
    for change in touched:
        if change.kind in WRITES:
            _write(root, change, saved)
        elif change.kind == "mode":
            _set_mode(root, change)
    for change in _deletable(root, plan):
        _delete(root, change, saved)
    for path in plan.vacated:
        prune(root, path)
    if plan.manifest_differs:
        put(root, MANIFEST, plan.manifest_bytes)
    if touched or plan.was_pending:
        pending.note(root, plan.pending)
    return saved


def _write(root: str, change: Change, saved: dict[str, str]) -> None:
    assert change.file is not None  # noqa: S101 - the plan gives every write its file
    _save(root, change, saved)
    put(root, change.path, change.file.data, executable=change.file.executable)


def _save(root: str, change: Change, saved: dict[str, str]) -> None:
    """Save what stands at the path unless it is the compiler's own; the plan may be some moments old."""
    full = os.path.join(root, change.path)
    if change.kind == "create" and not os.path.lexists(full):
        return
    with naming(full):
        try:
            descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return
        info = os.fstat(descriptor)
        if not stat.S_ISREG(info.st_mode):
            os.close(descriptor)
            return  # a folder: put() replaces an empty one and refuses any other
        with open(descriptor, "rb") as file:
            data = file.read()
    digest = sha256(data).hexdigest()
    if digest == change.new or (digest == change.old and change.kind != "edited"):
        return
    folder, _, name = change.path.rpartition("/")
    short = name.encode()[:200].decode("utf-8", "ignore")
    copy = f"{REPLACED}/{folder}/{short}.{digest[:12]}" if folder else f"{REPLACED}/{short}.{digest[:12]}"
    put(root, copy, data, executable=bool(info.st_mode & stat.S_IXUSR))
    saved[change.path] = copy


def _set_mode(root: str, change: Change) -> None:
    assert change.file is not None  # noqa: S101 - the plan gives every change of mode its file
    full = os.path.join(root, change.path)
    with naming(full):
        descriptor = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fchmod(descriptor, 0o755 if change.file.executable else 0o644)
        finally:
            os.close(descriptor)


def _deletable(root: str, plan: Plan) -> Iterator[Change]:
    """Yield the deletions still to do; where names differ in case alone, some file systems hold one file for both."""
    compiled = {change.path.casefold(): change.path for change in plan.changes if change.file is not None}
    for change in plan.of("delete"):
        twin = compiled.get(change.path.casefold())
        same = twin is not None and _same_file(os.path.join(root, change.path), os.path.join(root, twin))
        if not change.in_the_way and not same:
            yield change


def _same_file(one: str, other: str) -> bool:
    try:
        return os.path.samestat(os.lstat(one), os.lstat(other))
    except FileNotFoundError:
        return False


def _delete(root: str, change: Change, saved: dict[str, str]) -> None:
    if linked_on_the_way(root, change.path):
        return
    _save(root, change, saved)
    unlink(root, change.path)
    prune(root, change.path)
