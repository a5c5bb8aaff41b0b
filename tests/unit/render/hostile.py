"""Texts that try to break out of whatever they are written into, and a course that has them in every field."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mlsj.spec.model import (
    Book,
    Course,
    Criterion,
    Curriculum,
    Effort,
    HealthCheck,
    Lesson,
    Mistake,
    Module,
    Objective,
    PortMap,
    Reading,
    Restated,
    Runner,
    Section,
    Service,
    Stack,
)

EVIL = [
    "${{ github.event.issue.title }}",
    "$(shell touch pwned)",
    "$$HOME $HOME `id` $(id)",
    "-e 1",
    "--",
    "---",
    "===",
    "***",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</details>\n<b>",
    "<!-- x --> -->",
    "<!DOCTYPE x>",
    "[x](javascript:alert(1))",
    "[x](java&#115;cript:alert(1))",
    "![x](data:text/html,1)",
    "[a]: javascript:alert(1)\n\n[a]",
    "[x](\njavascript:alert(1))",
    "<javascript:alert(1)>",
    "# Heading",
    "a\n===",
    "a\n---",
    "> # quoted",
    "- # in a list",
    "a | b\n--|--\n`x|<b>`|y",
    "|a|\n|-|\n|`|<i>`|",
    "```\nopen",
    "~~~\n<b>",
    "- ```\n<b>",
    "    ```\n<b>",
    "> ```\n<b>",
    "- item\n  ```\n  code\n<b>\n  ```",
    "- a\n\n      ```\n      <b>\n<i>\n",
    "`` ` <b>",
    "`a\n<b>`",
    "\\`<b>`",
    "`<b>\\`",
    "a\\",
    "\\",
    "]",
    "[",
    "\\]",
    "a]",
    "`",
    "``",
    "1. x",
    "1) x",
    "+ x",
    "* x",
    ": x",
    "| x |",
    "\"quotes\" 'single'",
    "\n\nmany\n\n\nlines\n",
    " leading",
    "\tx: {y",
    "%",
    "@",
    "&amp; &lt;b&gt; &#60;",
    "\x85",
    "é 🐍 \u202e",
    "#: solution",
    "x\n\tinjected:\n",
    "all: ; echo",
    '"""',
    "'''",
    "\\n\\",
    "{{ 7*7 }}",
    "{% raw %}",
    "{#",
    "end",
    "-->",
    "--!>",
    "~~",
    "__x__",
    "<https://example.com>",
    "<https://e.com/`>`<b>`",
    '[x](https://e.com "`<b>`")',
    "[`](<b>)`",
    "***bold",
    "https://e.com/<b>",
]
evil = st.one_of(
    st.sampled_from(EVIL),
    st.lists(st.sampled_from(EVIL), min_size=2, max_size=3).map("\n".join),
    st.lists(st.sampled_from(EVIL), min_size=2, max_size=3).map(" ".join),
    st.text(alphabet="`~<>[]()|#-=*_\\&\n :!a1.\"'$", min_size=1, max_size=24),
    # A control character never comes this far: the spec's reader refuses it.
    st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), min_size=1, max_size=12),
)


def lesson(draw: Any, id_: str, **changes: Any) -> Lesson:
    """Draw a lesson whose every text is hostile."""
    text = lambda: draw(evil)  # noqa: E731
    fields: dict[str, Any] = {
        "id": id_,
        "title": text(),
        "status": "ready",
        "summary": text(),
        "effort": Effort(read=0.5, build=1, reflect=0.25),
        "effort_note": text(),
        "reading": [Reading(cite="b", chapter="1", note=text()), Reading(cite="b", chapter=text())],
        "reading_note": text(),
        "objectives": [Objective(id="o", says=text())],
        "quickstart": text(),
        "restated": [Restated(was=text(), now=text(), why=text())],
        "criteria": [
            Criterion(id="c-1", says=text(), core=True, shows=["o"], uses="file", with_={"path": text()}),
            Criterion(id="c-2", says=text(), requires="gpu", needs=["c-1"], uses="file", with_={"path": "x"}),
        ],
        "mistakes": [Mistake(id="m", says="SECRET mistake", fails=["c-1"], message="SECRET message")],
        "hints": ["SECRET hint"],
        "after": "SECRET after",
        "debrief": text(),
        "note": draw(st.sampled_from([[], [Section(heading=text(), asks=text()), Section(heading="h", asks=text())]])),
    }
    return Lesson(**fields | changes)


@st.composite
def curricula(draw: Any) -> Curriculum:
    """Draw a course of three lessons, one a draft, with a stack and a GPU class."""
    text = lambda: draw(evil)  # noqa: E731
    service = Service(
        engine="redis",
        version=text(),
        image="redis:7",
        source=text(),
        ports=[PortMap(name="resp", container=1, host=2)],
        environment={draw(evil.filter(str.strip)): text()},
        command=[text(), text()],
        volumes={"data": "/" + text()},
        health=HealthCheck(test=["CMD-SHELL", text()]),
    )
    other = Service(engine="x", version="1", image="x:1", source=text(), after=["redis"])
    first, second = lesson(draw, "1-1"), lesson(draw, "1-2", needs=["1-1"], runner="gpu")
    draft = lesson(draw, "2-1", needs=["1-2"], status="draft", track="full-book", stack="s")
    return Curriculum(
        format=1,
        course=Course(id="Evil", title=text(), repository="o/r", summary=text()),
        bibliography={
            "b": Book(title=text(), authors=text(), edition=4, year=2022, url=draw(urls), chapters={"1": text()})
        },
        services={"redis": service, "other": other},
        stacks={"s": Stack(title=text(), services=["redis", "other"])},
        runners={"gpu": Runner(min_vram_gb=8)},
        modules=[
            Module(id="1", title=text(), hours=4, hours_note=text(), summary=text(), lessons=[first, second]),
            Module(id="2", title=text(), hours=2, summary=text(), lessons=[draft]),
        ],
    )


urls = st.sampled_from(
    ["", "https://e.com/a", "https://e.com/)`", "https://e.com/\\", "https://e.com/?a=1&copy=2", "https://e.com/(x"]
)
