"""What `mlsj generate` does: compile the course, then write, check or show what differs.

Nothing of the command line's library is imported here: a plain `mlsj generate` runs without it (`mlsj.__main__`).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlsj.cli import exits
from mlsj.cli.common import colored, echo, echo_json, load_course, painted, report, stop, texts_of
from mlsj.project import stamp

if TYPE_CHECKING:
    from mlsj.project.diff import Drift
    from mlsj.project.plan import Plan
    from mlsj.project.walk import Zone
    from mlsj.spec.diagnostics import Diagnostic
    from mlsj.spec.files import File, Tree


class NoSuchPathError(Exception):
    """No generated file has a path that `--only` matches."""


class _Compiled(NamedTuple):
    """The compiled files, or with errors none, and everything said on the way."""

    tree: Tree
    files: dict[str, File]
    diagnostics: list[Diagnostic]
    broken: bool


def _compile(root: str) -> _Compiled:
    from mlsj.cli.compiling import compiled
    from mlsj.spec.diagnostics import has_errors

    loaded = load_course(Path(root))
    said = list(loaded.diagnostics)
    if loaded.curriculum is None or has_errors(said):
        return _Compiled(loaded.tree, {}, said, broken=True)
    rendered = compiled(loaded)
    said += rendered.diagnostics
    return _Compiled(loaded.tree, dict(rendered.files), said, broken=has_errors(said))


class _Compared(NamedTuple):
    """The plan, the zone it was made from, and a warning where the manifest was refused."""

    plan: Plan
    seen: Zone
    refused: list[Diagnostic]


def _compare_with_disk(root: str, compiled: _Compiled, only: tuple[str, ...]) -> _Compared:
    from mlsj.project.plan import matches, plan
    from mlsj.project.write import known, look

    earlier, refused = known(root)
    seen = look(root, compiled.files, earlier)
    if not any(matches(path, only) for path in {*compiled.files, *earlier.paths(), *seen.found}):
        raise NoSuchPathError(f"--only {' --only '.join(only)}: no generated file has such a path")
    return _Compared(plan(compiled.files, earlier, seen, only), seen, [refused] if refused else [])


def write(root: str, only: tuple[str, ...], fmt: str) -> int:
    """Compile and write. The lock is held from before the first read, so the later of two runs has the newer spec."""
    from mlsj.project import summary
    from mlsj.project.atomic import BlockedError
    from mlsj.project.lock import alone
    from mlsj.project.plan import afterwards, remarks
    from mlsj.project.write import apply
    from mlsj.spec.diagnostics import has_errors

    try:
        stamp.tool()
        with alone(root, lambda: echo("Waiting for another 'mlsj generate' in this course …", err=True)):
            compiled = _compile(root)
            if compiled.broken:
                return _refuse(fmt, compiled.tree, compiled.diagnostics)
            compared, seen, refused = _compare_with_disk(root, compiled, only)
            said = [*compiled.diagnostics, *refused, *compared.diagnostics, *remarks(compared)]
            if has_errors(said):
                return _refuse(fmt, compiled.tree, said, compared)
            saved = apply(root, compared)
            said += summary.overwritten(saved)
            if not said and not only:
                read = [(path, file.data, file.executable) for path, file in compiled.tree.files.items()]
                stamp.leave(root, stamp.digest(read, afterwards(seen, compared)), len(compiled.files))
    except BlockedError as blocked:
        return _refuse(fmt, None, [blocked.diagnostic])
    except OSError as error:
        place = os.path.relpath(error.filename, root) if isinstance(error.filename, str) else root
        stop(
            f"{place}: {error.strerror or error}",
            code=exits.NOT_JUDGED,
            help="no file is half-written; mend this and run 'mlsj generate' again",
        )
    if fmt == "json":
        outcome = "up-to-date" if compared.settled else "written"
        echo_json(summary.data(outcome, compared, _plain(said), saved=saved))
    elif fmt == "text":
        report(said, fmt, texts_of(compiled.tree, said))
        echo(summary.text(compared))
    else:
        report(said, fmt, texts_of(compiled.tree, said))
    return exits.OK


def compare(root: str, only: tuple[str, ...], fmt: str, *, check: bool, diff: bool) -> int:
    """Compile and compare, writing nothing."""
    from mlsj.project import summary
    from mlsj.project.diff import drifts
    from mlsj.spec.diagnostics import has_errors

    compiled = _compile(root)
    if compiled.broken:
        return _refuse(fmt, compiled.tree, compiled.diagnostics)
    compared, _, refused = _compare_with_disk(root, compiled, only)
    said = [*compiled.diagnostics, *refused, *compared.diagnostics]
    if has_errors(said):
        return _refuse(fmt, compiled.tree, said, compared)
    found = drifts(compared, lambda path: _bytes(root, path))
    if fmt == "json":
        outcome = "drift" if found and check else "differs" if found else "up-to-date"
        said += [drift.diagnostic for drift in found]
        echo_json(summary.data(outcome, compared, _plain(said), drifts=found, diffs=diff))
    elif fmt == "text":
        _print_comparison(root, compiled.tree, said, compared, found, check=check, diff=diff)
    else:
        said += [drift.diagnostic for drift in found] if check else []
        report(said, fmt, texts_of(compiled.tree, said) | _texts(root, found))
    return exits.FAILED if check and found else exits.OK


def _print_comparison(
    root: str, tree: Tree, said: list[Diagnostic], compared: Plan, found: list[Drift], *, check: bool, diff: bool
) -> None:
    """Print findings to stderr and differences to stdout; what people edited by hand is always shown."""
    from mlsj.project import summary

    more = 0
    if check:
        shown, more = summary.shown(found)
        said = said + [drift.diagnostic for drift in shown]
    report(said, "text", texts_of(tree, said) | _texts(root, found))
    if more:
        echo(f"… and {more} more", err=True)
    echo("".join(_painted(drift.diff) for drift in found if diff or drift.kind == "hand-edited"))
    if not found:
        echo(stamp.nothing_to_do(summary.compiled(compared)))
    elif check:
        echo(summary.drifted(found), err=True)
    else:
        echo(summary.text(compared, would=True), err=True)


def _refuse(fmt: str, tree: Tree | None, said: list[Diagnostic], compared: Plan | None = None) -> int:
    """Print why nothing was written."""
    from mlsj.project import summary

    if fmt == "json":
        echo_json(summary.data("refused", compared, _plain(said)))
    else:
        report(said, fmt, texts_of(tree, said) if tree else {})
    return exits.FAILED


def _plain(said: list[Diagnostic]) -> list[Any]:
    """Return diagnostics as the plain data that `--format json` prints everywhere."""
    import json

    from mlsj.spec.diagnostics import ordered
    from mlsj.spec.printers import render

    printed: list[Any] = json.loads(render(ordered(said), "json", {}))["diagnostics"]
    return printed


def _bytes(root: str, path: str) -> bytes | None:
    full = Path(root, path)
    return full.read_bytes() if full.is_file() and not full.is_symlink() else None


def _texts(root: str, found: list[Drift]) -> dict[str, str]:
    """Return the texts that drifts point into, so that the line that differs can be shown."""
    kept = ((drift.path, _bytes(root, drift.path)) for drift in found if drift.diagnostic.span.line > 1)
    return {path: data.decode("utf-8", "replace") for path, data in kept if data is not None}


def _painted(diff: str) -> str:
    """Return a diff with colours on a terminal, and with the control characters of files made harmless."""
    lines = []
    for line in diff.split("\n"):
        plain = "".join(c if c.isprintable() or c in "\t" else f"\\x{ord(c):02x}" for c in line)
        color = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1]) if colored() else None
        lines.append(painted(plain, color) if color else plain)
    return "\n".join(lines)
