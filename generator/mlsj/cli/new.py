"""`mlsj new`: add a lesson to the course, or make a new course."""

from __future__ import annotations

import click

from mlsj.cli import exits


@click.group(
    epilog="""\b
Examples:
  mlsj new course my-course --title "My course"
  mlsj new lesson 2-3 --module 2 --title "Caches"
"""
)
def command() -> None:
    """Add a lesson, or make a new course."""


@command.command(
    "lesson",
    epilog="""\b
Examples:
  mlsj new lesson 2-3 --module 2
  mlsj new lesson 2-3 --module 2 --title "Caches"
""",
)
@click.argument("lesson_id", metavar="ID")
@click.option(
    "--module", "module_id", metavar="M", help="Module it is added to, at its end; needed where there are several."
)
@click.option("--title", help="Title of the lesson.")
@click.pass_context
def lesson(ctx: click.Context, lesson_id: str, module_id: str | None, title: str | None) -> None:
    """Add a draft lesson to curriculum.yaml, and example sources to templates/lessons/ID/.

    Only lines are added: comments and layout of curriculum.yaml stay as they are.
    """
    from mlsj.cli.common import course_or_exit, echo, report, texts_of
    from mlsj.cli.suggest import unknown
    from mlsj.project.newlesson import Refused, add, planned

    root, loaded = course_or_exit(ctx)
    assert loaded.curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    modules = [module.id for module in loaded.curriculum.modules]
    if module_id is None and len(modules) > 1:
        raise click.UsageError(f"say with --module which module it belongs to: {', '.join(modules)}", ctx)
    if module_id is not None and module_id not in modules:
        raise click.UsageError(unknown("module", module_id, modules), ctx)
    plan = planned(loaded, lesson_id, module_id or modules[0], title or f"Lesson {lesson_id}")
    if isinstance(plan, Refused):
        if plan.reason:
            raise click.UsageError(plan.reason, ctx)
        report(plan.diagnostics, "text", texts_of(plan.tree, plan.diagnostics))
        ctx.exit(exits.FAILED)
    add(root, plan)
    echo(f"curriculum.yaml: lesson {lesson_id}, a draft, at the end of module {module_id or modules[0]}")
    for path in plan.sources:
        echo(f"{plan.folder}/{path}")
    echo(f"\nNext:  edit both, then mlsj validate, mlsj generate, mlsj show {lesson_id}")


@command.command(
    "course",
    epilog="""\b
Examples:
  mlsj new course my-course
  mlsj new course my-course --title "My course" --id mine --repository me/my-course
""",
)
@click.argument("directory", metavar="DIR", type=click.Path())
@click.option("--title", help="Title of the course; from DIR if left out.")
@click.option("--id", "course_id", help="Short name, words joined by hyphens; from DIR if left out.")
@click.option("--repository", metavar="OWNER/NAME", help="Where the course will live.")
@click.pass_context
def course(
    ctx: click.Context, directory: str, title: str | None, course_id: str | None, repository: str | None
) -> None:
    """Make a course in DIR, which is absent or empty: one lesson that can be judged, and a draft.

    On a terminal, and with no option given, it asks; else what is left out is derived from DIR.
    """
    import shlex
    import shutil
    import sys
    from pathlib import Path

    from mlsj.cli.common import echo
    from mlsj.project.newcourse import defaults, refusal, rendered, unfit
    from mlsj.project.scaffold import place

    folder = Path(ctx.find_root().obj or ".", directory)
    if reason := refusal(folder):
        raise click.UsageError(reason, ctx)
    given = {"title": title, "course_id": course_id, "repository": repository}
    values = dict(zip(given, defaults(folder), strict=True)) | {
        key: value for key, value in given.items() if value is not None
    }
    if not any(given.values()) and sys.stdin.isatty() and sys.stdout.isatty():
        asked = {"title": "Title", "course_id": "Id", "repository": "Repository (OWNER/NAME)"}
        values = {key: click.prompt(question, default=values[key]) for key, question in asked.items()}
    if reason := unfit(**values):
        raise click.UsageError(reason, ctx)
    made = rendered(**values)
    place(made, folder)
    for path in made:
        echo(f"{directory.rstrip('/')}/{path}")
    tool = Path(sys.executable).with_name("mlsj")
    # `make setup` looks on PATH, and links what it finds: once is enough.
    path = "" if shutil.which("mlsj") or not tool.is_file() else f"PATH={shlex.quote(str(tool.parent))}:$PATH "
    echo(f"\nNext:  cd {shlex.quote(directory)} && {path}make")
