"""What must hold of the repository itself, seen as the course it is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest


def tracked(repository: Path) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [name for name in listed.split("\0") if name and (repository / name).is_file()]


@pytest.mark.needs("git")
def test_learner_zone_is_absent_from_the_courses_own_repository(repository: Path) -> None:
    names = tracked(repository)
    assert [n for n in names if n.startswith(("work/", ".mlsj/base/"))] == []
    assert [n for n in names if n.startswith("notes/")] == ["notes/README.md"]


def test_nothing_in_the_package_knows_this_course(repository: Path) -> None:
    words = re.compile(r"ML Systems Journey|ml-systems-journey|\bPMPP\b|\bDDIA\b", re.IGNORECASE)
    sources = [p for p in (repository / "generator").rglob("*") if p.suffix in {".py", ".j2", ".yaml", ".md", ".json"}]
    assert len(sources) > 40
    assert [str(p) for p in sources if words.search(p.read_text(encoding="utf-8"))] == []


@pytest.mark.needs("git")
def test_markers_of_variants_never_reach_a_learner(repository: Path) -> None:
    marker = re.compile(r"^\s*(#|//|--): (solution|stub|mistake|end)\b", re.MULTILINE)
    generated = [n for n in tracked(repository) if n.startswith("generated/lessons/")]
    assert generated
    offending = [n for n in generated if marker.search((repository / n).read_text(encoding="utf-8"))]
    assert offending == []


@pytest.mark.needs("git")
def test_no_large_files_and_no_addresses_in_locks(repository: Path) -> None:
    names = tracked(repository)
    assert [n for n in names if (repository / n).stat().st_size > 1024 * 1024] == []
    locks = [n for n in names if n.startswith("locks/") and n.endswith(".txt")]
    assert len(locks) >= 3
    for name in locks:
        text = (repository / name).read_text(encoding="utf-8")
        assert "://" not in text
        pinned = re.findall(r"^[A-Za-z0-9_.-]+==", text, re.MULTILINE)
        assert pinned
        assert text.count("--hash=sha256:") >= len(pinned)


def test_every_source_file_is_short_enough_to_hold_one_idea(repository: Path) -> None:
    folders = ("generator", "tests", "benchmarks")
    lengths = {
        str(path.relative_to(repository)): len(path.read_text(encoding="utf-8").splitlines())
        for folder in folders
        for path in (repository / folder).rglob("*.py")
    }
    assert {name: length for name, length in lengths.items() if length > 450} == {}


def test_every_format_that_is_printed_has_a_row_and_every_row_a_schema(repository: Path) -> None:
    formats = repository / "docs/formats"
    rows = re.findall(r"^\| \[(.+?)\]\((.+?)\) \| `mlsj .+ \|$", (formats / "README.md").read_text(), re.MULTILINE)
    schemas = sorted(path.name for path in formats.glob("*.schema.json"))
    assert sorted(rows) == sorted((name.removesuffix(".schema.json"), name) for name in schemas)
