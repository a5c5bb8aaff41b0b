"""The packages that a lesson's programs run with: installed once per lock, from its hashes alone.

`.mlsj/envs/<name>-<digest>` is complete when its marker says so: a virtual environment cannot be moved, so it is built
in place under a lock, and one without a marker is built anew. The digest covers the lock's text and the Python version.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from mlsj.verify.stage import remove

FOLDER = ".mlsj/envs"
TIMEOUT_S = 1200
_MARKER = ".complete"


class EnvironmentBroken(Exception):  # noqa: N818 - the message is shown as it is
    """The environment cannot be made; the message says why and what to do."""


def digest(lock: bytes) -> str:
    """Return the digest that names an environment made from `lock` by this Python."""
    tag = f"{sys.implementation.cache_tag}-{sys.platform}\n".encode()
    return hashlib.sha256(tag + lock).hexdigest()[:16]


def ensure(root: Path, name: str, lock: bytes | None, progress: Callable[[str], None]) -> Path:
    """Return the environment's `bin`, making it if need be. Raises EnvironmentBroken."""
    if lock is None:
        raise EnvironmentBroken(f"locks/{name}.txt is missing: run 'mlsj lock {name}'")
    # The course may be a copy that shares the environments of another: they know themselves by where they really are.
    folder = (root / FOLDER).resolve() / f"{name}-{digest(lock)}"
    if _works(folder):
        return folder / "bin"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.with_name(f"{folder.name}.lock"), progress, name):
            if not _works(folder):
                _build(folder, name, lock, progress)
    except OSError as error:
        raise EnvironmentBroken(f"the environment '{name}' cannot be made: {error}") from error
    return folder / "bin"


def _seal(folder: Path) -> None:
    """Mark an environment as whole: where it is, for its scripts name that path, and which programs it has."""
    names = sorted(path.name for path in (folder / "bin").iterdir())
    (folder / _MARKER).write_text("\n".join([str(folder), *names]) + "\n", encoding="utf-8", errors="surrogateescape")


def _works(folder: Path) -> bool:
    """Tell whether the environment is whole, where it was made, and has its interpreter and programs still."""
    try:
        place, *names = (folder / _MARKER).read_text("utf-8", "surrogateescape").splitlines()
        there = set(os.listdir(folder / "bin"))  # noqa: PTH208 - names are enough
    except (OSError, ValueError):
        return False
    return place == str(folder) and there.issuperset(names) and (folder / "bin" / "python").exists()


@contextlib.contextmanager
def _alone(path: Path, progress: Callable[[str], None], name: str) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"waiting for another mlsj that installs the environment '{name}'")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _build(folder: Path, name: str, lock: bytes, progress: Callable[[str], None]) -> None:
    progress(f"installing the environment '{name}' (once; it is kept in {FOLDER}/)")
    if folder.exists():
        remove(folder)
    requirements = folder.with_name(f"{folder.name}.txt")
    requirements.write_bytes(lock)
    base = getattr(sys, "_base_executable", "") or sys.executable
    uv = shutil.which("uv")
    python = str(folder / "bin" / "python")
    try:
        if uv:
            _run(name, [uv, "venv", "--quiet", "--no-project", "--python", base, str(folder)])
            _run(
                name,
                [
                    uv,
                    "pip",
                    "install",
                    "--quiet",
                    "--compile-bytecode",
                    "--python",
                    python,
                    "--require-hashes",
                    "-r",
                    str(requirements),
                ],
            )
        else:
            _run(name, [base, "-m", "venv", str(folder)])
            pip = [python, "-I", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-input"]
            _run(name, [*pip, "--require-hashes", "-r", str(requirements)])
        _seal(folder)
    finally:
        requirements.unlink(missing_ok=True)


def _run(name: str, argv: list[str]) -> None:
    # The tool's own virtual environment must not be taken for the one to install into.
    inherited = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    try:
        ran = subprocess.run(
            argv, env=inherited, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise EnvironmentBroken(f"installing the environment '{name}' took more than {TIMEOUT_S} s") from None
    if ran.returncode != 0:
        said = "\n".join((ran.stderr.strip() or ran.stdout.strip()).splitlines()[-6:])
        raise EnvironmentBroken(f"installing the environment '{name}' failed (is there a network?):\n{said}")
