"""A key-value store that only ever appends: segments of a log on disk, and a hash index in memory.

Every put and delete appends one record to the newest segment. The index, a dictionary, says for each key where its
newest record lies, so a get is one read. The index is not kept on disk: opening the store reads the log and makes it.

    PATH/1.log PATH/2.log …   segments; the one with the highest number takes writes, the others never change again
    PATH/7.tmp                what a compaction that was cut short has left; opening the store removes it

Sources: J. Sheehy and D. Smith, Bitcask (2010); M. Kleppmann, Designing Data-Intensive Applications, chapter 3, "Hash
indexes".
"""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

# Checksum of all that follows · kind · length of the key · length of the value; then come the key and the value.
HEADER = struct.Struct(">IBII")
PUT, DELETE = 0, 1


class Corrupt(Exception):
    """Bytes that were once written whole are no longer what they were; the text says where."""


class Place(NamedTuple):
    """Where a record lies. Places compare in the order in which their records were written."""

    segment: int
    offset: int
    size: int


def encode(kind: int, key: bytes, value: bytes) -> bytes:
    """Return a record as it stands in the log."""
    body = HEADER.pack(0, kind, len(key), len(value))[4:] + key + value
    return zlib.crc32(body).to_bytes(4, "big") + body


def decode(record: bytes) -> tuple[int, bytes, bytes] | None:
    """Return kind, key and value of a record, or None where it is not what was written."""
    checksum, kind, key_size, _ = HEADER.unpack_from(record)
#: solution
    # It covers the lengths as well: a length that nothing vouches for may say anything.
    if zlib.crc32(record[4:]) != checksum:
        return None
#: mistake no-checksum
#: end
    middle = HEADER.size + key_size
    return kind, record[HEADER.size : middle], record[middle:]


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
        self.index: dict[bytes, Place] = {}
        self.files: dict[int, int] = {}  # descriptor of each segment, by its number
        self.active = 0  # the segment that takes writes
        self.end = 0  # its length
#: solution
#: mistake values-in-memory
        self.values: dict[bytes, bytes] = {}
#: mistake answers-early
        self.pending = bytearray()
