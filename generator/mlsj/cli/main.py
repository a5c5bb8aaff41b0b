"""The `mlsj` command group.

Commands are listed in a table with their one-line help, so that `mlsj --help` and shell completion import none of them.
"""

from __future__ import annotations

import importlib
from typing import Any

import click

from mlsj import __version__

# name: (module in mlsj.cli, one line of help). The order is the order of `mlsj --help`.
COMMANDS: dict[str, tuple[str, str]] = {
    "generate": ("generate", "Compile curriculum.yaml into the course."),
    "validate": ("validate", "Check curriculum.yaml and everything it names; write nothing."),
    "explain": ("explain", "Explain a diagnostic code, or where a generated line comes from."),
    "migrate": ("migrate", "Bring curriculum.yaml to the newest format."),
    "lock": ("lock", "Resolve environments into hashed requirements in locks/."),
    "list": ("list", "List the lessons."),
    "show": ("show", "Show one lesson."),
    "start": ("start", "Begin a lesson: make your copy of its stub and note form."),
    "check": ("check", "Judge your work on a lesson."),
    "plan": ("plan", "Say which lessons a change touches, and what must judge them."),
    "new": ("new", "Add a lesson, or make a new course."),
    "completion": ("completion", "Print the completion script of your shell."),
}


class LazyGroup(click.Group):
    """A group whose commands live in modules that are imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of `cmd_name` and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"mlsj.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a command, with a suggestion when the name is unknown."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, 1)
            hint = f" Did you mean '{near[0]}'?" if near else " 'mlsj --help' lists them."
            raise click.UsageError(f"No such command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  mlsj generate            compile the course in this folder
  mlsj list                what there is to learn
  mlsj start 2-1           begin a lesson
  mlsj check 2-1           judge your work
""",
)
@click.version_option(__version__, prog_name="mlsj")
@click.option("-C", "directory", metavar="DIR", help="Run as if started in DIR.")
@click.pass_context
def cli(ctx: click.Context, directory: str | None) -> None:
    """Hands-on courses as code: one curriculum.yaml becomes lessons, targets, workflows and verdicts."""
    ctx.obj = directory


def main(**extra: Any) -> None:
    """Run the command line and leave the process with its exit code."""
    cli(prog_name="mlsj", **extra)
