"""What judging a lesson found: one result per criterion, and the state that follows from them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from mlsj.kinds.base import Finding, Verdict

PHASES = ("environment", "build", "services", "run", "judge")


class State(StrEnum):
    """Where a lesson stands."""

    PASSED = "passed"
    PASSED_HERE = "passed here"
    FAILED = "failed"
    NOT_JUDGED = "not judged"


class Command(msgspec.Struct, frozen=True):
    """A program that was run while a criterion was judged."""

    argv: tuple[str, ...]
    exit_code: int | None
    duration_s: float
    timed_out: bool = False
    phase: str = "run"
    peak_rss_bytes: int = 0


class Result(msgspec.Struct, frozen=True):
    """What was found about one criterion. `trace` is for the course's author, never for a learner.

    `judged` and `seed` are of then where an earlier verdict is used again, else empty. `inputs` is the digest of what a
    verdict follows from that may be used again, else empty.
    """

    id: str
    says: str
    core: bool
    finding: Finding
    duration_s: float = 0.0
    commands: tuple[Command, ...] = ()
    trace: str = ""
    judged: str = ""
    seed: int | None = None
    inputs: str = ""

    @property
    def verdict(self) -> Verdict:
        """The finding's verdict."""
        return self.finding.verdict


class Report(msgspec.Struct, frozen=True):
    """The outcome of judging a lesson once. `reason` says why nothing was judged, where that is so."""

    lesson: str
    state: State
    seed: int
    results: tuple[Result, ...]
    phases: dict[str, float] = msgspec.field(default_factory=dict)
    isolation: dict[str, str] = msgspec.field(default_factory=dict)
    environment: str = ""
    reason: str = ""

    @property
    def first_open(self) -> Result | None:
        """The result to look at first: a fail, else an error, else what could not be verified."""
        for verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.UNVERIFIED):
            found = next((result for result in self.results if result.verdict is verdict), None)
            if found is not None:
                return found
        return None


def state_of(results: Iterable[Result]) -> State:
    """Derive the lesson's state.

    One fail fails it. Without one, an error, or a core criterion that this machine cannot show, leaves it not judged:
    it is neither the learner's failure nor a pass.
    """
    found = list(results)
    verdicts = {result.verdict for result in found}
    if Verdict.FAIL in verdicts:
        return State.FAILED
    if not found or verdicts & {Verdict.ERROR, Verdict.BLOCKED}:
        return State.NOT_JUDGED
    if verdicts == {Verdict.PASS}:
        return State.PASSED
    core = [result for result in found if result.core]
    return State.PASSED_HERE if core and all(r.verdict is Verdict.PASS for r in core) else State.NOT_JUDGED
