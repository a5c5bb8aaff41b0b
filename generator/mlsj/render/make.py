"""Text from the spec in a Makefile: comments only, and none that could continue onto the next line."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LINES = re.compile(r"[ \t\n\r\f\v]+")


def comment(value: str) -> str:
    """Return `value` as a comment line; a backslash at its end would join the next line, so a dot follows it."""
    one = _LINES.sub(" ", value).strip(" ")
    return f"# {one}." if one.endswith("\\") else f"# {one}"


def rule(target: str, recipe: Sequence[str]) -> str:
    """Return a rule. Targets and recipe lines are ours, made of ids, which hold letters, digits and hyphens only."""
    return f"{target}:\n" + "".join(f"\t{row}\n" for row in recipe)
