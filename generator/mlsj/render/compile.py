"""The compiler: a loaded course becomes a map of files. Nothing is read from or written to a disk here.

Each emitter is one module with `emit(course)`; adding an output means adding a module and its line in `EMITTERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from mlsj.render import attributes, checks, index, lessons, makefile, notes, schemas, stacks, stubs, workflow
from mlsj.render.course import Course
from mlsj.render.pages import Pages
from mlsj.spec.diagnostics import Diagnostic, Related, ordered
from mlsj.spec.files import File
from mlsj.spec.load import Loaded
from mlsj.spec.locate import locate

if TYPE_CHECKING:
    import jinja2

Emit = Callable[[Course], Iterable[File | Diagnostic]]

EMITTERS: dict[str, Emit] = {
    module.EMITTER: module.emit
    for module in (index, lessons, notes, stubs, makefile, checks, stacks, workflow, attributes, schemas)
}

# The page that an emitter renders, for those that use a template.
PAGES: dict[str, str] = {module.EMITTER: module.PAGE for module in (index, lessons, notes)}


class Rendered(msgspec.Struct, frozen=True):
    """What a course compiles to: files by path, sorted, and what is wrong with its templates and outputs."""

    files: dict[str, File]
    diagnostics: tuple[Diagnostic, ...]


def compile_course(loaded: Loaded, *, bytecode_cache: jinja2.BytecodeCache | None = None) -> Rendered:
    """Compile the course; without a curriculum there are no files, and `loaded.diagnostics` says why.

    `bytecode_cache` may keep compiled page templates. It belongs beside the package, never into a course: what it holds
    is executed (`mlsj.cli.compiling`).
    """
    if loaded.curriculum is None:
        return Rendered({}, ())
    pages = Pages(loaded.tree, bytecode_cache)
    course = course_of(loaded, pages)
    files: list[File] = []
    found: list[Diagnostic] = []
    for emit in EMITTERS.values():
        for output in emit(course):
            if isinstance(output, Diagnostic):
                found.append(output)
            else:
                files.append(output)
    found += pages.unused() if not found else ()
    found += _collisions(loaded, files)
    return Rendered({file.path: file for file in sorted(files, key=lambda file: file.path)}, tuple(ordered(found)))


def course_of(loaded: Loaded, pages: Pages) -> Course:
    """Return what emitters are given. Raises ValueError without a curriculum."""
    curriculum = loaded.curriculum
    if curriculum is None:
        raise ValueError("a course whose spec is broken cannot be compiled")
    return Course(
        curriculum,
        loaded.site,
        loaded.tree,
        pages,
        {lesson.id: lesson for _, lesson in curriculum.lessons()},
        {lesson.id: module for module, lesson in curriculum.lessons()},
    )


def _collisions(loaded: Loaded, files: Iterable[File]) -> Iterator[Diagnostic]:
    """Yield a diagnostic for each two spec places of which one would overwrite the other, naming both; once a pair.

    Paths that differ in case only are one file on some systems, and a file cannot stand where another needs a folder.
    """
    claimed: dict[str, File] = {}
    folders: dict[str, File] = {}
    told: set[tuple[str, str]] = set()
    for file in files:
        key = file.path.casefold()
        above = [key[:end] for end, sign in enumerate(key) if sign == "/"]
        other = claimed.get(key) or folders.get(key) or next((claimed[path] for path in above if path in claimed), None)
        claimed.setdefault(key, file)
        for path in above:
            folders.setdefault(path, file)
        if other is not None and (other.origin, file.origin) not in told:
            told.add((other.origin, file.origin))
            yield _collision(loaded, other, file)


def _collision(loaded: Loaded, first: File, second: File) -> Diagnostic:
    paths = f"{first.path} and {second.path}, which cannot both exist"
    span = locate(loaded, second.origin)
    if first.origin == second.origin:
        return Diagnostic("MLSJ-O001", f"{_named(first)} compiles to {paths}", span, help="rename one of the two files")
    what = f"both compile to {first.path}" if first.path == second.path else f"compile to {paths}"
    related = (Related(locate(loaded, first.origin), f"the other is {_named(first)}"),)
    message = f"{_named(first)} and {_named(second)} {what}"
    return Diagnostic("MLSJ-O001", message, span, help="rename one of the two", related=related)


def _named(file: File) -> str:
    return file.origin or f"the course ({file.emitter})"
