"""`mlsj new`: courses and lessons from nothing, whatever they are called, and nothing left elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import Mlsj, edit, files

from mlsj.cli.common import load_course
from mlsj.project import newlesson
from mlsj.spec.load import Loaded
from mlsj.spec.variants import variant

HOSTILE = [
    "He said \"hi\" and 'bye'",
    "$HOME `id` $(id) ${{ secrets.X }}",
    "{{ 7*7 }} {% raw %} {# no #} {{ cookiecutter._id }}",
    "two\nlines\tand a tab",
    "- # : & * ! | > % @",
    "<script>alert(1)</script> \\ back\\slash \\n",
    "null",
    "äöü 数 😀",
    "x" * 300,
]


def loaded(course: Path) -> Loaded:
    found = load_course(course)
    assert found.diagnostics == (), [f"{d.code} {d.message}" for d in found.diagnostics]
    assert found.curriculum is not None
    return found


# ── courses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("title", HOSTILE)
def test_a_course_of_any_title_is_valid(mlsj: Mlsj, tmp_path: Path, title: str) -> None:
    ran = mlsj("new", "course", tmp_path / "c", "--title", title, "--id", "mine", "--repository", "me/mine")
    assert (ran.code, ran.err) == (0, "")
    curriculum = loaded(tmp_path / "c").curriculum
    assert curriculum is not None
    assert (curriculum.course.title, curriculum.course.id, curriculum.course.repository) == (title, "mine", "me/mine")
    assert [(lesson.id, lesson.status) for _, lesson in curriculum.lessons()] == [("1-1", "ready"), ("1-2", "draft")]


def test_every_file_it_makes_is_named_and_readable(mlsj: Mlsj, tmp_path: Path) -> None:
    ran = mlsj("-C", tmp_path, "new", "course", "My_New course")
    made = files(tmp_path / "My_New course")
    assert {".gitignore", "CONTRIBUTING.md", "Makefile", "README.md", "curriculum.yaml"} < set(made)
    assert {
        line.removeprefix("My_New course/") for line in ran.out.splitlines() if line and "Next:" not in line
    } == set(made)
    assert not any(b"cookiecutter" in data or b"{{" in data for data in made.values())
    course = loaded(tmp_path / "My_New course").curriculum
    assert course is not None
    assert (course.course.title, course.course.id) == ("My New course", "my-new-course")
    assert (tmp_path / "My_New course").stat().st_mode & 0o777 == 0o777 & ~_umask()
    assert list(tmp_path.iterdir()) == [tmp_path / "My_New course"]


def test_an_empty_folder_is_filled_and_stays_the_same_one(
    mlsj: Mlsj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    inode = folder.stat().st_ino
    monkeypatch.chdir(folder)
    assert mlsj("new", "course", ".").code == 0
    assert folder.stat().st_ino == inode
    assert loaded(folder).curriculum is not None


@pytest.mark.parametrize("content", ["file", "hidden", "folder"])
def test_a_folder_with_anything_in_it_is_refused_untouched(mlsj: Mlsj, tmp_path: Path, content: str) -> None:
    folder = tmp_path / "full"
    folder.mkdir()
    (folder / "sub").mkdir() if content == "folder" else (folder / (".x" if content == "hidden" else "x")).write_text(
        "mine"
    )
    before = sorted(tmp_path.rglob("*"))
    ran = mlsj("new", "course", folder)
    assert ran.code == 2
    assert "is not empty" in ran.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--title", ""), "the title is empty"),
        (("--title", " \n"), "the title is empty"),
        (("--title", "a\x1b[31mb"), "control character"),
        (("--title", "\ud800"), "not valid text"),
        (("--id", "-x"), "is no id"),
        (("--id", "a b"), "is no id"),
        (("--id", "a" * 49), "is no id"),
        (("--repository", "nobody"), "is no OWNER/NAME"),
        (("--repository", "a/b\nc"), "is no OWNER/NAME"),
    ],
)
def test_what_cannot_stand_in_a_spec_is_refused(
    mlsj: Mlsj, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    ran = mlsj("new", "course", tmp_path / "c", *options)
    assert ran.code == 2
    assert says in ran.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_is_refused(mlsj: Mlsj, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("mine", encoding="utf-8")
    assert mlsj("new", "course", tmp_path / "c").code == 2
    assert (tmp_path / "c").read_text(encoding="utf-8") == "mine"


def test_on_a_terminal_it_asks_only_when_nothing_is_said(
    mlsj: Mlsj, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answers = iter(["Asked", "", "me/asked"])

    def answer(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.termui.visible_prompt_func", answer)
    assert mlsj("new", "course", tmp_path / "one").code == 0
    course = loaded(tmp_path / "one").curriculum
    assert course is not None
    assert (course.course.title, course.course.id, course.course.repository) == ("Asked", "one", "me/asked")
    assert len(asked) == 3
    assert mlsj("new", "course", tmp_path / "two", "--title", "Said").code == 0
    assert len(asked) == 3


def test_the_user_s_cookiecutter_is_neither_read_nor_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    config = home / ".cookiecutterrc"
    config.write_text('default_context: {_title_yaml: "\\"Hijacked\\"", _id: hijacked}\n', encoding="utf-8")
    environment = {"HOME": str(home), "PATH": "/nowhere", "COOKIECUTTER_CONFIG": str(config)}
    command = [sys.executable, "-m", "mlsj", "new", "course", str(tmp_path / "c")]
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "Hijacked" not in (tmp_path / "c/curriculum.yaml").read_text(encoding="utf-8")
    assert list(home.iterdir()) == [config]


@pytest.mark.parametrize(
    ("subject", "fails"),
    [
        (["--solution"], []),
        (["--stub"], ["sum", "empty", "note"]),
        (["--mistake", "digits-only"], ["sum"]),
        (["--mistake", "silent-on-nothing"], ["empty"]),
    ],
)
def test_its_ready_lesson_judges_as_it_says(mlsj: Mlsj, fresh: Path, subject: list[str], fails: list[str]) -> None:
    ran = mlsj("-C", fresh, "check", "1-1", *subject)
    assert (ran.code, ran.err) == (1 if fails else 0, "")
    assert re.findall(r"^  fail +(\S+)", ran.out, re.MULTILINE) == fails
    assert len(re.findall(r"^  pass +(\S+)", ran.out, re.MULTILINE)) == 3 - len(fails)


@pytest.mark.needs("make")
def test_make_compiles_it_and_leads_a_learner_to_a_verdict(fresh: Path) -> None:
    def make(*targets: str) -> tuple[int, str]:
        command = ["make", f"MLSJ={sys.executable} -m mlsj", *targets]
        ran = subprocess.run(command, cwd=fresh, capture_output=True, text=True, check=False)
        return ran.returncode, ran.stdout + ran.stderr

    code, out = make()
    assert code == 0, out
    assert "1-1 1-2 (draft)" in out
    assert make("validate")[0] == 0
    code, out = make("lesson-1-1")
    assert code == 2, out
    assert "the sum of 50 numbers is wrong" in out
    (fresh / "work/1-1/total.py").write_text("import sys\nprint(sum(map(int, sys.stdin)))\n", encoding="utf-8")
    note = fresh / "notes/1-1.md"
    note.write_text(
        note.read_text(encoding="utf-8") + "\nZero changes no sum and one changes no product, so they start.\n"
    )
    code, out = make("lesson-1-1")
    assert code == 0, out
    assert "1-1: passed" in out


# ── lessons ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    assert mlsj("-C", fresh, "check", "1-3", "--solution").code == 0
    for variant_name in (["--stub"], ["--mistake", "off-by-one"], ["--mistake", "nothing-at-all"]):
        ran = mlsj("-C", fresh, "check", "1-3", *variant_name)
        assert ran.code == 1
        assert "the program's answer is wrong" in ran.out


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


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
