"""Kind `file`: a file of the work directory exists, or must not, and holds a text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding, failed, inside, passed, quoted

_MAX_BYTES = 4 * 1024 * 1024


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `file`."""

    path: Annotated[str, Meta(min_length=1, description="Path in the work directory.")]
    exists: Annotated[bool, Meta(description="Whether it must exist, or must not.")] = True
    contains: Annotated[str, Meta(description="Text that it holds.")] = ""
    matches: Annotated[str, Meta(description="Regular expression found in it; ^ and $ are line ends.")] = ""
    executable: Annotated[
        bool | None, Meta(description="Whether it must be executable; by default it does not matter.")
    ] = None

    def __post_init__(self) -> None:
        """Refuse an expression that does not compile; the spec's rules report it at its place."""
        import re

        try:
            re.compile(self.matches)
        except re.error as error:
            raise ValueError(f"'matches' is not a regular expression: {error}") from None


def judge(params: Params, context: Context) -> Finding:
    """Look at the file. A link that leads out of the work directory is not the learner's file."""
    import re

    path = inside(context.work, params.path)
    where = f"work/{context.lesson_id}/{params.path}"

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, next_step=next_step, where=where)

    there = path is not None and path.exists()
    if not params.exists:
        if not there:
            return passed(f"there is no {params.path}")
        return wrong(f"{params.path} is there", "no such file", "a file", f"remove {where}")
    if path is None:
        got = f"a link to {(context.work / params.path).resolve()}"
        return wrong(f"{params.path} leads out of the lesson", "a file", got, "put the file itself there")
    if not there:
        return wrong(f"{params.path} is missing", "a file", _beside(path), f"create {where}")
    runnable = path.stat().st_mode & 0o111 != 0
    if params.executable is not None and runnable != params.executable:
        want, sign = ("executable", "+") if params.executable else ("not executable", "-")
        have = "executable" if runnable else "not executable"
        return wrong(f"{params.path} is {have}", want, have, f"chmod {sign}x {where}")
    if not params.contains and not params.matches:
        return passed(f"{params.path} is there")
    if not path.is_file():
        return wrong(f"{params.path} is not a file", "a file", "a folder", f"make {where} a file")
    with path.open("rb") as file:
        text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    if params.contains not in text:
        got = quoted(text) or "an empty file"
        return wrong(f"{params.path} lacks a text", params.contains, got, f"write it into {where}")
    if params.matches and not re.search(params.matches, text, re.MULTILINE):
        got = quoted(text) or "an empty file"
        want = f"a line that matches {params.matches}"
        return wrong(f"{params.path} has no such line", want, got, f"write one into {where}")
    return passed(f"{params.path} holds what it must")


def _beside(path: Path) -> str:
    """Say what is there instead: a name that differs in case or spelling is the usual cause."""
    import difflib

    names = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, 1, 0.7)
    return f"nothing; there is {near[0]}" if near else "nothing"
