"""Kind `note`: the learner's note answers every section, in the learner's own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding, failed, passed

LOOKS_AT = ("note",)
_COMMENT = re.compile(r"(?<!\\)<!--.*?(-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*\Z")
_BULLET = re.compile(r"\s*([-*+]|\d+[.)])[ \t]+(?=\S)")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_SIGNS = re.compile(r"[\s`*_>#\-+]+")
_MAX_BYTES = 1024 * 1024


class Asked(base.Params, frozen=True, forbid_unknown_fields=True):
    """Something that a section must state, such as a number with its unit."""

    matches: Annotated[
        str,
        Meta(min_length=1, description="Regular expression found in what the learner wrote there; case is ignored."),
    ]
    says: Annotated[str, Meta(min_length=1, description="What that is, for messages: 'the image size in MB'.")]
    section: Annotated[str, Meta(description="Heading of the section; anywhere in the note where it is absent.")] = ""

    def __post_init__(self) -> None:
        """Refuse an expression that does not compile, or that nothing at all would match."""
        try:
            pattern = re.compile(self.matches)
        except re.error as error:
            raise ValueError(f"'matches' is not a regular expression: {error}") from None
        if pattern.search(""):
            raise ValueError(f"'matches' finds {self.matches} in an empty text already")


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `note`."""

    min_words: Annotated[int, Meta(ge=1, description="Words of the learner's, over all sections.")] = 20
    min_bullets: Annotated[int, Meta(ge=0, description="Different list items of the learner's, over all sections.")] = 0
    asks_for: Annotated[list[Asked], Meta(description="What it must state.")] = msgspec.field(default_factory=list)


def judge(params: Params, context: Context) -> Finding:
    """Count what the learner added to the form, by section."""
    where = f"notes/{context.lesson_id}.md"

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, next_step=next_step, where=where)

    headings = {_plain(heading): heading for heading, _ in context.note_sections}
    unknown = [asked.section for asked in params.asks_for if asked.section and _plain(asked.section) not in headings]
    if unknown:
        raise LookupError(f"'asks_for' names the section '{unknown[0]}', which the note does not have")
    if not context.note.is_file():
        return wrong(
            "there is no note", where, "no such file", f"write {where}; 'mlsj start {context.lesson_id}' makes its form"
        )
    with context.note.open("rb") as file:
        text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    answers = _answers(text, context)
    for plain, heading in headings.items():
        lines = answers.get(plain)
        if lines is None:
            return wrong(
                f"the section '{heading}' is gone", f"a heading '{heading}'", "no such heading", "put the heading back"
            )
        if not _WORD.search(" ".join(lines)):
            return wrong(
                f"the section '{heading}' is not answered", "your own words", "the form", f"answer it in {where}"
            )
    own = [line for lines in answers.values() for line in lines]
    bullets = len({_plain(line) for line in own if _BULLET.match(line) and _WORD.search(line)})
    if bullets < params.min_bullets:
        add = params.min_bullets - bullets
        return wrong(
            "the note has too few bullets",
            f"at least {params.min_bullets} list items",
            f"{bullets}",
            f"add {add} line{'s' * (add > 1)} that begin{'s' * (add == 1)} with '- '",
        )
    words = [word.casefold() for line in own for word in _WORD.findall(line)]
    count = _substance(own)
    if count < params.min_words:
        want = f"at least {params.min_words} words of yours"
        if len(words) >= params.min_words:
            most = Counter(words).most_common(1)[0]
            got = (
                f"{len(words)}, of which {count} count: '{most[0]}' is there {most[1]} times, repeated lines count once"
            )
            return wrong(
                "the note repeats itself",
                want,
                got,
                "say each thing once, and add what is missing: why, and what you would do next time",
            )
        return wrong("the note is too short to be useful later", want, f"{len(words)}", "say why, not only what")
    return _unstated(params, answers, where) or passed(
        f"{len(words)} words and {bullets} list items in {len(answers)} sections"
    )


def _unstated(params: Params, answers: Mapping[str, list[str]], where: str) -> Finding | None:
    for asked in params.asks_for:
        chosen = [answers[_plain(asked.section)]] if asked.section else list(answers.values())
        said = "\n".join(line for lines in chosen for line in lines)
        if not re.search(asked.matches, said, re.IGNORECASE | re.MULTILINE):
            spot = f"the section '{asked.section}'" if asked.section else "the note"
            return failed(
                f"{spot} does not state {asked.says}",
                expected=asked.says,
                got=base.quoted(" ".join(said.split()), 160),
                where=where,
                next_step=f"write {asked.says} into {spot}",
            )
    return None


def _substance(lines: list[str]) -> int:
    """Count words as far as they say something: a line counts once, and so does most of what repeats one word.

    In English prose the commonest word is some 7 % of a text; one in ten, and two besides, is left to any word.
    """
    once = {_plain(line): line for line in lines}
    counts = Counter(word.casefold() for line in once.values() for word in _WORD.findall(line))
    most = 2 + counts.total() // 10
    return sum(min(count, most) for count in counts.values())


def _answers(text: str, context: Context) -> dict[str, list[str]]:
    """Return the lines the learner wrote, by plain heading of the section they stand in."""
    sections = {_plain(heading) for heading, _ in context.note_sections}
    asked = [_plain(asks) for _, asks in context.note_sections]
    form = {_plain(line) for line in _COMMENT.sub("\n", context.note_form).splitlines()}
    form |= {_plain(line) for _, asks in context.note_sections for line in asks.splitlines()} | {""}
    answers: dict[str, list[str]] = {}
    current: list[str] = []
    for line in _COMMENT.sub("\n", text).splitlines():
        heading = _HEADING.match(line)
        if heading is not None:
            name = _plain(heading[2])
            if name in sections:
                current = answers.setdefault(name, [])
            continue
        plain = _plain(line)
        if plain not in form and not any(len(plain) > 20 and plain in ask for ask in asked):
            current.append(line)
    return answers


def _plain(text: str) -> str:
    """Return `text` without Markdown's signs and with single spaces, in lower case: what a copy still shares.

    Backslashes go first: the form escapes signs of the spec's text, and a learner may or may not.
    """
    return _SIGNS.sub(" ", text.replace("\\", "")).strip().casefold()
