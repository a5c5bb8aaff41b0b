"""What processes use now: the tree below one, its memory, its bytes read and written, and what a directory grew by.

On Linux it is read from /proc, which costs microseconds a process; elsewhere psutil is asked, which knows less.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_BLOCK_BYTES = 512


class Seen(NamedTuple):
    """One process. `cpu_s` includes its descendants that were waited for; a zombie has ended and holds no memory."""

    pid: int
    zombie: bool
    session: int
    cpu_s: float
    rss_bytes: int


class Table(Protocol):
    """A way to look at the processes of this machine."""

    def children(self, pid: int) -> list[int]:
        """Return the direct children, zombies included."""
        ...

    def look(self, pid: int) -> Seen | None:
        """Return what can be seen of a process; None when it is gone."""
        ...

    def passed(self, pid: int) -> tuple[int, int] | None:
        """Return the bytes it read and wrote, with those of descendants that were waited for; None when unknown."""
        ...

    def own_passed(self, pid: int) -> tuple[int, int] | None:
        """Return the bytes that its first thread alone read and wrote; None when unknown."""
        ...

    def pss_bytes(self, pid: int) -> int | None:
        """Return its memory with pages that several processes share counted in part; None when unknown."""
        ...


class ProcTable:
    """Linux: everything comes from /proc."""

    def children(self, pid: int) -> list[int]:
        """Read the kernel's own list where it keeps one, else look through all processes."""
        if not _lists_children():
            return self._searched(pid)
        try:
            tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - names are enough
        except OSError:
            return []
        found: list[int] = []
        for task in tasks:
            with contextlib.suppress(OSError):
                found += map(int, _read(f"/proc/{pid}/task/{task}/children").split())
        return found

    def look(self, pid: int) -> Seen | None:
        """Read one line, /proc/PID/stat."""
        try:
            fields = _fields(pid)
        except OSError:
            return None
        cpu_s = sum(map(int, fields[11:15])) / _TICKS_PER_S
        return Seen(pid, fields[0] in (b"Z", b"X"), int(fields[3]), cpu_s, int(fields[21]) * _PAGE_BYTES)

    def passed(self, pid: int) -> tuple[int, int] | None:
        """Read rchar and wchar of /proc/PID/io."""
        return _io(f"/proc/{pid}/io")

    def own_passed(self, pid: int) -> tuple[int, int] | None:
        """Read the same for the first thread, which has no descendants' share."""
        return _io(f"/proc/{pid}/task/{pid}/io")

    def pss_bytes(self, pid: int) -> int | None:
        """Read /proc/PID/smaps_rollup (Linux 4.14), which walks all pages: for rare use."""
        with contextlib.suppress(OSError, ValueError):
            for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
                if line.startswith(b"Pss:"):
                    return int(line.split()[1]) * 1024
        return None

    def _searched(self, pid: int) -> list[int]:
        found = []
        for name in os.listdir(PROC):  # noqa: PTH208 - names are enough
            if name.isdigit():
                with contextlib.suppress(OSError):
                    if int(_fields(int(name))[1]) == pid:
                        found.append(int(name))
        return found


class PsutilTable:
    """Any other system, through psutil."""

    def __init__(self) -> None:
        self._psutil: Any = importlib.import_module("psutil")

    def _asked(self, pid: int, ask: Callable[[Any], Any]) -> Any:
        try:
            return ask(self._psutil.Process(pid))
        except (self._psutil.Error, AttributeError, OSError):  # AttributeError: not known on this system
            return None

    def children(self, pid: int) -> list[int]:
        """Return the direct children."""
        return [child.pid for child in self._asked(pid, lambda process: process.children()) or []]

    def look(self, pid: int) -> Seen | None:
        """Return what can be seen of a process."""

        def ask(process: Any) -> Seen:
            zombie = process.status() == self._psutil.STATUS_ZOMBIE
            times = process.cpu_times()
            cpu_s = times.user + times.system + times.children_user + times.children_system
            return Seen(pid, zombie, os.getsid(pid), cpu_s, 0 if zombie else process.memory_info().rss)

        found = self._asked(pid, ask)
        return found if isinstance(found, Seen) else None

    def passed(self, pid: int) -> tuple[int, int] | None:
        """Return the bytes it passed through read and write calls, where the system counts them."""
        found = self._asked(pid, lambda process: process.io_counters())
        return (found.read_chars, found.write_chars) if found is not None and hasattr(found, "read_chars") else None

    def own_passed(self, pid: int) -> tuple[int, int] | None:  # noqa: ARG002 - another system knows no such thing
        """Return None: no other system tells threads apart."""
        return None

    def pss_bytes(self, pid: int) -> int | None:  # noqa: ARG002 - another system knows no such thing
        """Return None: no other system counts it."""
        return None


@cache
def table() -> Table:
    """Return the way to look at processes here; raises ImportError where that is psutil and it is not installed."""
    return ProcTable() if sys.platform.startswith("linux") else PsutilTable()


def below(pid: int, processes: Table | None = None) -> list[Seen]:
    """Return every process below `pid`, parents first; ended ones that were not waited for are among them."""
    source = processes or table()
    found: list[Seen] = []
    waiting = source.children(pid)
    known = {pid}
    while waiting:
        child = waiting.pop()
        if child in known:  # a number that was given anew while we looked
            continue
        known.add(child)
        seen = source.look(child)
        if seen is not None:
            found.append(seen)
            waiting += source.children(child)
    return found


