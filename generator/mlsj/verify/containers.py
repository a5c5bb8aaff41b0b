"""The container engine of this machine, for criteria that require one: whether it answers, and how programs reach it.

Judged programs have neither the user's HOME, where the docker command keeps its contexts, nor /run, where the engine's
socket lies: both are given to those criteria alone that say `requires: docker`.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

import msgspec

from mlsj.verify.isolation import Launch

_ASK_S = 10.0
_UNIX = "unix://"


class Engine(msgspec.Struct, frozen=True):
    """Where the engine is: `host` as in DOCKER_HOST, or `absent`, why there is none."""

    host: str = ""
    absent: str = ""

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds the engine."""
        return {"DOCKER_HOST": self.host}

    def launch(self, launch: Launch) -> Launch:
        """Return `launch` for programs that reach the engine: its socket is seen, or the network where it is remote."""
        if not self.host.startswith(_UNIX):
            return msgspec.structs.replace(launch, network=True)
        socket = Path(self.host.removeprefix(_UNIX)).resolve()
        return msgspec.structs.replace(launch, readable=(*launch.readable, socket))


@cache
def engine() -> Engine:
    """Ask the docker command for its engine; it is asked once."""
    if shutil.which("docker") is None:
        return Engine(absent="docker is not installed")
    try:
        where = _docker("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        answers = _docker("info", "--format", "{{.ServerVersion}}")
    except (OSError, subprocess.TimeoutExpired):
        return Engine(absent="docker does not answer")
    if answers.returncode or not answers.stdout.strip() or where.returncode:
        return Engine(absent="docker is installed and its daemon does not answer")
    return Engine(host=where.stdout.strip())


def _docker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=_ASK_S, check=False)
