"""Files as values: what the compiler reads (`Tree`) and what it makes (`File`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

# Paths are relative to the course's root, with `/`.
CURRICULUM = "curriculum.yaml"
SITE = "site.yaml"


class InputFile(msgspec.Struct, frozen=True):
    """A file the compiler reads."""

    data: bytes
    executable: bool = False


class Tree(msgspec.Struct, frozen=True):
    """Everything the compiler reads: `curriculum.yaml`, `site.yaml`, all of `templates/`, `kernels/` and `locks/`."""

    files: Mapping[str, InputFile]

    def data(self, path: str) -> bytes | None:
        """Return the bytes of `path`, or None when the course has no such file."""
        found = self.files.get(path)
        return found.data if found is not None else None

    def under(self, folder: str) -> Iterator[tuple[str, InputFile]]:
        """Yield `(path relative to folder, file)` for every file below `folder`, sorted by path."""
        prefix = folder.rstrip("/") + "/"
        for path in sorted(self.files):
            if path.startswith(prefix):
                yield path[len(prefix) :], self.files[path]


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
