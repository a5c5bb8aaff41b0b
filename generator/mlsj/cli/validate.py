"""`mlsj validate`: what is wrong with the spec, with everything it names, and with what would be made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlsj.cli.common import format_option

if TYPE_CHECKING:
    from mlsj.spec.model import Curriculum


@click.command(
    epilog="""\b
Examples:
  mlsj validate                     every problem, with its line and how to mend it
  mlsj validate --format json       for programs (docs/formats/diagnostics.schema.json)
  mlsj validate --format github     annotations, inside a workflow
  mlsj validate --format sarif      for code scanning

\b
Exit codes:
  0  no errors; there may be warnings
  1  the spec is wrong
"""
)
@format_option()
@click.pass_context
def command(ctx: click.Context, fmt: str) -> None:
    """Check curriculum.yaml and everything it names; write nothing.

    Text goes to stderr, the formats for programs to stdout. 'mlsj explain CODE' says more about a code.
    """
    from mlsj.cli import exits
    from mlsj.cli.common import echo, load_course, report, root_of, texts_of
    from mlsj.cli.compiling import compiled
    from mlsj.spec.diagnostics import has_errors

    loaded = load_course(root_of(ctx))
    found = list(loaded.diagnostics)
    if loaded.curriculum is not None and not has_errors(found):
        # Two places of the spec may still want the same file: only compiling shows it.
        found += compiled(loaded).diagnostics
    report(found, fmt, texts_of(loaded.tree, found))
    if has_errors(found):
        ctx.exit(exits.FAILED)
    if fmt == "text" and loaded.curriculum is not None:
        echo(f"curriculum.yaml is fine: {_size(loaded.curriculum)}")


def _size(curriculum: Curriculum) -> str:
    lessons = [lesson for _, lesson in curriculum.lessons()]
    ready = sum(lesson.status == "ready" for lesson in lessons)
    return f"{_count(len(curriculum.modules), 'module')}, {_count(len(lessons), 'lesson')} ({ready} ready)"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
