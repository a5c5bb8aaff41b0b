"""A program that a judge talks to through pipes while it runs."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import msgspec

from mlsj.kinds.base import Overran, Ran, Usage
from mlsj.verify.isolation import IsolationBroken, Launch
from mlsj.verify.order import Ended
from mlsj.verify.watched import LOOK_S, Watched, ordered, result

# Kept of each stream for a result: as much of its beginning as of its end.
KEPT_BYTES = 32 * 2**10
# A line of a running program's output; a longer one ends the program.
MAX_LINE_BYTES = 16 * 2**20


class Kept:
    """The beginning and the end of a stream, in bounded memory."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Take note of what came next."""
        self._size += len(data)
        room = KEPT_BYTES - len(self._head)
        self._head += data[:room]
        self._tail += data[room:] if room > 0 else data
        if len(self._tail) > 4 * KEPT_BYTES:
            del self._tail[:-KEPT_BYTES]

    @property
    def text(self) -> str:
        """What was kept, decoded, with the middle elided."""
        return elided(bytes(self._head), bytes(self._tail[-KEPT_BYTES:]), self._size)


def elided(head: bytes, tail: bytes, size: int) -> str:
    """Return the text of a stream of `size` bytes that begins with `head` and ends with `tail`."""
    left_out = size - len(head) - len(tail)
    if left_out <= 0:
        return (head + tail).decode("utf-8", "replace")
    return f"{head.decode('utf-8', 'replace')}\n… {left_out:,} bytes left out …\n{tail.decode('utf-8', 'replace')}"


def kept(file: IO[bytes]) -> str:
    """Return the text of an output file, with its middle elided."""
    descriptor = file.fileno()
    size = os.fstat(descriptor).st_size
    head = os.pread(descriptor, min(size, 2 * KEPT_BYTES) if size <= 2 * KEPT_BYTES else KEPT_BYTES, 0)
    tail = os.pread(descriptor, KEPT_BYTES, size - KEPT_BYTES) if size > 2 * KEPT_BYTES else b""
    return elided(head, tail, size)


