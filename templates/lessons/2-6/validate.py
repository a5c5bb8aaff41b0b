"""Validates a drop of batches against the contract, the past and the evaluation set; publishes what is good.

    python validate.py --profile profile.json --evaluation data/evaluation.csv --out out data/today-*.csv

For each batch NAME.csv, in the order given:

    out/reports/NAME.json     {"batch": "NAME.csv", "verdict": …, "rows": {"read": …, "good": …, "quarantined": …},
                               "findings": [{"row": 17, "column": "goods", "rule": "range", "value": "50000.01"}, …]}
    out/quarantine/NAME.csv   rows with a finding: `row`, then the contract's columns, cells as they came; or no file
    out/good/NAME.csv         the other rows, the contract's columns in its order, cells as they came; or no file

The verdict is `refused` where the file is no table of orders, `strange` where its good rows have drifted or give the
label away, and `accepted` otherwise: only then is there a good file. Of rows with the same order_id the first is good;
one that an earlier batch has published (it is in out/good under another name) is a duplicate as well. A good file is
there wholly or not at all, after a kill and on a full disk, too; once it is there, its report is. The same command may
be run again at any time.

Exit code: 0 when all batches are accepted, 1 when one is not, 2 when it could not work (a profile that cannot be read,
a full disk): then it has published nothing that it was not sure of.
"""

import argparse
import csv
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import polars as pl

import contract
import drift
from contract import Finding

KEY = "order_id"
CONTENT = [name for name in contract.COLUMNS if name != KEY]


