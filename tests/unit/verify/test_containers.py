"""Where the container engine is, asked of a docker command that answers as the real one does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mlsj.verify import containers
from mlsj.verify.isolation import Launch

Docker = Callable[[str], None]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    """Put a docker command with this body in front of the search path."""

    def put(body: str) -> None:
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    containers.engine.cache_clear()
    monkeypatch.setenv("PATH", "/nowhere")
    return put


def test_no_command(docker: Docker) -> None:
    assert containers.engine() == containers.Engine(absent="docker is not installed")


def test_no_daemon(docker: Docker) -> None:
    docker('[ "$1" = context ] && echo unix:///run/docker.sock && exit 0\necho; exit 1')
    assert containers.engine().absent == "docker is installed and its daemon does not answer"


def test_it_answers_and_its_socket_alone_is_shown(docker: Docker, tmp_path: Path) -> None:
    socket = tmp_path / "docker.sock"
    docker(f'[ "$1" = context ] && echo unix://{socket} && exit 0\necho 28.2.2')
    found = containers.engine()
    assert found == containers.Engine(host=f"unix://{socket}")
    assert found.environment() == {"DOCKER_HOST": f"unix://{socket}"}
    before = Launch(scratch=tmp_path, readable=(tmp_path / "envs",))
    assert found.launch(before) == Launch(scratch=tmp_path, readable=(tmp_path / "envs", socket.resolve()))


def test_a_remote_engine_needs_the_network(docker: Docker, tmp_path: Path) -> None:
    docker('[ "$1" = context ] && echo tcp://10.0.0.2:2376 && exit 0\necho 28.2.2')
    assert containers.engine().launch(Launch(scratch=tmp_path)).network
