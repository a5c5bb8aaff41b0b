"""`mlsj update`: take over what changed in the course, without losing a line of the learner's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from mlsj.cli import exits
from mlsj.cli.common import format_option
from mlsj.cli.params import LESSON

if TYPE_CHECKING:
    from mlsj.learner.update import FileUpdate, LessonUpdate, Updated


@click.command(
    epilog="""\b
Examples:
  git pull upstream main       the course's new lessons, stubs and judges
  mlsj update --check          what they change in the lessons you have started
  mlsj update                  take it over
  mlsj update 2-1 --format json
"""
)
@click.argument("lessons", nargs=-1, type=LESSON, metavar="[LESSON]...")
@click.option("--check", is_flag=True, help="Only say what would happen; exit 1 when anything would.")
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, lessons: tuple[str, ...], check: bool, fmt: str) -> None:
    """Bring what the course changed in the stubs of your started lessons into work/ and notes/.

    Each file is merged from three: what you began with, the course's now, and yours. Where both changed the same lines
    yours and the course's stand between markers, for you to choose. Nothing of yours is deleted, and each file that
    changes is first kept in .mlsj/kept/. An update that was interrupted is completed by the next one.

    Exit codes: 0 taken over, or nothing to do; 1 something is left to you (with --check: something would change).
    JSON: an object as in docs/formats/update.schema.json.
    """
    from mlsj.cli.common import course_or_exit, echo, echo_json, program, stop
    from mlsj.cli.suggest import unknown
    from mlsj.learner.merge import GitMissing, MergeFailed
    from mlsj.learner.update import started, update
    from mlsj.project.atomic import BlockedError

    root, loaded = course_or_exit(ctx, fmt)
    assert loaded.curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    known = [lesson.id for _, lesson in loaded.curriculum.lessons()]
    begun = started(root)
    for lesson in lessons:
        if lesson not in begun and lesson not in known:
            raise click.UsageError(unknown("lesson", lesson, known), ctx)
        if lesson not in begun:
            stop(f"{lesson} is not started: there is nothing of yours to update", help=f"{program()} start {lesson}")
    chosen = tuple(dict.fromkeys(lessons)) or begun
    try:
        done = update(root, known, chosen, check=check)
    except GitMissing:
        stop(
            "git is needed to merge the course's changes with yours, and it is not installed; nothing was changed",
            help="pacman -S git, apt install git, dnf install git or brew install git",
        )
    except MergeFailed as failed:
        stop(f"git could not merge: {failed}", help="nothing was changed; mend what git names, then update again")
    except BlockedError as blocked:
        stop(blocked.diagnostic.message, help="move it away, then update again: what was begun is completed")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        stop(f"{place}{error.strerror or error}", help="mend that, then update again: what was begun is completed")
    if fmt == "json":
        echo_json(done)
    else:
        echo(text(done, program()))
    ctx.exit(exits.FAILED if done.to_do else exits.OK)


def text(done: Updated, program: str) -> str:
    """Return what was done, or would be, as text with the next steps."""
    if not done.lessons:
        return f"no lesson is started: there is nothing to update\nnext: {program} next"
    told = [lesson for lesson in done.lessons if lesson.state != "unchanged"]
    lines = [line for lesson in told for line in _lesson(lesson, checked=done.checked)]
    quiet = len(done.lessons) - len(told)
    if quiet:
        lines.append(f"{quiet} {'lesson' if quiet == 1 else 'lessons'} unchanged")
    return "\n".join([*lines, *(f"next: {step}" for step in _next(done, program))])


_HEADS = {
    "updated": "updated",
    "conflicts": "updated; something is left to you",
    "removed": "removed from the course; your files stay as they are",
    "refused": "not updated",
}
_HEADS_CHECKED = {**_HEADS, "updated": "would be updated", "conflicts": "something would be left to you"}


def _lesson(lesson: LessonUpdate, *, checked: bool) -> Iterable[str]:
    head = (_HEADS_CHECKED if checked else _HEADS)[lesson.state]
    if lesson.state == "conflicts" and all(file.what == "unresolved" for file in lesson.files):
        head = "waits for you"
    yield f"{lesson.lesson}: {head}" + (f" ({lesson.reason})" if lesson.reason and lesson.state != "removed" else "")
    if lesson.healed:
        did = "an update that was cut off is to be completed" if checked else "an update that was cut off was completed"
        yield f"  {did}"
    for file in lesson.files:
        yield f"  {file.what.value:<10}  {file.path}{_says(file)}"
        if file.beside:
            yield f"{'':14}the course's: {file.beside}"
        if file.saved:
            yield f"{'':14}yours from before: {file.saved}"


def _says(file: FileUpdate) -> str:
    places = f"{file.conflicts} {'place' if file.conflicts == 1 else 'places'}"
    return {
        "updated": " (you had not edited it)",
        "merged": " (the course's changes and yours)",
        "conflicts": f" ({places} where both changed the same lines: between <<<<<<< yours and >>>>>>> course)",
        "created": " (new in the course)",
        "beside": " (yours stays: the two cannot be merged)",
        "blocked": " (something of yours is in the way of the course's file)",
        "unresolved": " (markers of an earlier update are left in it: nothing was merged into it)",
        "deleted": " (you deleted it, the course changed it: it is not made again)",
        "dropped": " (the course no longer has it: yours stays)",
    }[file.what.value]


def _next(done: Updated, program: str) -> Iterable[str]:
    """Yield what to do now, in order."""
    changed = [lesson for lesson in done.lessons if lesson.state in ("updated", "conflicts")]
    if done.checked:
        if any(lesson.state == "updated" or lesson.files for lesson in changed):
            yield f"{program} update"
        return
    marked = [file.path for lesson in changed for file in lesson.files if file.what in ("conflicts", "unresolved")]
    aside = [file for lesson in changed for file in lesson.files if file.what == "beside"]
    if marked:
        yield f"choose between the markers in {', '.join(marked)}, and delete the markers"
    if aside:
        yield f"compare {', '.join(f'{file.path} with {file.beside}' for file in aside)}, and keep what you need"
    for lesson in changed:
        yield f"{program} check {lesson.lesson}"
    if changed:
        yield "git add work notes .mlsj/base && git commit -m 'Take over the course'"
