"""Judges lesson 2-6: batches whose faults the judge knows, because it has planted them.

A few starts of the learner's programs see many batches each, and the criteria look at the results of the same starts:

    profile   fit_profile.py over 12 good days
    first     clean batches, faults of rows, twelve faults at once, orders that come twice
    second    the same folder of results again: orders of the first drop, a batch of it again, files of another shape
    third     drift, what only looks like it, and leaks
    safety    a full disk, a kill, a profile that cannot be read

The truth is what was planted, never what a report says; a report is held against it row by row.
"""

import importlib.util
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from mlsj.kinds.base import Context, Finding, Ran, passed


def sibling(path: str) -> ModuleType:
    """Load a file of the lesson's own sources; the learner's copy of it is the learner's to change."""
    spec = importlib.util.spec_from_file_location(f"lesson_{Path(path).stem}", Path(__file__).parent / path)
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found  # dataclasses look their module up
    spec.loader.exec_module(found)
    return found


maker, planting, seen = sibling("make_batches.py"), sibling("_judge/planted.py"), sibling("_judge/reports.py")
Drop, Wrong, criterion = seen.Drop, seen.Wrong, seen.criterion

DAYS, ROWS_A_DAY = 12, 600
# A clean batch may be called strange once: a bound of chance alone is never quite zero.
FALSE_ALARMS = 1


# The criteria


@criterion
def quiet(context: Context) -> Finding:
    """Clean batches stay whole, and all but one at most are accepted."""
    drop = first(context)
    strange: list[tuple[str, Any]] = []
    batches = drop.some("quiet")
    for batch in batches:
        report = seen.report_of(drop, batch)
        for number, column, rule, _ in seen.of_rows(report):
            raise Wrong(
                "a row of a clean batch was called faulty",
                expected=f"no finding in {batch.name}, {batch.says}",
                got=f"{rule} in {column} of row {number}: {seen.told(batch, number)}",
                next_step="read that row against the contract: which rule is stricter than it?",
            )
        rules = [rule for _, _, rule, _ in seen.of_batch(report)]
        if report["verdict"] == "accepted":
            seen.exact(drop, batch)
        else:
            strange += [((rules or [str(report["verdict"])])[0], batch)]
    if len(strange) > FALSE_ALARMS:
        rule = Counter(rule for rule, _ in strange).most_common(1)[0][0]
        names = ", ".join(f"{batch.name} ({len(batch.rows)} rows)" for each, batch in strange[:5] if each == rule)
        raise Wrong(
            f"clean batches were called strange for {rule}",
            expected=f"at most {FALSE_ALARMS} of {len(batches)} clean batches that is not accepted",
            got=f"{len(strange)}: {names}",
            next_step="ask how large a difference is, and what chance alone does in a batch of this size",
        )
    rows = sum(len(batch.rows) for batch in batches)
    return passed(f"{len(batches)} clean batches, {rows:,} rows: none quarantined, {len(strange)} called strange")


@criterion
def rows_exact(context: Context) -> Finding:
    """The rows with a planted fault, and no others, are quarantined with column, rule and value."""
    drop = first(context)
    batches = drop.some("faulty")
    for batch in batches:
        seen.exact(drop, batch)
    count = sum(len(batch.faults) for batch in batches)
    return passed(f"{count} faulty rows of {len(batches)} batches quarantined, each for its reason, and no other row")


@criterion
def all_at_once(context: Context) -> Finding:
    """One run names twelve faults, four of them in the same row."""
    drop = first(context)
    (batch,) = drop.some("crowded")
    found = seen.faults_of(seen.report_of(drop, batch))
    missing = sorted(batch.faults - found)
    if missing:
        number, column, rule = missing[0]
        raise Wrong(
            "the report leaves faults out that it could have named",
            expected=f"all {len(batch.faults)} faults of {batch.name} after one run",
            got=f"{len(batch.faults) - len(missing)}; {rule} in {column} of row {number} is not among them",
            next_step="collect findings, and go on: whoever mends the batch wants them all",
        )
    seen.exact(drop, batch)
    return passed(f"all {len(batch.faults)} faults of one batch named in one run, four of them in one row")


