"""`mlsj show`: one lesson in full."""

from __future__ import annotations

import click

from mlsj.cli.common import format_option
from mlsj.cli.params import LESSON


@click.command(
    epilog="""\b
Examples:
  mlsj show 2-1                   what it asks, and what to type next
  mlsj show 2-1 --format json     the same as data
"""
)
@click.argument("lesson", type=LESSON)
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, lesson: str, fmt: str) -> None:
    """Show one lesson: effort, reading, objectives, criteria, quick start, and what to type next.

    JSON: an object as in docs/formats/show.schema.json.
    """
    from mlsj.cli.common import course_or_exit, echo, echo_json
    from mlsj.cli.suggest import unknown
    from mlsj.cli.views import details_of, text_of
    from mlsj.learner.progress import of

    root, loaded = course_or_exit(ctx, fmt)
    curriculum = loaded.curriculum
    assert curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    found = next((pair for pair in curriculum.lessons() if pair[1].id == lesson), None)
    if found is None:
        raise click.UsageError(unknown("lesson", lesson, (each.id for _, each in curriculum.lessons())), ctx)
    details = details_of(curriculum, *found, of(root, loaded, found[1]))
    if fmt == "json":
        echo_json(details)
    else:
        echo(text_of(details))
