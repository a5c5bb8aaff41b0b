"""What a criterion kind is given and what it returns.

A kind is one module in this package: `Params`, a struct that becomes part of the spec's schema, and
`judge(params, context) -> Finding`. It imports whatever is slow inside `judge`. What it may say besides:

    LOOKS_AT       which of "work" and "note" a verdict depends on; both where it is absent
    DETERMINISTIC  False where equal files may get another verdict (a measured speed, a service); True where absent
    adversaries    `(params, context) -> Iterator[tuple[str, Finding]]`: for a numeric criterion, what the judge says to
                   results that no learner's program made (zeros, a constant, the input, less precision), by name;
                   `mlsj prove` wants a fail for each
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    import random

_Made = TypeVar("_Made")


class Verdict(StrEnum):
    """What was found out about a criterion."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNVERIFIED = "unverified"
    BLOCKED = "blocked"
    ERROR = "error"


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every kind's parameters."""


class Measurement(msgspec.Struct, frozen=True):
    """A measured quantity with its unit, its spread over repeats and the bound it was held against.

    `value` is the median of the repeats and `spread` half the distance between the largest and the smallest of them;
    one measurement alone has no spread. `sense` says on which side of `bound` the value must lie.
    """

    name: str
    value: float
    unit: str
    spread: float | None = None
    bound: float | None = None
    sense: Literal["at most", "at least", ""] = ""

    @property
    def kept(self) -> bool:
        """Whether the value lies on the right side of its bound."""
        if self.bound is None:
            return True
        return self.value >= self.bound if self.sense == "at least" else self.value <= self.bound

    @property
    def text(self) -> str:
        """The quantity in words: "write amplification 1.3 bytes per byte (spread 0.1, at most 2)"."""
        notes = [f"spread {_figures(self.spread)}" if self.spread is not None else "measured once"]
        if self.bound is not None:
            notes.append(f"{self.sense or 'at most'} {_figures(self.bound)}")
        return f"{self.name} {_figures(self.value)} {self.unit} ({', '.join(notes)})"


