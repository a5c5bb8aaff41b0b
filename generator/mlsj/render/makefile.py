"""Make targets of lessons and stacks: `generated/course.mk`, which the course's Makefile includes."""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.render.blocks import block, text_file
from mlsj.render.course import Course
from mlsj.render.header import commented
from mlsj.render.make import comment, rule
from mlsj.spec.files import File
from mlsj.spec.model import Lesson, Stack

EMITTER = "makefile"
PATH = "generated/course.mk"


def emit(course: Course) -> Iterator[File]:
    """Yield the file of targets."""
    parts = [commented("#", ""), "MLSJ ?= mlsj\n"]
    parts += [block(f"lessons/{lesson.id}", _lesson(lesson)) for lesson in course.lessons.values()]
    parts += [block(f"stacks/{name}", _stack(name, stack)) for name, stack in course.curriculum.stacks.items()]
    yield text_file(PATH, "\n".join(parts), "", EMITTER)


def _lesson(lesson: Lesson) -> str:
    """Return the targets of a lesson. `mlsj start` does nothing where the lesson was started before."""
    draft = ", a draft" if lesson.status == "draft" else ""
    start, check = f"$(MLSJ) start {lesson.id}", f"$(MLSJ) check {lesson.id}"
    return (
        f"{comment(f'Lesson {lesson.id}{draft}: {lesson.title}')}\n"
        f".PHONY: lesson-{lesson.id} start-{lesson.id} check-{lesson.id}\n"
        + rule(f"lesson-{lesson.id}", [start, check])
        + rule(f"start-{lesson.id}", [start])
        + rule(f"check-{lesson.id}", [check])
    )


def _stack(name: str, stack: Stack) -> str:
    compose = f"docker compose -f stacks/{name}.yml"
    title = f": {stack.title}" if stack.title else ""
    return (
        f"{comment(f'Stack {name}{title}')}\n"
        f".PHONY: stack-up-{name} stack-down-{name}\n"
        + rule(f"stack-up-{name}", [f"{compose} up -d --wait"])
        + rule(f"stack-down-{name}", [f"{compose} down"])
    )
