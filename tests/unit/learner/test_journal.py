"""The journal: what was shown is counted once, merged without loss, and never written over."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from recorded import journals, time_of

from mlsj.learner import hints, journal
from mlsj.learner.alone import alone
from mlsj.learner.journal import Hint, Journal, merged
from mlsj.spec.model import Lesson


@given(journals, journals, journals)
def test_merging_is_a_union(a: Journal, b: Journal, c: Journal) -> None:
    assert merged(a, a) == a
    assert merged(a, Journal()) == a
    assert merged(a, b) == merged(b, a)
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert {hint.number for hint in merged(a, b).hints} == {hint.number for hint in (*a.hints, *b.hints)}
    assert set(merged(a, b).revealed) == {*a.revealed, *b.revealed}


def test_a_hint_keeps_the_time_when_it_was_taken_first() -> None:
    both = merged(Journal(hints=(Hint(1, time_of(5)),)), Journal(hints=(Hint(1, time_of(2)), Hint(2, time_of(9)))))
    assert both.hints == (Hint(1, time_of(2)), Hint(2, time_of(9)))


def test_hints_are_taken_one_by_one(tmp_path: Path) -> None:
    lesson = msgspec.convert(
        {
            "id": "x", "title": "X", "status": "ready", "effort": {"read": 1, "build": 1, "reflect": 1},
            "objectives": [{"id": "o", "says": "Do"}], "quickstart": "true", "debrief": "Why?",
            "criteria": [{"id": "c", "says": "It holds"}], "hints": ["one", "two"],
        },
        Lesson,
    )  # fmt: skip
    assert hints.taken(tmp_path, lesson) == hints.Hints((), 2)
    assert not any(tmp_path.iterdir())
    assert hints.take(tmp_path, lesson) == hints.Hints(("one",), 2, new=True)
    assert hints.take(tmp_path, lesson) == hints.Hints(("one", "two"), 2, new=True)
    assert hints.take(tmp_path, lesson) == hints.Hints(("one", "two"), 2)
    assert hints.taken(tmp_path, msgspec.structs.replace(lesson, hints=["one"])) == hints.Hints(("one",), 1)
    assert [hint.number for hint in journal.read(tmp_path, "x").hints] == [1, 2]


@pytest.mark.parametrize("broken", [b"", b"{", b'{"format": 2}', b'{"hints": [{"number": 0, "time": ""}]}', b"\xff"])
def test_a_broken_journal_is_put_aside(tmp_path: Path, broken: bytes) -> None:
    path = journal.path_of(tmp_path, "1-1")
    path.parent.mkdir(parents=True)
    path.write_bytes(broken)
    assert journal.read(tmp_path, "1-1") == Journal()
    journal.take(tmp_path, "1-1", 1)
    assert [hint.number for hint in journal.read(tmp_path, "1-1").hints] == [1]
    assert path.with_name("journal.broken").read_bytes() == broken


def test_a_command_waits_for_the_one_before(tmp_path: Path) -> None:
    other = threading.Thread(target=journal.reveal, args=(tmp_path, "1-1"))
    with alone(tmp_path):
        other.start()
        other.join(0.2)
        assert other.is_alive()
        assert journal.read(tmp_path, "1-1") == Journal()
    other.join()
    assert len(journal.read(tmp_path, "1-1").revealed) == 1


def test_nothing_of_two_commands_at_once_is_lost(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mlsj.learner import journal\n"
        "for _ in range(20): journal.reveal(Path(sys.argv[1]), '1-1')\n"
        "journal.take(Path(sys.argv[1]), '1-1', int(sys.argv[2]))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(n)]) for n in (1, 2, 3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    found = journal.read(tmp_path, "1-1")
    assert [hint.number for hint in found.hints] == [1, 2, 3]
    assert 1 <= len(found.revealed) <= 60
    assert [path.name for path in journal.path_of(tmp_path, "1-1").parent.iterdir()] == ["journal.json"]
