"""What follows from what was seen: verdicts that are hard to plant, given as plain values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench import lesson

from mlsj.kinds.base import Finding, Verdict
from mlsj.spec.model import Lesson
from mlsj.verify import prove_checks
from mlsj.verify.prove import proved
from mlsj.verify.prove_checks import CHECKS, problems
from mlsj.verify.prove_record import ProofState
from mlsj.verify.prove_seen import Judging, Seen
from mlsj.verify.quickstart import Command, Tried
from mlsj.verify.report import Result
from mlsj.verify.worker import Adversary

_VERDICTS = {
    "p": Verdict.PASS,
    "F": Verdict.FAIL,
    "u": Verdict.UNVERIFIED,
    "b": Verdict.BLOCKED,
    "E": Verdict.ERROR,
}


def mistake(name: str, *fails: str, message: str = "") -> dict[str, Any]:
    return {"id": name, "says": name, "fails": list(fails), "message": message or f"it is {name}"}


def criterion(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "uses": "judge", "with": {"function": name}, **more}


def judging(of: Lesson, variant: str, pattern: str, seed: int = 1, **fields: Any) -> Judging:
    """A round in which the criteria got the verdicts of `pattern`; a fail says "it is VARIANT"."""
    results = tuple(
        Result(
            each.id,
            each.says,
            each.core,
            Finding(
                _VERDICTS[letter],
                fields.get("message", f"it is {variant}") if letter == "F" else f"{letter} of {each.id}",
                phase=fields.get("phase", "judge") if letter in "EF" else "",
                timed_out=fields.get("timed_out", False) and letter == "F",
            ),
        )
        for each, letter in zip(of.criteria, pattern, strict=True)
    )
    return Judging(variant, seed, results)


TWO = lesson(
    criterion("a"),
    criterion("b", needs=["a"]),
    mistakes=[mistake("bad-a", "a"), mistake("bad-b", "b")],
)
FINE = (
    judging(TWO, "solution", "pp"),
    judging(TWO, "stub", "Fb"),
    judging(TWO, "bad-a", "Fb"),
    judging(TWO, "bad-b", "pF"),
)


def changed(*other: Judging, of: Lesson = TWO, judgings: tuple[Judging, ...] = FINE, **fields: Any) -> Seen:
    """What was seen when everything is fine, but for these judgings."""
    replaced = {each.variant for each in other}
    return Seen(of, (*(each for each in judgings if each.variant not in replaced), *other), **fields)


def codes(seen: Seen) -> list[str]:
    return [problem.code for problem in problems(seen)]


def test_a_lesson_of_which_everything_holds_is_proved() -> None:
    assert codes(changed()) == []
    found = proved(changed())
    assert found.state is ProofState.PROVED
    assert [(row.variant, row.verdicts, row.as_declared) for row in found.variants] == [
        ("solution", {"pp": 1}, True),
        ("stub", {"Fb": 1}, True),
        ("bad-a", {"Fb": 1}, True),
        ("bad-b", {"pF": 1}, True),
    ]


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (judging(TWO, "solution", "pF"), ["reference-fails"]),
        (judging(TWO, "solution", "Fb"), ["reference-fails"]),
        (judging(TWO, "solution", "pE"), ["judge-broken"]),
        (judging(TWO, "stub", "pp"), ["stub-passes"]),
        (judging(TWO, "stub", "bb"), ["stub-passes"]),
        (judging(TWO, "stub", "Fb", timed_out=True), ["stub-never-ends"]),
        (judging(TWO, "stub", "Fb", phase="build"), ["stub-does-not-build"]),
        (judging(TWO, "stub", "Eb"), ["judge-broken"]),
        (judging(TWO, "bad-a", "pp"), ["mistake-accepted", "criterion-never-fails"]),
        (judging(TWO, "bad-b", "Fb"), ["mistake-fails-other", "criterion-never-fails"]),
        (judging(TWO, "bad-b", "pu"), ["mistake-accepted", "criterion-never-fails"]),
        (judging(TWO, "bad-b", "pF", message="it is bad-a"), ["message-missing", "message-not-its-own"]),
        (judging(TWO, "bad-b", "pE"), ["judge-broken"]),
        (judging(TWO, "bad-b", "pE", phase="services"), ["machine-fails"]),
        (Judging("bad-b", 1, problem="prepare.sh failed"), ["variant-not-made"]),
        (Judging("solution", 1, problem="prepare.sh failed"), ["variant-not-made"]),
        (judging(TWO, "stub", "Fb", message="it is bad-a"), ["message-not-its-own"]),
    ],
)
def test_one_variant_that_is_not_as_it_must_be(other: Judging, expected: list[str]) -> None:
    assert codes(changed(other)) == expected


def test_every_problem_says_what_must_hold_what_was_seen_and_what_to_do() -> None:
    seen = changed(judging(TWO, "solution", "pF", seed=5), judging(TWO, "stub", "pp"), judging(TWO, "bad-a", "pp"))
    found = problems(seen)
    assert [each.code for each in found] == [
        "reference-fails",
        "stub-passes",
        "mistake-accepted",
        "criterion-never-fails",
    ]
    for problem in found:
        assert all((problem.says, problem.expected, problem.seen, problem.mend)), problem
    assert found[0].replay == "check 1-1 --solution --seed 5"
    assert found[2].replay == "check 1-1 --mistake bad-a --seed 1"


def test_a_flaky_reference_is_counted_with_the_seed_of_a_round_that_fails() -> None:
    rounds = [judging(TWO, "solution", "pF" if seed == 4 else "pp", seed) for seed in range(1, 6)]
    (problem,) = problems(changed(*rounds))
    assert (problem.code, problem.says) == ("reference-flaky", "b: the reference passed 4 of 5")
    assert problem.replay == "check 1-1 --solution --seed 4"
    row = proved(changed(*rounds)).variants[-1]
    assert (row.verdicts, row.as_declared, row.seeds) == ({"pp": 4, "pF": 1}, False, [1, 2, 3, 4, 5])


def test_a_reference_that_is_judged_in_some_rounds_only_is_flaky() -> None:
    assert codes(changed(judging(TWO, "solution", "pp"), judging(TWO, "solution", "pu", 2))) == [
        "core-not-judged",
        "reference-flaky",
    ]


def test_a_flaky_mistake_is_counted_with_what_it_fails_else() -> None:
    rounds = [judging(TWO, "bad-b", "pp" if seed == 2 else "pF", seed) for seed in range(3)]
    (problem,) = problems(changed(*rounds))
    assert problem.code == "mistake-flaky"
    assert problem.says == "mistake bad-b: as declared in 2 of 3 rounds, else fails []"
    assert problem.replay == "check 1-1 --mistake bad-b --seed 2"


def test_a_mistake_that_fails_more_is_told_with_both_sets() -> None:
    both = judging(TWO, "bad-a", "FF")
    (problem,) = [each for each in problems(changed(both)) if each.code == "mistake-fails-other"]
    assert problem.says == "mistake bad-a: fails [a, b], declared [a]"
    assert problem.criteria == ("b",)


def test_one_of_the_named_criteria_has_to_say_the_message() -> None:
    of = lesson(criterion("a"), criterion("b"), mistakes=[mistake("both", "a", "b", message="b of both")])
    fails = judging(of, "both", "FF")
    first, second = fails.results
    second = msgspec.structs.replace(second, finding=msgspec.structs.replace(second.finding, message="b of both, too"))
    fine = (judging(of, "solution", "pp"), judging(of, "stub", "Fp"))
    assert codes(Seen(of, (*fine, Judging("both", 1, (first, second))))) == []
    assert codes(Seen(of, (*fine, fails))) == ["message-missing"]


# what this machine cannot show ----------------------------------------------------------------------------------------

GPU = lesson(
    criterion("a"),
    criterion("fast", core=False, requires="gpu"),
    criterion("faster", core=False, needs=["fast"]),
    mistakes=[mistake("bad-a", "a"), mistake("slow", "fast"), mistake("both", "a", "fast")],
)
HERE = (
    judging(GPU, "solution", "puu"),
    judging(GPU, "stub", "Fuu"),
    judging(GPU, "bad-a", "Fuu"),
    judging(GPU, "slow", "puu"),
    judging(GPU, "both", "Fuu"),
)


def test_what_only_another_machine_can_show_is_listed_and_no_problem() -> None:
    found = proved(Seen(GPU, HERE, quickstart=Tried(left_out=(Command(3, "nvidia-smi  # needs: gpu", "gpu"),))))
    assert found.problems == []
    assert [(each.what, each.name, each.lacks) for each in found.not_proved_here] == [
        ("criterion", "fast", "gpu"),
        ("criterion", "faster", "gpu"),
        ("mistake", "slow", "gpu"),
        ("quick-start line", "3", "gpu"),
    ]
    assert {row.variant: row.as_declared for row in found.variants}["slow"] is None


def test_with_the_machine_that_can_show_it_it_must_hold() -> None:
    there = [judging(GPU, each.variant, "ppp" if each.variant in ("solution", "slow") else "Fpp") for each in HERE]
    assert codes(Seen(GPU, tuple(there))) == [
        "mistake-accepted",
        "mistake-fails-other",
        "criterion-never-fails",
        "criterion-never-fails",
    ]


def test_a_core_criterion_that_is_not_judged_leaves_the_lesson_not_judged() -> None:
    of = lesson(criterion("a"), criterion("b"), mistakes=[mistake("bad-a", "a")])
    found = proved(Seen(of, (judging(of, "solution", "pu"), judging(of, "stub", "Fu"), judging(of, "bad-a", "Fu"))))
    assert [problem.code for problem in found.problems] == ["core-not-judged"]
    assert found.state is ProofState.NOT_JUDGED
    assert found.problems[0].seen == "u of b"


def test_an_environment_that_cannot_be_made_leaves_the_lesson_not_judged() -> None:
    found = proved(Seen(TWO, environment="no network"))
    codes_found = [problem.code for problem in found.problems]
    assert (codes_found, found.state) == (["environment-missing"], ProofState.NOT_JUDGED)


def test_the_courses_fault_outweighs_the_machines() -> None:
    found = proved(changed(judging(TWO, "bad-b", "pE", phase="services"), judging(TWO, "stub", "pp")))
    assert found.state is ProofState.NOT_PROVED


# adversaries, the stub as a mistake, the quick-start ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.FAIL, []),
        (Verdict.PASS, ["adversary-accepted"]),
        (Verdict.UNVERIFIED, ["adversary-accepted"]),
        (Verdict.ERROR, ["judge-broken"]),
    ],
)
def test_each_adversary_must_fail(verdict: Verdict, expected: list[str]) -> None:
    found = problems(changed(adversaries=(Adversary("a", "zeros", Finding(verdict, "as far as seen", phase="judge")),)))
    assert [problem.code for problem in found] == expected
    assert not found or "as far as seen" in found[0].seen


@pytest.mark.parametrize(("kind", "expected"), [("file", []), ("note", []), ("judge", ["criterion-never-fails"])])
def test_the_stub_shows_that_a_file_or_a_note_can_be_missing(kind: str, expected: list[str]) -> None:
    of = lesson(criterion("a"), {**criterion("there"), "uses": kind}, mistakes=[mistake("bad-a", "a")])
    rounds = (judging(of, "solution", "pp"), judging(of, "stub", "FF"), judging(of, "bad-a", "Fp"))
    assert codes(Seen(of, rounds)) == expected


@pytest.mark.parametrize(("timed_out", "code"), [(False, "quickstart-fails"), (True, "quickstart-never-ends")])
def test_a_quick_start_that_does_not_work(timed_out: bool, code: str) -> None:
    tried = Tried(failed=Command(2, "make \\\n  it"), how="exit code 2", output="no rule", timed_out=timed_out)
    (problem,) = problems(changed(quickstart=tried))
    assert (problem.code, problem.says) == (code, "quick-start line 2: make \\")
    assert problem.seen == "exit code 2; the end of the output:\nno rule"


def test_the_checks_say_what_they_hold() -> None:
    assert len({check.__doc__ for check in CHECKS}) == len(CHECKS)
    assert all(check.__doc__ for check in CHECKS)


def test_every_problem_that_can_be_named_is_documented(repository: Path) -> None:
    source = Path(prove_checks.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'"((?:[a-z]+-)+[a-z]+)"', source))
    rows = re.findall(
        r"^\| `(.+?)` \| .+ \|$", (repository / "docs/prove.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert sorted(rows) == sorted(named)
