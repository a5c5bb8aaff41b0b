"""Records of judgings: what is read is checked, what is strange never raises, and few are kept."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import msgspec
import pytest
from bench import command, judged, lesson

from mlsj.verify import evidence, records
from mlsj.verify.evidence import Evidence
from mlsj.verify.report import State

FOLDER = ".mlsj/evidence/1-1"


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """A real record of a pass."""
    return judged(tmp_path_factory.mktemp("course"), lesson(command("one", "true")), {"a": "1"}, keep=False).record


def at(record: Evidence, second: int, state: State = State.PASSED) -> Evidence:
    """The record as of another second, in another state."""
    stable = msgspec.structs.replace(record.stable, state=state)
    return msgspec.structs.replace(record, time=f"2025-01-01T00:{second // 60:02}:{second % 60:02}.000Z", stable=stable)


def seconds(found: list[Evidence]) -> list[int]:
    return [int(each.time[14:16]) * 60 + int(each.time[17:19]) for each in found]


def test_no_records(tmp_path: Path) -> None:
    assert records.all_of(tmp_path, "1-1") == []
    assert (records.latest(tmp_path, "1-1"), records.reusable(tmp_path, "1-1")) == (None, None)
    assert records.broken(tmp_path, "1-1") == []


def test_records_come_oldest_first_and_the_newest_is_the_latest(tmp_path: Path, record: Evidence) -> None:
    for second in (3, 1, 2):
        evidence.save(tmp_path, at(record, second))
    assert seconds(records.all_of(tmp_path, "1-1")) == [1, 2, 3]
    assert records.latest(tmp_path, "1-1") == at(record, 3)
    assert records.reusable(tmp_path, "1-1") == at(record, 3)


NAME = "2025-02-01T000000000Z-0123456789ab.json"
STRANGE = {
    "nothing": b"",
    "no JSON": b"{",
    "cut off": b'{"format": 1, "stable": {"lesson": "1-1"',
    "another document": b"[1, 2, 3]",
    "nested without end": b"[" * 100_000,
    "not UTF-8": b'{"format": "\xff"}',
    "a newer format": b'{"format": 2}',
}


@pytest.mark.parametrize("data", STRANGE.values(), ids=STRANGE)
def test_a_strange_file_is_left_out_and_named(tmp_path: Path, record: Evidence, data: bytes) -> None:
    evidence.save(tmp_path, at(record, 1))
    path = tmp_path / FOLDER / NAME
    path.write_bytes(data)
    assert seconds(records.all_of(tmp_path, "1-1")) == [1]
    assert records.latest(tmp_path, "1-1") == at(record, 1)
    assert records.reusable(tmp_path, "1-1") == at(record, 1)
    (broken,) = records.broken(tmp_path, "1-1")
    assert broken.path == path
    assert "evidence.schema.json" in broken.why


def test_what_is_no_file_of_the_lesson_is_left_out(tmp_path: Path, record: Evidence) -> None:
    folder = tmp_path / FOLDER
    evidence.save(tmp_path, at(record, 1))
    os.mkfifo(folder / NAME)
    (folder / NAME.replace("02", "03")).mkdir()
    (folder / NAME.replace("02", "04")).symlink_to("nowhere")
    other = msgspec.structs.replace(record, stable=msgspec.structs.replace(record.stable, lesson="1-2"))
    for name, each in (
        ("2025-01-01T000002000Z-5.json", msgspec.structs.replace(at(other, 2))),
        ("2025-01-01T000003000Z-5.json", msgspec.structs.replace(at(record, 3), subject="solution")),
        ("2025-01-01T000004000Z-5.json", at(record, 9)),
        ("mine.json", at(record, 5)),
    ):
        (folder / name).write_bytes(evidence.encoded(each))
    (folder / "journal.json").write_text("{}")
    (folder / ".part.json").write_text("{}")
    assert seconds(records.all_of(tmp_path, "1-1")) == [1]
    why = {broken.path.name: broken.why for broken in records.broken(tmp_path, "1-1")}
    assert len(why) == 7
    assert why["2025-01-01T000002000Z-5.json"] == "it is of another lesson, '1-2'"
    assert why["2025-01-01T000003000Z-5.json"] == "it judges something else, 'solution'"
    assert why["2025-01-01T000004000Z-5.json"] == "its name does not tell its time"
    assert why["mine.json"] == "its name is not a record's"
    assert why[NAME] == "it is not a file"


def test_a_record_of_an_earlier_version_can_be_read(tmp_path: Path, record: Evidence) -> None:
    document = msgspec.to_builtins(at(record, 1))
    for result in document["results"]:
        for name in ("timed_out", "judged", "seed", "inputs"):
            del result[name]
        for each in result["commands"]:
            del each["phase"], each["peak_rss_bytes"]
    path = tmp_path / FOLDER / "2025-01-01T000001000Z-77.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(msgspec.json.encode(document))
    assert seconds(records.all_of(tmp_path, "1-1")) == [1]
    assert records.reusable(tmp_path, "1-1") is None


def test_an_imported_record_counts_and_lends_nothing(tmp_path: Path, record: Evidence) -> None:
    """A name as `mlsj status --import` gives it: progress may count it, and it was not judged here."""
    evidence.save(tmp_path, at(record, 1))
    (tmp_path / FOLDER / "2025-01-01T000005000Z-aaaaaaaaaaaa.json").write_bytes(evidence.encoded(at(record, 5)))
    assert seconds(records.all_of(tmp_path, "1-1")) == [1, 5]
    assert records.broken(tmp_path, "1-1") == []
    assert records.reusable(tmp_path, "1-1") is None


def test_few_are_kept_and_the_newest_pass_among_them(tmp_path: Path, record: Evidence) -> None:
    states = {3: State.PASSED, 5: State.PASSED_HERE}
    for second in range(1, 41):
        evidence.save(tmp_path, at(record, second, states.get(second, State.FAILED)))
    assert seconds(records.all_of(tmp_path, "1-1")) == [5, *range(21, 41)]
    evidence.save(tmp_path, at(record, 41, State.PASSED))
    assert seconds(records.all_of(tmp_path, "1-1")) == list(range(22, 42))
    records.prune(tmp_path, "1-1")
    assert len(records.all_of(tmp_path, "1-1")) == records.KEPT


def test_a_fail_is_not_forgotten_before_the_pass_that_it_followed(tmp_path: Path, record: Evidence) -> None:
    states = {1: State.PASSED, 2: State.FAILED}
    for second in range(1, 41):
        evidence.save(tmp_path, at(record, second, states.get(second, State.NOT_JUDGED)))
    assert seconds(records.all_of(tmp_path, "1-1")) == [1, 2, *range(21, 41)]


def test_pruning_leaves_what_it_does_not_know(tmp_path: Path, record: Evidence) -> None:
    folder = tmp_path / FOLDER
    evidence.save(tmp_path, at(record, 1))
    for name in ("journal.json", "notes.txt"):
        (folder / name).write_text("{}")
    for second in range(2, 40):
        evidence.save(tmp_path, at(record, second))
    assert {"journal.json", "notes.txt"} <= {path.name for path in folder.iterdir()}


def test_records_that_are_written_at_once_are_all_kept(tmp_path: Path, record: Evidence) -> None:
    def save(second: int) -> None:
        evidence.save(tmp_path, at(record, second))

    threads = [threading.Thread(target=save, args=(second,)) for second in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert seconds(records.all_of(tmp_path, "1-1")) == list(range(16))
    assert all(path.suffix == ".json" or path.name == ".seal" for path in tmp_path.rglob("*") if path.is_file())
    assert records.set_aside(tmp_path, 0.0) == [], "one key was made, by whoever came first"


def test_a_key_that_was_damaged_is_made_anew(tmp_path: Path, record: Evidence) -> None:
    evidence.save(tmp_path, at(record, 1))
    (tmp_path / ".mlsj/evidence/.seal").write_bytes(b"short")
    assert records.reusable(tmp_path, "1-1") is None
    evidence.save(tmp_path, at(record, 2))
    assert records.reusable(tmp_path, "1-1") == at(record, 2)
    assert (tmp_path / ".mlsj/evidence/.seal").stat().st_mode & 0o077 == 0


def test_current_is_what_a_judging_would_record(tmp_path: Path) -> None:
    from mlsj.spec.files import Tree

    which = lesson(command("one", "true"))
    outcome = judged(tmp_path, which, {"a": "1", "d/b": "2"}, "note")
    work, note = tmp_path / "work/1-1", tmp_path / "notes/1-1.md"
    assert evidence.current(Tree({}), which, work, note, tmp_path) == outcome.record.stable.digests
    note.unlink()
    assert evidence.current(Tree({}), which, tmp_path / "none", note, tmp_path).files == {}
