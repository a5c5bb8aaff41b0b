"""Another correct validator for lesson 2-6: the csv module and exact decimals, other statistics, no shared text.

Numbers are compared by the two-sample distance of Kolmogorov and Smirnov with a bound for both samples, a telltale
column is found by its best single cut, the published keys are read anew for each batch, and drafts lie in a folder of
their own.
"""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

from mlsj.kinds.base import Verdict
from mlsj.project.read import read_tree
from mlsj.spec.load import load
from mlsj.spec.variants import note, variant
from mlsj.verify.engine import judge

ROOT = Path(__file__).resolve().parents[2]

CONTRACT = r'''
import csv
import datetime as dt
import io
import re
from decimal import Decimal


def time(text):
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}T([0-9]{2}:){2}[0-9]{2}Z", text, re.ASCII):
        raise ValueError(text)
    return dt.datetime.fromisoformat(text[:-1])


def number(digits):
    shape = re.compile(r"-?[0-9]+" + (rf"\.[0-9]{{{digits}}}" if digits else ""))

    def parse(text):
        if not shape.fullmatch(text):
            raise ValueError(text)
        return Decimal(text)

    return parse


FIELDS = {
    "order_id": (str, None, None), "placed_at": (time, None, None),
    "channel": (str, None, {"app", "web", "phone", "shop"}), "country": (str, None, {"at", "be", "de", "fr", "nl"}),
    "items": (number(0), ("1", "99"), None), "goods": (number(2), ("0", "50000"), None),
    "shipping": (number(2), ("0", "50000"), None), "total": (number(2), ("0", "100000"), None),
    "weight_kg": (number(3), ("0.001", "1000"), None), "tenure_days": (number(0), ("0", "20000"), None),
    "features_at": (time, None, None), "labelled_at": (time, None, None), "returned": (str, None, {"0", "1"}),
}


def problem(row, column, rule, value=""):
    return {"row": row, "column": column, "rule": rule, "value": value}


def load(path):
    """Rows as dicts of text, and what makes the file unusable."""
    raw = path.read_bytes()
    try:
        table = list(csv.reader(io.StringIO(raw.decode("utf-8"))))
    except UnicodeDecodeError:
        return [], [problem(None, None, "unreadable")]
    if len(table) < 2:
        return [], [problem(None, None, "empty")]
    names = table[0]
    wrong = [problem(None, c, "missing-column") for c in FIELDS if names.count(c) == 0]
    wrong += [problem(None, c, "repeated-column") for c in FIELDS if names.count(c) > 1]
    if raw[-1:] != b"\n" or any(len(r) != len(names) for r in table):
        wrong.append(problem(None, None, "cut"))
    return [dict(zip(names, r)) for r in table[1:]], wrong


def inspect(number_, row):
    """Typed values of a row (those that can be read) and its problems."""
    typed, wrong = {}, []
    for name, (parse, span, allowed) in FIELDS.items():
        cell = row[name]
        if cell == "":
            if name != "weight_kg":
                wrong.append(problem(number_, name, "null", cell))
            continue
        try:
            value = typed[name] = parse(cell)
        except ValueError:
            wrong.append(problem(number_, name, "date" if parse is time else "type", cell))
            continue
        if span and not Decimal(span[0]) <= value <= Decimal(span[1]):
            wrong.append(problem(number_, name, "range", cell))
        if allowed and value not in allowed:
            wrong.append(problem(number_, name, "category", cell))
    if {"goods", "shipping", "total"} <= typed.keys() and typed["goods"] + typed["shipping"] - typed["total"]:
        wrong.append(problem(number_, "total", "sum", row["total"]))
    if {"features_at", "labelled_at"} <= typed.keys() and not typed["features_at"] < typed["labelled_at"]:
        wrong.append(problem(number_, "features_at", "after-label", row["features_at"]))
    return typed, wrong
'''

