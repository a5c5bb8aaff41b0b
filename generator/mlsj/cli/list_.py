"""`mlsj list`: what there is to learn."""

from __future__ import annotations

import click

from mlsj.cli.common import format_option


@click.command(
    epilog="""\b
Examples:
  mlsj list                         every lesson, by module
  mlsj list --module 3              the lessons of one module
  mlsj list --status ready          those that can be judged
  mlsj list --brief                 one line for each module
  mlsj list --format json | jq -r '.[].id'
"""
)
@click.option("--module", "module_id", metavar="M", help="Only lessons of this module.")
@click.option("--track", type=click.Choice(["core", "full-book"]), help="Only lessons of this track.")
@click.option("--status", type=click.Choice(["ready", "draft"]), help="Only lessons of this status.")
@click.option("--brief", "in_brief", is_flag=True, help="One line for each module.")
@format_option("text", "json")
@click.pass_context
def command(
    ctx: click.Context, module_id: str | None, track: str | None, status: str | None, in_brief: bool, fmt: str
) -> None:
    """List the lessons, with their hours and what they need; once you have begun, also where you stand in them.

    JSON: an array of objects as in docs/formats/list.schema.json.
    """
    from mlsj.cli.common import course_or_exit, echo, echo_json
    from mlsj.cli.suggest import unknown
    from mlsj.cli.views import brief, summary_of, table
    from mlsj.learner.progress import begun, progress

    root, loaded = course_or_exit(ctx, fmt)
    curriculum = loaded.curriculum
    assert curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    modules = [module.id for module in curriculum.modules]
    if module_id is not None and module_id not in modules:
        raise click.UsageError(unknown("module", module_id, modules), ctx)
    chosen = [
        (module, lesson)
        for module, lesson in curriculum.lessons()
        if module_id in (None, module.id) and track in (None, lesson.track) and status in (None, lesson.status)
    ]
    found = progress(root, loaded)
    if fmt == "json":
        echo_json([summary_of(module, lesson, found[lesson.id]) for module, lesson in chosen])
    elif chosen:
        told = found if begun(found) else None
        echo(brief(curriculum, chosen, told) if in_brief else table(curriculum, chosen, told))
    else:
        echo("No lesson is like that; 'mlsj list' shows all.")
