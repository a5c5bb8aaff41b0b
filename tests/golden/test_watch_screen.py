"""The screen of `mlsj watch`, drawn in several sizes: each case is a file with what a reader sees.

MLSJ_RECORD=1 records them anew; read their diff.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "learner"))
from watched import found, record

from mlsj.learner.screen import columns, draw, painted, text_of
from mlsj.learner.watch import Course, Following, State

FOLDER = Path(__file__).parent / "watch"
SAYS = "`python3 greet.py Ada` prints `Hello, Ada!` and nothing else, whatever the name is"
FAIL = found(
    "greets",
    "fail",
    SAYS,
    message="python3 greet.py Ada printed something else\nin round 2 of 3",
    expected="Hello, Ada!",
    got="".join(f"    line {number}\n" for number in range(1, 13)),
    where="python3 greet.py Ada",
    next_step="look at line 1, the first that differs",
)
PASS = found("people", "pass", "`people.txt` names at least two people, one a line", judged="2026-05-04T12:01:59.000Z")
REST = (
    found("note", "blocked", message="it needs 'greets', which has not passed"),
    found("speed", "unverified", message="no NVIDIA GPU"),
    found("broken", "error", message="the judge is broken", phase="judge"),
)
COURSE = Course(1, 3, Following("1-2", "Count the words"))
BEGUN = State("1-1", "Say hello", COURSE, hints_total=2, at="14:02:00", seconds=0.2)
FAILED = msgspec.structs.replace(BEGUN, record=record("failed", FAIL, PASS, *REST), at="14:03:04", seconds=0.42)
HINTED = msgspec.structs.replace(
    FAILED, hints=("`sys.argv` holds the words of the command line.", "A longer hint:\n\n    print(sys.argv[1])")
)
PASSED = msgspec.structs.replace(
    BEGUN,
    record=record("passed", found("greets", "pass", SAYS), PASS),
    at="14:05:00",
    seconds=1.5,
    after="An f-string calls `str`\non what it shows.\n\n- a list\n- stays one\n",
)
CASES = {
    "begun": msgspec.structs.replace(BEGUN, record=None, busy="judging", notice="started: read its page, and save"),
    "failed": FAILED,
    "hinted": HINTED,
    "passed": PASSED,
    "finished": msgspec.structs.replace(PASSED, course=Course(3, 3, None), hints_total=0),
    "busy": msgspec.structs.replace(FAILED, busy="judging greets (1 of 5)", hints=HINTED.hints[:1]),
    "not-judged": msgspec.structs.replace(BEGUN, record=record("not judged", REST[2], REST[1])),
    "gone": msgspec.structs.replace(FAILED, gone=True),
    "wrong": msgspec.structs.replace(FAILED, wrong="the course has errors: 'mlsj validate' shows them"),
    "wide-characters": msgspec.structs.replace(
        BEGUN,
        title="数据验证\tand a tab",
        record=record(
            "failed",
            found(
                "名字",
                "fail",
                "值必须等于参考实现给出的结果，" * 4,
                message="差\x1b[2J异",
                got="é" * 70,
                next_step="看",
            ),
        ),
    ),
}
SIZES = {"100x40": (100, 40), "80x24": (80, 24), "50x14": (50, 14), "30x7": (30, 7), "log": (80, None)}


def drawn(state: State) -> str:
    parts = []
    for name, (width, height) in SIZES.items():
        lines = text_of(draw(state, width, height))
        parts += [f"=== {name}", *(f"|{line}" for line in lines)]
    return "\n".join(parts) + "\n"


@pytest.mark.parametrize("name", CASES)
def test_a_reader_sees(name: str) -> None:
    file = FOLDER / f"{name}.txt"
    text = drawn(CASES[name])
    if os.environ.get("MLSJ_RECORD") == "1":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


def test_there_is_a_file_for_each_case_and_no_other() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_no_size_is_exceeded(name: str) -> None:
    for height in range(1, 42):
        for width in (20, 33, 80, 132):
            lines = text_of(draw(CASES[name], width, height))
            assert len(lines) <= height, (width, height)
            assert all(columns(line) <= width for line in lines), (width, height)
            assert lines[-1].endswith("quit") or "…" in lines[-1], (width, height)


def test_a_program_cannot_paint_the_screen() -> None:
    lines = [painted(line, colour=False) for line in draw(CASES["wide-characters"], 80, 24)]
    assert not [line for line in lines if "\x1b" in line]


def test_colour_adds_nothing_but_colour() -> None:
    import re

    for state in CASES.values():
        lines = draw(state, 80, 24)
        painted_lines = [painted(line, colour=True) for line in lines]
        assert any("\x1b[" in line for line in painted_lines)
        assert [re.sub(r"\x1b\[[0-9]+m", "", line).rstrip() for line in painted_lines] == text_of(lines)
