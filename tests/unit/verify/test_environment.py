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


def test_it_is_made_once(tmp_path: Path) -> None:
    said: list[str] = []
    first = ensure(tmp_path, "tools", EMPTY, said.append)
    assert len(said) == 1
    assert "installing the environment 'tools'" in said[0]
    assert first == tmp_path / ".mlsj/envs" / f"tools-{digest(EMPTY)}" / "bin"
    argv = [first / "python", "-c", "import sys; print(sys.prefix)"]
    assert subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip() == str(first.parent)
    assert ensure(tmp_path, "tools", EMPTY, said.append) == first
    assert len(said) == 1


def test_one_that_was_interrupted_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / ".mlsj/envs" / f"tools-{digest(EMPTY)}"
    (folder / "bin").mkdir(parents=True)
    (folder / "left over").write_text("x")
    ensure(tmp_path, "tools", EMPTY, lambda _: None)
    assert not (folder / "left over").exists()
    assert (folder / "bin/python").exists()


def test_two_at_once_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[str] = []
    real = environment._build
    monkeypatch.setattr(environment, "_build", lambda *a: (built.append(a[1]), real(*a)))
    threads = [threading.Thread(target=ensure, args=(tmp_path, "tools", EMPTY, lambda _: None)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == ["tools"]


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
