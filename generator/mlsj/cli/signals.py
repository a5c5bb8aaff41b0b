"""Signals that end a command: a closed terminal and a supervisor end what it runs, as Ctrl-C does."""

from __future__ import annotations

import signal
import sys
import threading
from types import FrameType
from typing import NoReturn


def end_well() -> None:
    """From now on let SIGTERM and SIGHUP leave through every `finally`, with 128 + the signal's number."""

    def leave(number: int, _: FrameType | None) -> NoReturn:
        sys.exit(128 + number)

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores it
                signal.signal(number, leave)
