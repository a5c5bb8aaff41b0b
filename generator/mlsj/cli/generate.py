"""`mlsj generate` as a command: its options and their texts; `mlsj.cli.generating` does the work."""

from __future__ import annotations

import click

from mlsj.cli.common import echo, format_option, root_of


@click.command(
    epilog="""\b
Examples:
  mlsj generate                         compile the course in this folder
  mlsj generate --check                 in CI: exit 1 when a generated file is not what the spec says
  mlsj generate --diff                  show what would change; write nothing
  mlsj generate --only 'stacks/*'       only the files that the pattern matches; * also matches /
  mlsj generate --check --format sarif  the same findings for a code-scanning service

\b
Exit codes:
  0  compiled, or nothing differs
  1  the spec is wrong (nothing was written), or with --check files differ
  2  the command line is wrong
  3  the disk refused (full, no permission); no file is half-written, run it again
""",
)
@click.option("--check", is_flag=True, help="Write nothing; report every file that differs and exit 1 if any does.")
@click.option("--diff", is_flag=True, help="Write nothing; show the differences. With --check, for every file.")
@click.option("--only", multiple=True, metavar="GLOB", help="Only files that GLOB matches; may be given again.")
@format_option()
@click.pass_context
def command(ctx: click.Context, check: bool, diff: bool, only: tuple[str, ...], fmt: str) -> None:
    """Compile curriculum.yaml into the course.

    Writes generated/, stacks/, schema/, what belongs to the compiler in .github/, and .mlsj/manifest.json, which lists
    all of it. Unchanged files are left alone, files that are no longer generated are deleted, files edited by hand are
    saved under .mlsj/cache/replaced/ before they are overwritten. Your work/ and notes/ are never touched.
    """
    from mlsj.cli import generating
    from mlsj.project import stamp

    root = str(root_of(ctx))
    files = None if check or diff or only or fmt != "text" else stamp.up_to_date(root)
    if files is not None:
        echo(stamp.nothing_to_do(files))
        return
    try:
        if check or diff:
            ctx.exit(generating.compare(root, only, fmt, check=check, diff=diff))
        ctx.exit(generating.write(root, only, fmt))
    except generating.NoSuchPathError as error:
        raise click.UsageError(str(error), ctx) from None
