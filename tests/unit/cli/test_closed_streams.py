"""Streams that the caller closed or that are full: no traceback, and the exit code still tells what happened."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tiny = Path(__file__).resolve().parents[2] / "courses/tiny"
    return Path(shutil.copytree(tiny, tmp_path_factory.mktemp("course") / "tiny"))


def shell(course: Path, line: str) -> subprocess.CompletedProcess[str]:
    line = line.replace("mlsj", f"'{sys.executable}' -m mlsj", 1)
    return subprocess.run(["bash", "-c", line], cwd=course, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(("args", "code"), [("generate", 0), ("list", 0), ("nope", 2)])
def test_closed_streams(course: Path, args: str, code: int, closed: str) -> None:
    ran = shell(course, f"mlsj {args} {closed}")
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("args", ["generate", "list", "validate"])
def test_a_full_disk_behind_stdout(course: Path, args: str) -> None:
    ran = shell(course, f"mlsj {args} >/dev/full")
    assert (ran.returncode, ran.stderr) == (3, "error: No space left on device\n")
