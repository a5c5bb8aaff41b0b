"""The catalogue: complete, its pages written, and explained on the command line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from mlsj.cli.main import cli
from mlsj.spec.codes import catalogue, page
from mlsj.spec.codes._pages import LAYERS, pages


def test_pages_are_the_catalogue(repository: Path) -> None:
    folder = repository / "docs" / "diagnostics"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == pages(catalogue()), "python -m mlsj.spec.codes docs/diagnostics"


def test_every_code_in_the_sources_is_in_the_catalogue(repository: Path) -> None:
    sources = (repository / "generator" / "mlsj").rglob("*.py")
    used = {code for path in sources for code in re.findall(r"MLSJ-[A-Z]\d{3}\b", path.read_text(encoding="utf-8"))}
    assert used - set(catalogue()) == set()


@pytest.mark.parametrize("code", catalogue().values(), ids=lambda code: code.code)
def test_a_code_says_what_and_how(code: object) -> None:
    found = catalogue()[code.code]  # type: ignore[attr-defined]
    assert re.fullmatch(rf"MLSJ-[{''.join(LAYERS)}]\d{{3}}", found.code)
    assert len(found.title) < 60
    assert not found.title.endswith(".")
    assert found.explanation.endswith(".")
    assert found.mend.rstrip().endswith((".", "```"))


def test_explain(repository: Path) -> None:
    result = CliRunner().invoke(cli, ["explain", "mlsj-s014"])
    assert result.exit_code == 0
    assert result.stdout == page(catalogue()["MLSJ-S014"])
    unknown = CliRunner().invoke(cli, ["explain", "MLSJ-S041"])
    assert unknown.exit_code == 2
    assert "did you mean 'MLSJ-S0" in unknown.stderr
    as_json = CliRunner().invoke(cli, ["explain", "MLSJ-S014", "--format", "json"])
    documented = json.loads((repository / "docs/formats/code.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(as_json.stdout), documented)
    assert json.loads(as_json.stdout)["title"] == "Unknown key"