@criterion
def duplicates(context: Context) -> Finding:
    """Orders that come twice: in a batch, in another batch, on another day; and those that only seem to."""
    drops = (first(context), second(context))
    for drop in drops:
        for batch in drop.some("twice"):
            missing = sorted(batch.faults - seen.faults_of(seen.report_of(drop, batch)))
            if missing:
                number = missing[0][0]
                key = batch.rows[number - 1][0]
                within = sum(row[0] == key for row in batch.rows) > 1
                where = "twice within one batch" if within else "again that an earlier batch had published"
                raise Wrong(
                    f"an order was published {where}",
                    expected=f"duplicate in order_id of row {number} of {batch.name}",
                    got="no such finding",
                    next_step="remember which orders are published, also after your program has ended: out/good knows",
                )
            seen.exact(drop, batch)
    again = drops[1]
    for kind, says in (
        ("mended", "a mended row, whose faulty version was quarantined, was called a duplicate"),
        ("quiet-01", "a batch that was validated again was called a duplicate of itself"),
    ):
        if seen.faults_of(seen.report_of(again, again.batches[kind])):
            raise Wrong(
                says,
                expected=f"no finding in {again.batches[kind].name}",
                got=f"{len(seen.faults_of(seen.report_of(again, again.batches[kind])))} findings",
                next_step="only what another batch has published was there before",
            )
        seen.exact(again, again.batches[kind])
    return passed("orders that came twice were found within a batch, in a later one and on another day; no other")


@criterion
def shape(context: Context) -> Finding:
    """What is no table of orders is refused with the reason; order and number of columns alone are no reason."""
    drop = second(context)
    for batch in drop.some("shape"):
        report = seen.report_of(drop, batch)
        if not batch.rule:
            if report["verdict"] != "accepted" or seen.faults_of(report):
                raise Wrong(
                    f"{batch.says} was not accepted",
                    expected=f"{batch.name} is accepted whole: its cells are good, found by their column's name",
                    got=seen.verdict_of(report),
                    next_step="find each column by its name, and leave out what the contract does not know",
                )
            seen.exact(drop, batch)
            continue
        named = {column for _, column, rule, _ in seen.all_of(report) if rule == batch.rule}
        if report["verdict"] != "refused" or not any(rule == batch.rule for _, _, rule, _ in seen.all_of(report)):
            raise Wrong(
                f"{batch.says} was not refused for it",
                expected=f"{batch.name} is refused, with a finding {batch.rule}",
                got=seen.verdict_of(report),
                next_step="look at the file as a whole before you look at its rows",
            )
        if batch.columns and named != set(batch.columns):
            raise Wrong(
                f"{batch.says} was refused without naming the column",
                expected=f"{batch.rule} for {' and '.join(batch.columns)}",
                got=seen.verdict_of(report),
                next_step="name every column that is concerned, not the first only",
            )
    return passed(f"{len(drop.some('shape')) - 2} files refused for the right reason, two unusual ones accepted")


@criterion
def drift(context: Context) -> Finding:
    """Real changes are called strange with their column, harmless ones are not, slow ones are in the end."""
    drop = third(context)
    for batch in drop.some("drift"):
        report = seen.report_of(drop, batch)
        if report["verdict"] != "strange":
            raise seen.missed(batch, report, f"a change was not called strange: {batch.says}")
        seen.named_exactly(batch, report)
    for batch in drop.some("harmless"):
        report = seen.report_of(drop, batch)
        if report["verdict"] != "accepted":
            raise Wrong(
                f"a harmless change was called strange: {batch.says}",
                expected=f"{batch.name}, {len(batch.rows)} rows, is accepted: less than 2 % of its rows differ",
                got=seen.verdict_of(report),
                next_step="ask how large the difference is, not how sure you are that there is one",
            )
    *_, last = drop.some("creep")
    report = seen.report_of(drop, last)
    if report["verdict"] != "strange":
        raise seen.missed(last, report, f"{last.says} was never called strange")
    seen.named_exactly(last, report)
    return passed(f"{len(drop.some('drift'))} changes and a creeping one found, each with its column; no harmless one")


