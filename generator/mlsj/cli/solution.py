"""`mlsj solution`: the reference, after a pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlsj.cli import exits
from mlsj.cli.common import format_option
from mlsj.cli.params import LESSON

if TYPE_CHECKING:
    from mlsj.learner.progress import LessonProgress
    from mlsj.learner.solution import Reference, Solution
    from mlsj.spec.model import Lesson

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command(
    epilog="""\b
Examples:
  mlsj solution 2-1              the reference, once the lesson is passed
  mlsj solution 2-1 --diff       how your files differ from it
  mlsj solution 2-1 --reveal     before a pass; 'mlsj status' shows that
"""
)
@click.argument("lesson", type=LESSON)
@click.option("--reveal", is_flag=True, help="Show it before a pass; that is recorded.")
@click.option("--diff", "differences", is_flag=True, help="Show what leads from your files to the reference.")
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, lesson: str, reveal: bool, differences: bool, fmt: str) -> None:
    """Show the reference solution of a lesson that you passed, and where it is.

    Exit codes: 0 shown, 1 the lesson was never passed, 3 it is a draft. JSON: an object as in
    docs/formats/solution.schema.json.
    """
    from mlsj.cli.common import echo, echo_json, stop
    from mlsj.cli.learning import lesson_or_exit
    from mlsj.learner import journal
    from mlsj.learner.progress import of
    from mlsj.learner.solution import solution
    from mlsj.learner.workspace import Workspace

    root, loaded, found = lesson_or_exit(ctx, lesson, fmt)
    at = of(root, loaded, found)
    if not at.ever_passed and not reveal:
        _refuse(lesson, at)
    if not at.ever_passed:
        try:
            journal.reveal(root, lesson)
        except OSError as error:
            stop(f"that it was shown cannot be recorded, so it is not shown: {error}", code=exits.NOT_JUDGED)
    told = solution(loaded.tree, found, Workspace(root, lesson))
    if fmt == "json":
        echo_json(
            {
                "lesson": lesson,
                "folder": told.folder,
                "passed": at.ever_passed,
                "files": told.files,
                "only_yours": told.only_yours,
            }
        )
    else:
        echo(_diff(told, found) if differences else _text(told, found))


def _refuse(lesson: str, at: LessonProgress) -> None:
    """Say what is missing, and how to see it all the same; leave with exit 1."""
    from mlsj.cli.common import program, stop
    from mlsj.learner.progress import Standing

    missing = {
        Standing.NOT_STARTED: f"begin it: {program()} start {lesson}",
        Standing.STARTED: f"have it judged: {program()} check {lesson}",
    }
    what = "; ".join(at.reasons) if at.standing is Standing.FAILED else missing.get(at.standing, "")
    stop(
        f"the solution is shown after a pass, and {lesson} is {at.standing}{f' ({what})' if what else ''}",
        help=f"'{program()} hint {lesson}' gives a hint; '{program()} solution {lesson} --reveal' shows it anyway, "
        "and that is recorded",
    )


def _text(told: Solution, lesson: Lesson) -> str:
    lines = [f"{lesson.id} {' '.join(lesson.title.split())}: the reference, from {told.folder}"]
    for file in told.files:
        lines += ["", _heading(file), *_body(file)]
    return "\n".join(lines)


def _heading(file: Reference) -> str:
    from mlsj.cli.learning import painted
    from mlsj.learner.words import name

    return painted(f"── {name(file.path)}{' (a script that finishes the folder)' if file.script else ''}", "cyan")


def _body(file: Reference) -> list[str]:
    if file.text is None:
        return [f"({file.size} bytes, not text)"]
    return file.text.rstrip("\n").split("\n") if file.text else ["(empty)"]


def _diff(told: Solution, lesson: Lesson) -> str:
    """Return the differences as a unified diff, from the learner's files to the reference."""
    from mlsj.learner.words import few, name

    changed = [file for file in told.files if file.diff]
    lines = [_coloured(line) for file in changed for line in file.diff.rstrip("\n").split("\n")]
    same = [file for file in told.files if not file.diff and not file.script]
    if same:
        lines.append(few((name(file.path) for file in same), "equal to the reference:", "equal to the reference:"))
    for script in (file for file in told.files if file.script):
        lines += ["", _heading(script), *_body(script)]
    if told.only_yours:
        lines.append(few(told.only_yours, "only yours:", "only yours:"))
    return "\n".join(lines) or f"the reference of {lesson.id} has no files"


def _coloured(line: str) -> str:
    colour = _COLOURS.get(line[:1])
    return click.style(line, fg=colour) if colour else line
