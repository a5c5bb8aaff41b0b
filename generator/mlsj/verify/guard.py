"""The guard: a small process between the judging process and one program, which starts it, watches it and ends it.

It is forked from the judging process (a new interpreter would cost ten times as much), leads a session of its own, and
is the subreaper of all that the program starts, so "no children" means that nothing is left. The program leads another
session below it. Over a socket that the program does not have, the guard obeys (`signal N`, `kill`, `usage`) and
reports; when that socket closes, the judging process has ended, and the guard ends everything. What a guard leaves that
was killed falls to the judging process, itself a subreaper.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import math
import os
import resource
import select
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import msgspec

from mlsj.kinds.base import Usage
from mlsj.verify import ending, sampling
from mlsj.verify.isolation import STATUS_FD
from mlsj.verify.order import Ended, Order, Report, Why, limit, sandbox_status

# Samples come at an eighth of the time that the program has run: a hog is met early, a long measurement left alone.
FIRST_SAMPLE_S = 0.005
LAST_SAMPLE_S = 0.2
# Where no descriptor tells of a child's end (before Linux 5.3, other systems).
_POLL_S = 0.01
_SHELL = "/bin/sh"
# What could end a guard. It ignores them once its program runs: what is ignored would pass to the program, and handlers
# may overflow an alternate stack when many come at once.
_UNHEARD = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM),
    *(signal.SIGVTALRM, signal.SIGPROF, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGIO, signal.SIGXCPU),
)
# A machine that runs out of memory ends this program first (proc(5), oom_score_adj).
_OOM_SCORE = b"500"


def fork(order: Order) -> tuple[int, socket.socket]:
    """Fork a guard for `order`; returns its number and our end of its socket. Raises OSError when there is no room."""
    ending.become_subreaper()
    ours, its = socket.socketpair()
    with ending.lock:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _live(order, its, parent)
        ending.guards.add(pid)
    its.close()
    return pid, ours


def _live(order: Order, channel: socket.socket, parent: int) -> NoReturn:
    """Be the guard. Nothing of the judging process's state may be touched or cleaned up: it is only a copy."""
    try:
        gc.disable()
        ending.guards.clear()
        os.setsid()
        ending.become_subreaper()
        ending.prctl(ending.PR_SET_DUMPABLE, 0)
        # Stopped by its program, it must still see the judging process end.
        ending.prctl(ending.PR_SET_PDEATHSIG, signal.SIGCONT)
        _close_all_but({0, 1, 2, channel.fileno(), *order.streams})
        ended = _Guard(order, channel).watch() if os.getppid() == parent else Ended(None, "abandoned")
        _send(channel, Report(ended=ended))
    except BaseException as error:  # noqa: BLE001 - a copy of the judging process must not run on
        with contextlib.suppress(BaseException):
            ending.end_below()
            _send(channel, Report(ended=Ended(None, fault=f"the guard failed: {_told(error)}")))
    finally:
        os._exit(0)


