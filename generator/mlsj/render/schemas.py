"""JSON Schemas that editors use: `schema/*.schema.json`."""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.render.course import Course
from mlsj.spec.files import File
from mlsj.spec.schema import packaged

EMITTER = "schemas"


def emit(course: Course) -> Iterator[File]:  # noqa: ARG001 - the same for every course
    """Yield the schemas."""
    for name in ("curriculum.schema.json", "site.schema.json"):
        yield File(f"schema/{name}", packaged(name), "", EMITTER)
