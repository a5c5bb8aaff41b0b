"""Two things with one id, or with ids that become one on a disk or in a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from mlsj.spec import naming, wording
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.rules.subject import Subject
from mlsj.spec.source import Path


def modules(subject: Subject) -> Iterator[Diagnostic]:
    """Module ids are unique in the course."""
    yield from _repeated(subject, "MLSJ-R001", ((m.id, (*path, "id")) for path, m in subject.modules()))


def lessons(subject: Subject) -> Iterator[Diagnostic]:
    """Lesson ids are unique in the course, also as folder names (case) and as Python names (hyphens)."""
    ids = [(lesson.id, (*path, "id")) for path, lesson in subject.lessons()]
    yield from _repeated(subject, "MLSJ-R002", ids)
    yield from _colliding(subject, ids, str.casefold)


def within_lessons(subject: Subject) -> Iterator[Diagnostic]:
    """Ids of criteria, objectives and mistakes are unique in their lesson; criteria also as Python names."""
    for path, lesson in subject.lessons():
        for name, things in (
            ("objectives", [objective.id for objective in lesson.objectives]),
            ("criteria", [criterion.id for criterion in lesson.criteria]),
            ("mistakes", [mistake.id for mistake in lesson.mistakes]),
        ):
            ids: list[tuple[str, Path]] = [(id_, (*path, name, index, "id")) for index, id_ in enumerate(things)]
            yield from _repeated(subject, "MLSJ-R003", ids)
            yield from _colliding(subject, ids, str.casefold)


def entries(subject: Subject) -> Iterator[Diagnostic]:
    """Names of environments, services, stacks and runners differ by more than case."""
    for name in ("bibliography", "environments", "services", "stacks", "runners"):
        keys = [(key, (name, key)) for key in getattr(subject.curriculum, name)]
        yield from _colliding(subject, keys, str.casefold, key=True)


def within_lists(subject: Subject) -> Iterator[Diagnostic]:
    """A list of ids names each once."""
    for path, lesson in subject.lessons():
        yield from _twice(subject, lesson.needs, (*path, "needs"))
        for index, criterion in enumerate(lesson.criteria):
            yield from _twice(subject, criterion.needs, (*path, "criteria", index, "needs"))
            yield from _twice(subject, criterion.shows, (*path, "criteria", index, "shows"))
        for index, mistake in enumerate(lesson.mistakes):
            yield from _twice(subject, mistake.fails, (*path, "mistakes", index, "fails"))
    for name, stack in subject.curriculum.stacks.items():
        yield from _twice(subject, stack.services, ("stacks", name, "services"))
    for name, service in subject.curriculum.services.items():
        yield from _twice(subject, service.after, ("services", name, "after"))


def _repeated(subject: Subject, code: str, ids: Iterable[tuple[str, Path]]) -> Iterator[Diagnostic]:
    first: dict[str, Path] = {}
    for name, path in ids:
        if subject.holed(path):
            continue
        if name not in first:
            first[name] = path
            continue
        words, _ = naming.entity(subject.source.data, path)
        what = words.partition(" ")[0]
        message = f"there are two {_plural(what)} with the id '{name}'"
        if " of " in words:
            message += f" in {words.partition(' of ')[2]}"
        related = [(first[name], "first defined here")]
        yield subject.error(code, message, path, remedy="give one of them another id", related=related)


def _colliding(
    subject: Subject, ids: Iterable[tuple[str, Path]], fold: Callable[[str], str], *, key: bool = False
) -> Iterator[Diagnostic]:
    """Yield ids that differ but are one when letters' case is ignored."""
    first: dict[str, tuple[str, Path]] = {}
    for name, path in ids:
        if subject.holed(path):
            continue
        other, place = first.setdefault(fold(name), (name, path))
        if other != name:
            message = f"the ids '{other}' and '{name}' become one in file names and targets"
            related = [(place, "the other id")]
            remedy = "give one of them another id"
            yield subject.error("MLSJ-R004", message, path, remedy=remedy, related=related, key=key)


def _twice(subject: Subject, names: Iterable[str], path: Path) -> Iterator[Diagnostic]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if subject.holed((*path, index)):
            continue
        if first.setdefault(name, index) != index:
            words, rest = naming.entity(subject.source.data, path)
            message = f"{wording.quoted(name)} is listed twice in {naming.field(rest)} of {words}"
            related = [((*path, first[name]), "first listed here")]
            yield subject.error("MLSJ-R005", message, (*path, index), remedy="remove one of the two", related=related)


def _plural(word: str) -> str:
    return {"criterion": "criteria"}.get(word, f"{word}s")


RULES = (modules, lessons, within_lessons, entries, within_lists)
