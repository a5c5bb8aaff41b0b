"""A lesson's quick-start lines, run as one bash script: which command failed, and what it wrote.

A quick-start is typed by a learner, line by line, and each line must work. `set -e` alone lets `a && b` fail unseen, so
the exit status is asked for after every complete command, too.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

import msgspec

from mlsj.kinds.base import Ran
from mlsj.verify import ending, stage

TIMEOUT_S = 600
_TAIL_LINES = 20
_KEPT_BYTES = 2**16
# How `mlsj check`, called by a line, isolates what it judges.
_ISOLATION = "MLSJ_ISOLATION"
_NEEDS = re.compile(r"#\s*needs:\s*(docker|gpu)\s*$", re.MULTILINE)


class Command(msgspec.Struct, frozen=True):
    """A complete command: the number of its first line (from 1), its text, and what it is marked as needing."""

    line: int
    text: str
    needs: Literal["docker", "gpu", ""] = ""


class Tried(msgspec.Struct, frozen=True):
    """How a quick-start went: the commands that ended well, those left out, and the one that did not end well.

    `output` is the end of what was written; when all ended well, its last line.
    """

    ran: tuple[Command, ...] = ()
    left_out: tuple[Command, ...] = ()
    failed: Command | None = None
    how: str = ""
    output: str = ""
    timed_out: bool = False
    duration_s: float = 0.0


class _Job(msgspec.Struct, frozen=True):
    """What the process that runs the script needs."""

    script: str
    cwd: str
    environment: dict[str, str]
    timeout_s: float


def commands(text: str) -> list[Command]:
    """Split a quick-start into its complete commands: one may continue over several lines.

    Lines without a command are left out. What is never complete is one command, which bash will complain about.
    """
    found: list[Command] = []
    begun: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not begun and not line.partition("#")[0].strip():
            continue
        begun.append(line)
        if _complete("\n".join(begun)):
            found.append(_command(number - len(begun) + 1, begun))
            begun = []
    if begun:
        found.append(_command(len(text.splitlines()) - len(begun) + 1, begun))
    return found


def _command(line: int, lines: list[str]) -> Command:
    text = "\n".join(lines)
    marked = _NEEDS.search(text)
    needs: Literal["docker", "gpu", ""] = "" if marked is None else "gpu" if marked[1] == "gpu" else "docker"
    return Command(line, text, needs)


def _complete(text: str) -> bool:
    """Ask bash whether it would wait for another line; it warns about a here-document without an end."""
    if (len(text) - len(text.rstrip("\\"))) % 2:
        return False
    asked = subprocess.run(["bash", "-n"], input=text + "\n", capture_output=True, text=True, check=False)
    return (
        "unexpected end of file" not in asked.stderr
        and "unexpected EOF" not in asked.stderr
        and ("here-document" not in asked.stderr)
    )


def script(lines: list[Command], mark: Path) -> str:
    """Return the script. `mark` will hold the line of the command that began last, and 0 at the end."""
    parts = [
        "exec 2>&1",
        "set -eo pipefail",
        "mlsj_next() {",
        "  local mlsj_code=$?",
        '  ((mlsj_code == 0)) || exit "$mlsj_code"',
        f'  printf %s "$1" >| {shlex.quote(str(mark))}',
        "}",
    ]
    for command in lines:
        parts += [f"mlsj_next {command.line}", command.text]
    return "\n".join([*parts, "mlsj_next 0"]) + "\n"


def run(text: str, course: Path, place: stage.Stage, *, network: bool, timeout_s: float = TIMEOUT_S) -> Tried:
    """Run the quick-start `text` in the folder `course`, which lies in the scratch directory of `place`.

    It sees a clean environment, and everything it started is ended.
    """
    every = commands(text)
    wanted = [command for command in every if not command.needs]
    left_out = tuple(command for command in every if command.needs)
    if not wanted:
        return Tried(left_out=left_out)
    mark = place.judge / "line"
    job = _Job(
        script(wanted, mark),
        str(course),
        _environment(place, network=network),
        timeout_s,
    )
    ended = _process(job)
    code = ended.exit_code or 0
    how = ended.stopped or (f"signal {-code}" if code < 0 else f"exit code {code}" if code else "")
    at = wanted[0].line
    with contextlib.suppress(FileNotFoundError, ValueError):
        at = int(mark.read_text())
    if at == 0 and not how:
        said = tuple(line for line in ended.stdout.splitlines() if line.strip())[-1:]
        return Tried(tuple(wanted), left_out, output="".join(said).strip(), duration_s=ended.duration_s)
    return Tried(
        ran=tuple(command for command in wanted if command.line < at),
        left_out=left_out,
        failed=next((command for command in wanted if command.line == at), wanted[-1]),
        how=how or "it left the shell, and the lines after it never ran",
        output=tail(ended.stdout or ended.stderr),
        timed_out=ended.timed_out,
        duration_s=ended.duration_s,
    )


def _environment(place: stage.Stage, *, network: bool) -> dict[str, str]:
    """Return what the shell sees: what judged programs see, and what `mlsj check` in it is to know of this machine."""
    known = {k: v for k, v in os.environ.items() if k == _ISOLATION or k.startswith("DOCKER_")}
    return stage.environment(place, "", network=network) | known


def tail(output: str) -> str:
    """Return the end of what a script wrote."""
    lines = output.rstrip().splitlines()
    left = len(lines) - _TAIL_LINES
    return "\n".join([f"… {left} lines before …", *lines[-_TAIL_LINES:]] if left > 1 else lines)


def _process(job: _Job) -> Ran:
    """Run the script below a process of its own, so that what it leaves running is found and ended."""
    ran = subprocess.run(
        [sys.executable, "-I", "-m", "mlsj.verify.quickstart"],
        input=msgspec.json.encode(job),
        capture_output=True,
        start_new_session=True,
        check=False,
    )
    try:
        return msgspec.json.decode(ran.stdout, type=Ran)
    except msgspec.DecodeError:
        said = ran.stderr.decode("utf-8", "replace").strip()
        return Ran((), None, said, "", 0.0, stopped=f"the process that ran it ended with {ran.returncode}")


def main() -> None:
    """Run the job on standard input and write how it ended to standard output.

    Isolation is for judged programs; these lines are the course's own, and what they call has to see the machine as a
    learner's shell does.
    """
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=_Job)
    ending.become_subreaper()
    began, parent = time.monotonic(), os.getppid()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-c", job.script],
            cwd=job.cwd,
            env=job.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        code: int | None = None
        left_s = job.timeout_s
        # Whoever asked may be killed: then nobody waits for an answer, and everything ends.
        while code is None and left_s > 0 and os.getppid() == parent:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(min(left_s, 0.25))
            left_s = began + job.timeout_s - time.monotonic()
        duration = time.monotonic() - began
        ending.kill_group(process.pid)
        process.wait()
        ending.end_below()
        size = output.seek(0, os.SEEK_END)
        output.seek(max(size - _KEPT_BYTES, 0))
        said = output.read().decode("utf-8", "replace")
    stopped = "" if code is not None else f"it was stopped after {job.timeout_s:g} s"
    ran = Ran((), code, said, "", duration, timed_out=code is None, stopped=stopped)
    sys.stdout.buffer.write(msgspec.json.encode(ran))


if __name__ == "__main__":
    main()
