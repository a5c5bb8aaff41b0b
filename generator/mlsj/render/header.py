"""The words at the top of a generated file: what made it, from which spec place, and how to change it."""

from __future__ import annotations

from mlsj.spec.files import CURRICULUM
from mlsj.spec.ownership import HEADER


def header(origin: str, *, source: str = CURRICULUM) -> tuple[str, str]:
    """Return the two lines of a header, without comment signs; without version and date, which would churn."""
    place = f", {origin}" if origin else ""
    return (
        f"{HEADER.decode()} from {source}{place}. Edits here are overwritten.",
        f"To change it, edit {source}, then run make.",
    )


def commented(sign: str, origin: str, *, source: str = CURRICULUM) -> str:
    """Return the header as lines that each begin with `sign`, for formats with line comments."""
    return "".join(f"{sign} {line}\n" for line in header(origin, source=source))
