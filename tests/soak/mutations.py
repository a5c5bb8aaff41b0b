"""Mutate the course's curriculum many times and report, per kind, how often it broke and how well the place was named.

`python tests/soak/mutations.py --count 10000 --seed 1` prints a Markdown table; exit 1 when less than 95 % are well
placed or anything raised. `--show N` prints the first N badly placed ones.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from mlsj.project.read import read_tree  # noqa: E402
from mlsj.spec.diagnostics import Diagnostic, Severity  # noqa: E402
from mlsj.spec.files import CURRICULUM, InputFile, Tree  # noqa: E402
from mlsj.spec.load import load  # noqa: E402
from mutate import KINDS, Mutation, Mutator, placed  # noqa: E402

WANTED = 0.95


def errors_of(tree: Tree, mutation: Mutation) -> list[Diagnostic]:
    """Load the course with the mutated text and return the errors."""
    made = Tree({**tree.files, CURRICULUM: InputFile(mutation.text)})
    return [d for d in load(made).diagnostics if d.severity is Severity.ERROR]


def main() -> int:
    """Run, print the table, return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--course", type=Path, default=ROOT)
    parser.add_argument("--show", type=int, default=0)
    args = parser.parse_args()
    tree = read_tree(args.course)
    mutator = Mutator(tree.files[CURRICULUM].data.decode())
    rng = random.Random(args.seed)
    made, broken, well, raised = Counter[str](), Counter[str](), Counter[str](), 0
    started = time.monotonic()
    for number in range(args.count):
        kind = list(KINDS)[number % len(KINDS)]
        seed = rng.getrandbits(64)
        mutation = mutator.mutate(kind, random.Random(seed))
        made[kind] += 1
        try:
            errors = errors_of(tree, mutation)
        except Exception as error:  # noqa: BLE001 - that nothing raises is what is asked
            raised += 1
            print(f"{kind} seed {seed}: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        if not errors:
            continue
        broken[kind] += 1
        if placed(mutation, errors):
            well[kind] += 1
        elif args.show > 0:
            args.show -= 1
            print(f"{kind} seed {seed}: {mutation.ranges}", file=sys.stderr)
            for d in errors[:4]:
                print(f"    {d.span.file}:{d.span.line}:{d.span.column} {d.code} {d.message}", file=sys.stderr)
    share = well.total() / max(broken.total(), 1)
    print(f"{args.count} mutations of {len(mutator.text.splitlines())} lines, seed {args.seed}, ", end="")
    print(f"{time.monotonic() - started:.0f} s, {raised} raised\n")
    print("| kind | mutations | broke the spec | well placed | share |\n|---|---|---|---|---|")
    for kind in KINDS:
        print(f"| {kind} | {made[kind]} | {broken[kind]} | {well[kind]} | {well[kind] / max(broken[kind], 1):.1%} |")
    print(f"| all | {made.total()} | {broken.total()} | {well.total()} | {share:.1%} |")
    return 0 if share >= WANTED and not raised else 1


if __name__ == "__main__":
    sys.exit(main())
