"""What is strange about a batch whose rows are all good: it is not spread as the good days were, or it knows the label.

A column is described by statements and the share of rows for which each holds: `channel = app` for 48 % of them,
`goods <= 4120` for half, `weight_kg is empty` for 4 %. Two batches are as far apart as the statement that moved most,
the distance of section 4 of "Data Validation for Machine Learning": it has a meaning (that share of the rows would have
to change), and unlike a p-value it does not grow with the number of rows.
"""

import polars as pl

from contract import LABEL, Finding

NUMBERS = ("items", "goods", "shipping", "total", "weight_kg", "tenure_days")
CATEGORIES = ("channel", "country", LABEL)

Shares = dict[str, float]


def distance(expected: Shares, seen: Shares) -> float:
    """Return by how much the share of the statement that moved most has moved; one that is absent holds for no row."""
    # TODO: which statements are there to compare?
    raise NotImplementedError("drift.distance is not written yet")


def profile_of(rows: pl.DataFrame) -> dict:
    """Return what `fit_profile.py` keeps of good days, ready for JSON; `rows` are what the cells mean."""
    # TODO: what must be kept of the good days, so that `findings` can compare any later batch with them?
    raise NotImplementedError("drift.profile_of is not written yet")


def findings(rows: pl.DataFrame, profile: dict) -> list[Finding]:
    """Return the columns that have drifted, or that give the label away; `rows` are what the good rows mean."""
    # TODO: two questions. Is a column spread otherwise than on the good days, by more than chance explains in a batch
    # of this size, and by enough to matter? Does one column alone nearly tell the label?
    raise NotImplementedError("drift.findings is not written yet")
