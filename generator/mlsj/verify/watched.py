"""A guard from the judging process's side: starting one, asking it, and learning how its program ended."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from mlsj.kinds.base import ProgramMissing, Ran, Usage
from mlsj.verify import ending, guard, isolation
from mlsj.verify.isolation import IsolationBroken, Launch, Limits
from mlsj.verify.order import Ended, Order, Report, most_forks

# How often a guard that says nothing is looked at, and how long it may take beyond its program's time.
LOOK_S = 0.5
_GRACE_S = 15.0
_NOT_STARTED = Usage(None, None, None, None, None)

LOST = "it ended the process that watches it"
HELD = "it held up the process that watches it"


class Watched:
    """A guard as its judging process sees it."""

    def __init__(self, order: Order) -> None:
        self.deadline = order.deadline
        self._spared = ending.strangers()
        self.pid, self.channel = guard.fork(order)
        self._poll = select.poll()
        self._poll.register(self.channel, select.POLLIN)
        self._heard = b""
        self._usage: Usage | None = None
        self.ended: Ended | None = None

    def ask(self, text: str) -> None:
        """Send a command; a guard that has ended does not mind."""
        with contextlib.suppress(OSError):
            self.channel.sendall(text.encode() + b"\n")

    def wait(self, until: float) -> Ended | None:
        """Wait for the end until the clock says `until`; None when it has not come."""
        while self.ended is None:
            now = time.monotonic()
            left_s = max(until - now, 0.0)
            if self._poll.poll(min(left_s, LOOK_S) * 1000):
                self._listen()
            elif self._stopped() or now > self.deadline + _GRACE_S:
                self._lose(HELD)
            elif left_s == 0:
                break
        return self.ended

    def usage(self) -> Usage:
        """Ask what the program uses now."""
        self._usage = None
        self.ask("usage")
        until = time.monotonic() + _GRACE_S
        while self._usage is None and self.ended is None:
            if self._poll.poll(LOOK_S * 1000):
                self._listen()
            elif self._stopped() or time.monotonic() > until:
                self._lose(HELD)
        if self.ended is not None:
            return self.ended.usage
        assert self._usage is not None  # noqa: S101 - the loop ended
        return self._usage

    def end(self) -> Ended:
        """End the program now, if it has not ended."""
        self.ask("kill")
        ended = self.wait(time.monotonic() + _GRACE_S)
        if ended is None:
            self._lose(HELD)
        assert self.ended is not None  # noqa: S101 - lost at the latest
        return self.ended

    def _listen(self) -> None:
        try:
            data = self.channel.recv(2**16)
        except OSError:
            data = b""
        if not data:
            self._lose(LOST)
            return
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            report = msgspec.json.decode(line, type=Report)
            self._usage = report.usage or self._usage
            if report.ended is not None:
                self._leave(report.ended)
                return

    def _stopped(self) -> bool:
        """Tell whether the guard was stopped: it never stops itself."""
        with contextlib.suppress(OSError):
            line = Path(f"/proc/{self.pid}/stat").read_bytes()
            return line[line.rindex(b")") + 2 :][:1] in (b"T", b"t")
        return False

    def _lose(self, why: str) -> None:
        """The guard is gone or does not answer: end it, and what it leaves to us."""
        ending.kill(self.pid)
        # Only a process that was waited for has handed its children on.
        ending.forget_guard(self.pid, wait=True)
        self.channel.close()
        self.ended = Ended(None, stopped=why)
        ending.end_orphans(self._spared)

    def _leave(self, ended: Ended) -> None:
        self.ended = ended
        self.channel.close()
        ending.forget_guard(self.pid, wait=False)


def ordered(
    argv: Sequence[str],
    streams: tuple[int, int, int],
    *,
    cwd: Path,
    env: Mapping[str, str],
    launch: Launch,
    deadline: float,
) -> Order:
    """Return the order for a guard. Raises ProgramMissing, and IsolationBroken where a demanded sandbox is absent."""
    program = argv[0]
    if "/" not in program:
        found = shutil.which(program, path=env.get("PATH", ""))
        if found is None:
            raise ProgramMissing(program)
        program = found
    limits = launch.limits
    sandbox = isolation.sandbox(launch)
    command, variables = list(argv), dict(env)
    if sandbox.program:
        seen = isolation.seen_by(launch, env.get("PATH", os.defpath))
        if "/" not in argv[0] and not isolation.visible(seen, Path(program).resolve()):
            place = Path(program).resolve().parent
            raise ProgramMissing(f"{argv[0]} (it lies in {place}, which judged programs do not see)")
        command = isolation.command(sandbox, launch, argv, cwd=cwd, env=env)
        program, variables = sandbox.program, {}
    return Order(
        program=program,
        argv=tuple(command),
        cwd=str(cwd),
        env=variables,
        streams=streams,
        deadline=deadline,
        limits=limits,
        scratch=str(launch.scratch),
        sandboxed=bool(sandbox is not None and sandbox.program),
        forks=_forks(limits),
    )


@cache
def _forks(limits: Limits) -> int:
    return most_forks(limits)


def result(argv: Sequence[str], ended: Ended, out: str, err: str, duration_s: float, limit_s: float) -> Ran:
    """Return how a program ended as a judge is told. Raises IsolationBroken when the sandbox is at fault."""
    if ended.fault:
        raise IsolationBroken(ended.fault)
    timed_out = ended.why == "deadline"
    stopped = f"stopped after {limit_s:g} s" if timed_out else ended.stopped
    peak = ended.usage.peak_rss_bytes or 0
    return Ran(tuple(argv), ended.exit_code, out, ended.absent or err, duration_s, timed_out, stopped, peak)
