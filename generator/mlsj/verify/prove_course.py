"""A temporary copy of a course in which one lesson is started and solved: where its quick-start is tried.

It holds what a course has and nothing of whoever works in it: no git history, no other lesson's work. The tool comes
along as `.venv`, complete in make's eyes, so that `make lesson-2-1` works without installing anything.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

from mlsj.spec.files import File, Tree
from mlsj.spec.model import Lesson
from mlsj.verify.environment import FOLDER as ENVIRONMENTS
from mlsj.verify.stage import Stage

# A file beside the spec that is larger than this is data of somebody's.
_MAX_BYTES = 4 * 2**20


def make(root: Path, tree: Tree, files: Mapping[str, File], lesson: Lesson, place: Stage) -> Path:
    """Make the copy in the scratch directory of `place`, whose work and note move into it, and return its folder.

    `files` is what the compiler makes of `tree`; the other files come from the folder `root`.
    """
    course = place.scratch / "course"
    for entry in sorted(root.iterdir()):
        if entry.is_file() and not entry.is_symlink() and entry.stat().st_size <= _MAX_BYTES:
            course.mkdir(exist_ok=True)
            shutil.copy2(entry, course / entry.name)
    for path, file in tree.files.items():
        _write(course / path, file.data, executable=file.executable)
    for path, made in files.items():
        _write(course / path, made.data, executable=made.executable)
    _start(course, lesson, place)
    environments = root / ENVIRONMENTS
    if environments.is_dir():
        (course / ENVIRONMENTS).symlink_to(environments.resolve())
    _tool(root, course)
    return course


def _write(path: Path, data: bytes, *, executable: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    if executable:
        path.chmod(0o755)


def _start(course: Path, lesson: Lesson, place: Stage) -> None:
    """Make what `mlsj start` leaves, with the reference in the place of the stub."""
    stub, base = course / "generated" / "lessons" / lesson.id, course / ".mlsj" / "base" / lesson.id
    (base / "work").mkdir(parents=True)
    if (stub / "work").is_dir():
        shutil.copytree(stub / "work", base / "work", dirs_exist_ok=True)
    if (stub / "note.md").is_file():
        shutil.copy2(stub / "note.md", base / "note.md")
    for source, target in (
        (place.work, course / "work" / lesson.id),
        (place.note, course / "notes" / f"{lesson.id}.md"),
    ):
        target.parent.mkdir(exist_ok=True)
        if source.exists():
            source.rename(target)


def _tool(root: Path, course: Path) -> None:
    """Give the copy a `.venv` that leads to the running tool.

    It is made last: make's rules compare times, and files such as `.venv/.tool` say that the set-up is done.
    """
    venv, prefix = course / ".venv", Path(sys.prefix)
    scripts = Path(sysconfig.get_path("scripts"))
    venv.mkdir()
    if (scripts / "mlsj").exists():
        (venv / "bin").symlink_to(scripts)
        for name in ("lib", "lib64", "include"):
            if (prefix / name).is_dir():
                (venv / name).symlink_to(prefix / name)
    else:
        (venv / "bin").mkdir()
        program = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m mlsj "$@"\n'
        _write(venv / "bin" / "mlsj", program.encode(), executable=True)
    if (prefix / "pyvenv.cfg").is_file():
        shutil.copyfile(prefix / "pyvenv.cfg", venv / "pyvenv.cfg")
    marks = [name for name in os.listdir(root / ".venv") if name.startswith(".")] if (root / ".venv").is_dir() else []  # noqa: PTH208
    for name in {".tool", *marks}:
        if not (root / ".venv" / name).is_dir():
            (venv / name).touch()
