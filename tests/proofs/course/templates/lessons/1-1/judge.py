"""Judges of lesson 1-1: the sum is computed here, too, from numbers made for this judging."""

from __future__ import annotations

from mlsj.kinds.base import Context, Finding, failed, passed


def sums(context: Context) -> Finding:
    """Add random numbers."""
    numbers = [context.random.randint(1, 99) for _ in range(5)]
    ran = context.run(["python3", "add.py", *map(str, numbers)])
    truth = sum(numbers)
    if ran.stdout.strip() == str(truth):
        return passed(f"the sum of {len(numbers)} numbers is right")
    what = "the sum is too small" if ran.exit_code == 0 else "no sum is printed"
    return failed(what, expected=str(truth), got=ran.stdout or "nothing", next_step="add two numbers by hand")


def empty(context: Context) -> Finding:
    """Add nothing."""
    ran = context.run(["python3", "add.py"])
    if ran.stdout.strip() == "0":
        return passed("the sum of nothing is 0")
    what = "it does nothing yet" if "yet" in ran.stderr else "no numbers are too few for it"
    return failed(what, expected="0", got=ran.stdout or "nothing", next_step="run it without any number")
