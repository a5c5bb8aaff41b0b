"""A unified diff of two texts, with colours where they are wanted."""

from __future__ import annotations

import difflib

import click

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def unified(path: str, old: str, new: str, *, color: bool = False) -> str:
    """Return the unified diff from `old` to `new`, empty when they are equal."""
    lines = difflib.unified_diff(old.split("\n"), new.split("\n"), f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(click.style(line, fg=_COLOURS.get(line[0])) if color and line else line for line in lines)
