"""`mlsj explain`: what a diagnostic code means, or where a generated file or line comes from."""

from __future__ import annotations

import re

import click

from mlsj.cli.common import format_option

_CODE = re.compile(r"MLSJ-[A-Z]\d{3}", re.IGNORECASE)


@click.command(
    epilog="""\b
Examples:
  mlsj explain MLSJ-S014                           what the code means and how to mend it
  mlsj explain generated/lessons/2-1/README.md     the place in the spec that made the file
  mlsj explain generated/course.mk:12              the same for one line
  mlsj explain MLSJ-S014 --format json             as data
"""
)
@click.argument("target", metavar="CODE|PATH[:LINE]")
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, target: str, fmt: str) -> None:
    """Explain a diagnostic code, or say which place in the spec and which emitter made a generated line."""
    if _CODE.fullmatch(target):
        _explain_code(ctx, target.upper(), fmt)
    else:
        from mlsj.cli.explain_path import explain_path

        explain_path(ctx, target, fmt)


def _explain_code(ctx: click.Context, name: str, fmt: str) -> None:
    from mlsj.cli.common import echo, echo_json
    from mlsj.spec.codes import catalogue, page

    code = catalogue().get(name)
    if code is None:
        from mlsj.cli.suggest import unknown

        raise click.UsageError(unknown("diagnostic", name, catalogue()), ctx)
    if fmt == "json":
        echo_json(code)
    else:
        echo(page(code))
