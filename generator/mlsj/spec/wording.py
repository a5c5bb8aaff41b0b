"""The words of a shape error: what was expected, what was found, and the nearest right name."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

_MANY = 200

# JSON Schema's types as an author of YAML knows them.
_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping (key: value)",
    "array": "a list (- item)",
    "null": "nothing",
}


def expected(types: Sequence[str]) -> str:
    """Return the wanted types in words."""
    return listed([_TYPES[t] for t in types], "or")


def got(value: Any) -> str:
    """Return what a value is, in words, shortened."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {_short(value)}"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"the text {quoted(value)}" if value else "an empty text"


def quoted(value: Any) -> str:
    """Return a name or value in single quotes, on one line and shortened."""
    return f"'{_short(value)}'"


def near(word: Any, words: Iterable[Any]) -> str:
    """Return `; did you mean 'x'?` for the closest of `words`, or nothing."""
    close = nearest(word, words)
    return f"; did you mean '{close}'?" if close else ""


def nearest(word: Any, words: Iterable[Any]) -> str:
    """Return the closest of `words` to `word`, ignoring case, or an empty text."""
    wanted = str(word)[:100].casefold()
    by_fold = {str(w).casefold(): str(w) for w in words}
    among: Collection[str] = by_fold
    if len(by_fold) > _MANY:
        # difflib is slow, and a large course may have many wrong names: look at the likely ones only.
        alike = (w for w in by_fold if w[:1] == wanted[:1] and abs(len(w) - len(wanted)) < 3)
        among = list(islice(alike, _MANY))
    close = difflib.get_close_matches(wanted, among, 1, 0.6)
    return by_fold[close[0]] if close else ""


def listed(words: Sequence[str], last: str) -> str:
    """Join words as a sentence does: `a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def known(what: str, names: Iterable[Any]) -> str:
    """Return a help line that lists what exists, or says that nothing does; `what` is in the plural."""
    shown = sorted(map(str, names))
    if not shown:
        return f"there are no {what}"
    rest = f" and {len(shown) - 20} more" if len(shown) > 20 else ""
    return f"{what}: {', '.join(shown[:20])}{rest}"


def describe_field(name: str, schema: Mapping[str, Any]) -> str:
    """Return a help line for a missing key: the key with its description."""
    text = schema.get("description", "").rstrip(".")
    if text[1:2].islower():
        text = text[0].lower() + text[1:]
    return f"add '{name}: …' ({text})" if text else f"add '{name}: …'"


def _short(value: Any) -> str:
    text = " ".join(str(value)[:200].split())
    return text if len(text) <= 60 else text[:57] + "..."
