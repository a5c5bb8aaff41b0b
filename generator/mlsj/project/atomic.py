"""One file or folder on the disk at a time: replaced at once or not at all, and never through a symbolic link.

Errors of the disk are raised as OSError that names the path; BlockedError says what stands in the way.
"""

# Plain os calls: pathlib would cost a run that has nothing to do some milliseconds.
# ruff: noqa: PTH101, PTH102, PTH105, PTH106, PTH108, PTH112, PTH114, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from mlsj.project.obstacles import in_the_way
from mlsj.project.walk import TEMP_PREFIX
from mlsj.spec.diagnostics import Diagnostic


class BlockedError(Exception):
    """Something stands where a file or folder must go; `diagnostic` says what."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


def put(root: str, path: str, data: bytes, *, executable: bool = False) -> None:
    """Give `path` these bytes at once or not at all, with mode 644 or 755 whatever the umask is.

    Raises OSError with the path, or BlockedError when a link or a file stands where a folder is needed.
    """
    full = os.path.join(root, path)
    with naming(full):
        folder = make_folder(root, os.path.dirname(path))
        temporary = os.path.join(folder, TEMP_PREFIX + sha256(path.encode()).hexdigest()[:16])
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(temporary, flags, 0o600), "wb", buffering=0) as file:
                view = memoryview(data)
                while view:
                    view = view[file.write(view) or 0 :]
                os.fchmod(file.fileno(), 0o755 if executable else 0o644)
            if os.path.isdir(full) and not os.path.islink(full):
                _remove_empty(full)
            os.replace(temporary, full)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise


def unlink(root: str, path: str) -> None:
    """Remove the file at `path` if there is one."""
    with suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(os.path.join(root, path))


def prune(root: str, path: str) -> None:
    """Remove the folders above `path` that are empty now."""
    folder = os.path.dirname(path)
    while folder and not linked_on_the_way(root, f"{folder}/x"):
        try:
            os.rmdir(os.path.join(root, folder))
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = os.path.dirname(folder)


def _remove_empty(full: str) -> None:
    for folder, _, _ in os.walk(full, topdown=False):
        os.rmdir(folder)


def linked_on_the_way(root: str, path: str) -> bool:
    """Tell whether a folder above `path` is a symbolic link."""
    parts = path.split("/")
    return any(os.path.islink(os.path.join(root, *parts[:depth])) for depth in range(1, len(parts)))


def make_folder(root: str, path: str) -> str:
    """Make the folder `path` of the course and return it; every part is a real folder. Raises BlockedError, OSError."""
    full = root
    parts = path.split("/") if path else []
    for depth, part in enumerate(parts, 1):
        full = os.path.join(full, part)
        try:
            mode = os.lstat(full).st_mode
        except FileNotFoundError:
            try:
                os.mkdir(full)
                os.chmod(full, 0o755)  # noqa: S103 - as git would check it out
            except FileExistsError:
                pass
            mode = os.lstat(full).st_mode
        if not stat.S_ISDIR(mode):
            kind = "link" if stat.S_ISLNK(mode) else "file" if stat.S_ISREG(mode) else "other"
            raise BlockedError(in_the_way(path, "/".join(parts[:depth]), kind))
    return full


@contextmanager
def naming(full: str) -> Iterator[None]:
    """Name `full` in an OSError of the block: a write's names nothing, a temporary file's says little."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = full, None
        raise