@criterion
def leakage(context: Context) -> Finding:
    """Rows of the evaluation set, features later than the label, and a column that knows it are found."""
    drop = third(context)
    for batch in drop.some("leaking"):
        missing = sorted(
            batch.faults - seen.faults_of(seen.report_of(drop, batch)), key=lambda fault: (fault[2], fault)
        )
        if missing:
            number, column, rule = missing[0]
            count = sum(fault[2] == rule for fault in missing)
            raise Wrong(
                f"{seen.WHAT[rule]} was not found",
                expected=f"{rule} in {column} of row {number} of {batch.name}",
                got=f"no such finding; {count} such rows would be trained on",
                next_step="compare the times" if rule == "after-label" else "compare what rows say, not their keys",
            )
        seen.exact(drop, batch)
    for batch in drop.some("telling"):
        report = seen.report_of(drop, batch)
        if report["verdict"] != "strange":
            raise seen.missed(batch, report, f"a column was not called strange: {batch.says}")
        seen.named_exactly(batch, report)
    return passed("rows of the evaluation set, features from the future and two telltale columns were found, no others")


@criterion
def fails_closed(context: Context) -> Finding:
    """There is a whole good file of an accepted batch, or none: on a full disk, after a kill, without a profile."""
    profile = fitted(context)
    planter = planted(context, "safety", 70_000_000)
    full = planter.clean("full", 1200)
    drop = start(context, "full-disk", [full], profile, disk_kib=64)
    if list(drop.out.glob("good/*.csv")):
        raise Wrong(
            "half a good file was published",
            expected=f"no out/good/{full.name} on a disk that fills up while it is written",
            got=f"a file of {(drop.out / 'good' / full.name).stat().st_size:,} of {len(full.data):,} bytes or so",
            next_step="write under another name, flush, then give the file its name at once",
        )
    if drop.ran.exit_code == 0:
        raise Wrong(
            "a full disk was reported as success",
            expected="another exit code than 0",
            got=drop.ran.ending,
            next_step="let the error of the write end the program",
        )
    killed(context, planter, profile)
    for drop in (second(context), third(context)):
        for batch in drop.batches.values():
            if seen.report_of(drop, batch)["verdict"] != "accepted" and (drop.out / "good" / batch.name).exists():
                raise Wrong(
                    "a batch that was not accepted has a good file",
                    expected=f"no out/good/{batch.name}",
                    got=seen.verdict_of(seen.report_of(drop, batch)),
                    next_step="decide first, then publish",
                )
    broken = context.scratch / "broken-profile.json"
    broken.write_bytes(profile.read_bytes()[: profile.stat().st_size // 2])
    drop = start(context, "broken-profile", [full], broken)
    if drop.ran.exit_code == 0 or list(drop.out.glob("good/*.csv")):
        raise Wrong(
            "a batch was published without a profile",
            expected="an exit code that is not 0 and no good file when the profile is cut in half",
            got=f"exit code {drop.ran.exit_code}",
            next_step="without a profile there is nothing to compare with: stop",
        )
    return passed("whole good files or none: on a full disk, after a kill, for strange batches, without a profile")


def killed(context: Context, planter: Any, profile: Path) -> None:
    """Kill the program as soon as it has published something, look, and let it finish."""
    batches = [planter.clean(f"night-{number}", 300) for number in range(1, 6)]
    out, argv = prepared(context, "night", batches, profile, None)
    deadline = time.monotonic() + 60
    with context.start(argv) as program:
        while program.running and time.monotonic() < deadline and not list(out.glob("good/*.csv")):
            time.sleep(0.001)
        program.kill()
    names = {batch.name: batch for batch in batches}
    drop = Drop(names, out, Ran(tuple(argv), None, "", "", 0.0))
    for path in sorted(out.glob("good/*.csv")):
        if path.name not in names or seen.table(path) != [list(names[path.name].header), *names[path.name].good]:
            raise Wrong(
                "after a kill there is half a good file",
                expected=f"{path.name} as a whole, or no such file",
                got=f"{path.stat().st_size:,} bytes of it",
                next_step="write under a name that does not end in .csv, flush, then give the file its name at once",
            )
        if seen.report_of(drop, names[path.name])["verdict"] != "accepted":
            raise Wrong(
                "after a kill there is a good file whose report is not there",
                expected=f"a report of {path.name} that says accepted",
                got=seen.verdict_of(seen.report_of(drop, names[path.name])),
                next_step="give the good file its name last, when everything else is there",
            )
    drop.ran = context.run(argv)
    for batch in batches:
        seen.exact(drop, batch)


def distances(context: Context) -> Iterator[Any]:
    return planting.distances(context.random)


def largest_move(expected: dict[str, float], now: dict[str, float]) -> float:
    return max((abs(expected.get(name, 0.0) - now.get(name, 0.0)) for name in {*expected, *now}), default=0.0)


# What the programs saw and left


def first(context: Context) -> Any:
    def make() -> Any:
        planter = planted(context, "first", 10_000_000)
        batches = [*planter.quiet(), *planter.faulty(), planter.crowded()]
        batches.append(planter.repeated("twice-1", 200, within=5))
        earlier = planter.random.sample(batches[-1].good, 4)
        batches.append(planter.repeated("twice-2", 120, earlier=earlier, within=2))
        return start(context, "first", batches, fitted(context))

    return context.once("first", make)


def second(context: Context) -> Any:
    def make() -> Any:
        before = first(context)
        planter = planted(context, "second", 30_000_000)
        earlier = planter.random.sample(before.batches["twice-2"].good, 6)
        mended = planter.mended("mended", before.batches["faulty-1"])
        batches = [planter.repeated("twice-3", 150, earlier=earlier), mended]
        batches += [before.batches["quiet-01"], *planter.shapes()]
        return start(context, "second", batches, fitted(context), out=before.out)

    return context.once("second", make)


def third(context: Context) -> Any:
    def make() -> Any:
        planter = planted(context, "third", 50_000_000)
        evaluation = seen.table(fitted(context).with_name("evaluation.csv"))[1:]
        batches = [planter.leaking(evaluation), *planter.telling(), *planter.drifted()]
        return start(context, "third", [*batches, *planter.harmless(), *planter.creeping()], fitted(context))

    return context.once("third", make)


def fitted(context: Context) -> Path:
    """Return the profile of good days that the learner's program writes; the evaluation set lies beside it."""

    def make() -> Path:
        folder = context.scratch / "days"
        folder.mkdir()
        days = []
        for day in range(1, DAYS + 1):
            rows = maker.orders(f"{context.seed}/days", ROWS_A_DAY, 1 + (day - 1) * ROWS_A_DAY, day)
            days.append(folder / f"day-{day:02d}.csv")
            days[-1].write_text(maker.text(rows))
        (folder / "evaluation.csv").write_text(maker.text(maker.orders(f"{context.seed}/evaluation", 300, 90_000_000)))
        profile = folder / "profile.json"
        # Into a file, as a learner does: a profile may be larger than what is kept of an output.
        argv = ["bash", "-c", 'exec >"$1"; shift; exec "$@"', "bash", str(profile)]
        ran = context.run([*argv, "python", "fit_profile.py", *map(str, days)])
        if ran.exit_code != 0 or not profile.is_file() or not profile.stat().st_size:
            raise Wrong(
                "fit_profile.py writes no profile of clean days",
                expected="exit code 0, and the profile on standard output",
                got=ran.ending,
                next_step="run it yourself on days of make_batches.py",
                where=f"{seen.WORK}/fit_profile.py",
            )
        return profile

    return context.once("fitted", make)


def start(
    context: Context, name: str, batches: list[Any], profile: Path, *, out: Path | None = None, disk_kib: int = 0
) -> Any:
    """Hand batches to validate.py and return what it left; that it ended well is asked for each batch."""
    out, argv = prepared(context, name, batches, profile, out)
    if disk_kib:  # a file that may not grow is a disk that is full, and needs no disk
        argv = ["bash", "-c", f'ulimit -f {disk_kib}; exec "$@"', "bash", *argv]
    return Drop({batch.kind: batch for batch in batches}, out, context.run(argv))


def prepared(
    context: Context, name: str, batches: list[Any], profile: Path, out: Path | None
) -> tuple[Path, list[str]]:
    """Write the batches, and return the folder of results and the command."""
    folder = context.scratch / name
    folder.mkdir()
    for batch in batches:
        (folder / batch.name).write_bytes(batch.data)
    out = out or context.scratch / f"{name}-out"
    evaluation = fitted(context).with_name("evaluation.csv")
    options = {"--profile": profile, "--evaluation": evaluation, "--out": out}
    argv = ["python", "validate.py", *(str(part) for option in options.items() for part in option)]
    return out, argv + [str(folder / batch.name) for batch in batches]


def planted(context: Context, name: str, first_id: int) -> Any:
    return planting.Planter(maker, f"{context.seed}/{name}", first_id)
