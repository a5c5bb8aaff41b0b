"""Kind `csv`: a table in depth: columns and their types, rows, keys, order, ranges, and the rows that are right."""

from __future__ import annotations

import csv as reader
import io
from collections import Counter
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.kinds import _found, base
from mlsj.kinds._cells import WORDS, Table, Type, fits, value
from mlsj.kinds._parquet import rows_wrong
from mlsj.kinds.base import Context, Finding, failed, passed

LOOKS_AT = ("work",)
FUNCTIONS = ("equals",)
_MAX_BYTES = 256 * 2**20


class Range(base.Params, frozen=True, forbid_unknown_fields=True):
    """Bounds of the numbers of a column, both included."""

    min: Annotated[float | None, Meta(description="Least number.")] = None
    max: Annotated[float | None, Meta(description="Largest number.")] = None

    def __post_init__(self) -> None:
        """Refuse bounds that nothing keeps."""
        if self.min is not None and self.max is not None and self.max < self.min:
            raise ValueError(f"'min' is {self.min:g} and 'max' {self.max:g}")


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `csv`."""

    path: Annotated[str, Meta(min_length=1, description="Path in the work directory.")]
    columns: Annotated[
        dict[str, Type], Meta(description="Columns that it has, each with the type of its cells that are not empty.")
    ] = msgspec.field(default_factory=dict)
    only: Annotated[bool, Meta(description="Whether it has no other columns than those.")] = False
    delimiter: Annotated[str, Meta(min_length=1, max_length=1, description="What stands between two cells.")] = ","
    min_rows: Annotated[int, Meta(ge=0, description="Fewest rows, the header not counted.")] = 1
    max_rows: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="Most rows, the header not counted.")] = (
        None
    )
    filled: Annotated[list[str], Meta(description="Columns without an empty cell.")] = msgspec.field(
        default_factory=list
    )
    unique: Annotated[list[str], Meta(description="Columns whose cells together differ in every row.")] = msgspec.field(
        default_factory=list
    )
    sorted_by: Annotated[
        list[str], Meta(description="Columns that it is sorted by; '-' before a name says: largest first.")
    ] = msgspec.field(default_factory=list)
    ranges: Annotated[dict[str, Range], Meta(description="Column to the bounds of its numbers.")] = msgspec.field(
        default_factory=dict
    )
    equals: Annotated[
        str,
        Meta(
            pattern=r"^([a-z][a-z0-9_]*)?$",
            description="Function of judge.py: it takes the Context and returns the rows that are right, each a "
            "dict by column; columns that it does not name may hold anything.",
        ),
    ] = ""
    in_order: Annotated[bool, Meta(description="Whether those rows come in that order.")] = False
    rel: Annotated[float, Meta(ge=0, description="Largest relative error of a float of those rows.")] = 0.0
    abs: Annotated[float, Meta(ge=0, description="Largest absolute error of a float of those rows.")] = 0.0

    def __post_init__(self) -> None:
        """Refuse bounds that nothing keeps, and names that are double or not columns."""
        if self.max_rows is not None and self.max_rows < self.min_rows:
            raise ValueError(f"'min_rows' is {self.min_rows} and 'max_rows' {self.max_rows}")
        _found.below(self.path, "path")
        if self.delimiter in '"\r\n':
            raise ValueError("'delimiter' must not be a quote or the end of a line")
        named = {"filled": self.filled, "unique": self.unique, "sorted_by": self.order, "ranges": [*self.ranges]}
        for field, columns in named.items():
            for column in columns:
                if self.only and column not in self.columns:
                    raise ValueError(f"'{field}' names {column}, which 'columns' lacks though there are no others")

    @property
    def order(self) -> list[str]:
        """The columns it is sorted by, without their sign."""
        return [name.removeprefix("-") for name in self.sorted_by]

    @property
    def needed(self) -> list[str]:
        """Every column that is named."""
        return list(dict.fromkeys([*self.columns, *self.filled, *self.unique, *self.order, *self.ranges]))


class Rows(msgspec.Struct, frozen=True):
    """The rows of a table: column to cell, and the line that each row ends at."""

    header: list[str]
    cells: list[dict[str, str]]
    lines: list[int]

    def at(self, index: int, column: str = "") -> str:
        """Name a row, and a column of it."""
        return f"row {index + 1} (line {self.lines[index]}){f', column {column}' if column else ''}"


def judge(params: Params, context: Context) -> Finding:
    """Look at the table, the shape before the cells, the cells before the rows that are right."""
    path = _found.file(context, params.path)
    if isinstance(path, Finding):
        return path
    where = _found.place(context, params.path)
    table = Table(params.columns, params.min_rows, params.max_rows)
    rows = shape(path, params.path, table, where, params.delimiter, params.needed)
    if isinstance(rows, Finding):
        return rows
    if params.only and (others := [name for name in rows.header if name not in params.columns]):
        want, got = ", ".join(params.columns), ", ".join(rows.header)
        return _wrong(params, where, f"has a column '{others[0]}' too many", want, got, f"leave '{others[0]}' out")
    faults = (_empty, _double, _unsorted, _outside)
    finding = next((f for fault in faults if (f := fault(params, rows, where)) is not None), None)
    if finding is None and params.equals:
        from mlsj.kinds import _rows
        from mlsj.kinds.judge import function

        expected = [dict(row) for row in function(context, params.equals)(context)]
        finding = _rows.compare(params, rows, expected, where)
    return finding or passed(f"{params.path} has {len(rows.cells)} row{'s' * (len(rows.cells) != 1)}, as they must be")


def shape(
    path: Path, name: str, table: Table, where: str, delimiter: str = ",", needed: list[str] | None = None
) -> Rows | Finding:
    """Return the rows, or what is wrong with the columns, the number of rows, or the type of a cell."""

    def wrong(message: str, expected: str, got: str, next_step: str, at: str = where) -> Finding:
        return failed(f"{name} {message}", expected=expected, got=got, where=at, next_step=next_step)

    try:
        rows = _read(path, delimiter)
    except _Unreadable as error:
        return wrong(
            "is not a table", error.args[1], error.args[2], "write it with a CSV library", f"{where}{error.args[0]}"
        )
    for column in table.columns if needed is None else needed:
        if column not in rows.header:
            got = ", ".join(rows.header) or "no columns"
            return wrong(f"has no column '{column}'", column, got, f"write the column '{column}'")
    found = rows_wrong(len(rows.cells), table, name, where)
    if found is not None:
        return found
    for index, row in enumerate(rows.cells):
        for column, kind in table.columns.items():
            if row[column] and not fits(row[column], kind):
                message = f"has a cell that is not {WORDS[kind]} in column '{column}'"
                step = f"write {WORDS[kind]} there, or leave the cell empty"
                return wrong(message, WORDS[kind], shown(row[column]), step, f"{where}, {rows.at(index, column)}")
    return rows


class _Unreadable(Exception):  # noqa: N818 - its arguments say it
    """Not a table; the arguments are where, what was expected and what is there."""


def _read(path: Path, delimiter: str) -> Rows:
    """Read the whole table. Raises _Unreadable where it is none."""
    if path.stat().st_size > _MAX_BYTES:
        raise _Unreadable("", f"at most {_MAX_BYTES // 2**20} MiB", f"{path.stat().st_size // 2**20} MiB")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise _Unreadable(f":{line}", "UTF-8 text", f"the byte 0x{error.object[error.start]:02x}") from None
    lines = reader.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    cells, numbers = [], []
    try:
        for row in lines:
            if not row:
                continue
            if not header:
                header = row
                double = [name for name, count in Counter(header).items() if count > 1]
                if double:
                    raise _Unreadable(":1", "columns of different names", f"'{double[0]}' twice")
            elif len(row) != len(header):
                want = f"{len(header)} cells, as in the header"
                raise _Unreadable(f":{lines.line_num}", want, f"{len(row)}")
            else:
                cells.append(dict(zip(header, row, strict=True)))
                numbers.append(lines.line_num)
    except reader.Error as error:
        raise _Unreadable(f":{lines.line_num}", "cells, quoted where they must be", str(error)) from None
    if not header:
        raise _Unreadable("", "a header line with the names of the columns", "an empty file")
    return Rows(header, cells, numbers)


def _wrong(params: Params, where: str, message: str, expected: str, got: str, next_step: str) -> Finding:
    return failed(f"{params.path} {message}", expected=expected, got=got, where=where, next_step=next_step)


def _empty(params: Params, rows: Rows, where: str) -> Finding | None:
    for index, row in enumerate(rows.cells):
        for column in params.filled:
            if not row[column].strip():
                at, step = f"{where}, {rows.at(index, column)}", f"fill it, or leave the row out of {params.path}"
                return _wrong(params, at, f"has an empty cell in column '{column}'", "a value", "nothing", step)
    return None


def _double(params: Params, rows: Rows, where: str) -> Finding | None:
    first: dict[tuple[str, ...], int] = {}
    for index, row in enumerate(rows.cells if params.unique else ()):
        key = tuple(row[column] for column in params.unique)
        other = first.setdefault(key, index)
        if other != index:
            names = ", ".join(params.unique)
            got = f"{shown(', '.join(key))} in {rows.at(other)} and in {rows.at(index)}"
            at = f"{where}, {rows.at(index)}"
            return _wrong(
                params, at, f"has a key twice ({names})", f"each {names} once", got, "keep one row of each key"
            )
    return None


def _unsorted(params: Params, rows: Rows, where: str) -> Finding | None:
    for index in range(1, len(rows.cells) if params.sorted_by else 0):
        for name in params.sorted_by:
            column = name.removeprefix("-")
            above, here = (value(rows.cells[i][column]) for i in (index - 1, index))
            if type(above) is not type(here):
                above, here = str(above), str(here)
            if above == here:
                continue
            if (above > here) != name.startswith("-"):  # type: ignore[operator]  # of one type
                down = ", largest first" if name.startswith("-") else ""
                cells = [shown(rows.cells[i][column]) for i in (index - 1, index)]
                message, got = f"is not sorted by '{column}'{down}", f"{cells[0]}, then {cells[1]}"
                at = f"{where}, {rows.at(index, column)}"
                want = f"rows sorted by {', '.join(params.sorted_by)}"
                return _wrong(params, at, message, want, got, "sort the rows before you write them")
            break
    return None


def _outside(params: Params, rows: Rows, where: str) -> Finding | None:
    for index, row in enumerate(rows.cells):
        for column, bounds in params.ranges.items():
            if not row[column]:
                continue
            number = value(row[column])
            low = bounds.min if bounds.min is not None else float("-inf")
            high = bounds.max if bounds.max is not None else float("inf")
            if isinstance(number, str) or not low <= number <= high:
                at = f"{where}, {rows.at(index, column)}"
                want = f"a number from {low:g} to {high:g}"
                want = f"a number of at least {low:g}" if bounds.max is None else want
                want = f"a number of at most {high:g}" if bounds.min is None else want
                message = f"has a value out of range in column '{column}'"
                return _wrong(params, at, message, want, shown(row[column]), "find out where it comes from")
    return None


def shown(cell: str) -> str:
    """Return a cell for a message."""
    text = repr(cell)
    return text if len(text) <= 80 else f"{text[:80]}…"
