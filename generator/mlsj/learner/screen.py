"""The screen of `mlsj watch`: a pure function from state and size to lines of styled text.

Without a height it is a block for a log: the same, whole and without keys.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence

from mlsj.kinds.base import Verdict
from mlsj.learner.watch import State
from mlsj.verify.evidence import Evidence, Found
from mlsj.verify.report import State as LessonState

Line = tuple[tuple[str, str], ...]
"""Pieces of text with the name of their style."""

_COLOURS = {
    Verdict.PASS: "green",
    Verdict.FAIL: "red",
    Verdict.UNVERIFIED: "yellow",
    Verdict.BLOCKED: "cyan",
    Verdict.ERROR: "magenta",
}
_STATES = {
    LessonState.PASSED: "green",
    LessonState.PASSED_HERE: "green",
    LessonState.FAILED: "red",
    LessonState.NOT_JUDGED: "magenta",
}
# https://www.ecma-international.org/publications-and-standards/standards/ecma-48/, SGR
_SGR = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "magenta": 35, "cyan": 36}
_LABEL = 10
_BAR = 30
_NARROWEST = 20
# On a screen this low the verdict is worth more than the progress.
_LOW = 10
# So many lines of the first fail are worth more than the list of verdicts.
_DETAIL = 6


def draw(state: State, width: int, height: int | None = None) -> list[Line]:
    """Return at most `height` lines of at most `width` columns."""
    width = max(width, _NARROWEST)
    head, foot = _head(state, width), _foot(state, width, keys=height is not None)
    verdicts = _verdicts(state, width)
    detail = _detail(state, width)
    aside = _aside(state, width, hints=height is not None)
    if height is not None:
        head = head if height > _LOW else head[:1]
        verdicts, detail, aside = _fitted(state, (verdicts, detail, aside), height - len(head) - len(foot), width)
    blocks = [block for block in (head, verdicts, detail, aside, foot) if block]
    lines = [line for number, block in enumerate(blocks) for line in ((((),) if number else ()) + tuple(block))]
    if height is not None and len(lines) > height:  # a screen too low for all of it: the state and the keys stay
        lines = [*lines[: max(height - len(foot), 0)], *foot[-height:]]
    return [_cut(line, width) for line in lines]


def painted(line: Line, *, colour: bool) -> str:
    """Return the line as a terminal takes it."""
    return "".join(f"\x1b[{_SGR[style]}m{text}\x1b[0m" if colour and style else text for text, style in line)


def columns(text: str) -> int:
    """Return the columns a terminal takes for `text`: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _head(state: State, width: int) -> list[Line]:
    lines: list[Line] = [((f"{state.lesson} {_one_line(state.title)}".rstrip(), "bold"),)]
    course = state.course
    if course.lessons:
        told = f"{course.passed} of {course.lessons} lessons passed"
        room = min(_BAR, width - len(told) - 3)
        done = room * course.passed // course.lessons
        bar = f"[{'#' * done}{'.' * (room - done)}] " if room > 0 else ""
        lines.append(((f"{bar}{told}", ""),))
    return lines


def _verdicts(state: State, width: int, *, brief: bool = False) -> list[Line]:
    """Return a line for each criterion; `brief` leaves out those that pass and counts them."""
    if state.record is None:
        return []
    results = [found for found in state.record.results if not brief or found.verdict is not Verdict.PASS]
    longest = max((columns(found.id) for found in results), default=0)
    indent = 2 + _LABEL + 2 + longest + 2
    lines: list[Line] = []
    for found in results:
        said = _one_line(found.says)
        if found.verdict not in (Verdict.PASS, Verdict.FAIL):
            said += f" ({_one_line(found.message.partition(chr(10))[0])})"
        if found.judged:
            said += f" (judged {found.judged[:16].replace('T', ' ')} UTC, seed {found.seed})"
        wrapped = _wrapped(said, max(width - indent, _NARROWEST))
        label = (f"{found.verdict.value:<{_LABEL}}", _COLOURS[found.verdict])
        space = " " * (longest - columns(found.id))
        lines.append((("  ", ""), label, (f"  {found.id}{space}  {wrapped[0]}", "")))
        lines += [((" " * indent + more, ""),) for more in wrapped[1:]]
    left = len(state.record.results) - len(results)
    return [*lines, ((f"  {left} pass", "green"),)] if left else lines


