"""Resolve an environment into a lock with uv: the one place where authoring needs the network."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from mlsj.spec.locks import header, oldest_python
from mlsj.spec.model import Environment

TIMEOUT_S = 600

_OPTIONS = (
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-annotate",
    "--no-header",
    "--quiet",
)


class Unresolved(msgspec.Struct, frozen=True):
    """Why there is no lock. `machine` tells a missing tool or network from requirements that cannot be met together."""

    reason: str
    machine: bool


def find_uv() -> str | None:
    """Return the uv to use: on PATH, else beside the running Python; None when there is none."""
    return shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))


def resolve(uv: str, name: str, environment: Environment) -> bytes | Unresolved:
    """Return the bytes of environment `name`'s lock, resolved to the newest versions that fit."""
    python = oldest_python(environment)
    if python is None:
        return Unresolved(f"'{environment.requires}' names no oldest Python", machine=False)
    # Elsewhere than in the course, whose pyproject.toml or uv.toml would have a say.
    with tempfile.TemporaryDirectory(prefix="mlsj-lock-") as folder:
        given, made = Path(folder, f"{name}.in"), Path(folder, f"{name}.txt")
        given.write_text("".join(f"{' '.join(text.split())}\n" for text in environment.python), encoding="utf-8")
        command = [uv, "pip", "compile", *_OPTIONS, "--python-version", python, given.name, "-o", made.name]
        try:
            ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        except subprocess.TimeoutExpired:
            return Unresolved(f"uv found no answer within {TIMEOUT_S} s", machine=True)
        except OSError as error:
            return Unresolved(f"{uv} does not start: {error.strerror}", machine=True)
        if ran.returncode != 0 or not made.is_file():
            said = ran.stderr.strip() or f"uv ended with {ran.returncode}"
            return Unresolved(said, machine="No solution found" not in said)
        return (header(name, environment) + made.read_text(encoding="utf-8")).encode()
