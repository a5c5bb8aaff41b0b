"""A lesson's sources: a folder of its own under `templates/` or `kernels/`, with files and a judge that parses."""

from __future__ import annotations

import symtable
import warnings
from collections.abc import Iterator

from mlsj.spec import wording
from mlsj.spec.diagnostics import Diagnostic, Related, Span
from mlsj.spec.model import Lesson
from mlsj.spec.rules.subject import Subject
from mlsj.spec.source import Path

FOLDERS = ("templates/", "kernels/")


def folders(subject: Subject) -> Iterator[Diagnostic]:
    """Yield sources that are elsewhere, empty, or inside another lesson's."""
    owners: dict[str, tuple[Lesson, Path]] = {}
    around: dict[str, tuple[Lesson, Path]] = {}
    known = _folders(subject)
    for path, lesson in subject.lessons():
        where = (*path, "sources")
        if lesson.sources is None or subject.holed(where):
            continue
        folder = lesson.sources.rstrip("/")
        if not folder.startswith(FOLDERS):
            message = f"sources of lesson {lesson.id} are in '{folder}'"
            yield subject.error("MLSJ-R028", message, where, remedy="put them under templates/ or kernels/")
        elif folder not in known:
            message = f"sources of lesson {lesson.id}: '{folder}' has no files{wording.near(folder, known)}"
            remedy = f"make the folder {folder}/, or correct the path"
            yield subject.error("MLSJ-R029", message, where, remedy=remedy)
        else:
            other = around.get(folder) or next((owners[f] for f in (folder, *_above(folder)) if f in owners), None)
            owners.setdefault(folder, (lesson, path))
            for outer in _above(folder):
                around.setdefault(outer, (lesson, path))
            if other is not None:
                message = f"lessons {other[0].id} and {lesson.id} share their sources"
                related = [((*other[1], "sources"), "the other lesson's")]
                remedy = "give each lesson a folder of its own"
                yield subject.error("MLSJ-R030", message, where, remedy=remedy, related=related)


def judges(subject: Subject) -> Iterator[Diagnostic]:
    """Yield judges that are not Python."""
    for path, lesson in subject.lessons():
        if lesson.sources is None or subject.holed((*path, "sources")):
            continue
        file = f"{lesson.sources.rstrip('/')}/judge.py"
        data = subject.tree.data(file)
        problem = _syntax_error(file, data) if data is not None else None
        if problem is not None:
            message, span = problem
            used = Related(subject.at((*path, "sources")), f"the sources of lesson {lesson.id}")
            yield Diagnostic("MLSJ-R031", message, span, help="mend the judge", related=(used,))


def _folders(subject: Subject) -> set[str]:
    """Return every folder with files somewhere below it."""
    found: set[str] = set()
    for file in subject.tree.files:
        for folder in _above(file):
            if folder in found:
                break
            found.add(folder)
    return found


def _above(folder: str) -> Iterator[str]:
    """Yield the folders that hold `folder`, innermost first."""
    while folder := folder.rpartition("/")[0]:
        yield folder


def _syntax_error(file: str, data: bytes) -> tuple[str, Span] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # A third of the price of a tree in Python objects, and the same complaints.
            symtable.symtable(data, file, "exec")  # type: ignore[arg-type]  # bytes declare their own encoding
    except SyntaxError as error:
        return f"not Python: {error.msg}", Span(file, error.lineno or 1, max(error.offset or 1, 1))
    except (ValueError, RecursionError, MemoryError) as error:
        return f"not Python: {type(error).__name__}", Span(file)
    return None


RULES = (folders, judges)