DRIFT = r'''
from bisect import bisect_right
from collections import Counter
from math import log, sqrt

WORDS = ("channel", "country", "returned")
FIGURES = ("items", "goods", "shipping", "total", "weight_kg", "tenure_days")


def distance(expected, seen):
    worst = 0.0
    for name in set(expected) | set(seen):
        worst = max(worst, abs(expected.get(name, 0.0) - seen.get(name, 0.0)))
    return worst


def summary(rows):
    """Words as shares, figures as every value in order (a sample large enough is its own histogram)."""
    words = {w: {k: n / len(rows) for k, n in Counter(r[w] for r in rows).items()} for w in WORDS}
    figures = {f: sorted(float(r[f]) for r in rows if f in r) for f in FIGURES}
    return {"n": len(rows), "words": words, "figures": figures}


def kolmogorov(a, b):
    points = a[:: max(1, len(a) // 100)]
    return max(abs(bisect_right(a, p) / len(a) - bisect_right(b, p) / len(b)) for p in points) if a and b else 0.0


def strange(rows, good):
    now, found = summary(rows), []
    # Dvoretzky-Kiefer-Wolfowitz at one in a million, for both samples, and what does not matter anyway.
    chance = sqrt(log(2e6) / 2 * (1 / now["n"] + 1 / good["n"]))
    limit = 0.04 + chance
    for word in WORDS:
        if distance(good["words"][word], now["words"][word]) > limit:
            found.append((word, "drift"))
    for figure in FIGURES:
        a, b = good["figures"][figure], now["figures"][figure]
        missing = abs(len(a) / good["n"] - len(b) / now["n"])
        if max(missing, kolmogorov(a, b)) > limit:
            found.append((figure, "drift"))
    labels = Counter(r["returned"] for r in rows)
    if min(labels["0"], labels["1"]) >= 40:
        for figure in FIGURES:
            pairs = sorted((float(r[figure]), r["returned"] == "1") for r in rows if figure in r)
            if pairs and informative(pairs) > 0.9:
                found.append((figure, "label-leak"))
    return found


def informative(pairs):
    """Youden's index of the best cut, on either side."""
    ones = sum(label for _, label in pairs)
    zeros = len(pairs) - ones
    best = seen_ones = seen_zeros = 0
    for place, (value, label) in enumerate(pairs):
        seen_ones += label
        seen_zeros += not label
        if place + 1 == len(pairs) or pairs[place + 1][0] != value:
            best = max(best, abs(seen_ones / max(ones, 1) - seen_zeros / max(zeros, 1)))
    return best
'''

FIT_PROFILE = r"""
import json
import pathlib
import sys

import contract
import drift

rows = []
for name in sys.argv[1:]:
    loaded, wrong = contract.load(pathlib.Path(name))
    for i, row in enumerate(loaded, 1):
        typed, more = contract.inspect(i, row)
        wrong += more
        rows.append(typed)
    if wrong:
        sys.exit(f"{name}: {wrong[0]}")
print(json.dumps(drift.summary(rows)))
"""

