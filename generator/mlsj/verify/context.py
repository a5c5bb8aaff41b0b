"""What a judge may use while it judges a criterion: programs with limits, seeded numbers, shared results, copies."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec

from mlsj.kinds.base import Context, Overran, Program, Ran, Usage
from mlsj.spec.model import Criterion, Lesson
from mlsj.verify import run as runner
from mlsj.verify.isolation import Launch, Limits
from mlsj.verify.report import Command

_Made = TypeVar("_Made")
Shared = dict[str, tuple[bool, Any]]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how a lesson is judged: the same for all its criteria."""

    lesson: Lesson
    seed: int
    work: str
    note: str
    note_form: str
    scratch: str
    sources: str
    environment: dict[str, str]
    """Variables of judged programs."""
    readable: list[str]
    hidden: list[str]
    limits: Limits
    build_timeout_s: float

    def launch(self) -> Launch:
        """Return how programs are run."""
        scratch = Path(self.scratch).parent
        return Launch(
            scratch=scratch,
            writable=(scratch,),
            readable=tuple(map(Path, self.readable)),
            hidden=tuple(map(Path, self.hidden)),
            network=self.lesson.network,
            limits=self.limits,
        )


class Clock:
    """Seconds that pass while programs run, by phase: two at a time count once."""

    def __init__(self) -> None:
        self.seconds = {"build": 0.0, "run": 0.0}
        self._running = {"build": 0, "run": 0}
        self._since = {"build": 0.0, "run": 0.0}

    def begin(self, phase: str) -> None:
        """A program of this phase starts."""
        if self._running[phase] == 0:
            self._since[phase] = time.monotonic()
        self._running[phase] += 1

    def end(self, phase: str) -> None:
        """A program of this phase has ended."""
        self._running[phase] -= 1
        if self._running[phase] == 0:
            self.seconds[phase] += time.monotonic() - self._since[phase]

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        """Count the time of the block."""
        self.begin(phase)
        try:
            yield
        finally:
            self.end(phase)


