"""A broken spec never gives a traceback, never changes a file, and the fault is reported where it was made.

The real curriculum is mutated (`mutate`). `tests/soak/mutations.py` does the same ten thousand times.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsj.cli.main import cli
from mlsj.project.read import read_tree
from mlsj.spec.diagnostics import Diagnostic, Severity, Span
from mlsj.spec.files import CURRICULUM, InputFile, Tree
from mlsj.spec.load import Loaded, load
from mlsj.spec.printers import render
from mutate import KINDS, Mutation, Mutator, placed

WANTED = 0.95
ROUNDS = 20


@pytest.fixture(scope="module")
def tree(repository: Path) -> Tree:
    return read_tree(repository)


@pytest.fixture(scope="module")
def mutator(tree: Tree) -> Mutator:
    return Mutator(tree.files[CURRICULUM].data.decode())


def broken(tree: Tree, mutation: Mutation) -> tuple[Loaded, list[Diagnostic]]:
    """Load the course with the mutated text; every position must lie in its file."""
    found = load(Tree({**tree.files, CURRICULUM: InputFile(mutation.text)}))
    lines = mutation.text.decode("utf-8-sig", "replace").split("\n")
    for d in found.diagnostics:
        for span in (d.span, *(r.span for r in d.related)):
            if span.file == CURRICULUM:
                assert 1 <= span.line <= len(lines)
                assert 1 <= span.column <= len(lines[span.line - 1]) + 1
    return found, [d for d in found.diagnostics if d.severity is Severity.ERROR]


@given(kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 2**64))
@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_traceback(tree: Tree, mutator: Mutator, kind: str, seed: int) -> None:
    mutation = mutator.mutate(kind, random.Random(seed))
    found, errors = broken(tree, mutation)
    assert errors or found.curriculum is not None
    assert not any(d.code == "MLSJ-S022" for d in errors), "what fits the schema fits the model"
    assert render(found.diagnostics, "text", {CURRICULUM: mutation.text.decode("utf-8", "replace")}) or not errors


def test_faults_are_reported_where_they_were_made(tree: Tree, mutator: Mutator) -> None:
    rng = random.Random(20)
    broke, lost = 0, []
    for kind in list(KINDS) * ROUNDS:
        seed = rng.getrandbits(64)
        mutation = mutator.mutate(kind, random.Random(seed))
        _, errors = broken(tree, mutation)
        if errors:
            broke += 1
            if not placed(mutation, errors):
                lost.append((kind, seed, [d.message for d in errors][:3]))
    assert broke > ROUNDS * len(KINDS) * 0.7
    assert len(lost) <= broke * (1 - WANTED), lost


@pytest.mark.parametrize("kind", KINDS)
def test_commands_change_no_file(tree: Tree, mutator: Mutator, kind: str, tmp_path: Path) -> None:
    """`validate` and `generate` on a broken course end with 1, a message, and the course as it was."""
    rng = random.Random(kind)
    mutation, errors = next(
        (mutation, errors)
        for mutation in (mutator.mutate(kind, rng) for _ in range(50))
        if (errors := broken(tree, mutation)[1])
    )
    files = {**{name: file.data for name, file in tree.files.items()}, CURRICULUM: mutation.text}
    for name, data in files.items():
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    for command in ("validate", "generate"):
        result = CliRunner().invoke(cli, ["-C", str(tmp_path), command], catch_exceptions=False)
        assert result.exit_code == 1
        assert errors[0].code in result.stderr
        assert "Traceback" not in result.output
    assert {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == files


def test_the_measure_is_strict(mutator: Mutator) -> None:
    """A diagnostic at a random line is not taken for well placed."""
    rng = random.Random(3)
    taken = 0
    for kind in list(KINDS) * 25:
        mutation = mutator.mutate(kind, rng)
        line = rng.randint(1, mutation.text.count(b"\n") + 1)
        taken += placed(mutation, [Diagnostic("MLSJ-S014", "m", Span(CURRICULUM, line, 1))])
    assert taken < 0.1 * 25 * len(KINDS)
