"""Kind `hash`: the hash of a file is a given one, another file's, or that of what the judge's own function returns."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from mlsj.kinds import _found, base
from mlsj.kinds.base import Context, Finding, failed, passed

LOOKS_AT = ("work",)
FUNCTIONS = ("function",)
_DIGITS = {"sha256": 64, "sha1": 40, "md5": 32, "git-blob": 40}


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `hash`."""

    path: Annotated[str, Meta(min_length=1, description="Path in the work directory.")]
    algorithm: Annotated[
        Literal["sha256", "sha1", "md5", "git-blob"],
        Meta(description="What is taken of the bytes; git-blob is the id that git gives a file."),
    ] = "sha256"
    equals: Annotated[str, Meta(description="The hash, in hexadecimal.")] = ""
    same_as: Annotated[str, Meta(description="A file of the work directory that has the same bytes.")] = ""
    function: Annotated[
        str,
        Meta(
            pattern=r"^([a-z][a-z0-9_]*)?$",
            description="Function of judge.py: it takes the Context and returns the right bytes, or their hash.",
        ),
    ] = ""

    def __post_init__(self) -> None:
        """Refuse a hash of another length, and more or less than one thing to compare with."""
        _found.below(self.path, "path")
        _found.below(self.same_as, "same_as")
        if sum(map(bool, (self.equals, self.same_as, self.function))) != 1:
            raise ValueError("give one of 'equals', 'same_as' and 'function'")
        digits = _DIGITS[self.algorithm]
        if self.equals and not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", self.equals):
            raise ValueError(f"'equals' must be {digits} hexadecimal digits for {self.algorithm}")


def judge(params: Params, context: Context) -> Finding:
    """Hash the file and compare."""
    path = _found.file(context, params.path)
    if isinstance(path, Finding):
        return path
    where = _found.place(context, params.path)
    wanted, of = params.equals.lower(), ""
    if params.same_as:
        other = _found.file(context, params.same_as)
        if isinstance(other, Finding):
            return other
        wanted, of = _hash(params.algorithm, other), f", that of {params.same_as} ({_size(other.stat().st_size)})"
    elif params.function:
        from mlsj.kinds.judge import function

        right = function(context, params.function)(context)
        if isinstance(right, bytes):
            wanted, of = _digest(params.algorithm, right), f", that of {_size(len(right))}"
        elif isinstance(right, str):
            wanted = right.lower()
        else:
            raise TypeError(f"{params.function} returned {type(right).__name__}, not bytes or a hash")
    have = _hash(params.algorithm, path)
    if have == wanted:
        return passed(f"{params.path} has the {params.algorithm} {have}")
    size = path.stat().st_size
    step = f"compare {params.path} with {params.same_as}: cmp shows the first difference" if params.same_as else ""
    return failed(
        f"{params.path} has other bytes",
        expected=f"the {params.algorithm} {wanted}{of}",
        got=f"{have}, that of {_size(size)}" if size else "an empty file",
        where=where,
        next_step=step or f"make {params.path} again; an editor or git may have changed its line ends",
    )


def _hash(algorithm: str, path: Path) -> str:
    if algorithm == "git-blob":
        return _digest(algorithm, path.read_bytes())
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _digest(algorithm: str, data: bytes) -> str:
    if algorithm == "git-blob":
        # Git objects, "Object Storage": the id is of "blob SIZE\0" and the bytes.
        return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def _size(count: int) -> str:
    return f"{count} byte{'s' * (count != 1)}"