class JudgeContext:
    """One round of one criterion; implements `mlsj.kinds.base.Context`.

    `allow` tells the engine how many seconds from now on are in order: what a build takes is not the criterion's.
    """

    def __init__(
        self,
        setting: Setting,
        launch: Launch,
        criterion: Criterion,
        shared: Shared,
        clock: Clock,
        allow: Callable[[float], None],
        number: int = 1,
    ) -> None:
        self.lesson_id = setting.lesson.id
        self.seed = seed_of(setting.seed, number)
        self.work = Path(setting.work)
        self.note = Path(setting.note)
        self.note_form = setting.note_form
        self.note_sections: Sequence[tuple[str, str]] = [
            (section.heading, section.asks) for section in setting.lesson.note_sections
        ]
        self.scratch = Path(setting.scratch)
        if number > 1:  # a name that no program could take before
            self.scratch = Path(tempfile.mkdtemp(prefix=f"round-{number}-", dir=self.scratch))
        self.sources = Path(setting.sources)
        self.commands: list[Command] = []
        self._setting = setting
        self._launch = launch
        self._criterion = criterion
        self._shared = shared
        self._clock = clock
        self._allow = allow
        self._build_left = setting.build_timeout_s
        self._deadline = time.monotonic() + criterion.timeout_s
        allow(criterion.timeout_s)

    @cached_property
    def random(self) -> random.Random:
        """The criterion's generator, seeded from the seed and the criterion's id."""
        return random.Random(f"{self.seed}/{self._criterion.id}")  # noqa: S311 - test data, not secrets

    def once(self, name: str, make: Callable[[], _Made]) -> _Made:
        """Return `make()` of the first use of `name`, or raise what it raised."""
        if name not in self._shared:
            try:
                self._shared[name] = (True, make())
            except Exception as error:
                self._shared[name] = (False, error)
                raise
        good, value = self._shared[name]
        if not good:
            raise value
        made: _Made = value
        return made

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str | bytes = "",
        timeout_s: float | None = None,
        phase: Literal["build", "run"] = "run",
    ) -> Ran:
        """Run a program within what is left of the criterion's time, or of the time for building."""
        left = self._build_left if phase == "build" else self._deadline - time.monotonic()
        if left <= 0:
            raise self._overran(argv, phase)
        limit = left if timeout_s is None else min(timeout_s, left)
        began = time.monotonic()
        if phase == "build":
            self._allow(limit)
        with self._clock.timed(phase):
            ran = runner.run(
                argv,
                cwd=cwd or self.work,
                env={**self._setting.environment, **(env or {})},
                stdin=stdin,
                timeout_s=limit,
                launch=self._launch,
            )
        if phase == "build":
            took = time.monotonic() - began
            self._build_left -= took
            self._deadline += took
            self._allow(self._deadline - time.monotonic())
        self._record(ran, phase)
        if ran.timed_out and limit == left:
            raise self._overran(argv, phase)
        return ran

    def start(self, argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Program:
        """Start a program that runs until it is stopped, or until the criterion's time is used up."""
        if self._deadline <= time.monotonic():
            raise self._overran(argv, "run")
        program = runner.start(
            argv,
            cwd=cwd or self.work,
            env={**self._setting.environment, **(env or {})},
            launch=self._launch,
            deadline=self._deadline,
            limit_s=self._criterion.timeout_s,
        )
        return _Watched(program, self._clock, lambda ran: self._record(ran, "run"))

    def copy_of_work(self, name: str) -> Path:
        """Return a new copy of the work directory; where there is one of that name, the new one is numbered."""
        from mlsj.verify.stage import copy

        target, number = self.scratch / name, 1
        while target.exists() or target.is_symlink():
            number += 1
            target = self.scratch / f"{name}-{number}"
        copy(self.work, target)
        return target

    def _record(self, ran: Ran, phase: str) -> None:
        seconds = round(ran.duration_s, 4)
        self.commands.append(Command(ran.argv, ran.exit_code, seconds, ran.timed_out, phase, ran.peak_rss_bytes))

    def _overran(self, argv: Sequence[str], phase: str) -> Overran:
        return Overran(argv, self._setting.build_timeout_s if phase == "build" else self._criterion.timeout_s, phase)


def seed_of(seed: int, number: int) -> int:
    """Return the seed of a round: the first has the judging's own."""
    return seed if number == 1 else random.Random(f"{seed}/round/{number}").randrange(2**32)  # noqa: S311


class _Watched:
    """A running program whose time is counted and whose end is recorded once."""

    def __init__(self, program: Program, clock: Clock, record: Callable[[Ran], None]) -> None:
        self.argv = program.argv
        self._program = program
        self._clock = clock
        self._record = record
        self._open = True
        clock.begin("run")

    def __enter__(self) -> _Watched:
        self._program.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._open:
            self._close(self._program.kill())
        self._program.__exit__(*error)

    @property
    def running(self) -> bool:
        return self._program.running

    def send(self, data: str | bytes) -> bool:
        return self._program.send(data)

    def close_stdin(self) -> None:
        self._program.close_stdin()

    def line(self, timeout_s: float | None = None) -> str | None:
        return self._program.line(timeout_s)

    def signal(self, number: int) -> None:
        self._program.signal(number)

    def kill(self) -> Ran:
        return self._close(self._program.kill())

    def stop(self, timeout_s: float = 10.0) -> Ran:
        return self._close(self._program.stop(timeout_s))

    def wait(self, timeout_s: float | None = None) -> Ran:
        return self._close(self._program.wait(timeout_s))

    def usage(self) -> Usage:
        return self._program.usage()

    def _close(self, ran: Ran) -> Ran:
        if self._open:
            self._open = False
            self._clock.end("run")
            self._record(ran)
        return ran


if TYPE_CHECKING:  # what kinds are promised is what they get

    def _promised(context: JudgeContext, program: _Watched) -> tuple[Context, Program]:
        return context, program
