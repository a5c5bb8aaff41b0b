"""Text from the spec as Markdown that shows what was meant and can neither break the page nor execute.

Three kinds of text: `text` is plain text (titles), every character shows as itself; `line` is one sentence with
inline Markdown; `prose` is Markdown with paragraphs, lists, quotes, code and links. Raw HTML, headings, tables and
link definitions in them show as they are written; links lead to http, https, mailto or a relative path. Code spans
and fences are rewritten so that any CommonMark parser sees the same ones that were seen here: what is left unescaped
is never outside.
"""

from __future__ import annotations

import re


class Md(str):
    """Markdown that is ready to be printed."""

    __slots__ = ()


_SPACE = re.compile(r"[ \t\n]+")
_TEXT = re.compile(r"[\\`*_\[\]<>|~$]|&(?=#?\w*(?:;|$))|(?<!\S)#")
# What would begin a list, a quote, a heading, a thematic break or an underline at the start of a line.
_START = re.compile(r"(\d{1,9})([.)])(?=\s|$)|([-+*=>:|])")

_SPECIAL = re.compile(r"[\\`<\]~#]")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_AUTOLINK = re.compile(r"<https?://[^\s<>`\\]+>")
_TARGET = re.compile(
    r"\]\((?:https?://[^\s()<>`\\]+|mailto:[^\s()<>`\\]+|[A-Za-z0-9_./#?=%+~-]*)(?: \"[^\"<>\[\]`\\\n]*\")?\)"
)
_FENCE = re.compile(r"( *)(`{3,}(?=[^`]*$)|~{3,})[ ]*([\w+#.-]*)")
_BOUNDARY = re.compile(r" *(?:[-+*]|\d{1,9}[.)]|>)(?: |$)| *>")
# A line of nothing but these would underline a heading or make a table of the line above it.
_RULER = re.compile(r"([ >]*)([-=|:][-=|: ]*)$")
_RUN = re.compile(r"`+")
_PLAIN_URL = re.compile(r"[A-Za-z0-9:/._~#?=%+,@-]+\Z")


def text(value: str) -> Md:
    """Return plain text on one line: every character shows as itself, also in a table, a heading or a link."""
    one = _SPACE.sub(" ", value).strip(" ")
    escaped = _TEXT.sub(lambda found: "\\" + found[0], one)
    return Md(_START.sub(_start, escaped, count=1) if _START.match(escaped) else escaped)


def line(value: str) -> Md:
    """Return a sentence with inline Markdown, on one line. It is safe as the last thing of a paragraph or list item."""
    one = _inline(_SPACE.sub(" ", value).strip(" "))
    if _BOUNDARY.match(one) or _RULER.match(one):
        one = _START.sub(_start, one, count=1)
    return Md(one)


def prose(value: str) -> Md:
    """Return a text of paragraphs, lists, quotes and code as Markdown that stands on its own lines from column 0."""
    return Md("\n".join(_Prose().read(value.expandtabs(4).split("\n"))).strip("\n"))


def labelled(value: str, label: str) -> Md:
    """Return `prose` after a label in bold: beside it where it is one plain paragraph, below it otherwise."""
    body = prose(value)
    if "\n" in body or _BOUNDARY.match(body) or body.startswith(("`" * 3, " ")):
        return Md(f"**{label}:**\n\n{body}")
    return Md(f"**{label}:** {body}")


def indent(value: str, width: int) -> Md:
    """Indent Markdown for a list item whose text begins at column `width`; its first line is left as it is."""
    pad = "\n" + " " * width
    return Md(re.sub(r"\n(?!\n)", lambda _: pad, value))


def quote(value: str) -> Md:
    """Return Markdown as a block quote."""
    return Md("\n".join(f"> {row}" if row else ">" for row in value.split("\n")))


def code(value: str) -> Md:
    """Return a text as a code span."""
    one = _SPACE.sub(" ", value).strip(" ")
    ticks = "`" * (_longest(one) + 1)
    pad = " " if one.startswith("`") or one.endswith("`") else ""
    return Md(f"{ticks}{pad}{one}{pad}{ticks}")


def fence(value: str, language: str = "") -> Md:
    """Return a text as a fenced block, with a fence longer than any run of backticks in it."""
    ticks = "`" * max(3, _longest(value) + 1)
    body = value.rstrip("\n")
    return Md(f"{ticks}{language}\n{body}\n{ticks}")


def link(label: str, target: str) -> Md:
    """Return a link; `label` is plain text, `target` a URL or a relative path without white space."""
    if not _PLAIN_URL.match(target):
        escaped = target.replace("\\", "%5C").replace("`", "%60").replace("&", "&amp;").replace("<", "%3C")
        target = "<" + escaped.replace(">", "%3E") + ">"
    return Md(f"[{text(label)}]({target})")


