"""What validate.py has left behind for each batch, held against what was planted.

Each function raises Wrong, which is a fail with its words, where the two differ.
"""

import csv
import functools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlsj.kinds.base import Context, Finding, Ran, failed

WORK = "work/2-6"
VALIDATE = f"{WORK}/validate.py"
WHAT = {
    "null": "an empty cell",
    "type": "a cell that is no number",
    "date": "a time that does not exist",
    "range": "a number out of range",
    "category": "an unknown category",
    "sum": "a total that is not the sum of its parts",
    "duplicate": "an order that was there before",
    "evaluation-row": "a row of the evaluation set",
    "after-label": "a feature that is later than the label",
}


class Wrong(Exception):
    """The work does not meet a criterion."""

    def __init__(self, message: str, *, expected: str, got: str, next_step: str, where: str = VALIDATE) -> None:
        super().__init__(message)
        self.finding = failed(message, expected=expected, got=got, next_step=next_step, where=where)


def criterion(function: Callable[[Context], Finding]) -> Callable[[Context], Finding]:
    @functools.wraps(function)
    def judged(context: Context) -> Finding:
        try:
            return function(context)
        except Wrong as wrong:
            return wrong.finding

    return judged


@dataclass
class Drop:
    """Batches that one start of validate.py has seen, and what it left."""

    batches: dict[str, Any]
    out: Path
    ran: Ran

    def some(self, prefix: str) -> list[Any]:
        return [batch for kind, batch in self.batches.items() if kind.startswith(prefix)]


def report_of(drop: Drop, batch: Any) -> dict[str, Any]:
    """Return the report of a batch, of the documented shape. Raises Wrong."""
    path = drop.out / "reports" / f"{Path(batch.name).stem}.json"
    try:
        report = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Wrong(
            f"there is no report of {batch.says or 'a batch'}",
            expected=f"reports/{path.name}",
            got=f"no such file; {drop.ran.ending}",
            next_step="run validate.py on such a batch: no batch may end the program",
        ) from None
    except ValueError as error:
        raise Wrong(
            "a report is not JSON",
            expected=f"JSON in reports/{path.name}",
            got=str(error),
            next_step="write it with the json module",
        ) from None
    if not _documented(report):
        raise Wrong(
            "a report has another shape than documented",
            expected="verdict: accepted, strange or refused; findings: objects with row, column, rule and value",
            got=json.dumps(report)[:200],
            next_step="compare it with the first lines of validate.py",
        )
    return report


def _documented(report: Any) -> bool:
    kinds = {"row": (int, type(None)), "column": (str, type(None)), "rule": (str,)}
    return (
        isinstance(report, dict)
        and report.get("verdict") in ("accepted", "strange", "refused")
        and isinstance(report.get("findings"), list)
        and all(isinstance(each, dict) for each in report["findings"])
        and all(isinstance(each.get(key), kinds[key]) for each in report["findings"] for key in kinds)
    )


def all_of(report: dict[str, Any]) -> list[tuple[int | None, str | None, str, Any]]:
    return [(each["row"], each["column"], each["rule"], each.get("value")) for each in report["findings"]]


def of_rows(report: dict[str, Any]) -> Iterator[tuple[int, str | None, str, Any]]:
    return (each for each in all_of(report) if each[0] is not None)  # type: ignore[misc]


def of_batch(report: dict[str, Any]) -> list[tuple[int | None, str | None, str, Any]]:
    return [each for each in all_of(report) if each[0] is None]


def faults_of(report: dict[str, Any]) -> set[tuple[int, str | None, str]]:
    return {(number, column, rule) for number, column, rule, _ in of_rows(report)}


