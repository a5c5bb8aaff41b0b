"""Count the words of a text: prints one line `WORD COUNT` for each word, sorted by word."""

import sys
from pathlib import Path


def main() -> None:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    counts: dict[str, int] = {}
    # TODO: count every word of `text`.
    for word in sorted(counts):
        print(word, counts[word])


main()
