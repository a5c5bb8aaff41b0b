"""Verdicts that are used again: only those that hold, shown for what they are, and none that a machine or luck made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench import command, findings, judged, lesson, verdicts

from mlsj.kinds.base import Verdict
from mlsj.spec.model import Lesson
from mlsj.verify import records
from mlsj.verify.engine import Outcome
from mlsj.verify.report import State

# Each judging of a criterion leaves a line here: the judge's own process is not judged.
JUDGE = """
from mlsj.kinds.base import Measurement, failed, measured, passed, unverified
LOG = {log!r}

def look(context, name, says='pass'):
    with open(LOG, 'a') as log:
        log.write(name + ' ')
    if says == 'fail':
        return failed('no', expected='e', got='g', next_step='n')
    if says == 'fast':
        return passed('fast', measured('t', [1.0], 's', at_most=2))
    if says == 'late':
        context.run(['sleep', '60'])
    return unverified('not here') if says == 'unverified' else passed('yes')
"""


class Bench:
    """A lesson that is judged again and again, with the record of the last time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "log"
        self.judge_py = JUDGE.format(log=str(self.log))
        self.work = {"a.txt": "1"}
        self.note: str | None = "mine"

    def criterion(self, name: str, says: str = "pass", **more: Any) -> dict[str, Any]:
        own = {key: more.pop(key) for key in ("looks_at", "deterministic") if key in more}
        with_ = {"function": "look", "args": {"name": name, "says": says}, **own}
        return {"id": name, "uses": "judge", "with": with_, **more}

    def judge(self, which: Lesson, *, reuse: bool = True, **options: Any) -> tuple[Outcome, list[str]]:
        """Return the outcome and the criteria that were really judged."""
        self.log.write_text("")
        record = records.reusable(self.root, which.id) if reuse else None
        outcome = judged(self.root, which, self.work, self.note, self.judge_py, reuse=record, **options)
        return outcome, self.log.read_text().split()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_what_is_unchanged_is_not_judged_again_and_says_when_it_was(bench: Bench) -> None:
    which = lesson(bench.criterion("good"), bench.criterion("bad", "fail"), bench.criterion("after", needs=["bad"]))
    first, seen = bench.judge(which)
    assert seen == ["good", "bad"]
    again, seen = bench.judge(which)
    assert seen == []
    assert verdicts(again) == {"good": "pass", "bad": "fail", "after": "blocked"}
    assert again.report.state is State.FAILED
    assert findings(again)["bad"] == findings(first)["bad"]
    assert [(r.judged, r.seed) for r in again.report.results] == [(first.record.time, first.report.seed)] * 2 + [
        ("", None)
    ]
    assert again.record.stable == first.record.stable
    assert (again.path, again.report.seed) == (None, first.report.seed), "nothing new was seen, nothing is kept"
    assert len(records.all_of(bench.root, "1-1")) == 1


def test_without_a_record_everything_is_judged(bench: Bench) -> None:
    which = lesson(bench.criterion("good"))
    bench.judge(which)
    outcome, seen = bench.judge(which, reuse=False)
    assert seen == ["good"]
    assert outcome.report.results[0].judged == ""


def test_a_criterion_looks_at_what_it_says(bench: Bench) -> None:
    which = lesson(
        bench.criterion("both"),
        bench.criterion("code", looks_at=["work"]),
        bench.criterion("words", looks_at=["note"]),
    )
    first, _ = bench.judge(which)
    bench.note = "another note"
    # Verdicts on the work directory go together: 'both' may need what the program of 'code' makes.
    outcome, seen = bench.judge(which)
    assert seen == ["both", "code", "words"]
    bench.work["a.txt"] = "2"
    outcome, seen = bench.judge(which)
    assert seen == ["both", "code"]
    told = {result.id: result.judged for result in outcome.report.results}
    assert told["words"] > first.record.time
    assert (told["both"], told["code"]) == ("", "")


def test_a_verdict_that_was_used_again_keeps_its_time_and_seed_the_next_time(bench: Bench) -> None:
    which = lesson(bench.criterion("code", looks_at=["work"]), bench.criterion("words", looks_at=["note"]))
    first, _ = bench.judge(which)
    for number in range(3):
        bench.work["a.txt"] = f"n{number}"
        outcome, seen = bench.judge(which)
        assert seen == ["code"]
        words = next(result for result in outcome.record.results if result.id == "words")
        assert (words.judged, words.seed) == (first.record.time, first.report.seed)
        assert outcome.report.seed != first.report.seed
    assert records.reusable(bench.root, "1-1") == outcome.record


CHANGES = ["judge", "sources", "criterion", "mode", "git", "empty folder", "form", "python", "host", "environment"]