VALIDATE = r'''
import argparse
import csv
import json
import os
import pathlib
import sys
import tempfile

import contract
import drift

NAMES = list(contract.FIELDS)
parser = argparse.ArgumentParser()
for option in ("--profile", "--evaluation", "--out"):
    parser.add_argument(option, type=pathlib.Path, required=True)
parser.add_argument("batches", nargs="+", type=pathlib.Path)
args = parser.parse_args()
good_days = json.loads(args.profile.read_text())
held_out = {tuple(row[n] for n in NAMES[1:]) for row in contract.load(args.evaluation)[0]}
drafts = args.out / "drafts"
for folder in ("good", "quarantine", "reports", "drafts"):
    (args.out / folder).mkdir(parents=True, exist_ok=True)


def put(path, write):
    handle, draft = tempfile.mkstemp(dir=drafts)
    with open(handle, "w", newline="") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(draft, path)


def history(but):
    """Keys of all good files of other batches, read again each time: slow and simple."""
    return {row[0] for p in (args.out / "good").iterdir() if p.name != but for row in csv.reader(p.open(newline=""))}


all_well = True
for path in args.batches:
    rows, wrong = contract.load(path)
    verdict, good, bad, typed_good = "refused" if wrong else "accepted", [], [], []
    if not wrong:
        known = history(path.name)
        for i, row in enumerate(rows, 1):
            typed, here = contract.inspect(i, row)
            key = row["order_id"]
            if key in known:
                here.append(contract.problem(i, "order_id", "duplicate", key))
            known.add(key)
            if tuple(row[n] for n in NAMES[1:]) in held_out:
                here.append(contract.problem(i, "order_id", "evaluation-row", key))
            (bad if here else good).append(([str(i)] if here else []) + [row[n] for n in NAMES])
            if not here:
                typed_good.append(typed)
            wrong += here
        odd = drift.strange(typed_good, good_days) if typed_good else []
        wrong += [contract.problem(None, column, rule) for column, rule in odd]
        verdict = "strange" if odd else "accepted"
    all_well &= verdict == "accepted"
    target = args.out / "good" / path.name
    if verdict != "accepted" and target.exists():
        target.unlink()
    if bad:
        put(args.out / "quarantine" / path.name, lambda f: csv.writer(f).writerows([["row", *NAMES], *bad]))
    report = {"batch": path.name, "verdict": verdict, "findings": wrong}
    put(args.out / "reports" / f"{path.stem}.json", lambda f: json.dump(report, f))
    if verdict == "accepted":
        put(target, lambda f: csv.writer(f).writerows([NAMES, *good]))
sys.exit(0 if all_well else 1)
'''


def test_another_validator_passes(tmp_path: Path) -> None:
    loaded = load(read_tree(ROOT))
    assert loaded.curriculum is not None
    lesson = loaded.curriculum.lesson("2-6")
    assert lesson is not None
    work, own = tmp_path / "work", tmp_path / "note.md"
    work.mkdir()
    for path, file in variant(loaded.tree, lesson, "stub").items():
        (work / path).write_bytes(file.data)
    texts = {"contract.py": CONTRACT, "drift.py": DRIFT, "fit_profile.py": FIT_PROFILE, "validate.py": VALIDATE}
    for name, text in texts.items():
        assert (work / name).is_file(), "the stub has the files that the other solution replaces"
        (work / name).write_text(text.lstrip())
    own.write_bytes(note(loaded.tree, lesson, "solution") or b"")
    report = judge(loaded.tree, lesson, work, own, root=ROOT, keep=False).report
    seen = {result.id: (result.verdict, result.finding.message, result.finding.got) for result in report.results}
    assert seen
    assert all(found[0] is Verdict.PASS for found in seen.values()), seen


GENERATOR = ROOT / "templates/lessons/2-6/make_batches.py"


def days(folder: Path, seed: int, **env: str) -> dict[str, bytes]:
    argv = [sys.executable, GENERATOR, "--seed", str(seed), "--days", "2", "--rows", "400", folder]
    subprocess.run(argv, check=True, env={"PATH": "/usr/bin:/bin", **env})
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_batches_are_pinned(tmp_path: Path) -> None:
    made = days(tmp_path / "a", 7)
    assert list(made) == ["day-01.csv", "day-02.csv", "evaluation.csv"]
    assert hashlib.sha256(b"".join(made.values())).hexdigest() == PINNED
    assert made == days(tmp_path / "b", 7, LANG="C", TZ="Asia/Tokyo", PYTHONHASHSEED="3")
    assert made != days(tmp_path / "c", 8)


def test_no_order_is_made_twice(tmp_path: Path) -> None:
    rows = [row for data in days(tmp_path / "a", 3).values() for row in csv.reader(data.decode().splitlines()[1:])]
    assert len(rows) == 400 + 400 + 300
    assert len({row[0] for row in rows}) == len(rows)
    assert len({tuple(row[1:]) for row in rows}) == len(rows)


PINNED = "af89c66be316dac3ffa68cf708ebb69b9c82ac435324c63c2658282add049910"
