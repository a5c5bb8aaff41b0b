"""`mlsj prove`: exit codes, the report, JSON by its schema, and what it says while it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
from command_line import Mlsj, edit

from mlsj.cli import prove as cli
from mlsj.verify.prove_record import schema_text

if TYPE_CHECKING:
    import pytest

SCHEMA = "docs/formats/proof.schema.json"


def test_the_schema_is_rendered_from_the_types(repository: Path) -> None:
    assert (repository / SCHEMA).read_text(encoding="utf-8") == schema_text()


def test_a_new_course_is_proved(mlsj: Mlsj, fresh: Path) -> None:
    ran = mlsj("-C", fresh, "prove")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(
        "1-1 Add up numbers: proved\n\n  variant            verdicts  fails           as declared"
    )
    assert ran.out.splitlines()[-1] == "proved 1 of 1 lesson: 4 variants, 4 judgings"


def test_a_fault_is_named_with_exit_1_and_in_json_as_documented(mlsj: Mlsj, fresh: Path, repository: Path) -> None:
    edit(fresh, "message: the sum of 50 numbers is wrong", "message: that is not the sum")
    edit(fresh, "          printf '1\\n2\\n' | python3 work/1-1/total.py\n", "          make nothing\n")
    ran = mlsj("-C", fresh, "prove", "1-1", "1-1", "--repeat", 2, "--jobs", 2, "--format", "json")
    assert (ran.code, ran.err) == (1, "")
    document = json.loads(ran.out)
    jsonschema.Draft202012Validator(json.loads((repository / SCHEMA).read_text())).validate(document)
    assert (document["state"], document["judgings"], document["repeat"]) == ("not proved", 8, 2)
    (lesson,) = document["lessons"]
    assert [problem["code"] for problem in lesson["problems"]] == ["message-missing", "quickstart-fails"]
    assert {row["variant"]: row["as_declared"] for row in lesson["variants"]} == {
        "solution": True,
        "stub": True,
        "digits-only": False,
        "silent-on-nothing": True,
    }
    assert lesson["variants"][0]["verdicts"] == {"ppp": 2}


def test_a_draft_cannot_be_proved(mlsj: Mlsj, fresh: Path) -> None:
    ran = mlsj("-C", fresh, "prove", "1-1", "1-2")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.splitlines()[0] == "error: 1-2: a draft cannot be proved"


def test_an_unknown_lesson_is_a_mistake_of_the_command_line(mlsj: Mlsj, fresh: Path) -> None:
    ran = mlsj("-C", fresh, "prove", "1-3")
    assert ran.code == 2
    assert "no lesson '1-3'; did you mean '1-2'?" in ran.err


def test_a_course_of_drafts_has_nothing_to_prove(mlsj: Mlsj, fresh: Path) -> None:
    edit(fresh, "        status: ready\n", "        status: draft\n")
    ran = mlsj("-C", fresh, "prove")
    assert (ran.code, ran.out) == (0, "no lesson of this course is ready: there is nothing to prove\n")
    ran = mlsj("-C", fresh, "prove", "--format", "json")
    assert (ran.code, json.loads(ran.out)["lessons"]) == (0, [])


def test_a_spec_that_is_wrong_is_not_proved(mlsj: Mlsj, fresh: Path) -> None:
    edit(fresh, "        title: Add up numbers\n", "        tittle: Add up numbers\n")
    ran = mlsj("-C", fresh, "prove")
    assert ran.code == 1
    assert "unknown key 'tittle'" in ran.err


def test_a_log_gets_a_line_now_and_then_and_a_terminal_one_that_changes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 1.0, 11.0, 12.0, 22.0, 33.0])
    monkeypatch.setattr("mlsj.cli.prove.time.monotonic", lambda: next(clock))
    show = cli._progress()
    show(0, 0, "installing 'e'")
    for done in range(1, 5):
        show(done, 4, "1-1 stub")
    assert capsys.readouterr().err == "installing 'e' …\nproving: 1 of 4 done\nproving: 3 of 4 done\n"
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    show = cli._progress()
    show(0, 0, "installing 'e'")
    show(1, 4, "1-1 stub")
    assert capsys.readouterr().err == "\r\x1b[2Kinstalling 'e'\r\x1b[2K1 of 4: 1-1 stub"
