"""`mlsj prove`: the stub fails, the reference passes, and each mistake is rejected for its declared reason."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from mlsj.cli import exits
from mlsj.cli.common import format_option
from mlsj.cli.params import LESSON

if TYPE_CHECKING:
    from mlsj.spec.load import Loaded
    from mlsj.spec.model import Lesson
    from mlsj.verify.prove import Progress

# Between two lines of progress in a log.
_SLOW_S = 10.0


@click.command(
    epilog="""\b
Examples:
  mlsj prove                               every ready lesson
  mlsj prove 2-1                           one lesson, while you write it
  mlsj prove 2-1 --repeat 10               with ten seeds: is a verdict flaky?
  mlsj prove --format json > proof.json    for programs (docs/formats/proof.schema.json)
"""
)
@click.argument("lessons", metavar="[LESSON]...", nargs=-1, type=LESSON)
@click.option(
    "--repeat",
    metavar="N",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    help="Judge each variant N times, with fresh inputs.",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 256),
    default=None,
    help="Judge N variants at a time; as many as there are CPUs by default.",
)
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, lessons: tuple[str, ...], repeat: int, jobs: int | None, fmt: str) -> None:
    """Prove ready lessons: a lesson whose proof fails would accept wrong work, or reject right work.

    Of each lesson: the stub ends by itself and fails; the reference passes every round; each mistake fails exactly the
    criteria it names, with a message of its own; each criterion rejects at least one mistake; numeric criteria reject
    zeros, a constant, the input and less precise results; the quick-start works on the reference.

    One round finds what is always wrong. A verdict that is wrong one time in five escapes N rounds of a lesson with M
    mistakes with a chance of about 0.8^(N × M): --repeat 10 shows it.

    Exit codes: 0 proved, 1 not proved, 2 usage, 3 not judged (a draft, or this machine cannot judge it). What only
    another machine can show, such as one with a GPU, is listed and changes no exit code.
    """
    from mlsj.cli.common import course_or_exit, echo, echo_json, program, report, texts_of
    from mlsj.cli.compiling import compiled
    from mlsj.cli.signals import end_well
    from mlsj.spec.diagnostics import has_errors
    from mlsj.verify.prove import prove
    from mlsj.verify.prove_record import ProofState
    from mlsj.verify.prove_text import render

    root, loaded = course_or_exit(ctx)
    chosen = _chosen(ctx, loaded, lessons)
    rendered = compiled(loaded)
    if has_errors(rendered.diagnostics):
        report(rendered.diagnostics, "text", texts_of(loaded.tree, rendered.diagnostics))
        ctx.exit(exits.FAILED)
    end_well()
    found = prove(
        loaded.tree,
        chosen,
        root=root,
        files=rendered.files,
        repeat=repeat,
        jobs=jobs or _cpus(),
        progress=_progress(),
    )
    if sys.stderr.isatty():
        click.echo("\r\x1b[2K", nl=False, err=True)
    if fmt == "json":
        echo_json(found)
    elif not chosen:
        echo("no lesson of this course is ready: there is nothing to prove")
    else:
        echo(render(found, width=_width(), style=_style, program=program()))
    codes = {ProofState.PROVED: exits.OK, ProofState.NOT_PROVED: exits.FAILED, ProofState.NOT_JUDGED: exits.NOT_JUDGED}
    ctx.exit(codes[found.state])


def _chosen(ctx: click.Context, loaded: Loaded, lessons: tuple[str, ...]) -> list[Lesson]:
    """Return the lessons to prove, in the course's order; leaves with exit 3 when a draft is among them."""
    from mlsj.cli.common import stop
    from mlsj.cli.suggest import unknown

    assert loaded.curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    every = {lesson.id: lesson for _, lesson in loaded.curriculum.lessons()}
    for name in lessons:
        if name not in every:
            raise click.UsageError(unknown("lesson", name, every), ctx)
        if every[name].status == "draft":
            remedy = "say 'status: ready' in curriculum.yaml first"
            stop(f"{name}: a draft cannot be proved", code=exits.NOT_JUDGED, help=remedy)
    wanted = set(lessons) or {name for name, lesson in every.items() if lesson.status == "ready"}
    return [lesson for name, lesson in every.items() if name in wanted]


def _cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _progress() -> Progress:
    """Return what shows progress on stderr: one line kept up to date on a terminal, elsewhere a line now and then."""
    if sys.stderr.isatty():

        def live(done: int, total: int, text: str) -> None:
            count = f"{done} of {total}: " if total else ""
            click.echo(f"\r\x1b[2K{count}{text}"[: _width() + 4], nl=False, err=True)

        return live
    last = time.monotonic()

    def slow(done: int, total: int, text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if not total:
            click.echo(f"{text} …", err=True)
        elif now - last >= _SLOW_S and done < total:
            click.echo(f"proving: {done} of {total} done", err=True)
            last = now

    return slow


def _width() -> int:
    import shutil

    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def _style(text: str, colour: str) -> str:
    from mlsj.cli.common import colored

    return click.style(text, fg=colour, bold=True) if colored() else text