@pytest.mark.parametrize("change", CHANGES)
def test_each_thing_a_verdict_rests_on(bench: Bench, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    good = bench.criterion("good")
    bench.judge(lesson(good), note_form="form")
    form, fields = "form", {}
    folder = bench.root / "work/1-1"
    if change == "judge":
        bench.judge_py += "# changed\n"
    elif change == "sources":
        monkeypatch.setattr("bench.SOURCES", "templates/lessons/other")
        fields = {"sources": "templates/lessons/other"}
        bench.judge_py += "# changed\n"
    elif change == "criterion":
        good = {**good, "timeout_s": 7}
    elif change == "mode":
        (folder / "a.txt").chmod(0o755)
    elif change == "git":
        (folder / ".git").mkdir()
        (folder / ".git/HEAD").write_text("ref: refs/heads/main\n")
    elif change == "empty folder":
        (folder / "empty").mkdir()
    elif change == "form":
        form = "another form"
    elif change == "python":
        monkeypatch.setattr("mlsj.verify.evidence.platform.python_version", lambda: "3.99.0")
    elif change == "host":
        monkeypatch.setattr("mlsj.verify.evidence.platform.release", lambda: "other")
    else:
        monkeypatch.setattr("mlsj.verify.reuse.tools", lambda _: {"environment": "another"})
    _, seen = bench.judge(lesson(good, **fields), note_form=form)
    assert seen == ["good"]


def test_a_file_that_is_written_again_with_the_same_bytes_changes_nothing(bench: Bench) -> None:
    which = lesson(bench.criterion("good"))
    bench.judge(which)
    (bench.root / "work/1-1/a.txt").unlink()
    assert bench.judge(which)[1] == []


def test_a_seed_takes_only_what_was_found_with_it(bench: Bench) -> None:
    which = lesson(bench.criterion("good"))
    bench.judge(which, seed=5)
    assert bench.judge(which, seed=5)[1] == []
    assert bench.judge(which, seed=6)[1] == ["good"]
    assert bench.judge(which)[1] == []


NEVER: dict[str, dict[str, Any]] = {
    "not deterministic": {"deterministic": False},
    "a bound was held": {"says": "fast"},
    "it ran out of time": {"says": "late", "timeout_s": 1},
    "not verified": {"says": "unverified"},
}


@pytest.mark.parametrize("how", NEVER.values(), ids=NEVER)
def test_what_may_be_otherwise_the_next_time_is_judged_again_with_all_that_looks_at_the_work(
    bench: Bench, how: dict[str, Any]
) -> None:
    which = lesson(
        bench.criterion("first", looks_at=["work"]),
        bench.criterion("words", looks_at=["note"]),
        bench.criterion("odd", core=False, **how),
    )
    bench.judge(which)
    assert bench.judge(which)[1] == ["first", "odd"]


def test_a_lesson_that_uses_the_network_is_judged_anew(bench: Bench) -> None:
    which = lesson(bench.criterion("good"), network=True)
    bench.judge(which)
    assert bench.judge(which)[1] == ["good"]


def test_what_this_machine_lacks_does_not_make_the_rest_be_judged_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Found out in the calling process, too, which has another PATH than judged programs.
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    which = lesson(bench.criterion("good"), bench.criterion("boxes", core=False, requires="docker"))
    outcome, seen = bench.judge(which)
    if outcome.report.state is not State.PASSED_HERE:
        pytest.fail("this test needs a machine on which docker does not run")
    assert seen == ["good"]
    again, seen = bench.judge(which)
    assert seen == []
    assert verdicts(again) == {"good": "pass", "boxes": "unverified"}


def test_a_prerequisite_that_fails_now_blocks_a_pass_of_then(bench: Bench) -> None:
    code = bench.criterion("code", looks_at=["work"])
    note = bench.criterion("words", looks_at=["note"], needs=["code"])
    bench.judge(lesson(code, note))
    bench.judge_py = bench.judge_py.replace("if says == 'fail'", "if open(context.work / 'a.txt').read() == '2'")
    bench.judge(lesson(code, note))
    bench.work["a.txt"] = "2"
    outcome, seen = bench.judge(lesson(code, note))
    assert seen == ["code"]
    assert verdicts(outcome) == {"code": "fail", "words": "blocked"}


def test_programs_of_verdicts_that_go_together_run_together(tmp_path: Path) -> None:
    which = lesson(
        command("makes", "python3", "-c", "open('made', 'w').write('x')"),
        {"id": "there", "uses": "file", "with": {"path": "made"}},
        {"id": "note", "uses": "note", "with": {"min_words": 1}},
    )
    first = judged(tmp_path, which, {"a": ""}, "# T\n\n## Debrief\n\nmine\n")
    assert set(verdicts(first).values()) == {"pass"}
    kept = msgspec.structs.replace(
        first.record, results=[msgspec.structs.replace(r, inputs="" if r.id == "there" else r.inputs)
                               for r in first.record.results],
    )  # fmt: skip
    again = judged(tmp_path, which, {}, reuse=kept)
    assert set(verdicts(again).values()) == {"pass"}
    assert [bool(result.judged) for result in again.report.results] == [False, False, True]


def test_the_state_follows_from_all_verdicts(bench: Bench) -> None:
    which = lesson(bench.criterion("code", looks_at=["work"]), bench.criterion("words", "fail", looks_at=["note"]))
    bench.judge(which)
    bench.work["a.txt"] = "2"
    outcome, _ = bench.judge(which)
    assert outcome.report.state is State.FAILED
    assert outcome.report.results[1].verdict is Verdict.FAIL
    assert outcome.path is not None
