"""An id that is cited must exist, and nothing may cite itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mlsj.spec import naming, wording
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.model import Lesson
from mlsj.spec.rules.subject import Subject
from mlsj.spec.source import Path

# Runner classes that exist without being declared.
BUILT_IN_RUNNERS = ("cpu",)


def lessons(subject: Subject) -> Iterator[Diagnostic]:
    """Yield what each lesson cites of the rest of the course and does not exist."""
    course = subject.curriculum
    ids = {lesson.id: (*path, "id") for path, lesson in subject.lessons()}
    whole = _whole(subject, list(ids.values()), ("modules",))
    for path, lesson in subject.lessons():
        for index, need in enumerate(lesson.needs):
            if need == lesson.id:
                yield from _itself(subject, (*path, "needs", index), need)
            elif whole:
                yield from _known(subject, "MLSJ-R010", "lesson", need, ids, (*path, "needs", index))
        if lesson.environment is not None:
            where = (*path, "environment")
            yield from _entry(subject, "MLSJ-R014", "environment", lesson.environment, course.environments, where)
        if lesson.stack is not None:
            yield from _entry(subject, "MLSJ-R016", "stack", lesson.stack, course.stacks, (*path, "stack"))
        runners = (*course.runners, *BUILT_IN_RUNNERS)
        yield from _entry(subject, "MLSJ-R017", "runner", lesson.runner, runners, (*path, "runner"))


def inside_lessons(subject: Subject) -> Iterator[Diagnostic]:
    """Yield what the criteria and mistakes of a lesson cite of the lesson and does not exist in it."""
    for path, lesson in subject.lessons():
        objectives = {objective.id for objective in lesson.objectives}
        criteria = {criterion.id for criterion in lesson.criteria}
        names = [(*path, "criteria", i, "id") for i in range(len(lesson.criteria))]
        all_criteria = _whole(subject, names, (*path, "criteria"))
        skills = [(*path, "objectives", i, "id") for i in range(len(lesson.objectives))]
        all_objectives = _whole(subject, skills, (*path, "objectives"))
        for index, criterion in enumerate(lesson.criteria):
            here = (*path, "criteria", index)
            for n, name in enumerate(criterion.shows if all_objectives else ()):
                yield from _known(subject, "MLSJ-R013", "objective", name, objectives, (*here, "shows", n))
            for n, name in enumerate(criterion.needs):
                if name == criterion.id:
                    yield from _itself(subject, (*here, "needs", n), name)
                elif all_criteria:
                    yield from _known(subject, "MLSJ-R011", "criterion", name, criteria, (*here, "needs", n))
        for index, mistake in enumerate(lesson.mistakes if all_criteria else ()):
            for n, name in enumerate(mistake.fails):
                where = (*path, "mistakes", index, "fails", n)
                yield from _known(subject, "MLSJ-R011", "criterion", name, criteria, where)


def readings(subject: Subject) -> Iterator[Diagnostic]:
    """Yield citations of no bibliography entry, and chapters that the entry does not list."""
    for path, lesson in subject.lessons():
        yield from _readings(subject, path, lesson)


def _readings(subject: Subject, path: Path, lesson: Lesson) -> Iterator[Diagnostic]:
    books = subject.curriculum.bibliography
    for index, reading in enumerate(lesson.reading):
        here = (*path, "reading", index)
        book = books.get(reading.cite)
        if book is None:
            yield from _entry(subject, "MLSJ-R012", "bibliography entry", reading.cite, books, (*here, "cite"))
            continue
        chapters = ("bibliography", reading.cite, "chapters")
        unsure = subject.holed((*here, "chapter")) or subject.holed(chapters)
        if reading.chapter is None or unsure or str(reading.chapter) in book.chapters:
            continue
        message = f"bibliography entry '{reading.cite}' lists no chapter '{reading.chapter}'"
        message += wording.near(reading.chapter, book.chapters)
        remedy = wording.known("chapters", book.chapters)
        entry = [(("bibliography", reading.cite), "the entry")]
        yield subject.error("MLSJ-R018", message, (*here, "chapter"), remedy=remedy, related=entry)


def services(subject: Subject) -> Iterator[Diagnostic]:
    """Yield services that a stack holds, or a service waits for, and that do not exist."""
    known = subject.curriculum.services
    for name, stack in subject.curriculum.stacks.items():
        for index, member in enumerate(stack.services):
            yield from _entry(subject, "MLSJ-R015", "service", member, known, ("stacks", name, "services", index))
    for name, service in known.items():
        for index, other in enumerate(service.after):
            where = ("services", name, "after", index)
            if other == name:
                yield from _itself(subject, where, name)
            else:
                yield from _entry(subject, "MLSJ-R015", "service", other, known, where)


def site(subject: Subject) -> Iterator[Diagnostic]:
    """Yield runner classes that site.yaml maps and the course does not have."""
    known = (*subject.curriculum.runners, *BUILT_IN_RUNNERS)
    for name in subject.site.runners:
        if name not in known and not subject.holed(("runners",)):
            message = f"unknown runner '{name}' in {subject.site_source.file}{wording.near(name, known)}"
            span = subject.site_source.span(("runners", name), key=True)
            yield Diagnostic("MLSJ-R017", message, span, help=wording.known("runners", known))


def _entry(
    subject: Subject, code: str, what: str, name: str, known: Collection[str], path: Path
) -> Iterator[Diagnostic]:
    """Check a name of a top-level collection; where an entry of it has a wrong name, that may be the one meant."""
    collection = {"bibliography entry": "bibliography"}.get(what, f"{what}s")
    if (collection,) not in subject.holes and (collection, "") not in subject.holes:
        yield from _known(subject, code, what, name, known, path)


def _known(
    subject: Subject, code: str, what: str, name: str, known: Collection[str], path: Path
) -> Iterator[Diagnostic]:
    if name in known or subject.holed(path):
        return
    words, rest = naming.entity(subject.source.data, path)
    rest = rest[:-1] if isinstance(rest[-1], int) else rest
    message = f"unknown {what} {wording.quoted(name)} in {naming.field(rest)} of {words}{wording.near(name, known)}"
    plural = {"criterion": "criteria", "bibliography entry": "bibliography entries"}.get(what, f"{what}s")
    yield subject.error(code, message, path, remedy=wording.known(plural, known))


def _itself(subject: Subject, path: Path, name: str) -> Iterator[Diagnostic]:
    if not subject.holed(path):
        words, rest = naming.entity(subject.source.data, path)
        message = f"{words} names itself in {naming.field(rest[:-1])}"
        yield subject.error("MLSJ-R019", message, path, remedy=f"remove '{name}'")


def _whole(subject: Subject, ids: list[Path], collection: Path) -> bool:
    """Tell whether every id of a collection is known; with one missing, an unknown name may be that one."""
    if not subject.holes:
        return True
    above = any(collection[: len(hole)] == hole for hole in subject.holes)
    return not above and not any(path[: len(hole)] == hole for path in ids for hole in subject.holes)


RULES = (lessons, inside_lessons, readings, services, site)
