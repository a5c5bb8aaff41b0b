"""`mlsj migrate`: show, then write, curriculum.yaml in the newest format."""

from __future__ import annotations

import click

from mlsj.cli import exits
from mlsj.cli.common import format_option


@click.command(
    epilog="""\b
Examples:
  mlsj migrate           show the change and ask
  mlsj migrate --yes     show the change and write it
"""
)
@click.option("--yes", is_flag=True, help="Write without asking.")
@format_option("text", "json")
@click.pass_context
def command(ctx: click.Context, yes: bool, fmt: str) -> None:
    """Bring curriculum.yaml to the newest format; comments and layout stay.

    The change is shown as a diff first. Nothing is written without a yes; away from a terminal that is --yes.
    """
    import sys

    from mlsj.cli.common import colored, echo, echo_json, report, root_of
    from mlsj.cli.diffs import unified
    from mlsj.project.author import replace
    from mlsj.spec.diagnostics import Diagnostic
    from mlsj.spec.files import CURRICULUM
    from mlsj.spec.migrate import migrate
    from mlsj.spec.source import MAX_BYTES, parse

    path = root_of(ctx) / CURRICULUM
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    source = parse(CURRICULUM, raw)
    made = source.diagnostics or migrate(source)
    if isinstance(made, list | Diagnostic):
        found = made if isinstance(made, list) else [made]
        report(found, fmt, {CURRICULUM: source.text})
        ctx.exit(exits.FAILED)
    diff = unified(CURRICULUM, source.text, made.text)
    if fmt == "text":
        echo(unified(CURRICULUM, source.text, made.text, color=colored()))
    write = bool(diff) and (yes or (fmt == "text" and sys.stdin.isatty() and click.confirm(f"Write this to {path}?")))
    if write:
        bom = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
        replace(path, bom + made.text.encode())
    first, last = made.formats[0], made.formats[-1]
    if fmt == "json":
        echo_json({"from": first, "to": last, "changed": bool(diff), "written": write, "diff": diff})
    elif not diff:
        echo(f"{CURRICULUM} is in format {last}, the newest: nothing to do.")
    elif write:
        echo(f"{CURRICULUM} is now in format {last}. Next: mlsj validate")
    else:
        echo("Nothing was written. To write it: mlsj migrate --yes", err=True)
    if diff and not write:
        ctx.exit(exits.FAILED)
