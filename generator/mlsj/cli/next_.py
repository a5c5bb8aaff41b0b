"""`mlsj next`: the one thing to do next."""

from __future__ import annotations

import click

from mlsj.cli.common import format_option


@click.command(
    epilog="""\b
Examples:
  mlsj next                     what to do now, and the command
  mlsj next --format json       the same as data
"""
)
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, fmt: str) -> None:
    """Say what to do next: go on with what you began, or begin what is open to you.

    What was started and is not passed comes first, with what failed in it first; then the first lesson whose
    prerequisites are passed. JSON: an object as in docs/formats/next.schema.json.
    """
    from mlsj.cli.common import course_or_exit, echo, echo_json, program
    from mlsj.cli.learning import width
    from mlsj.cli.standing import next_data, next_text
    from mlsj.learner.following import following
    from mlsj.learner.progress import progress

    root, loaded = course_or_exit(ctx, fmt)
    found = following(loaded, progress(root, loaded))
    if fmt == "json":
        echo_json(next_data(found))
    else:
        echo(next_text(found, program(), width()))
