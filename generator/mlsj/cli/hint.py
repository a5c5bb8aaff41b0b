"""`mlsj hint`: one more hint each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlsj.cli import exits
from mlsj.cli.common import format_option
from mlsj.cli.params import LESSON

if TYPE_CHECKING:
    from mlsj.learner.hints import Hints


@click.command(
    epilog="""\b
Examples:
  mlsj hint 2-1            the next hint, below those you have taken
  mlsj hint 2-1 --again    those you have taken, without a new one
"""
)
@click.argument("lesson", type=LESSON)
@click.option("--again", is_flag=True, help="Show the hints taken so far; take none.")
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, lesson: str, again: bool, fmt: str) -> None:
    """Take the next hint of a lesson, from a nudge to nearly the answer.

    Hints are counted, and 'mlsj status' shows the count. Exit codes: 0 fine, also when there is none left, 1 the lesson
    is not started, 3 it is a draft. JSON: an object as in docs/formats/hint.schema.json.
    """
    from mlsj.cli.common import echo, echo_json, program, stop
    from mlsj.cli.learning import lesson_or_exit, not_started, width, wrapped
    from mlsj.learner import hints
    from mlsj.learner.progress import of
    from mlsj.learner.workspace import Workspace

    root, loaded, found = lesson_or_exit(ctx, lesson, fmt)
    place = Workspace(root, lesson)
    if not place.started:
        not_started(place)
    try:
        told = hints.taken(root, found) if again else hints.take(root, found)
    except OSError as error:
        stop(f"the hint cannot be counted, so none is taken: {error}", code=exits.NOT_JUDGED)
    at = of(root, loaded, found)
    if fmt == "json":
        failing = {"criterion": at.failing.criterion, "message": at.failing.message} if at.failing else None
        taken = [{"number": number, "text": text} for number, text in enumerate(told.shown, 1)]
        echo_json({"lesson": lesson, "taken": taken, "total": told.total, "new": told.new, "failing": failing})
        return
    lines = [f"{lesson} {' '.join(found.title.split())}"]
    if at.failing is not None:
        lines += ["", *wrapped(f"failing: {at.failing.criterion}: {at.failing.message}", "  ", width(), "")]
    for number, text in enumerate(told.shown, 1):
        lines += ["", f"hint {number} of {told.total}{' (new)' if told.new and number == len(told.shown) else ''}"]
        lines += [line for part in text.strip().split("\n") for line in wrapped(part, "  ", width())]
    lines += ["", _last(told, lesson, again, program())]
    echo("\n".join(lines))


def _last(told: Hints, lesson: str, again: bool, call: str) -> str:
    """Return what there is besides."""
    if not told.total:
        return f"this lesson has no hints; its page says what to read: {call} show {lesson}"
    if not told.left:
        last = "that was the last hint" if told.new or again else "there is no other hint"
        return f"{last}; '{call} check {lesson}' says what fails"
    some = f"{told.left} more: {call} hint {lesson}"
    return some if told.shown else f"no hint taken so far, {some}"
