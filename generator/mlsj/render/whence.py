"""Where a generated file or line comes from: its emitter, its place in the spec, its template or source file."""

from __future__ import annotations

import re

import msgspec

from mlsj.render.compile import EMITTERS, PAGES, Rendered
from mlsj.render.pages import FOLDER, SUFFIX
from mlsj.spec.diagnostics import Span
from mlsj.spec.files import File
from mlsj.spec.load import Loaded
from mlsj.spec.locate import locate
from mlsj.spec.regions import STUB
from mlsj.spec.variants import VARIANTS

_COPIES = (
    re.compile(r"work/(?P<lesson>[^/]+)/(?P<file>.+)"),
    re.compile(r"\.mlsj/base/(?P<lesson>[^/]+)/(?:work/(?P<file>.+)|note\.md)"),
    re.compile(r"notes/(?P<lesson>[^/]+)\.md"),
)


class Whence(msgspec.Struct, frozen=True):
    """Where one file, or one line of it, comes from.

    `path` is the generated file; `copy` is the learner's copy of it, where that was asked about. `template` is a path
    of the course, or the package's name for its own; `source` is the reference file that a stub was made from.
    """

    path: str
    line: int | None
    emitter: str
    origin: str
    spec: Span
    first: int | None = None
    last: int | None = None
    template: str | None = None
    source: str | None = None
    copy: str | None = None


def original(path: str) -> str:
    """Return the generated file that `path` is a learner's copy of, else `path` itself."""
    for pattern in _COPIES:
        found = pattern.fullmatch(path)
        if found is not None:
            inner = found.groupdict().get("file")
            return f"generated/lessons/{found['lesson']}/" + (f"work/{inner}" if inner else "note.md")
    return path


def whence(loaded: Loaded, rendered: Rendered, path: str, line: int | None = None) -> Whence | None:
    """Return where `path` comes from, or with `line` (from 1) that line of it; None for what is not made here.

    Raises IndexError for a line that a generated file does not have.
    """
    made = original(path)
    file = rendered.files.get(made)
    if file is None:
        return None
    copy = path if made != path else None
    if line is not None and copy is None and not 1 <= line <= max(1, _lines(file)):
        raise IndexError(line)
    # A learner's lines are not ours: of a copy, only the file can be told. Of nested blocks the innermost is the last.
    around = [b for b in file.blocks if line is not None and copy is None and b.first <= line <= b.last]
    inner = min(reversed(around), key=lambda b: b.last - b.first, default=None)
    origin = inner.origin if inner is not None else file.origin
    return Whence(
        made,
        line,
        EMITTERS[file.emitter].__module__,
        origin,
        locate(loaded, origin),
        inner.first if inner is not None else None,
        inner.last if inner is not None else None,
        _template(loaded, file),
        _source(loaded, file),
        copy,
    )


def _lines(file: File) -> int:
    return file.data.count(b"\n") + (not file.data.endswith(b"\n"))


def _template(loaded: Loaded, file: File) -> str | None:
    page = PAGES.get(file.emitter)
    if page is None:
        return None
    own = f"{FOLDER}{page}{SUFFIX}"
    return own if own in loaded.tree.files else f"mlsj/render/templates/{page}{SUFFIX}"


def _source(loaded: Loaded, file: File) -> str | None:
    """Return the reference file of a stub: the overlay that replaced it, or the file with regions."""
    found = re.fullmatch(r"generated/lessons/([^/]+)/work/(.+)", file.path)
    if found is None or loaded.curriculum is None:
        return None
    lesson = loaded.curriculum.lesson(found[1])
    if lesson is None or lesson.sources is None:
        return None
    folder = lesson.sources.rstrip("/")
    places = (f"{folder}/{VARIANTS}{STUB}/{found[2]}", f"{folder}/{found[2]}")
    return next((place for place in places if place in loaded.tree.files), None)