def exact(drop: Drop, batch: Any) -> None:
    """Raise Wrong unless exactly the faulty rows were found and quarantined, and the others published unchanged."""
    report = report_of(drop, batch)
    found = faults_of(report)
    for number, column, rule in sorted(batch.faults - found):
        raise Wrong(
            f"{WHAT[rule]} was not found",
            expected=f"{rule} in {column} of row {number} of {batch.name}: {told(batch, number)}",
            got=named(found, number),
            next_step="plant such a fault into a batch of make_batches.py yourself",
        )
    for number, column, rule in sorted(found - batch.faults, key=str):
        faulty = any(number == row for row, _, _ in batch.faults)
        raise Wrong(
            "a faulty row has a second finding that is none" if faulty else "a good row was called faulty",
            expected=f"{named(batch.faults, number)} for row {number} of {batch.name}: {told(batch, number)}",
            got=f"{rule} in {column}",
            next_step="a rule looks only at cells that could be read" if faulty else "read it against the contract",
        )
    if report["verdict"] != "accepted":
        raise Wrong(
            f"a batch was called {report['verdict']} that is neither strange nor refused",
            expected=f"{batch.name} is accepted",
            got=verdict_of(report),
            next_step="rows with a fault are taken out one by one; the rest of the batch is good",
        )
    for number, column, rule, value in of_rows(report):
        cell = batch.rows[number - 1][batch.header.index(column)]
        if (value or "") != cell:
            raise Wrong(
                "a finding has another value than its cell",
                expected=repr(cell),
                got=f"{value!r} for {rule} in {column} of row {number} of {batch.name}",
                next_step="keep the text of the cell, and count rows from 1 without the header",
            )
    header = list(batch.header)
    for folder, expected in (("good", [header, *batch.good]), ("quarantine", [["row", *header], *batch.bad])):
        path = drop.out / folder / batch.name
        if folder == "quarantine" and not batch.bad:
            continue
        got = table(path)
        if got != expected:
            raise Wrong(
                "a good row was changed or left out" if folder == "good" else "a quarantined row is not as it came",
                expected=f"{len(expected) - 1} rows in {folder}/{batch.name}, cells as they came",
                got=different(expected, got),
                next_step="write the cells as the text that they were: 12.50 is not 12.5",
            )


def table(path: Path) -> list[list[str]] | None:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))
    except (OSError, ValueError, csv.Error):
        return None


def different(expected: list[list[str]], got: list[list[str]] | None) -> str:
    if got is None:
        return "no such file, or none that is CSV"
    for number, (one, other) in enumerate(zip(expected, got, strict=False)):
        if one != other:
            return f"{'header' if number == 0 else f'line {number}'}: {','.join(other)} instead of {','.join(one)}"
    return f"{len(got) - 1} rows"


def named_exactly(batch: Any, report: dict[str, Any]) -> None:
    names = {column for _, column, rule, _ in of_batch(report) if rule == batch.rule}
    if not set(batch.columns) <= names <= {*batch.columns, *batch.besides}:
        raise Wrong(
            f"the wrong column was named: {batch.says}",
            expected=f"{batch.rule} for {' and '.join(batch.columns)}, and for no column that is as it was",
            got=verdict_of(report),
            next_step="compare each column with its own past",
        )


def missed(batch: Any, report: dict[str, Any], message: str) -> Wrong:
    return Wrong(
        message,
        expected=f"{batch.name}, {len(batch.rows)} rows, is strange: {batch.rule} for {' and '.join(batch.columns)}",
        got=verdict_of(report),
        next_step="print, for this column, the good days beside the batch",
    )


def verdict_of(report: dict[str, Any]) -> str:
    found = Counter(f"{rule} of {column}" if column else rule for _, column, rule, _ in all_of(report))
    shown = ", ".join(f"{name}{f' ({count} times)' if count > 1 else ''}" for name, count in found.most_common(4))
    return f"{report['verdict']}, with {shown or 'no finding'}"


def named(faults: set[tuple[int, str | None, str]], number: int) -> str:
    return ", ".join(sorted(f"{rule} in {column}" for row, column, rule in faults if row == number)) or "no finding"


def told(batch: Any, number: int) -> str:
    return ",".join(batch.rows[number - 1]) if 0 < number <= len(batch.rows) else "no such row"
