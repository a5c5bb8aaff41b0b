"""What must change on the disk: a pure comparison of the compiled files, the manifest and what was found.

Nothing here touches the disk. Bytes are the compiler's own when the manifest (or the note that a killed run left) says
so, or when they are what it would write anyway; all other bytes are somebody's work, and no plan loses them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Literal

import msgspec

from mlsj.project.manifest import Entry, Manifest
from mlsj.project.obstacles import in_the_way, quoted
from mlsj.project.walk import Found, Zone
from mlsj.spec.diagnostics import Diagnostic, Severity, Span
from mlsj.spec.files import File
from mlsj.spec.ownership import CACHE, MANIFEST, OWNED, PENDING, bears_header, in_zone, plain

# create, update: the compiler's bytes are not there yet. edited: bytes that the compiler never wrote stand where it
# writes. mode: only the executable bit is wrong. delete: no longer compiled, bytes still ours. keep: no longer
# compiled, but edited. orphan: bears our header, but neither the manifest nor this compile knows it.
Kind = Literal["create", "update", "edited", "mode", "unchanged", "delete", "keep", "orphan"]
WRITES: tuple[Kind, ...] = ("create", "update", "edited")


class Change(msgspec.Struct, frozen=True):
    """What becomes of one path: `old` and `new` are SHA-256s of what stands there and of what shall, "" for nothing."""

    path: str
    kind: Kind
    old: str = ""
    new: str = ""
    file: File | None = None
    origin: str = ""
    in_the_way: bool = False
    """A deletion that must come first, since a folder replaces this file or a file its folder."""


class Plan(msgspec.Struct, frozen=True):
    """All changes, sorted by path, the manifest that is true afterwards, and what forbids or accompanies them."""

    changes: tuple[Change, ...]
    manifest: Manifest
    manifest_bytes: bytes
    manifest_differs: bool
    leftovers: tuple[str, ...] = ()
    vacated: tuple[str, ...] = ()
    """Paths that are left for good, now or by a run that was cut off: their folders may have become empty."""
    pending: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    """What `Known.pending` is afterwards: the part that a run for some paths says nothing about."""
    was_pending: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    def of(self, *kinds: Kind) -> tuple[Change, ...]:
        """Return the changes of these kinds."""
        return tuple(change for change in self.changes if change.kind in kinds)

    @property
    def settled(self) -> bool:
        """Whether nothing is to be done and nothing to be said."""
        quiet = all(change.kind == "unchanged" for change in self.changes)
        return quiet and not (self.manifest_differs or self.leftovers or self.was_pending or self.diagnostics)


class Known(msgspec.Struct, frozen=True):
    """What the compiler wrote before: the manifest, and its bytes if there is one.

    `pending` is by path the SHA-256s of what runs that were cut off were about to write.
    """

    manifest: Manifest = msgspec.field(default_factory=Manifest)
    raw: bytes | None = None
    pending: Mapping[str, frozenset[str]] = msgspec.field(default_factory=dict)

    def paths(self) -> set[str]:
        """Every path that the compiler claims to have written."""
        return {*self.manifest.files, *self.pending}

    def wrote(self, path: str, digest: str) -> bool:
        """Tell whether the compiler gave `path` the bytes of this SHA-256."""
        entry = self.manifest.files.get(path)
        return (entry is not None and entry.sha256 == digest) or digest in self.pending.get(path, ())


def plan(files: Mapping[str, File], known: Known, zone: Zone, only: Collection[str] = ()) -> Plan:
    """Compare and return what to do; with `only` (glob patterns, `*` also matches `/`), just for the paths they match.

    Raises ValueError when a compiled file lies outside the compiler's zone, which is a bug of its emitter.
    """
    for path, file in files.items():
        if path != file.path or not plain(path) or not in_zone(path):
            raise ValueError(f"emitter {file.emitter} claims {path!r}, which is outside the compiler's zone")
    inside = (path for path in zone.found if in_zone(path))
    chosen = {path for path in {*files, *known.paths(), *inside} if matches(path, only)}
    changes = [_compiled(files[path], known, zone.found.get(path)) for path in sorted(chosen & files.keys())]
    gone = sorted(chosen - files.keys())
    changes += [change for path in gone if (change := _no_longer_compiled(path, known, zone.found.get(path)))]
    changes, blocked = _clear_the_way(changes, zone.found)
    manifest = _manifest_after(changes, known.manifest, chosen)
    encoded = manifest.encode()
    kept = {change.path for change in changes if change.kind == "keep"}
    return Plan(
        changes=tuple(sorted(changes, key=lambda change: change.path)),
        manifest=manifest,
        manifest_bytes=encoded,
        manifest_differs=encoded != known.raw,
        leftovers=zone.leftovers,
        vacated=tuple(path for path in gone if path in known.paths() and path not in kept),
        pending={path: digests for path, digests in known.pending.items() if path not in chosen},
        was_pending=known.pending,
        diagnostics=tuple(blocked),
    )


def afterwards(seen: Zone, carried_out: Plan) -> Zone:
    """Return the zone as it is once the plan is carried out, without folders."""
    found = {path: here for path, here in seen.found.items() if here.kind != "folder" and path != PENDING}
    for change in carried_out.changes:
        if change.file is not None:
            found[change.path] = Found("file", change.new, change.file.executable, bears_header(change.file.data))
        elif change.kind == "delete":
            del found[change.path]
    found[MANIFEST] = Found("file", sha256(carried_out.manifest_bytes).hexdigest())
    return Zone(found)


def matches(path: str, only: Collection[str]) -> bool:
    """Tell whether a path is one of those asked for; no patterns ask for all."""
    return not only or any(fnmatchcase(path, pattern) for pattern in only)


def _compiled(file: File, known: Known, found: Found | None) -> Change:
    old = found.sha256 if found and found.kind == "file" else ""
    new = sha256(file.data).hexdigest()
    if not old or found is None:
        kind: Kind = "create"
    elif old == new:
        kind = "unchanged" if found.executable == file.executable else "mode"
    else:
        kind = "update" if known.wrote(file.path, old) else "edited"
    return Change(file.path, kind, old, new, file, file.origin)


def _no_longer_compiled(path: str, known: Known, found: Found | None) -> Change | None:
    if found is None or found.kind != "file":
        return None
    if path not in known.paths():
        return Change(path, "orphan", found.sha256) if found.bears_header else None
    entry = known.manifest.files.get(path)
    # A manifest that anybody can write is not enough to delete from folders that authors share with the compiler.
    may = found.bears_header or path.split("/")[0] in OWNED
    ours = may and known.wrote(path, found.sha256)
    return Change(path, "delete" if ours else "keep", found.sha256, origin=entry.origin if entry else "")


def _clear_the_way(changes: list[Change], found: Mapping[str, Found]) -> tuple[list[Change], list[Diagnostic]]:
    """Mark deletions that make room, and return an error for everything else that stands where a file must go."""
    deleted = {change.path for change in changes if change.kind == "delete"}
    moved: set[str] = set()
    diagnostics = {}
    for path in (MANIFEST, f"{CACHE}/stamp.json", *(change.path for change in changes if change.file is not None)):
        parts = path.split("/")
        for place in ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1)):
            here = found.get(place)
            if here is None or here.kind == ("file" if place == path else "folder"):
                continue
            below = [p for p, f in found.items() if p.startswith(f"{place}/") and f.kind != "folder"]
            if place in deleted or (here.kind == "folder" and deleted.issuperset(below)):
                moved.update({place, *below} & deleted)
            else:
                keeps = next((p for p in below if p not in deleted), place)
                diagnostics[place] = in_the_way(path, place, here.kind, keeps)
            break
    first = [msgspec.structs.replace(c, in_the_way=True) if c.path in moved else c for c in changes]
    return first, list(diagnostics.values())


def _manifest_after(changes: Iterable[Change], before: Manifest, chosen: Collection[str]) -> Manifest:
    after = {path: entry for path, entry in before.files.items() if path not in chosen}
    for change in changes:
        if change.file is not None:
            mode = "755" if change.file.executable else "644"
            after[change.path] = Entry(change.new, mode, change.file.origin)
        elif change.kind == "keep" and change.path in before.files:
            after[change.path] = before.files[change.path]
    return Manifest(after)


def remarks(compared: Plan) -> list[Diagnostic]:
    """Return the warnings that go with carrying out a plan: kept and orphaned files."""
    found = [
        Diagnostic(
            "MLSJ-O003",
            f"{change.path} is no longer generated, but was edited by hand: it is kept",
            Span(change.path),
            help=f"move it out of the compiler's zone, or delete it: rm {quoted(change.path)}",
            severity=Severity.WARNING,
        )
        for change in compared.of("keep")
    ]
    found += [
        Diagnostic(
            "MLSJ-O004",
            f"{change.path} says it was generated, but {MANIFEST} does not list it: it is kept",
            Span(change.path),
            help=f"if it is a left-over, delete it: rm {quoted(change.path)}",
            severity=Severity.WARNING,
        )
        for change in compared.of("orphan")
    ]
    return found
