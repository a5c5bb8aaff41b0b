"""Note forms: `generated/lessons/<id>/note.md`, which `mlsj start` copies to `notes/<id>.md`."""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.render.blocks import text_file
from mlsj.render.course import Course
from mlsj.render.header import header
from mlsj.render.markdown import comment
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.files import File

EMITTER = "notes"
PAGE = "note"


def emit(course: Course) -> Iterator[File | Diagnostic]:
    """Yield the note form of every lesson."""
    for lesson in course.lessons.values():
        here = f"lessons/{lesson.id}"
        origin = f"{here}/note" if lesson.note else f"{here}/debrief"
        # The learner's copy keeps the comment, so it says which of the two files is whose.
        head = (*header(origin), f"Your own copy is notes/{lesson.id}.md: answer there.")
        page = course.pages.render(
            PAGE,
            header=comment(head),
            here=here,
            course=course.curriculum.course,
            module=course.modules[lesson.id],
            lesson=lesson,
        )
        if isinstance(page, Diagnostic):
            yield page
        else:
            yield text_file(f"generated/{here}/note.md", page, origin, EMITTER)
