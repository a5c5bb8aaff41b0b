"""Types of the cells of a table, as text has them and as Parquet has them."""

from __future__ import annotations

import datetime
import math
import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mlsj.kinds import base

Type = Literal["text", "integer", "number", "boolean", "date", "timestamp"]
_WHOLE = re.compile(r"[+-]?[0-9]+\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")
WORDS: dict[str, str] = {
    "text": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date such as 2024-02-29",
    "timestamp": "a time such as 2024-02-29T12:00:00",
}


class Table(base.Params, frozen=True, forbid_unknown_fields=True):
    """The shape of a table."""

    columns: Annotated[
        dict[str, Type], Meta(description="Columns that it has, each with the type of its values; more are allowed.")
    ] = msgspec.field(default_factory=dict)
    min_rows: Annotated[int, Meta(ge=0, description="Fewest rows, the header not counted.")] = 1
    max_rows: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Most rows, the header not counted.")] = (
        None
    )

    def __post_init__(self) -> None:
        """Refuse bounds that nothing keeps."""
        if self.max_rows is not None and self.max_rows < self.min_rows:
            raise ValueError(f"'min_rows' is {self.min_rows} and 'max_rows' {self.max_rows}")


def fits(cell: str, kind: Type) -> bool:
    """Tell whether the text of a cell is a value of that type; an empty cell is no value, and fits none but text."""
    if kind == "text":
        return True
    if kind == "integer":
        return bool(_WHOLE.match(cell))
    if kind == "number":
        return bool(_NUMBER.match(cell)) and math.isfinite(float(cell))
    if kind == "boolean":
        return cell.casefold() in ("true", "false", "0", "1")
    try:
        datetime.date.fromisoformat(cell) if kind == "date" else datetime.datetime.fromisoformat(cell)
    except ValueError:
        return False
    return True


def value(cell: str) -> float | str:
    """Return what orders a cell: its number where it is one, else its text."""
    return float(cell) if _NUMBER.match(cell) else cell
