"""Places named by ids, resolved to lines."""

from __future__ import annotations

import pytest

from courses import TEXT, edited, loaded
from mlsj.spec.locate import locate


@pytest.mark.parametrize(
    ("origin", "line", "there"),
    [
        ("", 1, "format"),
        ("course", 2, "course"),
        ("bibliography/book", 4, "book"),
        ("services/store", 6, "store"),
        ("services/store/ports/sql", 11, "{name: sql"),
        ("stacks/data", 13, "data"),
        ("modules/1", 15, '"1"'),
        ("lessons/1-2", 30, "1-2"),
        ("lessons/1-2/needs/1-1", 33, "1-1"),
        ("lessons/1-2/needs/0", 33, "1-1"),
        ("lessons/1-1/criteria/greets", 28, "greets"),
        ("lessons/1-1/objectives/greet", 26, "greet"),
        ("lessons/1-1/reading/0", 23, "{cite"),
        ("lessons/1-1/debrief", 29, "Note what"),
        # The nearest place around what is not there.
        ("lessons/1-1/mistakes/gone", 19, "1-1"),
        ("lessons/9-9", 14, "modules"),
        ("nowhere", 1, "format"),
    ],
)
def test_locate(origin: str, line: int, there: str) -> None:
    span = locate(loaded(TEXT), origin)
    assert (span.file, span.line) == ("curriculum.yaml", line)
    assert TEXT.splitlines()[line - 1][span.column - 1 :].startswith(there)


def test_lines_move_with_the_text() -> None:
    assert locate(loaded("\n\n" + TEXT), "lessons/1-2").line == 32


def test_in_a_wrong_spec() -> None:
    assert locate(loaded(edited(("title: First", "tittle: First"))), "lessons/1-2").line == 30
    assert locate(loaded("modules: 3"), "lessons/1-2").line == 1
    assert locate(loaded("a: ["), "lessons/1-2").line == 1
