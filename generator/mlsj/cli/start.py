"""`mlsj start`: the learner's own copy of a lesson's stub and note form."""

from __future__ import annotations

import click

from mlsj.cli import exits
from mlsj.cli.params import LESSON


@click.command(
    epilog="""\b
Examples:
  mlsj start 2-1         make work/2-1/ and notes/2-1.md
  mlsj check 2-1         then judge what you wrote
"""
)
@click.argument("lesson", type=LESSON)
@click.pass_context
def command(ctx: click.Context, lesson: str) -> None:
    """Begin a lesson: make your copy of its stub in work/LESSON/ and of its note form in notes/LESSON.md.

    Files of yours are never overwritten. Exit codes: 0 started (also if it was already), 1 files of yours are in the
    way or nothing is generated, 3 the lesson is a draft.
    """
    from mlsj.cli.common import course_or_exit, echo, program, stop
    from mlsj.cli.suggest import unknown
    from mlsj.learner.progress import progress
    from mlsj.learner.workspace import Workspace, start

    root, loaded = course_or_exit(ctx)
    curriculum = loaded.curriculum
    assert curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    found = curriculum.lesson(lesson)
    if found is None:
        raise click.UsageError(unknown("lesson", lesson, (each.id for _, each in curriculum.lessons())), ctx)
    if found.status == "draft":
        stop(
            f"{lesson} is a draft: it cannot be judged yet", code=exits.NOT_JUDGED, help=f"read it: mlsj show {lesson}"
        )
    place = Workspace(root, lesson)
    try:
        done = start(place)
    except FileNotFoundError as missing:
        path = missing.filename or str(missing)
        stop(f"the course is not generated: {path} is missing", help="run 'mlsj generate' first")
    except OSError as error:
        stop(f"{lesson} is not started: {error}", help="start again when that is mended; nothing is lost")
    if done.conflicts:
        listed = "\n".join(f"  {name}" for name in done.conflicts)
        stop(
            f"{lesson} is not started: these files of yours are in its place and differ from its stub\n{listed}",
            help="move or rename them, then start again; nothing was written",
        )
    if done.already:
        echo(f"{lesson} is already started: work/{lesson}/ and notes/{lesson}.md are yours")
        for name in done.created:
            echo(f"  {name} (was gone: made again as it was at the start)")
    else:
        echo(f"{lesson} {found.title}: started")
        for name in done.created:
            echo(f"  {name}")
        for name in done.kept:
            echo(f"  {name} (was there)")
        found_here = progress(root, loaded)
        for need in found_here[lesson].waits_for:
            echo(f"it builds on {need}, which you have not passed ({found_here[need].standing})")
    echo(f"next: read generated/lessons/{lesson}/README.md, write, then: {program()} check {lesson}")
