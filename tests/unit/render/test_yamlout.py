"""The YAML writer: whatever goes in comes out of two parsers unchanged."""

from __future__ import annotations

import io
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from mlsj.render.blocks import finish
from mlsj.render.yamlout import Placed, Said, comment, write

NASTY = [
    *(
        "yes",
        "on",
        "~",
        "null",
        "1e-5",
        "0x1F",
        "12:30",
        "2026-01-02",
        ".inf",
        ".NaN",
        "<<",
        "=",
        "---",
        "...",
        "#",
        "|",
    ),
    *(
        "- x",
        "a: b",
        "a #b",
        "'",
        '"',
        "\\",
        "${{ github.token }}",
        "*a",
        "&a",
        "!t",
        "%",
        "@x",
        "`",
        "{",
        "[",
        "é",
        "🐍",
    ),
    *("a\nb", "a\n b\n\n", "\n", " a\nb", "a\x85b", "a\u2028b", "\ufeff", "x\n---\ny", "tab\there\n\tx", "a \n"),
    *("a\n  ", "a\n\n  \nb\n"),
]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=30), st.text(alphabet="a \n\t#:-'\"\\|>", max_size=15))
scalars = st.one_of(
    texts, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False)
)  # fmt: skip
data = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=20,
)


def pyyaml(text: str) -> Any:
    return yaml.safe_load(text)


def ruamel(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(io.StringIO(text))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(texts, data, max_size=5))
def test_two_parsers_read_back_the_data(value: dict[str, Any]) -> None:
    text = write(value)
    assert pyyaml(text) == value
    assert ruamel(text) == value


@settings(max_examples=150, deadline=None)
@given(data, texts, texts)
def test_comments_and_places_change_no_data(value: Any, above: str, after: str) -> None:
    after = "" if isinstance(value, list | dict) or (isinstance(value, str) and "\n" in value) else after
    spoken = {
        "first": Said(Placed(value, "a/b"), above=above, after=after.replace("\n", " ")),
        "list": [Said(value, above=above), Placed(value, "c"), Said(value, above=above)],
        "last": "x",
    }
    text, _ = finish(write(spoken))
    assert pyyaml(text) == ruamel(text) == {"first": value, "list": [value] * 3, "last": "x"}


def test_the_style_is_what_a_person_would_write() -> None:
    written = write(
        {
            "name": "Check one lesson",
            "on": {"push": {"branches": ["main"]}, "merge_group": None},
            "steps": [
                {"uses": Said("actions/checkout@0a1b", after="v1.2.3"), "with": {"depth": 0}},
                Said({"run": "set -e\nmake\n"}, above="the next step\nruns make"),
                "on",
            ],
            "empty": [],
        }
    )
    assert written == (
        "name: Check one lesson\n"
        '"on":\n  push:\n    branches:\n      - main\n  merge_group:\n'
        "steps:\n"
        "  - uses: actions/checkout@0a1b  # v1.2.3\n    with:\n      depth: 0\n"
        "  # the next step\n  # runs make\n  - run: |\n      set -e\n      make\n"
        '  - "on"\n'
        "empty: []\n"
    )


def test_places_become_blocks_of_lines() -> None:
    text, blocks = finish(
        write({"a": 1, "b": Placed({"c": [1, Placed(2, "inner")]}, "outer"), "d": Placed("x", "last")})
    )
    lines = text.split("\n")
    assert [(b.origin, lines[b.first - 1 : b.last]) for b in blocks] == [
        ("outer", ["b:", "  c:", "    - 1", "    - 2"]),
        ("inner", ["    - 2"]),
        ("last", ["d: x"]),
    ]


@pytest.mark.parametrize("bad", [{1: "x"}, {"x": object()}, {"x": float("nan")}, {"x": b"bytes"}])
def test_what_is_not_plain_data_is_refused(bad: dict[Any, Any]) -> None:
    with pytest.raises(TypeError):
        write(bad)


def test_a_comment_cannot_end_early() -> None:
    assert comment("a\x85key: value") == ["# a?key: value"]
