"""Which lines of an output come from which spec place: private marks in the text, turned into blocks at the end.

An emitter brackets a part with `block(origin, text)`; `finish` removes the marks and says which lines they held. Text
from a spec cannot hold these control characters (`mlsj.spec.source` refuses them), so nothing in it can be taken for
a mark.
"""

from __future__ import annotations

import re

from mlsj.spec.files import Block, File

OPEN = "\x01"
OPENED = "\x02"
CLOSE = "\x03"
MARKS = re.compile(f"{OPEN}([^{OPENED}]*){OPENED}|{CLOSE}")


def block(origin: str, text: str) -> str:
    """Bracket `text` as coming from `origin`, a place in the spec by ids."""
    return f"{OPEN}{origin}{OPENED}{text}{CLOSE}"


def finish(marked: str) -> tuple[str, tuple[Block, ...]]:
    """Return the text without marks, and the blocks they bracketed, outer before inner."""
    parts: list[str] = []
    found: list[Block] = []
    stack: list[tuple[int, str, int]] = []  # place in `found`, origin, first line
    line, at = 1, 0
    ended = True  # whether the text so far ends with a newline
    for mark in MARKS.finditer(marked):
        piece = marked[at : mark.start()]
        if piece:
            parts.append(piece)
            line += piece.count("\n")
            ended = piece.endswith("\n")
        at = mark.end()
        if mark[1] is not None:
            stack.append((len(found), mark[1], line))
            found.append(Block(line, line - 1, mark[1]))
        elif stack:
            index, origin, first = stack.pop()
            found[index] = Block(first, line - 1 if ended else line, origin)
    parts.append(marked[at:])
    return "".join(parts), tuple(b for b in found if b.first <= b.last)


def text_file(path: str, marked: str, origin: str, emitter: str) -> File:
    """Return the generated file whose text, with marks, is `marked`."""
    text, blocks = finish(marked)
    return File(path, text.encode(), origin, emitter, blocks=blocks)
