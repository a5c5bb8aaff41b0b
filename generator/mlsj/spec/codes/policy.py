"""Codes of course policy: what every lesson, and every ready lesson, owes the learner (MLSJ-L…)."""

from __future__ import annotations

from mlsj.spec.codes import Code

_CODES = (
    Code(
        "MLSJ-L001",
        "Objective without evidence",
        "A lesson promises a skill that none of its criteria shows. A learner could pass without it.",
        "Add the objective to the `shows` of the criterion that is evidence for it, or write such a criterion, "
        "or remove "
        "the promise.",
    ),
    Code(
        "MLSJ-L002",
        "Criterion that nothing judges",
        "A ready lesson has a criterion without `uses`. Only a draft may have one.",
        "Name the kind that judges it, or set the lesson's `status` to `draft`.",
    ),
    Code(
        "MLSJ-L003",
        "No core criterion",
        "A ready lesson has no criterion that is judged on every machine, so on some it could never be passed or "
        "failed.",
        "Mark one with `core: true`.",
    ),
    Code(
        "MLSJ-L004",
        "Core criterion with requirements",
        "A core criterion is judged on every machine, and this one requires a GPU or Docker.",
        "Remove `core`, or judge it in a way that needs neither.",
    ),
    Code(
        "MLSJ-L005",
        "Too few mistakes",
        "A ready lesson has fewer than two mistakes that fail a core criterion. Rejecting real mistakes is the proof "
        "that a criterion can fail, and it must be possible on every machine.",
        "Add mistakes real people make to the sources and to `mistakes`, each naming a core criterion in `fails`.",
    ),
    Code(
        "MLSJ-L006",
        "No hints",
        "A ready lesson has no hints. Whoever is stuck has only the solution left.",
        "Write `hints`, from a nudge to nearly the answer.",
    ),
    Code(
        "MLSJ-L007",
        "Nothing after a pass",
        "A ready lesson says nothing after a pass. Work that passes is not yet understood.",
        "Write in `after` why it works and what an expert would check next.",
    ),
    Code(
        "MLSJ-L008",
        "Nothing to read",
        "A ready lesson has no reading, and does not say why.",
        "Add a `reading`, or say in `reading_note` why there is none.",
    ),
    Code(
        "MLSJ-L009",
        "No time",
        "A lesson's hours add up to zero, so no plan can count on it.",
        "Give the hours of reading, building and reflecting in `effort`.",
    ),
    Code(
        "MLSJ-L010",
        "No sources",
        "A ready lesson has no sources: no stub to start from, no solution, no mistakes.",
        "Name their folder in `sources`, or set the lesson's `status` to `draft`.",
    ),
    Code(
        "MLSJ-L011",
        "Hours that differ",
        "The hours of a module differ by more than a quarter from the sum of its lessons' hours. One of the two "
        "misleads "
        "whoever plans with it. This is a warning.",
        "Correct the lessons' `effort` or the module's `hours`, or say in `hours_note` why they differ.",
    ),
    Code(
        "MLSJ-L012",
        "Needless explanation",
        "A module explains why its hours differ from its lessons', and they no longer do. This is a warning.",
        "Remove `hours_note`.",
    ),
    Code(
        "MLSJ-L013",
        "Core criterion that needs another",
        "A core criterion is judged on every machine, and this one needs a criterion that is not: where that is "
        "unverified, so is this.",
        "Make the other criterion core as well, or do not need it.",
    ),
    Code(
        "MLSJ-L014",
        "Port without network",
        "A criterion talks to a port of the learner's program, and the lesson does not declare `network`. Its programs "
        "then run with a loopback interface of their own, which the judge cannot reach: every work would fail.",
        "Write `network: true` in the lesson, or talk to the program by its standard input and output.",
    ),
)

CODES: dict[str, Code] = {code.code: code for code in _CODES}
