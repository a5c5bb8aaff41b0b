"""Count the words of a text: prints one line `WORD COUNT` for each word, sorted by word."""

import sys
from pathlib import Path


def main() -> None:
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    counts: dict[str, int] = {}
#: solution
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
#: mistake splits-at-spaces
    for word in filter(None, text.split(" ")):
        counts[word] = counts.get(word, 0) + 1
#: mistake fails-on-nothing
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    print(max(counts.values()), file=sys.stderr)
#: stub
    # TODO: count every word of `text`.
#: end
    for word in sorted(counts):
        print(word, counts[word])


main()
