"""Judges a directory: stages a copy, runs the judging process over it, and collects one result per criterion.

It is driven by the compiled spec in memory and imports nothing of the learner's or of `generated/`. Whatever goes wrong
on our side or the machine's is an `error` that names its phase, never a learner's failure and never a traceback.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from mlsj.kinds.base import Finding, Verdict
from mlsj.spec.files import Tree
from mlsj.spec.model import Criterion, Lesson
from mlsj.verify import evidence, stage
from mlsj.verify.environment import EnvironmentBroken, digest, ensure
from mlsj.verify.report import Report, Result, state_of
from mlsj.verify.run import end_those_in
from mlsj.verify.worker import Job, Line, prerequisite

# What a criterion may take beyond its own limit, for the judge's own work, before the judging process is ended.
GRACE_S = 20.0
MAX_SEED = 2**32


class Outcome(msgspec.Struct, frozen=True):
    """A report with its record, and where that was kept (None when it was not)."""

    report: Report
    record: evidence.Evidence
    path: Path | None


def quiet(_: str) -> None:
    """Show no progress."""


def judge(
    tree: Tree,
    lesson: Lesson,
    work: Path,
    note: Path,
    *,
    root: Path,
    subject: str = evidence.WORK,
    note_form: str = "",
    seed: int | None = None,
    keep: bool = True,
    progress: Callable[[str], None] = quiet,
) -> Outcome:
    """Judge the lesson's criteria on `work` and `note`; neither is changed.

    `root` is the course: there are the lesson's own judge, environments and evidence. `subject` names what is judged:
    "work" is the learner's own and counts for progress. A seed makes the same inputs again; without one they are fresh.
    """
    seed = secrets.randbelow(MAX_SEED) if seed is None else seed
    phases: dict[str, float] = {}
    isolation: dict[str, str] = {}
    order = ordered(lesson)
    lock = tree.data(f"locks/{lesson.environment}.txt") if lesson.environment else None
    results: list[Result] = []
    problem = ""
    bin_path = ""
    with _timed(phases, "environment"):
        if str(root).encode("utf-8", "replace") != os.fsencode(root):
            problem = f"the course lies in a folder whose name is not UTF-8: {os.fsencode(root)!r}; rename it"
        elif lesson.environment:
            try:
                bin_path = str(ensure(root, lesson.environment, lock, progress))
            except EnvironmentBroken as broken:
                problem = str(broken)
    if problem:
        results = [_error(criterion, problem, "environment") for criterion in order]
    else:
        try:
            with _timed(phases, "run"), stage.staged(work, note) as place:
                variables = stage.environment(place, bin_path, network=lesson.network)
                job = Job(
                    lesson=lesson,
                    order=[criterion.id for criterion in order],
                    seed=seed,
                    work=str(place.work),
                    note=str(place.note),
                    note_form=note_form,
                    judge=str(place.judge),
                    sources=str(root / (lesson.sources or "")),
                    environment=variables,
                    replace=[
                        (str(place.work), f"work/{lesson.id}"),
                        (str(place.note), f"notes/{lesson.id}.md"),
                        (str(place.scratch), "SCRATCH"),
                    ],
                )
                try:
                    results = _judging_process(job, order, place.scratch, isolation, progress)
                finally:
                    end_those_in(place.scratch)
        except OSError as error:
            results = [_error(criterion, f"the work cannot be copied: {error}", "judge") for criterion in order]
    by_id = {result.id: result for result in results}
    report = Report(
        lesson=lesson.id,
        state=state_of(results),
        seed=seed,
        results=tuple(by_id[criterion.id] for criterion in lesson.criteria if criterion.id in by_id),
        phases=phases,
        isolation=isolation,
        environment=f"{lesson.environment}-{digest(lock)}" if lesson.environment and lock is not None else "",
    )
    digests = evidence.Digests(
        files=stage.digests(work) if work.is_dir() else {},
        note=stage.sha256(note) if note.is_file() else None,
        judge=evidence.judge_digest(tree, lesson),
        environment=digest(lock) if lock is not None else None,
    )
    record = evidence.evidence(report, subject, digests)
    return Outcome(report, record, evidence.save(root, record) if keep else None)


def ordered(lesson: Lesson) -> list[Criterion]:
    """Return the criteria with prerequisites first, else in the spec's order; a cycle (the rules refuse it) is cut."""
    criteria = {criterion.id: criterion for criterion in lesson.criteria}
    found: dict[str, Criterion] = {}

    def visit(criterion: Criterion, above: frozenset[str]) -> None:
        for need in criterion.needs:
            if need in criteria and need not in above:
                visit(criteria[need], above | {criterion.id})
        found.setdefault(criterion.id, criterion)

    for criterion in lesson.criteria:
        visit(criterion, frozenset())
    return list(found.values())


def _judging_process(
    job: Job, order: list[Criterion], scratch: Path, isolation: dict[str, str], progress: Callable[[str], None]
) -> list[Result]:
    """Run the judging process; results that it did not send are errors, with their prerequisites respected."""
    results: list[Result] = []
    reader, writer = os.pipe()
    log = scratch / "judge.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", "mlsj.verify.worker", str(writer)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=(writer,),
            cwd=scratch,
            start_new_session=True,
        )
    os.close(writer)
    try:
        why = "its process ended early"
        with contextlib.suppress(BrokenPipeError):
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            process.stdin.write(msgspec.msgpack.encode(job))
            process.stdin.close()
        limits = {criterion.id: criterion.timeout_s for criterion in order}
        deadline = _Deadline(GRACE_S)
        for line in _lines(reader, deadline):
            if line is None:
                why = "it did not end in time"
                break
            isolation.update(line.isolation)
            if line.begins:
                deadline.move(limits[line.begins] + GRACE_S)
                progress(f"judging {line.begins} ({len(results) + 1} of {len(order)})")
            if line.result is not None:
                results.append(line.result)
    finally:
        os.close(reader)
        process.kill()
        process.wait()
    verdicts = {result.id: result.verdict for result in results}
    for index, criterion in enumerate(order[len(results) :]):
        said = log.read_text(errors="replace").strip()
        message = f"the judge of this criterion is broken: {why}" if index == 0 else "not reached: the judge had ended"
        finding = prerequisite(criterion, verdicts) or Finding(Verdict.ERROR, message, phase="judge")
        verdicts[criterion.id] = finding.verdict
        results.append(Result(criterion.id, criterion.says, criterion.core, finding, trace=said if index == 0 else ""))
    return results


class _Deadline:
    """When to stop waiting; it moves with each criterion."""

    def __init__(self, seconds: float) -> None:
        self.move(seconds)

    def move(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        return max(self.at - time.monotonic(), 0.0)


def _lines(reader: int, deadline: _Deadline) -> Iterator[Line | None]:
    """Yield what the judging process sends until it closes the channel; None when the deadline passes first."""
    rest = b""
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    while True:
        if not poll.poll(deadline.left_s * 1000):
            yield None
            return
        data = os.read(reader, 2**16)
        if not data:
            return
        *whole, rest = (rest + data).split(b"\n")
        yield from (msgspec.json.decode(line, type=Line) for line in whole)


def _error(criterion: Criterion, message: str, phase: str) -> Result:
    return Result(criterion.id, criterion.says, criterion.core, Finding(Verdict.ERROR, message, phase=phase))


@contextlib.contextmanager
def _timed(phases: dict[str, float], name: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        phases[name] = round(time.monotonic() - began, 4)