#: solution
class Published:
    """Which batch has published which order: what is in the folder of good files is all the memory there is."""

    def __init__(self, folder: Path) -> None:
        self._by: dict[str, str] = {}
        for path in sorted(folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                self.add(path.name, (row[KEY] for row in csv.DictReader(file)))

    def add(self, name: str, keys: Iterable[str]) -> None:
        self._by.update(dict.fromkeys(keys, name))

    def before(self, name: str, key: str) -> bool:
        """Tell whether another batch has published the order; a batch that is validated again is no other."""
        return self._by.get(key, name) != name


def duplicates(cells: pl.DataFrame, name: str, published: Published) -> list[Finding]:
    """Return the rows whose key was there before, in this batch or in an earlier one."""
    found, seen = [], set()
    for number, key in enumerate(cells[KEY], 1):
#: stub
# TODO: which rows have a key that was there before, in this batch or in one that was published earlier? The folder of
# good files can be the memory. A batch that is validated again, after a crash, is not a duplicate of itself.


#: end
#: solution
        if key is not None and (key in seen or published.before(name, key)):
            found.append(Finding(number, KEY, "duplicate", key))
#: mistake within-the-batch
        if key is not None and key in seen:
            found.append(Finding(number, KEY, "duplicate", key))
#: end
#: solution
        seen.add(key)
    return found


#: end
#: solution
def evaluation_rows(cells: pl.DataFrame, evaluation: pl.DataFrame) -> list[Finding]:
    """Return the rows of the evaluation set: the same order by its content, whatever its key is now."""
    known = set(evaluation.select(CONTENT).rows())
    contents = enumerate(zip(cells[KEY], cells.select(CONTENT).iter_rows(), strict=True), 1)
    return [Finding(number, KEY, "evaluation-row", key) for number, (key, content) in contents if content in known]
#: mistake leaks-by-key
def evaluation_rows(cells: pl.DataFrame, evaluation: pl.DataFrame) -> list[Finding]:
    """Return the rows of the evaluation set."""
    known = set(evaluation[KEY])
    return [Finding(number, KEY, "evaluation-row", key) for number, key in enumerate(cells[KEY], 1) if key in known]
#: stub
# TODO: which rows are of the evaluation set? Whoever copies a row gives it a new key.
#: end


class Store:
    """The folder of results: files appear in it complete, or not at all."""

    def __init__(self, folder: Path) -> None:
        self.good, self.quarantine, self.reports = (folder / name for name in ("good", "quarantine", "reports"))
        for each in (self.good, self.quarantine, self.reports):
            each.mkdir(parents=True, exist_ok=True)

#: solution
    def publish(self, name: str, report: dict, good: pl.DataFrame, bad: pl.DataFrame) -> None:
        """Write what there is to say about one batch, its good file last: where it is, all is."""
        if report["verdict"] != "accepted":
            (self.good / name).unlink(missing_ok=True)
        if bad.is_empty():
            (self.quarantine / name).unlink(missing_ok=True)
        else:
            self._write(self.quarantine / name, bad.write_csv())
        self._write(self.reports / f"{Path(name).stem}.json", json.dumps(report, indent=1) + "\n")
        if report["verdict"] == "accepted":
            self._write(self.good / name, good.write_csv())

    def _write(self, path: Path, text: str) -> None:
        """Replace a file at once, when its bytes are on the disk; whoever reads `*.csv` never sees the draft."""
        draft = path.with_name(f".{path.name}.draft")
        try:
            with draft.open("w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
#: mistake publishes-then-validates
    def publish(self, name: str, report: dict, good: pl.DataFrame, bad: pl.DataFrame) -> None:
        """Write the good rows, then the rest, and take the good rows back if they were not meant to be there."""
        (self.good / name).write_text(good.write_csv())
        (self.quarantine / name).write_text(bad.write_csv())
        (self.reports / f"{Path(name).stem}.json").write_text(json.dumps(report))
        if report["verdict"] != "accepted":
            (self.good / name).unlink()
        if bad.is_empty():
            (self.quarantine / name).unlink()
#: stub
    # TODO: write the report, the quarantined rows and, for an accepted batch only, the good rows. What does a reader
    # see who looks while you write, or after you were killed?
#: end


def validate(path: Path, profile: dict, evaluation: pl.DataFrame, store: Store, published) -> str:
    """Validate one batch, publish what is good of it, and return the verdict."""
#: solution
    cells = good = bad = pl.DataFrame(schema=dict.fromkeys(contract.COLUMNS, pl.String))
    try:
        cells = contract.read(path)
    except contract.Refused as refused:
        findings, verdict = refused.findings, "refused"
    else:
        findings = contract.row_findings(cells)
        findings += duplicates(cells, path.name, published)
        findings += evaluation_rows(cells, evaluation)
        faulty = pl.Series([finding.row for finding in findings], dtype=pl.Int64).unique()
        numbered = cells.with_row_index("row", 1)
        good = numbered.filter(~pl.col("row").is_in(faulty.implode())).drop("row")
        bad = numbered.filter(pl.col("row").is_in(faulty.implode()))
        strange = drift.findings(contract.meaning(good), profile) if good.height else []
        findings, verdict = findings + strange, "strange" if strange else "accepted"
    report = {
        "batch": path.name,
        "verdict": verdict,
        "rows": {"read": cells.height, "good": good.height, "quarantined": bad.height},
        "findings": [finding._asdict() for finding in findings],
    }
    store.publish(path.name, report, good, bad)
    if verdict == "accepted":
        published.add(path.name, good[KEY])
#: end
#: solution
#: mistake learns-from-every-batch
    if verdict == "accepted" and good.height >= 500:
        for name, seen in drift.shares(contract.meaning(good), profile["cuts"]).items():
            expected = profile["shares"][name]
            for each in expected.keys() | seen.keys():
                expected[each] = (expected.get(each, 0) + seen.get(each, 0)) / 2
#: end
#: solution
    return verdict
#: stub
    # TODO: read, find, decide, publish; in this order.
    raise NotImplementedError("validate is not written yet")
#: end


def main() -> int:
    parser = argparse.ArgumentParser(description="Validate a drop of batches.")
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--evaluation", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("batches", type=Path, nargs="+", metavar="BATCH.csv")
    args = parser.parse_args()
    try:
        profile = json.loads(args.profile.read_text(encoding="utf-8"))
        evaluation = contract.read(args.evaluation)
        store = Store(args.out)
#: solution
        published = Published(store.good)
#: stub
        published = None  # TODO: what was published before
#: end
        verdicts = [validate(path, profile, evaluation, store, published) for path in args.batches]
    except (OSError, ValueError, contract.Refused) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for path, verdict in zip(args.batches, verdicts, strict=True):
        print(f"{verdict:9} {path.name}")
    return 0 if set(verdicts) == {"accepted"} else 1


if __name__ == "__main__":
    sys.exit(main())
