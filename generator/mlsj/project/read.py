"""From the disk to a `Tree`: everything the compiler reads, as values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mlsj.project.walk import Input, Problem, inputs

if TYPE_CHECKING:
    from mlsj.spec.diagnostics import Diagnostic
    from mlsj.spec.files import Tree

_SPEC = "curriculum.yaml"
# kind of problem: code, message, help
_CODES = {
    "unreadable": ("MLSJ-O020", "{path} cannot be read: {what}", "mend its permissions, or remove it"),
    "link": (
        "MLSJ-O021",
        "{path} is {what}",
        "put the files themselves there, so that every copy of the course has them",
    ),
    "strange": ("MLSJ-O022", "{path} is {what}", "rename it, or move it out of the folders the compiler reads"),
    "large": ("MLSJ-O023", "{path} has {what}", "let a 'prepare' script make large data"),
}


class Scan(NamedTuple):
    """What was read, and an error for everything in the way of reading it."""

    tree: Tree
    diagnostics: tuple[Diagnostic, ...]


def find_root(start: Path) -> Path | None:
    """Return the nearest folder from `start` upward that holds a curriculum.yaml, resolved; None when there is none."""
    start = start.resolve()
    return next((folder for folder in (start, *start.parents) if (folder / _SPEC).is_file()), None)


def scan(root: Path) -> Scan:
    """Read the course at `root`: curriculum.yaml, site.yaml and all files of templates/, kernels/, locks/.

    Editors' and systems' left-overs are passed over. Of a spec that is too large, one byte beyond the limit is read.
    """
    from mlsj.spec.files import InputFile, Tree

    files: dict[str, InputFile] = {}
    found: list[Diagnostic] = []
    for entry in inputs(str(root)):
        if isinstance(entry, Input):
            files[entry.path] = InputFile(entry.data, entry.executable)
        else:
            found.append(_diagnostic(entry))
    return Scan(Tree(dict(sorted(files.items()))), tuple(found))


def read_tree(root: Path) -> Tree:
    """Read the course at `root` as `scan` does, leaving out what cannot be read."""
    return scan(root).tree


def _diagnostic(problem: Problem) -> Diagnostic:
    from mlsj.spec.diagnostics import Diagnostic, Span

    code, message, remedy = _CODES[problem.kind]
    return Diagnostic(code, message.format(path=problem.path, what=problem.what), Span(problem.path), help=remedy)
