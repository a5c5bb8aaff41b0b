"""The state of `mlsj watch`: what each event makes of it, and what is then done."""

from __future__ import annotations

import pytest
from watched import found, record

from mlsj.learner import watch
from mlsj.learner.watch import (
    Course,
    Doing,
    End,
    Following,
    Gone,
    Hinted,
    Judge,
    Judged,
    Key,
    Known,
    Open,
    Opened,
    Quit,
    Said,
    Saved,
    State,
    TakeHint,
    Wrong,
    step,
)

PASSED = record("passed", found("greets", "pass"))
FAILED = record("failed", found("greets", "fail"))
COURSE = Course(1, 3, Following("1-2", "Count"))


def after(state: State, *events: watch.Event) -> State:
    for event in events:
        state, _ = step(state, event)
    return state


@pytest.fixture
def idle() -> State:
    begun, effects = watch.begin("1-1")
    assert effects == (Judge(),)
    known = Known("Say hello", "Well done.", (), 2, COURSE)
    return after(begun, known, Judged(FAILED, "12:00:00", 0.3, COURSE))


def test_a_judging_from_save_to_verdict(idle: State) -> None:
    busy, effects = step(idle, Saved())
    assert (busy.busy, effects) == ("judging", (Judge(),))
    assert step(busy, Doing("judging greets (1 of 1)")) == (
        after(busy, Doing("judging greets (1 of 1)")),
        (),
    )
    done = after(busy, Doing("judging greets (1 of 1)"), Judged(PASSED, "12:00:01", 0.2, COURSE))
    assert (done.busy, done.passed, done.at, done.seconds) == ("", True, "12:00:01", 0.2)


def test_a_save_while_judging_begins_again(idle: State) -> None:
    busy, effects = step(after(idle, Saved()), Saved())
    assert effects == (Judge(),)
    assert busy.busy == "judging once more: saved meanwhile"


def test_a_change_of_the_course_reads_it_again_and_judges_all(idle: State) -> None:
    busy, effects = step(idle, Saved(course=True))
    assert effects == (Judge(fresh=True, reread=True),)
    assert "the course changed" in busy.notice
    assert after(busy, Judged(PASSED, "", 0.1, COURSE), Saved()).notice == ""


def test_what_is_said_late_does_not_make_it_busy(idle: State) -> None:
    assert after(idle, Doing("judging greets (1 of 1)")) == idle


def test_hints(idle: State) -> None:
    assert step(idle, Key("h")) == (idle, (TakeHint(),))
    one = after(idle, Hinted(("first",)))
    assert (one.hints, one.hints_left) == (("first",), 1)
    # The process that reads the course may not have seen the hint yet.
    assert after(one, Known("Say hello", "", (), 2, COURSE)).hints == ("first",)
    both = after(one, Hinted(("first", "second")))
    said, effects = step(both, Key("h"))
    assert (said.notice, effects) == ("there are no more hints", ())
    assert step(State("1-1"), Key("h"))[0].notice == "this lesson has no hints"


def test_next_only_after_a_pass(idle: State) -> None:
    said, effects = step(idle, Key("n"))
    assert (effects, said.notice) == ((), "1-1 is not passed yet: n goes on once it is")
    passed = after(idle, Judged(PASSED, "", 0.1, COURSE))
    assert step(passed, Key("n")) == (passed, (Open("1-2"),))
    assert step(after(passed, Saved()), Key("n"))[1] == ()
    last = after(passed, Judged(PASSED, "", 0.1, Course(3, 3, None)))
    said, effects = step(last, Key("n"))
    assert (effects, "no next lesson" in said.notice) == ((), True)
    opened, effects = step(passed, Opened("1-2", "Count", "started"))
    assert effects == (Judge(),)
    assert (opened.lesson, opened.title, opened.notice, opened.record, opened.hints) == (
        "1-2",
        "Count",
        "started",
        None,
        (),
    )


def test_afresh_and_quit(idle: State) -> None:
    busy, effects = step(idle, Key("r"))
    assert effects == (Judge(fresh=True, reread=True),)
    assert busy.busy == "judging all of it afresh"
    assert step(busy, Key("q")) == (busy, (Quit(),))
    assert step(idle, Key("x")) == (idle, ())


def test_a_folder_that_goes_away_and_comes_back(idle: State) -> None:
    gone, effects = step(after(idle, Saved()), Gone(True))
    assert (gone.gone, gone.busy, effects) == (True, "", (End(),))
    assert step(gone, Saved()) == (gone, ())
    assert step(gone, Key("r")) == (gone, ())
    back, effects = step(gone, Gone(False))
    assert (back.gone, back.busy, effects) == (False, "judging", (Judge(),))


def test_what_is_wrong_stays_until_something_is_tried_again(idle: State) -> None:
    wrong = after(idle, Saved(), Wrong("the course has errors"))
    assert (wrong.wrong, wrong.busy) == ("the course has errors", "")
    assert after(wrong, Known("T", "", (), 0, COURSE)).wrong == "the course has errors"
    assert after(wrong, Saved()).wrong == ""
    assert after(wrong, Judged(PASSED, "", 0.1, COURSE)).wrong == ""
    assert after(wrong, Said("news")).notice == "news"
