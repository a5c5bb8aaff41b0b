"""Runs the command line inside the test process, up to its exit code."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from command_line import Mlsj, Ran

from mlsj.cli.main import main
from mlsj.project.newcourse import rendered
from mlsj.project.scaffold import place


@pytest.fixture
def mlsj(capfd: pytest.CaptureFixture[str]) -> Mlsj:
    """Run `mlsj ARGS` and return how it ended. File descriptors are captured, so that child processes are too."""

    def run(*args: object) -> Ran:
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        code = left.value.code
        assert isinstance(code, int)
        return Ran(code, *capfd.readouterr())

    return run


@pytest.fixture
def tiny(tmp_path: Path, repository: Path) -> Path:
    """A copy of the tiny course."""
    return Path(shutil.copytree(repository / "tests" / "courses" / "tiny", tmp_path / "tiny"))


@pytest.fixture(scope="session")
def _fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh") / "course"
    place(rendered(title="A fresh course", course_id="fresh", repository="me/fresh"), folder)
    return folder


@pytest.fixture
def fresh(_fresh: Path, tmp_path: Path) -> Path:
    """A course as `mlsj new course` makes it: lesson 1-1 is ready, 1-2 a draft."""
    return Path(shutil.copytree(_fresh, tmp_path / "fresh"))
