"""The loop of `mlsj watch`: waits for files, keys, judging processes and signals, and carries out what follows.

Everything that waits is in one place, so there is one way out: whatever ends the loop ends what is being judged, stops
the threads and puts the terminal back.
"""

from __future__ import annotations

import os
import select
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import FrameType

from mlsj.learner import watch
from mlsj.learner.judges import Judges
from mlsj.learner.judging import Message
from mlsj.learner.saves import Places, Saves
from mlsj.learner.terminal import Terminal, keys
from mlsj.learner.watch import Effect, Event
from mlsj.spec.model import Lesson

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
# How often the folders are looked at besides what is heard of them.
_LOOK_S = 1.0


def run(root: Path, lesson: str, title: str, sources: str | None, terminal: Terminal, notice: str = "") -> int:
    """Watch until the reader leaves; return the exit code: 0, or 128 and the signal that ended it."""
    loop = _Loop(root.resolve(), terminal)
    try:
        with _signals(loop):
            terminal.enter()
            return loop.run(lesson, title, sources, notice)
    finally:
        loop.close()


class _Loop:
    def __init__(self, root: Path, terminal: Terminal) -> None:
        self.root = root
        self.terminal = terminal
        self.judges = Judges(root)
        self.saves: Saves | None = None
        self.events: deque[Event] = deque()
        self.heard: deque[frozenset[str]] = deque()
        self.signals: deque[int] = deque()
        self.state = watch.State("")
        self.code: int | None = None
        # A byte in this pipe wakes the loop: threads and signals write it.
        self.waker, self.wake_with = os.pipe()
        os.set_blocking(self.wake_with, False)
        os.set_blocking(self.waker, False)

    def run(self, lesson: str, title: str, sources: str | None, notice: str) -> int:
        self.judges.prepare(lesson)
        self._look_at(lesson, sources)
        self.state, effects = watch.begin(lesson, title, notice)
        while True:
            for effect in effects:
                self._carry_out(effect)
            if self.code is not None:
                return self.code
            if not self.events:
                self.terminal.show(self.state)
                self._wait()
            effects = ()
            if self.events:
                self.state, effects = watch.step(self.state, self.events.popleft())

    def close(self) -> None:
        """Put the terminal back, then end what is being judged and stop the threads."""
        try:
            self.terminal.leave()
        finally:
            self.judges.close()
            if self.saves is not None:
                self.saves.stop()
            os.close(self.waker)
            os.close(self.wake_with)

    def wake(self) -> None:
        """Wake the loop, from any thread."""
        with suppress(BlockingIOError):  # a full pipe: it is about to wake anyway
            os.write(self.wake_with, b"\0")

    # What is waited for ----------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        """Wait until something happens, and put it into the queue."""
        channels = self.judges.channels
        typed = self.terminal.input
        due = self.judges.due()
        # Not poll: on macOS it knows no terminals.
        listened = [self.waker, *channels, *(() if typed is None else (typed,))]
        ready, _, _ = select.select(listened, (), (), _LOOK_S if due is None else min(due + 0.001, _LOOK_S))
        for descriptor in ready:
            if descriptor == self.waker:
                os.read(self.waker, 4096)
            elif descriptor in channels:
                for message in self.judges.take(channels[descriptor]):
                    self._hear(message)
            else:
                self._type(descriptor)
        self.terminal.check()
        self.judges.due()
        self._signalled()
        self._saved()

    def _hear(self, message: Message) -> None:
        if message.ready is not None:
            told = message.ready
            self.events.append(watch.Known(told.title, told.after, told.hints, told.hints_total, told.course))
        if message.doing:
            self.events.append(watch.Doing(message.doing))
        if message.verdicts is not None:
            done = message.verdicts
            at = datetime.fromisoformat(done.record.time).astimezone().strftime("%H:%M:%S")
            self.events.append(watch.Judged(done.record, at, done.seconds, done.course))
        if message.wrong:
            self.events.append(watch.Wrong(message.wrong))

    def _type(self, descriptor: int) -> None:
        try:
            data = os.read(descriptor, 4096)
        except OSError:  # the terminal is gone
            data = b""
        if not data:
            self.code = 0
        elif self.terminal.reads_keys:
            self.events.extend(watch.Key(name) for name in keys(data))

    def _saved(self) -> None:
        """Put into the queue what was saved; a folder that went away or came back comes first."""
        assert self.saves is not None  # noqa: S101 - the loop has begun
        kinds = frozenset().union(*self.heard)
        self.heard.clear()
        gone = not self.saves.places.work.is_dir()
        if gone != self.state.gone:
            self.events.append(watch.Gone(gone))
        elif not gone and (kinds & {"work", "course"} or (self.saves.stale and not kinds)):
            self.events.append(watch.Saved("course" in kinds))
        if self.saves.stale:
            self._look_at(self.saves.places.lesson, self.saves.places.sources)

    def _look_at(self, lesson: str, sources: str | None) -> None:
        if self.saves is not None:
            self.saves.stop()
        self.heard.clear()
        self.saves = Saves(Places(self.root, lesson, sources), self._tell)
        if self.saves.problem:
            self.events.append(watch.Said(self.saves.problem))

    def _tell(self, kinds: frozenset[str]) -> None:
        self.heard.append(kinds)
        self.wake()

    def _signalled(self) -> None:
        while self.signals:
            number = self.signals.popleft()
            if number == signal.SIGWINCH:
                self.terminal.resized()
            elif number == signal.SIGTSTP:
                self.terminal.leave()
                signal.signal(signal.SIGTSTP, signal.SIG_DFL)
                os.kill(os.getpid(), signal.SIGTSTP)  # here it stands still
                signal.signal(signal.SIGTSTP, self.signalled)
                self.terminal.enter()
            elif number == signal.SIGCONT:
                self.terminal.enter()
            else:
                self.code = 128 + number

    def signalled(self, number: int, _: FrameType | None) -> None:
        """Note a signal; what it asks for is done by the loop, at a moment that suits."""
        self.signals.append(number)
        self.wake()

    # What follows -----------------------------------------------------------------------------------------------------

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case watch.Judge(fresh=fresh, reread=reread):
                self.judges.judge(self.state.lesson, fresh=fresh, reread=reread)
            case watch.End():
                self.judges.stop()
            case watch.TakeHint():
                self.events.append(_hint(self.root, self.state.lesson))
            case watch.Open(lesson=lesson):
                self._open(lesson)
            case watch.Quit():
                self.code = 0

    def _open(self, lesson_id: str) -> None:
        from mlsj.learner.workspace import Workspace, start

        lesson = _lesson(self.root, lesson_id)
        try:
            done = start(Workspace(self.root, lesson_id))
        except OSError as error:
            self.events.append(watch.Said(f"{lesson_id} is not started: {error}"))
            return
        if done.conflicts or lesson is None:
            why = (
                f"these files are in its place: {', '.join(done.conflicts)}"
                if done.conflicts
                else "the course is broken"
            )
            self.events.append(watch.Said(f"{lesson_id} is not started: {why}"))
            return
        self._look_at(lesson_id, lesson.sources)
        notice = "" if done.already else begun(lesson_id)
        self.events.append(watch.Opened(lesson_id, lesson.title, notice))


def begun(lesson_id: str) -> str:
    """Return what to say of a lesson that was just started."""
    return f"started: read generated/lessons/{lesson_id}/README.md, write in work/{lesson_id}/, and save"


def _hint(root: Path, lesson_id: str) -> Event:
    """Take the next hint."""
    from mlsj.learner import hints

    lesson = _lesson(root, lesson_id)
    if lesson is None:
        return watch.Said("the course has errors: 'mlsj validate' shows them")
    try:
        return watch.Hinted(hints.take(root, lesson).shown)
    except OSError as error:
        return watch.Said(f"the hint cannot be counted, so none is taken: {error}")


def _lesson(root: Path, lesson_id: str) -> Lesson | None:
    from mlsj.project.read import read_tree
    from mlsj.spec.load import load

    curriculum = load(read_tree(root)).curriculum
    return curriculum.lesson(lesson_id) if curriculum is not None else None


@contextmanager
def _signals(loop: _Loop) -> Iterator[None]:
    """Have signals noted for the loop, and put the handlers back at the end."""
    numbers = (*_ENDING, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
    # What whoever started us ignores, as nohup does with SIGHUP, stays ignored.
    taken = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, loop.signalled) for number in taken}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
