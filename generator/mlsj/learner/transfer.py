"""Progress as a document that another clone of the course can merge: records of judgings, and journals.

What is imported is written by whoever made the file. It is validated by its types, names no path, and only adds records
beside those that are here. A record of other files than the ones here is stale, so a document proves nothing about
them: progress is a learner's own record, not a certificate.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mlsj import __version__
from mlsj.learner import journal
from mlsj.learner.journal import Journal
from mlsj.learner.progress import EVIDENCE, decisive, order, own
from mlsj.learner.words import printable
from mlsj.spec.model import Id
from mlsj.verify import evidence, records
from mlsj.verify.evidence import Evidence

FORMAT: Literal[1] = 1
MAX_BYTES = 64 * 1024 * 1024
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
# Clocks differ; a record from further in the future would hide every later judging.
_AHEAD = timedelta(days=1)


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is known of one lesson."""

    records: Annotated[
        tuple[Evidence, ...],
        Meta(description="Judgings of the learner's own work, oldest first, as evidence.schema.json says."),
    ] = ()
    journal: Annotated[Journal, Meta(description="Hints taken and solutions revealed.")] = Journal()


class Export(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Progress in a course."""

    kind: Annotated[Literal["mlsj progress"], Meta(description="What this document is.")]
    format: Annotated[Literal[1], Meta(description="Version of this format.")]
    course: Annotated[Id, Meta(description="Id of the course.")]
    mlsj: Annotated[str, Meta(description="Version of mlsj that wrote it.")]
    lessons: Annotated[dict[Id, Told], Meta(description="What is known, by the lesson's id.")]


class Refused(msgspec.Struct, frozen=True):
    """Why a document is not imported, and what to do."""

    reason: str
    help: str = ""


class Merged(msgspec.Struct, frozen=True):
    """What an import did. `unknown` are lessons the course does not have; their records are kept all the same."""

    lessons: tuple[str, ...]
    added: int
    already: int
    journals: int
    unknown: tuple[str, ...]


def collect(root: Path, course: str) -> Export:
    """Return what another clone needs: of each lesson the record that decides, the newest pass, and the journal."""
    folder = root / EVIDENCE
    ids = sorted(each.name for each in folder.iterdir() if each.is_dir()) if folder.is_dir() else []
    told = {}
    for lesson_id in ids:
        if not _fits(lesson_id, Id):
            continue
        kept = needed(own(root, lesson_id))
        seen = journal.read(root, lesson_id)
        if kept or seen != Journal():
            told[lesson_id] = Told(kept, seen)
    return Export("mlsj progress", FORMAT, course, __version__, told)


def encoded(document: Export) -> bytes:
    """Return the document as indented JSON with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def needed(found: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Return the record that decides and the newest pass, oldest first; both may be the same."""
    told = list(found)
    last = decisive(told)
    passed = decisive([each for each in told if each.stable.state.value.startswith("passed")])
    chosen = {order(each): each for each in (passed, last) if each is not None}
    return tuple(chosen[key] for key in sorted(chosen))


def parse(data: bytes, course: str) -> Export | Refused:
    """Return the document in `data`, or why it is refused. Nothing of it is trusted."""
    if len(data) > MAX_BYTES:
        return Refused(f"it is larger than {MAX_BYTES // 2**20} MiB")
    try:
        top: Any = msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return Refused("it is not JSON", "make it with 'mlsj status --export FILE'")
    if not isinstance(top, dict) or top.get("kind") != "mlsj progress":
        return Refused("it is not an export of progress", "make it with 'mlsj status --export FILE'")
    told = top.get("format")
    if isinstance(told, int) and told > FORMAT:
        return Refused(f"it is of format {told}, and this mlsj reads {FORMAT}", "update mlsj here")
    try:
        document = msgspec.json.decode(data, type=Export)
    except msgspec.ValidationError as error:
        return Refused(f"it is not as docs/formats/progress.schema.json says: {printable(str(error))}")
    if document.course != course:
        return Refused(f"it is progress in the course '{document.course}', and this one is '{course}'")
    for lesson_id, known in document.lessons.items():
        for record in known.records:
            if problem := _problem(lesson_id, record):
                return Refused(f"a record of lesson {lesson_id} {problem}")
    return document


def merge(root: Path, document: Export, known: Iterable[str]) -> Merged:
    """Add what `document` says and is not known here; nothing that is here changes. Raises OSError.

    Each record is written whole or not at all and the same import can be repeated, so an interrupted one is harmless.
    """
    added = already = journals = 0
    touched = []
    for lesson_id, told in document.lessons.items():
        here = {order(each) for each in records.all_of(root, lesson_id)}
        new = [each for each in told.records if order(each) not in here]
        for record in new:
            _write(root, lesson_id, record)
        news = told.journal != Journal() and journal.merge(root, lesson_id, told.journal)
        added, already, journals = added + len(new), already + len(told.records) - len(new), journals + news
        if new or news:
            touched.append(lesson_id)
    ours = set(known)
    return Merged(tuple(touched), added, already, journals, tuple(sorted(set(document.lessons) - ours)))


def _problem(lesson_id: str, record: Evidence) -> str:
    """Say what is wrong with a record beyond its types; "" for nothing."""
    if record.stable.lesson != lesson_id:
        return f"is of another lesson, '{printable(record.stable.lesson)}'"
    if record.subject != evidence.WORK:
        return "does not judge a learner's own work"
    try:
        if not _TIME.fullmatch(record.time):
            raise ValueError
        time = datetime.fromisoformat(record.time)
    except ValueError:
        return f"has a time that is none: '{printable(record.time)}'"
    if time > datetime.now(UTC) + _AHEAD:
        return f"is from the future ({record.time}): set the clock right, here or where it was made"
    return ""


def _write(root: Path, lesson_id: str, record: Evidence) -> None:
    """Write the record where progress looks. Its name comes from its time, which is checked, and its bytes."""
    data = evidence.encoded(record)
    folder = root / EVIDENCE / lesson_id
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{record.time.replace(':', '').replace('.', '')}-{hashlib.sha256(data).hexdigest()[:12]}.json"
    part = folder / f".{name}.{os.getpid()}.part"  # the same import may run twice
    part.write_bytes(data)
    part.replace(folder / name)


def _fits(value: str, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def schema_text() -> str:
    """Return the text of `docs/formats/progress.schema.json`, rendered from these types.

    Records have a schema of their own, beside it.
    """
    (root,), components = msgspec.json.schema_components((Export,), ref_template="#/$defs/{name}")
    components = {kind.__name__: components[kind.__name__] for kind in (Export, Told, Journal, journal.Hint)}
    components["Told"]["properties"]["records"]["items"] = {"$ref": "evidence.schema.json"}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Progress in a course, as `mlsj status --export` writes it and `--import` reads it",
        **root,
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
