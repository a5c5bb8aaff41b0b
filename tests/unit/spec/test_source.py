"""Reading YAML: types of the 1.2 core schema, exact positions, and refusal of what a spec has no use for."""

from __future__ import annotations

import pytest
import yaml

from mlsj.spec.diagnostics import Span
from mlsj.spec.source import MAX_DEPTH, MAX_NUMBER, parse

TEXT = """\
# a comment
a: 1
list:
  - id: x
    deep: {k: [1, 22, "three"]}
  - plain
text: |
  two
  lines
"""


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-5", 1e-5), ("on", "on"), ("no", "no"), ("3-5", "3-5"), ("010", 10), ("0o10", 8), ("0x1F", 31),
        ("1_000", "1_000"), ("12:30:00", "12:30:00"), ("2026-01-02", "2026-01-02"), ("true", True), ("True", True),
        ("~", None), ("null", None),
        ("+1", 1), ("-.5", -0.5), ("1.", 1.0), (".", "."), ("-", "-"), ("1e", "1e"), ("'1'", "1"), ('"true"', "true"),
        ("9" * (MAX_NUMBER + 1), "9" * (MAX_NUMBER + 1)), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars(written: str, value: object) -> None:
    source = parse("f", f"k: {written}\n".encode()) if written != "-" else parse("f", b"k: '-'")
    assert source.diagnostics == []
    assert source.data == {"k": value}
    assert type(source.data["k"]) is type(value)


def test_same_data_as_pyyaml_for_plain_values() -> None:
    assert parse("f", TEXT.encode()).data == yaml.safe_load(TEXT)


def test_positions() -> None:
    source = parse("f", TEXT.encode())
    assert source.span(("a",)) == Span("f", 2, 4, 2, 5)
    assert source.span(("a",), key=True) == Span("f", 2, 1, 2, 2)
    assert source.span(("list", 0, "deep", "k", 1)) == Span("f", 5, 19, 5, 21)
    assert source.span(("list", 1)) == Span("f", 6, 5, 6, 10)
    # A block collection is named by its key, an item of a list by its id, the whole by its first key.
    assert source.head(("list",)) == Span("f", 3, 1, 3, 5)
    assert source.head(("list", 0)) == Span("f", 4, 9, 4, 10)
    assert source.head(()) == Span("f", 2, 1)
    # What is absent is looked for around it.
    assert source.head(("list", 0, "gone", 3)) == source.span(("list", 0))
    assert source.span(("gone",)) == Span("f")
    assert source.extent(("text",)) == Span("f", 7, 1, 10, 1)


def test_columns_count_code_points() -> None:
    source = parse("f", "ключ: [😀, b]\n".encode())
    assert source.span(("ключ", 1)) == Span("f", 1, 11, 1, 12)


def test_windows_line_ends_and_byte_order_mark() -> None:
    source = parse("f", b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n")
    assert source.diagnostics == []
    assert source.data == {"a": 1, "b": "x\ny\n"}
    assert source.span(("b",), key=True) == Span("f", 2, 1, 2, 2)


@pytest.mark.parametrize(
    ("raw", "code", "line", "column"),
    [
        (b"a: 1\nb: \xff\n", "S001", 2, 4),
        (b"a: 1\nb: \x07\n", "S001", 2, 4),
        ("a: x\u2028y\n".encode(), "S001", 1, 5),
        ("a: x\x85y\n".encode(), "S001", 1, 5),
        (b"a: 1\rb: 2\n", "S001", 1, 5),
        (b'a: "\\x1b"\n', "S001", 1, 4),
        (b"a: [1\n", "S002", 2, 1),
        (b"? [a]\n: 1\n", "S002", 1, 3),
        (b"a: " + b"[" * (MAX_DEPTH + 1), "S003", 1, MAX_DEPTH + 3),
        (b"a: &x 1\n", "S004", 1, 4),
        (b"a: *x\n", "S004", 1, 4),
        (b"a: 1\na: 2\n", "S005", 2, 1),
        (b"a: 1\n---\nb: 2\n", "S007", 2, 1),
        (b"a: !!str 1\n", "S008", 1, 4),
        (b"a: !x {}\n", "S008", 1, 4),
        (b"", "S009", 1, 1),
        (b"a: 1\n<<<<<<< HEAD\n", "S010", 2, 1),
        (b"a: 1e999\n", "S011", 1, 4),
        (b"a: -.inf\n", "S011", 1, 4),
    ],
)
def test_refusals(raw: bytes, code: str, line: int, column: int) -> None:
    found = parse("f", raw).diagnostics[0]
    assert (found.code, found.span.line, found.span.column) == (f"MLSJ-{code}", line, column)


def test_all_of_one_kind_are_reported() -> None:
    assert len(parse("f", b"a: 1\na: 2\nb: 1\nb: 2\na: 3\n").diagnostics) == 3
    assert len(parse("f", b"a: \x01\nb: \x02\n").diagnostics) == 2
