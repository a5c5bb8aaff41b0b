"""`mlsj status`: where you stand in every lesson, and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlsj.cli import exits
from mlsj.cli.common import format_option

if TYPE_CHECKING:
    from mlsj.learner.transfer import Merged
    from mlsj.spec.load import Loaded


@click.command(
    epilog="""\b
Examples:
  mlsj status                          every lesson, with the reason where a pass is stale
  mlsj status --recheck                judge every started lesson again
  mlsj status --export progress.json   write down your progress, for another clone
  mlsj status --import progress.json   merge it there
"""
)
@click.option("--recheck", is_flag=True, help="Judge every started lesson again; no verdict is re-used.")
@click.option("--export", "export_to", metavar="F", help="Write your progress to F; '-' is standard output.")
@click.option("--import", "import_from", metavar="F", help="Merge the progress in F; '-' is standard input.")
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, recheck: bool, export_to: str | None, import_from: str | None, fmt: str) -> None:
    """Show where you stand in every lesson: derived from the evidence of your judgings, stored nowhere.

    A pass is stale when its judge, its environment or your files changed since. Progress is your own record, not a
    certificate: whoever has the files can write one. Exit codes: 0 fine, 1 with --recheck: a lesson failed; a file to
    import is refused, 3 with --recheck: a lesson could not be judged. JSON: an object as in
    docs/formats/status.schema.json; an export is one as in docs/formats/progress.schema.json.
    """
    from mlsj.cli.common import course_or_exit, echo, echo_json, program
    from mlsj.cli.learning import width
    from mlsj.cli.standing import status_data, status_text
    from mlsj.learner.following import following
    from mlsj.learner.progress import progress, strangers

    start = Path(ctx.find_root().obj or ".")  # -C: run as if started there
    if export_to == "-" and fmt == "json":
        raise click.UsageError("--export - prints the export instead of the status: leave out --format json", ctx)
    root, loaded = course_or_exit(ctx, fmt)
    curriculum = loaded.curriculum
    assert curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    if import_from is not None:
        merged = _import(root, loaded, start, import_from)
        echo(_merged_text(merged, import_from), err=fmt == "json" or export_to == "-")
    code = _recheck(root, loaded) if recheck else exits.OK
    if export_to is not None:
        _export(root, curriculum.course.id, start, export_to, err=fmt == "json")
    found = progress(root, loaded)
    next_ = following(loaded, found)
    if fmt == "json":
        echo_json(status_data(curriculum, found, next_, strangers(root, loaded)))
    elif export_to is None:
        others = strangers(root, loaded)
        echo(status_text(curriculum, found, next_, others, call=program(), width=width()))
    ctx.exit(code)


def _recheck(root: Path, loaded: Loaded) -> int:
    """Judge every started lesson afresh and return the exit code that follows."""
    from mlsj.cli.common import stop
    from mlsj.cli.learning import progress_line
    from mlsj.cli.signals import end_well
    from mlsj.learner.workspace import Workspace
    from mlsj.verify.engine import judge
    from mlsj.verify.report import State

    assert loaded.curriculum is not None  # noqa: S101 - the caller has it
    ready = [lesson for _, lesson in loaded.curriculum.lessons() if lesson.status == "ready"]
    started = [lesson for lesson in ready if Workspace(root, lesson.id).started]
    states = set()
    end_well()
    with progress_line() as show:
        for number, lesson in enumerate(started, 1):
            place = Workspace(root, lesson.id)
            show(f"judging {lesson.id} ({number} of {len(started)})")

            def detail(text: str, lesson_id: str = lesson.id) -> None:
                show(f" {lesson_id}: {text}")

            if not place.work.is_dir():
                states.add(State.NOT_JUDGED)
                continue
            try:
                outcome = judge(
                    loaded.tree,
                    lesson,
                    place.work,
                    place.note,
                    root=root,
                    note_form=place.note_form,
                    progress=detail,
                )
            except (OSError, RuntimeError) as error:  # a full disk, a folder that cannot be written
                stop(f"{lesson.id}: {error}", code=exits.NOT_JUDGED)
            states.add(outcome.report.state)
    if State.FAILED in states:
        return exits.FAILED
    return exits.NOT_JUDGED if State.NOT_JUDGED in states else exits.OK


def _export(root: Path, course: str, start: Path, target: str, *, err: bool) -> None:
    from mlsj.cli.common import echo, stop
    from mlsj.learner.transfer import collect, encoded
    from mlsj.learner.words import count
    from mlsj.project.author import replace

    document = collect(root, course)
    data = encoded(document)
    if target == "-":
        echo(data.decode())
        return
    try:
        replace(start / target, data)
    except OSError as error:
        stop(f"--export: {error}", code=exits.USAGE)
    number = sum(len(told.records) for told in document.lessons.values())
    echo(f"{target}: what is known of {count(len(document.lessons), 'lesson')}, {count(number, 'judging')}", err=err)


def _import(root: Path, loaded: Loaded, start: Path, source: str) -> Merged:
    """Merge the file; leaves with exit 2 when it cannot be read and with exit 1 when it is refused."""
    from mlsj.cli.common import stop
    from mlsj.learner.transfer import MAX_BYTES, Refused, merge, parse

    assert loaded.curriculum is not None  # noqa: S101 - the caller has it
    try:
        if source == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with (start / source).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except OSError as error:
        stop(f"--import: {error}", code=exits.USAGE)
    document = parse(data, loaded.curriculum.course.id)
    if isinstance(document, Refused):
        stop(f"{source} is not imported: {document.reason}", help=document.help)
    try:
        return merge(root, document, [lesson.id for _, lesson in loaded.curriculum.lessons()])
    except OSError as error:
        stop(f"--import: {error}", code=exits.NOT_JUDGED, help="import again when that is mended; nothing is lost")


def _merged_text(merged: Merged, source: str) -> str:
    from mlsj.learner.words import count, few

    told = f"{source}: {count(merged.added, 'judging')} added, {merged.already} known already"
    lines = [f"{told}, {count(merged.journals, 'journal')} of hints merged" if merged.journals else told]
    if merged.unknown:
        lines.append(few(merged.unknown, "kept, though not in this course:", "kept, though not in this course:"))
    return "\n".join(lines)
