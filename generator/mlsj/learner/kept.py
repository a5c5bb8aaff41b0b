"""Where a learner's file is kept before it is changed: `.mlsj/kept/<lesson>/…`, named by its content.

Nothing there is ever removed by this tool. The folder ignores itself in git, so a fork stays clean without asking.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from mlsj.project.atomic import put

FOLDER = ".mlsj/kept"
_MAX_NAME_BYTES = 200


def place_of(lesson_id: str, path: str, data: bytes) -> str:
    """Return where `data`, which stands at `path` of the course, is kept."""
    folder, _, name = path.removeprefix(f"work/{lesson_id}/").rpartition("/")
    short = name.encode()[:_MAX_NAME_BYTES].decode("utf-8", "ignore")
    parts = [FOLDER, lesson_id, "work" if path.startswith("work/") else "", folder]
    return "/".join([*filter(None, parts), f"{short}.{sha256(data).hexdigest()[:12]}"])


def keep(root: Path, lesson_id: str, path: str, data: bytes, *, executable: bool = False) -> str:
    """Keep `data` and return where; equal data is kept once.

    Raises OSError with the path, or BlockedError when something stands in the way.
    """
    place = place_of(lesson_id, path, data)
    if not (root / FOLDER / ".gitignore").exists():
        put(str(root), f"{FOLDER}/.gitignore", b"*\n")
    full = root / place
    if full.is_symlink() or not full.is_file() or full.read_bytes() != data:
        put(str(root), place, data, executable=executable)
    return place
