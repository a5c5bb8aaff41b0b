"""Makes the batches that the judge hands in: clean ones, and copies with faults whose places it knows."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType

from mlsj.kinds.python import Case

Rows = list[list[str]]
Fault = tuple[int, str, str]
"""Row (from 1), column and rule of one finding that a batch must get."""


@dataclass
class Batch:
    """A batch as it is handed in, what must be found in it, and what it is, for messages."""

    kind: str
    name: str
    """Of its file, which tells nothing."""
    header: tuple[str, ...]
    rows: Rows
    says: str = ""
    faults: set[Fault] = field(default_factory=set)
    columns: tuple[str, ...] = ()
    """Of a strange batch: the columns that must be named. Of a refused one: those that the finding names."""
    besides: tuple[str, ...] = ()
    """Columns that may be named as well: they move with the others."""
    rule: str = ""
    data: bytes = b""

    @property
    def good(self) -> Rows:
        bad = {row for row, _, _ in self.faults}
        return [cells for number, cells in enumerate(self.rows, 1) if number not in bad]

    @property
    def bad(self) -> Rows:
        numbers = sorted({row for row, _, _ in self.faults})
        return [[str(number), *self.rows[number - 1]] for number in numbers]


class Planter:
    """Draws everything from one generator; ids go up, so that no two batches share an order by chance."""

    def __init__(self, maker: ModuleType, seed: str, first: int) -> None:
        self.maker = maker
        self.seed = seed
        self.random = random.Random(seed)
        self.place = {name: number for number, name in enumerate(maker.COLUMNS)}
        self.next_id = first
        self.day = 20

    def clean(self, kind: str, size: int, says: str = "") -> Batch:
        self.day += 1
        name = f"orders-{self.next_id}.csv"
        rows = self.maker.orders(self.seed, size, self.next_id, self.day)
        self.next_id += size
        return self.sealed(Batch(kind, name, self.maker.COLUMNS, rows, says))

    def sealed(self, batch: Batch) -> Batch:
        """Write the file as it is handed in."""
        batch.data = self.maker.text(batch.rows).encode()
        return batch

    def get(self, row: list[str], column: str) -> str:
        return row[self.place[column]]

    def put(self, row: list[str], **cells: str) -> None:
        for column, cell in cells.items():
            row[self.place[column]] = cell

    def cents(self, row: list[str], column: str) -> int:
        return int(self.get(row, column).replace(".", ""))

    def money(self, row: list[str], goods: int, shipping: int, total: int | None = None) -> None:
        """Write amounts; the total is their sum unless it is given."""
        total = goods + shipping if total is None else total
        amounts = {"goods": goods, "shipping": shipping, "total": total}
        self.put(row, **{column: self.maker.decimal(value, 2) for column, value in amounts.items()})

    # Clean batches

    def quiet(self) -> Iterator[Batch]:
        """Ordinary days of any size, with everything in them that is rare and allowed."""
        sizes = [1, 1, 2, 5, 12, 16, 20, 24, 30, 36, 44, 52, 60, 300, 900, 1500]
        self.random.shuffle(sizes)
        for number, size in enumerate(sizes, 1):
            batch = self.clean(f"quiet-{number:02d}", size, f"a clean batch of {size} rows")
            for extreme in self.random.sample(self._extremes(), min(4, 1 + size // 12)):
                extreme(self.random.choice(batch.rows))
            yield self.sealed(batch)

    def _extremes(self) -> list[Callable[[list[str]], None]]:
        leap = {"placed_at": "2028-02-29T23:59:58Z", "features_at": "2028-02-29T23:59:59Z"}
        return [
            lambda row: self.put(row, **leap, labelled_at="2028-03-20T00:00:00Z"),
            lambda row: self.put(row, features_at="2026-06-01T00:00:00Z", labelled_at="2026-06-01T00:00:01Z"),
            lambda row: self.money(row, 5_000_000, 5_000_000),
            lambda row: self.money(row, 0, 0),
            lambda row: self.money(row, 10, 20),  # 0.10 + 0.20, which is not 0.30 in floating point
            lambda row: self.money(row, 110, 220),
            lambda row: self.put(row, items="99"),
            lambda row: self.put(row, tenure_days="0"),
            lambda row: self.put(row, tenure_days="20000"),
            lambda row: self.put(row, weight_kg=""),
            lambda row: self.put(row, weight_kg="0.001"),
            lambda row: self.put(row, weight_kg="1000.000"),
            lambda row: self.put(row, channel="shop"),
        ]

    # Faults of rows

    def faults(self) -> list[tuple[str, str, Callable[[list[str]], None]]]:
        """Every fault of a single row: rule, column, and how it is planted."""

        def cell(column: str, text: str) -> Callable[[list[str]], None]:
            return lambda row: self.put(row, **{column: text})

        def shipping(cents: int) -> Callable[[list[str]], None]:
            return lambda row: self.money(row, self.cents(row, "goods"), cents)

        def off(cents: int) -> Callable[[list[str]], None]:
            return lambda row: self.put(row, total=self.maker.decimal(self.cents(row, "total") + cents, 2))

        return [
            *(("null", column, cell(column, "")) for column in ("goods", "channel", "labelled_at", "returned")),
            ("type", "items", cell("items", "three")),
            ("type", "items", cell("items", "2.5")),
            ("type", "goods", cell("goods", "12,50")),
            ("type", "goods", cell("goods", "nan")),
            ("type", "total", cell("total", "1e3")),
            ("type", "tenure_days", cell("tenure_days", "1 200")),
            ("type", "weight_kg", cell("weight_kg", "1.200kg")),
            ("date", "placed_at", cell("placed_at", "2026-02-30T10:00:00Z")),
            ("date", "labelled_at", cell("labelled_at", "28/03/2026")),
            ("date", "features_at", cell("features_at", "2027-02-29T10:00:00Z")),
            ("range", "items", cell("items", "0")),
            ("range", "items", cell("items", "100")),
            ("range", "shipping", shipping(-200)),
            ("range", "shipping", shipping(5_000_001)),
            ("range", "tenure_days", cell("tenure_days", "-5")),
            ("range", "weight_kg", cell("weight_kg", "1000.001")),
            ("category", "channel", cell("channel", "fax")),
            ("category", "channel", cell("channel", "APP")),
            ("category", "country", cell("country", "de ")),
            ("category", "returned", cell("returned", "2")),
            ("sum", "total", off(1)),
            ("sum", "total", off(-3)),
        ]

    def faulty(self) -> Iterator[Batch]:
        """Batches with one fault in each of some rows; together they have every fault twice."""
        faults = self.faults() * 2
        self.random.shuffle(faults)
        for number in range(4):
            batch = self.clean(f"faulty-{number + 1}", self.random.randrange(200, 300))
            mine = faults[number::4]
            places = self.random.sample(range(len(batch.rows)), len(mine))
            for row, (rule, column, plant) in zip(places, mine, strict=True):
                plant(batch.rows[row])
                batch.faults.add((row + 1, column, rule))
            yield self.sealed(batch)

    def crowded(self) -> Batch:
        """Twelve different faults, four of them in one row."""
        batch = self.clean("crowded", self.random.randrange(150, 250), "a batch with 12 faults")
        crowd, *others = self.random.sample(range(len(batch.rows) - 1), 9)
        rows = batch.rows
        self.put(rows[crowd], placed_at="2026-02-31T08:00:00Z", channel="fax", items="many", tenure_days="")
        found = [(crowd, "placed_at", "date"), (crowd, "channel", "category")]
        found += [(crowd, "items", "type"), (crowd, "tenure_days", "null")]
        plants = {(column, rule): plant for rule, column, plant in self.faults()}
        wanted = [("goods", "type"), ("items", "range"), ("country", "category"), ("features_at", "date")]
        wanted += [("total", "sum"), ("labelled_at", "null"), ("weight_kg", "type")]
        for row, (column, rule) in zip(others, wanted, strict=False):
            plants[column, rule](rows[row])
            found.append((row, column, rule))
        self.put(rows[-1], order_id=self.get(rows[others[-1]], "order_id"))
        found.append((len(rows) - 1, "order_id", "duplicate"))
        batch.faults = {(row + 1, column, rule) for row, column, rule in found}
        return self.sealed(batch)

    def repeated(self, kind: str, size: int, earlier: Rows = (), within: int = 0) -> Batch:
        """A batch that has orders of its own twice, and orders of an earlier batch again."""
        batch = self.clean(kind, size)
        places = self.random.sample(range(size // 2, size), within + len(earlier))
        for row in places[:within]:
            self.put(batch.rows[row], order_id=self.get(batch.rows[self.random.randrange(size // 2)], "order_id"))
        for row, order in zip(places[within:], earlier, strict=True):
            batch.rows[row] = list(order)
        batch.faults = {(row + 1, "order_id", "duplicate") for row in places}
        return self.sealed(batch)

    def mended(self, kind: str, faulty: Batch) -> Batch:
        """A clean batch with the keys of rows that were quarantined: what their sender hands in next."""
        batch = self.clean(kind, 40)
        for row, cells in zip(batch.rows, faulty.bad, strict=False):
            self.put(row, order_id=cells[1])
        return self.sealed(batch)

    # Batches that are no table of orders, and some that only look so

    def shapes(self) -> Iterator[Batch]:
        columns = self.maker.COLUMNS
        one, two = self.random.sample(columns, 2)

        def made(number: int, says: str, rule: str = "", named: tuple[str, ...] = ()) -> Batch:
            return self._shape(f"shape-{number}", says, rule, named)

        batch = made(1, "a batch with its columns in another order")
        order = list(columns)
        while order == list(columns):
            self.random.shuffle(order)
        batch.data = self._written(batch, order)
        yield batch
        batch = made(2, "a batch with one column more")
        order = list(columns)
        order.insert(self.random.randrange(len(order)), "coupon")
        batch.data = self._written(batch, order)
        yield batch
        batch = made(3, "a batch without two of its columns", "missing-column", (one, two))
        batch.data = self._written(batch, [column for column in columns if column not in (one, two)])
        yield batch
        batch = made(4, "a batch with a renamed column", "missing-column", (one,))
        batch.data = batch.data.replace(one.encode(), f"{one}_2".encode(), 1)
        yield batch
        batch = made(5, "a batch that has a column twice", "repeated-column", (two,))
        batch.data = self._written(batch, [*columns, two])
        yield batch
        batch = made(6, "a file that was cut in the middle of a line", "cut")
        lines = batch.data.splitlines(keepends=True)
        last = self.random.randrange(len(lines) // 2, len(lines))
        batch.data = b"".join(lines[:last]) + lines[last][: self.random.randrange(4, len(lines[last]) - 1)]
        yield batch
        batch = made(7, "an empty file", "empty")
        batch.data = b""
        yield batch
        batch = made(8, "a file with a header and no row", "empty")
        batch.data = batch.data[: batch.data.index(b"\n") + 1]
        yield batch
        batch = made(9, "a file in UTF-16", "unreadable")
        batch.data = batch.data.decode().encode("utf-16")
        yield batch

    def _shape(self, kind: str, says: str, rule: str, columns: tuple[str, ...]) -> Batch:
        batch = self.clean(kind, 60, says)
        batch.rule, batch.columns = rule, columns
        return batch

    def _written(self, batch: Batch, columns: list[str]) -> bytes:
        cells = [
            [self.get(row, column) if column in self.place else "SPRING" for column in columns] for row in batch.rows
        ]
        return self.maker.text(cells, columns).encode()

    # Strange batches, and some that are not

    def drifted(self) -> Iterator[Batch]:
        """Changes that move at least 15 % of the rows."""
        for number, (says, columns, besides, change) in enumerate(self._changes(), 1):
            batch = self.clean(f"drift-{number}", self.random.randrange(1500, 1900), says)
            batch.rule, batch.columns, batch.besides = "drift", columns, besides
            for row in batch.rows:
                change(row)
            yield self.sealed(batch)

    def _changes(self) -> list[tuple[str, tuple[str, ...], tuple[str, ...], Callable[[list[str]], None]]]:
        dear = self.random.uniform(1.8, 2.2)

        def times(row: list[str], factor: float) -> None:
            self.money(row, int(self.cents(row, "goods") * factor), self.cents(row, "shipping"))

        def in_cents(row: list[str]) -> None:
            self.money(row, self.cents(row, "goods") * 100, self.cents(row, "shipping") * 100)

        def swapped(row: list[str]) -> None:
            self.money(row, self.cents(row, "shipping"), self.cents(row, "goods"))

        def sometimes(chance: float, **cells: str) -> Callable[[list[str]], None]:
            return lambda row: self.put(row, **cells) if self.random.random() < chance else None

        def younger(row: list[str]) -> None:
            self.put(row, tenure_days=str(int(self.get(row, "tenure_days")) // 2))

        return [
            ("prices in another currency", ("goods",), ("total",), lambda row: times(row, dear)),
            ("cents for euros", ("goods", "shipping"), ("total",), in_cents),
            ("goods and shipping swapped", ("goods", "shipping"), (), swapped),
            ("a channel's share up by a fifth", ("channel",), (), sometimes(0.22, channel="phone")),
            ("a weight that is empty six times as often", ("weight_kg",), (), sometimes(0.22, weight_kg="")),
            ("customers half as long with us", ("tenure_days",), (), younger),
        ]

    def harmless(self) -> Iterator[Batch]:
        """Changes that are there, and move less than 2 % of the rows."""
        batch = self.clean("harmless-1", 2000, "prices up by 3 %")
        for row in batch.rows:
            self.money(row, int(self.cents(row, "goods") * 1.03), self.cents(row, "shipping"))
        yield self.sealed(batch)
        batch = self.clean("harmless-2", 2000, "a channel's share up by a hundredth")
        for row in batch.rows:
            if self.random.random() < 0.012:
                self.put(row, channel="phone")
        yield self.sealed(batch)

    def creeping(self) -> Iterator[Batch]:
        """Eight batches, each a little off the one before: no step is strange, and the last batch is."""
        for number in range(1, 9):
            batch = self.clean(f"creep-{number:02d}", 1200 if number < 8 else 2000)
            batch.says, batch.rule, batch.columns = "a change that crept in over 8 batches", "drift", ("tenure_days",)
            for row in batch.rows:
                self.put(row, tenure_days=str(int(int(self.get(row, "tenure_days")) * (1 - 0.0525 * number))))
            yield self.sealed(batch)

    # Leaks

    def telling(self) -> Iterator[Batch]:
        """Batches in which one column gives the label away, with no value that is not as frequent as ever."""
        for number, column in enumerate(("weight_kg", "tenure_days"), 1):
            batch = self.clean(f"telling-{number}", self.random.randrange(1200, 1500))
            batch.says, batch.rule, batch.columns = f"{column} that gives the label away", "label-leak", (column,)
            rows = [row for row in batch.rows if self.get(row, column)]
            largest = self.random.random() < 0.5
            values = sorted((self.get(row, column) for row in rows), key=float, reverse=largest)
            # Those who were asked before the label was known are the exception.
            ranked = sorted(rows, key=lambda row: (self.get(row, "returned") == "0") ^ (self.random.random() < 0.01))
            for row, value in zip(ranked, values, strict=True):
                self.put(row, **{column: value})
            yield self.sealed(batch)

    def leaking(self, evaluation: Rows) -> Batch:
        """A batch with rows of the evaluation set under new keys, and rows whose features are later than the label."""
        batch = self.clean("leaking", 600)
        places = self.random.sample(range(len(batch.rows)), 10)
        for row, order in zip(places, self.random.sample(evaluation, 6), strict=False):
            batch.rows[row][1:] = order[1:]
            batch.faults.add((row + 1, "order_id", "evaluation-row"))
        for late, row in enumerate(places[6:]):
            labelled = self.get(batch.rows[row], "labelled_at")
            self.put(batch.rows[row], features_at=labelled if late == 0 else labelled.replace("2026", "2027"))
            batch.faults.add((row + 1, "features_at", "after-label"))
        return self.sealed(batch)


def distances(chance: random.Random) -> Iterator[Case]:
    """Arguments of `drift.distance`: shares of two batches, also with values that only one of them has."""

    def shares(names: str) -> dict[str, float]:
        weights = [chance.random() + 0.05 for _ in names]
        return {f"channel = {name}": weight / sum(weights) for name, weight in zip(names, weights, strict=True)}

    same = shares("abcd")
    yield Case([same, dict(same)], "two batches that are alike")
    yield Case([{"channel = a": 1.0}, {"channel = b": 1.0}], "two batches that have no value in common")
    for _ in range(5):
        yield Case([shares("abcde"), shares("abcde")], "two batches with the same values")
    for size in (0.5, 0.7):
        rare = {name: share * (1 - size) for name, share in same.items()}
        yield Case([same, {**rare, "channel = z": size}], "a value that only the batch has")
        yield Case([{**rare, "channel = z": size}, same], "a value that the batch has lost")
    cut = {f"goods <= {value}": chance.random() for value in (1000, 2000, 4000)}
    yield Case([cut, {name: share / 2 for name, share in cut.items()}], "statements whose shares do not add up to 1")
