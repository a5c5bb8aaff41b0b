"""What every command needs: the course's root, the loaded course, and one way to print and to stop.

Whatever is slow is imported by the function that uses it, click too: a plain `mlsj generate` does without it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mlsj.cli import exits

if TYPE_CHECKING:
    import click

    from mlsj.spec.diagnostics import Diagnostic
    from mlsj.spec.files import Tree
    from mlsj.spec.load import Loaded

FORMATS = ("text", "json", "github", "sarif")

_Command = TypeVar("_Command", bound=Callable[..., Any])


def format_option(*choices: str) -> Callable[[_Command], _Command]:
    """Return the `--format` option, passed to the command as `fmt`; without `choices` it has all formats."""
    import click

    return click.option(
        "--format",
        "fmt",
        type=click.Choice(choices or FORMATS),
        default="text",
        show_default=True,
        help="Output format.",
    )


def root_of(ctx: click.Context) -> Path:
    """Return the course's root: the nearest folder with a curriculum.yaml, from `-C` (or here) upward.

    Raises click.UsageError (exit 2) when there is none.
    """
    import click

    from mlsj.project.read import find_root

    given = ctx.find_root().obj
    start = Path(given) if given else Path.cwd()
    if not start.is_dir():
        raise click.UsageError(f"-C {given}: no such folder", ctx)
    root = find_root(start)
    if root is None and os.path.lexists(start / "curriculum.yaml"):
        raise click.UsageError(f"{start.resolve() / 'curriculum.yaml'} is not a file", ctx)
    if root is None:
        raise click.UsageError(
            f"no curriculum.yaml in {start.resolve()} or above it. "
            "Go to a course's folder, name one with -C, or make one with 'mlsj new course'.",
            ctx,
        )
    return root


def load_course(root: Path) -> Loaded:
    """Read and check the course at `root`. What could not be read is among the result's diagnostics."""
    import msgspec

    from mlsj.project.read import scan
    from mlsj.spec.diagnostics import has_errors, ordered
    from mlsj.spec.load import load

    scanned = scan(root)
    loaded = load(scanned.tree)
    if not scanned.diagnostics:
        return loaded
    unread = {d.span.file for d in scanned.diagnostics}
    found = tuple(ordered((*scanned.diagnostics, *(d for d in loaded.diagnostics if d.span.file not in unread))))
    curriculum = None if has_errors(scanned.diagnostics) else loaded.curriculum
    return msgspec.structs.replace(loaded, curriculum=curriculum, diagnostics=found)


def course_or_exit(ctx: click.Context, fmt: str = "text") -> tuple[Path, Loaded]:
    """Return the root and the loaded course; print the diagnostics and exit 1 when the spec has errors."""
    from mlsj.spec.diagnostics import has_errors

    root = root_of(ctx)
    loaded = load_course(root)
    if loaded.curriculum is None or has_errors(loaded.diagnostics):
        report(loaded.diagnostics, fmt, texts_of(loaded.tree, loaded.diagnostics))
        ctx.exit(exits.FAILED)
    return root, loaded


def texts_of(tree: Tree, diagnostics: Iterable[Diagnostic]) -> dict[str, str]:
    """Return the text of every input file that the diagnostics point into."""
    files = {span.file for d in diagnostics for span in (d.span, *(r.span for r in d.related))}
    found = ((file, tree.data(file)) for file in sorted(files))
    return {file: data.decode("utf-8-sig", "replace") for file, data in found if data is not None}


def report(
    diagnostics: Iterable[Diagnostic],
    fmt: str = "text",
    texts: Mapping[str, str] | None = None,
    *,
    err: bool | None = None,
) -> None:
    """Print diagnostics: text to stderr, the formats for machines to stdout, unless `err` says which."""
    from mlsj.spec.diagnostics import ordered
    from mlsj.spec.printers import render

    err = fmt == "text" if err is None else err
    echo(render(ordered(diagnostics), fmt, texts or {}, color=fmt == "text" and colored(err)), err=err)


def colored(err: bool = False) -> bool:
    """Tell whether colours belong on stdout (or stderr): on a terminal, unless NO_COLOR is set."""
    return (
        not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
        and (sys.stderr if err else sys.stdout).isatty()
    )


def echo(text: str, *, err: bool = False) -> None:
    """Print `text` with one newline at its end, without colours where they do not belong.

    Characters that the stream's encoding lacks become '?'.
    """
    text = text.rstrip("\n")
    if not text:
        return
    if "\x1b" in text and not colored(err):
        text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


# https://www.ecma-international.org/publications-and-standards/standards/ecma-48/, SGR
_COLORS = {"red": 31, "green": 32, "cyan": 36}


def painted(text: str, color: str, *, bold: bool = False) -> str:
    """Return `text` in a colour of the terminal's."""
    return f"\x1b[{_COLORS[color]}{';1' if bold else ''}m{text}\x1b[0m"


def echo_json(value: object) -> None:
    """Print `value`, plain data or structs, as indented JSON on stdout."""
    import json

    import msgspec

    echo(json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False))


def program() -> str:
    """Return what to type to run this program again: 'mlsj', or its path where the shell would not find that."""
    import shutil

    called = Path(sys.argv[0])
    if called.name != "mlsj" or shutil.which("mlsj"):
        return "mlsj"
    return min(os.path.relpath(called), str(called.absolute()), key=len)


def stop(message: str, *, code: int = exits.FAILED, help: str = "") -> NoReturn:  # noqa: A002 - named as in Diagnostic
    """Print `error: message`, and how to go on, to stderr and leave with `code`."""
    import click

    label = painted("error:", "red", bold=True) if colored(err=True) else "error:"
    echo(f"{label} {message}", err=True)
    if help:
        echo(f"  help: {help}", err=True)
    raise click.exceptions.Exit(code)
