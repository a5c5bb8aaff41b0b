"""The entry of a plain `mlsj generate`, which does without the command line's library: the same answers, sooner."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def course(repository: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(repository / "tests/courses/tiny", tmp_path / "course"))


def generate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *options, "-m", "mlsj", "generate"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_same_files_and_words_as_through_the_command_line(course: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(course, tmp_path / "other"))
    plain = generate(course)
    through = subprocess.run(
        [sys.executable, "-m", "mlsj", "-C", str(other), "generate"], capture_output=True, text=True
    )
    assert (plain.returncode, plain.stdout, plain.stderr) == (through.returncode, through.stdout, through.stderr)
    files = {p.relative_to(course) for p in course.rglob("*") if p.is_file()}
    assert files == {p.relative_to(other) for p in other.rglob("*") if p.is_file()}
    assert all((course / name).read_bytes() == (other / name).read_bytes() for name in files)


def test_from_a_folder_below_and_again_with_nothing_to_do(course: Path) -> None:
    assert generate(course / "templates/lessons").returncode == 0
    imported = generate(course / "templates", "-X", "importtime")
    assert imported.stdout.startswith("Up to date: ")
    assert not {"click", "yaml", "msgspec", "jinja2", "jsonschema_rs", "pathlib"} & {
        line.rpartition("|")[2].strip() for line in imported.stderr.splitlines()
    }


def test_a_compile_needs_no_command_line_library_and_no_validator(course: Path) -> None:
    imported = generate(course, "-X", "importtime")
    assert imported.stdout.startswith("Created ")
    names = {line.rpartition("|")[2].strip() for line in imported.stderr.splitlines()}
    assert "jinja2" in names
    assert not {"click", "jsonschema_rs", "ruamel"} & names


def test_what_is_wrong_is_said_by_the_command_line(course: Path, tmp_path: Path) -> None:
    outside = generate(tmp_path)
    assert outside.returncode == 2
    assert "no curriculum.yaml" in outside.stderr
    spec = course / "curriculum.yaml"
    spec.write_text(spec.read_text().replace("title:", "tittle:", 1))
    broken = generate(course)
    assert broken.returncode == 1
    assert "did you mean 'title'?" in broken.stderr
    assert not (course / "generated").exists()


def test_ctrl_c_while_modules_are_imported(course: Path, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    command = [sys.executable, "-c", "import sys; sys.argv = ['mlsj', 'list']; import mlsj.__main__ as m; m.main()"]
    ran = subprocess.run(command, cwd=course, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "Stopped.\n")


def test_what_the_machine_refuses_is_said_once(course: Path) -> None:
    code = (
        "import sys; sys.argv = ['mlsj', 'generate']\n"
        "from mlsj.project import lock\n"
        "def refuse(*_): raise PermissionError(13, 'Permission denied', 'generated')\n"
        "lock.alone = refuse\n"
        "import mlsj.__main__ as m; m.main()\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=course, capture_output=True, text=True)
    assert ran.returncode == 3
    assert ran.stderr.count("error:") == 1, ran.stderr


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to nothing"])
def test_a_spec_that_is_no_file_is_said_to_be_none(tmp_path: Path, kind: str) -> None:
    spec = tmp_path / "curriculum.yaml"
    if kind == "folder":
        spec.mkdir()
    elif kind == "pipe":
        os.mkfifo(spec)
    else:
        spec.symlink_to("nowhere")
    ran = generate(tmp_path)
    assert (ran.returncode, f"{spec} is not a file" in ran.stderr) == (2, True), ran.stderr
