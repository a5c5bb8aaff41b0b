"""What a kind itself says about its parameters, beyond their shape: its struct is built here, before any judging."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from mlsj import kinds
from mlsj.spec import schema
from mlsj.spec.convert import convert
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.rules.subject import Subject


def accepted(subject: Subject) -> Iterator[Diagnostic]:
    """Yield parameters that a kind refuses, such as an expression that does not compile."""
    for path, lesson in subject.lessons():
        for index, criterion in enumerate(lesson.criteria):
            here = (*path, "criteria", index)
            if criterion.uses is None or subject.holed((*here, "uses")) or subject.holed((*here, "with")):
                continue
            where = (*here, "with") if criterion.with_ else (*here, "uses")
            part = partial(_schema_of, criterion.uses)
            _, found = convert(subject.source, criterion.with_, kinds.params(criterion.uses), part, where)
            yield from found


def _schema_of(kind: str) -> schema.Schema:
    definitions: dict[str, schema.Schema] = schema.curriculum_schema()["$defs"]
    return definitions[f"kind.{kind}"] | {"$defs": definitions}


RULES = (accepted,)
