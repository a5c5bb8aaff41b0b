"""What the learner's commands share: the lesson that was named, the terminal's width, and a line of progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import click

from mlsj.cli import exits

if TYPE_CHECKING:
    from pathlib import Path

    from mlsj.learner.workspace import Workspace
    from mlsj.spec.load import Loaded
    from mlsj.spec.model import Lesson


def lesson_or_exit(ctx: click.Context, lesson_id: str, fmt: str = "text") -> tuple[Path, Loaded, Lesson]:
    """Return the course and the lesson; an unknown one is a wrong usage, a draft is not to be worked on (exit 3)."""
    from mlsj.cli.common import course_or_exit, stop
    from mlsj.cli.suggest import unknown

    root, loaded = course_or_exit(ctx, fmt)
    assert loaded.curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    found = loaded.curriculum.lesson(lesson_id)
    if found is None:
        ids = [each.id for _, each in loaded.curriculum.lessons()]
        raise click.UsageError(unknown("lesson", lesson_id, ids), ctx)
    if found.status == "draft":
        what = f"{lesson_id} is a draft: it cannot be judged yet"
        stop(what, code=exits.NOT_JUDGED, help=f"read it: mlsj show {lesson_id}")
    return root, loaded, found


def not_started(place: Workspace) -> NoReturn:
    """Say that the lesson is not started, and leave with exit 1."""
    from mlsj.cli.common import program, stop

    stop(f"{place.lesson_id} is not started", help=f"begin it: {program()} start {place.lesson_id}")


def width() -> int:
    """Return how many columns a text may take: those of the terminal, but no more than can be read."""
    import shutil

    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def painted(text: str, colour: str) -> str:
    """Return `text` in a colour where colours belong on stdout; every text also says in words what its colour says."""
    from mlsj.cli.common import colored

    return click.style(text, fg=colour, bold=True) if colored() else text


def wrapped(text: str, indent: str, columns: int, first: str | None = None) -> list[str]:
    """Return `text` in lines of at most `columns`, each behind `indent`, the first one behind `first`."""
    import textwrap

    room = max(columns, len(indent) + 20)
    lead = indent if first is None else first
    return textwrap.wrap(
        text, room, initial_indent=lead, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [lead.rstrip()]


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what is going on, on stderr: one line kept up to date on a terminal, else lines.

    A line that begins with a space is a detail, for terminals only.
    """
    live = sys.stderr.isatty()

    def show(text: str) -> None:
        if live:
            click.echo(f"\r\x1b[2K{text.strip()[: width() - 2]} …\r", nl=False, err=True)
        elif not text.startswith(" "):
            click.echo(f"{text} …", err=True)

    try:
        yield show
    finally:
        if live:
            click.echo("\r\x1b[2K", nl=False, err=True)