def _detail(state: State, width: int, room: int | None = None) -> list[Line]:
    """Return why nothing can be judged, else the first fail or error in full.

    With `room` for so many lines, its message and its next step stay, and what lies between is cut.
    """
    if state.gone:
        told = f"work/{state.lesson}/ is gone: bring it back, or 'mlsj start {state.lesson}' makes it again"
        return _text(told, width, "magenta")[:room]
    if state.wrong:
        return _text(state.wrong, width, "magenta")[:room]
    found = _first_open(state.record) if state.record is not None else None
    if found is None:
        return []
    message, *more = found.message.splitlines() or [""]
    phase = f" (phase {found.phase})" if found.phase else ""
    title = f"{found.verdict.value}: {found.id}"
    first, *rest = _wrapped(f"{title}: {message}{phase}", width)
    lines: list[Line] = [((title, _COLOURS[found.verdict]), (first[len(title) :], ""))]
    lines += [((line, ""),) for line in (*rest, *(folded for text in more for folded in _wrapped(text, width - 2, 2)))]
    fields = (("expected", found.expected), ("got", found.got), ("where", found.where))
    step = _field("next", found.next_step, width)
    between = [line for name, text in fields for line in _field(name, text, width)]
    if room is not None:
        cut = _shortened([*lines[1:], *between], room - 1 - len(step), f"mlsj check {state.lesson} shows all")
        return [*lines[:1], *cut, *step][: max(room, 0)]
    return [*lines, *between, *step]


def _text(text: str, width: int, style: str = "") -> list[Line]:
    return [((line, style),) for part in text.splitlines() for line in _wrapped(part, width)]


def _field(name: str, text: str, width: int) -> list[Line]:
    folded = [line for part in text.splitlines() for line in _wrapped(part, width - 12)]
    return [((f"  {name if number == 0 else '':<8}  ", "dim"), (line, "")) for number, line in enumerate(folded)]


def _aside(state: State, width: int, *, hints: bool) -> list[Line]:
    """Return the hints that were taken, and what to know after a pass."""
    lines: list[Line] = []
    for number, hint in enumerate(state.hints, 1) if hints and not state.passed else ():
        head = f"hint {number} of {state.hints_total}: "
        first, *rest = [line for text in f"{head}{hint.strip()}".splitlines() for line in _wrapped(text, width)]
        lines += [((head, "cyan"), (first[len(head) :], "")), *(((line, ""),) for line in rest)]
    if state.passed and state.after.strip():
        lines += _text("\n".join(_paragraphs(state.after)), width)
    return lines


def _paragraphs(text: str) -> list[str]:
    """Return the lines of a text with each paragraph of prose on one line; lists and code stay as they are."""
    lines: list[str] = []
    for paragraph in text.strip().split("\n\n"):
        prose = all(line[:1].isalnum() or line[:1] in "`\"'(*_" for line in paragraph.splitlines())
        prose = prose and not paragraph.startswith(("* ", "```"))
        lines += [*([""] if lines else []), *([_one_line(paragraph)] if prose else paragraph.splitlines())]
    return lines


def _foot(state: State, width: int, *, keys: bool) -> list[Line]:
    lines: list[Line] = []
    if state.busy:
        lines.append(((f"{state.busy} …", "cyan"),))
    elif state.record is not None and not state.wrong and not state.gone:
        lines.append(_summary(state, state.record))
    following = state.course.following
    if state.passed and not state.busy and following is not None:
        told = f"next: {following.id} {_one_line(following.title)}" + (" (press n)" if keys else "")
        lines.append(((told, "green"),))
    elif state.passed and not state.busy and state.course.passed == state.course.lessons:
        lines += _text("all lessons that can be judged are passed", width, "green")
    if state.notice:
        lines += _text(state.notice, width, "yellow")
    if keys:
        lines.append(_keys(state, width))
    return lines


