"""Holds the rows of a table against the rows that are right, in order or in any order."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mlsj.kinds._cells import fits
from mlsj.kinds.base import Finding, failed

if TYPE_CHECKING:
    from mlsj.kinds.csv import Params, Rows

Right = Mapping[str, Any]
# Rows that differ in floats alone are paired exactly up to this many; beyond, in the order of their numbers.
_PAIRED = 300
_NEAREST = 2000


def compare(params: Params, rows: Rows, expected: Sequence[Right], where: str) -> Finding | None:
    """Return the first difference, or None. Raises ValueError when the judge's rows do not have the same columns."""
    columns = list(expected[0]) if expected else []
    if any(list(row) != columns for row in expected):
        raise ValueError(f"{params.equals} returned rows with different columns")
    for column in columns:
        if column not in rows.header:
            return failed(
                f"{params.path} has no column '{column}'",
                expected=column,
                got=", ".join(rows.header),
                where=where,
                next_step=f"write the column '{column}'",
            )
    compared = _Compared(params, rows, expected, columns, where)
    return compared.in_order() if params.in_order else compared.in_any_order()


class _Compared:
    """One comparison."""

    def __init__(self, params: Params, rows: Rows, expected: Sequence[Right], columns: list[str], where: str) -> None:
        self.params, self.rows, self.expected, self.columns, self.where = params, rows, expected, columns, where
        self.floats = [c for c in columns if any(type(row[c]) is float for row in expected)]
        self.exact = [c for c in columns if c not in self.floats]

    def in_order(self) -> Finding | None:
        for index, right in enumerate(self.expected[: len(self.rows.cells)]):
            finding = self._pair(right, index)
            if finding is not None:
                return finding
        if len(self.expected) > len(self.rows.cells):
            right = self.expected[len(self.rows.cells)]
            return self._wrong("lacks a row at its end", _row(right), f"the end after {len(self.rows.cells)}")
        return self._extra(len(self.expected)) if len(self.expected) < len(self.rows.cells) else None

    def in_any_order(self) -> Finding | None:
        found: dict[tuple[Any, ...], list[int]] = {}
        kinds = {c: next((type(r[c]) for r in self.expected if r[c] is not None), str) for c in self.exact}
        for index, cells in enumerate(self.rows.cells):
            found.setdefault(tuple(_read(cells[c], kinds[c]) for c in self.exact), []).append(index)
        wanted: dict[tuple[Any, ...], list[Right]] = {}
        for row in self.expected:
            wanted.setdefault(tuple(_plain(row[c]) for c in self.exact), []).append(row)
        for key, rights in wanted.items():
            if len(found.get(key, ())) < len(rights):
                return self._wrong("lacks a row", _row(rights[-1]), self._nearest(rights[-1], found.get(key, [])))
        for key, indices in found.items():
            if len(indices) > len(wanted.get(key, ())):
                return self._extra(indices[-1])
        for key, rights in wanted.items():
            lone = self._lone(rights, found[key]) if self.floats else None
            if lone is not None:
                return self._pair(*lone)
        return None

    def _lone(self, rights: list[Right], indices: list[int]) -> tuple[Right, int] | None:
        """Pair rows that are equal but for floats, and return a pair that is not close enough, or None."""
        cells = self.rows.cells
        rights = sorted(rights, key=lambda row: [_order(row[c]) for c in self.floats])
        indices = sorted(indices, key=lambda index: [_order(cells[index][c]) for c in self.floats])
        pairs = list(zip(rights, indices, strict=True))
        wrong = next((pair for pair in pairs if self._unequal(*pair)), None)
        if wrong is None or len(pairs) > _PAIRED:
            return wrong
        # Tolerances may have changed the order: look for any pairing, by augmenting paths (Kuhn's algorithm).
        owner: dict[int, int] = {}

        def place(n: int, tried: set[int]) -> bool:
            for index in indices:
                if index not in tried and not self._unequal(rights[n], index):
                    tried.add(index)
                    if index not in owner or place(owner[index], tried):
                        owner[index] = n
                        return True
            return False

        for n, right in enumerate(rights):
            if not place(n, set()):
                return right, next(index for index in indices if index not in owner)
        return None

    def _unequal(self, right: Right, index: int) -> str:
        """Return the first column in which a row is not right, or nothing."""
        row = self.rows.cells[index]
        return next((c for c in self.columns if not self._equal(right[c], row[c])), "")

    def _equal(self, right: Any, cell: str) -> bool:
        if type(right) is not float:
            return bool(_read(cell, type(right)) == _plain(right))
        number = _number(cell)
        if number is None or math.isnan(right):
            return number is not None and math.isnan(number)
        return number == right or abs(number - right) <= max(self.params.abs, self.params.rel * abs(right))

    def _pair(self, right: Right, index: int) -> Finding | None:
        column = self._unequal(right, index)
        if not column:
            return None
        named = (("relative", self.params.rel), ("absolute", self.params.abs))
        bounds = [f"{bound:g} ({name})" for name, bound in named if bound]
        close = f" within {' or '.join(bounds)}" if bounds and type(right[column]) is float else ""
        want = f"{_text(right[column])}{close}, in the row {_row(right)}"
        got = _shown(self.rows.cells[index][column])
        message = f"has a wrong value in column '{column}'"
        return self._wrong(message, want, got, self.rows.at(index, column), "work this row out by hand")

    def _extra(self, index: int) -> Finding:
        got = _row({column: self.rows.cells[index][column] for column in self.columns})
        step = "find out where this row comes from"
        return self._wrong("has a row too many", f"{len(self.expected)} rows", got, self.rows.at(index), step)

    def _nearest(self, right: Right, same: list[int]) -> str:
        """Say which row comes closest to the one that is missing."""
        if same:
            return f"it is there {len(same)} time{'s' * (len(same) > 1)}"
        best, most = -1, 0
        for index, row in enumerate(self.rows.cells[:_NEAREST]):
            alike = sum(self._equal(right[c], row[c]) for c in self.columns)
            best, most = (index, alike) if alike > most else (best, most)
        column = self._unequal(right, best) if best >= 0 else ""
        if not column:
            return "no row like it"
        return f"no such row; {self.rows.at(best)} has {column} {_shown(self.rows.cells[best][column])}"

    def _wrong(self, message: str, expected: str, got: str, at: str = "", next_step: str = "") -> Finding:
        return failed(
            f"{self.params.path} {message}",
            expected=expected,
            got=got,
            where=f"{self.where}, {at}" if at else self.where,
            next_step=next_step or "find out where this row is lost or changed",
        )


def _plain(right: Any) -> Any:
    """Return a right value as `_read` gives it."""
    if isinstance(right, (datetime.date, datetime.datetime)):
        return right.isoformat()
    return "" if right is None else right


def _read(cell: str, kind: type) -> Any:
    """Return a cell as a value of that type where it is one, else its text."""
    if kind is int and fits(cell, "integer"):
        return int(cell)
    if kind is bool and fits(cell, "boolean"):
        return cell.casefold() in ("true", "1")
    if kind is datetime.datetime and fits(cell, "timestamp"):
        return datetime.datetime.fromisoformat(cell).isoformat()
    return cell


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _order(value: Any) -> float:
    number = value if isinstance(value, float) else _number(str(value))
    return math.inf if number is None or math.isnan(number) else number


def _row(row: Mapping[str, Any]) -> str:
    text = ", ".join(f"{column} {_text(value)}" for column, value in row.items())
    return text if len(text) <= 160 else f"{text[:160]}…"


def _text(right: Any) -> str:
    if right is None:
        return "an empty cell"
    return repr(right) if isinstance(right, (int, float)) else _shown(str(_plain(right)))


def _shown(cell: str) -> str:
    from mlsj.kinds.csv import shown

    return shown(cell)
