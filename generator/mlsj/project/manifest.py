"""`.mlsj/manifest.json`: which files the compiler made, and the bytes it gave them.

The manifest is tracked in git, one file a line, sorted, so that it merges and reads well. It is untrusted input: it
decides what is deleted, and a branch, a merge or a stranger may have written it. Whatever is not what this tool writes
is refused as a whole, and the course is then compiled as if there was none.
"""

# Plain os calls: pathlib would cost a run that has nothing to do some milliseconds.
# ruff: noqa: PTH114, PTH118, PTH123

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from mlsj.spec.ownership import MANIFEST, in_zone, plain

if TYPE_CHECKING:
    from mlsj.spec.diagnostics import Diagnostic

FORMAT = 1
MAX_BYTES = 64 * 1024 * 1024
MODES = ("644", "755")


class Entry(msgspec.Struct, frozen=True):
    """A generated file: SHA-256 of the bytes, mode in octal, and the place in the spec it comes from."""

    sha256: str
    mode: str
    origin: str


class Manifest(msgspec.Struct, frozen=True):
    """The files the compiler made, by path."""

    files: Mapping[str, Entry] = msgspec.field(default_factory=dict)

    def encode(self) -> bytes:
        """Return the bytes of the manifest, the same for equal manifests."""
        lines = [f"    {_json(path)}: {_json(_plain(entry))}" for path, entry in sorted(self.files.items())]
        files = "{\n" + ",\n".join(lines) + "\n  }" if lines else "{}"
        return f'{{\n  "format": {FORMAT},\n  "files": {files}\n}}\n'.encode()


class RefusedError(Exception):
    """The manifest is not one that this tool wrote; the message says why, `line` where."""

    def __init__(self, message: str, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


def read(root: str, path: str = MANIFEST) -> tuple[Manifest, bytes | None, Diagnostic | None]:
    """Return the manifest at `path` of the course at `root`, its bytes, and what is wrong with it.

    A missing one is empty with None for bytes; a refused one is empty with a warning. Raises OSError when it cannot be
    read.
    """
    raw: bytes | None = None
    try:
        raw = read_raw(root, path)
        return (Manifest() if raw is None else decode(raw)), raw, None
    except RefusedError as refused:
        return Manifest(), raw, _diagnostic(path, refused)


def read_raw(root: str, path: str = MANIFEST) -> bytes | None:
    """Return the manifest's bytes, or None when there is none; raises RefusedError for all but a file of sane size."""
    full = os.path.join(root, path)
    try:
        if any(os.path.islink(os.path.join(root, parent)) for parent in _parents(path)):
            raise RefusedError("a folder on the way to it is a symbolic link")
        info = os.lstat(full)
        if not stat.S_ISREG(info.st_mode):
            raise RefusedError("it is not a regular file")
        if info.st_size > MAX_BYTES:
            raise RefusedError(f"{info.st_size:,} bytes; at most {MAX_BYTES:,} are read")
        with open(full, "rb", buffering=0) as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def decode(raw: bytes) -> Manifest:
    """Return the manifest written in `raw`; raises RefusedError for everything this tool would not have written."""
    if any(line.startswith((b"<<<<<<<", b"=======", b">>>>>>>")) for line in raw.splitlines()):
        raise RefusedError("it has merge conflict markers", _line_of(raw, b"<<<<<<<", b"=======", b">>>>>>>"))
    try:
        data = json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise RefusedError(f"it is not JSON: {error.msg}", error.lineno) from error
    except UnicodeDecodeError as error:
        raise RefusedError("it is not UTF-8") from error
    except ValueError as error:  # a number of thousands of digits
        raise RefusedError("it is not JSON that this tool writes") from error
    except RecursionError as error:
        raise RefusedError("it is nested too deeply") from error
    if not isinstance(data, dict) or data.keys() != {"format", "files"} or not isinstance(data["files"], dict):
        raise RefusedError("it is not a manifest: the keys 'format' and 'files' are expected")
    if type(data["format"]) is not int or data["format"] != FORMAT:
        raise RefusedError(f"its format is {_shown(data['format'])}; this mlsj knows format {FORMAT}")
    return Manifest({path: _entry(raw, path, entry) for path, entry in sorted(data["files"].items())})


def _entry(raw: bytes, path: str, entry: Any) -> Entry:
    if not plain(path):
        raise RefusedError(f"{_shown(path)} is not a path inside the course", _line_of_path(raw, path))
    if not in_zone(path):
        raise RefusedError(f"{_shown(path)} is not in the compiler's zone", _line_of_path(raw, path))
    if not isinstance(entry, dict) or entry.keys() != {"sha256", "mode", "origin"}:
        raise RefusedError(
            f"the entry of {_shown(path)} has other keys than sha256, mode and origin", _line_of_path(raw, path)
        )
    digest, mode, origin = entry["sha256"], entry["mode"], entry["origin"]
    if not isinstance(digest, str) or len(digest) != 64 or digest.strip("0123456789abcdef"):
        raise RefusedError(f"{_shown(path)} has no SHA-256 in hexadecimal", _line_of_path(raw, path))
    if mode not in MODES:
        raise RefusedError(f"{_shown(path)} has mode {_shown(mode)}, neither 644 nor 755", _line_of_path(raw, path))
    if not isinstance(origin, str) or not (origin.isprintable() and len(origin) <= 1024):
        raise RefusedError(f"{_shown(path)} has an origin that is no place in a spec", _line_of_path(raw, path))
    return Entry(digest, mode, origin)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(f"key {_shown(twice)} is given twice")
    return found


def _diagnostic(path: str, refused: RefusedError) -> Diagnostic:
    from mlsj.spec.diagnostics import Diagnostic, Severity, Span

    return Diagnostic(
        "MLSJ-O002",
        f"the manifest is refused: {refused}",
        Span(path, refused.line),
        help="'mlsj generate' writes a new one; files that only the old one knew are not deleted",
        severity=Severity.WARNING,
    )


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _plain(entry: Entry) -> dict[str, str]:
    return {"mode": entry.mode, "origin": entry.origin, "sha256": entry.sha256}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _line_of(raw: bytes, *starts: bytes) -> int:
    return next((number for number, line in enumerate(raw.splitlines(), 1) if line.startswith(starts)), 1)


def _line_of_path(raw: bytes, path: str) -> int:
    at = raw.find(_json(path).encode("utf-8", "surrogatepass"))
    return raw.count(b"\n", 0, at) + 1 if at >= 0 else 1
