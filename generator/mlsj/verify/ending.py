"""Ends processes: all below one, orphans whose guard is gone, and whatever outlived a judging process."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from mlsj.verify import sampling

# How long processes that were killed are waited for: one in an uninterruptible call may take its time.
_PATIENCE_S = 10.0
_LINUX = sys.platform.startswith("linux")

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True) if _LINUX else None

# The guards of this process, and those among them that have reported and only need to be collected. Whoever forks one,
# forgets one or sweeps holds the lock.
guards: set[int] = set()
_leaving: set[int] = set()
lock = threading.Lock()


def prctl(option: int, value: int) -> bool:
    """Ask the kernel for something about the calling process; False where it cannot or will not."""
    return _libc is not None and bool(_libc.prctl(option, value, 0, 0, 0) == 0)


def become_subreaper() -> bool:
    """Ask that orphans among our descendants become our children; False where the system cannot (Linux 3.4 can)."""
    return prctl(PR_SET_CHILD_SUBREAPER, 1)


def harden() -> bool:
    """Make the judging process the reaper of its orphans, and close its memory and descriptors to other processes.

    A process that is not dumpable cannot be traced, nor its /proc/PID/fd opened, by programs of the same user. It also
    ends with the process that started it. Returns what `become_subreaper` does.
    """
    prctl(PR_SET_DUMPABLE, 0)
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return become_subreaper()


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Send a signal; a process that is gone, or that we may not touch, is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def kill_group(pid: int) -> None:
    """Kill a process group at one blow: no member can fork meanwhile."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def end_below(known: Iterable[int] = ()) -> None:
    """Kill every process below this one and wait until there is none; `known` are more that are meant.

    For a process that has no children but what it is to end, and is a subreaper: then "no children" is "no
    descendants", also of programs that fork while they are killed.
    """
    until = time.monotonic() + _PATIENCE_S
    own = os.getpid()
    for pid in known:
        kill(pid)
    looks = 0
    while reap()[1] and time.monotonic() < until:
        for seen in sampling.below(own):
            if not seen.zombie:
                kill(seen.pid)
        looks += 1
        # One that is killed needs a moment to end; one that forks and ends all the time is hit by looking often.
        if looks % 8 == 0:
            time.sleep(0.0005)


def reap() -> tuple[dict[int, int], bool]:
    """Collect every child that has ended: their wait statuses, and whether others remain."""
    found: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found, False
        if pid == 0:
            return found, True
        found[pid] = status


def forget_guard(pid: int, *, wait: bool) -> None:
    """Collect a guard that ends. Its memory takes a millisecond to go: without `wait`, a later one may collect it."""
    with lock:
        _leaving.add(pid)
        for guard in sorted(_leaving):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(guard, 0 if wait and guard == pid else os.WNOHANG)[0] == 0:
                    continue
            _leaving.discard(guard)
            guards.discard(guard)


def strangers() -> set[int]:
    """Return our children that are no guards and belong to another session: orphans, or a judge's own daemons."""
    source, own, session = sampling.table(), os.getpid(), os.getsid(0)
    found = set()
    for pid in source.children(own):
        seen = source.look(pid)
        if seen is not None and seen.session != session and pid not in guards:
            found.add(pid)
    return found


def end_orphans(spared: set[int]) -> None:
    """Kill what came to us from a guard that was killed, with all below; other guards' programs stay.

    `spared` are the strangers among our children from before. Each program has a session of its own and a guard that
    is a subreaper, so a child of ours in a foreign session was left by a guard that is gone.
    """
    until = time.monotonic() + _PATIENCE_S
    quiet = 0
    while quiet < 2 and time.monotonic() < until:
        with lock:
            orphans = strangers() - spared
        quiet = 0 if orphans else quiet + 1
        for orphan in orphans:
            for pid in (*(seen.pid for seen in sampling.below(orphan)), orphan):
                kill(pid)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(orphan, os.WNOHANG)
        time.sleep(0.001 if quiet else 0)


def end_those_in(folder: Path) -> None:
    """Kill processes of this user that belong to `folder`: what outlived a judging process that was killed.

    Their HOME, their current directory or their program lies there. Open files say nothing: a process that another
    thread of ours is just starting has all of ours.
    """
    if not sampling.PROC.is_dir():
        return
    below = f"{folder}/"
    needle = b"HOME=" + os.fsencode(below)
    user = os.getuid()
    # A process may fork between the look and the kill: look again until nothing is found.
    for _ in range(20):
        found = [pid for pid in _pids_of(user) if _belongs(pid, below, needle)]
        for pid in found:
            kill(pid)
        if not found:
            return
        time.sleep(0.002)


def _pids_of(user: int) -> list[int]:
    found = []
    own = os.getpid()
    for name in os.listdir(sampling.PROC):  # noqa: PTH208 - names are enough
        if name.isdigit() and int(name) != own:
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == user:  # noqa: PTH116 - many of them
                    found.append(int(name))
    return found


def _belongs(pid: int, below: str, needle: bytes) -> bool:
    for name in ("cwd", "exe"):
        with contextlib.suppress(OSError):  # it is gone, a zombie, or not for us to see
            if (os.readlink(f"/proc/{pid}/{name}") + "/").startswith(below):  # noqa: PTH115 - the text is compared
                return True
    with contextlib.suppress(OSError):
        return needle in Path(f"/proc/{pid}/environ").read_bytes()
    return False
