"""What proving a lesson observed, and what a check makes of it: plain values between running and judging."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from mlsj.kinds.base import Verdict
from mlsj.spec.model import Criterion, Lesson
from mlsj.verify.quickstart import Tried
from mlsj.verify.report import Result
from mlsj.verify.worker import Adversary

SOLUTION, STUB = "solution", "stub"


class Judging(msgspec.Struct, frozen=True):
    """One variant judged once. `problem` says why there was nothing to judge."""

    variant: str
    seed: int
    results: tuple[Result, ...] = ()
    duration_s: float = 0.0
    problem: str = ""

    def those(self, *verdicts: Verdict) -> frozenset[str]:
        """Return the criteria that got one of these verdicts."""
        return frozenset(result.id for result in self.results if result.verdict in verdicts)

    @property
    def failing(self) -> frozenset[str]:
        """The criteria that fail."""
        return self.those(Verdict.FAIL)

    @property
    def fit(self) -> bool:
        """Whether it says anything about the variant: it was judged, and no judge broke."""
        return not self.problem and not self.those(Verdict.ERROR)

    def messages(self, criteria: Sequence[str] | frozenset[str]) -> list[str]:
        """Return what the failing ones of `criteria` say."""
        return [r.finding.message for r in self.results if r.id in criteria and r.verdict is Verdict.FAIL]


class Seen(msgspec.Struct, frozen=True):
    """Everything observed about one lesson. `environment` says why its programs cannot run here.

    An adversary is what a numeric criterion said to a result that no program computed, such as zeros.
    """

    lesson: Lesson
    judgings: tuple[Judging, ...] = ()
    adversaries: tuple[Adversary, ...] = ()
    quickstart: Tried | None = None
    environment: str = ""

    def of(self, variant: str) -> list[Judging]:
        """Return the rounds of a variant."""
        return [judging for judging in self.judgings if judging.variant == variant]

    @property
    def hidden(self) -> dict[str, str]:
        """The criteria that this machine cannot show, by what they lack: "gpu", or the reason in words.

        That is what the reference's verdict says. A criterion that is unverified for a mistake alone is judged here.
        """
        criteria = {criterion.id: criterion for criterion in self.lesson.criteria}
        found: dict[str, str] = {}
        for judging in self.of(SOLUTION):
            for result in judging.results:
                if result.verdict is Verdict.UNVERIFIED:
                    found.setdefault(result.id, _lacks(criteria[result.id], criteria) or result.finding.message)
        return found


def _lacks(criterion: Criterion, criteria: dict[str, Criterion]) -> str:
    if criterion.requires:
        return criterion.requires
    needed = (_lacks(criteria[need], criteria) for need in criterion.needs if need in criteria)
    return next((lack for lack in needed if lack), "")


class Problem(msgspec.Struct, frozen=True):
    """One reason why a lesson is not proved.

    `says` is a sentence; `expected`, `seen` and `mend` say it precisely and what to do; `replay` is the command that
    shows it again, without the name of the program. A problem of the machine's leaves the lesson not judged.
    """

    code: str
    says: str
    expected: str
    seen: str
    mend: str
    variants: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    replay: str = ""
    of: Literal["course", "machine"] = "course"


def replay(lesson: Lesson, judging: Judging) -> str:
    """Return the arguments of `mlsj` that judge this variant with these inputs again."""
    fixed = {SOLUTION: "--solution", STUB: "--stub"}
    return f"check {lesson.id} {fixed.get(judging.variant, f'--mistake {judging.variant}')} --seed {judging.seed}"


def listed(names: Sequence[str] | frozenset[str], order: Sequence[Criterion]) -> str:
    """Return criteria as "[a, b]" in the lesson's order."""
    return "[" + ", ".join(criterion.id for criterion in order if criterion.id in names) + "]"
