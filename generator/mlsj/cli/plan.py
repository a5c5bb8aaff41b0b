"""`mlsj plan`: which lessons a change touches, and what must judge them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlsj.cli.common import format_option

if TYPE_CHECKING:
    from mlsj.render.touched import Plan


@click.command(
    epilog="""\b
Examples:
  mlsj plan --since main                 what the changes since main ask of CI
  mlsj plan --since HEAD --format json   what is not committed yet, as data
  mlsj plan                              every lesson
  mlsj plan --since REF --format github  as outputs of a workflow's step
"""
)
@click.option(
    "--since", metavar="REF", default="", help="Commit to compare the working tree with; without it, everything."
)
@format_option("text", "json", "github")
@click.pass_context
def command(ctx: click.Context, since: str, fmt: str) -> None:
    """Say which lessons a change touches: by their sources, their part of curriculum.yaml, locks and the tool itself.

    Where that cannot be known (no git, an unknown commit), every lesson is planned and the reason is given.
    JSON: an object as in docs/formats/plan.schema.json.
    """
    from mlsj.cli.common import course_or_exit, echo, echo_json
    from mlsj.render.touched import Touched, outputs, plan, touched
    from mlsj.spec.files import CURRICULUM
    from mlsj.spec.source import parse

    root, loaded = course_or_exit(ctx, fmt)
    assert loaded.curriculum is not None  # noqa: S101 - course_or_exit has left otherwise
    changed = _changed(root, since)
    if isinstance(changed, str):
        change = Touched(None, changed)
    else:
        before: Any = None
        if CURRICULUM in changed:
            before = parse(CURRICULUM, _git(root, "show", f"{since}:./{CURRICULUM}") or b"").data
        change = touched(loaded.curriculum, changed, before, loaded.source.data)
    found = plan(loaded.curriculum, loaded.site, since, change)
    if fmt == "json":
        echo_json(found)
    else:
        echo(outputs(found) if fmt == "github" else _text(found))


def _changed(root: Path, since: str) -> list[str] | str:
    """Return the paths that differ from `since`, relative to `root`, or why they cannot be known."""
    if not since:
        return "no commit to compare with was given"
    if _git(root, "rev-parse", "--git-dir") is None:
        return "this is not a git repository, or git is missing"
    if _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{since}^{{commit}}") is None:
        return f"the commit '{since}' is not known here"
    differ = _git(root, "diff", "--name-only", "--no-renames", "--relative", "-z", "--end-of-options", since, "--")
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    if differ is None or untracked is None:
        return f"git could not compare with '{since}'"
    return [path.decode("utf-8", "surrogateescape") for path in (differ + untracked).split(b"\0") if path]


def _git(root: Path, *arguments: str) -> bytes | None:
    """Return what git prints, or None where it fails or is missing."""
    import subprocess

    try:
        ran = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except OSError:
        return None
    return ran.stdout if ran.returncode == 0 else None


def _text(found: Plan) -> str:
    against = f" since {found.since}" if found.since else ""
    rows = [
        ("change" + against, ("every lesson: " if found.everything else "") + found.reason),
        ("judge", ", ".join(found.cpu) or "nothing"),
        ("judge on a GPU", ", ".join(found.gpu)),
        ("no runner for", ", ".join(found.gpu_elsewhere)),
        ("drafts, not judged", ", ".join(found.drafts)),
    ]
    return "\n".join(f"- {label}: {value}" for label, value in rows if value)
