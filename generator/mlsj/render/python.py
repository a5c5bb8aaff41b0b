"""Text from the spec in a Python module: string literals and names."""

from __future__ import annotations

import json


def literal(value: str) -> str:
    """Return `value` as a string literal; JSON's escapes mean the same in Python."""
    return json.dumps(value, ensure_ascii=False)


def name(identifier: str) -> str:
    """Return an id of the spec (letters, digits, hyphens) as the part of a Python name."""
    return identifier.replace("-", "_")
