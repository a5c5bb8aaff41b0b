"""The record of a proof, for programs and for the printed report (`docs/formats/proof.schema.json`)."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mlsj.kinds.base import Verdict
from mlsj.verify.prove_seen import SOLUTION, STUB, Judging, Problem, Seen

_LETTERS = {
    Verdict.PASS: "p",
    Verdict.FAIL: "F",
    Verdict.UNVERIFIED: "u",
    Verdict.BLOCKED: "b",
    Verdict.ERROR: "E",
}


class ProofState(StrEnum):
    """What became of a proof."""

    PROVED = "proved"
    NOT_PROVED = "not proved"
    NOT_JUDGED = "not judged"


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reason why a lesson is not proved."""

    code: Annotated[str, Meta(description="Stable name of the check that does not hold, such as mistake-fails-other.")]
    says: Annotated[str, Meta(description="What is wrong, in a sentence.")]
    expected: Annotated[str, Meta(description="What must hold.")]
    seen: Annotated[str, Meta(description="What was observed instead.")]
    mend: Annotated[str, Meta(description="What the course's author can do.")]
    variants: Annotated[list[str], Meta(description="Variants that it is about.")]
    criteria: Annotated[list[str], Meta(description="Criteria that it is about.")]
    replay: Annotated[str, Meta(description="Arguments of mlsj that show it again; empty where there are none.")]
    of: Annotated[
        Literal["course", "machine"], Meta(description="Whose it is: a machine's leaves the lesson not judged.")
    ]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A variant, and the verdicts that it got."""

    variant: Annotated[str, Meta(description="solution, stub, or the id of a mistake.")]
    verdicts: Annotated[
        dict[str, int],
        Meta(
            description="Pattern of verdicts to the number of rounds with it: a letter for each criterion in the "
            "lesson's order, p pass, F fail, u unverified, b blocked, E error."
        ),
    ]
    fails: Annotated[list[str], Meta(description="Criteria that fail in any round.")]
    as_declared: Annotated[
        bool | None, Meta(description="Whether all is as it must be; null where this machine cannot show it.")
    ]
    seeds: Annotated[list[int], Meta(description="Seed of each round.")]
    seconds: Annotated[float, Meta(description="Seconds of all rounds together.")]


class Hidden(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that this machine cannot show."""

    what: Annotated[Literal["criterion", "mistake", "quick-start line"], Meta(description="What it is.")]
    name: Annotated[str, Meta(description="Its id, or the number of the line.")]
    lacks: Annotated[str, Meta(description="What this machine lacks: gpu, docker, or the reason in words.")]


class LessonProof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The proof of one lesson."""

    id: Annotated[str, Meta(description="Id of the lesson.")]
    title: Annotated[str, Meta(description="Its title.")]
    state: Annotated[ProofState, Meta(description="proved, not proved, or not judged for the machine's sake.")]
    criteria: Annotated[list[str], Meta(description="Ids of the criteria, in the lesson's order.")]
    variants: Annotated[list[Row], Meta(description="The reference, the stub and the mistakes.")]
    adversaries: Annotated[int, Meta(description="Results that no program computed, held against numeric criteria.")]
    quickstart: Annotated[int, Meta(description="Commands of the quick-start that ended well on the reference.")]
    quickstart_said: Annotated[str, Meta(description="The last line that the quick-start wrote.")]
    not_proved_here: Annotated[list[Hidden], Meta(description="What this machine cannot show.")]
    problems: Annotated[list[Reason], Meta(description="Everything that keeps the lesson from being proved.")]


class Proof(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The proof of some lessons."""

    format: Annotated[Literal[1], Meta(description="Version of this format.")]
    state: Annotated[ProofState, Meta(description="proved when every lesson is.")]
    repeat: Annotated[int, Meta(description="Rounds in which each variant was judged, with fresh seeds.")]
    judgings: Annotated[int, Meta(description="How often a variant was judged.")]
    lessons: Annotated[list[LessonProof], Meta(description="The lessons, in the course's order.")]


def schema_text() -> str:
    """Return the text of `docs/formats/proof.schema.json`, rendered from these types."""
    (root,), components = msgspec.json.schema_components((Proof,), ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mlsj prove --format json",
        **root,
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def lesson_proof(seen: Seen, problems: tuple[Problem, ...]) -> LessonProof:
    """Return the record of one lesson."""
    variants = dict.fromkeys(judging.variant for judging in seen.judgings)
    tried = seen.quickstart
    hidden = [Hidden("criterion", name, lacks) for name, lacks in seen.hidden.items()]
    hidden += [Hidden("mistake", name, lacks) for name, lacks in _hidden_mistakes(seen).items()]
    if tried is not None:
        hidden += [Hidden("quick-start line", str(each.line), each.needs) for each in tried.left_out]
    return LessonProof(
        id=seen.lesson.id,
        title=seen.lesson.title,
        state=_state({problem.of for problem in problems}),
        criteria=[criterion.id for criterion in seen.lesson.criteria],
        variants=[_row(seen, variant, problems) for variant in variants],
        adversaries=len(seen.adversaries),
        quickstart=len(tried.ran) if tried is not None else 0,
        quickstart_said=tried.output if tried is not None and tried.failed is None else "",
        not_proved_here=hidden,
        problems=[msgspec.convert(problem, Reason, from_attributes=True) for problem in problems],
    )


def proof(lessons: list[LessonProof], repeat: int) -> Proof:
    """Return the record of several lessons."""
    states = [lesson.state for lesson in lessons]
    worst = next((s for s in (ProofState.NOT_PROVED, ProofState.NOT_JUDGED) if s in states), ProofState.PROVED)
    judgings = sum(len(row.seeds) for lesson in lessons for row in lesson.variants)
    return Proof(format=1, state=worst, repeat=repeat, judgings=judgings, lessons=lessons)


def _state(of: set[Literal["course", "machine"]]) -> ProofState:
    if not of:
        return ProofState.PROVED
    return ProofState.NOT_PROVED if "course" in of else ProofState.NOT_JUDGED


def _hidden_mistakes(seen: Seen) -> dict[str, str]:
    """Return the mistakes that only criteria reject which this machine cannot show, by what it lacks."""
    return {
        mistake.id: seen.hidden[mistake.fails[0]]
        for mistake in seen.lesson.mistakes
        if set(mistake.fails) <= set(seen.hidden)
    }


def _row(seen: Seen, variant: str, problems: tuple[Problem, ...]) -> Row:
    rounds = seen.of(variant)
    fails = {name for judging in rounds for name in judging.failing}
    declared: bool | None = not any(variant in problem.variants for problem in problems)
    if declared and variant not in (SOLUTION, STUB) and variant in _hidden_mistakes(seen):
        declared = None
    return Row(
        variant=variant,
        verdicts=dict(Counter(_pattern(judging) for judging in rounds).most_common()),
        fails=[criterion.id for criterion in seen.lesson.criteria if criterion.id in fails],
        as_declared=declared,
        seeds=[judging.seed for judging in rounds],
        seconds=round(sum(judging.duration_s for judging in rounds), 3),
    )


def _pattern(judging: Judging) -> str:
    return "".join(_LETTERS[result.verdict] for result in judging.results)
