"""`mlsj new lesson`: a draft that is valid whatever it is called, and nothing changed when it cannot be added."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import HOSTILE, Mlsj, edit, files

from mlsj.cli.common import load_course
from mlsj.project import newlesson
from mlsj.spec.variants import variant


def added_lines(old: bytes, new: bytes) -> list[bytes]:
    """The lines that `new` has more than `old`; fails unless they are one run and nothing else differs."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    size = len(after) - len(before)
    at = next(n for n in range(len(before), -1, -1) if after[:n] == before[:n] and after[n + size :] == before[n:])
    return after[at : at + size]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_lesson_of_any_title_is_a_valid_draft(mlsj: Mlsj, fresh: Path, title: str) -> None:
    before = (fresh / "curriculum.yaml").read_bytes()
    ran = mlsj("-C", fresh, "new", "lesson", "1-3", "--module", "1", "--title", title)
    assert (ran.code, ran.err) == (0, "")
    found = load_course(fresh)
    assert [d.code for d in found.diagnostics if d.severity == "error"] == []
    assert found.curriculum is not None
    lesson = found.curriculum.lesson("1-3")
    assert lesson is not None
    assert (lesson.title, lesson.status, lesson.sources) == (title, "draft", "templates/lessons/1-3")
    assert added_lines(before, (fresh / "curriculum.yaml").read_bytes())[0].strip() == b"- id: 1-3"


def test_its_sources_hold_a_solution_a_stub_and_mistakes(mlsj: Mlsj, fresh: Path) -> None:
    assert mlsj("-C", fresh, "new", "lesson", "1-3").code == 0
    found = load_course(fresh)
    assert found.curriculum is not None
    lesson = found.curriculum.lesson("1-3")
    assert lesson is not None
    names = ["solution", "stub", *(mistake.id for mistake in lesson.mistakes)]
    texts = [variant(found.tree, lesson, name)["main.py"].data for name in names]
    assert len(names) == len(set(texts)) == 4


def test_what_its_judge_says_is_what_its_mistakes_announce(mlsj: Mlsj, fresh: Path) -> None:
    """The example can be made ready as it is: the comment says how."""
    assert mlsj("-C", fresh, "new", "lesson", "1-3").code == 0
    text = (fresh / "curriculum.yaml").read_text(encoding="utf-8")
    ready = text.replace("            # uses: judge", "            uses: judge").replace(
        "            # with: {function: works}", "            with: {function: works}"
    )
    assert ready.count("function: works") == 1
    (fresh / "curriculum.yaml").write_text(ready, encoding="utf-8")
    edit(fresh, 'title: "Lesson 1-3"\n        status: draft', 'title: "Lesson 1-3"\n        status: ready')
    assert [d.code for d in load_course(fresh).diagnostics if d.severity == "error"] == []
    ran = mlsj("-C", fresh, "prove", "1-3")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "proved 1 of 1 lesson: 4 variants, 4 judgings")


@pytest.mark.parametrize("lesson_id", ["7", "null", "1e3", "true", "0x1F"])
def test_an_id_that_yaml_would_read_as_something_else_is_quoted(mlsj: Mlsj, fresh: Path, lesson_id: str) -> None:
    assert mlsj("-C", fresh, "new", "lesson", lesson_id).code == 0
    curriculum = load_course(fresh).curriculum
    assert curriculum is not None
    assert curriculum.lesson(lesson_id) is not None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("1-1",), "there is a lesson '1-1' already"),
        (("../x",), "is no id"),
        (("a b",), "is no id"),
        (("9-9", "--module", "9"), "no module '9'; there are 1"),
        (("9-9", "--title", "\x07"), "control character"),
    ],
)
def test_what_cannot_be_added_is_refused_untouched(
    mlsj: Mlsj, fresh: Path, arguments: tuple[str, ...], says: str
) -> None:
    before = files(fresh)
    ran = mlsj("-C", fresh, "new", "lesson", *arguments)
    assert ran.code == 2
    assert says in ran.err
    assert files(fresh) == before


def test_a_folder_of_that_name_is_not_overwritten(mlsj: Mlsj, fresh: Path) -> None:
    (fresh / "templates/lessons/1-3").mkdir()
    (fresh / "templates/lessons/1-3/mine.py").write_text("mine", encoding="utf-8")
    ran = mlsj("-C", fresh, "new", "lesson", "1-3")
    assert ran.code == 2
    assert "templates/lessons/1-3/ exists already" in ran.err


def test_with_several_modules_one_must_be_named(mlsj: Mlsj, tiny: Path) -> None:
    ran = mlsj("-C", tiny, "new", "lesson", "9-9")
    assert ran.code == 2
    assert "--module" in ran.err
    before = (tiny / "curriculum.yaml").read_bytes()
    assert mlsj("-C", tiny, "new", "lesson", "1-9", "--module", "1").code == 0
    assert added_lines(before, (tiny / "curriculum.yaml").read_bytes())
    curriculum = load_course(tiny).curriculum
    assert curriculum is not None
    assert [lesson.id for lesson in curriculum.modules[0].lessons][-1] == "1-9"


def test_a_broken_course_is_not_added_to(mlsj: Mlsj, fresh: Path) -> None:
    edit(fresh, "needs: [1-1]", "needs: [nowhere]")
    before = files(fresh)
    ran = mlsj("-C", fresh, "new", "lesson", "1-3")
    assert ran.code == 1
    assert "error[MLSJ-R" in ran.err
    assert files(fresh) == before


def test_a_layout_without_blocks_is_refused_with_the_reason(mlsj: Mlsj, fresh: Path) -> None:
    path = fresh / "curriculum.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("    lessons:\n")
    lesson = (
        "{id: 1-1, title: T, status: draft, effort: {read: 1, build: 1, reflect: 1}, reading_note: none, debrief: Why,"
        " quickstart: x, objectives: [{id: o, says: Do}], criteria: [{id: c, core: true, shows: [o], says: Holds}]}"
    )
    path.write_text(f"{text[:start]}    lessons: [{lesson}]\n", encoding="utf-8")
    before = files(fresh)
    ran = mlsj("-C", fresh, "new", "lesson", "1-3")
    assert ran.code == 2
    assert "write the lessons of module 1 as a list" in ran.err
    assert files(fresh) == before


def test_a_failed_write_of_the_spec_takes_the_sources_back(
    mlsj: Mlsj, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    before = files(fresh)
    monkeypatch.setattr(newlesson, "replace", full)
    assert mlsj("-C", fresh, "new", "lesson", "1-3").code == 3
    assert files(fresh) == before
    assert not (fresh / "templates/lessons/1-3").exists()
