"""JSON Schemas that editors use: `schema/*.schema.json`."""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.render.course import Course
from mlsj.spec.files import File
from mlsj.spec.schema import schema_text, site_schema_text

EMITTER = "schemas"


def emit(course: Course) -> Iterator[File]:  # noqa: ARG001 - the same for every course
    """Yield the schemas."""
    yield File("schema/curriculum.schema.json", schema_text().encode(), "", EMITTER)
    yield File("schema/site.schema.json", site_schema_text().encode(), "", EMITTER)