def _figures(value: float) -> str:
    """Return three significant figures, without an exponent where a reader does not need one."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.3g}"


class Finding(msgspec.Struct, frozen=True):
    """The outcome of judging one criterion.

    `message` says what was found; for a fail, `expected`, `got` and `where` say it precisely and `next_step` is the one
    thing to do next. `phase` names what broke for an error: environment, build, services, run or judge.
    """

    verdict: Verdict
    message: str
    expected: str = ""
    got: str = ""
    where: str = ""
    next_step: str = ""
    phase: str = ""
    measurements: tuple[Measurement, ...] = ()
    timed_out: bool = False
    """A judged program did not end by itself; `phase` says in which phase."""


def passed(message: str, *measurements: Measurement) -> Finding:
    """Return a pass with what was observed."""
    return Finding(Verdict.PASS, message, measurements=measurements)


def failed(
    message: str, *, expected: str, got: str, next_step: str, where: str = "", measurements: Sequence[Measurement] = ()
) -> Finding:
    """Return a fail that tells the learner what to do."""
    return Finding(
        Verdict.FAIL,
        message,
        expected=expected,
        got=got,
        where=where,
        next_step=next_step,
        measurements=tuple(measurements),
    )


def measured(
    name: str, values: Sequence[float], unit: str, *, at_most: float | None = None, at_least: float | None = None
) -> Measurement:
    """Return repeats of one measurement as their median and spread, held against one bound; `values` is not empty."""
    import statistics

    spread = (max(values) - min(values)) / 2 if len(values) > 1 else None
    value = statistics.median(values)
    if at_least is not None:
        return Measurement(name, value, unit, spread, at_least, "at least")
    return Measurement(name, value, unit, spread, at_most, "at most" if at_most is not None else "")


def unverified(reason: str) -> Finding:
    """Return unverified: this machine cannot show it."""
    return Finding(Verdict.UNVERIFIED, reason)


class ProgramMissing(Exception):  # noqa: N818 - not a fault: the criterion becomes unverified
    """A program that judging needs is not installed on this machine."""


class Overran(Exception):  # noqa: N818 - not a fault of the judge: the criterion fails
    """A judged program used up the time that its criterion allows; `phase` says in which phase."""

    def __init__(self, argv: Sequence[str], limit_s: float, phase: str = "run") -> None:
        super().__init__(f"{' '.join(argv)} ran longer than {limit_s:g} s")
        self.argv = tuple(argv)
        self.limit_s = limit_s
        self.phase = phase


class Ran(msgspec.Struct, frozen=True):
    """How a judged program ended. `stdout` and `stderr` are decoded with their middle elided beyond a limit.

    `exit_code` is negative for a signal, as in `subprocess`, 127 for a file that is not there, and None when it was
    stopped; `stopped` says why.
    """

    argv: tuple[str, ...]
    exit_code: int | None
    stdout: str
    stderr: str
    duration_s: float
    timed_out: bool = False
    stopped: str = ""
    peak_rss_bytes: int = 0
    """Most resident memory that its processes had together, as sampled; 0 when it ended before the first sample."""

    @property
    def command(self) -> str:
        """The command as it would be typed."""
        import shlex

        return shlex.join(self.argv)

    @property
    def ending(self) -> str:
        """How it ended, in words: "exit code 1" with the last lines that it wrote."""
        code = self.exit_code if self.exit_code is not None else 0
        how = self.stopped or (f"exit code {code}" if code >= 0 else f"signal {-code}")
        said = (self.stderr.strip() or self.stdout.strip()).splitlines()[-5:]
        return "\n".join(
            [how + (", having written:" if said else ", having written nothing"), *(f"  {s}" for s in said)]
        )


class Usage(msgspec.Struct, frozen=True):
    """What a program and all it started use, read from the kernel now.

    `rss_bytes` is their resident memory together; `read_bytes` and `written_bytes` are what they passed through read
    and write calls (`rchar` and `wchar` of proc(5), /proc/PID/io), ended descendants included as far as they were
    waited for. Where the system does not say, the value is None.
    """

    rss_bytes: int | None
    peak_rss_bytes: int | None
    cpu_s: float | None
    read_bytes: int | None
    written_bytes: int | None


class Program(Protocol):
    """A judged program that keeps running while the judge talks to it. Leaving its `with` kills it and all it started.

    Each method that waits ends when the criterion's time is used up, with Overran.
    """

    argv: tuple[str, ...]

    def __enter__(self) -> Program: ...

    def __exit__(self, *_: object) -> None: ...

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        ...

    def send(self, data: str | bytes) -> bool:
        """Write to its standard input; False when it no longer reads. A program that reads nothing blocks for long
        texts: read its answers in between."""
        ...

    def close_stdin(self) -> None:
        """End its standard input."""
        ...

    def line(self, timeout_s: float | None = None) -> str | None:
        """Return the next line of its standard output without its end, or None when there is no more.

        Raises TimeoutError when nothing came within `timeout_s`.
        """
        ...

    def signal(self, number: int) -> None:
        """Send a signal to the program itself; nothing happens when it has ended."""
        ...

    def kill(self) -> Ran:
        """End it and all it started at once, with SIGKILL."""
        ...

    def stop(self, timeout_s: float = 10.0) -> Ran:
        """Ask it to end with SIGTERM and wait; after `timeout_s` it is killed, and `stopped` says so."""
        ...

    def wait(self, timeout_s: float | None = None) -> Ran:
        """Close its standard input and wait for its end; after `timeout_s` it is killed and `timed_out` is set."""
        ...

    def usage(self) -> Usage:
        """Return what it uses now; of an ended program, what it used last."""
        ...


class Context(Protocol):
    """What a judge may use. Directories are scratch copies: nothing of the learner's is touched."""

    lesson_id: str
    seed: int
    work: Path
    """The learner's files."""
    note: Path
    """The learner's note; it may not exist."""
    note_form: str
    """The text of the empty note form."""
    note_sections: Sequence[tuple[str, str]]
    """Heading of each section of the note, and what it asks for."""
    scratch: Path
    """An empty directory of this judging, outside `work`."""
    sources: Path
    """The lesson's own folder of reference sources (holds `judge.py`), read-only by convention."""

    @property
    def random(self) -> random.Random:
        """The criterion's own generator, one for the whole of its judging: each use draws on.

        It is seeded from `seed` and the criterion's id, so it does not depend on what was judged before. What several
        criteria share through `once` is made for whichever comes first: seed that from `seed` and a name of its own.
        """
        ...

    def once(self, name: str, make: Callable[[], _Made]) -> _Made:
        """Return `make()`, called at the first use of `name` in a judging: several criteria may look at one run.

        An exception of `make` is raised again at each use.
        """
        ...

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
        """Run a program of the learner's, or a tool of the lesson's environment, with a clean environment and limits.

        It runs in `cwd`, by default `work`; `env` adds variables. Whatever it started is ended with it. Raises
        ProgramMissing when a program given by name is not installed, and Overran when the criterion's time is used up;
        with an own `timeout_s` that ends sooner, the result says `timed_out`. In phase "build" it has a limit of its
        own and its time is not charged to the criterion.
        """
        ...

    def start(self, argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Program:
        """Start a program and return while it runs, with the same environment and limits as `run`.

        Use it in a `with` statement. Raises ProgramMissing as `run` does.
        """
        ...

    def copy_of_work(self, name: str) -> Path:
        """Return a new copy of the learner's files, `scratch / name`, for a judge that breaks things."""
        ...


def inside(folder: Path, path: str) -> Path | None:
    """Return `folder / path`, or None when that is, or leads through a link, outside of `folder`."""
    found = folder / path
    return found if found.resolve().is_relative_to(folder.resolve()) else None


def quoted(text: str, limit: int = 400) -> str:
    """Return `text` for a message: its beginning, and how much is left out."""
    text = text.rstrip("\n")
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} characters more)"
