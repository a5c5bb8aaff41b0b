"""What a criterion kind is given and what it returns.

A kind is one module in this package: `Params`, a struct that becomes part of the spec's schema, and
`judge(params, context) -> Finding`. It imports whatever is slow inside `judge`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

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
    """A measured quantity with its unit, its spread over repeats and the bound it was held against."""

    name: str
    value: float
    unit: str
    spread: float | None = None
    bound: float | None = None


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


def passed(message: str, *measurements: Measurement) -> Finding:
    """Return a pass with what was observed."""
    return Finding(Verdict.PASS, message, measurements=measurements)


def failed(message: str, *, expected: str, got: str, next_step: str, where: str = "") -> Finding:
    """Return a fail that tells the learner what to do."""
    return Finding(Verdict.FAIL, message, expected=expected, got=got, where=where, next_step=next_step)


def unverified(reason: str) -> Finding:
    """Return unverified: this machine cannot show it."""
    return Finding(Verdict.UNVERIFIED, reason)


class ProgramMissing(Exception):  # noqa: N818 - not a fault: the criterion becomes unverified
    """A program that judging needs is not installed on this machine."""


class Overran(Exception):  # noqa: N818 - not a fault of the judge: the criterion fails
    """A judged program used up the time that its criterion allows."""

    def __init__(self, argv: Sequence[str], limit_s: float) -> None:
        super().__init__(f"{' '.join(argv)} ran longer than {limit_s:g} s")
        self.argv = tuple(argv)
        self.limit_s = limit_s


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
        stdin: str = "",
        timeout_s: float | None = None,
    ) -> Ran:
        """Run a program of the learner's, or a tool of the lesson's environment, with a clean environment and limits.

        It runs in `cwd`, by default `work`; `env` adds variables. Whatever it started is ended with it. Raises
        ProgramMissing when a program given by name is not installed, and Overran when the criterion's time is used up;
        with an own `timeout_s` that ends sooner, the result says `timed_out`.
        """
        ...


def inside(folder: Path, path: str) -> Path | None:
    """Return `folder / path`, or None when that is, or leads through a link, outside of `folder`."""
    found = folder / path
    return found if found.resolve().is_relative_to(folder.resolve()) else None


def quoted(text: str, limit: int = 400) -> str:
    """Return `text` for a message: its beginning, and how much is left out."""
    text = text.rstrip("\n")
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} characters more)"
