"""Stubs: `generated/lessons/<id>/work/**`, the files a learner begins with.

They bear no header: `mlsj start` copies them byte for byte, and from then on they are the learner's own.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.render.course import Course
from mlsj.spec.files import File
from mlsj.spec.regions import STUB
from mlsj.spec.variants import variant

EMITTER = "stubs"


def emit(course: Course) -> Iterator[File]:
    """Yield the stub files of every lesson that has sources."""
    for lesson in course.lessons.values():
        for path, file in variant(course.tree, lesson, STUB).items():
            target = f"generated/lessons/{lesson.id}/work/{path}"
            yield File(target, file.data, f"lessons/{lesson.id}/sources", EMITTER, executable=file.executable)
