"""The scratch copy that is judged, and the clean environment its programs see.

SCRATCH/work      copy of the learner's files, with .git
SCRATCH/home tmp  HOME and TMPDIR of judged programs
SCRATCH/bin       python and python3: the interpreter mlsj was installed with, without mlsj's own packages
SCRATCH/judge     the empty directory a judge may use
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

# What a copy leaves out: caches, and environments, which do not work in another place.
_LEFT_OUT = {"__pycache__", ".venv", ".mlsj"}

# The same on every machine and under every git: plain `git init` makes master here, as git before 3.0 does.
GIT_CONFIG = """\
[user]
\tname = Learner
\temail = learner@example.invalid
[init]
\tdefaultBranch = master
[safe]
\tdirectory = *
[advice]
\tdetachedHead = false
[gc]
\tauto = 0
"""


class Stage(msgspec.Struct, frozen=True):
    """Where things are in a scratch directory."""

    scratch: Path

    @property
    def work(self) -> Path:
        """The copy of the learner's files."""
        return self.scratch / "work"

    @property
    def note(self) -> Path:
        """The copy of the note, where one was asked for; it may not exist."""
        return self.scratch / "note.md"

    @property
    def judge(self) -> Path:
        """The empty directory for the judge."""
        return self.scratch / "judge"


@contextlib.contextmanager
def staged(work: Path, note: Path | None = None) -> Iterator[Stage]:
    """Copy what programs may see and change into a new scratch directory, which is removed afterwards.

    It lies in the system's temporary directory, so that git and dvc, which look upward for a repository, never meet the
    course's own. Raises OSError when a file cannot be read.
    """
    scratch = Path(tempfile.mkdtemp(prefix="mlsj-")).resolve()
    try:
        stage = Stage(scratch)
        copy(work, stage.work)
        if note is not None and note.is_file():  # a pipe would never end
            stage.note.write_bytes(note.read_bytes())
        for name in ("home", "tmp", "bin", "judge"):
            (scratch / name).mkdir()
        (scratch / "gitconfig").write_text(GIT_CONFIG)
        interpreter = getattr(sys, "_base_executable", "") or sys.executable
        for name in ("python", "python3"):
            (scratch / "bin" / name).symlink_to(interpreter)
        yield stage
    finally:
        remove(scratch)


def copy(source: Path, target: Path) -> None:
    """Copy a directory with its links as links; sockets, pipes and devices are left out."""
    target.mkdir(parents=True)
    for entry in sorted(os.scandir(source), key=lambda e: e.name):
        if entry.name in _LEFT_OUT:
            continue
        to = target / entry.name
        if entry.is_symlink():
            to.symlink_to(os.readlink(entry.path))  # noqa: PTH115 - the text of the link, unresolved
        elif entry.is_dir():
            copy(Path(entry.path), to)
        elif entry.is_file():
            shutil.copy2(entry.path, to)


def remove(folder: Path) -> None:
    """Remove a directory that may hold read-only files and folders, as tools leave them."""

    def writable(function: Callable[..., Any], path: str, _: Any) -> None:
        with contextlib.suppress(OSError):
            for name in (Path(path).parent, Path(path)):
                if not name.is_symlink():
                    name.chmod(name.stat().st_mode | stat.S_IRWXU)
            function(path)

    try:
        shutil.rmtree(folder, onerror=writable)
    except RecursionError:  # folders within folders without end: rm walks without recursion
        subprocess.run(["rm", "-rf", "--", str(folder)], capture_output=True, check=False)


def environment(stage: Stage, bin_path: str, *, network: bool) -> dict[str, str]:
    """Return the variables that judged programs see: nothing of the user's but PATH, and that without mlsj's own."""
    own = {str(Path(sys.prefix) / "bin"), str(Path(sys.prefix).resolve() / "bin")}
    inherited = [p for p in os.environ.get("PATH", os.defpath).split(os.pathsep) if p.startswith("/") and p not in own]
    path = [bin_path] if bin_path else []
    variables = {
        "PATH": os.pathsep.join([*path, str(stage.scratch / "bin"), *inherited]),
        "HOME": str(stage.scratch / "home"),
        "TMPDIR": str(stage.scratch / "tmp"),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONNOUSERSITE": "1",
        "DO_NOT_TRACK": "1",
        # A program that forgets `git init` must not find a repository above, nor wait for a password.
        "GIT_CEILING_DIRECTORIES": str(stage.scratch),
        "GIT_CONFIG_GLOBAL": str(stage.scratch / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }
    passed = ["CUDA_VISIBLE_DEVICES"]
    if network:
        names = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
        passed += names
    return variables | {name: os.environ[name] for name in passed if name in os.environ}


def digests(work: Path) -> dict[str, str]:
    """Return path to SHA-256 of every file below `work` that a copy would hold, except git's own; links by target."""
    return {name: found for name, (_, found) in entries(work, git=False) if found}


def fingerprint(work: Path) -> str:
    """Return the SHA-256 of all that a copy holds: names, modes and contents, git's own and empty folders as well."""
    said = [f"{name!r} {mode:o} {found}\n" for name, (mode, found) in entries(work, git=True)]
    return hashlib.sha256("".join(said).encode()).hexdigest()


def entries(work: Path, *, git: bool) -> list[tuple[str, tuple[int, str]]]:
    """Return path, and of files the SHA-256, of all below `work` that a copy would hold; the mode says executable."""
    found: dict[str, tuple[int, str]] = {}
    for folder, names, files in os.walk(work):
        names[:] = sorted(name for name in names if name not in _LEFT_OUT and (git or name != ".git"))
        for name in sorted([*files, *names]):
            if name in _LEFT_OUT:
                continue
            path = Path(folder) / name
            key = os.fsencode(path.relative_to(work)).decode("utf-8", "backslashreplace")
            if path.is_symlink():
                found[key] = (0, hashlib.sha256(b"link " + os.fsencode(path.readlink())).hexdigest())
            elif path.is_file():
                found[key] = (path.stat().st_mode & 0o100, sha256(path))
            elif path.is_dir():
                found[key] = (0, "")
    return sorted(found.items())


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
