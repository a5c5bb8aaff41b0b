"""A made-up format 0 becomes format 1: keys are renamed, everything else keeps its bytes."""

from __future__ import annotations

from typing import Any

import pytest

from mlsj.spec import migrate as migration
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.migrate import MIGRATIONS, Migrated, merge, migrate, rename
from mlsj.spec.source import parse

OLD = """\
# yaml-language-server: $schema=schema/curriculum.schema.json
format: 0      # the first one
course:  {name: t,   title: 'Single quoted'}   # odd   spacing

# About the chapters.
modules:
    - name: "1"        # a module
      hours:    3
      lessons:
      - { name: 1-1, effort: 1e1, wide: "%s" }
      - name: 1-2
        text: |
            kept   as it is

              # not a comment
        list:
        - a
        -   b      # wide dash
# the end
""" % ("x" * 300)


def to_format_1(document: Any) -> None:
    rename(document["course"], "name", "id")
    for module in document["modules"]:
        rename(module, "name", "id")
        for lesson in module["lessons"]:
            rename(lesson, "name", "id")


@pytest.fixture
def _format_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIGRATIONS, 0, to_format_1)


def migrated(text: str) -> Migrated:
    made = migrate(parse("curriculum.yaml", text.encode()))
    assert isinstance(made, Migrated)
    return made


@pytest.mark.usefixtures("_format_0")
def test_keys_are_renamed_and_untouched_lines_keep_their_bytes() -> None:
    made = migrated(OLD)
    assert made.formats == (0, 1)
    old, new = OLD.split("\n"), made.text.split("\n")
    assert len(old) == len(new)
    changed = [(before, after) for before, after in zip(old, new, strict=True) if before != after]
    assert [before.strip().split()[0] for before, _ in changed] == ["format:", "course:", "-", "-", "-"]
    assert all("name" not in after for _, after in changed)
    assert "# the first one" in made.text
    assert "# a module" in made.text
    assert "x" * 300 in made.text


@pytest.mark.usefixtures("_format_0")
def test_the_result_means_what_the_migration_made() -> None:
    old, new = parse("c", OLD.encode()).data, parse("c", migrated(OLD).text.encode()).data
    expected = {
        "format": 1,
        "course": {"id": "t", "title": "Single quoted"},
        "modules": [
            {
                "id": "1",
                "hours": 3,
                "lessons": [
                    {"id": "1-1", "effort": 10.0, "wide": "x" * 300},
                    {**old["modules"][0]["lessons"][1], "id": "1-2"},
                ],
            }
        ],
    }
    del expected["modules"][0]["lessons"][1]["name"]
    assert new == expected


@pytest.mark.usefixtures("_format_0")
def test_line_ends_of_windows_stay() -> None:
    made = migrated(OLD.replace("\n", "\r\n"))
    assert made.text.count("\r\n") == made.text.count("\n") == OLD.count("\n")


@pytest.mark.usefixtures("_format_0")
def test_migrating_twice_is_migrating_once() -> None:
    once = migrated(OLD)
    assert migrated(once.text) == Migrated(once.text, (1,))


def test_several_steps_are_taken_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setitem(MIGRATIONS, -1, lambda document: seen.append(document["format"]))
    monkeypatch.setitem(MIGRATIONS, 0, lambda document: seen.append(document["format"]))
    assert migrated("format: -1\n") == Migrated("format: 1\n", (-1, 0, 1))
    assert seen == [-1, 0]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("format: 2\n", "MLSJ-S023", "has format 2; this mlsj reads format 1"),
        ("format: 0\n", "MLSJ-S023", "no way from format 0"),
        ("course: {}\n", "MLSJ-S015", "does not say"),
        ("format: one\n", "MLSJ-S015", "does not say"),
        ("- 1\n", "MLSJ-S015", "does not say"),
    ],
)
def test_what_cannot_be_migrated_is_a_diagnostic(text: str, code: str, says: str) -> None:
    found = migrate(parse("curriculum.yaml", text.encode()))
    assert isinstance(found, Diagnostic)
    assert found.code == code
    assert says in found.message


def test_content_wins_over_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the merge would change what is said, ruamel's own text is taken."""
    monkeypatch.setitem(MIGRATIONS, 0, to_format_1)
    monkeypatch.setattr(migration, "merge", lambda *_: "format: 1\nlost: true\n")
    made = migrated(OLD)
    assert parse("c", made.text.encode()).data["modules"][0]["id"] == "1"


def test_merge_takes_what_changed_and_leaves_the_rest() -> None:
    original = "a:   1\nb:  2\nc: 3\n"
    before = "a: 1\nb: 2\nc: 3\n"
    assert merge(original, before, before) == original
    assert merge(original, before, "a: 1\nb: 9\nc: 3\n") == "a:   1\nb: 9\nc: 3\n"
    assert merge(original, before, "a: 1\nc: 3\nd: 4\n") == "a:   1\nc: 3\nd: 4\n"


def test_rename_leaves_order_and_absent_keys() -> None:
    from ruamel.yaml import YAML

    document = YAML().load("a: 1\nb: 2 # two\nc: 3\n")
    rename(document, "b", "z")
    rename(document, "nothing", "y")
    assert list(document) == ["a", "z", "c"]
    assert list(document.ca.items) == ["z"]
