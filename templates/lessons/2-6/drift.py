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
#: solution
    statements = expected.keys() | seen.keys()
    return max((abs(seen.get(name, 0) - expected.get(name, 0)) for name in statements), default=0.0)
#: mistake known-values-only
    return max((abs(seen.get(name, 0) - share) for name, share in expected.items()), default=0.0)
#: stub
    # TODO: which statements are there to compare?
    raise NotImplementedError("drift.distance is not written yet")
#: end


#: solution
# What a shift must reach to matter, and how far chance alone moves a share of n rows: its standard error is at most
# 1 / (2 √n), whatever the share, and five of them are what even millions of comparisons hardly reach.
TOLERANCE = 0.05
STANDARD_ERRORS = 5
# How well a column may tell the label by itself (the area under the ROC curve), from how many rows of each label.
HONEST = 0.9
ENOUGH = 100


#: end
def profile_of(rows: pl.DataFrame) -> dict:
    """Return what `fit_profile.py` keeps of good days, ready for JSON; `rows` are what the cells mean."""
#: solution
    cuts = {name: _cuts(rows[name]) for name in NUMBERS}
    return {"format": 1, "rows": rows.height, "cuts": cuts, "shares": shares(rows, cuts)}


def _cuts(values: pl.Series) -> list[int]:
    """Return up to 19 values that split the good days' evenly."""
    return sorted({int(values.quantile(part / 20, "nearest")) for part in range(1, 20)})


def shares(rows: pl.DataFrame, cuts: dict[str, list[int]]) -> dict[str, Shares]:
    """Return, for each column, the share of rows for which each statement holds."""
    found = {}
    for name, limits in cuts.items():
        below = [(pl.col(name) <= limit).sum().alias(f"{name} <= {limit}") for limit in limits]
        counts = rows.select(*below, pl.col(name).is_null().sum().alias(f"{name} is empty"))
        found[name] = {statement: count / rows.height for statement, count in counts.row(0, named=True).items()}
    for name in CATEGORIES:
        counts = rows[name].value_counts(normalize=True)
        found[name] = {f"{name} = {value}": share for value, share in counts.iter_rows()}
    return found
#: stub
    # TODO: what must be kept of the good days, so that `findings` can compare any later batch with them?
    raise NotImplementedError("drift.profile_of is not written yet")
#: end


def findings(rows: pl.DataFrame, profile: dict) -> list[Finding]:
    """Return the columns that have drifted, or that give the label away; `rows` are what the good rows mean."""
#: solution
    return [*_drifted(rows, profile), *_giveaways(rows, profile["cuts"])]


def _drifted(rows: pl.DataFrame, profile: dict) -> list[Finding]:
    found = []
    for name, seen in shares(rows, profile["cuts"]).items():
        expected = profile["shares"][name]
#: stub
    # TODO: two questions. Is a column spread otherwise than on the good days, by more than chance explains in a batch
    # of this size, and by enough to matter? Does one column alone nearly tell the label?
    raise NotImplementedError("drift.findings is not written yet")
#: end
#: solution
        bound = TOLERANCE + STANDARD_ERRORS * 0.5 / rows.height**0.5
        if distance(expected, seen) > bound:
            found.append(Finding(None, name, "drift", _moved(expected, seen)))
#: mistake wide-tolerance
        bound = 0.5 + STANDARD_ERRORS * 0.5 / rows.height**0.5
        if distance(expected, seen) > bound:
            found.append(Finding(None, name, "drift", _moved(expected, seen)))
#: mistake p-value-alone
        # Two shares differ significantly, at 5 %, when they are 1.96 standard errors of their difference apart.
        for each in expected.keys() & seen.keys():
            both = (expected[each] * profile["rows"] + seen[each] * rows.height) / (profile["rows"] + rows.height)
            error = (both * (1 - both) * (1 / profile["rows"] + 1 / rows.height)) ** 0.5
            if abs(seen[each] - expected[each]) > 1.96 * error:
                found.append(Finding(None, name, "drift", _moved(expected, seen)))
                break
#: end
#: solution
    return found


def _moved(expected: Shares, seen: Shares) -> str:
    """Say which statement moved most, and how."""
    name = max(expected.keys() | seen.keys(), key=lambda each: abs(seen.get(each, 0) - expected.get(each, 0)))
    return f"{name}: {expected.get(name, 0):.1%} on good days, {seen.get(name, 0):.1%} here"


def _giveaways(rows: pl.DataFrame, cuts: dict[str, list[int]]) -> list[Finding]:
    told = pl.col(LABEL) == "1"
    ones = rows.select(told.sum()).item()
#: end
#: solution
    if min(ones, rows.height - ones) < ENOUGH:
        return []  # among a few rows, some column always tells the label, by chance
#: mistake speaks-of-few-rows
#: end
#: solution
    found = []
    for name in (*NUMBERS, *CATEGORIES):
        if name != LABEL:
            area = _area(rows.group_by(_group(name, cuts)).agg(told.sum(), told.not_().sum().alias("zeros")))
            if area > HONEST:
                found.append(Finding(None, name, "label-leak", f"area under the ROC curve {area:.3f}"))
    return found


def _group(name: str, cuts: dict[str, list[int]]) -> pl.Expr:
    """Which of its statements a row is told apart by; emptiness may tell the label as well as a value does."""
    if name in cuts:
        return pl.sum_horizontal([pl.col(name) > cut for cut in cuts[name]]).fill_null(-1)
    return pl.col(name)


def _area(groups: pl.DataFrame) -> float:
    """Return the area under the ROC curve of whoever guesses by group, the groups with most ones first."""
    counts = [row[1:] for row in groups.iter_rows()]
    counts.sort(key=lambda count: count[0] / sum(count))
    ones, zeros = (sum(column) for column in zip(*counts, strict=True))
    area, zeros_below = 0.0, 0
    for one, zero in counts:
        area += one * (zeros_below + zero / 2)
        zeros_below += zero
    return area / (ones * zeros) if ones and zeros else 0.0
#: end
