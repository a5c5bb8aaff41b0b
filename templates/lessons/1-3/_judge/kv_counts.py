"""What the kernel counts while both engines take the same rows."""

import random
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from kv_client import Client, Wrong
from kv_states import size_of
from mlsj.kinds.base import Context, Measurement, measured

ROWS, LOOKUPS, REPEATS = 1500, 500, 3
SEGMENT_BYTES = 8192

NO_COUNTERS = "this system does not count the bytes that a process reads and writes (Linux does, in /proc/PID/io)"
NO_SQLITE = "this Python was built without SQLite"

Figures = dict[str, list[dict[str, float]]]


def figures(context: Context) -> Figures | str:
    """Return what both engines wrote, read and kept for the same rows, for each repeat, or why nobody knows."""

    def make() -> Figures | str:
        workload = ModuleType("workload")
        exec(compile((context.sources / "workload.py").read_bytes(), "workload.py", "exec"), workload.__dict__)
        found: Figures = {"store": [], "btree": []}
        for engine, repeats in found.items():
            with Client(context, context.scratch / f"{engine}-first", SEGMENT_BYTES, engine) as client:
                try:
                    client.ready()
                except Wrong as wrong:
                    if engine == "btree" and "sqlite3" in wrong.finding.got:
                        return NO_SQLITE
                    raise
                if client.program.usage().written_bytes is None:
                    return NO_COUNTERS
                for seed in seeds(context):
                    repeats.append(_figures(client, context.scratch / f"{engine}-{seed}", workload, seed))
        return found

    return context.once("figures", make)


def seeds(context: Context) -> list[int]:
    """Return the seed of the rows of each repeat."""
    return random.Random(f"{context.seed}/rows").sample(range(1, 10**6), REPEATS)


def beside(found: Figures, name: str, what: str, fraction: float) -> tuple[Measurement, Measurement]:
    """Return the store's figure, bounded by a fraction of the B-tree's, and the B-tree's."""
    other = measured(f"SQLite: {what}", [figure[name] for figure in found["btree"]], "bytes")
    return measured(what, [figure[name] for figure in found["store"]], "bytes", at_most=other.value * fraction), other


def _figures(client: Client, folder: Path, workload: ModuleType, seed: int) -> dict[str, float]:
    """Put the rows of a seed, compact, and get."""
    rows = list(workload.rows(seed, ROWS))
    puts = [f"PUT {key.hex()} {value.hex()}" for key, value in rows]
    absent = [random.Random(f"{seed}/{number}").randbytes(workload.KEY_BYTES) for number in range(LOOKUPS)]
    client.open(folder)
    _, written = _counted(client, lambda: client.do([*puts, "COMPACT"]))
    read, _ = _counted(client, lambda: client.get(workload.lookups(seed, ROWS, LOOKUPS)))
    missed, _ = _counted(client, lambda: client.get(absent))
    client.open(folder.with_name("elsewhere"))
    given = sum(len(key) + len(value) for key, value in rows)
    live = sum(len(key) + len(value) for key, value in dict(rows).items())
    return {"write": written / given, "read": read / LOOKUPS, "miss": missed / LOOKUPS, "space": size_of(folder) / live}


def _counted(client: Client, work: Callable[[], Any]) -> tuple[int, int]:
    """Return the bytes that the program read and wrote during `work`; what its pipes carried is not the engine's."""
    begun, sent, heard = client.program.usage(), client.sent, client.heard
    work()
    ended = client.program.usage()
    read = (ended.read_bytes or 0) - (begun.read_bytes or 0) - (client.sent - sent)
    return read, (ended.written_bytes or 0) - (begun.written_bytes or 0) - (client.heard - heard)
