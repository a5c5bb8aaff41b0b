"""Plan a new lesson as values, checked like the course itself, then write it: the sources first, the spec last."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mlsj.project import scaffold
from mlsj.project.author import replace
from mlsj.project.fitness import unfit_id, unfit_text
from mlsj.spec.diagnostics import Diagnostic, Severity
from mlsj.spec.files import CURRICULUM, InputFile, Tree
from mlsj.spec.insert import NotInsertedError, insert_lesson
from mlsj.spec.load import Loaded, load

_BOM = b"\xef\xbb\xbf"


class Plan(msgspec.Struct, frozen=True):
    """What will be written: the spec's new bytes, and the files of the lesson's folder."""

    curriculum: bytes
    folder: str
    sources: dict[str, InputFile]


class Refused(msgspec.Struct, frozen=True):
    """Why there is no new lesson: a reason, or what would be wrong with the course (`tree`) then."""

    reason: str
    diagnostics: tuple[Diagnostic, ...] = ()
    tree: Tree = Tree({})


def planned(loaded: Loaded, lesson_id: str, module_id: str, title: str) -> Plan | Refused:
    """Return what adds a draft lesson to the end of a module, which exists, of a course without errors."""
    if loaded.curriculum is None:
        raise ValueError("a broken course cannot be added to")
    taken = {lesson.id.casefold(): lesson.id for _, lesson in loaded.curriculum.lessons()}
    if lesson_id.casefold() in taken:
        return Refused(f"there is a lesson '{taken[lesson_id.casefold()]}' already")
    folder = f"templates/lessons/{lesson_id}"
    if any(loaded.tree.under(folder)):
        return Refused(f"{folder}/ exists already: move it away, or choose another id")
    modules = [module.id for module in loaded.curriculum.modules]
    if reason := unfit_id(lesson_id) or unfit_text("the title", title):
        return Refused(reason)
    lesson, sources = scaffold.lesson_files(lesson_id=lesson_id, title=title)
    try:
        text = insert_lesson(loaded.source, modules.index(module_id), lesson)
    except NotInsertedError as error:
        return Refused(str(error))
    old = loaded.tree.files[CURRICULUM]
    data = (_BOM if old.data.startswith(_BOM) else b"") + text.encode()
    added = {f"{folder}/{path}": file for path, file in sources.items()}
    tree = Tree(dict(sorted({**loaded.tree.files, **added, CURRICULUM: InputFile(data, old.executable)}.items())))
    errors = tuple(d for d in load(tree).diagnostics if d.severity is Severity.ERROR)
    return Refused("", errors, tree) if errors else Plan(data, folder, sources)


def add(root: Path, plan: Plan) -> None:
    """Write a planned lesson. Raises OSError, and then the course is as it was."""
    folder = root / plan.folder
    scaffold.place(plan.sources, folder)
    try:
        replace(root / CURRICULUM, plan.curriculum)
    except BaseException:
        scaffold.remove(folder)
        raise
