"""Compiling a loaded course, with the package's page templates compiled once for all runs."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2

    from mlsj.render.compile import Rendered
    from mlsj.spec.load import Loaded


def compiled(loaded: Loaded) -> Rendered:
    """Compile the course; see `mlsj.render.compile.compile_course`."""
    from mlsj.render.compile import compile_course

    return compile_course(loaded, bytecode_cache=_cache(loaded))


def _cache(loaded: Loaded) -> jinja2.BytecodeCache | None:
    """Return a cache beside the package's own .pyc files, and as trustworthy as they are.

    Never one inside a course: that would run marshalled code out of anybody's clone. A course with templates of its own
    has none, so that they are not kept in the package.
    """
    from mlsj.render import pages

    if sys.dont_write_bytecode or any(path.startswith(pages.FOLDER) for path in loaded.tree.files):
        return None
    folder = pages.PACKAGED / "__pycache__"
    try:
        folder.mkdir(exist_ok=True)
    except OSError:
        return None
    if not os.access(folder, os.W_OK):
        return None
    from jinja2 import FileSystemBytecodeCache

    return FileSystemBytecodeCache(str(folder))
