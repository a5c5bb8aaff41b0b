"""What the README shows is what the commands print."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlsj.project.read import read_tree
from mlsj.spec.load import load

MLSJ = [sys.executable, "-m", "mlsj"]


def shown(readme: str, command: str) -> str:
    """The output that the README shows below `command`."""
    found = re.search(rf"```console\n\$ {re.escape(command)}\n(.*?)```", readme, re.DOTALL)
    assert found, command
    return found[1]


def unnumbered(text: str) -> str:
    """The text without line numbers of the spec: they move with every edit above."""
    text = re.sub(r"^(curriculum\.yaml):\d+:", r"\1:N:", text, flags=re.MULTILINE)
    return re.sub(r"^ *\d* \|", "|", text, flags=re.MULTILINE)


def test_the_diagnostic(repository: Path, tmp_path: Path) -> None:
    for name in ("templates", "kernels", "locks"):
        shutil.copytree(repository / name, tmp_path / name)
    spec = (repository / "curriculum.yaml").read_text()
    at = spec.index("title:", spec.index("- id: 2-1\n"))
    (tmp_path / "curriculum.yaml").write_text(f"{spec[:at]}tittle:{spec[at + 6 :]}")
    done = subprocess.run([*MLSJ, "validate"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    readme = (repository / "README.md").read_text()
    assert unnumbered(done.stderr).strip() == unnumbered(shown(readme, "mlsj validate")).strip()


@pytest.mark.needs("git")
def test_the_verdict(repository: Path) -> None:
    command = [*MLSJ, "check", "2-1", "--stub", "--seed", "7"]
    env = {**os.environ, "COLUMNS": "100"}
    done = subprocess.run(command, cwd=repository, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    readme = (repository / "README.md").read_text()
    assert done.stdout.strip() == shown(readme, "mlsj check 2-1 --seed 7").strip()


def test_the_counts(repository: Path) -> None:
    readme = (repository / "README.md").read_text()
    listed = subprocess.run([*MLSJ, "list", "--format", "json"], cwd=repository, capture_output=True, check=True)
    lessons = json.loads(listed.stdout)
    *others, last = [lesson["id"] for lesson in lessons if lesson["status"] == "ready"]
    assert f"{len(lessons)} lessons; {', '.join(others)} and {last} are judged for real today" in readme


def test_the_proof_is_of_what_the_spec_declares(repository: Path) -> None:
    """The verdicts themselves are shown anew by `make prove`; here, that the table is about this lesson as it is."""
    curriculum = load(read_tree(repository)).curriculum
    lesson = curriculum.lesson("2-1") if curriculum is not None else None
    assert lesson is not None
    proof = shown((repository / "README.md").read_text(), "mlsj prove 2-1")
    rows = [line.split() for line in proof.splitlines() if re.search(r" yes +\d", line)]
    told = {row[0]: row[2:-2] for row in rows}
    assert told.pop("solution") == ["-"]
    assert told.pop("stub")
    assert told == {mistake.id: mistake.fails for mistake in lesson.mistakes}
    assert f"criteria: {' '.join(criterion.id for criterion in lesson.criteria)}\n" in proof
