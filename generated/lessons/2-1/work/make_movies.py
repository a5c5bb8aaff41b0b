"""Makes a table of made-up movies: the same seed and number of rows always give the same bytes.

    python make_movies.py --seed 7 --rows 1000 data/movies.csv
"""

import argparse
import random
from pathlib import Path

ADJECTIVES = ["Silent", "Crimson", "Last", "Electric", "Hidden", "Golden", "Broken", "Distant", "Winter", "Paper"]
NOUNS = ["River", "Engine", "Garden", "Signal", "Harbour", "Mirror", "Empire", "Orchard", "Circuit", "Horizon"]
GENRES = ["drama", "comedy", "thriller", "documentary", "animation", "science fiction"]


def movies(seed: int, rows: int) -> str:
    """Return the table as CSV text with a header."""
    # Of all the methods of Random only random() is promised to give the same numbers in every Python version.
    number = random.Random(seed).random

    def below(limit: int) -> int:
        return int(number() * limit)

    lines = ["id,title,year,genre,rating,votes"]
    for row in range(1, rows + 1):
        title = f"{ADJECTIVES[below(len(ADJECTIVES))]} {NOUNS[below(len(NOUNS))]} {below(1000)}"
        year, genre = 1920 + below(105), GENRES[below(len(GENRES))]
        lines.append(f"{row},{title},{year},{genre},{below(101) / 10},{below(2_000_000)}")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a table of made-up movies.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("path", type=Path, help="the CSV file to write")
    args = parser.parse_args()
    args.path.parent.mkdir(parents=True, exist_ok=True)
    args.path.write_bytes(movies(args.seed, args.rows).encode())


if __name__ == "__main__":
    main()
