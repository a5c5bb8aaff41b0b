"""Judges of lesson 1-2: the truth is counted here, from a text made for this judging."""

from __future__ import annotations

from collections import Counter

from mlsj.kinds.base import Context, Finding, failed, passed

WORDS = ("ada", "byte", "cell", "data", "edge", "fold", "graph")


def counts(context: Context, words: int) -> Finding:
    """Count a random text of several lines."""
    chosen = [context.random.choice(WORDS) for _ in range(words)]
    lines = [" ".join(chosen[start : start + 7]) for start in range(0, words, 7)]
    got = _count(context, "\n".join(lines) + "\n")
    expected = "".join(f"{word} {count}\n" for word, count in sorted(Counter(chosen).items()))
    if isinstance(got, Finding):
        return got
    if not got:
        return failed("no counts are printed", expected=expected, got="no output", next_step="count the words")
    if got != expected:
        return failed(
            f"wrong counts for a text of {words} words in {len(lines)} lines",
            expected=expected,
            got=got,
            next_step="count a text of two lines by hand and compare",
        )
    return passed(f"{words} words in {len(lines)} lines were counted")


def empty(context: Context) -> Finding:
    """Count a text without any word."""
    got = _count(context, "")
    if isinstance(got, Finding):
        return got
    if got:
        return failed("output for an empty text", expected="no output", got=got, next_step="print nothing for no words")
    return passed("an empty text gives no output")


def _count(context: Context, text: str) -> str | Finding:
    """Return what the learner's program prints for `text`."""
    path = context.scratch / "text.txt"
    path.write_text(text, encoding="utf-8")
    ran = context.run(["python3", "count.py", str(path)])
    if ran.exit_code != 0:
        return failed(
            f"exit code {ran.exit_code} for a text of {len(text)} characters",
            expected="exit code 0",
            got=ran.stderr[-300:],
            next_step="run the program on the same text and read its error",
        )
    return ran.stdout
