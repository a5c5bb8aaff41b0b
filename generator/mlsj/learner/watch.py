"""What `mlsj watch` knows and how an event changes it: a pure function from state and event to state and effects.

Events come from files, keys and the judging process; effects are carried out by `watchloop`; `screen` draws the state.
"""

from __future__ import annotations

import msgspec

from mlsj.verify.evidence import Evidence
from mlsj.verify.report import State as LessonState


class Following(msgspec.Struct, frozen=True):
    """The lesson to go on with."""

    id: str
    title: str


class Course(msgspec.Struct, frozen=True):
    """How far the learner is in the course."""

    passed: int = 0
    lessons: int = 0
    """Those that can be judged."""
    following: Following | None = None


class State(msgspec.Struct, frozen=True):
    """All that the screen shows."""

    lesson: str
    title: str = ""
    course: Course = Course()
    record: Evidence | None = None
    """The last judging, of this session or an earlier one."""
    at: str = ""
    """When it was judged, in the reader's time."""
    seconds: float = 0.0
    after: str = ""
    """What to know after a pass."""
    hints: tuple[str, ...] = ()
    hints_total: int = 0
    busy: str = ""
    """What is being done now."""
    wrong: str = ""
    """Why nothing can be judged."""
    gone: bool = False
    """Whether the learner's folder is missing."""
    notice: str = ""

    @property
    def passed(self) -> bool:
        """Whether the verdicts that are shown say that the lesson is passed."""
        return self.record is not None and self.record.stable.state in (LessonState.PASSED, LessonState.PASSED_HERE)

    @property
    def hints_left(self) -> int:
        """How many hints were not taken yet."""
        return self.hints_total - len(self.hints)


# Events ---------------------------------------------------------------------------------------------------------------


class Saved(msgspec.Struct, frozen=True):
    """Files were changed: the learner's own, or the `course`'s (its spec, or the lesson's sources)."""

    course: bool = False


class Key(msgspec.Struct, frozen=True):
    """A key was pressed."""

    name: str


class Known(msgspec.Struct, frozen=True):
    """The course was read. `hints` are those that were taken."""

    title: str
    after: str
    hints: tuple[str, ...]
    hints_total: int
    course: Course


class Doing(msgspec.Struct, frozen=True):
    """The judging says what it is doing."""

    text: str


class Judged(msgspec.Struct, frozen=True):
    """The judging has ended."""

    record: Evidence
    at: str
    seconds: float
    course: Course


class Wrong(msgspec.Struct, frozen=True):
    """Nothing can be judged: the course is wrong, or the judging ended early."""

    text: str


class Gone(msgspec.Struct, frozen=True):
    """The learner's folder went away, or came back."""

    gone: bool


class Hinted(msgspec.Struct, frozen=True):
    """A hint was taken; these are all that were."""

    hints: tuple[str, ...]


class Opened(msgspec.Struct, frozen=True):
    """Another lesson is watched from now on."""

    lesson: str
    title: str
    notice: str


class Said(msgspec.Struct, frozen=True):
    """Something to tell the learner."""

    text: str


Event = Saved | Key | Known | Doing | Judged | Wrong | Gone | Hinted | Opened | Said


# Effects --------------------------------------------------------------------------------------------------------------


class Judge(msgspec.Struct, frozen=True):
    """Judge now; what is being judged is ended first. `fresh`: use no verdict again. `reread`: the course changed."""

    fresh: bool = False
    reread: bool = False


class End(msgspec.Struct, frozen=True):
    """End what is being judged."""


class TakeHint(msgspec.Struct, frozen=True):
    """Take the next hint and note it."""


class Open(msgspec.Struct, frozen=True):
    """Start that lesson, if it is new, and watch it."""

    lesson: str


class Quit(msgspec.Struct, frozen=True):
    """Leave."""


Effect = Judge | End | TakeHint | Open | Quit
Step = tuple[State, tuple[Effect, ...]]

JUDGING = "judging"


def begin(lesson: str, title: str = "", notice: str = "") -> Step:
    """Return the first state, and what to do in it."""
    return State(lesson, title, busy=JUDGING, notice=notice), (Judge(),)


def step(state: State, event: Event) -> Step:
    """Return what `event` makes of `state`, and what is to be done about it."""
    match event:
        case Saved(course=course):
            if state.gone:
                return state, ()
            again = " once more: saved meanwhile" if state.busy else ""
            notice = "the course changed: everything is judged anew" if course else ""
            return _with(state, busy=f"{JUDGING}{again}", notice=notice, wrong=""), (
                Judge(reread=course, fresh=course),
            )
        case Key(name=name):
            return _key(state, name)
        case Known():
            known = {name: getattr(event, name) for name in event.__struct_fields__}
            # A hint may have been taken while the course was being read.
            known["hints"] = max(state.hints, event.hints, key=len)
            return _with(state, **known), ()
        case Doing(text=text):
            return (_with(state, busy=text) if state.busy else state), ()
        case Judged():
            judged = {name: getattr(event, name) for name in event.__struct_fields__}
            return _with(state, busy="", wrong="", **judged), ()
        case Wrong(text=text):
            return _with(state, busy="", wrong=text), ()
        case Gone(gone=True):
            return _with(state, gone=True, busy=""), (End(),)
        case Gone():
            return _with(state, gone=False, busy=JUDGING, notice=""), (Judge(),)
        case Hinted(hints=hints):
            return _with(state, hints=hints, notice=""), ()
        case Opened(lesson=lesson, title=title, notice=notice):
            return begin(lesson, title, notice)
        case Said(text=text):
            return _with(state, notice=text), ()


def _key(state: State, name: str) -> Step:
    if name == "q":
        return state, (Quit(),)
    if name == "r" and not state.gone:
        return _with(state, busy=f"{JUDGING} all of it afresh", notice="", wrong=""), (Judge(fresh=True, reread=True),)
    if name == "h":
        if state.hints_left:
            return state, (TakeHint(),)
        told = "there are no more hints" if state.hints_total else "this lesson has no hints"
        return _with(state, notice=told), ()
    if name == "n":
        if state.busy:
            return _with(state, notice="wait for the verdict, then n goes on"), ()
        if not state.passed:
            return _with(state, notice=f"{state.lesson} is not passed yet: n goes on once it is"), ()
        if state.course.following is None:
            return _with(state, notice="there is no next lesson: all that can be judged are passed"), ()
        return state, (Open(state.course.following.id),)
    return state, ()


def _with(state: State, **changes: object) -> State:
    return msgspec.structs.replace(state, **changes)
