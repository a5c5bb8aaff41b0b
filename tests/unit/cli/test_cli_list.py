"""`mlsj list`: the same lessons as text and as documented JSON."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import Mlsj, edit

from mlsj.cli.common import load_course
from mlsj.cli.views import hours

ESCAPE = "\x1b"


def listed(mlsj: Mlsj, course: Path, *options: str) -> Any:
    ran = mlsj("-C", course, "list", "--format", "json", *options)
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def test_json_is_as_documented_and_holds_every_lesson(mlsj: Mlsj, tiny: Path, repository: Path) -> None:
    schema = json.loads((repository / "docs/formats/list.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    found = listed(mlsj, tiny)
    jsonschema.validate(found, schema)
    curriculum = load_course(tiny).curriculum
    assert curriculum is not None
    assert [(item["id"], item["title"], item["module"], item["track"], item["status"]) for item in found] == [
        (lesson.id, lesson.title, module.id, lesson.track, lesson.status) for module, lesson in curriculum.lessons()
    ]
    assert [item["effort"]["total"] for item in found] == [lesson.effort.total for _, lesson in curriculum.lessons()]


@pytest.mark.parametrize("field", ["id", "title", "module", "track", "status", "effort", "needs", "runner"])
def test_the_schema_demands_each_promised_field(mlsj: Mlsj, fresh: Path, repository: Path, field: str) -> None:
    schema = json.loads((repository / "docs/formats/list.schema.json").read_text(encoding="utf-8"))
    found = listed(mlsj, fresh)
    del found[0][field]
    with pytest.raises(jsonschema.ValidationError, match=field):
        jsonschema.validate(found, schema)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (("--status", "draft"), ["1-2", "2-1"]),
        (("--status", "ready"), ["1-1"]),
        (("--module", "2"), ["2-1"]),
        (("--track", "full-book"), ["2-1"]),
        (("--track", "core", "--module", "2"), []),
    ],
)
def test_filters(mlsj: Mlsj, fresh: Path, options: tuple[str, ...], ids: list[str]) -> None:
    assert mlsj("-C", fresh, "new", "lesson", "2-1", "--title", "Zwei").code == 0
    edit(
        fresh,
        "      - id: 2-1\n",
        '  - id: "2"\n    title: Second\n    hours: 2\n    lessons:\n      - id: 2-1\n        track: full-book\n',
    )
    assert [item["id"] for item in listed(mlsj, fresh, *options)] == ids


def test_text_names_every_lesson_and_marks_drafts(mlsj: Mlsj, tiny: Path) -> None:
    ran = mlsj("-C", tiny, "list")
    assert (ran.code, ran.err) == (0, "")
    assert ESCAPE not in ran.out
    curriculum = load_course(tiny).curriculum
    assert curriculum is not None
    lines = ran.out.splitlines()
    for module, lesson in curriculum.lessons():
        row = next(line for line in lines if line.split()[:1] == [lesson.id])
        assert lesson.title in row
        assert lesson.status in row.split()
        outline, computed = hours(module.hours), hours(module.computed_hours)
        assert f"{module.id}  {module.title} ({outline} h in the outline, {computed} h computed)" in lines


def test_columns_are_aligned_also_beside_wide_characters(mlsj: Mlsj, fresh: Path) -> None:
    edit(fresh, "title: Add up numbers", "title: 数を足す")
    rows = [line for line in mlsj("-C", fresh, "list").out.splitlines() if re.match(r"  (LESSON|1-\d) ", line)]
    assert len(rows) == 3
    # A wide character takes two columns of a terminal.
    cells = ["".join(c * 2 if ord(c) > 0x2E80 else c for c in row) for row in rows]
    assert len({cell.index(word) for cell, word in zip(cells, ["TRACK", "core", "core"], strict=True)}) == 1
    assert len({cell.rindex(word) + len(word) for cell, word in zip(cells, ["HOURS", "1.5", "1.5"], strict=True)}) == 1


def test_a_title_of_several_lines_stays_in_its_row(mlsj: Mlsj, fresh: Path) -> None:
    edit(fresh, "title: Add up numbers", 'title: "Add\\n  up"')
    assert "  Add up " in mlsj("-C", fresh, "list").out
    assert listed(mlsj, fresh)[0]["title"] == "Add\n  up"


def test_brief_has_a_line_for_each_module(mlsj: Mlsj, fresh: Path) -> None:
    assert mlsj("-C", fresh, "list", "--brief").out == (
        "A fresh course: 2 lessons, 1 ready, 1 draft, 3 h\n"
        "  1  First steps (3 h in the outline, 3 h computed): 1-1 1-2 (draft)\n"
    )


def test_colours_only_on_a_terminal_that_wants_them(mlsj: Mlsj, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    coloured = mlsj("-C", fresh, "list").out
    assert f"{ESCAPE}[33mdraft" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    plain = mlsj("-C", fresh, "list").out
    assert ESCAPE not in plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_nothing_is_like_that(mlsj: Mlsj, fresh: Path) -> None:
    ran = mlsj("-C", fresh, "list", "--track", "full-book")
    assert (ran.code, ran.out) == (0, "No lesson is like that; 'mlsj list' shows all.\n")


def test_an_unknown_module_is_a_usage_error_with_a_suggestion(mlsj: Mlsj, fresh: Path) -> None:
    edit(fresh, '  - id: "1"', "  - id: basics")
    ran = mlsj("-C", fresh, "list", "--module", "basic")
    assert (ran.code, ran.out) == (2, "")
    assert "no module 'basic'; did you mean 'basics'?" in ran.err


def test_a_broken_course_is_reported_not_listed(mlsj: Mlsj, fresh: Path) -> None:
    edit(fresh, "title: Add up numbers", "tittle: Add up numbers")
    ran = mlsj("-C", fresh, "list")
    assert (ran.code, ran.out) == (1, "")
    assert "MLSJ-S014" in ran.err


def test_outside_of_a_course_the_way_in_is_said(mlsj: Mlsj, tmp_path: Path) -> None:
    ran = mlsj("-C", tmp_path, "list")
    assert ran.code == 2
    assert "no curriculum.yaml" in ran.err
