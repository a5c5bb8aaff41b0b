"""Knowing that there is nothing to do without compiling: a digest over everything a compile depends on and makes.

The stamp is left by a run that had nothing to say. It covers the contents of all inputs, of the compiler's whole zone
with the manifest, and of this package with the versions of what is installed beside it. Contents, not times: a stamp
that holds means that a compile would change nothing. It is a local file that anybody can write, so only a plain
`generate` looks at it; `--check` always compiles. Nothing slow is imported here.
"""

# Plain os calls: pathlib would cost a run that has nothing to do some milliseconds.
# ruff: noqa: PTH100, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import sha256

import mlsj
from mlsj.project.walk import Input, Zone, inputs, zone
from mlsj.spec.ownership import BESIDES, STAMP

_MAX_BYTES = 4096


def up_to_date(root: str) -> int | None:
    """Return how many files the compiler has made in the course at `root`; None when a compile may change one."""
    try:
        with open(os.open(os.path.join(root, STAMP), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            stamp = json.loads(file.read(_MAX_BYTES))
        stamped, count = stamp["digest"], stamp["files"]
        read = list(inputs(root))
        if not isinstance(count, int) or not all(isinstance(entry, Input) for entry in read):
            return None
        files = [(entry.path, entry.data, entry.executable) for entry in read if isinstance(entry, Input)]
        return count if stamped == digest(files, zone(root, BESIDES)) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # no stamp, or nothing that a stamp could be about: the full run says what is wrong


def nothing_to_do(files: int) -> str:
    """Return the line that says so, the same whether a compile found it out or a stamp."""
    return f"Up to date: {files} {'file' if files == 1 else 'files'}."


def digest(read: Iterable[tuple[str, bytes, bool]], seen: Zone) -> str:
    """Return the digest of a state: what was read, as (path, bytes, executable), what stands in the zone, and the tool.

    Folders do not count: whatever they hold does.
    """
    total = sha256(tool().encode())
    for path, data, executable in sorted(read):
        total.update(f"{path}\0{int(executable)}{sha256(data).hexdigest()}\n".encode())
    total.update(b"\0")
    for path, found in sorted(seen.found.items()):
        if found.kind == "folder":
            continue
        name = path.encode("utf-8", "surrogateescape")
        total.update(name + f"\0{found.kind}\0{int(found.executable)}{found.sha256}\n".encode())
    total.update(repr(seen.leftovers).encode())
    return total.hexdigest()


def leave(root: str, state: str, files: int) -> None:
    """Leave the stamp of a settled state; a disk that refuses it costs nothing but time.

    Nothing is left when the tool's own files changed while it ran: parts of the old and the new one may have worked.
    """
    if tool() != tool.__wrapped__():
        return
    from mlsj.project.atomic import BlockedError, put

    data = json.dumps({"digest": state, "files": files}).encode() + b"\n"
    try:
        with open(os.open(os.path.join(root, STAMP), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            if file.read(_MAX_BYTES) == data:
                return
    except OSError:
        pass
    try:
        put(root, STAMP, data)
    except (OSError, BlockedError):
        return


@cache
def tool() -> str:
    """Return a digest of this package's files, of the Python that runs it, and of the versions installed beside it."""
    total = sha256(sys.version.encode())
    # One set: where a script, `-m` or a test looks first differs, what they find does not.
    installed = sorted({name for folder in sys.path for name in _installed(folder)})
    total.update("\n".join(installed).encode("utf-8", "surrogateescape") + b"\0")
    package = os.path.dirname(os.path.abspath(mlsj.__file__))
    for folder, folders, names in os.walk(package):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            full = os.path.join(folder, name)
            total.update(full.removeprefix(package).encode("utf-8", "surrogateescape") + b"\0")
            with open(full, "rb", buffering=0) as file:
                total.update(sha256(file.read()).digest())
    return total.hexdigest()


def _installed(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder or ".") if name.endswith(".dist-info")]
    except OSError:
        return []
