"""The one thing to do next in the course."""

from __future__ import annotations

from typing import Literal

import msgspec

from mlsj.learner.progress import Failing, LessonProgress, Standing, next_lesson
from mlsj.learner.words import count
from mlsj.spec.load import Loaded
from mlsj.spec.model import Lesson

Action = Literal["start", "write", "mend", "judge", "finished"]


class Next(msgspec.Struct, frozen=True):
    """What to do next. `command` is what to type, without the program's name; "" when the course is finished."""

    action: Action
    lesson: Lesson | None
    standing: Standing | None
    says: str
    command: str
    failing: Failing | None = None
    reasons: tuple[str, ...] = ()


def following(loaded: Loaded, found: dict[str, LessonProgress]) -> Next:
    """Return what to do next."""
    lesson = next_lesson(loaded, found)
    if lesson is None:
        return Next("finished", None, None, _finished(found), "")
    at = found[lesson.id]
    check, start = f"check {lesson.id}", f"start {lesson.id}"
    if not at.started:
        return Next("start", lesson, at.standing, "begin this lesson", start)
    if not at.here:
        return Next("start", lesson, at.standing, f"work/{lesson.id}/ is gone: begin again, or bring it back", start)
    if at.standing is Standing.FAILED:
        return Next("mend", lesson, at.standing, "mend what failed first", check, at.failing, at.reasons)
    if at.standing is Standing.STALE:
        return Next("judge", lesson, at.standing, "it was passed and is stale: judge it again", check, None, at.reasons)
    page = f"generated/lessons/{lesson.id}/README.md"
    return Next("write", lesson, at.standing, f"read {page}, write, and have it judged", check, None, at.reasons)


def _finished(found: dict[str, LessonProgress]) -> str:
    drafts = sum(item.standing is Standing.DRAFT for item in found.values())
    ready = len(found) - drafts
    if not ready:
        return "no lesson of this course can be judged yet: all are drafts"
    passed = f"all {count(ready, 'lesson')} that can be judged are passed" if ready > 1 else "the lesson is passed"
    later = f"; {count(drafts, 'draft')} cannot be judged yet" if drafts else ""
    return passed + later
