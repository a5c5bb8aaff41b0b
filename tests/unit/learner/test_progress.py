"""Progress: what the records say, whether it still holds, and what to do next."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import pytest
from recorded import Learner, time_of

from mlsj.learner import journal
from mlsj.learner.following import following
from mlsj.learner.progress import (
    LessonProgress,
    Standing,
    begun,
    changes,
    hours,
    next_lesson,
    progress,
    stand,
    strangers,
)
from mlsj.learner.workspace import Workspace
from mlsj.verify import evidence
from mlsj.verify.evidence import Digests

P, H, F, N = "passed", "passed here", "failed", "not judged"


@pytest.fixture
def learner(tiny_generated: Path) -> Learner:
    return Learner(tiny_generated)


def at(learner: Learner, lesson_id: str = "1-1") -> LessonProgress:
    return progress(learner.root, learner.loaded)[lesson_id]


def edit(learner: Learner, old: str, new: str) -> None:
    path = learner.root / "curriculum.yaml"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("state", "fits", "started", "standing"),
    [
        (None, True, False, "not started"),
        (None, True, True, "started"),
        (P, True, True, "passed"),
        (H, True, True, "passed here"),
        (P, False, True, "stale"),
        (H, False, True, "stale"),
        (F, True, True, "failed"),
        # A fail of other files is a fail all the same: nothing says that these are better.
        (F, False, True, "failed"),
        # Imported, and not started in this clone.
        (P, False, False, "stale"),
        (F, False, False, "failed"),
    ],
)
def test_the_standing_of_a_state(state: str | None, fits: bool, started: bool, standing: str) -> None:
    assert stand(state, fits=fits, started=started) == standing


@pytest.mark.parametrize(
    ("states", "standing", "decides"),
    [
        ([], "started", None),
        ([N], "started", None),
        ([P], "passed", 0),
        ([F, P], "passed", 1),
        ([P, F], "failed", 1),
        ([P, N], "passed", 0),
        ([F, N, N], "failed", 0),
        ([P, H], "passed here", 1),
        ([F, H, N], "passed here", 1),
        ([P, F, P, F, N], "failed", 3),
    ],
)
def test_the_newest_record_that_says_something_decides(
    learner: Learner, states: list[str], standing: str, decides: int | None
) -> None:
    learner.start("1-1")
    # Kept in another order than they were made in: the time in them counts.
    for minute, state in reversed(list(enumerate(states))):
        learner.judged("1-1", state, minute)
    found = at(learner)
    assert found.standing == standing
    assert found.judged == (None if decides is None else time_of(decides))
    assert found.ever_passed == bool({P, H} & set(states))


def test_nothing_is_started_and_nothing_written(learner: Learner) -> None:
    before = sorted(learner.root.rglob("*"))
    found = progress(learner.root, learner.loaded)
    assert [(item.id, item.standing) for item in found.values()] == [
        ("1-1", "not started"),
        ("1-2", "not started"),
        ("2-1", "draft"),
    ]
    assert not begun(found)
    assert found["1-2"].waits_for == ("1-1",)
    assert sorted(learner.root.rglob("*")) == before


def test_files_of_lessons_never_started_are_not_read(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    learner.start("1-1")
    learner.judged("1-1", P)
    (learner.root / "work/1-2").mkdir()
    (learner.root / "work/1-2/large").write_text("x")
    looked: list[str] = []
    real = evidence.current

    def watched(tree: object, lesson: object, work: Path, *rest: object) -> Digests:
        looked.append(work.name)
        return real(tree, lesson, work, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(evidence, "current", watched)
    assert at(learner).standing == "passed"
    assert looked == ["1-1"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("edit", "your file work/1-1/greet.py changed"),
        ("remove", "your file work/1-1/greet.py removed"),
        ("add", "your file work/1-1/more.txt added"),
        ("many", "your files work/1-1/0.txt, work/1-1/1.txt, work/1-1/2.txt and 4 more added"),
        ("odd", r"your file 'work/1-1/a b\x1b[2J\u202e' added"),
        ("link", "your file work/1-1/greet.py changed"),
        ("note", "your note notes/1-1.md changed"),
        ("no note", "your note notes/1-1.md removed"),
        ("criterion", "the judge changed"),
        ("gone", "work/1-1/ is gone"),
    ],
)
def test_a_stale_pass_says_what_changed(learner: Learner, change: str, reason: str) -> None:
    place = learner.start("1-1")
    learner.judged("1-1", P)
    greet = place.work / "greet.py"
    if change == "edit":
        greet.write_text("print()\n")
    elif change == "remove":
        greet.unlink()
    elif change == "add":
        (place.work / "more.txt").touch()
    elif change == "many":
        for number in range(7):
            (place.work / f"{number}.txt").touch()
    elif change == "odd":
        (place.work / "a b\x1b[2J\u202e").touch()
    elif change == "link":
        greet.rename(learner.root / "elsewhere.py")
        greet.symlink_to(learner.root / "elsewhere.py")
    elif change == "note":
        place.note.write_text("other")
    elif change == "no note":
        place.note.unlink()
    elif change == "criterion":
        edit(learner, "with: {min_words: 8}", "with: {min_words: 9}")
    else:
        shutil.rmtree(place.work)
    found = at(learner)
    assert (found.standing, found.reasons) == (Standing.STALE, (reason,))


def test_what_does_not_matter_makes_no_pass_stale(learner: Learner) -> None:
    place = learner.start("1-1")
    learner.judged("1-1", P)
    os.utime(place.work / "greet.py", (1, 1))
    (place.work / "__pycache__").mkdir()
    (place.work / "__pycache__/greet.pyc").touch()
    edit(learner, "title: Say hello", "title: Say hello to all")
    assert at(learner).standing == "passed"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Digests({"a": "1"}, "n", "j", "e"), ()),
        (Digests({"a": "1"}, "n", "j", "other"), ("the environment changed",)),
        (Digests({"a": "1"}, "n", "other", None), ("the judge changed", "the environment changed")),
        (Digests({"b": "1"}, None, "j", "e"), ("your file work/x/a removed", "your file work/x/b added",
                                               "your note notes/x.md removed")),
    ],
)  # fmt: skip
def test_each_difference_has_its_words(now: Digests, said: tuple[str, ...]) -> None:
    assert changes(Digests({"a": "1"}, "n", "j", "e"), now, "x") == said


def test_a_file_that_cannot_be_read_leaves_no_pass_standing(learner: Learner, monkeypatch: pytest.MonkeyPatch) -> None:
    learner.start("1-1")
    learner.judged("1-1", P)

    def unreadable(*_: object) -> Digests:
        raise PermissionError(13, "Permission denied", "work/1-1/greet.py")

    monkeypatch.setattr(evidence, "current", unreadable)
    found = at(learner)
    assert found.standing == "stale"
    assert found.reasons == ("your files cannot be read: work/1-1/greet.py: Permission denied",)


def test_a_fail_says_what_failed_and_what_was_changed_since(learner: Learner) -> None:
    place = learner.start("1-1")
    learner.judged("1-1", F, message="got \x1b[31m3\n  of 4")
    (place.work / "greet.py").write_text("print()\n")
    found = at(learner)
    assert found.reasons == (r"second: got \x1b[31m3", "since then: your file work/1-1/greet.py changed")
    assert found.failing is not None
    assert found.failing.criterion == "second"
    assert found.failing.message == r"got \x1b[31m3 of 4"
    assert found.failing.next_step == "count again"


def test_a_judging_without_a_verdict_is_mentioned(learner: Learner) -> None:
    learner.start("1-1")
    learner.judged("1-1", H, 1)
    learner.judged("1-1", N, 2, message="the disk is full")
    assert at(learner).reasons == (
        "second: the count is 3",
        "the last judging ended without a verdict: second: the disk is full",
    )


def test_what_is_no_record_is_left_out(learner: Learner) -> None:
    learner.start("1-1")
    learner.judged("1-1", P, 1)
    folder = learner.root / ".mlsj/evidence/1-1"
    (folder / "2026-09-09T090909000Z-1.json").write_text("{")
    (folder / "2026-09-09T090909000Z-2.json").write_bytes(b"\xff\x00")
    (folder / "2026-09-09T090909000Z-3.json").mkdir()
    (folder / "journal.json").write_text('{"format": 99}')
    found = at(learner)
    assert (found.standing, found.hints, found.revealed) == ("passed", 0, False)
    # With nothing else there, it is as if nothing had been judged.
    for path in folder.glob("2026-01*"):
        path.unlink()
    assert at(learner).standing == "started"


def test_a_record_of_a_variant_is_no_progress(learner: Learner) -> None:
    learner.start("1-1")
    record = learner.judged("1-1", F)
    solution = msgspec.structs.replace(
        record, subject="solution", time=time_of(5), stable=msgspec.structs.replace(record.stable, state="passed")
    )
    evidence.save(learner.root, solution)
    assert at(learner).standing == "failed"


def test_lessons_the_course_lost_are_named(learner: Learner) -> None:
    place = learner.start("1-2")
    learner.judged("1-2", F)
    text = (learner.root / "curriculum.yaml").read_text()
    start, end = text.index("      - id: 1-2"), text.index('  - id: "2"')
    (learner.root / "curriculum.yaml").write_text((text[:start] + text[end:]).replace("needs: [1-2]", "needs: [1-1]"))
    assert list(progress(learner.root, learner.loaded)) == ["1-1", "2-1"]
    assert strangers(learner.root, learner.loaded) == ("1-2",)
    assert place.work.is_dir()


def test_a_lesson_that_became_a_draft_is_one(learner: Learner) -> None:
    learner.start("1-1")
    learner.judged("1-1", P)
    edit(learner, "        title: Say hello\n        status: ready", "        title: Say hello\n        status: draft")
    found = at(learner)
    assert (found.standing, found.reasons, found.ever_passed) == ("draft", (), True)


def test_hours_by_what_they_wait_for(learner: Learner) -> None:
    place = learner.start("1-1")
    assert learner.loaded.curriculum is not None
    every = [lesson for _, lesson in learner.loaded.curriculum.lessons()]

    def sums() -> tuple[float, float, float, float]:
        found = hours(every, progress(learner.root, learner.loaded))
        return found.done, found.stale, found.left, found.draft

    assert sums() == (0, 0, 3, 2)
    learner.judged("1-1", P)
    assert sums() == (1.25, 0, 1.75, 2)
    place.note.write_text("other")
    assert sums() == (0, 1.25, 1.75, 2)


# what to do next ------------------------------------------------------------------------------------------------------


def test_next_follows_the_learner(learner: Learner) -> None:
    def step() -> tuple[str, str]:
        found = following(learner.loaded, progress(learner.root, learner.loaded))
        return found.action, found.command

    assert step() == ("start", "start 1-1")
    place = learner.start("1-1")
    assert step() == ("write", "check 1-1")
    learner.start("1-2")
    learner.judged("1-2", F, 1)
    assert step() == ("write", "check 1-1")
    learner.judged("1-1", P, 2)
    assert step() == ("mend", "check 1-2")
    learner.judged("1-2", H, 3)
    assert step() == ("finished", "")
    place.note.write_text("other")
    assert step() == ("judge", "check 1-1")
    shutil.rmtree(place.work)
    assert step() == ("start", "start 1-1")


def test_next_waits_for_what_a_lesson_needs(learner: Learner) -> None:
    edit(learner, "        title: Say hello\n", "        title: Say hello\n        needs: [1-2]\n")
    edit(learner, "        status: ready\n        needs: [1-1]\n", "        status: ready\n")
    found = next_lesson(learner.loaded, progress(learner.root, learner.loaded))
    assert found is not None
    assert found.id == "1-2"


def test_a_draft_is_not_waited_for(learner: Learner) -> None:
    edit(learner, "        title: Say hello\n", "        title: Say hello\n        needs: [2-1]\n")
    edit(learner, "        needs: [1-2]\n", "")
    found = progress(learner.root, learner.loaded)
    assert found["1-1"].waits_for == ()
    assert following(learner.loaded, found).command == "start 1-1"


def test_a_pass_in_another_clone_opens_what_builds_on_it(learner: Learner) -> None:
    learner.start("1-1")
    learner.judged("1-1", P)
    for path in ("work/1-1", ".mlsj/base/1-1"):
        shutil.rmtree(learner.root / path)
    found = progress(learner.root, learner.loaded)
    assert (found["1-1"].standing, found["1-1"].reasons) == ("stale", ("work/1-1/ is not here",))
    assert following(learner.loaded, found).command == "start 1-2"


def test_hints_and_reveals_are_shown(learner: Learner) -> None:
    place = learner.start("1-1")
    journal.take(learner.root, "1-1", 2)
    journal.reveal(learner.root, "1-1")
    found = at(learner)
    assert (found.hints, found.revealed, found.standing) == (2, True, "started")
    assert Workspace(learner.root, "1-1").started == place.started
