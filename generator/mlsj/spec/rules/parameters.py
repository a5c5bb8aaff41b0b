"""What a kind itself says about its parameters, beyond their shape: its struct is built here, before any judging."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mlsj import kinds
from mlsj.kinds.base import Params
from mlsj.spec import schema
from mlsj.spec.convert import convert
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.model import Criterion, Lesson
from mlsj.spec.rules.subject import Subject
from mlsj.spec.source import Path


def accepted(subject: Subject) -> Iterator[Diagnostic]:
    """Yield parameters that a kind refuses, such as an expression that does not compile."""
    for path, lesson in subject.lessons():
        for index, criterion in enumerate(lesson.criteria):
            here = (*path, "criteria", index)
            if criterion.uses is None or subject.holed((*here, "uses")) or subject.holed((*here, "with")):
                continue
            where = (*here, "with") if criterion.with_ else (*here, "uses")
            part = partial(_schema_of, criterion.uses)
            params, found = convert(subject.source, criterion.with_, kinds.params(criterion.uses), part, where)
            yield from found
            if params is not None and not lesson.network and not subject.holed((*path, "network")):
                yield from _reachable(subject, where, lesson, criterion, params)


def _reachable(
    subject: Subject, where: Path, lesson: Lesson, criterion: Criterion, params: Params
) -> Iterator[Diagnostic]:
    if kinds.needs_network(criterion.uses or "", params):
        message = f"criterion {criterion.id} of lesson {lesson.id} talks to a port, and the lesson has no network"
        yield subject.error("MLSJ-L014", message, where, remedy="add 'network: true' to the lesson")


def _schema_of(kind: str) -> schema.Schema:
    definitions: dict[str, schema.Schema] = schema.curriculum_schema()["$defs"]
    return definitions[f"kind.{kind}"] | {"$defs": definitions}


RULES = (accepted,)
