"""Runs judged programs: each under a guard of its own, within limits, and with all that it started ended afterwards.

This is the face of a few modules: `isolation` says what a program sees and may use, `guard` is the process that starts,
watches and ends it (`order` is what they say to each other, `watched` the other side of it), `programs` is a program
that a judge talks to, `sampling` looks at processes, and `ending` ends them.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlsj.kinds.base import Ran
from mlsj.verify.ending import become_subreaper, end_those_in, harden
from mlsj.verify.isolation import IsolationBroken, Launch, Limits, sandbox
from mlsj.verify.programs import RunningProgram, kept
from mlsj.verify.watched import Watched, ordered, result

__all__ = [
    "IsolationBroken",
    "Launch",
    "Limits",
    "RunningProgram",
    "become_subreaper",
    "end_those_in",
    "harden",
    "isolation",
    "run",
    "start",
]


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: str | bytes = "",
    timeout_s: float,
    launch: Launch,
) -> Ran:
    """Run `argv` for at most `timeout_s` seconds and end all that it started.

    Output goes to unnamed files, not pipes: a program that keeps its output open can hold nobody up. A path that is not
    there, or not executable, ends with 127 or 126 as under a shell; a bare name that `PATH` lacks raises
    ProgramMissing.
    """
    began = time.monotonic()
    data = stdin.encode() if isinstance(stdin, str) else stdin
    with contextlib.ExitStack() as open_files:
        out, err, into = (open_files.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        into.write(data)
        into.seek(0)
        streams = (into.fileno(), out.fileno(), err.fileno())
        order = ordered(argv, streams, cwd=cwd, env=env, launch=launch, deadline=began + timeout_s)
        watched = Watched(order)
        try:
            ended = None
            while ended is None:
                ended = watched.wait(began + timeout_s + 60)
        finally:
            watched.end()
        duration_s = time.monotonic() - began
        return result(argv, ended, kept(out), kept(err), duration_s, timeout_s)


def start(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    launch: Launch,
    deadline: float,
    limit_s: float | None = None,
) -> RunningProgram:
    """Start `argv` and return while it runs; at `deadline` (of `time.monotonic`) it is ended.

    `limit_s` is what Overran names as the time that was used up, by default what is left now. Raises ProgramMissing and
    IsolationBroken as `run` does.
    """
    return RunningProgram(argv, cwd=cwd, env=env, launch=launch, deadline=deadline, limit_s=limit_s)


def isolation(launch: Launch) -> dict[str, str]:
    """Return what is in force, in words for the evidence. Raises IsolationBroken when a demanded sandbox has failed."""
    found = sandbox(launch)
    limits = launch.limits
    words = {"backend": found.version if found.program else "process"}
    if not found.program:
        words["why"] = found.why
    return words | {
        "subreaper": "yes" if become_subreaper() else "no",
        "memory": f"sampled over the process tree, at most {limits.memory_bytes // 2**20} MiB",
        "processes": f"sampled, at most {limits.processes}",
        "output": f"sampled, at most {limits.output_bytes // 2**20} MiB",
        "disk": f"a file at most {limits.file_bytes // 2**20} MiB; sampled, in the scratch directory at most "
        f"{limits.disk_bytes // 2**20} MiB and {limits.disk_files:,} files more",
        "network": "none" if found.program and not launch.network else "the host's",
    }
