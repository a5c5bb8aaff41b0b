"""A lesson is spliced into a curriculum's text: lines are added, none is changed."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsj.spec.insert import NotInsertedError, insert_lesson
from mlsj.spec.source import Source, parse

LESSON = 'id: 9-9\ntitle: "New"   # a comment\nneeds:\n  - 1-1\nquickstart: |\n  make lesson-9-9\n'

TEXT = """\
format: 1
modules:
  - id: "1"   # one
    lessons:
      # first
      - id: 1-1
        text: |
          lines

          # no comment
        # a last remark on 1-1

      - id: 1-2
        list: [a,
               b]
        # a last remark on 1-2

  # about module 2
  - id: "2"
    lessons:
    - id: 2-1
      deep:
        deeper:
          - x
          - "two
             lines"
other: 1
"""


def insert(text: str, module: int, lesson: str = LESSON) -> str:
    return insert_lesson(parse("curriculum.yaml", text.encode()), module, lesson)


def added(old: str, new: str) -> list[str]:
    """The lines of `new` that are not in `old`; fails unless `old` is `new` without one run of lines."""
    before, after = old.split("\n"), new.split("\n")
    size = len(after) - len(before)
    at = next(n for n in range(len(before) + 1) if after[n + size :] == before[n:] and after[:n] == before[:n])
    return after[at : at + size]


def test_only_lines_are_added_after_the_last_lesson_and_its_remarks() -> None:
    new = insert(TEXT, 0)
    assert added(TEXT, new) == [
        "",
        "      - id: 9-9",
        '        title: "New"   # a comment',
        "        needs:",
        "          - 1-1",
        "        quickstart: |",
        "          make lesson-9-9",
    ]
    lines = new.split("\n")
    assert lines[lines.index("      - id: 9-9") - 2] == "        # a last remark on 1-2"


def test_the_dash_stands_where_the_module_has_it() -> None:
    assert added(TEXT, insert(TEXT, 1))[0] == "    - id: 9-9"
    wide = 'modules:\n- id: "1"\n  lessons:\n  -   id: 1-1\n      x: 1\n'
    assert added(wide, insert(wide, 0))[:2] == ["  -   id: 9-9", '      title: "New"   # a comment']


@pytest.mark.parametrize("module", [0, 1])
def test_the_data_is_the_old_data_and_the_lesson(module: int) -> None:
    expected = copy.deepcopy(parse("c", TEXT.encode()).data)
    expected["modules"][module]["lessons"].append(parse("c", LESSON.encode()).data)
    assert parse("c", insert(TEXT, module).encode()).data == expected


def test_line_ends_of_windows_and_a_missing_last_one() -> None:
    text = TEXT.replace("\n", "\r\n")
    new = insert(text, 0)
    assert new.count("\r\n") == new.count("\n")
    short = 'modules:\n- id: "1"\n  lessons:\n  - id: 1-1'
    assert insert(short, 0) == short + '\n  - id: 9-9\n    title: "New"   # a comment\n    needs:\n      - 1-1\n' + (
        "    quickstart: |\n      make lesson-9-9\n"
    )
    assert insert(short.replace("\n", "\r\n"), 0).count("\r\n") == 10


@pytest.mark.parametrize(
    "text",
    [
        "modules:\n- id: a\n  lessons: [{id: 1-1}]\n",
        "modules: [{id: a, lessons: [{id: 1-1}]}]\n",
        "modules:\n- id: a\n  lessons:\n  - {id: 1-1}\n",
        "modules:\n- id: a\n  lessons:\n  -\n    id: 1-1\n",
        "modules:\n- id: a\n  lessons:\n  - id: 1-1\n    text: |+\n      kept\n\n\n",
    ],
)
def test_a_layout_that_cannot_be_spliced_is_refused(text: str) -> None:
    with pytest.raises(NotInsertedError, match="of module 1 as a list"):
        insert(text, 0)


SCALARS = st.sampled_from(["1", "plain words", '"quoted # no comment"', "[a, b]", "{k: v}", "null", "'it''s'"])
BLOCKS = st.lists(st.text("ab #-:", max_size=8), min_size=1, max_size=4)


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["a", "b", "c"]), SCALARS, max_size=3),
            BLOCKS,
            st.sampled_from(["", "\n", "      # remark\n", "    # remark\n", "# remark\n", "\n\n"]),
        ),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 4),
)
def test_any_block_layout_is_spliced_without_a_change(
    lessons: list[tuple[dict[str, str], list[str], str]], indent: int
) -> None:
    text = 'modules:\n- id: "1"\n  lessons:\n'
    for fields, block, after in lessons:
        pad = " " * (indent + 2)
        text += f"{pad}- id: x\n" + "".join(f"{pad}  {key}: {value}\n" for key, value in fields.items())
        text += f"{pad}  block: |2\n" + "".join(f"{pad}    {line}\n" for line in block) + after
    text += '- id: "2"\n  lessons:\n  - id: y\n'
    source: Source = parse("c", text.encode())
    assert not source.diagnostics
    new = insert_lesson(source, 0, LESSON)
    assert added(text, new)
    assert parse("c", new.encode()).data["modules"][0]["lessons"][-1]["id"] == "9-9"