class _Guard:
    """The guard's own state."""

    def __init__(self, order: Order, channel: socket.socket) -> None:
        self.order = order
        self.channel = channel
        self.program = 0
        self.status: int | None = None
        self.heard = b""
        self.peak_bytes = 0
        self.last = Usage(None, None, None, None, None)
        self.ever: set[int] = set()
        self.report = -1
        self.reported = b""
        self.began = time.monotonic()
        limits = order.limits
        self.disk = sampling.Disk(Path(order.scratch), limits.disk_bytes, limits.disk_files) if order.scratch else None
        # The streams that are files: what grows there is output.
        self.outputs = [fd for fd in {*order.streams[1:]} if not _is_pipe(fd)]

    def watch(self) -> Ended:
        """Run the program to its end, and end all that it started."""
        absent = self._start()
        for fd in {*self.order.streams}:  # a pipe held open by another would never show its end
            if _is_pipe(fd):
                os.close(fd)
        if absent:
            name = absent.filename or self.order.argv[0]
            message = f"{os.fsdecode(name)}: {absent.strerror}"
            return Ended(126 if absent.errno == errno.EACCES else 127, absent=message)
        why, stopped = self._wait()
        if self.order.sandboxed and self.status is None:
            self._sample()  # what ends with its namespace is not waited for by anyone who would count it
        self._end()
        self._hear()
        return self._ended(why, stopped)

    def _start(self) -> OSError | None:
        """Start the program; returns why it could not be executed."""
        order = self.order
        passed: tuple[int, ...] = ()
        if order.sandboxed:
            self.report, status = os.pipe()
            os.set_blocking(self.report, False)
            os.dup2(status, STATUS_FD)
            os.close(status)
            passed = (STATUS_FD,)
        limit(order)
        try:
            self._execute(order.program, order.argv, passed)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                return error
            # A script that names no interpreter is the shell's, for every shell and for execvp(3).
            self._execute(_SHELL, (_SHELL, order.program, *order.argv[1:]), passed)
        for number in _UNHEARD:
            signal.signal(number, signal.SIG_IGN)
        if order.sandboxed:
            os.close(STATUS_FD)
        with contextlib.suppress(OSError):
            Path(f"/proc/{self.program}/oom_score_adj").write_bytes(_OOM_SCORE)
        return None

    def _execute(self, program: str, argv: tuple[str, ...], passed: tuple[int, ...]) -> None:
        stdin, stdout, stderr = self.order.streams
        # Without a function to call in between, this is a vfork, a tenth of a fork's cost.
        self._process = subprocess.Popen(
            argv,
            executable=program,
            cwd=self.order.cwd,
            env=self.order.env,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=passed,
            start_new_session=True,
            umask=0o022,
        )
        self.program = self._process.pid

    def _wait(self) -> tuple[Why, str]:
        """Wait for the program's end, or for a reason to end it."""
        poll = select.poll()
        poll.register(self.channel.fileno(), select.POLLIN)
        slowest = math.inf
        try:
            poll.register(os.pidfd_open(self.program), select.POLLIN)
        except (AttributeError, OSError):
            slowest = _POLL_S
        sample = self.began + FIRST_SAMPLE_S
        if self.report >= 0:
            poll.register(self.report, select.POLLIN)
        while True:
            now = time.monotonic()
            wait_s = min(sample - now, self.order.deadline - now, slowest)
            for fd, _ in poll.poll(max(wait_s, 0) * 1000):
                if fd == self.channel.fileno():
                    why = self._obey()
                    if why:
                        return why, ""
                elif fd == self.report and not self._hear():
                    poll.unregister(fd)
            self._reap()
            now = time.monotonic()
            if self.status is not None:
                return "", ""
            if now >= self.order.deadline:
                return "deadline", ""
            if now >= sample:
                stopped = self._excess()
                if stopped:
                    return "", f"stopped for {stopped}"
                now = time.monotonic()
                sample = now + min(max((now - self.began) / 8, FIRST_SAMPLE_S), LAST_SAMPLE_S)

    def _obey(self) -> Why:
        """Do what the judging process asks for."""
        data = self.channel.recv(2**12)
        if not data:
            return "abandoned"
        *lines, self.heard = (self.heard + data).split(b"\n")
        for line in lines:
            if line == b"kill":
                return "killed"
            if line == b"usage":
                self._sample()
                _send(self.channel, Report(usage=self.last))
            elif line.startswith(b"signal "):
                self._signal(int(line[7:]))
        return ""

    def _signal(self, number: int) -> None:
        """Send a signal to the program itself, wherever it is; it has not been waited for, so its number is its own."""
        until = min(time.monotonic() + 2, self.order.deadline)
        pid = self._judged()
        while pid is None and time.monotonic() < until and self._alive():
            time.sleep(0.001)
            self._hear()
            pid = self._judged()
        if pid is not None:
            ending.kill(pid, number)

    def _alive(self) -> bool:
        seen = sampling.table().look(self.program)
        return seen is not None and not seen.zombie

    def _helpers(self) -> list[int]:
        """Return the processes of the sandbox itself: bubblewrap outside, and its first process inside."""
        if not self.order.sandboxed:
            return []
        first = sandbox_status(self.reported).get("child-pid")
        return [self.program] if first is None else [self.program, first]

    def _judged(self) -> int | None:
        """Return the judged program's own number; None while the sandbox has not begun it."""
        if not self.order.sandboxed:
            return self.program
        for helper in self._helpers()[1:]:
            for child in sampling.table().children(helper):
                with contextlib.suppress(OSError, ValueError, IndexError):
                    status = dict(
                        line.split(":\t", 1) for line in Path(f"/proc/{child}/status").read_text("latin-1").splitlines()
                    )
                    # In its namespace it is the second process, after the sandbox's own.
                    if status["NSpid"].split()[-1] == "2" and status["Name"] != "bwrap":
                        return child
        return None

    def _sample(self) -> list[sampling.Seen]:
        """Look at all processes of the program, and keep what they use."""
        helpers = self._helpers()
        own = os.getpid()
        everything = sampling.below(own)
        seen = [one for one in everything if one.pid not in helpers]
        self.ever.update(one.pid for one in seen)
        living = [one for one in seen if not one.zombie]
        rss = sum(one.rss_bytes for one in living)
        self.peak_bytes = max(self.peak_bytes, rss)
        passed = sampling.passed_below(own, everything, helpers)
        reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = sum(one.cpu_s for one in everything) + reaped.ru_utime + reaped.ru_stime
        read, written = passed or (None, None)
        self.last = Usage(rss if living else self.last.rss_bytes, self.peak_bytes, cpu_s, read, written)
        return living

    def _excess(self) -> str:
        """Return which limit is exceeded, in words, or ""."""
        limits = self.order.limits
        if sum(os.fstat(fd).st_size for fd in self.outputs) > limits.output_bytes:
            return f"writing more than {limits.output_bytes / 2**20:g} MiB of output"
        living = self._sample()
        if len(living) > limits.processes:
            return f"starting more than {limits.processes} processes"
        if sum(one.rss_bytes for one in living) > limits.memory_bytes and self._shared_fairly(living):
            return f"using more than {limits.memory_bytes / 2**20:g} MiB of memory"
        return self.disk.excess(one.pid for one in living) if self.disk else ""

    def _shared_fairly(self, living: list[sampling.Seen]) -> bool:
        """Tell whether memory is exceeded also when pages that processes share count once."""
        if len(living) < 2:
            return True
        source = sampling.table()
        total = 0
        for one in living:
            fair = source.pss_bytes(one.pid)
            if fair is None:
                now = source.look(one.pid)
                fair = now.rss_bytes if now is not None and not now.zombie else 0
            total += fair
        return total > self.order.limits.memory_bytes

    def _hear(self) -> bool:
        """Read what the sandbox has reported; False at its end."""
        with contextlib.suppress(BlockingIOError):
            while self.report >= 0:
                data = os.read(self.report, 2**12)
                if not data:
                    return False
                self.reported += data
        return True

    def _reap(self) -> None:
        status = ending.reap()[0].get(self.program)
        if status is not None:
            self.status = status

    def _end(self) -> None:
        """End everything that is left."""
        if self.status is None:
            ending.kill_group(self.program)
            with contextlib.suppress(ChildProcessError):
                self.status = os.waitpid(self.program, 0)[1]
        # Only a subreaper finds its orphans; elsewhere those that were ever seen are tried.
        ending.end_below(() if sys.platform.startswith("linux") else self.ever)

    def _ended(self, why: Why, stopped: str) -> Ended:
        code = os.waitstatus_to_exitcode(self.status) if self.status is not None else -signal.SIGKILL
        usage = self._total()
        if why in ("deadline", "abandoned") or stopped:
            return Ended(None, why, stopped, usage=usage)
        if self.order.sandboxed and code > 0 and "exit-code" not in sandbox_status(self.reported):
            return self._unsandboxed(code)
        if self.order.sandboxed and 128 < code <= 128 + signal.NSIG:
            code = 128 - code  # bubblewrap's way to say that a signal ended it, as a shell's
        return Ended(code, why, usage=usage)

    def _total(self) -> Usage:
        """Return what it used in all, now that everything was waited for."""
        reaped = resource.getrusage(resource.RUSAGE_CHILDREN)
        passed = sampling.passed_below(os.getpid(), (), ())
        last = self.last
        return Usage(
            last.rss_bytes,
            self.peak_bytes,
            max(reaped.ru_utime + reaped.ru_stime, last.cpu_s or 0.0),
            last.read_bytes if passed is None else max(passed[0], last.read_bytes or 0),
            last.written_bytes if passed is None else max(passed[1], last.written_bytes or 0),
        )

    def _unsandboxed(self, code: int) -> Ended:
        """Say why the sandbox did not execute the program: it wrote so to the program's standard error."""
        said = os.pread(self.order.streams[2], 2**12, 0).decode("utf-8", "replace").strip()
        line = next((line for line in said.splitlines() if line.startswith("bwrap: ")), said).removeprefix("bwrap: ")
        if line.startswith("execvp "):
            message = line.removeprefix("execvp ")
            return Ended(126 if message.endswith(os.strerror(errno.EACCES)) else 127, absent=message)
        return Ended(None, fault=f"the sandbox could not be made: {line or f'exit code {code}'}")


def _told(error: BaseException) -> str:
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" ({Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno})" if place is not None else ""
    return f"{type(error).__name__}: {error}{where}"


def _close_all_but(kept: set[int]) -> None:
    """Let go of what the judging process has open: its own channel, other programs' pipes.

    The numbers stay in use: an object of the judging process that is cleaned up here would close another's file.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - names are enough
        if int(name) not in kept and int(name) != nothing:
            with contextlib.suppress(OSError):
                os.fstat(int(name))  # the listing's own is closed by now
                os.dup2(nothing, int(name), inheritable=False)


def _is_pipe(fd: int) -> bool:
    mode = os.fstat(fd).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _send(channel: socket.socket, report: Report) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more
        channel.sendall(msgspec.json.encode(report) + b"\n")
