"""Runs one judged program: in a session of its own, with limits, and with everything it started ended afterwards.

It is for the judging process alone (`mlsj.verify.worker`): what it ends is *everything* below the process it runs in.
On Linux the judging process makes itself a subreaper, so a daemon that left its session is still found below it. Output
goes to unnamed files, not pipes: a program that keeps its output open can hold nobody up. Limits the kernel does not
enforce (output that is written by many, time) are sampled.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from mlsj.kinds.base import ProgramMissing, Ran

MAX_FILE_BYTES = 512 * 2**20
MAX_OUTPUT_BYTES = 64 * 2**20
MAX_PROCESSES = 512
# Kept of each stream: as much of its beginning as of its end.
_KEPT = 32 * 2**10
_SAMPLE_S = 0.25
_PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> bool:
    """Ask that orphans among our descendants become our children; False where the system cannot (Linux 3.4 can)."""
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def run(argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str, timeout_s: float) -> Ran:
    """Run `argv` for at most `timeout_s` seconds and end all that it started.

    A path that is not there, or not executable, ends with 127 or 126 as under a shell; a bare name that `PATH` lacks
    raises ProgramMissing.
    """
    if "/" not in argv[0] and shutil.which(argv[0], path=env.get("PATH", "")) is None:
        raise ProgramMissing(argv[0])
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as into:
        into.write(stdin.encode())
        into.seek(0)
        try:
            process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=into,
                stdout=out,
                stderr=err,
                start_new_session=True,
                umask=0o022,
                preexec_fn=_limit,
            )
        except OSError as error:
            absent = 126 if isinstance(error, PermissionError) else 127
            message = f"{error.filename or argv[0]}: {error.strerror}"
            return Ran(tuple(argv), absent, "", message, time.monotonic() - began)
        stopped, timed_out = _wait(process, began + timeout_s, lambda: _excess(process.pid, (out, err)))
        end_all(process)
        duration = time.monotonic() - began
        code: int | None = None if stopped or timed_out else process.returncode
        if timed_out:
            stopped = f"stopped after {timeout_s:g} s"
        return Ran(tuple(argv), code, _read(out), _read(err), duration, timed_out, stopped)


def end_all(process: subprocess.Popen[bytes]) -> None:
    """Kill the process's session and everything below this process, until nothing is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    # A process may fork between the look and the kill: look again until two looks find nothing.
    for _ in range(200):
        found = list(descendants(os.getpid()))
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not _reap() and not found:
            return
        time.sleep(0.002)


def descendants(pid: int) -> Iterator[int]:
    """Yield every process below `pid` that /proc shows, zombies left out."""
    for child in _children(pid):
        yield from descendants(child)
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{child}/stat").read_bytes()
            if stat[stat.rindex(b")") + 2 : stat.rindex(b")") + 3] != b"Z":
                yield child


def end_those_in(folder: Path) -> None:
    """Kill processes of this user whose HOME or current directory lies in `folder`: what outlived its judge."""
    proc = Path("/proc")
    if not proc.is_dir():
        return
    needle = b"HOME=" + os.fsencode(folder) + b"/"
    for entry in proc.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            cwd = os.readlink(entry / "cwd")  # noqa: PTH115 - Path.readlink is slower and the text is compared
            if needle in (entry / "environ").read_bytes() or (cwd + "/").startswith(f"{folder}/"):
                os.kill(int(entry.name), signal.SIGKILL)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _wait(process: subprocess.Popen[bytes], deadline: float, excess: Callable[[], str]) -> tuple[str, bool]:
    """Wait until the process ends; returns why it must be stopped (or ""), and whether its time is up."""
    with _Ending(process) as ended:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return "", True
            if ended(min(left, _SAMPLE_S)):
                return "", False
            why = excess()
            if why:
                return why, False


class _Ending:
    """Waits some seconds for a process's end: woken at once through a pidfd (Linux 5.3), else by polling."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.handle = -1

    def __enter__(self) -> Callable[[float], bool]:
        if hasattr(os, "pidfd_open"):
            with contextlib.suppress(OSError):
                self.handle = os.pidfd_open(self.process.pid)
        return self._woken if self.handle >= 0 else self._asked

    def __exit__(self, *_: object) -> None:
        if self.handle >= 0:
            os.close(self.handle)

    def _woken(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self.handle, select.POLLIN)
        if not poll.poll(seconds * 1000):
            return False
        self.process.wait()
        return True

    def _asked(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is not None


def _excess(pid: int, outputs: Sequence[IO[bytes]]) -> str:
    if sum(os.fstat(output.fileno()).st_size for output in outputs) > MAX_OUTPUT_BYTES:
        return f"stopped for writing more than {MAX_OUTPUT_BYTES // 2**20} MiB of output"
    if sum(1 for _ in descendants(pid)) > MAX_PROCESSES:
        return f"stopped for starting more than {MAX_PROCESSES} processes"
    return ""


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_bytes().split()]
    except OSError:
        return []


def _reap() -> bool:
    """Collect every ended child; True while living ones remain."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            return True


def _read(file: IO[bytes]) -> str:
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    if size <= 2 * _KEPT:
        return file.read().decode("utf-8", "replace")
    head = file.read(_KEPT).decode("utf-8", "replace")
    file.seek(size - _KEPT)
    tail = file.read().decode("utf-8", "replace")
    return f"{head}\n… {size - 2 * _KEPT:,} bytes left out …\n{tail}"
