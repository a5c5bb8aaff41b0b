"""The judging process's way home: numbered lines under a key that only the two ends know.

A program that runs beside the judge, as the same user, may reach its descriptors through /proc. What it writes there
has no valid mark, is dropped, and is known to have happened; what it takes away is missed by its number.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

try:  # hashlib would load OpenSSL, which costs each judging process some milliseconds
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

KEY_BYTES = 32


def _mark(key: bytes, number: int, data: bytes) -> bytes:
    return blake2b(b"%d " % number + data, key=key, digest_size=16).hexdigest().encode()


class Sender:
    """Writes lines to a descriptor."""

    def __init__(self, descriptor: int, key: bytes) -> None:
        self._descriptor = descriptor
        self._key = key
        self._number = 0

    def send(self, data: bytes) -> None:
        """Write one line; `data` has no line end. Raises OSError when nobody reads any more."""
        line = memoryview(_mark(self._key, self._number, data) + b" " + data + b"\n")
        self._number += 1
        while line:
            line = line[os.write(self._descriptor, line) :]


class Receiver:
    """Takes what was read and gives back the lines; `foreign` says whether anything came from someone else."""

    def __init__(self, key: bytes) -> None:
        self.foreign = False
        self._key = key
        self._number = 0
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the lines that are now whole and genuine."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            mark, _, text = line.partition(b" ")
            if mark == _mark(self._key, self._number, text):
                self._number += 1
                yield text
            else:
                self.foreign = True
