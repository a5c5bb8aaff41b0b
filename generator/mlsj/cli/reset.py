"""`mlsj reset`: begin a lesson, or some of its files, again; what was there is kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlsj.cli import exits
from mlsj.cli.params import LESSON

if TYPE_CHECKING:
    from mlsj.learner.reset import Moved, Plan
    from mlsj.learner.workspace import Workspace


@click.command(
    epilog="""\b
Examples:
  mlsj reset 2-1                   all of work/2-1/ as it was at the start
  mlsj reset 2-1 train.py          one file
  mlsj reset 2-1 notes/2-1.md      the note
  mlsj reset 2-1 --undo            bring back what the last reset moved aside
"""
)
@click.argument("lesson", type=LESSON)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path())
@click.option("--undo", "undoing", is_flag=True, help="Swap what was moved aside last with what is there now.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.pass_context
def command(ctx: click.Context, lesson: str, files: tuple[str, ...], undoing: bool, yes: bool) -> None:
    """Go back to what you started LESSON from: all of work/LESSON/, or only each FILE.

    What is there is moved to .mlsj/kept/LESSON/, which git ignores, and never deleted; the note stays unless it is
    named. Without a terminal to ask on, --yes is needed. Exit codes: 0 done, or nothing to do, 1 not done, 2 usage.
    """
    from mlsj.cli.common import course_or_exit, echo, program, stop
    from mlsj.cli.learning import not_started
    from mlsj.cli.suggest import unknown
    from mlsj.learner.alone import alone
    from mlsj.learner.reset import Refused, plan, reset, undo
    from mlsj.learner.workspace import Workspace
    from mlsj.spec.wording import near

    if undoing and files:
        raise click.UsageError("--undo takes no FILE: it brings back all that was moved last", ctx)
    start = Path(ctx.find_root().obj or ".").resolve()  # -C: run as if started there
    root, loaded = course_or_exit(ctx)
    assert loaded.curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    ids = [each.id for _, each in loaded.curriculum.lessons()]
    # A lesson that left the course is still the learner's.
    started = sorted(each.name for each in (root / ".mlsj" / "base").glob("[!.]*") if each.is_dir())
    if lesson not in ids and lesson not in started:
        raise click.UsageError(unknown("lesson", lesson, ids), ctx)
    place = Workspace(root, lesson)
    if not place.started:
        not_started(place)
    call = program()
    try:
        if undoing:
            with alone(root):
                back = undo(place)
            if back is None:
                stop(f"nothing of {lesson} was moved aside")
            echo(_undone(back, f"{call} reset {lesson} --undo"))
            return
        todo = plan(place, files, start)
        if isinstance(todo, Refused):
            if todo.unknown:
                raise click.UsageError(f"{todo.reason}{near(todo.unknown, todo.known)}", ctx)
            stop(todo.reason)
        if not todo.changed:
            echo(f"{_what(place, todo)} as at the start: nothing to do")
            return
        _ask(ctx, place, todo, yes=yes)
        with alone(root):
            done = reset(place, todo)
    except OSError as error:
        stop(f"{lesson} is not reset, or not wholly: {error}", help=f"nothing is lost: see .mlsj/kept/{lesson}/")
    echo(_done(place, todo, done, call))


def _ask(ctx: click.Context, place: Workspace, todo: Plan, *, yes: bool) -> None:
    """Ask on a terminal; leave when the answer is no, or when there is nobody to ask."""
    from mlsj.cli.common import echo
    from mlsj.learner.words import few, name

    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("say --yes: there is no terminal to ask on", ctx)
    what = f"all of work/{place.lesson_id}/" if todo.whole else few(name(each) for each in todo.names)
    changed = few((name(each) for each in todo.changed), "differs from the start:", "differ from the start:")
    if not click.confirm(f"{changed}\nMove {what} aside and begin it again?"):
        echo("nothing was changed")
        ctx.exit(exits.FAILED)


def _what(place: Workspace, todo: Plan) -> str:
    from mlsj.learner.words import few, name

    if todo.whole:
        return f"work/{place.lesson_id}/ is"
    return f"{few(name(each) for each in todo.names)} {'is' if len(todo.names) == 1 else 'are'}"


def _done(place: Workspace, todo: Plan, done: Moved, call: str) -> str:
    from mlsj.learner.words import name

    lines = [f"{name(path)}: as at the start" for path in done.made]
    if done.moved:
        lines.append(f"what was there is in {done.kept}/")
        lines.append(f"bring it back: {call} reset {place.lesson_id} --undo")
    if todo.whole and place.note.is_file():
        lines.append(f"notes/{place.lesson_id}.md stays as it is (reset it by naming it)")
    return "\n".join(lines)


def _undone(back: Moved, again: str) -> str:
    from mlsj.learner.words import name

    lines = [f"{name(path)}: back" for path in back.made]
    if back.moved:
        lines += [f"what was there is in {back.kept}/", f"swap once more: {again}"]
    return "\n".join(lines)
