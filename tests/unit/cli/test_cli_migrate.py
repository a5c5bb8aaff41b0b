"""`mlsj migrate`: a diff first, then a yes, then one atomic write."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import Mlsj, files

from mlsj.spec.migrate import MIGRATIONS, rename

OLD = """\
format: 0
# the course
course: {name: t}   # kept
"""
NEW = """\
format: 1
# the course
course: {id: t}     # kept
"""


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of a made-up format 0, in which an id was called a name."""

    def to_format_1(document: Any) -> None:
        rename(document["course"], "name", "id")

    monkeypatch.setitem(MIGRATIONS, 0, to_format_1)
    (tmp_path / "curriculum.yaml").write_text(OLD, encoding="utf-8")
    return tmp_path


def spec(course: Path) -> str:
    return (course / "curriculum.yaml").read_text(encoding="utf-8")


def test_without_a_yes_the_diff_is_shown_and_nothing_written(mlsj: Mlsj, old: Path) -> None:
    ran = mlsj("-C", old, "migrate")
    assert ran.code == 1
    assert "-format: 0\n+format: 1\n" in ran.out
    assert "-course: {name: t}   # kept" in ran.out
    assert ran.err == "Nothing was written. To write it: mlsj migrate --yes\n"
    assert files(old) == {"curriculum.yaml": OLD.encode()}


def test_with_yes_it_is_shown_and_written(mlsj: Mlsj, old: Path) -> None:
    ran = mlsj("-C", old, "migrate", "--yes")
    assert ran.code == 0
    assert "+format: 1\n" in ran.out
    assert "curriculum.yaml is now in format 1" in ran.out
    assert spec(old) == NEW
    assert list(files(old)) == ["curriculum.yaml"]
    again = mlsj("-C", old, "migrate", "--yes")
    assert (again.code, again.out) == (0, "curriculum.yaml is in format 1, the newest: nothing to do.\n")


@pytest.mark.parametrize(("answer", "code", "text"), [("y\n", 0, NEW), ("n\n", 1, OLD), ("\n", 1, OLD)])
def test_on_a_terminal_it_asks(
    mlsj: Mlsj, old: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, text: str
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer.strip())
    assert mlsj("-C", old, "migrate").code == code
    assert spec(old) == text


def test_as_json_it_never_asks(mlsj: Mlsj, old: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    found = json.loads(mlsj("-C", old, "migrate", "--format", "json").out)
    schema = json.loads((repository / "docs/formats/migrate.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert {**found, "diff": ""} == {"from": 0, "to": 1, "changed": True, "written": False, "diff": ""}
    assert "+format: 1" in found["diff"]
    assert spec(old) == OLD


def test_a_failed_write_keeps_the_original(mlsj: Mlsj, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    ran = mlsj("-C", old, "migrate", "--yes")
    assert ran.code == 3
    assert "No space left on device" in ran.err
    assert files(old) == {"curriculum.yaml": OLD.encode()}


def test_marks_at_the_file_s_beginning_and_line_ends_stay(mlsj: Mlsj, old: Path) -> None:
    (old / "curriculum.yaml").write_bytes(b"\xef\xbb\xbf" + OLD.replace("\n", "\r\n").encode())
    assert mlsj("-C", old, "migrate", "--yes").code == 0
    assert (old / "curriculum.yaml").read_bytes() == b"\xef\xbb\xbf" + NEW.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("text", "code"), [("format: 7\n", "MLSJ-S023"), ("format: -5\n", "MLSJ-S023"), ("a: [\n", "MLSJ-S002")]
)
def test_what_cannot_be_migrated_is_a_diagnostic(mlsj: Mlsj, old: Path, text: str, code: str) -> None:
    (old / "curriculum.yaml").write_text(text, encoding="utf-8")
    ran = mlsj("-C", old, "migrate", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert f"error[{code}]" in ran.err
    assert spec(old) == text


def test_an_old_spec_is_sent_here_by_every_command(mlsj: Mlsj, old: Path) -> None:
    ran = mlsj("-C", old, "list")
    assert ran.code == 1
    assert "mlsj migrate" in ran.err
