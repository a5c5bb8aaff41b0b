"""SQLite's B-tree behind the methods of `Store`, to be measured beside it. Nothing here needs to be changed.

It makes the same promise: when `put` returns, the row survives the death of the process. So each put is a transaction
of its own, written to the write-ahead log first and to the tree's pages at the next checkpoint. The cache holds ten
pages, as if the table were far larger than memory. See https://www.sqlite.org/fileformat.html and
https://www.sqlite.org/wal.html.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path


class BTree:
    """A table of keys and values in one B-tree (WITHOUT ROWID: the key is what the tree is ordered by)."""

    def __init__(self, path: str | os.PathLike[str], segment_bytes: int = 0) -> None:
        """Open the table below the folder `path`, or make it; a B-tree has no segments."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        self.database = sqlite3.connect(folder / "btree.db", isolation_level=None)
        for setting in (
            "page_size = 4096",
            "journal_mode = WAL",
            "synchronous = NORMAL",
            "cache_size = 10",
            "mmap_size = 0",
        ):
            self.database.execute(f"PRAGMA {setting}")
        self.database.execute("CREATE TABLE IF NOT EXISTS kv (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")

    def put(self, key: bytes, value: bytes) -> None:
        """Set `key` to `value`."""
        self.database.execute(
            "INSERT INTO kv VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None where there is none."""
        row = self.database.execute("SELECT value FROM kv WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def delete(self, key: bytes) -> None:
        """Remove `key`; nothing happens where there is none."""
        self.database.execute("DELETE FROM kv WHERE key = ?", (key,))

    def compact(self) -> None:
        """Bring the write-ahead log into the tree."""
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the table."""
        self.database.close()
