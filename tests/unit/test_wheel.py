"""The wheel: it holds the whole package, and a course that requires it is set up and compiled from it alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from mlsj.project.newcourse import rendered
from mlsj.project.scaffold import place

TINY = Path(__file__).parents[1] / "courses" / "tiny"


def run(*argv: object, cwd: Path, **environment: str) -> str:
    command = [str(arg) for arg in argv]
    full = {**os.environ, **environment}
    ran = subprocess.run(command, cwd=cwd, env=full, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (command, ran.stdout, ran.stderr)
    return ran.stdout


def tree(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # The build backend itself: an environment made by uv holds no pip.
    build = "import hatchling.build, sys; hatchling.build.build_wheel(sys.argv[1])"
    run(sys.executable, "-c", build, folder, cwd=repository)
    (made,) = folder.iterdir()
    return made


@pytest.mark.needs("git")
def test_it_holds_every_file_of_the_package(repository: Path, wheel: Path) -> None:
    listed = run("git", "ls-files", "-coz", "--exclude-standard", "generator/mlsj", cwd=repository).split("\0")
    sources = {name.removeprefix("generator/") for name in listed if name and (repository / name).is_file()}
    assert {"mlsj/py.typed", "mlsj/scaffold/course/{{cookiecutter._folder}}/.gitignore"} < sources
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        assert held == sources
        assert {name: archive.read(name) for name in held} == {
            name: (repository / "generator" / name).read_bytes() for name in sources
        }


@pytest.mark.needs("make")
def test_a_course_that_requires_it_is_set_up_and_compiled_from_it_alone(wheel: Path, tmp_path: Path) -> None:
    course = tmp_path / "course"
    files = rendered(title="T", course_id="c", repository="o/n")
    place(files, course)
    shutil.copy2(wheel, course)
    with (course / "requirements.txt").open("a", encoding="utf-8") as requirements:
        requirements.write(f"./{wheel.name}\n")
    run("make", "setup", f"PYTHON={sys.executable}", cwd=course, PIP_NO_INDEX="1", PIP_NO_DEPS="1")
    # Everything but the tool itself comes from where the tests run.
    (packages,) = (course / ".venv/lib").glob("*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    assert "1-1 1-2 (draft)" in run("make", cwd=course)
    tool = course / ".venv/bin/mlsj"
    where = run(course / ".venv/bin/python", "-Ic", "import mlsj; print(mlsj.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(packages)

    run(tool, "check", "1-1", "--solution", cwd=course)
    run(tool, "new", "course", "another", "--title", "T", "--id", "c", "--repository", "o/n", cwd=tmp_path)
    assert tree(tmp_path / "another") == {path: file.data for path, file in files.items()}

    theirs, ours = (Path(shutil.copytree(TINY, tmp_path / name)) for name in ("theirs", "ours"))
    run(tool, "generate", cwd=theirs)
    run(sys.executable, "-m", "mlsj", "generate", cwd=ours)
    for folder in (theirs, ours):
        shutil.rmtree(folder / ".mlsj/cache")
    assert tree(theirs) == tree(ours)
