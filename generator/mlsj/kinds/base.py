"""What a criterion kind is given and what it returns.

A kind is one module in this package: `Params`, a struct that becomes part of the spec's schema, and
`judge(params, context) -> Finding`. It imports whatever is slow inside `judge`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec


class Verdict(StrEnum):
    """What was found out about a criterion."""

    PASS = "pass"
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

    `message` says what was found; for a fail, `expected`, `got` and `where` say it precisely and `next_step` is the one thing
    to do next. `phase` names what broke for an error: environment, build, services, run or judge.
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


class Ran(msgspec.Struct, frozen=True):
    """How a judged program ended. `stdout` and `stderr` are decoded with their middle elided beyond a limit."""

    argv: tuple[str, ...]
    exit_code: int | None
    stdout: str
    stderr: str
    duration_s: float
    timed_out: bool = False


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
    scratch: Path
    """An empty directory of this judging, outside `work`."""
    sources: Path
    """The lesson's own folder of reference sources (holds `judge.py`), read-only by convention."""

    @property
    def random(self) -> random.Random:
        """A generator seeded from `seed` and the criterion's id: the same at each call of a judging."""
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
        """Run a program of the learner's, or a tool of the lesson's environment, with a clean environment and limits."""
        ...
