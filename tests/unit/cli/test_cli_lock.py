"""`mlsj lock`: what uv is asked, what is written, and what is not. A stand-in answers instead of the network."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from command_line import Mlsj, edit, files

from mlsj.project import resolve

HASH = "sha256:" + "0" * 64
UV = """\
#!{python}
import pathlib, sys
pathlib.Path({log!r}).write_text("\\n".join(sys.argv[1:]) + "\\n" + pathlib.Path(sys.argv[-3]).read_text())
{behaviour}
"""
ANSWERS = f'pathlib.Path(sys.argv[-1]).write_text("dvc==3.67.1 \\\\\\n    --hash={HASH}\\n")'


@pytest.fixture
def course(fresh: Path) -> Path:
    """A course with two environments."""
    edit(
        fresh,
        "modules:\n",
        "environments:\n  dvc: {python: [dvc==3.67.1]}\n  web: {python: [flask], requires: '>=3.12'}\nmodules:\n",
    )
    return fresh


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in for uv on PATH that resolves everything to one package; it logs what it was asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    write_uv(folder / "uv", ANSWERS)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return folder / "uv"


def write_uv(path: Path, behaviour: str) -> None:
    text = UV.format(python=sys.executable, log=str(path.with_name("log")), behaviour=behaviour)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def test_a_lock_says_what_made_it_and_passes_its_own_check(mlsj: Mlsj, course: Path, uv: Path) -> None:
    ran = mlsj("-C", course, "lock", "dvc")
    assert (ran.code, ran.out) == (0, "locks/dvc.txt: 1 package\n")
    lines = (course / "locks/dvc.txt").read_text(encoding="utf-8").splitlines()
    assert lines == [
        "# Made by 'mlsj lock dvc' from environments/dvc in curriculum.yaml. To refresh: the same command (needs uv).",
        "# requirements: sha256:fda91ca7659b60d56bf202d6def7dba6142f9891832f86279a0ef14adcee404d",
        "dvc==3.67.1 \\",
        f"    --hash={HASH}",
    ]
    assert mlsj("-C", course, "lock", "dvc", "--check").code == 0
    asked = uv.with_name("log").read_text(encoding="utf-8").splitlines()
    assert asked[:2] == ["pip", "compile"]
    assert {"--universal", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"} <= set(asked)
    assert asked[asked.index("--python-version") + 1] == "3.11"
    assert asked[-1] == "dvc==3.67.1"


def test_without_names_every_environment_is_resolved(mlsj: Mlsj, course: Path, uv: Path) -> None:
    assert mlsj("-C", course, "lock").code == 0
    assert sorted(path.name for path in (course / "locks").iterdir()) == ["dvc.txt", "web.txt"]
    assert "3.12" in uv.with_name("log").read_text(encoding="utf-8").splitlines()
    before = {path: path.stat().st_mtime_ns for path in (course / "locks").iterdir()}
    ran = mlsj("-C", course, "lock")
    assert ran.out == "locks/dvc.txt: 1 package, unchanged\nlocks/web.txt: 1 package, unchanged\n"
    assert before == {path: path.stat().st_mtime_ns for path in (course / "locks").iterdir()}


def test_check_needs_neither_uv_nor_network(mlsj: Mlsj, course: Path, uv: Path) -> None:
    missing = mlsj("-C", course, "lock", "--check")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.count("MLSJ-O010") == 2
    assert not uv.with_name("log").exists()
    assert mlsj("-C", course, "lock").code == 0
    uv.unlink()
    assert mlsj("-C", course, "lock", "--check").code == 0
    edit(course, "dvc==3.67.1", "dvc==3.67.2")
    outdated = mlsj("-C", course, "lock", "--check")
    assert outdated.code == 1
    assert "MLSJ-O011" in outdated.err
    assert mlsj("-C", course, "lock", "web", "--check").code == 0


def test_without_uv_it_says_how_to_get_it(mlsj: Mlsj, course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolve.shutil, "which", lambda *_, **__: None)
    before = files(course)
    ran = mlsj("-C", course, "lock")
    assert (ran.code, ran.out) == (3, "")
    assert "uv is not installed" in ran.err
    assert "pacman -S uv" in ran.err
    assert files(course) == before


def test_uv_beside_the_running_python_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_uv(tmp_path / "uv", ANSWERS)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert resolve.find_uv() == str(tmp_path / "uv")


@pytest.mark.parametrize(
    ("behaviour", "code", "says"),
    [
        ("sys.exit('  × No solution found when resolving dependencies')", 1, "No solution found"),
        ("sys.exit('error: Failed to fetch: dns error')", 3, "dns error"),
        ("pass", 3, "uv ended with 0"),
    ],
)
def test_a_failure_keeps_the_lock(mlsj: Mlsj, course: Path, uv: Path, behaviour: str, code: int, says: str) -> None:
    assert mlsj("-C", course, "lock").code == 0
    before = files(course)
    write_uv(uv, behaviour)
    ran = mlsj("-C", course, "lock", "dvc")
    assert (ran.code, ran.out) == (code, "")
    assert says in ran.err
    assert files(course) == before


def test_what_is_no_requirement_never_reaches_uv(mlsj: Mlsj, course: Path, uv: Path) -> None:
    edit(course, "dvc==3.67.1", '"dvc\\n--index-url x"')
    ran = mlsj("-C", course, "lock", "dvc")
    assert ran.code == 1
    assert "MLSJ-O015" in ran.err
    assert not uv.with_name("log").exists()
    assert mlsj("-C", course, "lock", "web").code == 0


def test_an_unknown_environment_is_a_usage_error(mlsj: Mlsj, course: Path) -> None:
    ran = mlsj("-C", course, "lock", "dcv")
    assert ran.code == 2
    assert "no environment 'dcv'; did you mean 'dvc'?" in ran.err


def test_a_course_without_environments_has_nothing_to_lock(mlsj: Mlsj, fresh: Path) -> None:
    for arguments in (["lock"], ["lock", "--check"]):
        ran = mlsj("-C", fresh, *arguments)
        assert (ran.code, ran.out) == (0, "The curriculum has no environments: nothing to lock.\n")


def test_other_faults_of_the_course_do_not_keep_from_locking(mlsj: Mlsj, course: Path, uv: Path) -> None:
    edit(course, "needs: [1-1]", "needs: [nowhere]")
    assert mlsj("-C", course, "lock").code == 0
    edit(course, "format: 1", "format: one")
    ran = mlsj("-C", course, "lock")
    assert (ran.code, ran.out) == (1, "")
    assert "error[MLSJ-" in ran.err


def test_the_locks_of_this_repository_are_current(mlsj: Mlsj, repository: Path) -> None:
    ran = mlsj("-C", repository, "lock", "--check")
    assert (ran.code, ran.err) == (0, "")