#: end
        try:
            self._recover()
        except BaseException:
            self.close()
            raise

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key` to `value`."""
#: solution
#: mistake updates-in-place
        place = self.index.get(key)
        if place is not None and place.size == HEADER.size + len(key) + len(value):
            with self._file(place.segment).open("r+b", buffering=0) as file:
                file.seek(place.offset)
                file.write(encode(PUT, key, value))
            return
#: end
        self._apply(PUT, key, value, self._append(encode(PUT, key, value)))

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None where there is none. Raises Corrupt where it is damaged."""
#: solution
        place = self.index.get(key)
        return None if place is None else self._read(place)[-1]
#: mistake missing-raises
        return self._read(self.index[key])[-1]
#: mistake values-in-memory
        return self.values.get(key)
#: end

    def delete(self, key: bytes) -> None:
        """Remove `key`; nothing happens where there is none."""
        # What was appended cannot be taken back, so a record of its own, a tombstone, says that the key is gone.
        if key in self.index:
            self._apply(DELETE, key, b"", self._append(encode(DELETE, key, b"")))

    def compact(self) -> None:
        """Give back the space of overwritten and deleted records. A kill at any moment of it loses nothing."""
        old = sorted(self.files)
#: solution
#: mistake skips-oldest
        old = old[1:]
#: end
        # What is written from now on is newer than the merged segment, so it gets a higher number.
        merged = self.active + 1
        self._begin(merged + 1)
#: solution
        live = sorted(self.index.items(), key=lambda item: item[1])
#: mistake skips-oldest
        live = sorted((item for item in self.index.items() if item[1].segment in old), key=lambda item: item[1])
#: mistake deletes-first
        live = sorted(self.index.items(), key=lambda item: item[1])
        for number in old:
            self._file(number).unlink()
#: end
        moved: dict[bytes, Place] = {}
        temporary = self.path / f"{merged}.tmp"
        with temporary.open("wb") as file:
            offset = 0
            for key, place in live:
                file.write(encode(*self._read(place)))
                moved[key] = Place(merged, offset, place.size)
                offset += place.size
            file.flush()
            os.fsync(file.fileno())
        # The name appears when the bytes are safe; the old segments go when the name is safe.
        temporary.rename(self._file(merged))
        self._sync_folder()
        self._open(merged)
        self.index.update(moved)
#: solution
        # Oldest first: a tombstone is not merged, so it has to outlive the records that it buries.
        for number in old:
            os.close(self.files.pop(number))
            self._file(number).unlink()
#: mistake removes-newest-first
        for number in reversed(old):
            os.close(self.files.pop(number))
            self._file(number).unlink()
#: mistake deletes-first
        for number in old:
            os.close(self.files.pop(number))
#: end

    def close(self) -> None:
        """Release the files. Nothing has to be saved: every change that returned is safe already."""
#: solution
#: mistake answers-early
        if self.files:
            self._flush()
#: end
        for descriptor in self.files.values():
            os.close(descriptor)
        self.files.clear()

    def _recover(self) -> None:
        """Make the index from the log."""
        for unfinished in self.path.glob("*.tmp"):
            unfinished.unlink()
#: solution
        # By number, not by name: as a text, 10.log comes before 9.log.
        numbers = sorted(int(file.stem) for file in self.path.glob("*.log"))
#: mistake sorts-names
        numbers = [int(file.stem) for file in sorted(self.path.glob("*.log"))]
#: end
        for number in numbers:
            self._open(number)
            self._replay(number, newest=number == numbers[-1])
        if not numbers:
            self._begin(1)

    def _replay(self, number: int, *, newest: bool) -> None:
        """Take one segment into the index, and make it the active one.

        A record that is not whole and reaches the end of the newest segment was cut short by a crash; nobody was told
        that it is safe, so it goes. Any other bad record is damage to what was safe, and that nobody may hide.
        """
        size = os.fstat(self.files[number]).st_size
        offset = 0
        while offset < size:
            header = self._bytes(Place(number, offset, HEADER.size))
            whole = len(header) == HEADER.size
            place = Place(number, offset, HEADER.size + (sum(HEADER.unpack(header)[2:]) if whole else 0))
            end = offset + place.size
#: solution
            # A length is believed only as far as the file goes: a damaged one may say four gigabytes.
            record = decode(self._bytes(place)) if end <= size else None
            if record is None:
                if not newest or end < size:
                    raise Corrupt(f"{self._file(number)}: the record at byte {offset} is damaged")
                os.ftruncate(self.files[number], offset)
                break
#: mistake no-checksum
            if not whole:
                os.ftruncate(self.files[number], offset)
                break
            record = decode(self._bytes(place))
            end = min(end, size)
#: mistake keeps-torn-tail
            record = decode(self._bytes(place)) if end <= size else None
            if record is None:
                offset = size
                break
#: end
            self._apply(*record, place)
            offset = end
        self.active, self.end = number, offset

    def _apply(self, kind: int, key: bytes, value: bytes, place: Place) -> None:
        """Take one record into the index."""
        if kind == PUT:
            self.index[key] = place
        else:
            self.index.pop(key, None)
#: solution
#: mistake values-in-memory
        if kind == PUT:
            self.values[key] = value
        else:
            self.values.pop(key, None)
#: end

    def _append(self, record: bytes) -> Place:
        """Write a record to the end of the log and return its place."""
        if self.end >= self.segment_bytes:
            self._begin(self.active + 1)
#: solution
#: mistake merges-always
            self.compact()
#: end
        place = Place(self.active, self.end, len(record))
#: solution
        descriptor, left = self.files[self.active], memoryview(record)
        try:
            # When write returns, the kernel has the bytes; those in a buffer of ours would die with us.
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError:
            os.ftruncate(descriptor, self.end)  # the disk is full: no half record may stand before the next one
            raise
#: mistake answers-early
        self.pending += record
        if len(self.pending) >= 1 << 16:
            self._flush()
#: end
        self.end += len(record)
        return place

    def _read(self, place: Place) -> tuple[int, bytes, bytes]:
        """Return kind, key and value of the record at `place`. Raises Corrupt where it is not what was written."""
        record = decode(self._bytes(place))
        if record is None:
            raise Corrupt(f"{self._file(place.segment)}: the record at byte {place.offset} is damaged")
        return record

    def _bytes(self, place: Place) -> bytes:
        """Read exactly the bytes at `place`; a buffered file would fetch a whole buffer for each record."""
#: solution
        return os.pread(self.files[place.segment], place.size, place.offset)
#: mistake buffered-reads
        with self._file(place.segment).open("rb") as file:
            file.seek(place.offset)
            return file.read(place.size)
#: mistake answers-early
        self._flush()
        return os.pread(self.files[place.segment], place.size, place.offset)
#: end

    def _begin(self, number: int) -> None:
        """Close the active segment to writes and begin the next."""
        if self.files:
#: solution
#: mistake answers-early
            self._flush()
#: end
            os.fsync(self.files[self.active])
        self._open(number)
        self._sync_folder()
        self.active, self.end = number, 0

    def _open(self, number: int) -> None:
        self.files[number] = os.open(self._file(number), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)

    def _file(self, number: int) -> Path:
        return self.path / f"{number}.log"

    def _sync_folder(self) -> None:
        """Make names safe: after a power cut, a file whose folder was not synced may be without one."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
#: solution
#: mistake answers-early

    def _flush(self) -> None:
        if self.pending:
            os.write(self.files[self.active], self.pending)
            self.pending.clear()
#: end
