from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from started_course import Course

from mlsj.cli.main import cli


@pytest.fixture
def course(tmp_path: Path) -> Course:
    root = tmp_path / "course"
    root.mkdir()
    return Course(root)


@pytest.fixture(scope="session")
def _tiny(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    folder = tmp_path_factory.mktemp("tiny") / "course"
    shutil.copytree(
        repository / "tests/courses/tiny", folder, ignore=shutil.ignore_patterns(".mlsj", "work", "notes", "generated")
    )
    done = CliRunner().invoke(cli, ["-C", str(folder), "generate"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def tiny_generated(_tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny course, generated; nothing is started."""
    return Path(shutil.copytree(_tiny, tmp_path / "tiny", symlinks=True))
