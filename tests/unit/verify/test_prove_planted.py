"""Planted faults: each folder of `tests/proofs/` plants one in a small course, and says what `mlsj prove` must say.

`case.json` holds the edits of the course's files (each text must be there once), files to add, and how to prove it;
`expected.txt` the problems and the last line. `MLSJ_RECORD=1` records what is said now: read the difference.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from mlsj.project.read import read_tree
from mlsj.render.compile import compile_course
from mlsj.spec.load import load
from mlsj.verify.prove import prove
from mlsj.verify.prove_record import Proof, ProofState
from mlsj.verify.prove_text import problem_text, summary

PROOFS = Path(__file__).resolve().parents[2] / "proofs"
CASES = sorted(path.parent.name for path in PROOFS.glob("*/case.json"))
SEED = 20


def planted(case: dict[str, Any], root: Path) -> None:
    """Make the course with the case's fault at `root`."""
    shutil.copytree(PROOFS / "course", root)
    for name, text in case.get("files", {}).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, edits in case["edits"].items():
        text = (root / name).read_text()
        for old, new in edits:
            assert text.count(old) == 1, f"{name}: {old!r} stands {text.count(old)} times"
            text = text.replace(old, new)
        (root / name).write_text(text)


def proved(root: Path, repeat: int = 1) -> Proof:
    loaded = load(read_tree(root))
    assert loaded.curriculum is not None, loaded.diagnostics
    lessons = [lesson for _, lesson in loaded.curriculum.lessons() if lesson.status == "ready"]
    files = compile_course(loaded).files
    return prove(loaded.tree, lessons, root=root, files=files, repeat=repeat, jobs=2, seed=SEED)


def said(proof: Proof) -> str:
    """The problems and the last line, without what differs from machine to machine."""
    problems = [problem_text(lesson, problem) for lesson in proof.lessons for problem in lesson.problems]
    text = "\n\n".join([*problems, summary(proof)]) + "\n"
    return re.sub(r'File "[^"]*/', 'File "', text)


@pytest.mark.parametrize("name", CASES)
def test_a_planted_fault_is_caught_and_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = json.loads((PROOFS / name / "case.json").read_text())
    if "grace_s" in case:
        monkeypatch.setattr("mlsj.verify.engine.GRACE_S", case["grace_s"])
    planted(case, tmp_path / "course")
    proof = proved(tmp_path / "course", case.get("repeat", 1))
    expected = PROOFS / name / "expected.txt"
    if os.environ.get("MLSJ_RECORD") == "1":
        expected.write_text(said(proof))
    assert said(proof) == expected.read_text()
    assert (proof.state is ProofState.PROVED) is case.get("proved", False)
    assert not list((tmp_path / "course").glob(".mlsj/evidence/*"))


def test_every_fault_is_planted_in_a_case_of_its_own() -> None:
    says = [json.loads((PROOFS / name / "case.json").read_text())["says"] for name in CASES]
    assert len(set(says)) == len(says)
