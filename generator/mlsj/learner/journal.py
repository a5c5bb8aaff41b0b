"""What a learner was shown of a lesson besides verdicts: hints taken and solutions revealed.

It lies beside the lesson's evidence, in `.mlsj/evidence/<lesson>/journal.json`. Journals of two clones merge to what
either of them saw (`docs/formats/progress.schema.json`).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mlsj.learner.alone import alone

FILE = "journal.json"

Time = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$(?!\n)",
        description="When, in UTC, ISO 8601 with milliseconds.",
    ),
]


class Hint(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """A hint that was taken."""

    number: Annotated[int, Meta(ge=1, le=1000, description="Which hint of the lesson, from 1.")]
    time: Time


class Journal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was shown of one lesson."""

    format: Annotated[Literal[1], Meta(description="Version of this format.")] = 1
    hints: Annotated[tuple[Hint, ...], Meta(description="Hints taken, by number.")] = ()
    revealed: Annotated[
        tuple[Time, ...], Meta(description="When the solution was shown before a pass, earliest first.")
    ] = ()


def now() -> str:
    """Return the time in UTC, as evidence writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def path_of(root: Path, lesson_id: str) -> Path:
    """Return where the lesson's journal is kept."""
    return root / ".mlsj" / "evidence" / lesson_id / FILE


def read(root: Path, lesson_id: str) -> Journal:
    """Return the lesson's journal; an empty one where there is none or none that can be read."""
    try:
        return msgspec.json.decode(path_of(root, lesson_id).read_bytes(), type=Journal)
    except (OSError, ValueError):
        return Journal()


def take(root: Path, lesson_id: str, number: int) -> Journal:
    """Note that hint `number` and those before it were shown, and return the journal. Raises OSError."""
    return _change(root, lesson_id, lambda old: merged(old, Journal(hints=_up_to(number))))


def reveal(root: Path, lesson_id: str) -> Journal:
    """Note that the solution was shown before a pass, and return the journal. Raises OSError."""
    return _change(root, lesson_id, lambda old: merged(old, Journal(revealed=(now(),))))


def merge(root: Path, lesson_id: str, other: Journal) -> bool:
    """Add what another clone's journal says; returns whether that was news. Raises OSError."""
    if merged(read(root, lesson_id), other) == read(root, lesson_id):
        return False
    _change(root, lesson_id, lambda old: merged(old, other))
    return True


def merged(one: Journal, other: Journal) -> Journal:
    """Return what either saw. Each hint and time is kept once, a hint with the time when it was taken first."""
    hints: dict[int, Hint] = {}
    for hint in sorted((*one.hints, *other.hints)):
        hints.setdefault(hint.number, hint)
    return Journal(hints=tuple(hints.values()), revealed=tuple(sorted({*one.revealed, *other.revealed})))


def _up_to(number: int) -> tuple[Hint, ...]:
    time = now()
    return tuple(Hint(each, time) for each in range(1, number + 1))


def _change(root: Path, lesson_id: str, change: Callable[[Journal], Journal]) -> Journal:
    """Replace the journal at once or not at all, with no other command in between."""
    path = path_of(root, lesson_id)
    with alone(root):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not _whole(path):
            path.replace(path.with_name(f"{path.stem}.broken"))
        new = change(read(root, lesson_id))
        part = path.with_name(f".{FILE}.{os.getpid()}.part")
        try:
            part.write_bytes(msgspec.json.format(msgspec.json.encode(new), indent=2) + b"\n")
            part.replace(path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
    return new


def _whole(path: Path) -> bool:
    """Tell whether the file can be read as a journal; one that cannot is put aside, not written over."""
    try:
        msgspec.json.decode(path.read_bytes(), type=Journal)
    except (OSError, ValueError):
        return False
    return True
