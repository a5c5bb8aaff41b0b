"""Records of judgings made by hand, as `check` would have kept them."""

from __future__ import annotations

from pathlib import Path

import msgspec
from hypothesis import strategies as st

from mlsj.kinds.base import Finding, Verdict
from mlsj.learner.journal import Hint, Journal
from mlsj.learner.workspace import Workspace, start
from mlsj.project.read import read_tree
from mlsj.spec.load import Loaded, load
from mlsj.spec.model import Lesson
from mlsj.verify import evidence
from mlsj.verify.evidence import Digests, Evidence
from mlsj.verify.report import Report, Result, State

VERDICTS = {
    State.PASSED: (Verdict.PASS, Verdict.PASS),
    State.PASSED_HERE: (Verdict.PASS, Verdict.UNVERIFIED),
    State.FAILED: (Verdict.PASS, Verdict.FAIL),
    State.NOT_JUDGED: (Verdict.PASS, Verdict.ERROR),
}


def time_of(minute: int) -> str:
    return f"2026-01-02T03:{minute:02}:00.000Z"


times = st.integers(0, 9).map(time_of)
journals = st.builds(
    Journal,
    hints=st.dictionaries(st.integers(1, 5), times).map(lambda found: tuple(Hint(n, found[n]) for n in sorted(found))),
    revealed=st.frozensets(times).map(lambda found: tuple(sorted(found))),
)


def made(lesson_id: str, state: str, minute: int, digests: Digests, message: str = "the count is 3") -> Evidence:
    """A record of two criteria, `first` and `second`, that end in `state`."""
    results = [
        Result(name, f"{name} holds", name == "first", Finding(verdict, message, next_step="count again"))
        for name, verdict in zip(("first", "second"), VERDICTS[State(state)], strict=True)
    ]
    record = evidence.evidence(Report(lesson_id, State(state), 7, tuple(results)), evidence.WORK, digests)
    return msgspec.structs.replace(record, time=time_of(minute))


class Learner:
    """A clone of the tiny course with a learner in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def loaded(self) -> Loaded:
        return load(read_tree(self.root))

    def lesson(self, lesson_id: str) -> Lesson:
        assert self.loaded.curriculum is not None
        found = self.loaded.curriculum.lesson(lesson_id)
        assert found is not None
        return found

    def start(self, lesson_id: str) -> Workspace:
        place = Workspace(self.root, lesson_id)
        assert not start(place).conflicts
        return place

    def digests(self, lesson_id: str) -> Digests:
        place = Workspace(self.root, lesson_id)
        return evidence.current(self.loaded.tree, self.lesson(lesson_id), place.work, place.note, self.root)

    def judged(self, lesson_id: str, state: str, minute: int = 0, message: str = "the count is 3") -> Evidence:
        """Keep a record of what is there now."""
        record = made(lesson_id, state, minute, self.digests(lesson_id), message)
        evidence.save(self.root, record)
        return record
