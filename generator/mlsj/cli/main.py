"""The `mlsj` command group.

Commands are listed in a table with their one-line help, so that `mlsj --help` and shell completion import none of them.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import click

from mlsj import __version__
from mlsj.cli import exits

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_BUG = """\
This is a bug in mlsj, not in your course or your work: {kind}: {message}
Nothing was judged. Run the same command with MLSJ_DEBUG=1 to see where it happened, and please report that."""

# name: (module in mlsj.cli, one line of help). The order is the order of `mlsj --help`.
COMMANDS: dict[str, tuple[str, str]] = {
    "generate": ("generate", "Compile curriculum.yaml into the course."),
    "validate": ("validate", "Check curriculum.yaml and everything it names; write nothing."),
    "explain": ("explain", "Explain a diagnostic code, or where a generated line comes from."),
    "migrate": ("migrate", "Bring curriculum.yaml to the newest format."),
    "lock": ("lock", "Resolve environments into hashed requirements in locks/."),
    "list": ("list_", "List the lessons."),
    "show": ("show", "Show one lesson."),
    "start": ("start", "Begin a lesson: make your copy of its stub and note form."),
    "check": ("check", "Judge your work on a lesson."),
    "status": ("status", "Show where you stand in every lesson."),
    "next": ("next_", "Say what to do next."),
    "hint": ("hint", "Take the next hint of a lesson."),
    "solution": ("solution", "Show a lesson's reference solution, after a pass."),
    "reset": ("reset", "Begin a lesson or a file again; what was there is kept."),
    "prove": ("prove", "Prove lessons: the stub fails, the reference passes, each mistake is rejected."),
    "watch": ("watch", "Judge your work at each save."),
    "update": ("update", "Take over what the course changed in lessons you have started."),
    "plan": ("plan", "Say which lessons a change touches, and what must judge them."),
    "new": ("new", "Add a lesson, or make a new course."),
    "completion": ("completion", "Print the completion script of your shell."),
}


class _PipeClosedError(Exception):
    """Nobody reads the output any more; not an OSError, which click would turn into exit 1, our "failed"."""


class LazyGroup(click.Group):
    """A group whose commands live in modules that are imported on use."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Parse; `--help` and `--version` print while doing so."""
        with _pipe_watched():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _pipe_watched():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature, as below
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the module of `cmd_name` and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"mlsj.cli.{COMMANDS[cmd_name][0]}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete from the table; click would import every command for its help."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, (_, text) in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)

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


@contextmanager
def _pipe_watched() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _PipeClosedError from error


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


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave the process with its exit code.

    What a command raises ends here: Ctrl-C leaves with 130 and a closed pipe with 141, as if the signal had ended the
    process; an error of the machine (disk full, no permission) and a bug of ours leave with 3: nothing was judged.
    A traceback is shown only where MLSJ_DEBUG=1 asks for it.
    """
    # A stream that the caller closed is None, and every print would have to ask.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the process ends
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    try:
        code = cli.main(args, prog_name="mlsj", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        code = exits.INTERRUPTED
    except (_PipeClosedError, BrokenPipeError):
        # The interpreter would flush into the closed pipe once more and complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = exits.PIPE_CLOSED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"error: {place}{error.strerror or error}", err=True)
        _traceback_on_demand()
        code = exits.NOT_JUDGED
    except Exception as error:  # noqa: BLE001 - the last edge: a bug must be told from a wrong spec and a failed verdict
        # In the middle of a line being completed a message would only disturb.
        if "_MLSJ_COMPLETE" not in os.environ or os.environ.get("MLSJ_DEBUG") == "1":
            message = " ".join(str(error).split()) or "no message"
            click.echo(_BUG.format(kind=type(error).__name__, message=message), err=True)
            _traceback_on_demand()
        code = exits.NOT_JUDGED
    sys.exit(code if isinstance(code, int) else exits.OK)


def _traceback_on_demand() -> None:
    if os.environ.get("MLSJ_DEBUG") == "1":
        import traceback

        traceback.print_exc()
