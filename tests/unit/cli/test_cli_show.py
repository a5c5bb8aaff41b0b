"""`mlsj show`: everything about one lesson, as text and as documented JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import Mlsj, edit

from mlsj.cli.common import load_course


def shown(mlsj: Mlsj, course: Path, lesson: str) -> Any:
    ran = mlsj("-C", course, "show", lesson, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    return json.loads(ran.out)


def test_json_of_every_lesson_is_as_documented(mlsj: Mlsj, tiny: Path, repository: Path) -> None:
    schema = json.loads((repository / "docs/formats/show.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    curriculum = load_course(tiny).curriculum
    assert curriculum is not None
    for _, lesson in curriculum.lessons():
        found = shown(mlsj, tiny, lesson.id)
        jsonschema.validate(found, schema)
        assert [criterion["id"] for criterion in found["criteria"]] == [criterion.id for criterion in lesson.criteria]
        assert [needed["id"] for needed in found["prerequisites"]] == lesson.needs


def test_list_and_show_agree(mlsj: Mlsj, tiny: Path, repository: Path) -> None:
    """What both print is the same, and documented in the same words."""
    formats = repository / "docs/formats"
    summary = json.loads((formats / "list.schema.json").read_text(encoding="utf-8"))["$defs"]
    details = json.loads((formats / "show.schema.json").read_text(encoding="utf-8"))["properties"]
    fields = {**summary["lesson"]["properties"], "effort": summary["effort"]}
    assert {name: details[name] for name in fields} == fields
    for item in json.loads(mlsj("-C", tiny, "list", "--format", "json").out):
        found = shown(mlsj, tiny, item["id"])
        assert {name: found[name] for name in item} == item


def test_text_of_a_ready_lesson(mlsj: Mlsj, fresh: Path) -> None:
    ran = mlsj("-C", fresh, "show", "1-1")
    assert (ran.code, ran.err) == (0, "")
    assert (
        ran.out
        == """\
1-1  Add up numbers
Module 1: First steps · core track · 1.5 h (read 0.5, build 0.5, reflect 0.5)

About
  A program that reads numbers and prints their sum.

Read
  - The Python Tutorial · chapter 7: Input and Output · reading lines · https://docs.python.org/3/tutorial/

Afterwards you can
  - Read numbers from standard input
  - Say what the sum of nothing is

Judged by
  - sum (core): The sum of random numbers, negative ones among them, is printed
  - empty (core): For no input 0 is printed
  - note (core): The note answers its question in at least ten words

Quick start
  printf '1\\n2\\n' | python3 work/1-1/total.py

Where
  page  generated/lessons/1-1/README.md
  work  work/1-1
  note  notes/1-1.md

Next
  mlsj start 1-1
"""
    )


def test_a_draft_is_marked_and_offers_no_judging(mlsj: Mlsj, fresh: Path) -> None:
    out = mlsj("-C", fresh, "show", "1-2").out
    assert out.splitlines()[0] == "1-2  Your next lesson  [draft]"
    assert "cannot be judged yet" in out
    assert "Next\n" not in out
    assert "Finish first\n  1-1  Add up numbers\n" in out
    assert shown(mlsj, fresh, "1-2")["next"] == ""


def test_a_draft_among_the_prerequisites_is_marked(mlsj: Mlsj, fresh: Path) -> None:
    edit(fresh, "        needs: [1-1]\n", "        needs: []\n")
    edit(fresh, "        effort: {read: 0.5, build: 0.5, reflect: 0.5}      # hours\n", (
        "        needs: [1-2]\n        effort: {read: 0.1, build: 0.2, reflect: 0}\n"
    ))  # fmt: skip
    out = mlsj("-C", fresh, "show", "1-1").out
    assert "  1-2  Your next lesson [draft]\n" in out
    assert "0.3 h (read 0.1, build 0.2, reflect 0)" in out
    assert shown(mlsj, fresh, "1-1")["effort"]["total"] == 0.3


def test_after_the_start_the_next_command_judges(mlsj: Mlsj, fresh: Path) -> None:
    assert shown(mlsj, fresh, "1-1")["next"] == "mlsj start 1-1"
    (fresh / ".mlsj/base/1-1").mkdir(parents=True)
    found = shown(mlsj, fresh, "1-1")
    assert (found["started"], found["next"]) == (True, "mlsj check 1-1")


@pytest.mark.parametrize(("given", "meant"), [("1-11", "1-1"), ("1_2", "1-2")])
def test_an_unknown_lesson_is_a_usage_error_with_a_suggestion(mlsj: Mlsj, fresh: Path, given: str, meant: str) -> None:
    ran = mlsj("-C", fresh, "show", given)
    assert (ran.code, ran.out) == (2, "")
    assert f"no lesson '{given}'; did you mean '{meant}'?" in ran.err


def test_a_lesson_unlike_any_is_answered_with_what_there_is(mlsj: Mlsj, fresh: Path) -> None:
    assert "no lesson 'zzz'; there are 1-1, 1-2" in mlsj("-C", fresh, "show", "zzz").err
