"""The process in which `mlsj watch` has one judging done: it is ready beforehand, and ending it ends all it started.

    python -I -m mlsj.learner.judging ROOT LESSON

It reads the course and says so, waits for one line on its standard input, judges, says what was found and ends. When
its standard input is closed, or it is sent SIGTERM, it ends at once with everything that is being judged. It writes one
JSON text a line: `Message`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import msgspec

from mlsj.learner.watch import Course, Following
from mlsj.verify.evidence import Evidence

if TYPE_CHECKING:
    from mlsj.spec.load import Loaded

GO, GO_FRESH = "go", "go fresh"


class Ready(msgspec.Struct, frozen=True):
    """The course was read."""

    title: str
    after: str
    hints: tuple[str, ...]
    hints_total: int
    course: Course


class Verdicts(msgspec.Struct, frozen=True):
    """The judging has ended."""

    record: Evidence
    seconds: float
    course: Course


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is said: one of these."""

    ready: Ready | None = None
    doing: str = ""
    verdicts: Verdicts | None = None
    wrong: str = ""


def main() -> None:
    """Judge one lesson once, when told to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the one who watches
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    channel = os.dup(1)
    os.dup2(2, 1)  # nothing that is printed by accident may get between the messages

    def send(message: Message) -> None:
        data = msgspec.json.encode(message) + b"\n"
        try:
            while data:
                data = data[os.write(channel, data) :]
        except BrokenPipeError:
            sys.exit(0)

    root, lesson_id = Path(sys.argv[1]), sys.argv[2]
    wrong = _judged(root, lesson_id, send)
    if wrong:
        send(Message(wrong=wrong))


def _judged(root: Path, lesson_id: str, send: Callable[[Message], None]) -> str:
    """Judge and return "", or why that is not possible."""
    from mlsj.learner.hints import taken
    from mlsj.learner.workspace import Workspace
    from mlsj.project.read import scan
    from mlsj.spec.diagnostics import has_errors
    from mlsj.spec.load import load
    from mlsj.verify import engine, records

    scanned = scan(root)
    loaded = load(scanned.tree)
    found = [*scanned.diagnostics, *loaded.diagnostics]
    lesson = loaded.curriculum.lesson(lesson_id) if loaded.curriculum is not None else None
    if has_errors(found):
        return "the course has errors, so nothing can be judged: 'mlsj validate' shows them"
    if lesson is None:
        return f"the course no longer has lesson {lesson_id}"
    if lesson.status != "ready":
        return f"{lesson_id} is a draft: it cannot be judged"
    hints = taken(root, lesson)
    send(Message(ready=Ready(lesson.title, lesson.after, hints.shown, hints.total, _course(root, loaded))))
    engine.warm()
    told = sys.stdin.readline().strip()
    if told not in (GO, GO_FRESH):
        return ""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    place = Workspace(root, lesson_id)
    began = time.monotonic()
    try:
        outcome = engine.judge(
            loaded.tree,
            lesson,
            place.work,
            place.note,
            root=root,
            note_form=place.note_form,
            reuse=records.reusable(root, lesson_id) if told == GO else None,
            progress=lambda text: send(Message(doing=text)),
        )
    except (OSError, RuntimeError) as error:
        return str(error)
    seconds = round(time.monotonic() - began, 3)
    send(Message(verdicts=Verdicts(outcome.record, seconds, _course(root, loaded))))
    return ""


def _course(root: Path, loaded: Loaded) -> Course:
    """Return how far the learner is."""
    from mlsj.learner.progress import Standing, next_lesson, progress

    found = progress(root, loaded)
    judged = [item for item in found.values() if item.standing is not Standing.DRAFT]
    passed = sum(item.standing in (Standing.PASSED, Standing.PASSED_HERE) for item in judged)
    following = next_lesson(loaded, found)
    return Course(passed, len(judged), Following(following.id, following.title) if following else None)


def _end_with_stdin() -> None:
    """End when whoever started this is gone, however it went."""
    while sys.stdin.readline():
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _leave(number: int, _: FrameType | None) -> NoReturn:
    for again in (signal.SIGTERM, signal.SIGHUP):  # what is ended now must be ended whole
        signal.signal(again, signal.SIG_IGN)
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
