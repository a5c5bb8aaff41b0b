"""Bring an older curriculum.yaml to the format this mlsj reads, with its comments and layout.

A migration changes a ruamel.yaml round-trip document from format n to n + 1 in place. ruamel keeps comments but not
every author's spacing, so only the lines that a migration changes come from its output: all others keep their bytes.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.model import FORMAT
from mlsj.spec.source import Source, parse

if TYPE_CHECKING:
    from ruamel.yaml import YAML

Migration = Callable[[Any], None]

MIGRATIONS: dict[int, Migration] = {}
"""From format n to n + 1. Each is given the whole document, changes what it must, and leaves `format` to us."""


class Migrated(msgspec.Struct, frozen=True):
    """The text in the newest format, and the formats it went through, such as (0, 1)."""

    text: str
    formats: tuple[int, ...]


def format_of(source: Source) -> int | None:
    """Return the format that a spec claims; None when it has none, or one that is no whole number."""
    claimed = source.data.get("format") if isinstance(source.data, dict) else None
    return claimed if isinstance(claimed, int) and not isinstance(claimed, bool) else None


def migrate(source: Source) -> Migrated | Diagnostic:
    """Return `source` in the newest format, or why it cannot be brought there.

    `source` has been parsed without diagnostics. Raises ValueError when a migration of ours breaks the text: a bug.
    """
    claimed = format_of(source)
    if claimed is None:
        message = f"{source.file} does not say in which format it is"
        return Diagnostic("MLSJ-S015", message, source.span(("format",)), help=f"begin with 'format: {FORMAT}'")
    if claimed > FORMAT:
        message = f"{source.file} has format {claimed}; this mlsj reads format {FORMAT}"
        return Diagnostic("MLSJ-S023", message, source.span(("format",)), help="install a newer mlsj")
    if any(step not in MIGRATIONS for step in range(claimed, FORMAT)):
        message = f"there is no way from format {claimed} to format {FORMAT}"
        return Diagnostic(
            "MLSJ-S023", message, source.span(("format",)), help=f"write the spec anew in format {FORMAT}"
        )
    if claimed == FORMAT:
        return Migrated(source.text, (claimed,))
    yaml = _round_trip(source.text)
    document = yaml.load(source.text)
    before = _dump(yaml, document)
    for step in range(claimed, FORMAT):
        MIGRATIONS[step](document)
        document["format"] = step + 1
    after = _dump(yaml, document)
    text = merge(source.text, before, after)
    expected = parse(source.file, after.encode())
    made = parse(source.file, text.encode())
    if expected.diagnostics:
        raise ValueError(f"a migration from format {claimed} made no valid YAML: {expected.diagnostics[0].message}")
    if made.diagnostics or made.data != expected.data:
        text = after  # layout is lost rather than content
    return Migrated(text, tuple(range(claimed, FORMAT + 1)))


def rename(mapping: Any, old: str, new: str) -> None:
    """Rename a key of a round-trip mapping in its place, with its comments; do nothing when it is absent."""
    if old not in mapping:
        return
    position = list(mapping).index(old)
    comments = mapping.ca.items.pop(old, None)
    mapping.insert(position, new, mapping.pop(old))
    if comments is not None:
        mapping.ca.items[new] = comments


def merge(original: str, before: str, after: str) -> str:
    """Return `original` with the changes from `before` to `after`, where `before` is `original` with other spacing.

    What changed comes from `after`, all else from `original`, byte for byte. The caller checks what the result means.
    """
    ours, base, theirs = (text.split("\n") for text in (original, before, after))
    carriage = "\r" if "\r\n" in original else ""
    merged: list[str] = []
    at_ours = at_base = at_theirs = 0
    for start_base, start_ours, start_theirs, size in _agreeing(base, ours, theirs):
        if base[at_base:start_base] == theirs[at_theirs:start_theirs]:
            merged += ours[at_ours:start_ours]
        else:
            changed = _indented_like(ours[at_ours:start_ours], base[at_base:start_base], theirs[at_theirs:start_theirs])
            merged += [line.rstrip("\r") + carriage for line in changed]
        merged += ours[start_ours : start_ours + size]
        at_base, at_ours, at_theirs = start_base + size, start_ours + size, start_theirs + size
    return "\n".join(merged)


def _indented_like(ours: list[str], base: list[str], theirs: list[str]) -> list[str]:
    """Return the changed lines with the author's indentation, where each is the new version of one line."""
    if not len(ours) == len(base) == len(theirs):
        return theirs
    return [
        line if _indent(line) != _indent(before) else _indent(own) + line.lstrip(" ")
        for own, before, line in zip(ours, base, theirs, strict=True)
    ]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" "))]


def _agreeing(base: list[str], ours: list[str], theirs: list[str]) -> list[tuple[int, int, int, int]]:
    """Return the runs of lines all three have: `(start in base, in ours, in theirs, length)`, the last one empty."""
    squeezed = [" ".join(line.split()) for line in base]
    to_ours = _matches(squeezed, [" ".join(line.split()) for line in ours])
    to_theirs = _matches(base, theirs)
    runs: list[tuple[int, int, int, int]] = []
    first = second = 0
    while first < len(to_ours) and second < len(to_theirs):
        base_a, start_ours, size_a = to_ours[first]
        base_b, start_theirs, size_b = to_theirs[second]
        start, end = max(base_a, base_b), min(base_a + size_a, base_b + size_b)
        if start < end:
            runs.append((start, start_ours + start - base_a, start_theirs + start - base_b, end - start))
        if base_a + size_a < base_b + size_b:
            first += 1
        else:
            second += 1
    return [*runs, (len(base), len(ours), len(theirs), 0)]


def _matches(one: list[str], other: list[str]) -> list[difflib.Match]:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()


def _round_trip(text: str) -> YAML:
    """Return a ruamel.yaml set up to dump as `text` is laid out."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    offset = _dash_offset(text)
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    return yaml


def _dash_offset(text: str) -> int:
    """Return by how many columns the first list below a key is indented."""
    key_column = 0
    for line in text.split("\n"):
        bare = line.strip()
        column = len(line) - len(line.lstrip())
        if bare.startswith("- "):
            return max(column - key_column, 0)
        if bare and not bare.startswith("#"):
            key_column = column
    return 2


def _dump(yaml: YAML, document: Any) -> str:
    stream = io.StringIO()
    yaml.dump(document, stream)
    return stream.getvalue()
