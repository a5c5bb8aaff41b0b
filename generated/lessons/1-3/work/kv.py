"""Speak to a store in lines: one command in, one answer out. Keys and values are written in hexadecimal.

    PUT KEY VALUE    OK                       DEL KEY      OK
    GET KEY          VALUE and HEX, or NONE   COMPACT      OK
    OPEN PATH        READY: this store is closed, and the one at PATH is open

    python3 kv.py PATH [--engine store|btree] [--segment-bytes N]

It says READY when the store is open. What a store raises is answered as ERR, with the name and text of the exception.
Nothing here needs to be changed.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable
from typing import Any


def answer(line: str, store: Any) -> str:
    """Return the answer to a command, OPEN excepted."""
    name, *hexes = line.split(" ")
    try:
        key, value = (bytes.fromhex(text) for text in (*hexes, "", "")[:2])
        if name == "PUT" and len(hexes) == 2:
            store.put(key, value)
        elif name == "GET" and len(hexes) == 1:
            found = store.get(key)
            return "NONE" if found is None else f"VALUE {bytes(found).hex()}"
        elif name == "DEL" and len(hexes) == 1:
            store.delete(key)
        elif name == "COMPACT" and not hexes:
            store.compact()
        else:
            return f"ERR unknown command {line!r}"
    except Exception as error:
        return refused(error)
    return "OK"


def refused(error: Exception) -> str:
    """Return an exception as an answer, which is one line."""
    return " ".join(f"ERR {type(error).__name__}: {error}".split())


def main() -> None:
    """Open the store and answer until standard input ends."""
    parser = argparse.ArgumentParser(description="Speak to a store in lines.")
    parser.add_argument("path", metavar="PATH")
    parser.add_argument("--engine", choices=("store", "btree"), default="store")
    parser.add_argument("--segment-bytes", type=int, default=1 << 20, metavar="N")
    options = parser.parse_args()
    make: Callable[..., Any]
    if options.engine == "store":
        from store import Store as make
    else:
        from btree import BTree as make
    # What a store prints, to be understood, must not look like an answer.
    out, sys.stdout = sys.stdout, sys.stderr
    store: Any = None
    for line in itertools.chain([f"OPEN {options.path}"], (line.rstrip("\n") for line in sys.stdin)):
        if line.startswith("OPEN "):
            said, last, store = "READY", store, None
            try:
                if last is not None:
                    last.close()
                store = make(line[5:], options.segment_bytes)
            except Exception as error:
                said = refused(error)
        else:
            said = answer(line, store) if store is not None else "ERR no store is open"
        print(said, file=out, flush=True)
    if store is not None:
        store.close()


if __name__ == "__main__":
    main()
