"""Count what each engine writes, reads and keeps for the same rows.

    python3 amplification.py --rows 20000 --seed 1

prints one JSON object with three figures for `store` and for `btree`:

    write   bytes given to write calls, compaction included, for each byte of keys and values that was put
    read    bytes that read calls returned for a get of a key that is there, on average
    space   bytes of all files after compaction and closing, for each byte of the keys and values that are live

The kernel counts both kinds of calls for every process: `wchar` and `rchar` in /proc/self/io, see proc(5). Where there
is no such file, write and read are null.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from btree import BTree
from store import Store
from workload import lookups, rows


def counted() -> tuple[int, int] | None:
    """Return how many bytes this process has read and written through calls so far, or None where nobody counts."""
    # TODO: read them from /proc/self/io.
    raise NotImplementedError("counted is not written yet")


def folder_bytes(folder: Path) -> int:
    """Return how many bytes all files below `folder` have together."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def measure(make: Any, seed: int, count: int, segment_bytes: int) -> dict[str, float | None]:
    """Return the three figures of the engine that `make(folder, segment_bytes)` opens."""
    # TODO: in a folder of its own, put all rows(seed, count) and compact; get all lookups(seed, count); close. What did
    # the counters say before and after? Which bytes does each of the three figures divide by which?
    raise NotImplementedError("measure is not written yet")


def main() -> None:
    """Print the figures of both engines."""
    parser = argparse.ArgumentParser(description="Count what each engine writes, reads and keeps for the same rows.")
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--segment-bytes", type=int, default=1 << 18)
    options = parser.parse_args()
    figures: dict[str, Any] = {"rows": options.rows, "seed": options.seed}
    for name, make in (("store", Store), ("btree", BTree)):
        figures[name] = measure(make, options.seed, options.rows, options.segment_bytes)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
