"""Proves lessons: runs every variant, then asks what must hold of what was seen.

Running and judging are apart: tasks (lesson × variant × round, the automatic adversaries, the quick-start) run side by
side in a pool of threads, each in processes of its own; `prove_checks` is a pure function from what they saw to
problems. Nothing is judged twice: every check looks at the same judgings, and what a quick-start judges is one of them.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from random import Random

import msgspec

from mlsj import kinds
from mlsj.kinds.base import Finding
from mlsj.spec.files import File, Tree
from mlsj.spec.model import Lesson
from mlsj.verify import ending, engine, prove_course, quickstart, records, sampling, stage, subject
from mlsj.verify.environment import EnvironmentBroken, ensure
from mlsj.verify.evidence import Found
from mlsj.verify.prove_checks import problems
from mlsj.verify.prove_record import LessonProof, Proof, lesson_proof, proof
from mlsj.verify.prove_seen import SOLUTION, STUB, Judging, Seen
from mlsj.verify.report import Result

Progress = Callable[[int, int, str], None]
"""Takes how many tasks are done, how many there are, and what was done or begins."""


class Part(msgspec.Struct, frozen=True):
    """What one task saw of its lesson."""

    judgings: tuple[Judging, ...] = ()
    adversaries: tuple[engine.Adversary, ...] = ()
    quickstart: quickstart.Tried | None = None


class Task(msgspec.Struct, frozen=True):
    """Something to run: a variant to judge once, the reference with its quick-start, or all adversaries."""

    lesson: Lesson
    what: str
    run: Callable[[], Part]

    @property
    def weight(self) -> tuple[bool, float]:
        """How long it may take, as far as the spec tells: only the reference is judged by every criterion."""
        return self.what == SOLUTION, sum(criterion.timeout_s for criterion in self.lesson.criteria)


def silent(_done: int, _total: int, _text: str) -> None:
    """Show no progress."""


def prove(
    tree: Tree,
    lessons: Sequence[Lesson],
    *,
    root: Path,
    files: Mapping[str, File],
    repeat: int = 1,
    jobs: int = 1,
    seed: int | None = None,
    progress: Progress = silent,
) -> Proof:
    """Prove ready lessons of the course at `root`, of which `files` is what the compiler makes.

    Each variant is judged `repeat` times, with fresh inputs each time, by `jobs` threads. A seed makes the seeds of all
    judgings again. Whatever ends it early, Ctrl-C above all, ends everything that it started.
    """
    base = secrets.randbelow(engine.MAX_SEED) if seed is None else seed
    broken = _environments(tree, lessons, root, progress)
    fit = [lesson for lesson in lessons if lesson.environment not in broken]
    tasks = [task for lesson in fit for task in _tasks(tree, lesson, root, files, repeat, base)]
    parts = run_all(tasks, jobs, progress)
    proofs = []
    for lesson in lessons:
        own = [part for task, part in zip(tasks, parts, strict=True) if task.lesson is lesson]
        seen = Seen(
            lesson,
            tuple(judging for part in own for judging in part.judgings),
            tuple(each for part in own for each in part.adversaries),
            next((part.quickstart for part in own if part.quickstart is not None), None),
            broken.get(lesson.environment or "", ""),
        )
        proofs.append(proved(seen))
    return proof(proofs, repeat)


def proved(seen: Seen) -> LessonProof:
    """Return what follows from what was seen of a lesson."""
    return lesson_proof(seen, problems(seen))


def _environments(tree: Tree, lessons: Sequence[Lesson], root: Path, progress: Progress) -> dict[str, str]:
    """Make every environment that is needed, once; return why one cannot be made, by its name."""
    broken: dict[str, str] = {}
    for name in dict.fromkeys(lesson.environment for lesson in lessons if lesson.environment):
        try:
            ensure(root, name, tree.data(f"locks/{name}.txt"), lambda text: progress(0, 0, text))
        except EnvironmentBroken as error:
            broken[name] = str(error)
    return broken


def _tasks(tree: Tree, lesson: Lesson, root: Path, files: Mapping[str, File], repeat: int, base: int) -> list[Task]:
    """Return the tasks of one lesson, in the order of the report."""
    judges = _Variants(tree, lesson, root, files)

    def seed_of(what: str, number: int) -> int:
        return Random(f"{base}/{lesson.id}/{what}/{number}").randrange(engine.MAX_SEED)  # noqa: S311 - test data

    tasks = [Task(lesson, SOLUTION, partial(judges.with_quickstart, seed_of(SOLUTION, 0)))]
    for number in range(repeat):
        for variant in (SOLUTION, STUB, *(mistake.id for mistake in lesson.mistakes)):
            if (variant, number) != (SOLUTION, 0):
                tasks.append(Task(lesson, variant, partial(judges.judge, variant, seed_of(variant, number))))
    if any(criterion.uses and hasattr(kinds.module(criterion.uses), "adversaries") for criterion in lesson.criteria):
        tasks.append(Task(lesson, "adversaries", partial(judges.adversaries, seed_of("adversaries", 0))))
    return tasks


class _Variants(msgspec.Struct, frozen=True):
    """Makes and judges the variants of one lesson."""

    tree: Tree
    lesson: Lesson
    root: Path
    files: Mapping[str, File]

    @property
    def note_form(self) -> str:
        """The empty note."""
        made = self.files.get(f"generated/lessons/{self.lesson.id}/note.md")
        return made.data.decode() if made is not None else ""

    def judge(self, variant: str, seed: int) -> Part:
        """Judge one variant once."""
        with tempfile.TemporaryDirectory(prefix="mlsj-") as folder:
            try:
                work, note = subject.make(self.tree, self.lesson, variant, Path(folder) / "variant", self.note_form)
            except RuntimeError as error:
                return Part((Judging(variant, seed, problem=str(error)),))
            return Part((self._judged(variant, seed, work, note),))

    def with_quickstart(self, seed: int) -> Part:
        """Try the quick-start on the reference, and judge that.

        Where a line of the quick-start has judged it already (`make lesson-2-1`), that counts, with the seed of then.
        """
        with tempfile.TemporaryDirectory(prefix="mlsj-") as folder:
            try:
                work, note = subject.make(self.tree, self.lesson, SOLUTION, Path(folder) / "variant", self.note_form)
            except RuntimeError as error:
                return Part((Judging(SOLUTION, seed, problem=str(error)),))
            with stage.staged(work, note) as place:
                try:
                    course = prove_course.make(self.root, self.tree, self.files, self.lesson, place)
                    tried = quickstart.run(self.lesson.quickstart, course, place, network=self.lesson.network)
                    judging = judged_there(course, self.lesson, work, note)
                finally:
                    ending.end_those_in(place.scratch)
            return Part((judging or self._judged(SOLUTION, seed, work, note),), quickstart=tried)

    def adversaries(self, seed: int) -> Part:
        """Ask the numeric criteria about results that no program computed."""
        with contextlib.suppress(RuntimeError):  # the reference cannot be made, as its judging says
            return Part(adversaries=engine.adversaries(self.tree, self.lesson, root=self.root, seed=seed))
        return Part()

    def _judged(self, variant: str, seed: int, work: Path, note: Path) -> Judging:
        began = time.monotonic()
        outcome = engine.judge(
            self.tree,
            self.lesson,
            work,
            note,
            root=self.root,
            subject=variant if variant in (SOLUTION, STUB) else f"mistake {variant}",
            note_form=self.note_form,
            seed=seed,
            keep=False,
        )
        return Judging(variant, seed, outcome.report.results, time.monotonic() - began)


def judged_there(course: Path, lesson: Lesson, work: Path, note: Path) -> Judging | None:
    """Return the first whole judging that `course` keeps of these very files, as one of the reference, or None."""
    files, written = stage.digests(work), stage.sha256(note)
    for record in records.all_of(course, lesson.id):
        digests = record.stable.digests
        whole = [each.id for each in record.results] == [criterion.id for criterion in lesson.criteria]
        if (
            whole
            and not any(each.judged for each in record.results)
            and (digests.files, digests.note) == (files, written)
        ):
            results = tuple(
                Result(each.id, each.says, core.core, _finding(each), each.duration_s, trace=each.trace)
                for each, core in zip(record.results, lesson.criteria, strict=True)
            )
            return Judging(SOLUTION, record.seed, results, sum(record.phases.values()))
    return None


def _finding(found: Found) -> Finding:
    fields = {name: getattr(found, name) for name in Finding.__struct_fields__}
    return Finding(**{**fields, "measurements": tuple(found.measurements)})


def run_all(tasks: Sequence[Task], jobs: int, progress: Progress) -> list[Part]:
    """Run the tasks, the longest first, and return what each saw, in the order of `tasks`."""
    order = sorted(range(len(tasks)), key=lambda index: tasks[index].weight, reverse=True)
    parts: dict[int, Part] = {}
    pool = ThreadPoolExecutor(max_workers=max(jobs, 1), thread_name_prefix="prove")
    futures: dict[Future[Part], int] = {pool.submit(tasks[index].run): index for index in order}
    pending = set(futures)
    try:
        while pending:
            # A short wait: where a signal does not interrupt it, Ctrl-C would have to wait for the next task's end.
            done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                index = futures[future]
                parts[index] = future.result()
                progress(len(parts), len(tasks), f"{tasks[index].lesson.id} {tasks[index].what}")
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        _end_everything(pending)
        raise
    pool.shutdown()
    return [parts[index] for index in range(len(tasks))]


def _end_everything(pending: set[Future[Part]]) -> None:
    """Kill the processes that tasks wait for until no task is left: a thread cannot be ended, what it waits for can.

    What is below them ends with them: each task sees to that, as it does when a judge hangs.
    """
    while not all(future.done() for future in pending):
        for pid in sampling.table().children(os.getpid()):
            ending.kill(pid)
        wait(pending, timeout=0.05)
