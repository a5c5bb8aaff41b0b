"""The engine's side of the judging process: start it, give it a job, and take what it sends until it ends or is ended.

Starting takes some hundredths of a second, so one may be started ahead (`warm`) while the caller still reads the
course. It gets few of the caller's variables: what a judged program could read of it must hold no secrets.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mlsj.verify.channel import Receiver

if TYPE_CHECKING:  # a process that is started ahead must not wait for what it imports to be imported here first
    from mlsj.verify.worker import Job, Line

_PASSED = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "USER", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
_PASSED_WITH = ("MLSJ_", "DOCKER_", "XDG_RUNTIME", "COVERAGE_")
_MAX_LOG_BYTES = 64 * 2**10


class _Ready(threading.local):
    """The process that waits, of this thread: the kernel ends a process with the thread that started it."""

    def __init__(self) -> None:
        self.processes: list[Judging] = []


_ready = _Ready()


class Ended(NamedTuple):
    """How a judging process ended: `why` is empty when it did all that it was asked; `said` is what it printed.

    `foreign` tells that something else wrote into its channel.
    """

    why: str = ""
    said: str = ""
    foreign: bool = False


class Judging:
    """A judging process that waits for its job."""

    def __init__(self) -> None:
        self._mine, theirs = socket.socketpair()
        with theirs, contextlib.ExitStack() as undo:
            undo.callback(self._mine.close)
            # Its output goes to a file without a name, never to the caller's terminal.
            self._log = os.memfd_create("judge.log") if hasattr(os, "memfd_create") else _unnamed()
            undo.callback(os.close, self._log)
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "mlsj.verify.worker", str(theirs.fileno())],
                stdin=subprocess.PIPE,
                stdout=self._log,
                stderr=self._log,
                pass_fds=(theirs.fileno(),),
                cwd="/",
                env={k: v for k, v in os.environ.items() if k in _PASSED or k.startswith(_PASSED_WITH)},
                start_new_session=True,
            )
            undo.pop_all()

    def do(self, job: Job, take: Callable[[Line], None], grace_s: float) -> Ended:
        """Have the job done and give each line to `take`, until it is done or takes longer than it may."""
        import msgspec

        from mlsj.verify.worker import Line

        receiver = Receiver(job.key)
        why = ""
        deadline = time.monotonic() + grace_s
        poll = select.poll()
        poll.register(self._mine, select.POLLIN)
        with contextlib.suppress(BrokenPipeError):
            assert self._process.stdin is not None  # noqa: S101 - it is a pipe
            self._process.stdin.write(msgspec.msgpack.encode(job))
            self._process.stdin.close()
        done = False
        while not done:
            if not poll.poll(max(deadline - time.monotonic(), 0.0) * 1000):
                why = "it did not end in time"
                break
            try:
                data = self._mine.recv(2**16)
            except ConnectionResetError:
                data = b""
            if not data:
                why = "its process ended early"
                break
            for text in receiver.feed(data):
                line = msgspec.json.decode(text, type=Line)
                if line.allow_s:
                    deadline = time.monotonic() + line.allow_s + grace_s
                done = done or line.done
                take(line)
        if receiver.foreign:
            why = why or "something else wrote into its channel"
        return Ended(why, self._said() if why else "", receiver.foreign)

    def end(self) -> None:
        """Kill the process and all that it started."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        self._mine.close()
        os.close(self._log)

    @property
    def waits(self) -> bool:
        """Whether it lives."""
        return self._process.poll() is None

    def _said(self) -> str:
        size = os.fstat(self._log).st_size
        return os.pread(self._log, _MAX_LOG_BYTES, max(size - _MAX_LOG_BYTES, 0)).decode("utf-8", "replace").strip()


def warm() -> None:
    """Start the next judging process ahead, for this thread, where none waits yet. Raises OSError."""
    if not _ready.processes:
        _ready.processes.append(Judging())
        atexit.register(discard)


def discard() -> None:
    """End the process that waits for this thread, where there is one."""
    atexit.unregister(discard)
    while _ready.processes:
        _ready.processes.pop().end()


@contextlib.contextmanager
def judging_process() -> Iterator[Judging]:
    """Give a judging process, the one that waits or a new one, and end it afterwards. Raises OSError."""
    process = _ready.processes.pop() if _ready.processes else None
    if process is not None and not process.waits:
        process.end()
        process = None
    process = process or Judging()
    try:
        yield process
    finally:
        process.end()


def _unnamed() -> int:
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
