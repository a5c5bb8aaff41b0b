"""Which lesson a learner means without naming one: the one worked on last that is not passed, else the next one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from mlsj.learner.progress import Standing, next_lesson, progress
from mlsj.learner.workspace import Workspace
from mlsj.project.walk import is_junk
from mlsj.spec.load import Loaded


def last_edited(root: Path, loaded: Loaded) -> str | None:
    """Return the lesson's id; None when the course has no lesson that can be judged."""
    found = progress(root, loaded)
    begun = [item.id for item in found.values() if item.started and item.standing is not Standing.DRAFT]
    open_here = [each for each in begun if found[each].standing not in (Standing.PASSED, Standing.PASSED_HERE)]
    following = next_lesson(loaded, found)
    if not open_here and following is not None:
        return following.id
    return max(open_here or begun, key=lambda each: _edited(Workspace(root, each)), default=None)


def _edited(place: Workspace) -> float:
    """Return when a file of the lesson was last changed."""
    times = [0.0]
    for folder, folders, names in os.walk(place.work):
        folders[:] = [name for name in folders if not is_junk(name)]
        for name in names:
            with suppress(OSError):
                times.append(Path(folder, name).lstat().st_mtime)
    with suppress(OSError):
        times.append(place.note.lstat().st_mtime)
    return max(times)
