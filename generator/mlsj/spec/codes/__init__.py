"""The catalogue of diagnostic codes: one module per layer, each with a `CODES` table; adding one needs no change here.

`python -m mlsj.spec.codes docs/diagnostics` writes a page per code.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import msgspec


class Code(msgspec.Struct, frozen=True):
    """What a code means. `explanation` (what is wrong and why it matters) and `mend` (how to mend it) are Markdown."""

    code: str
    title: str
    explanation: str
    mend: str


@cache
def catalogue() -> dict[str, Code]:
    """Return every code, sorted; raises ValueError when two modules claim one, or a key is not its own code."""
    found: dict[str, Code] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        codes: dict[str, Code] = getattr(importlib.import_module(f"{__name__}.{info.name}"), "CODES", {})
        for key, code in codes.items():
            if key != code.code or key in found:
                raise ValueError(f"{info.name}: {key} is claimed twice or is not its own code")
            found[key] = code
    return dict(sorted(found.items()))


def page(code: Code) -> str:
    """Return the Markdown page of one code; `docs/diagnostics/` holds it and `mlsj explain` prints it."""
    return f"# {code.code}: {code.title}\n\n{code.explanation.strip()}\n\n## How to mend it\n\n{code.mend.strip()}\n"
