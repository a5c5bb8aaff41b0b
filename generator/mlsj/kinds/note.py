"""Kind `note`: the learner's note answers every section, in the learner's own words."""

from __future__ import annotations

import re
from typing import Annotated

from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding, failed, passed

_COMMENT = re.compile(r"(?<!\\)<!--.*?(-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*\Z")
_BULLET = re.compile(r"\s*([-*+]|\d+[.)])[ \t]+(?=\S)")
_WORD = re.compile(r"\w+(?:['’-]\w+)*")
_SIGNS = re.compile(r"[\s`*_>#\-+]+")
_MAX_BYTES = 1024 * 1024


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `note`."""

    min_words: Annotated[int, Meta(ge=1, description="Words of the learner's, over all sections.")] = 20
    min_bullets: Annotated[int, Meta(ge=0, description="List items of the learner's, over all sections.")] = 0


def judge(params: Params, context: Context) -> Finding:
    """Count what the learner added to the form, by section."""
    where = f"notes/{context.lesson_id}.md"

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, next_step=next_step, where=where)

    if not context.note.is_file():
        return wrong(
            "there is no note", where, "no such file", f"write {where}; 'mlsj start {context.lesson_id}' makes its form"
        )
    with context.note.open("rb") as file:
        text = file.read(_MAX_BYTES).decode("utf-8", "replace")
    answers = _answers(text, context)
    for heading, _ in context.note_sections:
        lines = answers.get(_plain(heading))
        if lines is None:
            return wrong(
                f"the section '{heading}' is gone", f"a heading '{heading}'", "no such heading", "put the heading back"
            )
        if not _WORD.search(" ".join(lines)):
            return wrong(
                f"the section '{heading}' is not answered", "your own words", "the form", f"answer it in {where}"
            )
    own = [line for lines in answers.values() for line in lines]
    words = sum(len(_WORD.findall(line)) for line in own)
    bullets = sum(1 for line in own if _BULLET.match(line) and _WORD.search(line))
    if bullets < params.min_bullets:
        add = params.min_bullets - bullets
        want, got = f"at least {params.min_bullets} list items", f"{bullets}"
        return wrong(
            "the note has too few bullets",
            want,
            got,
            f"add {add} line{'s' * (add > 1)} that begin{'s' * (add == 1)} with '- '",
        )
    if words < params.min_words:
        want, got = f"at least {params.min_words} words of yours", f"{words}"
        return wrong("the note is too short to be useful later", want, got, "say why, not only what")
    return passed(f"{words} words and {bullets} list items in {len(answers)} sections")


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
