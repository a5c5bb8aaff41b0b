"""`mlsj check`: judge a learner's work, or a variant of a lesson's sources, and say what to do next."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mlsj.cli import exits
from mlsj.cli.common import format_option
from mlsj.cli.params import LESSON

if TYPE_CHECKING:
    from mlsj.spec.load import Loaded
    from mlsj.spec.model import Lesson
    from mlsj.verify.engine import Outcome


@click.command(
    epilog="""\b
Examples:
  mlsj check 2-1                           judge work/2-1/ and notes/2-1.md
  mlsj check 2-1 --seed 42                 with the inputs of an earlier judging
  mlsj check 2-1 --mistake no-push         what the judge says to a known mistake
  mlsj check 2-1 --dir ../fork             the same lesson in another clone
  mlsj check 2-1 --fresh                   judge all of it, also what has not changed
  mlsj check 2-1 --junit result.xml        also write JUnit XML
"""
)
@click.argument("lesson", type=LESSON)
@click.option("--solution", is_flag=True, help="Judge the reference solution instead of your work.")
@click.option("--stub", is_flag=True, help="Judge what a learner starts from.")
@click.option("--mistake", metavar="ID", help="Judge a known mistake.")
@click.option(
    "--dir",
    "directory",
    metavar="D",
    type=click.Path(file_okay=False, path_type=Path),
    help="Judge D/work/LESSON and D/notes/LESSON.md.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Make the inputs of that seed; fresh ones by default.")
@click.option("--fresh", is_flag=True, help="Judge everything anew; never use a verdict again.")
@click.option("--strict", is_flag=True, help="Exit 3 when anything is unverified.")
@click.option("--junit", metavar="F", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML to F.")
@click.option("-v", "--verbose", is_flag=True, help="Also say what was observed of what passes, as in CI.")
@format_option("text", "json")
@click.pass_context
def command(
    ctx: click.Context,
    lesson: str,
    solution: bool,
    stub: bool,
    mistake: str | None,
    directory: Path | None,
    seed: int | None,
    fresh: bool,
    strict: bool,
    junit: Path | None,
    verbose: bool,
    fmt: str,
) -> None:
    """Judge your work on a lesson: one verdict per criterion, and the first thing to do next.

    Your files are copied and never changed. A verdict of your last check that still holds is used again and shown with
    its time and seed; --fresh (or CI=true in the environment) judges all of it. MLSJ_ISOLATION=bubblewrap or process
    chooses how programs are kept apart; by default it is bubblewrap where that works.

    Exit codes: 0 passed (or passed here), 1 failed, 2 usage, 3 not judged.
    JSON: an object as in docs/formats/evidence.schema.json.
    """
    chosen = [solution, stub, mistake is not None, directory is not None]
    if sum(chosen) > 1:
        raise click.UsageError("choose one of --solution, --stub, --mistake and --dir", ctx)
    _warm(ctx)
    from mlsj.cli.common import course_or_exit, echo, echo_json, program, stop
    from mlsj.cli.learning import painted, progress_line, width, wrapped
    from mlsj.cli.signals import end_well
    from mlsj.cli.suggest import unknown
    from mlsj.verify.text import render

    start = Path(ctx.find_root().obj or ".")  # -C: run as if started there
    root, loaded = course_or_exit(ctx)
    assert loaded.curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    found = loaded.curriculum.lesson(lesson)
    if found is None:
        raise click.UsageError(unknown("lesson", lesson, (each.id for _, each in loaded.curriculum.lessons())), ctx)
    if mistake is not None and mistake not in [each.id for each in found.mistakes]:
        raise click.UsageError(unknown("mistake", mistake, (each.id for each in found.mistakes)), ctx)
    variant = "solution" if solution else "stub" if stub else mistake
    if found.status == "draft":
        remedy = "say 'status: ready' in curriculum.yaml first" if variant else f"read it: mlsj show {lesson}"
        _not_judged(found, f"{lesson} is a draft: it cannot be judged yet", fmt, remedy)
    elsewhere = start / directory if directory is not None else None
    end_well()
    try:
        with progress_line() as show:
            outcome = _judge(root, loaded, found, variant, elsewhere, seed, fmt, show, fresh=fresh)
    except click.exceptions.Exit:  # it was said why; it is a RuntimeError, too
        raise
    except (OSError, RuntimeError) as error:  # a full disk, a folder that cannot be written, a broken prepare script
        stop(str(error), code=exits.NOT_JUDGED)
    report = outcome.report
    if junit is not None:
        from mlsj.verify.junit import junit as document

        try:
            (start / junit).write_bytes(document(report))
        except OSError as error:
            stop(f"--junit: {error}", code=exits.USAGE)
    if fmt == "json":
        echo_json(outcome.record)
    else:
        call = program()
        passed = report.state.value.startswith("passed")
        after = f"{call} prove {lesson}" if variant else f"{call} list"
        if passed and variant is None and directory is None:
            after = _after(root, loaded, call)
        wide, verbose = width(), verbose or _in_ci()
        echo(render(report, found.title, after, width=wide, style=painted, program=call, verbose=verbose))
        if passed and found.after and variant is None:
            parts = ["\n".join(wrapped(part, "", width())) for part in found.after.strip().split("\n\n")]
            echo("\n" + "\n\n".join(parts))
    ctx.exit(_code(outcome, strict))


def _warm(ctx: click.Context) -> None:
    """Let the judging process start while the course is read; it is ended when it was not needed."""
    from mlsj.verify.process import discard, warm

    with contextlib.suppress(OSError):  # a machine without room for it says so when judging begins
        warm()
    ctx.call_on_close(discard)


def _judge(
    root: Path,
    loaded: Loaded,
    lesson: Lesson,
    variant: str | None,
    directory: Path | None,
    seed: int | None,
    fmt: str,
    show: Callable[[str], None],
    *,
    fresh: bool,
) -> Outcome:
    """Judge what was asked for; leaves with exit 3 when it was never started."""
    import tempfile

    from mlsj.cli.common import program
    from mlsj.learner.workspace import Workspace
    from mlsj.verify.engine import judge
    from mlsj.verify.records import reusable
    from mlsj.verify.subject import make

    def progress(text: str) -> None:
        show(f" {text}" if text.startswith("judging") else text)

    place = Workspace(root, lesson.id)
    form = place.note_form
    shared: dict[str, Any] = {"root": root, "note_form": form, "seed": seed, "progress": progress}
    if variant is not None:
        with tempfile.TemporaryDirectory(prefix="mlsj-") as folder:
            work, note = make(loaded.tree, lesson, variant, Path(folder) / "variant", form)
            name = variant if variant in ("solution", "stub") else f"mistake {variant}"
            return judge(loaded.tree, lesson, work, note, subject=name, **shared)
    if directory is not None:
        other = Workspace(directory.resolve(), lesson.id)
        if not other.work.is_dir():
            _not_judged(
                lesson, f"there is no work/{lesson.id}/ in {directory}/", fmt, "name the folder that holds work/"
            )
        return judge(loaded.tree, lesson, other.work, other.note, subject="dir", **shared)
    if not place.started or not place.work.is_dir():
        reason = f"{lesson.id} is not started" if not place.started else f"work/{lesson.id}/ is gone"
        _not_judged(lesson, reason, fmt, f"{program()} start {lesson.id}")
    record = None if fresh or _in_ci() else reusable(root, lesson.id)
    return judge(loaded.tree, lesson, place.work, place.note, reuse=record, **shared)


def _in_ci() -> bool:
    """Tell whether a CI service runs us; all of them set CI."""
    import os

    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _not_judged(lesson: Lesson, reason: str, fmt: str, remedy: str) -> NoReturn:
    """Say why nothing is judged and leave with exit 3."""
    from mlsj.cli.common import echo_json, stop

    if fmt == "json":
        from mlsj.verify.evidence import not_judged

        echo_json(not_judged(lesson.id, f"{reason}: {remedy}"))
        raise click.exceptions.Exit(exits.NOT_JUDGED)
    stop(reason, code=exits.NOT_JUDGED, help=remedy)


def _code(outcome: Outcome, strict: bool) -> int:
    from mlsj.kinds.base import Verdict
    from mlsj.verify.report import State

    report = outcome.report
    if report.state is State.FAILED:
        return exits.FAILED
    unverified = any(result.verdict is Verdict.UNVERIFIED for result in report.results)
    return exits.NOT_JUDGED if report.state is State.NOT_JUDGED or (strict and unverified) else exits.OK


def _after(root: Path, loaded: Loaded, call: str) -> str:
    """Return what comes after a lesson that was passed: what `mlsj next` would say."""
    from mlsj.learner.following import following
    from mlsj.learner.progress import progress

    command = following(loaded, progress(root, loaded)).command
    return f"{call} {command}" if command else f"{call} list"
