"""Texts of records and names of files as they may be shown: a terminal obeys what it is sent, and neither is ours."""

from __future__ import annotations

from collections.abc import Iterable

# At most so many names are listed; the others are counted.
FEW = 3


def printable(text: str) -> str:
    """Return `text` on one line, without characters that steer a terminal or turn the direction of writing."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in " ".join(text.split()))


def name(path: str) -> str:
    """Return a file's name as it may be shown: escaped, and quoted where it would not read as one name."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path)
    return shown if shown == path and " " not in path else f"'{shown}'"


def few(names: Iterable[str], one: str = "", many: str = "") -> str:
    """Return a few names and how many more there are: "a, b, c and 2 more"; `one` or `many` come before them."""
    found = list(names)
    before = f"{one if len(found) == 1 else many} " if one else ""
    more = f" and {len(found) - FEW} more" if len(found) > FEW else ""
    return f"{before}{', '.join(found[:FEW])}{more}"


def count(number: int, word: str) -> str:
    """Return "1 lesson", "2 lessons"."""
    return f"{number} {word}{'' if number == 1 else 's'}"
