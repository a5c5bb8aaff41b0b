"""Judges a directory: stages a copy, runs the judging process over it, and collects one result per criterion.

It is driven by the compiled spec in memory and imports nothing of the learner's or of `generated/`. Whatever goes wrong
on our side or the machine's is an `error` that names its phase, never a learner's failure and never a traceback. It may
be called from several threads at once.
"""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from mlsj.kinds.base import Finding, Verdict
from mlsj.spec.files import Tree
from mlsj.spec.model import Criterion, Lesson
from mlsj.verify import channel, evidence, records, reuse, stage
from mlsj.verify.context import Setting
from mlsj.verify.environment import EnvironmentBroken, digest, ensure
from mlsj.verify.isolation import Limits
from mlsj.verify.own import Own, own
from mlsj.verify.process import Ended, discard, judging_process, warm
from mlsj.verify.report import PHASES, Report, Result, state_of
from mlsj.verify.run import end_those_in
from mlsj.verify.worker import Adversary, Job, Line, lacking, prerequisite

__all__ = ["Adversary", "Outcome", "adversaries", "judge", "ordered", "quiet", "warm"]

# What a criterion may take beyond its own limit, for the judge's own work, before the judging process is ended.
GRACE_S = 20.0
# What one criterion may spend on building; it is not charged to its own limit.
BUILD_TIMEOUT_S = 600.0
MAX_SEED = 2**32
# What each judged program may use.
LIMITS = Limits()


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
    reuse: evidence.Evidence | None = None,
) -> Outcome:
    """Judge the lesson's criteria on `work` and `note`; neither is changed.

    `root` is the course: there are environments and evidence; the lesson's own judge comes from `tree`. `subject` names
    what is judged: "work" is the learner's own and counts for progress. A seed makes the same inputs again; without one
    they are fresh. Verdicts of the record `reuse` that still hold are not found again; when that is all of them and the
    record says all that a new one would, none is kept.
    """
    judging = _Judging(tree, lesson, root, note_form, progress)
    earlier = judging.from_record(work, note, reuse, seed) if reuse is not None else None
    if earlier is not None and reuse is not None:
        report, digests = earlier
        record = evidence.evidence(report, subject, digests)
        if record.stable == reuse.stable:
            return Outcome(report, record, None)
    else:
        report, digests = judging.judge(work, note, secrets.randbelow(MAX_SEED) if seed is None else seed, seed, reuse)
        record = evidence.evidence(report, subject, digests)
    return Outcome(report, record, evidence.save(root, record) if keep else None)


def adversaries(
    tree: Tree, lesson: Lesson, *, root: Path, seed: int, progress: Callable[[str], None] = quiet
) -> tuple[Adversary, ...]:
    """Return what the judges of the lesson say to results that no program made, in the order of the criteria.

    The reference lies in the work directory, for a judge that looks there. A judge that breaks gets an error without a
    name. Raises RuntimeError when the reference cannot be made.
    """
    from mlsj import kinds
    from mlsj.verify.subject import make

    which = [c for c in lesson.criteria if c.uses in kinds.names() and hasattr(kinds.module(c.uses), "adversaries")]
    if not which:
        return ()
    with tempfile.TemporaryDirectory(prefix="mlsj-") as folder:
        work, note = Path(folder, "variant", "work"), Path(folder, "variant", "note.md")
        if lesson.sources is not None:
            make(tree, lesson, "solution", Path(folder, "variant"), "")
        else:
            work.mkdir(parents=True)
        return _Judging(tree, lesson, root, "", progress).adversaries(work, note, which, seed)


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


