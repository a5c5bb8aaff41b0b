"""Makes clean batches of made-up orders: the same seed always gives the same bytes.

    python3 make_batches.py --seed 5 --days 14 --rows 800 data/

writes data/day-01.csv to day-14.csv, and data/evaluation.csv, the set that a model is evaluated with and must never see
while it is trained. Every row keeps the contract that `contract.py` tells; faults are yours to plant.
"""

import argparse
import math
import random
from datetime import date, timedelta
from pathlib import Path

COLUMNS = (
    "order_id",
    "placed_at",
    "channel",
    "country",
    "items",
    "goods",
    "shipping",
    "total",
    "weight_kg",
    "tenure_days",
    "features_at",
    "labelled_at",
    "returned",
)
FIRST_DAY = date(2026, 3, 1)


def orders(seed: int | str, rows: int, first: int, day: int = 0) -> list[list[str]]:
    """Return `rows` orders placed on one day, as cells of text; their ids count from `first`."""
    # Of all the methods of Random only random() is promised to give the same numbers in every Python version.
    number = random.Random(f"{seed}/{day}").random
    placed_on = FIRST_DAY + timedelta(days=day)
    dates = [(placed_on + timedelta(days=n)).isoformat() for n in range(31)]
    level = 0.99 + 0.02 * number()  # no two days are alike
    return [_order(number, dates, level, first + row) for row in range(rows)]


def _order(number, dates: list[str], level: float, key: int) -> list[str]:
    second = int(number() * 86_000)
    tenure = int(-400 * math.log(1 - number())) % 20_001
    goods = 500 + int(-6000 * level * math.log(1 - number())) % 47_000  # in cents: 5 to 475
    shipping = _pick(number(), ((0.40, 0), (0.75, 490), (0.95, 790), (1, 1290)))
    weight = 100 + int(-2000 * math.log(1 - number())) % 900_000  # in grams
    # Newer customers return more: an honest column tells something about the label, never all of it.
    returned = number() < (0.35 if tenure < 90 else 0.10)
    return [
        f"o-{key:08d}",
        f"{dates[0]}T{_clock(second)}Z",
        _pick(number(), ((0.48, "app"), (0.90, "web"), (0.996, "phone"), (1, "shop"))),
        _pick(number(), ((0.40, "de"), (0.65, "fr"), (0.85, "nl"), (0.95, "at"), (1, "be"))),
        str(1 + int(-2 * math.log(1 - number())) % 99),
        decimal(goods, 2),
        decimal(shipping, 2),
        decimal(goods + shipping, 2),
        "" if number() < 0.04 else decimal(weight, 3),
        str(tenure),
        f"{dates[0]}T{_clock(second + 1 + int(number() * 120))}Z",
        f"{dates[14 + int(number() * 16)]}T{_clock(int(number() * 86_400))}Z",
        "1" if returned else "0",
    ]


def decimal(units: int, digits: int) -> str:
    """Write a number of cents or grams as an amount or a weight: `decimal(1250, 2)` is 12.50."""
    scale = 10**digits
    return f"{'-' * (units < 0)}{abs(units) // scale}.{abs(units) % scale:0{digits}d}"


def _pick(chance: float, bounds):
    for bound, value in bounds:
        if chance < bound:
            break
    return value


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def text(rows: list[list[str]], columns=COLUMNS) -> str:
    """Return rows as a CSV file with a header. A cell with a comma is quoted."""
    lines = [",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in (columns, *rows)]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Make clean batches of orders, and an evaluation set.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--rows", type=int, default=800, help="orders a day")
    parser.add_argument("folder", type=Path, help="where the CSV files go")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    for day in range(1, args.days + 1):
        made = orders(args.seed, args.rows, 1 + (day - 1) * args.rows, day)
        (args.folder / f"day-{day:02d}.csv").write_bytes(text(made).encode())
    evaluation = orders(f"{args.seed}/evaluation", 300, 90_000_000)
    (args.folder / "evaluation.csv").write_bytes(text(evaluation).encode())


if __name__ == "__main__":
    main()
