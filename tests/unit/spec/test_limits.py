"""Hostile specs are refused quickly and in little memory: `mlsj validate` in a process with hard limits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 2
MEGABYTES = 300
SIZE = 10_000_000

# A process's peak memory counts from the fork on: the one that forks must be smaller than what is measured.
LAUNCHER = """
import os, resource, subprocess, sys
def limit():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[1]), int(sys.argv[1]) + 1))
with open("out", "wb") as out:
    process = subprocess.Popen(sys.argv[2:], stdout=out, stderr=out, preexec_fn=limit)
    _, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""

BOMBS = {
    "nested lists": b"modules: " + b"[" * SIZE,
    "nested mappings": b"{a: " * (SIZE // 4),
    "nested block lists": b"- " * (SIZE // 2),
    "nested complex keys": b"? " * (SIZE // 2),
    "aliases": b"a: &a [x, x]\n"
    + b"".join(b"k%d: &k%d [%b]\n" % (n, n, b", ".join([b"*a"] * 9)) for n in range(200_000)),
    "huge plain text": b"course: " + b"x" * SIZE,
    "huge quoted text": b'course: "' + b"x" * SIZE + b'"',
    "huge block text": b"course: |\n" + b"  xxxxxxxxx\n" * (SIZE // 12),
    "huge key": b"x" * SIZE + b": 1",
    "huge number": b"format: " + b"9" * SIZE,
    "huge comment": b"format: 1 #" + b"x" * SIZE,
    "binary": bytes(range(256)) * (SIZE // 256),
    "zeros": b"\0" * SIZE,
    "conflicts": b"<<<<<<< HEAD\n" * (SIZE // 13),
    "unknown keys": b"format: 1\n" + b"".join(b"k%d: 1\n" % n for n in range(50_000)),
    "too large": b"a: 1\n" * 4_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "curriculum.yaml").write_bytes(BOMBS[name])

    command = [sys.executable, "-c", LAUNCHER, str(SECONDS), sys.executable, "-m", "mlsj", "validate"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    code, seconds, kilobytes = (float(value) for value in done.stdout.split())
    said = (tmp_path / "out").read_text()
    assert code == 1, said[-500:]
    assert "error[MLSJ-S0" in said
    assert "Traceback" not in said
    assert seconds < SECONDS
    assert kilobytes < MEGABYTES * 1024
    assert len(said) < 100_000
