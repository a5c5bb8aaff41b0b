"""Writes the reference profile of good days, as JSON, to standard output.

    python fit_profile.py data/day-*.csv > profile.json

A day that breaks the contract is no good day: it says so and writes no profile.
"""

import argparse
import json
import sys
from pathlib import Path

import polars as pl

import contract
import drift


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the reference profile of good days.")
    parser.add_argument("days", type=Path, nargs="+", metavar="GOOD.csv")
    days = parser.parse_args().days
    #: solution
    try:
        cells = pl.concat(contract.read(path) for path in days)
        broken = contract.row_findings(cells)
    except contract.Refused as refused:
        broken = refused.findings
    if broken:
        print(f"not all of these days are good: {broken[0]} and {len(broken) - 1} more findings", file=sys.stderr)
        return 1
    json.dump(drift.profile_of(contract.meaning(cells)), sys.stdout, indent=1)
    print()
    return 0
    #: stub
    # TODO: read the days, hold them to the contract, and write `drift.profile_of` all their rows.
    raise NotImplementedError("fit_profile is not written yet")


#: end


if __name__ == "__main__":
    sys.exit(main())
