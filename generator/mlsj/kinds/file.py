"""Kind `file`: a file of the work directory exists, or must not, and holds a text or data of a certain shape."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.kinds import _found, base
from mlsj.kinds._cells import Table
from mlsj.kinds._json import Part
from mlsj.kinds.base import Context, Finding, failed, passed, quoted

LOOKS_AT = ("work",)
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
    json: Annotated[list[Part], Meta(description="Parts that it has as JSON.")] = msgspec.field(default_factory=list)
    csv: Annotated[Table | None, Meta(description="Its shape as CSV; kind 'csv' looks deeper.")] = None
    parquet: Annotated[
        Table | None, Meta(description="Its shape as Parquet; the lesson's environment needs pyarrow.")
    ] = None

    def __post_init__(self) -> None:
        """Refuse an expression that does not compile, and what cannot be true at once."""
        base_matches(self.matches, "matches")
        _found.below(self.path, "path")
        asked = [n for n in ("contains", "matches", "executable", "json", "csv", "parquet") if getattr(self, n)]
        if not self.exists and asked:
            raise ValueError(f"'{asked[0]}' says something of a file that must not exist")
        shapes = [name for name in asked if name in ("json", "csv", "parquet")]
        if len(shapes) > 1:
            raise ValueError(f"a file is not '{shapes[0]}' and '{shapes[1]}' at once")


def base_matches(pattern: str, name: str) -> None:
    """Raise ValueError for an expression that does not compile; the spec's rules report it at its place."""
    import re

    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"'{name}' is not a regular expression: {error}") from None


def judge(params: Params, context: Context) -> Finding:
    """Look at the file."""
    where = _found.place(context, params.path)

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, next_step=next_step, where=where)

    path = _found.there(context, params.path)
    if not params.exists:
        if isinstance(path, Finding):
            return passed(f"there is no {params.path}")
        return wrong(f"{params.path} is there", "no such file", "a file", f"remove {where}")
    if isinstance(path, Finding):
        return path
    runnable = path.stat().st_mode & 0o111 != 0
    if params.executable is not None and runnable != params.executable:
        want, sign = ("executable", "+") if params.executable else ("not executable", "-")
        have = "executable" if runnable else "not executable"
        return wrong(f"{params.path} is {have}", want, have, f"chmod {sign}x {where}")
    if not (params.contains or params.matches or params.json or params.csv or params.parquet):
        return passed(f"{params.path} is there")
    path = _found.file(context, params.path)
    if isinstance(path, Finding):
        return path
    return _text(params, path, where) or _shape(params, path, context) or passed(f"{params.path} holds what it must")


def _text(params: Params, path: Path, where: str) -> Finding | None:
    import re

    if not (params.contains or params.matches):
        return None
    with path.open("rb") as file:
        text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    if params.contains not in text:
        got = quoted(text) or "an empty file"
        step = f"write it into {where}"
        return failed(f"{params.path} lacks a text", expected=params.contains, got=got, where=where, next_step=step)
    if params.matches and not re.search(params.matches, text, re.MULTILINE):
        got = quoted(text) or "an empty file"
        want, step = f"a line that matches {params.matches}", f"write one into {where}"
        return failed(f"{params.path} has no such line", expected=want, got=got, where=where, next_step=step)
    return None


def _shape(params: Params, path: Path, context: Context) -> Finding | None:
    if params.json:
        from mlsj.kinds import _json

        return _json.look(path, params.path, params.json, _found.place(context, params.path))
    if params.csv is not None:
        from mlsj.kinds import csv

        finding = csv.shape(path, params.path, params.csv, _found.place(context, params.path))
        return finding if isinstance(finding, Finding) else None
    if params.parquet is not None:
        from mlsj.kinds import _parquet

        return _parquet.look(path, params.path, params.parquet, context)
    return None
