"""One text that holds several versions of itself: regions between marker lines, and how a version is picked.

A marker line is an optional indent, a line comment with a colon (`//:`, `#:` or `--:`), a space and one of `solution`,
`stub`, `mistake ID [ID…]`, `end`. A region opens with its solution; other alternatives may follow in any order:

    //: solution
        if (i < n) c[i] = a[i] + b[i];
    //: mistake no-bounds-check
        c[i] = a[i] + b[i];
    //: stub
        // TODO: one thread per element; mind the last block.
    //: end

A mistake takes the solution in regions that do not name it. A stub gets nothing from a region without a `stub`, so what
an author forgets to write can never show the solution.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

SOLUTION = "solution"
STUB = "stub"
_WORDS = (SOLUTION, STUB, "mistake", "end")
_MARKER = re.compile(r"(\ufeff?[ \t]*)(//:|#:|--:)(?=[ \t\r\n]|\Z|solution\b|stub\b|mistake\b|end\b)([^\r\n]*)")
_ID = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*\Z")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a marker, where (from 1), and the line of the marker it clashes with, if any."""

    code: str
    message: str
    help: str
    line: int
    column: int
    end_column: int
    other: int = 0


class Alternative(msgspec.Struct, frozen=True):
    """One version of a region: the names it serves, its text, and where its marker stands."""

    names: tuple[str, ...]
    text: str
    line: int
    column: int
    end_column: int


class Region(msgspec.Struct, frozen=True):
    """Alternatives of one stretch of text; the first is the solution."""

    alternatives: tuple[Alternative, ...]

    def pick(self, name: str) -> str:
        """Return the text that variant `name` has here."""
        for alternative in self.alternatives:
            if name in alternative.names:
                return alternative.text
        return "" if name == STUB else self.alternatives[0].text


class Marked(msgspec.Struct, frozen=True):
    """A text as a sequence of common text and regions, with what is wrong in its markers."""

    parts: tuple[str | Region, ...]
    problems: tuple[Problem, ...]

    @property
    def regions(self) -> list[Region]:
        """The regions, in order."""
        return [part for part in self.parts if isinstance(part, Region)]

    def pick(self, name: str) -> str:
        """Return the whole text of variant `name`, without any marker."""
        return "".join(part if isinstance(part, str) else part.pick(name) for part in self.parts)


def markers(text: str) -> list[tuple[int, int]]:
    """Return (line, column), from 1, of every line that reads as a marker."""
    return [
        (number, len(found[1]) + 1)
        for number, line in enumerate(_LINES.findall(text), 1)
        if (found := _MARKER.match(line))
    ]


@lru_cache(maxsize=1024)
def parse(text: str) -> Marked:
    """Split `text` at its markers; a broken marker becomes a problem and is dropped from every variant."""
    if not any(marker in text for marker in ("//:", "#:", "--:")):
        return Marked((text,), ())
    parser = _Parser()
    for number, line in enumerate(_LINES.findall(text), 1):
        found = _MARKER.match(line)
        if found is None:
            parser.lines.append(line)
        else:
            parser.marker(number, found)
    return parser.finish()


class _Parser:
    """Collects lines into the open alternative, or into common text while no region is open."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.parts: list[str | Region] = []
        self.problems: list[Problem] = []
        self.open: list[tuple[tuple[str, ...], int, int, int]] = []  # the current alternative's names and marker place
        self.closed: list[Alternative] = []  # earlier alternatives of the open region
        self.comment = ""
        self.start = (0, 0, 0)

    def marker(self, number: int, found: re.Match[str]) -> None:
        comment, rest = found[2], found[3]
        place = (number, len(found[1]) + 1, len(found[0].rstrip()) + 1)
        words = rest.split()
        told = self._malformed(comment, rest, words)
        if told:
            self._problem(
                "MLSJ-T003",
                told,
                "a marker is 'solution', 'stub', 'mistake ID' or 'end' after the colon and a space",
                place,
            )
        elif self.open and comment != self.comment:
            message = f"nested region: '{comment}' inside the region that '{self.comment}' opened"
            self._problem(
                "MLSJ-T002", message, "close the outer region first, or write one kind of comment", place, self.start[0]
            )
        elif words[0] == "end":
            self._end(place)
        elif words[0] == SOLUTION:
            self._solution(comment, place)
        else:
            self._alternative(comment, tuple(words[1:]) if words[0] == "mistake" else (STUB,), place)

    def finish(self) -> Marked:
        if self.open:
            self._problem(
                "MLSJ-T001",
                "this region is never closed",
                "write the marker 'end' after its last alternative",
                self.start,
            )
            self._close()
        self._common()
        return Marked(tuple(self.parts), tuple(self.problems))

    def _malformed(self, comment: str, rest: str, words: list[str]) -> str:
        if not words:
            return f"'{comment}' alone is not a region marker"
        if words[0] not in _WORDS:
            return f"unknown region '{words[0]}'"
        if rest[0] not in " \t":
            return f"no space between '{comment}' and '{words[0]}'"
        if words[0] != "mistake":
            return f"unknown region '{' '.join(words)}'" if len(words) > 1 else ""
        if len(words) == 1:
            return "a mistake without an id"
        bad = next((word for word in words[1:] if not _ID.match(word)), None)
        return f"'{bad}' cannot be the id of a mistake" if bad is not None else ""

    def _solution(self, comment: str, place: tuple[int, int, int]) -> None:
        if self.open:
            message = "nested region: a solution inside an open region"
            self._problem("MLSJ-T002", message, "write the marker 'end' before it", place, self.start[0])
            return
        self._common()
        self._begin(comment, (SOLUTION,), place)

    def _alternative(self, comment: str, names: tuple[str, ...], place: tuple[int, int, int]) -> None:
        word = STUB if names == (STUB,) else "mistake"
        if not self.open:
            message = f"a region without solution: it opens with '{word}'"
            self._problem("MLSJ-T005", message, "open the region with 'solution'; it may be empty", place)
            self._common()
            self._begin(comment, (SOLUTION,), place)
        self._shut()
        taken = {name: a.line for a in self.closed for name in a.names}
        for name in dict.fromkeys(names):
            if name in taken or names.count(name) > 1:
                what = word if name == STUB else f"mistake '{name}'"
                message = f"duplicate alternative: {what} is given twice in this region"
                self._problem("MLSJ-T006", message, "keep one of the two", place, taken.get(name, 0))
        self.open = [(tuple(n for n in dict.fromkeys(names) if n not in taken), *place)]

    def _end(self, place: tuple[int, int, int]) -> None:
        if not self.open:
            self._problem(
                "MLSJ-T004", "'end' without an open region", "remove it, or open the region with 'solution'", place
            )
            return
        self._close()

    def _begin(self, comment: str, names: tuple[str, ...], place: tuple[int, int, int]) -> None:
        self.comment, self.start, self.closed, self.open = comment, place, [], [(names, *place)]

    def _shut(self) -> None:
        for names, line, column, end_column in self.open:
            self.closed.append(Alternative(names, "".join(self.lines), line, column, end_column))
        self.open, self.lines = [], []

    def _close(self) -> None:
        self._shut()
        self.parts.append(Region(tuple(self.closed)))
        self.closed = []

    def _common(self) -> None:
        if self.lines:
            self.parts.append("".join(self.lines))
            self.lines = []

    def _problem(self, code: str, message: str, remedy: str, place: tuple[int, int, int], other: int = 0) -> None:
        self.problems.append(Problem(code, message, remedy, *place, other))
