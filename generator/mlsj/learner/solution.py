"""The reference solution of a lesson: its files, and how a learner's own differ from them."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mlsj.learner.words import name
from mlsj.learner.workspace import Workspace
from mlsj.project.diff import MAX_DIFF_BYTES, unified
from mlsj.spec.files import Tree
from mlsj.spec.model import Lesson
from mlsj.spec.variants import prepare, variant

SOLUTION = "solution"


class Reference(msgspec.Struct, frozen=True):
    """One file of the reference. `text` is None for a file that is not text; `diff` leads from the learner's to it."""

    path: str
    size: int
    text: str | None
    diff: str
    script: bool = False
    """Whether it is a script that finishes the directory, such as one that makes commits, and no file of the work."""


class Solution(msgspec.Struct, frozen=True):
    """The reference of a lesson. `only_yours` are files of the learner's that it does not have."""

    folder: str
    files: tuple[Reference, ...]
    only_yours: tuple[str, ...]


def solution(tree: Tree, lesson: Lesson, place: Workspace) -> Solution:
    """Return the reference beside what the learner has in `work/`; nothing is written."""
    files = []
    for path, file in variant(tree, lesson, SOLUTION).items():
        mine = _bytes(place.work / path)
        files.append(
            Reference(path, len(file.data), _text(file.data), unified(f"work/{lesson.id}/{path}", mine, file.data))
        )
    scripts = [
        Reference(path, len(file.data), _text(file.data), "", script=True)
        for path, file in prepare(tree, lesson, SOLUTION)
    ]
    known = {each.path for each in files}
    return Solution(
        f"{str(lesson.sources).rstrip('/')}/",
        (*files, *scripts),
        tuple(each for each in _names(place.work) if each not in known),
    )


def _names(work: Path) -> list[str]:
    """Return the learner's files as they may be shown, those of git and of caches left out."""
    if not work.is_dir():
        return []
    from mlsj.verify.stage import digests

    return [each if name(each) == each else name(each) for each in digests(work)]


def _bytes(path: Path) -> bytes | None:
    """Return the learner's bytes at `path`, no more than tell that it is too large; None where there is no file."""
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(MAX_DIFF_BYTES + 1)
    except OSError:
        pass
    return None


def _text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
