"""What a guard is told and what it reports, and the limits that the kernel holds for it."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from typing import Literal

import msgspec

from mlsj.kinds.base import Usage
from mlsj.verify import ending, sampling
from mlsj.verify.isolation import Limits

# Processes and threads of the user, beyond those there are, before fork fails (RLIMIT_NPROC): a second line behind the
# sampled limit, wide enough that what else the user starts is not held against the program.
_FORKS_PER_PROCESS = 8
# What root may do besides and no judged program needs (capabilities(7)): SETPCAP, SYS_MODULE, SYS_RAWIO, SYS_PTRACE,
# SYS_BOOT, SYS_RESOURCE, BPF, CHECKPOINT_RESTORE. Who lacks one that the judging process has cannot trace or read it.
_DROPPED_CAPABILITIES = (8, 16, 17, 19, 22, 24, 39, 40)

Why = Literal["", "killed", "deadline", "abandoned"]


class Order(msgspec.Struct, frozen=True):
    """What a guard is to run. `program` is what is executed, `argv` what it is told; `streams` are descriptors."""

    program: str
    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    streams: tuple[int, int, int]
    deadline: float
    limits: Limits
    scratch: str = ""
    sandboxed: bool = False
    """`program` is bubblewrap: the judged program is below it."""
    forks: int = 0
    """Most processes and threads that the user may have; 0 for no such limit."""


class Ended(msgspec.Struct, frozen=True):
    """How it ended. `why` says who ended it, `stopped` a limit in words, `absent` why it was never started."""

    exit_code: int | None
    why: Why = ""
    stopped: str = ""
    absent: str = ""
    fault: str = ""
    usage: Usage = Usage(None, None, None, None, None)


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line to the judging process."""

    ended: Ended | None = None
    usage: Usage | None = None


def sandbox_status(reported: bytes) -> dict[str, int]:
    """Return what bubblewrap reported: one JSON object a line, `child-pid` first, `exit-code` once it was executed."""
    found: dict[str, int] = {}
    for line in reported.splitlines():
        with contextlib.suppress(msgspec.MsgspecError):
            found.update(
                (key, value)
                for key, value in msgspec.json.decode(line, type=dict[str, object]).items()
                if isinstance(value, int)
            )
    return found


def limit(order: Order) -> None:
    """Set what the kernel enforces, in a guard: its programs inherit it.

    Unsandboxed, nothing that is executed gains privileges, and root's programs lose what they have no need of;
    bubblewrap, which may need them to begin with, does both itself.
    """
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, order.limits.file_bytes)
    if order.forks:
        _lower(resource.RLIMIT_NPROC, order.forks)
    if order.sandboxed:
        return
    if os.geteuid() == 0:
        for capability in _DROPPED_CAPABILITIES:
            ending.prctl(ending.PR_CAPBSET_DROP, capability)
    ending.prctl(ending.PR_SET_NO_NEW_PRIVS, 1)


def _lower(what: int, value: int) -> None:
    hard = resource.getrlimit(what)[1]
    most = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (most, most))


def most_forks(limits: Limits) -> int:
    """Return a limit on the user's processes and threads that leaves the program its own; 0 for root, who has none."""
    if os.geteuid() == 0 or not sys.platform.startswith("linux"):
        return 0
    return sampling.tasks_of(os.geteuid()) + _FORKS_PER_PROCESS * limits.processes
