"""Running programs as a judging does, in each mode: what the tests of isolation, limits and endings share."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from mlsj.kinds.base import Ran
from mlsj.verify import isolation
from mlsj.verify import run as runner
from mlsj.verify.run import Launch, Limits, RunningProgram

# Installed is not enough: where user namespaces are forbidden, the reason is in the tests' last line.
_BROKEN = isolation.bubblewrap().why if shutil.which("bwrap") else ""
BWRAP = [pytest.mark.needs("bwrap"), pytest.mark.skipif(bool(_BROKEN), reason=f"lacks a sandbox: {_BROKEN}")]
MODES = ["process", pytest.param("bubblewrap", marks=BWRAP)]
PYTHON = str(getattr(sys, "_base_executable", "") or sys.executable)


class Bench:
    """A scratch directory, and programs in it; each carries a mark by which it is found again."""

    def __init__(self, folder: Path, mode: Any) -> None:
        self.scratch = folder / "scratch"
        self.work = self.scratch / "work"
        for name in ("work", "home", "tmp", "bin"):
            (self.scratch / name).mkdir(parents=True)
        (self.scratch / "bin" / "python3").symlink_to(PYTHON)
        self.mode = mode
        self.mark = uuid.uuid4().hex
        self.env = {
            "PATH": os.pathsep.join([str(self.scratch / "bin"), os.environ["PATH"]]),
            "HOME": str(self.scratch / "home"),
            "TMPDIR": str(self.scratch / "tmp"),
            "MARK": self.mark,
        }

    def launch(self, *, limits: Limits | None = None, **options: Any) -> Launch:
        return Launch(scratch=self.scratch, mode=self.mode, limits=limits or Limits(), **options)

    def run(
        self,
        *argv: str,
        timeout_s: float = 30,
        stdin: str | bytes = "",
        cwd: Path | None = None,
        limits: Limits | None = None,
        env: dict[str, str] | None = None,
        **options: Any,
    ) -> Ran:
        launch = self.launch(limits=limits, **options)
        variables = {**self.env, **(env or {})}
        return runner.run(argv, cwd=cwd or self.work, env=variables, stdin=stdin, timeout_s=timeout_s, launch=launch)

    def python(self, text: str, *argv: str, **options: Any) -> Ran:
        """Run a program given as text."""
        return self.run(PYTHON, "-S", "-c", textwrap.dedent(text), *argv, **options)

    def start(self, text: str, *, seconds: float = 30, limits: Limits | None = None, **options: Any) -> RunningProgram:
        return runner.start(
            [PYTHON, "-S", "-u", "-c", textwrap.dedent(text)],
            cwd=self.work,
            env=self.env,
            launch=self.launch(limits=limits, **options),
            deadline=time.monotonic() + seconds,
        )

    def left(self) -> list[int]:
        """Return the processes that carry the mark and have not ended."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if f"MARK={self.mark}".encode() in (entry / "environ").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found


def bwrap(test: Any) -> Any:
    """Mark a test that only the sandbox makes sense of."""
    for mark in BWRAP:
        test = mark(test)
    return test
