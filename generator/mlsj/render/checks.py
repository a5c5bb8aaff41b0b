"""Acceptance adapters: `generated/checks/test_<lesson>.py`, one test a criterion; the engine does the judging."""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.render.blocks import block, text_file
from mlsj.render.course import Course
from mlsj.render.header import commented
from mlsj.render.python import literal, name
from mlsj.spec.files import File
from mlsj.spec.model import Lesson

EMITTER = "checks"


def emit(course: Course) -> Iterator[File]:
    """Yield the adapter of every lesson that can be judged; a draft has none, so nothing there can look like a pass."""
    for lesson in course.lessons.values():
        if lesson.status == "ready":
            here = f"lessons/{lesson.id}"
            yield text_file(f"generated/checks/test_{lesson.slug}.py", _module(lesson, here), here, EMITTER)


def _module(lesson: Lesson, here: str) -> str:
    tests = (
        block(
            f"{here}/criteria/{criterion.id}",
            f"def test_{name(criterion.id)}(lesson):\n"
            f"    {literal(criterion.says)}\n"
            f"    lesson.check({literal(criterion.id)})\n",
        )
        for criterion in lesson.criteria
    )
    return (
        f"{commented('#', here)}\n"
        f"{literal(f'Acceptance checks of lesson {lesson.id}: {lesson.title}')}\n\n"
        "import pytest\n\n"
        "from mlsj.verify.adapter import judged\n\n\n"
        '@pytest.fixture(scope="module")\n'
        "def lesson():\n"
        f"    return judged({literal(lesson.id)}, __file__)\n\n\n" + "\n\n".join(tests)
    )