class RunningProgram:
    """A program that a judge talks to through pipes; implements `mlsj.kinds.base.Program`."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        launch: Launch,
        deadline: float,
        limit_s: float | None = None,
    ) -> None:
        self.argv = tuple(argv)
        self._began = time.monotonic()
        self._deadline = deadline
        self._limit_s = limit_s if limit_s is not None else max(deadline - self._began, 0.0)
        self._most_bytes = launch.limits.output_bytes
        self._buffer = bytearray()
        self._searched = 0
        self._kept = Kept()
        self._ran: Ran | None = None
        self._own: Ended | None = None
        self._timed_out = False
        with contextlib.ExitStack() as theirs:
            self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the program
            stdin, self._stdin = os.pipe()
            theirs.callback(os.close, stdin)
            self._stdout, stdout = os.pipe()
            theirs.callback(os.close, stdout)
            try:
                order = ordered(
                    argv, (stdin, stdout, self._errors.fileno()), cwd=cwd, env=env, launch=launch, deadline=deadline
                )
                self._watched = Watched(order)
            except BaseException:
                self._close()
                raise
        os.set_blocking(self._stdin, False)
        os.set_blocking(self._stdout, False)

    def __enter__(self) -> RunningProgram:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(IsolationBroken, Overran):
            self._finish(self._watched.end())

    def __del__(self) -> None:
        self._close()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._watched.wait(0) is None

    def send(self, data: str | bytes) -> bool:
        """Write to its standard input; False when it no longer reads. What it writes meanwhile is kept for `line`."""
        rest = memoryview(data.encode() if isinstance(data, str) else data)
        while rest:
            if self._stdin < 0:
                return False
            try:
                rest = rest[os.write(self._stdin, rest) :]
                continue
            except BlockingIOError:
                pass
            except OSError:
                self._check()
                return False
            self._await(None, self._stdin)
            self._check()
        return True

    def close_stdin(self) -> None:
        """End its standard input."""
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1

    def line(self, timeout_s: float | None = None) -> str | None:
        """Return the next line of its standard output without its end; None when there is no more."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while True:
            end = self._buffer.find(b"\n", self._searched)
            if end >= 0:
                return self._take(end + 1)
            self._searched = len(self._buffer)
            if self._stdout < 0:
                self._check()
                return self._take(len(self._buffer)) if self._buffer else None
            if self._await(until):
                if len(self._buffer) > MAX_LINE_BYTES and self._buffer.find(b"\n", self._searched) < 0:
                    self._stop_for(f"writing a line of more than {MAX_LINE_BYTES // 2**20} MiB")
                continue
            self._check()
            if until is not None and time.monotonic() >= until:
                raise TimeoutError(f"{self.argv[0]} wrote no line within {timeout_s:g} s")

    def signal(self, number: int) -> None:
        """Send a signal to the program itself; nothing happens when it has ended."""
        self._watched.ask(f"signal {int(number)}")

    def kill(self) -> Ran:
        """End it and all it started at once, with SIGKILL."""
        return self._finish(self._watched.end())

    def stop(self, timeout_s: float = 10.0) -> Ran:
        """Ask it to end with SIGTERM and wait; after `timeout_s` it is killed, and `stopped` says so."""
        self.signal(signal.SIGTERM)
        ended = self._drain(time.monotonic() + timeout_s)
        if ended is None:
            self._stopped(f"killed: it did not end within {timeout_s:g} s of SIGTERM")
        return self._finish(self._watched.end())

    def wait(self, timeout_s: float | None = None) -> Ran:
        """Close its standard input and wait for its end; after `timeout_s` it is killed and `timed_out` is set."""
        self.close_stdin()
        ended = self._drain(None if timeout_s is None else time.monotonic() + timeout_s)
        if ended is None and timeout_s is not None:
            self._stopped(f"stopped after {timeout_s:g} s", timed_out=True)
        return self._finish(self._watched.end())

    def usage(self) -> Usage:
        """Return what it uses now; of an ended program, what it used last."""
        return self._watched.usage()

    def _left(self, until: float | None) -> float:
        """Return the seconds until `until` or the deadline, whichever is sooner; they are not negative."""
        last = self._deadline if until is None else min(until, self._deadline)
        return max(last - time.monotonic(), 0.0)

    def _check(self) -> None:
        """Raise Overran when the time of the criterion is used up."""
        if time.monotonic() >= self._deadline:
            raise Overran(self.argv, self._limit_s)

    def _await(self, until: float | None, writable: int = -1) -> bool:
        """Wait a moment for output, which is read, for `writable`, or for the guard; True when there was output."""
        poll = select.poll()
        if self._stdout >= 0:
            poll.register(self._stdout, select.POLLIN)
        if writable >= 0:
            poll.register(writable, select.POLLOUT)
        if self._watched.ended is None:
            poll.register(self._watched.channel, select.POLLIN)
        ready = {fd for fd, _ in poll.poll(min(self._left(until), LOOK_S) * 1000)}
        if self._stdout in ready:
            if not self._fill():
                self._close_stdout()
            return True
        if writable not in ready:
            self._watched.wait(0)
        return False

    def _fill(self) -> bool:
        """Read what is there; False at the end."""
        try:
            data = os.read(self._stdout, 2**16)
        except BlockingIOError:
            return True
        self._kept.add(data)
        self._buffer += data
        if len(self._buffer) > self._most_bytes:
            self._stop_for(f"writing more than {self._most_bytes / 2**20:g} MiB of output that nobody reads")
        return bool(data)

    def _take(self, size: int) -> str:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._searched = 0
        return taken.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")

    def _drain(self, until: float | None) -> Ended | None:
        """Wait for the end, reading what it writes: a full pipe must not hold it up. None when `until` came first."""
        while self._watched.wait(0) is None:
            self._await(until)
            self._check()
            if until is not None and time.monotonic() >= until:
                return self._watched.wait(0)
        return self._watched.ended

    def _stop_for(self, what: str) -> None:
        self._stopped(f"stopped for {what}")
        self._close_stdout()
        self._buffer.clear()

    def _stopped(self, why: str, *, timed_out: bool = False) -> None:
        """End it for a reason of our own."""
        ended = self._watched.end()
        if self._own is None and ended.why == "killed":
            self._own = msgspec.structs.replace(ended, exit_code=None, stopped=why)
            self._timed_out = timed_out

    def _finish(self, ended: Ended) -> Ran:
        if self._ran is None:
            self.close_stdin()
            poll = select.poll()
            if self._stdout >= 0:
                poll.register(self._stdout, select.POLLIN)
            while self._stdout >= 0 and poll.poll(0) and self._fill():
                pass
            self._close_stdout()
            duration_s = time.monotonic() - self._began
            ran = result(self.argv, self._own or ended, self._kept.text, kept(self._errors), duration_s, self._limit_s)
            self._ran = msgspec.structs.replace(ran, timed_out=self._timed_out)
            self._errors.close()
        if ended.why == "deadline":
            raise Overran(self.argv, self._limit_s)
        return self._ran

    def _close_stdout(self) -> None:
        if self._stdout >= 0:
            os.close(self._stdout)
            self._stdout = -1

    def _close(self) -> None:
        """Let go of the pipes; a program whose judge lost it ends with its guard, which sees the socket close."""
        for name in ("_stdin", "_stdout"):
            if getattr(self, name, -1) >= 0:
                os.close(getattr(self, name))
                setattr(self, name, -1)
        if hasattr(self, "_errors"):
            self._errors.close()
