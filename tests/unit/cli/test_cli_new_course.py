"""`mlsj new course`: a course from nothing, whatever it is called, that `make` and CI can work with at once."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from command_line import HOSTILE, Mlsj, files

from mlsj.cli.common import load_course
from mlsj.project.newcourse import rendered
from mlsj.spec.load import Loaded


def loaded(course: Path) -> Loaded:
    found = load_course(course)
    assert found.diagnostics == (), [f"{d.code} {d.message}" for d in found.diagnostics]
    assert found.curriculum is not None
    return found


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
    assert {".gitignore", "CONTRIBUTING.md", "Makefile", "README.md", "curriculum.yaml", "requirements.txt"} < set(made)
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
    assert "ended with exit code 1 for 50 numbers" in out
    (fresh / "work/1-1/total.py").write_text("import sys\nprint(sum(map(int, sys.stdin)))\n", encoding="utf-8")
    note = fresh / "notes/1-1.md"
    note.write_text(
        note.read_text(encoding="utf-8") + "\nZero changes no sum and one changes no product, so they start.\n"
    )
    code, out = make("lesson-1-1")
    assert code == 0, out
    assert "1-1: passed" in out


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An `mlsj` that is on PATH, as an installed one is."""
    tool = tmp_path / "bin" / "mlsj"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mlsj "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    return tool


def shell(course: Path, command: str) -> str:
    ran = subprocess.run(["sh", "-c", command], cwd=course, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
    return ran.stdout


@pytest.mark.needs("git", "make")
def test_make_uses_the_tool_on_path_and_leaves_a_clean_checkout(fresh: Path, on_path: Path) -> None:
    assert "1-1 1-2 (draft)" in shell(fresh, "make")
    assert (fresh / ".venv/bin/mlsj").resolve() == on_path
    shell(
        fresh, "git init -q && git add -A && git -c user.name=n -c user.email=e@x -c commit.gpgsign=false commit -qm c"
    )
    (workflow,) = (fresh / ".github/workflows").iterdir()
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    for step in [*jobs["drift"]["steps"], {"run": ".venv/bin/mlsj check 1-1 --solution"}, {"run": "make"}]:
        shell(fresh, step.get("run", "true"))
    assert shell(fresh, "git status --porcelain --ignored=no") == ""
    # What CI does in a fresh clone, where nobody has set anything up.
    shell(fresh, "git clone -q . ../clone && cd ../clone && make -s validate && .venv/bin/mlsj generate --check")


@pytest.mark.needs("make")
def test_a_lesson_can_be_the_first_thing_that_is_made(fresh: Path, on_path: Path) -> None:
    shell(fresh, "mlsj generate && ! make lesson-1-1")
    assert (fresh / "work/1-1/total.py").is_file()


@pytest.mark.needs("make")
def test_where_there_is_no_tool_make_says_what_to_write_and_where(fresh: Path, tmp_path: Path) -> None:
    (tmp_path / "few").mkdir()
    for program in ("grep", "make", "mkdir", "sh", "test"):
        (tmp_path / "few" / program).symlink_to(shutil.which(program) or "/missing")
    for _ in range(2):
        command = [str(tmp_path / "few/make"), "setup"]
        environment = {"PATH": str(tmp_path / "few")}
        ran = subprocess.run(command, cwd=fresh, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 2
        assert "requirements.txt does not say where it is" in ran.stderr
    assert "@ git+https://github.com/OWNER/NAME@COMMIT" in (fresh / "requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("noted", "known"),
    [
        ({"url": "https://example.org/o/tool.git", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}}, True),
        ({"url": "https://user:secret@example.org/t", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}}, False),
        ({"url": "https://example.org/t\nevil", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}}, False),
        ({"url": "https://example.org/t", "vcs_info": {"vcs": "git", "commit_id": "main"}}, False),
        ({"url": "file:///home/me/tool", "dir_info": {"editable": True}}, False),
        (None, False),
    ],
)
def test_it_requires_the_tool_from_where_it_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noted: dict[str, Any] | None, known: bool
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return None if noted is None else json.dumps(noted)

    monkeypatch.setattr("importlib.metadata.distribution", lambda _: Installed())
    made = rendered(title="T", course_id="c", repository="o/n")["requirements.txt"].data.decode()
    lines = [line for line in made.splitlines() if not line.startswith("#")]
    assert lines == ([f"mlsj @ git+https://example.org/o/tool.git@{'a' * 40}"] if known else [])
    assert "secret" not in made
    assert "/home" not in made


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
