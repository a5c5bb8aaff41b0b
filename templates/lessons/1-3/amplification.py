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
#: solution
    try:
        lines = Path("/proc/self/io").read_text().splitlines()
    except OSError:
        return None
    counters = {name: int(value) for name, value in (line.split(":") for line in lines)}
    return counters["rchar"], counters["wchar"]
#: stub
    # TODO: read them from /proc/self/io.
    raise NotImplementedError("counted is not written yet")
#: end


def folder_bytes(folder: Path) -> int:
    """Return how many bytes all files below `folder` have together."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def measure(make: Any, seed: int, count: int, segment_bytes: int) -> dict[str, float | None]:
    """Return the three figures of the engine that `make(folder, segment_bytes)` opens."""
#: solution
    with tempfile.TemporaryDirectory() as name:
        folder, given, live = Path(name), 0, dict[bytes, int]()
        engine, begin = make(folder, segment_bytes), counted()
        for key, value in rows(seed, count):
            engine.put(key, value)
            live[key] = len(key) + len(value)
            given += live[key]
        engine.compact()
        loaded = counted()
        wanted = lookups(seed, count)
        fetching = counted()
        for key in wanted:
            engine.get(key)
        fetched = counted()
        engine.close()
        figures: dict[str, float | None] = {"write": None, "read": None}
        if begin and loaded and fetching and fetched:
            figures = {"write": (loaded[1] - begin[1]) / given, "read": (fetched[0] - fetching[0]) / len(wanted)}
        return figures | {"space": folder_bytes(folder) / sum(live.values())}
#: mistake measures-files
    with tempfile.TemporaryDirectory() as name:
        folder, given, live = Path(name), 0, dict[bytes, int]()
        engine = make(folder, segment_bytes)
        for key, value in rows(seed, count):
            engine.put(key, value)
            live[key] = len(key) + len(value)
            given += live[key]
        engine.compact()
        wanted = lookups(seed, count)
        fetching = counted()
        for key in wanted:
            engine.get(key)
        fetched = counted()
        engine.close()
        read = (fetched[0] - fetching[0]) / len(wanted) if fetching and fetched else None
        size = folder_bytes(folder)
        return {"write": size / given, "read": read, "space": size / sum(live.values())}
#: stub
    # TODO: in a folder of its own, put all rows(seed, count) and compact; get all lookups(seed, count); close. What did
    # the counters say before and after? Which bytes does each of the three figures divide by which?
    raise NotImplementedError("measure is not written yet")
#: end


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
