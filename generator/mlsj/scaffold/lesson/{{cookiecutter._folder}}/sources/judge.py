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
    if ran.exit_code != 0 or ran.stdout != expected:
        return failed(
            f"the program's answer is wrong for {count}",
            expected=expected,
            got=ran.stdout or ran.stderr[-300:] or "no output",
            next_step=f"run it by hand: python3 main.py {count}",
        )
    return passed(f"the numbers to {count} are right")
