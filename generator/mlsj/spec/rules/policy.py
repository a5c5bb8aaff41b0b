"""What makes a course teach: every skill shown, a core criterion, mistakes that are rejected, hours that add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlsj.spec.diagnostics import Diagnostic, Severity
from mlsj.spec.model import Criterion, Lesson
from mlsj.spec.rules.subject import Subject
from mlsj.spec.source import Path

MISTAKES = 2
TOLERANCE = 0.25
"""Share of a module's hours by which the computed sum may differ without a note."""


def every_lesson(subject: Subject) -> Iterator[Diagnostic]:
    """Hold every lesson against what also a draft must keep."""
    for path, lesson in subject.lessons():
        if not subject.holed(path):
            yield from _objectives(subject, path, lesson)
            yield from _core(subject, path, lesson)
            yield from _effort(subject, path, lesson)


def ready_lessons(subject: Subject) -> Iterator[Diagnostic]:
    """Hold every ready lesson against what a learner needs of it."""
    for path, lesson in subject.lessons():
        if lesson.status == "ready" and not subject.holed(path):
            for check in _READY:
                yield from check(subject, path, lesson)


def module_hours(subject: Subject) -> Iterator[Diagnostic]:
    """Compare a module's hours with the sum of its lessons'."""
    for path, module in subject.modules():
        if subject.holed(path):
            continue
        said, sum_ = module.hours, module.computed_hours
        far = abs(sum_ - said) > TOLERANCE * said + 1e-9
        if far and not module.hours_note:
            message = f"module {module.id} says {said:g} hours, its lessons add up to {sum_:g}"
            remedy = "correct the effort of the lessons, or say in 'hours_note' why they differ"
            yield _warning(subject, "MLSJ-L011", message, (*path, "hours"), remedy)
        elif module.hours_note and not far:
            message = f"module {module.id} explains hours that agree: {said:g} and {sum_:g}"
            yield _warning(subject, "MLSJ-L012", message, (*path, "hours_note"), "remove 'hours_note'")


def _objectives(subject: Subject, path: Path, lesson: Lesson) -> Iterator[Diagnostic]:
    shown = {name for criterion in lesson.criteria for name in criterion.shows}
    if shown - {objective.id for objective in lesson.objectives}:
        return  # an unknown objective is reported as such, and may be the one that is missed here
    for index, objective in enumerate(lesson.objectives):
        if objective.id not in shown:
            message = f"no criterion shows objective {objective.id} of lesson {lesson.id}"
            remedy = f"add '{objective.id}' to the 'shows' of a criterion, or remove the objective"
            yield subject.error("MLSJ-L001", message, (*path, "objectives", index, "id"), remedy=remedy)


def _core(subject: Subject, path: Path, lesson: Lesson) -> Iterator[Diagnostic]:
    """Core means judged on every machine."""
    core = {criterion.id for criterion in lesson.criteria if criterion.core}
    by_id: dict[str, Criterion] = {criterion.id: criterion for criterion in lesson.criteria}
    for index, criterion in enumerate(lesson.criteria):
        here = (*path, "criteria", index)
        if criterion.core and criterion.requires is not None:
            message = f"core criterion {criterion.id} of lesson {lesson.id} requires {criterion.requires}"
            remedy = "remove 'core', or judge it on any machine"
            yield subject.error("MLSJ-L004", message, (*here, "requires"), remedy=remedy)
        for n, need in enumerate(criterion.needs if criterion.core else ()):
            if need in by_id and need not in core:
                message = f"core criterion {criterion.id} of lesson {lesson.id} needs {need}, which is not core"
                remedy = f"make {need} core, or do not need it"
                other = (*path, "criteria", list(by_id).index(need))
                related = [(other, "this is not core")]
                yield subject.error("MLSJ-L013", message, (*here, "needs", n), remedy=remedy, related=related)


