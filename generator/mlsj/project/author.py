"""Write one file of the author's: at once or not at all, and only when its bytes change."""

from __future__ import annotations

from pathlib import Path

from mlsj.project.atomic import put


def replace(path: Path, data: bytes) -> bool:
    """Give the file `path` the bytes `data`; return False when it has them already.

    A symbolic link is followed, so that it stays one. Raises OSError, and then the file is as it was.
    """
    path = path.resolve()
    executable = False
    if path.is_file():
        if path.read_bytes() == data:
            return False
        executable = bool(path.stat().st_mode & 0o100)
    path.parent.mkdir(parents=True, exist_ok=True)
    put(str(path.parent), path.name, data, executable=executable)
    return True
