"""Where a generated line comes from, asked on the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from tiny_course import TINY, made, tiny

from mlsj.cli.main import cli
from mlsj.render.whence import original, whence

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "formats" / "explain.schema.json").read_text())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(TINY, tmp_path / "course")
    return tmp_path / "course"


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), "explain", *arguments], prog_name="mlsj", catch_exceptions=False)


def data(root: Path, target: str) -> dict[str, Any]:
    result = run(root, target, "--format", "json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(found, SCHEMA)
    return found


def test_a_line_of_a_page_names_its_criterion_and_the_line_of_the_spec(root: Path) -> None:
    page = made(tiny()).files["generated/lessons/1-1/README.md"].data.decode().split("\n")
    line = 1 + next(n for n, row in enumerate(page) if "**`people`**" in row)
    spec = (root / "curriculum.yaml").read_text().split("\n")
    expected = 1 + next(n for n, row in enumerate(spec) if row.strip() == "- id: people")
    assert run(root, f"generated/lessons/1-1/README.md:{line}").stdout == (
        "file:         generated/lessons/1-1/README.md\n"
        f"lines:        {line}\n"
        "made by:      mlsj.render.lessons\n"
        f"spec:         lessons/1-1/criteria/people  (curriculum.yaml:{expected}:17)\n"
        "template:     mlsj/render/templates/lesson.md.j2\n"
        "to change it: edit curriculum.yaml, then run make\n"
    )


def test_the_line_moves_with_the_spec_and_the_place_stays(root: Path) -> None:
    spec = root / "curriculum.yaml"
    before = data(root, "stacks/cache.yml:9")
    spec.write_text(spec.read_text().replace("services:\n", "\n\nservices:\n", 1))
    after = data(root, "stacks/cache.yml:9")
    assert (before["origin"], after["origin"]) == ("services/redis", "services/redis")
    assert after["spec"]["line"] == before["spec"]["line"] + 2


def test_a_stub_names_its_source_and_so_does_the_learners_copy(root: Path) -> None:
    stub = data(root, "generated/lessons/1-1/work/greet.py")
    assert (stub["source"], stub["copy"]) == ("templates/lessons/1-1/greet.py", None)
    for copy in ("work/1-1/greet.py", ".mlsj/base/1-1/work/greet.py"):
        assert data(root, copy) == stub | {"copy": copy}
    overlay = root / "templates/lessons/1-1/variants/stub/greet.py"
    overlay.parent.mkdir(parents=True)
    overlay.write_text("print('begin here')\n")
    assert data(root, "work/1-1/greet.py:1")["source"] == "templates/lessons/1-1/variants/stub/greet.py"
    assert run(root, "work/1-1/greet.py").stdout.endswith("to change it: it is yours: edit it\n")


def test_a_page_of_the_course_names_the_courses_template(root: Path) -> None:
    own = root / "templates/pages/note.md.j2"
    own.parent.mkdir(parents=True)
    own.write_text('{% extends "default/note.md.j2" %}')
    assert data(root, "notes/1-2.md")["template"] == "templates/pages/note.md.j2"
    assert data(root, "generated/README.md")["template"] == "mlsj/render/templates/index.md.j2"


def test_paths_are_seen_from_here_and_from_the_root(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "generated/lessons/1-1").mkdir(parents=True)
    monkeypatch.chdir(root / "generated" / "lessons")
    for target in ("1-1/note.md", "./1-1/../1-1/note.md", "generated/lessons/1-1/note.md", str(root / "notes/1-1.md")):
        result = CliRunner().invoke(cli, ["explain", target, "--format", "json"], prog_name="mlsj")
        assert json.loads(result.stdout)["path"] == "generated/lessons/1-1/note.md", target


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("generated/REAMDE.md", "the compiler makes no such file; did you mean 'generated/README.md'?"),
        ("curriculum.yaml", "written by the course's authors; the compiler only reads it"),
        ("templates/lessons/1-1/greet.py:3", "written by the course's authors"),
        ("work/1-1/mine.py", "not one of the files that a lesson begins with: it is the learner's own"),
        ("generated/lessons", "is a folder; name a file in it, such as generated/lessons/1-1/README.md"),
        ("generated/course.mk:9999", "generated/course.mk has no line 9999"),
        ("generated/course.mk:0", "generated/course.mk has no line 0"),
        ("../elsewhere.md", "the compiler makes no such file"),
    ],
)
def test_what_the_compiler_did_not_make_is_told_and_exits_2(root: Path, target: str, message: str) -> None:
    result = run(root, target)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_a_broken_spec_is_told_and_exits_1(root: Path) -> None:
    (root / "curriculum.yaml").write_text("format: 2\n")
    result = run(root, "generated/README.md")
    assert result.exit_code == 1
    assert "curriculum.yaml:1:9: error[MLSJ-" in result.stderr


def test_every_line_of_every_file_comes_from_somewhere() -> None:
    loaded = tiny()
    rendered = made(loaded)
    for path, file in rendered.files.items():
        for line in range(1, file.data.count(b"\n") + 1):
            found = whence(loaded, rendered, path, line)
            assert found is not None
            assert found.first is None or found.first <= line <= (found.last or 0)


def test_only_copies_have_an_original() -> None:
    assert original("work/1-1/a/b.py") == "generated/lessons/1-1/work/a/b.py"
    assert original(".mlsj/base/1-1/note.md") == original("notes/1-1.md") == "generated/lessons/1-1/note.md"
    assert original("work/1-1") == "work/1-1"
    assert original("generated/README.md") == "generated/README.md"
