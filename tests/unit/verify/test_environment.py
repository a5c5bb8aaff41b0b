"""Environments of lessons: made once, whole, and never taken for ready when they are not."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlsj.verify import environment
from mlsj.verify.environment import EnvironmentBroken, digest, ensure

EMPTY = b"# nothing\n"


def test_one_that_was_interrupted_is_made_anew_and_then_kept(tmp_path: Path) -> None:
    folder = tmp_path / ".mlsj/envs" / f"tools-{digest(EMPTY)}"
    (folder / "bin").mkdir(parents=True)
    (folder / "left over").write_text("x")
    said: list[str] = []
    made = ensure(tmp_path, "tools", EMPTY, said.append)
    assert made == folder / "bin"
    assert len(said) == 1
    assert "installing the environment 'tools'" in said[0]
    assert not (folder / "left over").exists()
    argv = [made / "python", "-c", "import sys; print(sys.prefix)"]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == str(folder)
    assert ensure(tmp_path, "tools", EMPTY, said.append) == made
    assert len(said) == 1


@pytest.mark.parametrize("damage", ["moved", "tool gone", "interpreter gone", "marker of an older mlsj"])
def test_one_that_no_longer_works_is_made_anew_and_not_blamed_on_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    def install(_name: str, argv: list[str]) -> None:
        if "venv" in argv:
            (Path(argv[-1]) / "bin").mkdir(parents=True)
            (Path(argv[-1]) / "bin/python").symlink_to(sys.executable)
        else:
            (Path(next(word for word in argv if word.endswith("bin/python"))).parent / "dvc").touch()

    monkeypatch.setattr(environment, "_run", install)
    course = tmp_path / "course"
    said: list[str] = []
    made = ensure(course, "tools", EMPTY, said.append)
    assert ensure(course, "tools", EMPTY, said.append) == made
    if damage == "moved":  # the scripts of an environment name their interpreter by its path
        course = course.rename(tmp_path / "renamed")
    elif damage == "tool gone":
        (made / "dvc").unlink()
    elif damage == "interpreter gone":
        (made / "python").unlink()
        (made / "python").symlink_to(tmp_path / "a python that was upgraded")
    else:
        (made.parent / ".complete").write_text("tools\n")
    again = ensure(course, "tools", EMPTY, said.append)
    assert (again / "dvc").exists()
    assert (again / "python").exists()
    assert ensure(course, "tools", EMPTY, said.append) == again
    assert len(said) == 2


def test_those_who_ask_at_once_get_one_and_wait_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    entered, go, said = threading.Event(), threading.Event(), threading.Semaphore(0)

    def build(folder: Path, name: str, _lock: bytes, _progress: object) -> None:
        built.append(name)
        entered.set()
        assert go.wait(10)
        (folder / "bin").mkdir(parents=True)
        (folder / "bin/python").touch()
        environment._seal(folder)

    def ask() -> None:
        bin_ = ensure(tmp_path, "tools", EMPTY, lambda _: said.release())
        assert (bin_.parent / ".complete").is_file()
        done.append(bin_)

    monkeypatch.setattr(environment, "_build", build)
    done: list[Path] = []
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert entered.wait(10)
    for _ in range(2):
        assert said.acquire(timeout=10), "each of the others says that it waits"
    assert done == []
    go.set()
    for thread in threads:
        thread.join(10)
    assert (built, len(done)) == (["tools"], 3)


@pytest.mark.parametrize("tool", ["uv where it is installed", "pip"])
def test_a_package_without_its_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    if tool == "pip":
        monkeypatch.setattr("mlsj.verify.environment.shutil.which", lambda _: None)
    package = tmp_path / "evil-1.0-py3-none-any.whl"
    package.write_bytes(b"not a wheel")
    lock = f"evil @ file://{package} --hash=sha256:{'0' * 64}\n".encode()
    with pytest.raises(EnvironmentBroken, match="installing the environment 'tools' failed"):
        ensure(tmp_path, "tools", lock, lambda _: None)
    assert not list((tmp_path / ".mlsj/envs").glob("*/.complete"))


def test_a_missing_lock_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentBroken, match="mlsj lock tools"):
        ensure(tmp_path, "tools", None, lambda _: None)


def test_the_digest_depends_on_lock_and_python(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(EMPTY)
    assert digest(b"other") != before
    monkeypatch.setattr(sys, "platform", "elsewhere")
    assert digest(EMPTY) != before


def test_a_copy_of_the_course_that_shares_the_environments_finds_them(tmp_path: Path) -> None:
    made = ensure(tmp_path / "course", "tools", EMPTY, lambda _: None)
    copy = tmp_path / "copy"
    (copy / ".mlsj").mkdir(parents=True)
    (copy / ".mlsj/envs").symlink_to(tmp_path / "course/.mlsj/envs")
    said: list[str] = []
    assert ensure(copy, "tools", EMPTY, said.append) == made
    assert said == []
