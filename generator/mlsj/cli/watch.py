"""`mlsj watch`: judge the learner's work at each save."""

from __future__ import annotations

import click

from mlsj.cli import exits
from mlsj.cli.params import LESSON


@click.command(
    epilog="""\b
Examples:
  mlsj watch               the lesson you worked on last, else the next one
  mlsj watch 2-1           this lesson
  mlsj watch | tee log     without a screen: each verdict is appended
"""
)
@click.argument("lesson", required=False, type=LESSON)
@click.pass_context
def command(ctx: click.Context, lesson: str | None) -> None:
    """Judge your work whenever you save, and show the verdicts on one screen. A lesson that is new is started.

    Keys: h takes a hint, n goes on to the next lesson after a pass, r judges all of it afresh, q quits. A save while
    something is judged ends that and begins again. Verdicts that still hold are used again and shown with their time.

    Exit codes: 0 left by q or a closed input, 1 files of yours are in the way or nothing is generated, 3 there is
    nothing to judge, 130 Ctrl-C.
    """
    from mlsj.cli.common import course_or_exit, stop
    from mlsj.cli.learning import lesson_or_exit
    from mlsj.learner.lastedited import last_edited
    from mlsj.learner.terminal import of_this_process
    from mlsj.learner.watchloop import begun, run
    from mlsj.learner.workspace import Workspace, start

    if lesson is None:
        root, loaded = course_or_exit(ctx)
        lesson = last_edited(root, loaded)
        if lesson is None:
            stop("no lesson of this course can be judged yet: all are drafts", code=exits.NOT_JUDGED)
    root, loaded, found = lesson_or_exit(ctx, lesson)
    try:
        done = start(Workspace(root, lesson))
    except FileNotFoundError as missing:
        stop(f"the course is not generated: {missing.filename or missing} is missing", help="run 'mlsj generate' first")
    if done.conflicts:
        listed = "\n".join(f"  {name}" for name in done.conflicts)
        stop(
            f"{lesson} is not started: these files of yours are in its place and differ from its stub\n{listed}",
            help="move or rename them, then watch again; nothing was written",
        )
    code = run(root, lesson, found.title, found.sources, of_this_process(), "" if done.already else begun(lesson))
    ctx.exit(code)
