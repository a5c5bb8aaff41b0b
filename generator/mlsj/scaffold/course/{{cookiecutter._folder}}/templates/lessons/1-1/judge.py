"""The judge of lesson 1-1: makes numbers for this judging, knows their sum, and asks the learner's program for it."""

from __future__ import annotations

from mlsj.kinds.base import Context, Finding, failed, passed


def sum_of(context: Context, *, count: int) -> Finding:
    """Compare the program's answer for `count` random numbers with the truth."""
    numbers = [context.random.randint(-1000, 1000) for _ in range(count)]
    by_hand = "printf '1\\n-2\\n' | python3 total.py" if numbers else "python3 total.py < /dev/null"
    ran = context.run(["python3", "total.py"], stdin="".join(f"{number}\n" for number in numbers))
    expected = f"{sum(numbers)}\n"
    if ran.exit_code != 0:
        return failed(
            f"the program ended with exit code {ran.exit_code} for {len(numbers)} numbers",
            expected="exit code 0",
            got=ran.stderr[-300:] or "no error message",
            next_step=f"read its error: {by_hand}",
        )
    if ran.stdout != expected:
        return failed(
            f"the sum of {len(numbers)} numbers is wrong",
            expected=expected,
            got=ran.stdout or "no output",
            next_step=f"try it by hand: {by_hand}",
        )
    return passed(f"the sum of {len(numbers)} numbers is right")