def passed_below(pid: int, processes: Iterable[Seen], helpers: Iterable[int]) -> tuple[int, int] | None:
    """Return the bytes that `processes`, all below `pid`, read and wrote, with what ended descendants had.

    `pid` and `helpers` are ours: of them only what their ended children left counts. None when the system says nothing.
    """
    source = table()
    helpers = set(helpers)
    read = written = 0
    known = False
    for one in (pid, *(seen.pid for seen in processes)):
        total = source.passed(one)
        if total is None:
            continue
        known = True
        own = (source.own_passed(one) or total) if one == pid or one in helpers else (0, 0)
        read += total[0] - own[0]
        written += total[1] - own[1]
    return (read, written) if known else None


def tasks_of(user: int) -> int:
    """Return how many threads of a user there are, which is what RLIMIT_NPROC counts."""
    found = 0
    for name in os.listdir(PROC):  # noqa: PTH208 - names are enough
        if name.isdigit():
            with contextlib.suppress(OSError):
                if os.stat(f"/proc/{name}").st_uid == user:  # noqa: PTH116 - many of them
                    found += int(_fields(int(name))[17])
    return found


class Disk:
    """What programs add to a directory: the file system's free space is watched, and only its fall makes us look."""

    def __init__(self, folder: Path, most_bytes: int, most_files: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_files = most_files
        # A file changed after this moment is taken to be the program's; file systems' clocks lag by some milliseconds.
        self._began_ns = time.time_ns() - 20_000_000
        self._free_bytes, self._free_files = _free(folder)
        self._look_below = (self._free_bytes - most_bytes, self._free_files - most_files)

    def excess(self, pids: Iterable[int]) -> str:
        """Return what was exceeded, in words for after "stopped for"; or ""."""
        free_bytes, free_files = _free(self._folder)
        if free_bytes >= self._look_below[0] and free_files >= self._look_below[1]:
            return ""
        grown, files = self._grown(pids)
        if grown > self._most_bytes:
            return f"writing more than {self._most_bytes / 2**20:g} MiB to the disk"
        if files > self._most_files:
            return f"making more than {self._most_files:,} files"
        # Somebody else uses the disk. The next look comes when half of what is still allowed is gone.
        self._look_below = (
            free_bytes - (self._most_bytes - grown) // 2 - 1,
            free_files - (self._most_files - files) // 2 - 1,
        )
        return ""

    def _grown(self, pids: Iterable[int]) -> tuple[int, int]:
        """Return bytes and number of the files that are newer than the start, and of removed ones still open."""
        known: set[tuple[int, int]] = set()
        size = files = 0
        for found in (*_open_removed(pids), *_files(self._folder)):
            if found.st_ctime_ns < self._began_ns or (found.st_dev, found.st_ino) in known:
                continue
            known.add((found.st_dev, found.st_ino))
            files += 1
            size += found.st_blocks * _BLOCK_BYTES
            if size > self._most_bytes or files > self._most_files:
                break
        return size, files


def _free(folder: Path) -> tuple[int, int]:
    try:
        found = os.statvfs(folder)
    except OSError:
        return 2**63, 2**63
    # A file system without a fixed number of files says 0 of 0.
    return found.f_bfree * found.f_frsize, found.f_ffree if found.f_files else 2**63


def _files(folder: Path) -> Iterator[os.stat_result]:
    waiting = [os.fspath(folder)]
    while waiting:
        try:
            entries = os.scandir(waiting.pop())
        except OSError:
            continue
        with entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    yield entry.stat(follow_symlinks=False)


def _open_removed(pids: Iterable[int]) -> Iterator[os.stat_result]:
    """Yield the files without a name that processes hold open: a directory does not show them."""
    for pid in pids:
        with contextlib.suppress(OSError):
            for descriptor in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - names are enough
                with contextlib.suppress(OSError):
                    found = os.stat(f"/proc/{pid}/fd/{descriptor}")  # noqa: PTH116 - many of them
                    if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                        yield found


@cache
def _lists_children() -> bool:
    # CONFIG_PROC_CHILDREN; every distribution's kernel has it, some small machines' have not.
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").exists()


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(descriptor, 2**16)
        # The kernel hands out lists by the page, each filled as far as whole entries fit.
        return data if len(data) < 2**11 else data + _rest(descriptor)
    finally:
        os.close(descriptor)


def _rest(descriptor: int) -> bytes:
    found = b""
    while data := os.read(descriptor, 2**16):
        found += data
    return found


def _fields(pid: int) -> list[bytes]:
    """Return the fields of /proc/PID/stat from the third on; the second, a name, may hold anything."""
    line = _read(f"/proc/{pid}/stat")
    return line[line.rindex(b")") + 2 :].split()


def _io(path: str) -> tuple[int, int] | None:
    try:
        found = dict(line.split(b":") for line in _read(path).splitlines())
        return int(found[b"rchar"]), int(found[b"wchar"])
    except (OSError, KeyError, ValueError):
        return None
