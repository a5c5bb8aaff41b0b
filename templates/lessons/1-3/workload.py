"""The rows that both engines are measured with; the same seed gives the same rows. Nothing here needs to be changed.

Keys of 16 random bytes, so that they arrive in no order; values of 100 random bytes, which nothing can compress. There
are half as many keys as rows, so most puts after the first half of them are overwrites.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

KEY_BYTES, VALUE_BYTES = 16, 100


def rows(seed: int, count: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield `count` pairs of key and value, to be put in this order."""
    chance = random.Random(f"{seed}/rows")
    keys = [chance.randbytes(KEY_BYTES) for _ in range(max(count // 2, 1))]
    for _ in range(count):
        yield chance.choice(keys), chance.randbytes(VALUE_BYTES)


def lookups(seed: int, count: int, wanted: int = 500) -> list[bytes]:
    """Return `wanted` keys to get, each of which is among the rows; a key may come again."""
    chance = random.Random(f"{seed}/lookups")
    keys = sorted({key for key, _ in rows(seed, count)})
    return [chance.choice(keys) for _ in range(wanted)]