class _Judging:
    """One call: the lesson, and what is found out on the way."""

    def __init__(self, tree: Tree, lesson: Lesson, root: Path, note_form: str, progress: Callable[[str], None]) -> None:
        self.tree = tree
        self.lesson = lesson
        self.root = root
        self.note_form = note_form
        self.progress = progress
        self.order = ordered(lesson)
        self.phases = dict.fromkeys(PHASES, 0.0)
        self.isolation: dict[str, str] = {}
        self._lacking: dict[str, Finding | None] = {}
        self.lock = tree.data(f"locks/{lesson.environment}.txt") if lesson.environment else None
        named = lesson.environment and self.lock is not None
        self.environment = f"{lesson.environment}-{digest(self.lock)}" if named and self.lock is not None else ""

    def from_record(
        self, work: Path, note: Path, record: evidence.Evidence, seed: int | None
    ) -> tuple[Report, evidence.Digests] | None:
        """Return the report when nothing has to be judged: each verdict holds still, or follows from another."""
        try:
            digests = evidence.current(self.tree, self.lesson, work, note, self.root)
            results = reuse.plan(self.order, record, self._inputs(digests, work), seed, self._lacks).results
        except OSError:
            return None
        if results is None:
            return None
        self.isolation = record.isolation
        return self._report(results, record.seed), digests

    def judge(
        self, work: Path, note: Path, seed: int, asked: int | None, record: evidence.Evidence | None
    ) -> tuple[Report, evidence.Digests]:
        """Judge what does not hold from `record`, on a copy; the digests are of what was copied."""
        bin_path, problem = self._ready()
        results: list[Result] = []
        digests = evidence.Digests({}, None, evidence.judge_digest(self.tree, self.lesson), self._digest())
        inputs: dict[str, str] = {}
        if not problem:
            began, since = time.monotonic(), time.time()
            try:
                warm()  # it starts while the work is copied
                with stage.staged(work) as place, own(self.tree, self.lesson, note) as mine:
                    digests = evidence.current(self.tree, self.lesson, place.work, mine.note, self.root)
                    inputs = self._inputs(digests, place.work)
                    job = self._job(place, mine, bin_path, seed, self.order)
                    if record is not None:
                        holds = reuse.plan(self.order, record, inputs, asked, self._lacks).holds
                        job = msgspec.structs.replace(job, again=holds)
                    results, problem = self._process(job, place, mine, since)
            except (OSError, RecursionError) as error:
                discard()
                problem = f"the work cannot be copied and judged: {error}"
                results = [_error(criterion, problem, "judge") for criterion in self.order]
            self.phases["judge"] = time.monotonic() - began - self.phases["build"] - self.phases["run"]
        if problem and not results:
            results = [_error(criterion, problem, "environment") for criterion in self.order]
        results = [
            msgspec.structs.replace(each, inputs=inputs.get(each.id, ""))
            if not each.judged and reuse.may_be_used_again(each)
            else each
            for each in results
        ]
        return self._report(results, seed), digests

    def adversaries(self, work: Path, note: Path, which: Sequence[Criterion], seed: int) -> tuple[Adversary, ...]:
        """Have the kinds' adversaries judged."""
        bin_path, problem = self._ready()
        found: list[Adversary] = []
        if not problem:
            with stage.staged(work) as place, own(self.tree, self.lesson, note) as mine:
                job = self._job(place, mine, bin_path, seed, which)
                job = msgspec.structs.replace(job, adversaries=True)
                problems: list[str] = []

                def take(line: Line) -> None:
                    if line.adversary is not None:
                        found.append(line.adversary)
                    if line.problem:
                        problems.append(line.problem)

                ended = self._run(job, place, take)
                if problems or ended.why:
                    problem = problems[0] if problems else f"the judge is broken: {ended.why}"
        if problem:
            return tuple(Adversary(each.id, "", Finding(Verdict.ERROR, problem, phase="judge")) for each in which)
        return tuple(found)

    def _ready(self) -> tuple[str, str]:
        """Make the environment; return its programs' folder, and why nothing can be judged."""
        began = time.monotonic()
        try:
            if str(self.root).encode("utf-8", "replace") != os.fsencode(self.root):
                name = os.fsencode(self.root)
                return "", f"the course lies in a folder whose name is not UTF-8: {name!r}; rename it"
            if not self.lesson.environment:
                return "", ""
            return str(ensure(self.root, self.lesson.environment, self.lock, self.progress)), ""
        except EnvironmentBroken as broken:
            return "", str(broken)
        finally:
            self.phases["environment"] = time.monotonic() - began

    def _job(self, place: stage.Stage, mine: Own, bin_path: str, seed: int, order: Sequence[Criterion]) -> Job:
        setting = Setting(
            lesson=self.lesson,
            seed=seed,
            work=str(place.work),
            note=str(mine.note),
            note_form=self.note_form,
            scratch=str(place.judge),
            sources=str(mine.sources),
            environment=stage.environment(place, bin_path, network=self.lesson.network),
            readable=[str(mine.sources), *([str(Path(bin_path).parent)] if bin_path else [])],
            hidden=[str(self.root.resolve())],
            limits=LIMITS,
            build_timeout_s=BUILD_TIMEOUT_S,
        )
        return Job(
            setting=setting,
            order=[criterion.id for criterion in order],
            replace=[
                (str(place.work), f"work/{self.lesson.id}"),
                (str(mine.note), f"notes/{self.lesson.id}.md"),
                (str(mine.sources), self.lesson.sources or "SOURCES"),
                (str(place.scratch), "SCRATCH"),
            ],
            key=secrets.token_bytes(channel.KEY_BYTES),
        )

    def _run(self, job: Job, place: stage.Stage, take: Callable[[Line], None]) -> Ended:
        try:
            with judging_process() as process:
                return process.do(job, take, GRACE_S)
        finally:
            end_those_in(place.scratch)

    def _process(self, job: Job, place: stage.Stage, mine: Own, since: float) -> tuple[list[Result], str]:
        """Have the job done; results that did not come are errors, with their prerequisites respected."""
        results: list[Result] = []
        problem = ""

        def take(line: Line) -> None:
            nonlocal problem
            problem = problem or line.problem
            self.isolation |= line.isolation
            for phase, seconds in line.seconds.items():
                self.phases[phase] = seconds
            if line.begins:
                self.progress(f"judging {line.begins} ({len(results) + 1} of {len(self.order)})")
            if line.result is not None:
                results.append(line.result)

        ended = self._run(job, place, take)
        if problem:
            return [], problem
        verdicts = {result.id: result.verdict for result in results}
        for index, criterion in enumerate(self.order[len(results) :]):
            said = f"the judge of this criterion is broken: {ended.why}"
            finding = prerequisite(criterion, verdicts) or Finding(
                Verdict.ERROR, said if index == 0 else "not reached: the judge had ended", phase="judge"
            )
            verdicts[criterion.id] = finding.verdict
            results.append(_result(criterion, finding, ended.said if index == 0 else ""))
        return _voided(results, self._touched(ended, mine, since)), ""

    def _touched(self, ended: Ended, mine: Own, since: float) -> str:
        """Return what of the judge's was changed by something that ran meanwhile, in words; "" for nothing."""
        found = (
            [f"the judge's own files were changed ({', '.join(changed[:3])})"] if (changed := mine.changed()) else []
        )
        if ended.foreign:
            found.append("something else wrote into the judge's channel")
        if not self.isolation.get("backend", "").startswith("bubblewrap"):
            lessons = records.set_aside(self.root, since)
            if lessons:
                found.append(f"records of progress were made for {', '.join(sorted(set(lessons)))} and are set aside")
        return "; ".join(found)

    def _inputs(self, digests: evidence.Digests, work: Path) -> dict[str, str]:
        print_ = stage.fingerprint(work) if work.is_dir() else ""
        return reuse.inputs(self.tree, self.lesson, digests, print_, self.note_form, self.environment)

    def _lacks(self, criterion: Criterion) -> Finding | None:
        """Return why this machine cannot show it; asked once, for docker takes its time to answer."""
        if criterion.requires is None:
            return None
        if criterion.requires not in self._lacking:
            self._lacking[criterion.requires] = lacking(criterion)
        return self._lacking[criterion.requires]

    def _digest(self) -> str | None:
        return digest(self.lock) if self.lock is not None else None

    def _report(self, results: Sequence[Result], seed: int) -> Report:
        by_id = {result.id: result for result in results}
        return Report(
            lesson=self.lesson.id,
            state=state_of(results),
            seed=seed,
            results=tuple(by_id[criterion.id] for criterion in self.lesson.criteria if criterion.id in by_id),
            phases={phase: round(max(seconds, 0.0), 4) for phase, seconds in self.phases.items()},
            isolation=self.isolation,
            environment=self.environment,
        )


def _voided(results: Sequence[Result], touched: str) -> list[Result]:
    """Turn passes into errors when something touched what is the judge's: nobody knows what they are worth."""
    if not touched:
        return list(results)
    message = f"while the work was judged, {touched}: this pass cannot stand"
    finding = Finding(Verdict.ERROR, message, phase="judge")
    return [
        msgspec.structs.replace(each, finding=finding, judged="", seed=None, inputs="")
        if each.verdict is Verdict.PASS
        else msgspec.structs.replace(each, inputs="")
        for each in results
    ]


def _result(criterion: Criterion, finding: Finding, trace: str = "") -> Result:
    return Result(criterion.id, criterion.says, criterion.core, finding, trace=trace)


def _error(criterion: Criterion, message: str, phase: str) -> Result:
    return _result(criterion, Finding(Verdict.ERROR, message, phase=phase))
