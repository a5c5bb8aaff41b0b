"""The judge of this lesson: a function for each criterion that says `uses: judge`. Learners never get this file.

What the criterion gives under `with: {args: …}` comes as keyword arguments.
"""

from __future__ import annotations

from mlsj.kinds.base import Context, Finding, failed, passed


def works(context: Context) -> Finding:
    """Ask the learner's program for numbers chosen now, and compare its answer with the truth."""
    count = context.random.randint(3, 9)
    ran = context.run(["python3", "main.py", str(count)])
    expected = "".join(f"{number}\n" for number in range(1, count + 1))
    by_hand = f"run it by hand: python3 main.py {count}"
    if ran.exit_code != 0:
        got = ran.stderr[-300:] or "no error message"
        return failed(f"exit code {ran.exit_code} for {count}", expected="exit code 0", got=got, next_step=by_hand)
    if not ran.stdout:
        return failed(f"no answer for {count}", expected=expected, got="no output", next_step=by_hand)
    if ran.stdout != expected:
        return failed(f"a wrong answer for {count}", expected=expected, got=ran.stdout, next_step=by_hand)
    return passed(f"the numbers to {count} are right")
