"""The record of one judging: what was judged, by what, and what was seen (`docs/formats/evidence.schema.json`).

The `stable` part is equal for equal files and seeds: ids, verdicts and digests, no times, no messages. Progress is
derived from these records, so only a learner's own work is kept where progress looks.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mlsj import __version__
from mlsj.kinds.base import Measurement, Verdict
from mlsj.spec.files import Tree
from mlsj.spec.model import Lesson
from mlsj.verify import stage
from mlsj.verify.report import Command, Report, State

FOLDER = ".mlsj/evidence"
VARIANTS = "variants"
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
    phase: Annotated[
        str, Meta(description="For an error, or where time ran out: environment, build, services, run or judge.")
    ]
    duration_s: Annotated[float, Meta(description="Seconds that judging it took.")]
    measurements: Annotated[
        list[Measurement],
        Meta(description="Measured quantities: median, unit, spread over repeats, and the bound it is held to."),
    ]
    commands: Annotated[
        list[Command], Meta(description="Programs that were run: exit code, seconds, phase, most resident memory.")
    ]
    trace: Annotated[str, Meta(description="For an error: what the course's author needs to mend the judge.")]
    timed_out: Annotated[bool, Meta(description="Whether a program did not end in time; 'phase' says in which.")] = (
        False
    )
    judged: Annotated[
        str, Meta(description="When, where a verdict of an earlier judging is used again; else empty: just now.")
    ] = ""
    seed: Annotated[int | None, Meta(description="Seed of that earlier judging; null where it was judged now.")] = None
    inputs: Annotated[
        str, Meta(description="SHA-256 of all the verdict follows from; empty where it is not used again.")
    ] = ""


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
    phases: Annotated[
        dict[str, float], Meta(description="Seconds by phase: environment, build, services, run and judge.")
    ]
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
                timed_out=r.finding.timed_out,
                judged=r.judged,
                seed=r.seed,
                inputs=r.inputs,
            )
            for r in report.results
        ],
        phases=report.phases,
        isolation=report.isolation,
        tools=tools(report.environment),
        host=host(),
    )


def tools(environment: str) -> dict[str, str]:
    """Return the versions of what judges."""
    return {"mlsj": __version__, "python": platform.python_version(), "environment": environment}


def host() -> dict[str, str]:
    """Return what is worth knowing of this machine."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "cpus": str(os.cpu_count()),
    }


def not_judged(lesson_id: str, reason: str) -> Evidence:
    """Return the record of a lesson that nothing could be said about; it is shown and not kept."""
    report = Report(lesson_id, State.NOT_JUDGED, 0, (), reason=reason)
    return evidence(report, WORK, Digests({}, None, "", None))


def save(root: Path, record: Evidence) -> Path:
    """Write the record where records are kept, and return its path."""
    from mlsj.verify import records

    return records.save(root, record)


def encoded(record: Evidence) -> bytes:
    """Return the record as indented JSON with a newline at its end."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


@cache
def kinds_code(name: str) -> bytes:
    """Return the source of kind `name` with that of the modules it shares with other kinds."""
    from mlsj import kinds

    folder = Path(kinds.__path__[0])
    helpers = {path.stem: path for path in folder.glob("_*.py") if path.stem != "__init__"}
    waiting, found = [folder / f"{name.replace('.', '_')}.py"], dict[str, bytes]()
    while waiting:
        path = waiting.pop()
        found[path.name] = path.read_bytes()
        named = set(re.findall(r"\b_\w+", found[path.name].decode("utf-8", "replace"))) & helpers.keys()
        waiting += [helpers[each] for each in named if helpers[each].name not in found]
    return b"".join(data for _, data in sorted(found.items()))


def judge_digest(tree: Tree, lesson: Lesson) -> str:
    """Return the SHA-256 of what judges: the criteria, their kinds' code, the lesson's own judge and its data."""
    from mlsj import kinds

    digest = hashlib.sha256()

    def add(name: str, data: bytes) -> None:
        digest.update(f"{name} {len(data)}\n".encode() + data)

    add("criteria", msgspec.json.encode(lesson.criteria, order="sorted"))
    for name in sorted({c.uses for c in lesson.criteria if c.uses in kinds.names()}):
        add(name, kinds_code(name))
    if lesson.sources is not None:
        for path, file in tree.under(lesson.sources):
            if path == "judge.py" or path.startswith("_judge/"):
                add(path, file.data)
    return digest.hexdigest()


def current(tree: Tree, lesson: Lesson, work: Path, note: Path, root: Path) -> Digests:  # noqa: ARG001
    """Return what a judging of `work` and `note` now would record; raises OSError when a file cannot be read."""
    from mlsj.verify.environment import digest

    lock = tree.data(f"locks/{lesson.environment}.txt") if lesson.environment else None
    return Digests(
        files=stage.digests(work) if work.is_dir() else {},
        note=stage.sha256(note) if note.is_file() else None,
        judge=judge_digest(tree, lesson),
        environment=digest(lock) if lock is not None else None,
    )
