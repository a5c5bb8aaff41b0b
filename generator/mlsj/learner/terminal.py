"""The terminal of `mlsj watch`: keys without Enter, one screen redrawn in place, and everything put back at the end.

Where the output is no terminal, or one that cannot move its cursor, nothing is redrawn, no key is read and no control
character is sent: each judging appends a block.
"""

from __future__ import annotations

import errno
import os
import re
import select
import stat
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import msgspec

from mlsj.learner.screen import Line, draw, painted
from mlsj.learner.watch import State

# Arrow keys and the like: CSI and SS3 sequences (ECMA-48), and Alt with a key.
_SEQUENCE = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)
_CTRL_C, _CTRL_D = b"\x03", b"\x04"
# Longer input at once is pasted, not typed, and must not take hints.
_TYPED = 3
_PLAIN_WIDTH = 100


def keys(data: bytes) -> list[str]:
    """Return the keys in what was typed, in lower case; Ctrl-C and Ctrl-D, where they come as bytes, are `q`."""
    plain = _SEQUENCE.sub(b"", data).replace(_CTRL_C, b"q").replace(_CTRL_D, b"q")
    if len(plain) > _TYPED:
        return []
    return [chr(byte).lower() for byte in plain if chr(byte).isprintable()]


class Terminal:
    """Where the state is shown and keys come from; `stdin` and `stdout` are the process's."""

    def __init__(self, stdin: TextIO | None, stdout: TextIO) -> None:
        self._in = stdin
        self._out = stdout
        self._modes: list[Any] | None = None
        self._shown: list[str] | None = None
        self._said = ""
        self._told = ""
        self.redraws = stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "")
        self.colour = self.redraws and not os.environ.get("NO_COLOR")
        self.active = True
        """Whether it is ours: a job in the background must not touch it."""

    @property
    def reads_keys(self) -> bool:
        """Whether keys are read."""
        return self.redraws and self._in is not None and self._in.isatty()

    @property
    def input(self) -> int | None:
        """What to listen to: keys, or a pipe that may be closed; None for anything else."""
        if self._in is None:
            return None
        try:
            descriptor = self._in.fileno()
            mode = os.fstat(descriptor).st_mode
        except (OSError, ValueError):
            return None
        if self.reads_keys:
            return descriptor if self.active else None
        return descriptor if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None

    def enter(self) -> None:
        """Read keys one by one from now on. Ctrl-C, Ctrl-Z and Ctrl-\\ keep their meaning."""
        import termios
        import tty

        if not self.reads_keys or self._in is None:
            return
        descriptor = self._in.fileno()
        self.active = os.tcgetpgrp(descriptor) == os.getpgrp()
        if self.active and self._modes is None:
            self._modes = termios.tcgetattr(descriptor)
        if self.active:
            tty.setcbreak(descriptor, termios.TCSANOW)
        self._shown = None

    def leave(self) -> None:
        """Put the terminal back as it was; what was shown last stays."""
        import termios

        if self._modes is not None and self._in is not None:
            modes, self._modes = self._modes, None
            try:
                termios.tcsetattr(self._in.fileno(), termios.TCSANOW, modes)
            except termios.error:  # the terminal is gone
                return
        if self._shown is not None and self.active:
            self._shown = None
            self._write("\r\n")

    def show(self, state: State) -> None:
        """Show the state: redraw the screen, or append a block when there is something new to be told."""
        if not self.redraws:
            self._append(state)
            return
        if not self.active:
            return
        width, height = self._size()
        lines = self._painted(draw(state, width - 1, max(height - 1, 1)))
        if lines == self._shown:
            return
        # The first time, what stands there is pushed up, not overwritten.
        start = "\r\n" * height if self._shown is None else ""
        self._shown = lines
        self._write(f"{start}\x1b[H" + "\x1b[K\r\n".join(lines) + "\x1b[K\x1b[J")

    def resized(self) -> None:
        """Draw all of it anew: the terminal has folded what it showed to another width."""
        if self.redraws and self._shown is not None and self.active:
            self._shown = []
            self._write("\x1b[2J")

    def check(self) -> None:
        """Raise BrokenPipeError when nobody reads the output any more: a writer at rest would not notice."""
        try:
            descriptor = self._out.fileno()
        except (OSError, ValueError):
            return
        if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
            poll = select.poll()
            poll.register(descriptor, 0)
            if poll.poll(0):
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def _append(self, state: State) -> None:
        """Write a block when a judging has ended, and a line when something else is to be told."""
        if state.busy:
            if state.notice and state.notice != self._told:
                self._told = state.notice
                self._write(f"{state.notice}\n")
            return
        if state.notice == self._told:
            state = msgspec.structs.replace(state, notice="")
        text = "\n".join(self._painted(draw(state, min(self._size()[0], _PLAIN_WIDTH))))
        if text != self._said:
            self._said = text
            self._write(f"{text}\n\n")

    def _painted(self, lines: Sequence[Line]) -> list[str]:
        return [painted(line, colour=self.colour).rstrip() for line in lines]

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self._out.fileno())
        except (OSError, ValueError):
            return _PLAIN_WIDTH, 24
        return size.columns or _PLAIN_WIDTH, size.lines or 24

    def _write(self, text: str) -> None:
        encoding = getattr(self._out, "encoding", None) or "utf-8"
        self._out.write(text.encode(encoding, "replace").decode(encoding))
        self._out.flush()


def of_this_process() -> Terminal:
    """Return the terminal of this process."""
    return Terminal(sys.stdin, sys.stdout)
