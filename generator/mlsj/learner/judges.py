"""Judging processes, from the side of `mlsj watch`: one that is ready, at most one that judges, and those being ended.

Two judgings never overlap: the next one begins when the process of the one before has ended, with all it started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from mlsj.learner.judging import GO, GO_FRESH, Message
from mlsj.verify.sampling import below

# A process that is told to end has its judged programs to end first; then it is killed with them.
PATIENCE_S = 5.0


class Process:
    """One judging process."""

    def __init__(self, root: Path, lesson_id: str) -> None:
        self.said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        self.popen = subprocess.Popen(
            [sys.executable, "-I", "-m", "mlsj.learner.judging", str(root), lesson_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.said,
            start_new_session=True,  # Ctrl-C and Ctrl-Z in the terminal are for the one who watches
        )
        assert self.popen.stdin is not None  # noqa: S101 - they are pipes
        assert self.popen.stdout is not None  # noqa: S101
        self.stdin, self.channel = self.popen.stdin, self.popen.stdout.fileno()
        self.rest = b""
        self.answered = False
        self.kill_at: float | None = None

    def go(self, *, fresh: bool) -> None:
        """Have it judge."""
        with suppress(BrokenPipeError):
            self.stdin.write(f"{GO_FRESH if fresh else GO}\n".encode())
            self.stdin.flush()

    def end(self) -> None:
        """Tell it to end."""
        if self.kill_at is None:
            self.kill_at = time.monotonic() + PATIENCE_S
            with suppress(ProcessLookupError):
                self.popen.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and what it started now."""
        started = below(self.popen.pid)
        self.popen.kill()
        for seen in started:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(seen.pid, signal.SIGKILL)

    def read(self) -> list[Message] | None:
        """Return what it has said since the last call; None when it has ended."""
        data = os.read(self.channel, 2**16)
        if not data:
            self._close()
            return None
        *lines, self.rest = (self.rest + data).split(b"\n")
        messages = [msgspec.json.decode(line, type=Message) for line in lines]
        self.answered = self.answered or any(m.verdicts is not None or m.wrong for m in messages)
        return messages

    def _close(self) -> None:
        self.popen.wait()
        with suppress(BrokenPipeError):
            self.stdin.close()
        assert self.popen.stdout is not None  # noqa: S101 - it is a pipe
        self.popen.stdout.close()

    @property
    def last_words(self) -> str:
        """The last line that it printed."""
        self.said.seek(0)
        lines = self.said.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.popen.returncode}"


class Judges:
    """The judging processes of one watch."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ready: Process | None = None
        self.judging: Process | None = None
        self.ending: list[Process] = []
        self.lesson = ""
        self._wanted: bool | None = None

    @property
    def channels(self) -> dict[int, Process]:
        """What to listen to."""
        processes = [*([self.ready] if self.ready else []), *([self.judging] if self.judging else []), *self.ending]
        return {process.channel: process for process in processes}

    def judge(self, lesson_id: str, *, fresh: bool, reread: bool) -> None:
        """Judge the lesson as soon as what is being judged has ended. `reread`: the course may have changed."""
        self.stop()
        if self.ready is not None and (reread or lesson_id != self.lesson):
            self._end(self.ready)
            self.ready = None
        self.prepare(lesson_id)
        self._wanted = fresh
        self._begin()

    def prepare(self, lesson_id: str) -> None:
        """Have a process ready for the lesson: reading the course takes longer than starting to judge."""
        self.lesson = lesson_id
        if self.ready is None:
            self.ready = Process(self.root, lesson_id)

    def stop(self) -> None:
        """End what is being judged, and forget what is to be."""
        self._wanted = None
        if self.judging is not None:
            self._end(self.judging)
            self.judging = None

    def take(self, process: Process) -> Iterator[Message]:
        """Yield what a process said that counts: what one that is being ended says does not."""
        messages = process.read()
        if messages is not None:
            yield from messages if process not in self.ending else ()
            return
        if process in self.ending:
            self.ending.remove(process)
            self._begin()
        elif process is self.judging:
            self.judging = None
            if not process.answered:
                yield Message(wrong=f"the judging ended early: {process.last_words}")
            self.prepare(self.lesson)
        elif process is self.ready:
            self.ready = None
            if not process.answered:
                yield Message(wrong=f"nothing can be judged: {process.last_words}")

    def due(self) -> float | None:
        """Kill those that do not end; return how many seconds from now that is to be looked at again."""
        now = time.monotonic()
        for process in self.ending:
            if process.kill_at is not None and process.kill_at <= now:
                process.kill()
                process.kill_at = None
        waits = [process.kill_at - now for process in self.ending if process.kill_at is not None]
        return max(min(waits), 0.0) if waits else None

    def close(self) -> None:
        """End all of them and wait until they have ended."""
        self._wanted = None
        for process in self.channels.values():
            process.end()
        for process in self.channels.values():
            try:
                process.popen.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
            with suppress(OSError, ValueError):
                process._close()

    def _begin(self) -> None:
        if self._wanted is None or self.ending or self.judging is not None:
            return
        self.prepare(self.lesson)
        assert self.ready is not None  # noqa: S101 - it was just prepared
        self.ready.go(fresh=self._wanted)
        self.judging, self.ready, self._wanted = self.ready, None, None

    def _end(self, process: Process) -> None:
        process.end()
        self.ending.append(process)