def comment(lines: tuple[str, ...]) -> Md:
    """Return lines as an HTML comment. A double hyphen would end it early, so a space goes between."""
    return Md("<!--\n" + "".join(re.sub(r"-(?=-)", "- ", row) + "\n" for row in lines) + "-->")


def _start(found: re.Match[str]) -> str:
    return f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}"


def _longest(value: str) -> int:
    return max((len(run) for run in _RUN.findall(value)), default=0)


def _inline(value: str) -> str:
    """Escape what is not inline Markdown of ours; code spans come to lie on one line, stray backticks are escaped."""
    out: list[str] = []
    at, end = 0, len(value)
    while found := _SPECIAL.search(value, at):
        i = found.start()
        out.append(value[at:i])
        piece, at = _token(value, i)
        out.append(piece)
    out.append(value[at:end])
    return _closed("".join(out))


def _token(value: str, i: int) -> tuple[str, int]:
    """Return what to write for the special character at `i`, and where to read on."""
    sign, after = value[i], value[i + 1 : i + 2]
    if sign == "\\":
        return (sign + after, i + 2) if after in _PUNCTUATION and after else (sign, i + 1)
    if sign == "`":
        return _ticks(value, i)
    if sign == "<":
        found = _AUTOLINK.match(value, i)
        return (found[0], found.end()) if found else ("&lt;", i + 1)
    if sign == "]":
        if after == "(":
            found = _TARGET.match(value, i)
            return (found[0], found.end()) if found else ("]\\(", i + 2)
        return ("]\\:", i + 2) if after == ":" else (sign, i + 1)
    if sign == "~":
        run = len(value) - i - len(value[i:].lstrip("~")) if value.startswith("~~~", i) else 0
        return ("\\~" * run, i + run) if run else (sign, i + 1)
    before = value[i - 1 : i]
    return ("\\#" if not before or before.isspace() or before == ">" else sign, i + 1)


def _ticks(value: str, i: int) -> tuple[str, int]:
    run = _RUN.match(value, i)
    assert run is not None  # noqa: S101 - the caller has seen a backtick
    closing = next((other for other in _RUN.finditer(value, run.end()) if len(other[0]) == len(run[0])), None)
    if closing is None:
        return "\\`" * len(run[0]), run.end()
    body = re.sub(r" *\n[ >]*", " ", value[run.end() : closing.start()])
    return f"{run[0]}{body}{run[0]}", closing.end()


def _closed(value: str) -> str:
    """Keep the end of `value` from joining with what follows: a lone backslash, or a bracket before `(` or `:`."""
    bare = value.removesuffix("]")
    escaped = (len(bare) - len(bare.rstrip("\\"))) % 2
    if bare == value:
        return value + "\\" if escaped else value
    return value if escaped else bare + "\\]"


class _Prose:
    """Reads lines as paragraphs and fences, and collects them rewritten."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.paragraph: list[str] = []

    def read(self, lines: list[str]) -> list[str]:
        """Return `lines` rewritten."""
        at = 0
        while at < len(lines):
            row = lines[at]
            opening = _FENCE.match(row)
            if opening:
                at = self._fence(lines, at, opening)
                continue
            if not row.strip(" "):
                self._flush()
                self.out.append("")
            else:
                if _BOUNDARY.match(row):
                    self._flush()
                self.paragraph.append(row)
            at += 1
        self._flush()
        return self.out

    def _flush(self) -> None:
        """Write the open paragraph."""
        if self.paragraph:
            rows = _inline("\n".join(self.paragraph)).split("\n")
            self.out += [_RULER.sub(r"\1\\\2", row) if _RULER.match(row) else row for row in rows]
            self.paragraph = []

    def _fence(self, lines: list[str], at: int, opening: re.Match[str]) -> int:
        """Write the fenced block that opens at line `at` and return the line after it.

        All its lines get at least its indent, so no list item that holds the fence ends inside it; an indent that
        could make code of the fence itself begins a block of its own, so that its content is code in either reading.
        """
        self._flush()
        pad, marks, info = opening[1], opening[2], opening[3]
        closing = re.compile(rf" *{re.escape(marks[0])}{{{len(marks)},}} *$")
        stop = next((n for n in range(at + 1, len(lines)) if closing.match(lines[n])), len(lines))
        body = [row[min(len(pad), len(row) - len(row.lstrip(" "))) :] for row in lines[at + 1 : stop]]
        if len(pad) > 3 and self.out and self.out[-1]:
            self.out.append("")
        rows = fence("\n".join(body), info).split("\n")
        self.out += [pad + row if row else row for row in rows]
        return stop + 1
