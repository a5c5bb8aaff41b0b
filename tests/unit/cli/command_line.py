"""What the tests of the command line share besides fixtures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Ran(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Mlsj = Callable[..., Ran]

# Titles that would break YAML, Markdown, Make, a workflow or a template that did not escape them.
HOSTILE = [
    "He said \"hi\" and 'bye'",
    "$HOME `id` $(id) ${{ secrets.X }}",
    "{{ 7*7 }} {% raw %} {# no #} {{ cookiecutter._id }}",
    "two\nlines\tand a tab",
    "- # : & * ! | > % @",
    "<script>alert(1)</script> \\ back\\slash \\n",
    "null",
    "äöü 数 😀",
    "x" * 300,
]


def edit(course: Path, old: str, new: str) -> None:
    """Replace one text of the course's spec by another."""
    path = course / "curriculum.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
