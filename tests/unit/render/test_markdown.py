"""Text as Markdown: what a CommonMark parser makes of it is what was meant, whatever the text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hostile import evil
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlsj.render import markdown

if TYPE_CHECKING:
    from markdown_it.token import Token

parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# The parser's own notion of a harmless link must not hide what other renderers would make of it.
parser.validateLink = lambda _: True  # type: ignore[method-assign]
HTML = {"html_block", "html_inline"}


def tokens(text: str) -> Iterator[Token]:
    for token in parser.parse(text):
        yield token
        yield from token.children or ()


def plain(text: str) -> str:
    """Return what a reader sees of a text in one paragraph."""
    inline = [t for t in parser.parse(text) if t.type == "inline"]
    assert len(inline) <= 1
    return "".join(
        c.content for t in inline for c in t.children or () if c.type in ("text", "code_inline", "softbreak")
    )


def shown(text: str) -> str:
    return " ".join(text.replace("\t", " ").replace("\n", " ").split(" ")).strip()


@settings(max_examples=400, deadline=None)
@given(evil)
@example("# a #")
@example("a &amp; b\\")
def test_a_title_shows_every_character_as_itself(title: str) -> None:
    one = " ".join(part for part in title.replace("\t", " ").replace("\n", " ").split(" ") if part)
    assert plain(markdown.text(title)).strip() == one.strip()
    heading = parser.parse(f"## {markdown.text(title)}\n")
    assert [t.type for t in heading] == ["heading_open", "inline", "heading_close"]
    assert "".join(c.content for c in heading[1].children or ()).strip() == one.strip()
    assert not HTML & {t.type for t in tokens(markdown.text(title))}


@settings(max_examples=200, deadline=None)
@given(evil, evil)
def test_titles_stay_in_their_cell_and_link(first: str, second: str) -> None:
    table = f"| a | b |\n|---|---|\n| {markdown.text(first)} | {markdown.link(second, 'x.md')} |\n| end | of it |\n"
    parsed = parser.parse(table)
    assert [t.type for t in parsed].count("td_open") == 4
    cells = [t for t in parsed if t.type == "inline"]
    assert [t.content for t in cells[-2:]] == ["end", "of it"]
    assert [c.attrs.get("href") for c in cells[3].children or () if c.type == "link_open"] == ["x.md"]


@settings(max_examples=1500, deadline=None)
@given(evil, st.sampled_from([0, 2, 3]))
@example("para\n    ```\n<b>\n\nx\n    ```", 0)
@example("[a]: javascript:x\n\n[a]", 2)
def test_prose_has_no_html_heading_table_or_unsafe_link(text: str, width: int) -> None:
    body = markdown.prose(text)
    lead = "- item\n\n" + " " * width if width else ""
    page = f"# Title\n\n{lead}{markdown.indent(body, width)}\n\n# End\n\nlast <u>word</u>\n"
    check(page)


@settings(max_examples=600, deadline=None)
@given(evil)
def test_quoted_and_labelled_prose_is_as_safe(text: str) -> None:
    check(f"# Title\n\n{markdown.quote(markdown.prose(text))}\n\n# End\n\nlast <u>word</u>\n")
    labelled = markdown.indent(markdown.labelled(text, "Label"), 2)
    check(f"# Title\n\n- {labelled}\n\n# End\n\nlast <u>word</u>\n")


@settings(max_examples=800, deadline=None)
@given(evil)
def test_a_sentence_stays_on_its_line(text: str) -> None:
    one = markdown.line(text)
    assert "\n" not in one
    page = f"# Title\n\n- [ ] **id**: {one}\n- next\n\n{one}\n\n# End\n\nlast <u>word</u>\n"
    check(page)
    assert [t.type for t in parser.parse(page)].count("list_item_open") == 2


def check(page: str) -> None:
    """Assert that `page` has its own two headings and two tags, no table, and only harmless links."""
    found = list(tokens(page))
    assert [t.content for t in found if t.type in HTML] == ["<u>", "</u>"]
    inline = [found[i + 1].content for i, t in enumerate(found) if t.type == "heading_open"]
    assert inline == ["Title", "End"]
    assert not [t for t in found if t.type == "table_open"]
    targets = [str(t.attrs.get("href") or t.attrs.get("src") or "") for t in found if t.type in ("link_open", "image")]
    assert all(":" not in target or target.startswith(("http://", "https://", "mailto:")) for target in targets)


@pytest.mark.parametrize(
    "text",
    [
        "A paragraph with `code`, *emphasis*, **strength** and a [link](https://example.com/a?b=1).",
        "- one\n- two\n  - nested `<b>`\n\n1. first\n2. second",
        "Text:\n\n```python\nif a < b:\n    print('<b>')\n```\n\nmore",
        "- item\n\n  ```bash\n  echo <x>\n  ```\n- next",
        "> quoted <https://example.com>",
    ],
)
def test_ordinary_markdown_means_the_same_as_before(text: str) -> None:
    assert parser.render(markdown.prose(text)) == parser.render(text)


def test_an_open_fence_is_closed_and_keeps_its_content() -> None:
    body = markdown.prose("See:\n```c++ title=x\na ``` b\n  <b>")
    assert body == "See:\n````c++\na ``` b\n  <b>\n````"


@settings(max_examples=200, deadline=None)
@given(evil)
def test_a_fence_survives_any_content(text: str) -> None:
    block, after = parser.parse(f"{markdown.fence(text, 'bash')}\n\nafter\n")[:2]
    assert (block.type, block.info) == ("fence", "bash")
    assert block.content.rstrip("\n") == text.rstrip("\n")
    assert after.type == "paragraph_open"


@settings(max_examples=200, deadline=None)
@given(evil)
def test_a_code_span_survives_any_content(text: str) -> None:
    one = " ".join(part for part in text.replace("\t", " ").replace("\n", " ").split(" ") if part)
    if one:
        spans = [t for t in tokens(f"a {markdown.code(text)} b") if t.type == "code_inline"]
        assert [s.content.strip() for s in spans] == [one.strip()]


def test_a_comment_cannot_be_ended_by_its_text() -> None:
    parsed = parser.parse(markdown.comment(("x --> <b>y</b> --!> --", "z")) + "\n\nafter\n")
    assert [t.type for t in parsed] == ["html_block", "paragraph_open", "inline", "paragraph_close"]
    assert parsed[0].content.count("-->") == 1
