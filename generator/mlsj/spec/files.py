"""Files as values: what the compiler reads (`Tree`) and what it makes (`File`)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

# Paths are relative to the course's root, with `/`.
CURRICULUM = "curriculum.yaml"
SITE = "site.yaml"


class InputFile(msgspec.Struct, frozen=True):
    """A file the compiler reads."""

    data: bytes
    executable: bool = False


class Tree(msgspec.Struct, frozen=True, dict=True):
    """Everything the compiler reads: `curriculum.yaml`, `site.yaml`, all of `templates/`, `kernels/` and `locks/`."""

    files: Mapping[str, InputFile]

    def data(self, path: str) -> bytes | None:
        """Return the bytes of `path`, or None when the course has no such file."""
        found = self.files.get(path)
        return found.data if found is not None else None

    def under(self, folder: str) -> Iterator[tuple[str, InputFile]]:
        """Yield `(path relative to folder, file)` for every file below `folder`, sorted by path."""
        prefix = folder.rstrip("/") + "/"
        # '0' is the character after '/': the paths below a folder are one run of the sorted paths.
        first, last = (bisect_left(self._paths, end) for end in (prefix, prefix[:-1] + "0"))
        for path in self._paths[first:last]:
            yield path[len(prefix) :], self.files[path]

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(self.files)


class Block(msgspec.Struct, frozen=True):
    """Lines `first` to `last` (from 1, inclusive) of a generated file and the spec place they come from."""

    first: int
    last: int
    origin: str


class File(msgspec.Struct, frozen=True):
    """A generated file.

    `origin` is a place in the spec by ids, such as `lessons/3-5/criteria/bandwidth`, `services/kafka`, `course` or `""`
    for the whole spec: never a line number. `emitter` names the module in `mlsj.render` that made it.
    """

    path: str
    data: bytes
    origin: str
    emitter: str
    executable: bool = False
    blocks: tuple[Block, ...] = ()
