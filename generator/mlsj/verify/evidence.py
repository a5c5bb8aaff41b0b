"""The record of one judging: what was judged, by what, and what was seen (`docs/formats/evidence.schema.json`).

The `stable` part is equal for equal files and seeds: ids, verdicts and digests, no times, no messages. Progress is
derived from these records, so only a learner's own work is kept where progress looks.
"""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mlsj import __version__
from mlsj.kinds.base import Measurement, Verdict
from mlsj.spec.files import Tree
from mlsj.spec.model import Lesson
from mlsj.verify.report import Command, Report, State

FOLDER = ".mlsj/evidence"
WORK = "work"


Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class Judged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A criterion and its verdict."""

    id: Annotated[str, Meta(description="Id of the criterion in its lesson.")]
    verdict: Annotated[Verdict, Meta(description="What was found out about it.")]
    core: Annotated[bool, Meta(description="Whether it is judged on every machine.")]


class Digests(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the verdicts depend on."""

    files: Annotated[dict[str, Sha256], Meta(description="SHA-256 of each file of the work directory, .git left out.")]
    note: Annotated[Sha256 | None, Meta(description="SHA-256 of the note; null where there is none.")]
    judge: Annotated[str, Meta(description="SHA-256 of the criteria, their kinds' code and the lesson's own judge.")]
    environment: Annotated[
        str | None, Meta(description="Digest of the lock and the Python version; null without an environment.")
    ]


class Stable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is equal for equal files and seeds."""

    lesson: Annotated[str, Meta(description="Id of the lesson.")]
    state: Annotated[State, Meta(description="What follows from the verdicts.")]
    criteria: Annotated[list[Judged], Meta(description="The criteria in the lesson's order.")]
    digests: Annotated[Digests, Meta(description="What the verdicts depend on.")]


class Found(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a learner is shown about a criterion, and how it was found."""

    id: Annotated[str, Meta(description="Id of the criterion.")]
    says: Annotated[str, Meta(description="What must hold.")]
    verdict: Annotated[Verdict, Meta(description="What was found out about it.")]
    message: Annotated[str, Meta(description="What was observed.")]
    expected: Annotated[str, Meta(description="For a fail: what was expected.")]
    got: Annotated[str, Meta(description="For a fail: what was there instead.")]
    where: Annotated[str, Meta(description="For a fail: which file or command.")]
    next_step: Annotated[str, Meta(description="For a fail: the one thing to do next.")]
    phase: Annotated[str, Meta(description="For an error: environment, build, services, run or judge.")]
    duration_s: Annotated[float, Meta(description="Seconds that judging it took.")]
    measurements: Annotated[list[Measurement], Meta(description="Measured quantities.")]
    commands: Annotated[list[Command], Meta(description="Programs that were run; durations in seconds.")]
    trace: Annotated[str, Meta(description="For an error: what the course's author needs to mend the judge.")]


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One judging of one lesson."""

    format: Annotated[Literal[1], Meta(description="Version of this format.")]
    stable: Annotated[Stable, Meta(description="What is equal for equal files and seeds.")]
    subject: Annotated[
        str, Meta(description="What was judged: work (the learner's own), dir, solution, stub or 'mistake ID'.")
    ]
    time: Annotated[str, Meta(description="When, in UTC, ISO 8601.")]
    seed: Annotated[int, Meta(description="Seed of the inputs; --seed makes them again.")]
    reason: Annotated[str, Meta(description="Why nothing was judged, where that is so.")]
    results: Annotated[list[Found], Meta(description="The criteria in the lesson's order.")]
    phases: Annotated[dict[str, float], Meta(description="Seconds by phase.")]
    isolation: Annotated[dict[str, str], Meta(description="Which isolation was in force.")]
    tools: Annotated[dict[str, str], Meta(description="Versions of what judged.")]
    host: Annotated[dict[str, str], Meta(description="The machine.")]


def schema_text() -> str:
    """Return the text of `docs/formats/evidence.schema.json`, rendered from these types."""
    (root,), components = msgspec.json.schema_components((Evidence,), ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Evidence of one judging, as `mlsj check --format json` prints it and .mlsj/evidence keeps it",
        **root,
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def evidence(report: Report, subject: str, digests: Digests) -> Evidence:
    """Return the record of `report`; the time is now, in UTC."""
    criteria = [Judged(result.id, result.verdict, result.core) for result in report.results]
    return Evidence(
        format=1,
        stable=Stable(report.lesson, report.state, criteria, digests),
        subject=subject,
        time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        seed=report.seed,
        reason=report.reason,
        results=[
            Found(
                id=r.id,
                says=r.says,
                verdict=r.verdict,
                message=r.finding.message,
                expected=r.finding.expected,
                got=r.finding.got,
                where=r.finding.where,
                next_step=r.finding.next_step,
                phase=r.finding.phase,
                duration_s=r.duration_s,
                measurements=list(r.finding.measurements),
                commands=list(r.commands),
                trace=r.trace,
            )
            for r in report.results
        ],
        phases=report.phases,
        isolation=report.isolation,
        tools={"mlsj": __version__, "python": platform.python_version(), "environment": report.environment},
        host={
            "system": platform.system(),
            "release": platform.release(),
            "machine": platform.machine(),
            "cpus": str(os.cpu_count()),
        },
    )


def not_judged(lesson_id: str, reason: str) -> Evidence:
    """Return the record of a lesson that nothing could be said about; it is shown and not kept."""
    report = Report(lesson_id, State.NOT_JUDGED, 0, (), reason=reason)
    return evidence(report, WORK, Digests({}, None, "", None))


def save(root: Path, record: Evidence) -> Path:
    """Write the record whole or not at all, and return its path."""
    folder = root / FOLDER / record.stable.lesson
    if record.subject != WORK:
        folder = folder / "variants"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{record.time.replace(':', '').replace('.', '')}-{os.getpid()}.json"
    path, part = folder / name, folder / f".{name}.part"
    part.write_bytes(encoded(record))
    part.replace(path)
    return path


def encoded(record: Evidence) -> bytes:
    """Return the record as indented JSON with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def judge_digest(tree: Tree, lesson: Lesson) -> str:
    """Return the SHA-256 of what judges: the criteria, their kinds' code, the lesson's own judge and its data."""
    from mlsj import kinds

    digest = hashlib.sha256()

    def add(name: str, data: bytes) -> None:
        digest.update(f"{name} {len(data)}\n".encode() + data)

    add("criteria", msgspec.json.encode(lesson.criteria, order="sorted"))
    for name in sorted({c.uses for c in lesson.criteria if c.uses in kinds.names()}):
        module: Any = sys.modules.get(kinds.module(name).__name__)
        add(name, Path(module.__file__).read_bytes())
    if lesson.sources is not None:
        for path, file in tree.under(lesson.sources):
            if path == "judge.py" or path.startswith("_judge/"):
                add(path, file.data)
    return digest.hexdigest()
