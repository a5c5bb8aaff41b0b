"""Exported progress merges into any clone: nothing lost, in any order, however often; and nothing in it is trusted."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded import Learner, journals, made, time_of
from referencing import Registry, Resource

from mlsj.learner import journal, transfer
from mlsj.learner.journal import Journal
from mlsj.learner.progress import decisive, order, own, progress, strangers
from mlsj.learner.transfer import Export, Refused, collect, encoded, merge, parse, schema_text
from mlsj.verify import evidence
from mlsj.verify.evidence import Digests

LESSONS = ["1-1", "9-9"]
EMPTY = Digests({}, None, "", None)
told = st.tuples(
    st.lists(st.tuples(st.sampled_from(["passed", "failed", "not judged"]), st.integers(0, 4), st.sampled_from("ab"))),
    journals,
)
clones = st.fixed_dictionaries({}, optional=dict.fromkeys(LESSONS, told))


@pytest.fixture
def learner(tiny_generated: Path) -> Learner:
    return Learner(tiny_generated)


def fill(root: Path, clone: dict[str, Any]) -> None:
    for lesson, (records, known) in clone.items():
        for state, minute, message in records:
            evidence.save(root, made(lesson, state, minute, EMPTY, message))
        if known != Journal():
            journal.merge(root, lesson, known)


def contents(root: Path) -> dict[str, tuple[set[Any], Journal]]:
    return {lesson: ({order(each) for each in own(root, lesson)}, journal.read(root, lesson)) for lesson in LESSONS}


def brought(document: Export) -> Export:
    """As another clone reads it."""
    found = parse(encoded(document), "tiny")
    assert isinstance(found, Export), found
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(clones, clones)
def test_merging_loses_nothing_and_knows_no_order(one: dict[str, Any], other: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        here, there = Path(folder, "here"), Path(folder, "there")
        fill(here, one)
        fill(there, other)
        before = contents(here)
        mine, yours = collect(here, "tiny"), collect(there, "tiny")
        merge(here, brought(yours), LESSONS)
        merge(there, brought(mine), LESSONS)
        after = contents(here)
        for lesson in LESSONS:
            assert after[lesson][0] >= before[lesson][0]
            assert after[lesson][0] >= {order(each) for each in yours.lessons.get(lesson, transfer.Told()).records}
        # Both clones say the same now, and newest is newest wherever it was made.
        assert encoded(collect(here, "tiny")) == encoded(collect(there, "tiny"))
        for lesson in LESSONS:
            deciding = [decisive(own(root, lesson)) for root in (here, there)]
            assert deciding[0] == deciding[1]
        again = merge(here, brought(yours), LESSONS)
        assert (again.added, again.journals, again.lessons) == (0, 0, ())
        assert contents(here) == after


def test_the_schema_is_the_documented_one_and_exports_fit_it(learner: Learner, repository: Path) -> None:
    documented = (repository / "docs/formats/progress.schema.json").read_text(encoding="utf-8")
    assert documented == schema_text(), "mlsj.learner.transfer.schema_text() > docs/formats/progress.schema.json"
    learner.start("1-1")
    learner.judged("1-1", "passed", 1)
    learner.judged("1-1", "failed", 2)
    journal.take(learner.root, "1-1", 1)
    document = json.loads(encoded(collect(learner.root, "tiny")))
    record = json.loads((repository / "docs/formats/evidence.schema.json").read_text(encoding="utf-8"))
    both = Registry().with_resource("evidence.schema.json", Resource.from_contents(record))
    jsonschema.Draft202012Validator(json.loads(documented), registry=both).validate(document)
    assert [each["stable"]["state"] for each in document["lessons"]["1-1"]["records"]] == ["passed", "failed"]


def test_only_what_is_needed_is_exported(learner: Learner) -> None:
    learner.start("1-1")
    for minute, state in enumerate(["passed", "failed", "passed", "failed", "failed", "not judged"]):
        learner.judged("1-1", state, minute)
    assert [each.time for each in collect(learner.root, "tiny").lessons["1-1"].records] == [time_of(2), time_of(4)]


def test_a_pass_elsewhere_stands_where_the_files_are_the_same(learner: Learner, tmp_path: Path) -> None:
    learner.start("1-1")
    learner.judged("1-1", "passed", 1)
    document = collect(learner.root, "tiny")
    for path in learner.root.glob(".mlsj/evidence/1-1/*"):
        path.unlink()
    assert progress(learner.root, learner.loaded)["1-1"].standing == "started"
    merge(learner.root, document, ["1-1"])
    assert progress(learner.root, learner.loaded)["1-1"].standing == "passed"
    (learner.root / "work/1-1/greet.py").write_text("print()\n")
    assert progress(learner.root, learner.loaded)["1-1"].standing == "stale"


def test_a_newer_fail_here_outweighs_an_older_pass_elsewhere(learner: Learner) -> None:
    learner.start("1-1")
    passed = made("1-1", "passed", 1, learner.digests("1-1"))
    learner.judged("1-1", "failed", 2)
    document = Export("mlsj progress", 1, "tiny", "0", {"1-1": transfer.Told((passed,))})
    assert merge(learner.root, document, ["1-1"]).added == 1
    assert progress(learner.root, learner.loaded)["1-1"].standing == "failed"


def test_unknown_lessons_are_kept_and_named(learner: Learner) -> None:
    document = Export("mlsj progress", 1, "tiny", "0", {"9-9": transfer.Told((made("9-9", "passed", 1, EMPTY),))})
    assert merge(learner.root, document, ["1-1"]).unknown == ("9-9",)
    assert strangers(learner.root, learner.loaded) == ("9-9",)
    assert len(own(learner.root, "9-9")) == 1


def valid(**changes: Any) -> dict[str, Any]:
    record = json.loads(evidence.encoded(made("1-1", "passed", 1, EMPTY)))
    document = {"kind": "mlsj progress", "format": 1, "course": "tiny", "mlsj": "0",
                "lessons": {"1-1": {"records": [record]}}}  # fmt: skip
    return document | changes


def with_record(**changes: Any) -> dict[str, Any]:
    document = valid()
    document["lessons"]["1-1"]["records"][0] |= changes
    return document


def future(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (b"", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "it is not an export of progress"),
        ({"kind": "other"}, "it is not an export of progress"),
        (valid(format=2), "it is of format 2, and this mlsj reads 1"),
        (valid(format="1"), "it is not as docs/formats/progress.schema.json says"),
        (valid(course="other"), "it is progress in the course 'other', and this one is 'tiny'"),
        (valid(more=1), "unknown field `more`"),
        (valid(lessons={"../../x": {}}), "it is not as docs/formats/progress.schema.json says"),
        (valid(lessons={"1-1": {"journal": {"hints": [{"number": 0, "time": time_of(1)}]}}}), "`int` >= 1"),
        (valid(lessons={"1-1": {"journal": {"revealed": ["../x"]}}}), "regex"),
        (valid(lessons={"1-2": valid()["lessons"]["1-1"]}), "is of another lesson, '1-1'"),
        (with_record(format=9), "it is not as docs/formats/progress.schema.json says"),
        (with_record(subject="solution"), "does not judge a learner's own work"),
        (with_record(time="../../x"), "has a time that is none"),
        (with_record(time="2026-99-02T03:01:00.000Z"), "has a time that is none"),
        (with_record(time="2026-01-02T03:01:00+00:00"), "has a time that is none"),
        (with_record(time=future(2)), "is from the future"),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason(document: Any, says: str) -> None:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    found = parse(data, "tiny")
    assert isinstance(found, Refused)
    assert says in found.reason


def test_a_clock_may_be_a_little_ahead() -> None:
    assert isinstance(parse(json.dumps(with_record(time=future(0))).encode(), "tiny"), Export)


def test_what_is_too_large_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MAX_BYTES", 10)
    found = parse(b"x" * 11, "tiny")
    assert isinstance(found, Refused)
    assert "larger" in found.reason


def test_no_path_of_a_record_is_used(learner: Learner, tmp_path: Path) -> None:
    record = made("1-1", "passed", 1, Digests({"../../../x": "0" * 64, "/etc/x": "0" * 64}, None, "", None))
    document = brought(Export("mlsj progress", 1, "tiny", "0", {"1-1": transfer.Told((record,))}))
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(learner.root / ".mlsj")}
    merge(learner.root, document, ["1-1"])
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(learner.root / ".mlsj")} == before
    (kept,) = (learner.root / ".mlsj/evidence/1-1").iterdir()
    assert kept.name.startswith("2026-01-02T030100000Z-")
