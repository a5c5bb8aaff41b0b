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


# TODO: which rows have a key that was there before, in this batch or in one that was published earlier? The folder of
# good files can be the memory. A batch that is validated again, after a crash, is not a duplicate of itself.


# TODO: which rows are of the evaluation set? Whoever copies a row gives it a new key.


class Store:
    """The folder of results: files appear in it complete, or not at all."""

    def __init__(self, folder: Path) -> None:
        self.good, self.quarantine, self.reports = (folder / name for name in ("good", "quarantine", "reports"))
        for each in (self.good, self.quarantine, self.reports):
            each.mkdir(parents=True, exist_ok=True)

    # TODO: write the report, the quarantined rows and, for an accepted batch only, the good rows. What does a reader
    # see who looks while you write, or after you were killed?


def validate(path: Path, profile: dict, evaluation: pl.DataFrame, store: Store, published) -> str:
    """Validate one batch, publish what is good of it, and return the verdict."""
    # TODO: read, find, decide, publish; in this order.
    raise NotImplementedError("validate is not written yet")


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
        published = None  # TODO: what was published before
        verdicts = [validate(path, profile, evaluation, store, published) for path in args.batches]
    except (OSError, ValueError, contract.Refused) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for path, verdict in zip(args.batches, verdicts, strict=True):
        print(f"{verdict:9} {path.name}")
    return 0 if set(verdicts) == {"accepted"} else 1


if __name__ == "__main__":
    sys.exit(main())
