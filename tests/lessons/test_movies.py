"""The table generator of lesson 2-1: the same bytes from the same seed, in every Python and every environment."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

GENERATOR = Path(__file__).resolve().parents[2] / "templates/lessons/2-1/make_movies.py"


def movies(folder: Path, seed: int, rows: int, **env: str) -> bytes:
    path = folder / "data" / "movies.csv"
    argv = [sys.executable, GENERATOR, "--seed", str(seed), "--rows", str(rows), path]
    subprocess.run(argv, check=True, env={"PATH": "/usr/bin:/bin", **env})
    return path.read_bytes()


def test_the_bytes_are_pinned(tmp_path: Path) -> None:
    data = movies(tmp_path, 7, 1000)
    assert hashlib.sha256(data).hexdigest() == PINNED
    assert data == movies(tmp_path, 7, 1000, LANG="C", TZ="Asia/Tokyo", PYTHONHASHSEED="3")


def test_another_seed_is_another_table(tmp_path: Path) -> None:
    assert movies(tmp_path, 8, 1000) != movies(tmp_path, 7, 1000)


def test_it_is_a_table(tmp_path: Path) -> None:
    rows = list(csv.DictReader(movies(tmp_path, 1, 50).decode().splitlines()))
    assert len(rows) == 50
    assert [int(row["id"]) for row in rows] == list(range(1, 51))
    assert all(1920 <= int(row["year"]) < 2025 and 0 <= float(row["rating"]) <= 10 for row in rows)


PINNED = "5270048a152f753c0637469527be7d534e895fd7fe21e2d2ed7fa88f806fe7d1"