def _summary(state: State, record: Evidence) -> Line:
    passed = sum(found.verdict is Verdict.PASS for found in record.results)
    parts = [f"{passed} of {len(record.results)} pass", f"{state.at} in {state.seconds:.1f} s", f"seed {record.seed}"]
    return ((record.stable.state.value, _STATES[record.stable.state]), (f" · {' · '.join(parts)}", ""))


def _keys(state: State, width: int) -> Line:
    keys = [("n", "next lesson", "next")] if state.passed and state.course.following and not state.busy else []
    if state.hints_left:
        keys.append(("h", f"hint ({state.hints_left} left)", "hint"))
    keys += [("r", "judge afresh", "again"), ("q", "quit", "quit")]
    wide = sum(len(f"{key} {does}   ") for key, does, _ in keys) - 3 <= width
    pieces: list[tuple[str, str]] = []
    for key, does, short in keys:
        pieces += [("   " if wide else " ", "")] if pieces else []
        pieces += [(key, "bold"), (f" {does if wide else short}", "dim")]
    return tuple(pieces)


def _fitted(
    state: State, blocks: tuple[list[Line], list[Line], list[Line]], room: int, width: int
) -> tuple[list[Line], list[Line], list[Line]]:
    """Shorten the blocks so that they and the empty lines between all blocks fill at most `room` lines."""
    verdicts, detail, aside = blocks

    def over() -> int:
        return sum(len(block) + 1 for block in (verdicts, detail, aside) if block) + 1 - room

    if over() > 0:
        verdicts = _verdicts(state, width, brief=True)
    # What was asked for last, the hints, may take half; of the rest the first fail is worth more than the list.
    if over() > 0 and aside:
        aside = _shortened(aside, max(len(aside) - over(), room // 2 - 1), f"mlsj hint {state.lesson} shows all")
    if over() > 0 and detail:
        detail = _detail(state, width, max(len(detail) - over(), _DETAIL))
    if over() > 0:
        left = len(verdicts) - over()
        verdicts = _shortened(verdicts, left, f"mlsj check {state.lesson} shows all") if left > 1 else []
    if over() > 0 and detail:
        detail = _detail(state, width, max(len(detail) - over(), 0))
    return verdicts, detail, aside


def _shortened(lines: list[Line], room: int, elsewhere: str) -> list[Line]:
    if len(lines) <= room:
        return lines
    if room <= 0:
        return []
    left = len(lines) - room + 1
    return [*lines[: room - 1], ((f"  … {left} more {'line' if left == 1 else 'lines'}: {elsewhere}", "dim"),)]


def _first_open(record: Evidence) -> Found | None:
    """Return the result to look at first: a fail, else an error, else what could not be verified."""
    for verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.UNVERIFIED):
        for found in record.results:
            if found.verdict is verdict:
                return found
    return None


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Fold a line to `width` columns; its own indent stays, and an empty one stays one line."""
    text, width = " " * indent + text.expandtabs(4), max(width, _NARROWEST)
    if text.isascii():
        return textwrap.wrap(text, width) or [""]
    folded: list[str] = []
    while columns(text) > width:
        fits = _fitting(text, width)
        space = text.rfind(" ", 1, fits + 1)
        cut = space if space > 0 and text[:space].strip() else fits
        folded.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*folded, text] if text or not folded else folded


def _fitting(text: str, width: int) -> int:
    """Return how many characters of `text` fit into `width` columns, at least one."""
    used = 0
    for number, character in enumerate(text):
        used += columns(character)
        if used > width:
            return max(number, 1)
    return len(text)


def _cut(line: Line, width: int) -> Line:
    """Cut what is wider than the screen, and take out what a terminal would obey."""
    pieces: list[tuple[str, str]] = []
    left = width
    for text, style in line:
        plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
        if columns(plain) > left:
            pieces.append((_begin(plain, left), style))
            break
        pieces.append((plain, style))
        left -= columns(plain)
    return tuple(pieces)


def _begin(text: str, width: int) -> str:
    """Return the beginning of a text that is too wide, with a sign that something is missing."""
    return f"{text[: _fitting(text, width - 1)]}…" if width > 1 else "…"[:width]


def text_of(lines: Iterable[Line] | Sequence[Line]) -> list[str]:
    """Return the lines without style."""
    return [painted(line, colour=False).rstrip() for line in lines]