def _effort(subject: Subject, path: Path, lesson: Lesson) -> Iterator[Diagnostic]:
    if lesson.effort.total <= 0:
        message = f"lesson {lesson.id} takes no time"
        yield subject.error(
            "MLSJ-L009", message, (*path, "effort"), remedy="give hours of reading, building, reflecting"
        )


def _judged(subject: Subject, path: Path, lesson: Lesson) -> Iterator[Diagnostic]:
    for index, criterion in enumerate(lesson.criteria):
        if criterion.uses is None:
            message = f"lesson {lesson.id} is ready, but nothing judges its criterion {criterion.id}"
            remedy = "name the kind with 'uses', or set the lesson's status to draft"
            yield subject.error("MLSJ-L002", message, (*path, "criteria", index), remedy=remedy)
    if not any(criterion.core for criterion in lesson.criteria):
        message = f"lesson {lesson.id} has no core criterion"
        remedy = "mark a criterion that every machine can judge with 'core: true'"
        yield subject.error("MLSJ-L003", message, (*path, "criteria"), remedy=remedy)


def _mistakes(subject: Subject, path: Path, lesson: Lesson) -> Iterator[Diagnostic]:
    core = {criterion.id for criterion in lesson.criteria if criterion.core}
    count = sum(1 for mistake in lesson.mistakes if core.intersection(mistake.fails))
    if core and count < MISTAKES:
        message = f"lesson {lesson.id} has {count} mistakes that fail a core criterion; it needs {MISTAKES}"
        message = message.replace("1 mistakes that fail", "1 mistake that fails")
        remedy = "add mistakes real people make, and name the core criteria they fail"
        index = {criterion.id: n for n, criterion in enumerate(lesson.criteria)}
        related = [
            ((*path, "criteria", index[name]), f"mistake {mistake.id} fails this, which is not core")
            for mistake in lesson.mistakes
            for name in mistake.fails
            if name in index and name not in core
        ]
        yield subject.error("MLSJ-L005", message, _part(path, "mistakes", subject), remedy=remedy, related=related)


def _help(subject: Subject, path: Path, lesson: Lesson) -> Iterator[Diagnostic]:
    if not lesson.hints:
        remedy = "write hints, from a nudge to nearly the answer"
        yield subject.error(
            "MLSJ-L006", f"lesson {lesson.id} has no hints", _part(path, "hints", subject), remedy=remedy
        )
    if not lesson.after.strip():
        message = f"lesson {lesson.id} says nothing after a pass"
        remedy = "write in 'after' why it works and what an expert checks next"
        yield subject.error("MLSJ-L007", message, _part(path, "after", subject), remedy=remedy)
    if not lesson.reading and not lesson.reading_note.strip():
        message = f"lesson {lesson.id} has nothing to read"
        remedy = "add a 'reading', or say in 'reading_note' why there is none"
        yield subject.error("MLSJ-L008", message, _part(path, "reading", subject), remedy=remedy)


def _sources(subject: Subject, path: Path, lesson: Lesson) -> Iterator[Diagnostic]:
    if lesson.sources is None:
        message = f"lesson {lesson.id} is ready, but has no sources"
        remedy = "give the folder of its stub, solution and mistakes in 'sources', or set its status to draft"
        yield subject.error("MLSJ-L010", message, path, remedy=remedy)


def _part(path: Path, name: str, subject: Subject) -> Path:
    """Return the place of an empty field, or of the lesson where it is absent."""
    return (*path, name) if subject.raw((*path, name)) is not None else path


def _warning(subject: Subject, code: str, message: str, path: Path, remedy: str) -> Diagnostic:
    return subject.error(code, message, path, remedy=remedy, severity=Severity.WARNING)


_Check = Callable[[Subject, Path, Lesson], Iterator[Diagnostic]]
_READY: tuple[_Check, ...] = (_judged, _mistakes, _help, _sources)

RULES = (every_lesson, ready_lessons, module_hours)
