"""What holds for every update, whatever was written: no line of the learner's is lost, and twice is once."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from started_course import Course

from mlsj.learner.update import State

pytestmark = pytest.mark.needs("git")

# A change of a list of lines: at this place, take so many lines away and put so many new ones there.
_CHANGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers(0, 3)), max_size=4)
_ENDS = st.tuples(st.booleans(), st.booleans(), st.booleans())


def changed(base: list[str], changes: list[tuple[int, int, int]], who: str) -> tuple[list[str], set[str]]:
    """Apply the changes; return the lines, every new one unlike any other, and which lines of the base are gone."""
    lines = list(base)
    for number, (at, gone, new) in enumerate(changes):
        at = min(at, len(lines))
        lines[at : at + gone] = [f"{who} {number}.{line}" for line in range(new)]
    return lines, set(base) - set(lines)


def encoded(lines: list[str], newline_at_end: bool) -> bytes:
    return "\n".join([*lines, *([""] if newline_at_end and lines else [])]).encode()


def is_within(lines: list[str], text: list[str]) -> bool:
    """Tell whether `lines` are all in `text`, in this order."""
    rest = iter(text)
    return all(line in rest for line in lines)


@given(st.integers(0, 30), _CHANGES, _CHANGES, _ENDS)
@settings(max_examples=60, deadline=None)
def test_no_line_is_lost(length: int, mine: list, theirs: list, ends: tuple[bool, bool, bool]) -> None:
    base = [f"base {number}" for number in range(length)]
    yours, you_removed = changed(base, mine, "mine")
    course, course_removed = changed(base, theirs, "course")
    with tempfile.TemporaryDirectory() as folder:
        begun = Course(Path(folder))
        begun.stub({"f": encoded(base, ends[0])})
        begun.start()
        begun.mine({"f": encoded(yours, ends[1])})
        begun.stub({"f": encoded(course, ends[2])})
        begun.update()
        result = begun.work("f").decode().splitlines()
        assert is_within([line for line in yours if line not in course_removed], result)
        assert is_within([line for line in course if line not in you_removed], result)
        conflict = "<<<<<<< yours" in result
        assert conflict or not set(result) & (you_removed | course_removed)
        if encoded(yours, ends[1]) in (encoded(base, ends[0]), encoded(course, ends[2])):
            assert begun.work("f") == encoded(course, ends[2])
        before, times = begun.state(), begun.times()
        again = begun.update().lessons[0].state
        assert again is (State.CONFLICTS if conflict else State.UNCHANGED)
        assert (begun.state(), begun.times()) == (before, times)


@given(st.lists(st.sampled_from("ab"), max_size=12), _CHANGES)
@settings(max_examples=25, deadline=None)
def test_what_both_did_is_no_conflict(base: list[str], both: list) -> None:
    above = [f"above {number}" for number in range(4)]
    new, _ = changed(base, both, "both")
    with tempfile.TemporaryDirectory() as folder:
        begun = Course(Path(folder))
        begun.stub({"f": encoded([*above, *base], True)})
        begun.start()
        begun.mine({"f": encoded(["mine", *above, *new], True)})
        begun.stub({"f": encoded([*above, *new], True)})
        assert begun.update().lessons[0].state is (State.UPDATED if new != base else State.UNCHANGED)
        assert begun.work("f") == encoded(["mine", *above, *new], True)
