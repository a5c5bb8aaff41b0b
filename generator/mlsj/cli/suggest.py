"""What to say about a name the course does not have: the nearest one it has, or those there are."""

from __future__ import annotations

from collections.abc import Iterable

from mlsj.spec.wording import near


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return "no lesson '3-55'; did you mean '3-5'?"; when nothing is near, a few of the `known` names are given."""
    names = list(known)
    if not names:
        return f"no {what} '{name}': the course has none"
    some = f"; there are {', '.join(names[:12])}{', …' if len(names) > 12 else ''}"
    return f"no {what} '{name}'{near(name, names) or some}"
