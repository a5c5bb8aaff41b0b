"""Fixtures of the tests that attack the judge: each runs with and without bubblewrap."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from attacked import Course


@pytest.fixture(params=["process", pytest.param("bubblewrap", marks=pytest.mark.needs("bwrap"))])
def isolation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Each way to run programs; scratch directories lie where the test can look at them."""
    monkeypatch.setenv("MLSJ_ISOLATION", request.param)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("TMPDIR", str(scratch))
    return str(request.param)


@pytest.fixture
def course(tmp_path: Path, isolation: str) -> Course:
    return Course(tmp_path / "course", isolation)
