"""What lies on the disk: the files the compiler reads, and those in its zone; nothing is followed out of the tree.

Both the full compile and the no-op fast path look through these functions, so neither can see what the other misses.
Only cheap modules are imported here.
"""

# Plain os calls: pathlib would cost a run that has nothing to do some milliseconds.
# ruff: noqa: PTH112, PTH115, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from mlsj.spec.ownership import CACHE, MANIFEST, OWNED, SHARED, bears_header, plain

INPUTS = ("curriculum.yaml", "site.yaml", "templates", "kernels", "locks")
# The largest spec that is read; one more byte is read, by which the parser knows that it is too large.
MAX_SPEC_BYTES = 16 * 1024 * 1024
MAX_INPUT_BYTES = 16 * 1024 * 1024
_SPECS = INPUTS[:2]

TEMP_PREFIX = ".mlsj-tmp-"
_JUNK_NAMES = {
    "__pycache__",
    ".DS_Store",
    "Thumbs.db",
    ".git",
    ".ipynb_checkpoints",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
}
_JUNK_ENDS = ("~", ".pyc", ".swp", ".swo", ".swx")
_JUNK_STARTS = (".#", TEMP_PREFIX)


def is_junk(name: str) -> bool:
    """Tell whether a file or folder of this name is left by editors, systems or interpreters and means nothing."""
    autosaved = len(name) > 1 and name.startswith("#") and name.endswith("#")
    return name in _JUNK_NAMES or name.endswith(_JUNK_ENDS) or name.startswith(_JUNK_STARTS) or autosaved


class Problem(NamedTuple):
    """Something in a place the compiler reads that it cannot use; `what` is a sentence about `path`."""

    path: str
    kind: str  # "unreadable", "link", "strange", "large"
    what: str


class Input(NamedTuple):
    """A file the compiler reads."""

    path: str
    data: bytes
    executable: bool


class Found(NamedTuple):
    """What stands at a path of the compiler's zone; `sha256` and `executable` say something about files only."""

    kind: str  # "file", "folder", "link", "other"
    sha256: str = ""
    executable: bool = False
    bears_header: bool = False


class Zone(NamedTuple):
    """The compiler's zone as it is on the disk: everything found, and temporary files that a killed run left."""

    found: dict[str, Found]
    leftovers: tuple[str, ...] = ()


def inputs(root: str) -> Iterator[Input | Problem]:
    """Yield every input of the course at `root`, in a fixed order, and a problem for what cannot be one."""
    real_root = os.path.realpath(root)
    for name in INPUTS:
        yield from _inputs_at(real_root, name, _lstat(os.path.join(real_root, name)))


def _inputs_at(root: str, path: str, info: os.stat_result | None) -> Iterator[Input | Problem]:
    full = os.path.join(root, path)
    if info is None:
        return
    if not plain(path):
        yield Problem(_printable(path), "strange", "a name with a backslash or an unprintable character")
    elif stat.S_ISLNK(info.st_mode):
        yield _linked(root, path, full)
    elif stat.S_ISDIR(info.st_mode) and path in _SPECS:
        yield Problem(path, "strange", "a folder, where a file is expected")
    elif stat.S_ISDIR(info.st_mode):
        try:
            with os.scandir(full) as entries:
                children = sorted((e.name, e.stat(follow_symlinks=False)) for e in entries if not is_junk(e.name))
        except OSError as error:
            yield Problem(path, "unreadable", _reason(error))
            return
        for name, child in children:
            yield from _inputs_at(root, f"{path}/{name}", child)
    elif stat.S_ISREG(info.st_mode):
        yield _read(path, full)
    else:
        yield Problem(path, "strange", "neither a file nor a folder")


def _linked(root: str, path: str, full: str) -> Input | Problem:
    target = os.path.realpath(full)
    if os.path.commonpath((root, target)) != root:
        return Problem(path, "link", "a symbolic link that leads out of the course")
    if os.path.isdir(target):
        return Problem(path, "link", "a symbolic link to a folder")
    return _read(path, target)


def _read(path: str, full: str) -> Input | Problem:
    limit = MAX_SPEC_BYTES if path in _SPECS else MAX_INPUT_BYTES
    try:
        # Without O_NONBLOCK, a file replaced by a pipe at this moment would be waited for.
        descriptor = os.open(full, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            info = os.fstat(descriptor)
            data = file.read(limit + 1)
    except OSError as error:
        return Problem(path, "unreadable", _reason(error))
    if len(data) > limit and path not in _SPECS:
        return Problem(path, "large", f"{info.st_size:,} bytes; at most {limit:,} are read")
    return Input(path, data, bool(info.st_mode & stat.S_IXUSR))


def zone(root: str, also: Iterator[str] | tuple[str, ...] = ()) -> Zone:
    """Look at the compiler's zone of the course at `root`, and at each path of `also`.

    Links are noted, never followed. Raises OSError for a folder or file that cannot be read.
    """
    found: dict[str, Found] = {}
    leftovers: list[str] = []
    for name in (*OWNED, *SHARED):
        _look(root, name, found, leftovers)
    for path in also:
        if path not in found:
            _look_along(root, path, found)
    for folder in (os.path.dirname(MANIFEST), CACHE):
        if folder in found and found[folder].kind == "folder":
            with os.scandir(os.path.join(root, folder)) as entries:
                leftovers += [f"{folder}/{e.name}" for e in entries if e.name.startswith(TEMP_PREFIX)]
    return Zone(dict(sorted(found.items())), tuple(sorted(leftovers)))


def _look(root: str, path: str, found: dict[str, Found], leftovers: list[str]) -> None:
    full = os.path.join(root, path)
    info = _lstat(full)
    if info is None:
        return
    found[path] = here = _found(full, info)
    if here.kind != "folder":
        return
    with os.scandir(full) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        if name.startswith(TEMP_PREFIX):
            leftovers.append(f"{path}/{name}")
        elif not is_junk(name):
            _look(root, f"{path}/{name}", found, leftovers)


def _look_along(root: str, path: str, found: dict[str, Found]) -> None:
    """Note what stands at `path`, or what stands in its way."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        place = "/".join(parts[:depth])
        full = os.path.join(root, place)
        info = _lstat(full)
        if info is None:
            return
        found.setdefault(place, _found(full, info))
        if found[place].kind != "folder":
            return


def _found(full: str, info: os.stat_result) -> Found:
    if stat.S_ISDIR(info.st_mode):
        return Found("folder")
    if stat.S_ISLNK(info.st_mode):
        return Found("link", sha256(os.fsencode(os.readlink(full))).hexdigest())
    if not stat.S_ISREG(info.st_mode):
        return Found("other")
    with open(full, "rb", buffering=0) as file:
        data = file.read()
    return Found("file", sha256(data).hexdigest(), bool(info.st_mode & stat.S_IXUSR), bears_header(data))


def _lstat(full: str) -> os.stat_result | None:
    try:
        return os.lstat(full)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _printable(path: str) -> str:
    return path.encode("unicode_escape", "backslashreplace").decode("ascii")
