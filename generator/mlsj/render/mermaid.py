"""Prerequisite graphs in Mermaid: lessons as nodes, drafts dashed, every label as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mlsj.spec.model import Lesson

# Letters, digits, spaces and a few signs show as themselves; all else is written as an entity code, which Mermaid
# decodes after it has parsed the label, so no text can end a label, begin Markdown in it, or be HTML
# (https://mermaid.js.org/syntax/flowchart).
_ENCODED = re.compile(r"[^\w ,:/()…]|_|[\x80-\x9f]")
_KEPT_HYPHEN = re.compile(r"(?<=[^\W_])#45;(?=[^\W_])")
_WHITE = re.compile(r"[ \t\n]+")
# What GitHub draws: Mermaid's own limits are 500 edges and 50,000 characters (`maxEdges`, `maxTextSize`).
MAX_EDGES = 400
MAX_LESSONS = 300
_LABEL = 60


def label(value: str) -> str:
    """Return `value` as the inside of a quoted Mermaid label; a long one is cut, the lesson's page has all of it."""
    one = _WHITE.sub(" ", value).strip(" ")
    one = one if len(one) <= _LABEL else one[: _LABEL - 1] + "…"
    return _KEPT_HYPHEN.sub("-", _ENCODED.sub(lambda found: f"#{ord(found[0])};", one))


def node(lesson: Lesson) -> str:
    """Return the node id of a lesson; the prefix keeps it from being a word of Mermaid's own, such as `end`."""
    return f"L_{lesson.slug}"


def graph(lessons: Sequence[Lesson], known: dict[str, Lesson]) -> str:
    """Return the flowchart of `lessons` with their prerequisites, also those outside; ids not `known` are left out."""
    shown = {lesson.id: lesson for lesson in lessons}
    edges = [(known[need], lesson) for lesson in lessons for need in lesson.needs if need in known]
    for need, _ in edges:
        shown.setdefault(need.id, need)
    rows = ["flowchart LR"]
    rows += [f'    {node(lesson)}["{label(f"{lesson.id} {lesson.title}")}"]' for lesson in shown.values()]
    rows += [f"    {node(need)} --> {node(lesson)}" for need, lesson in edges]
    drafts = [node(lesson) for lesson in shown.values() if lesson.status == "draft"]
    if drafts:
        rows.append("    classDef draft stroke-dasharray: 5 5,opacity:0.7")
        rows.append(f"    class {','.join(drafts)} draft")
    return "\n".join(rows)


def fits(lessons: Iterable[Lesson]) -> bool:
    """Tell whether one graph of `lessons` stays within what is drawn."""
    sizes = [len(lesson.needs) for lesson in lessons]
    return len(sizes) <= MAX_LESSONS and sum(sizes) <= MAX_EDGES
