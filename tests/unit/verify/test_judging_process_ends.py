"""A judging process that dies, or whose caller dies, takes all that it runs with it; hardened, it keeps to itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from launching import MODES, PYTHON, Bench

from mlsj.verify import run as runner
from mlsj.verify import sampling


@pytest.fixture(params=MODES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, request.param)
    yield made
    assert made.left() == []


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bench]:
    """For what only an unsandboxed program can do to us."""
    made = Bench(tmp_path, "process")
    yield made
    assert made.left() == []


_JUDGE = """
import os, sys, time
from pathlib import Path
from mlsj.verify import run as runner

runner.harden()
print("hardened", flush=True)
launch = runner.Launch(scratch=Path(sys.argv[1]), mode=sys.argv[2])
runner.run(sys.argv[3:], cwd=Path(sys.argv[1]), env=dict(os.environ), timeout_s=60, launch=launch)
"""


def _judging(bench: Bench, *argv: str) -> subprocess.Popen[str]:
    """A judging process that runs a program, as a child of ours."""
    return subprocess.Popen(
        [sys.executable, "-c", _JUDGE, str(bench.scratch), bench.mode, *argv],
        env={**os.environ, **bench.env},
        stdout=subprocess.PIPE,
        text=True,
        cwd=bench.scratch,
        start_new_session=True,
    )


def _until(condition: Callable[[], bool]) -> bool:
    for _ in range(1000):
        if condition():
            return True
        time.sleep(0.01)
    return False


def _family(pid: int) -> list[int]:
    return [seen.pid for seen in sampling.below(pid)]


def _lives(pid: int) -> bool:
    seen = sampling.table().look(pid)
    return seen is not None and not seen.zombie


_DAEMON = """
import os, subprocess, time
subprocess.Popen(["sleep", "60"], start_new_session=True)
open("begun", "w").close()
time.sleep(60)
"""


def test_a_judging_process_that_is_killed_takes_all_with_it(bench: Bench) -> None:
    process = _judging(bench, PYTHON, "-S", "-c", _DAEMON)
    assert _until((bench.scratch / "begun").exists)
    family = _family(process.pid)
    assert len(family) >= 3  # the guard, the program, its daemon
    process.kill()
    process.communicate()
    assert _until(lambda: not any(map(_lives, family)))


def test_what_outlives_judge_and_guard_is_found_by_its_directory(bare: Bench) -> None:
    text = """
    import os, signal, subprocess, time
    subprocess.Popen(["sleep", "60"], start_new_session=True, env={"MARK": os.environ["MARK"]})
    subprocess.Popen(["sleep", "60"], start_new_session=True, cwd="/")
    guard = os.getppid()
    judge = int(open(f"/proc/{guard}/stat").read().split()[3])
    os.kill(guard, signal.SIGSTOP)
    os.kill(judge, signal.SIGKILL)
    time.sleep(60)
    """
    process = _judging(bare, PYTHON, "-S", "-c", textwrap.dedent(text))
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    runner.end_those_in(bare.scratch)
    assert _until(lambda: bare.left() == [])


def test_a_judging_process_ends_with_its_caller(bare: Bench) -> None:
    text = """
    import os, subprocess, sys
    judge = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
    judge.stdout.readline()
    open("caller", "w").write(str(os.getpid()))
    judge.wait()
    """
    caller = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(text),
            sys.executable,
            "-c",
            _JUDGE,
            str(bare.scratch),
            "process",
            "sleep",
            "60",
        ],
        env={**os.environ, **bare.env},
        cwd=bare.scratch,
        start_new_session=True,
    )
    assert _until(lambda: (bare.scratch / "caller").exists() and len(_family(caller.pid)) >= 3)
    family = _family(caller.pid)
    caller.kill()
    caller.wait()
    assert _until(lambda: not any(map(_lives, family)))


def test_a_hardened_process_keeps_its_memory_and_descriptors_to_itself(bare: Bench) -> None:
    text = """
    import ctypes, os, sys
    guard = os.getppid()
    judge = int(open(f"/proc/{guard}/stat").read().split()[3])
    opened = []
    for pid in (guard, judge):
        for name in ("mem", "fd/0", "fd/1", "fd/2", "fd/3", "fd/4", "fd/5", "fd/6"):
            try:
                open(f"/proc/{pid}/{name}", "rb").close()
                opened.append((pid, name))
            except (PermissionError, FileNotFoundError):
                pass
        if ctypes.CDLL(None).ptrace(16, pid, 0, 0) == 0:
            opened.append((pid, "attached"))
    open("found", "w").write(repr(opened))
    """
    (bare.scratch / "look.py").write_text(textwrap.dedent(text))
    process = _judging(bare, PYTHON, "look.py")
    assert process.communicate()[0] == "hardened\n"
    assert (bare.scratch / "found").read_text() == "[]"
