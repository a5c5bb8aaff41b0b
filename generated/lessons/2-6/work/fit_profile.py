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
    # TODO: read the days, hold them to the contract, and write `drift.profile_of` all their rows.
    raise NotImplementedError("fit_profile is not written yet")




if __name__ == "__main__":
    sys.exit(main())
