"""A key-value store that only ever appends: segments of a log on disk, and a hash index in memory.

Try it while you build:  printf 'PUT 6b 76\nGET 6b\n' | python3 kv.py /tmp/kv-demo

Decide first what one record looks like, byte for byte: a reader must find out where it ends, whether it is a value or a
deletion, and whether it is whole. `struct` and `zlib.crc32` are all that this takes.
"""

from __future__ import annotations

import os
from pathlib import Path


class Store:
    """Keys and values are bytes; a key has at least one byte, a value may be empty.

    When `put` or `delete` returns, the change survives the death of the process at any later moment. All files lie
    below the folder `path`. A segment that holds `segment_bytes` or more is closed, and a new one is begun.
    """

    def __init__(self, path: str | os.PathLike[str], segment_bytes: int = 1 << 20) -> None:
        """Open the store, or make it. It is as the last change that returned has left it."""
        self.path = Path(path)
        self.path.mkdir(parents=True, exist_ok=True)
        self.segment_bytes = segment_bytes
        # TODO: read the segments from the oldest to the newest and make the index: for each key, where its newest
        # record lies. The newest segment may end in half a record: take that away before anything is written behind it.
        # A bad record anywhere else is damage: raise an exception that names the file.

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key` to `value`."""
        # TODO: append one record and note its place in the index. Who must have the bytes before this may return?
        raise NotImplementedError("put is not written yet")

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None where there is none."""
        # TODO: one look into the index, one read of exactly the bytes that it names. Are they what was written?
        raise NotImplementedError("get is not written yet")

    def delete(self, key: bytes) -> None:
        """Remove `key`; nothing happens where there is none."""
        # TODO: nothing in a log is ever changed, so what do you append for a key that is gone?
        raise NotImplementedError("delete is not written yet")

    def compact(self) -> None:
        """Give back the space of overwritten and deleted records. A kill at any moment of it loses nothing."""
        # TODO: write what still counts into a new segment, and remove the old ones. Which number does the new one get,
        # and in which order do things happen, so that the files are a right store after each single step?
        raise NotImplementedError("compact is not written yet")

    def close(self) -> None:
        """Release the files. Nothing has to be saved: every change that returned is safe already."""
        # TODO: close what you have opened.
