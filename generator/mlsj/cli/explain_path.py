"""`mlsj explain PATH[:LINE]`: which spec place and which emitter made a generated line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from mlsj.render.whence import Whence
    from mlsj.spec.load import Loaded


def explain_path(ctx: click.Context, target: str, fmt: str) -> None:
    """Print where `target`, `PATH` or `PATH:LINE`, comes from. Paths are relative to here, or to the course's root.

    JSON: an object as in docs/formats/explain.schema.json. Leaves with exit 2 for what the compiler did not make.
    """
    from mlsj.cli.common import course_or_exit, echo, echo_json
    from mlsj.cli.compiling import compiled
    from mlsj.render.whence import whence

    root, loaded = course_or_exit(ctx, fmt)
    rendered = compiled(loaded)
    split = re.fullmatch(r"(.+?):(\d+)(?::\d+)?", target)
    name, line = (split[1], int(split[2])) if split else (target, None)
    names = _candidates(ctx, root, name)
    for path in names:
        try:
            found = whence(loaded, rendered, path, line)
        except IndexError:
            raise click.UsageError(f"{path} has no line {line}", ctx) from None
        if found is not None:
            echo_json(found) if fmt == "json" else echo(_text(found))
            return
    _refuse(ctx, loaded, rendered.files, names)


def _candidates(ctx: click.Context, root: Path, name: str) -> list[str]:
    """Return the paths in the course that `name` may mean: seen from here, and seen from the root."""
    given = ctx.find_root().obj
    seen = os.path.relpath(Path(os.path.normpath(Path(given or ".").absolute() / name)), root.absolute())
    paths = dict.fromkeys(path.replace(os.sep, "/") for path in (seen, os.path.normpath(name)))
    return [path for path in paths if not path.startswith(("../", "/")) and path != ".."] or [name]


def _text(found: Whence) -> str:
    place = found.origin or "the whole spec"
    rows = [
        ("file", f"{found.copy}, a copy of {found.path}" if found.copy else found.path),
        ("made by", found.emitter),
        ("spec", f"{place}  ({found.spec.file}:{found.spec.line}:{found.spec.column})"),
        ("template", found.template),
        ("source", found.source),
    ]
    if found.first is not None:
        rows.insert(1, ("lines", f"{found.first}-{found.last}" if found.first != found.last else f"{found.first}"))
    to_edit = found.source or found.spec.file
    rows.append(("to change it", "it is yours: edit it" if found.copy else f"edit {to_edit}, then run make"))
    return "\n".join(f"{label + ':':<14}{value}" for label, value in rows if value)


def _refuse(ctx: click.Context, loaded: Loaded, files: Iterable[str], names: list[str]) -> NoReturn:
    from mlsj.render.whence import original
    from mlsj.spec.wording import near

    path = names[0]
    if path in loaded.tree.files:
        raise click.UsageError(f"{path} is written by the course's authors; the compiler only reads it", ctx)
    if any(made.startswith(path.rstrip("/") + "/") for made in files):
        raise click.UsageError(f"{path} is a folder; name a file in it, such as {next(iter(_below(files, path)))}", ctx)
    if original(path) != path:
        raise click.UsageError(
            f"{path} is not one of the files that a lesson begins with: it is the learner's own", ctx
        )
    raise click.UsageError(f"{path}: the compiler makes no such file{near(path, list(files))}", ctx)


def _below(files: Iterable[str], folder: str) -> list[str]:
    return [path for path in files if path.startswith(folder.rstrip("/") + "/")]
