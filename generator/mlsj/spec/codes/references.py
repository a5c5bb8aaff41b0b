"""Codes of references: ids that are double, unknown or circular, and things that clash (MLSJ-R…)."""

from __future__ import annotations

from mlsj.spec.codes import Code

_UNKNOWN = "The id is cited and nothing in the course has it."
_CORRECT = "Correct the id; the nearest one is suggested, and the help line lists what exists."

_CODES = (
    Code(
        "MLSJ-R001",
        "Module id twice",
        "Two modules have the same id, so a place in the spec could not be named.",
        "Give one of them another id. Both places are named.",
    ),
    Code(
        "MLSJ-R002",
        "Lesson id twice",
        "Two lessons of the course have the same id. It names the lesson's folder, note, targets and tests, so one "
        "lesson would overwrite the other.",
        "Give one of them another id, and correct the `needs` that mean it. Both places are named.",
    ),
    Code(
        "MLSJ-R003",
        "Id twice in a lesson",
        "Two criteria, objectives or mistakes of a lesson have the same id. Verdicts, evidence and variants are "
        "kept by "
        "these ids.",
        "Give one of them another id. Both places are named.",
    ),
    Code(
        "MLSJ-R004",
        "Ids that become one",
        "Two ids differ only in upper and lower case. They name files and targets, and are one file on the disks of "
        "macOS and Windows.",
        "Give one of them an id that differs by more than case.",
    ),
    Code(
        "MLSJ-R005",
        "Listed twice",
        "A list of ids has one of them twice. The second has no effect and was most often meant to be another.",
        "Remove one of the two, or write the id that was meant.",
    ),
    Code("MLSJ-R010", "Unknown lesson", f"{_UNKNOWN} `needs` of a lesson names lessons to finish first.", _CORRECT),
    Code(
        "MLSJ-R011",
        "Unknown criterion",
        f"{_UNKNOWN} `needs` of a criterion and `fails` of a mistake name criteria of the same lesson.",
        _CORRECT,
    ),
    Code(
        "MLSJ-R012",
        "Unknown book",
        f"{_UNKNOWN} `cite` of a reading names an entry of the `bibliography`.",
        "Correct the id, or add the book, page or paper to the bibliography.",
    ),
    Code(
        "MLSJ-R013",
        "Unknown objective",
        f"{_UNKNOWN} `shows` of a criterion names objectives of the same lesson.",
        _CORRECT,
    ),
    Code(
        "MLSJ-R014",
        "Unknown environment",
        f"{_UNKNOWN} `environment` of a lesson names an entry of `environments`.",
        _CORRECT,
    ),
    Code(
        "MLSJ-R015",
        "Unknown service",
        f"{_UNKNOWN} A stack's `services` and a service's `after` name entries of `services`.",
        _CORRECT,
    ),
    Code("MLSJ-R016", "Unknown stack", f"{_UNKNOWN} `stack` of a lesson names an entry of `stacks`.", _CORRECT),
    Code(
        "MLSJ-R017",
        "Unknown runner",
        f"{_UNKNOWN} `runner` of a lesson, and `site.yaml`, name an entry of `runners`, or `cpu`, which always exists.",
        _CORRECT,
    ),
    Code(
        "MLSJ-R018",
        "Unknown chapter",
        "A reading names a chapter that the bibliography entry does not list. Chapter numbers change between editions, "
        "so readings may only cite chapters whose titles someone wrote down.",
        "Correct the chapter, or add it with its title to the entry's `chapters`.",
    ),
    Code(
        "MLSJ-R019",
        "Names itself",
        "A lesson or criterion needs itself, or a service waits for itself: it could never begin.",
        "Remove the id from the list, or write the one that was meant.",
    ),
    Code(
        "MLSJ-R020",
        "Lessons in a circle",
        "Lessons need each other in a circle, so none of them could be the first. The whole circle is in the message; "
        "each of its steps has a note.",
        "Remove one of the `needs`.",
    ),
    Code(
        "MLSJ-R021",
        "Criteria in a circle",
        "Criteria of a lesson need each other in a circle, so each would stay blocked by the next.",
        "Remove one of the `needs`.",
    ),
    Code(
        "MLSJ-R022",
        "Services in a circle",
        "Services wait for each other in a circle, so none would start.",
        "Remove one of the `after`.",
    ),
    Code(
        "MLSJ-R023",
        "Port clash",
        "Two services of one stack publish the same port on the loopback interface; the second could not start.",
        "Give one of them another `host` port. The port inside the container can stay.",
    ),
    Code(
        "MLSJ-R024",
        "Port given twice",
        "A service names the same port twice: two ports with one name, or one container port under two names.",
        "Remove one of the two, or give it its own name and number.",
    ),
    Code(
        "MLSJ-R025",
        "Stack lacks a service",
        "A service of the stack waits for a service that the stack does not hold, so it would never start.",
        "Add the missing service to the stack.",
    ),
    Code(
        "MLSJ-R026",
        "No health check",
        "Others wait until this service is healthy, and it has no way of saying so. Started is not ready: what "
        "connects "
        "in between fails in ways that look like a learner's mistake.",
        "Add `health:` with a `test` that makes a real request.",
    ),
    Code(
        "MLSJ-R027",
        "Bad mount",
        "A volume is mounted at something that is not an absolute path, or at the path of another volume.",
        "Write the absolute path in the container where this service keeps its data.",
    ),
    Code(
        "MLSJ-R028",
        "Sources elsewhere",
        "The reference sources of a lesson live in a folder under `templates/` or `kernels/`; other folders are not "
        "read, and some belong to the compiler or the learner.",
        "Move the folder and correct `sources`.",
    ),
    Code(
        "MLSJ-R029",
        "No sources there",
        "`sources` names a folder that does not exist or holds no files.",
        "Correct the path, or put the lesson's stub, solution and mistakes there.",
    ),
    Code(
        "MLSJ-R030",
        "Shared sources",
        "Two lessons have the same folder of sources, or one's lies in the other's. Its variants and its judge belong "
        "to one lesson.",
        "Give each lesson a folder of its own.",
    ),
    Code(
        "MLSJ-R031",
        "Judge is not Python",
        "A lesson's `judge.py` does not parse, so none of its criteria could be judged.",
        "Mend it; `python -m py_compile` shows the same place.",
    ),
)

CODES: dict[str, Code] = {code.code: code for code in _CODES}
