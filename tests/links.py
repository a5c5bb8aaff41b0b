"""Dead-link check of README, docs and generated pages: a relative link leads to a file, a fragment to a heading.

Prints `file:line: message` for each dead link and exits 1. Links to the web are not followed: the check works offline.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent


def pages(root: Path) -> list[Path]:
    """Every Markdown page of the repository that is not test data or a template."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=root, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    skip = ("tests/", "templates/", "generator/")
    return [root / name for name in listed if name and not name.startswith(skip) and (root / name).is_file()]


def slug(heading: str) -> str:
    """A heading's fragment as GitHub makes it: lower case, punctuation dropped, spaces to hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(text: str) -> set[str]:
    """All fragments of a page; repeated headings are numbered."""
    tokens = MarkdownIt().parse(text)
    found: dict[str, int] = {}
    fragments = set()
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            plain = "".join(c.content for c in tokens[index + 1].children or [] if c.type in ("text", "code_inline"))
            base = slug(plain)
            count = found.get(base, 0)
            found[base] = count + 1
            fragments.add(base if count == 0 else f"{base}-{count}")
    return fragments | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def dead_links(page: Path) -> list[str]:
    """Describe each dead link of `page`."""
    text = page.read_text(encoding="utf-8")
    found = []
    for token in MarkdownIt().parse(text):
        for child in token.children or []:
            target = (
                child.attrGet("href")
                if child.type == "link_open"
                else child.attrGet("src")
                if child.type == "image"
                else None
            )
            if target is None:
                continue
            parts = urlsplit(str(target))
            if parts.scheme or parts.netloc:
                continue
            line = (token.map[0] + 1) if token.map else 1
            path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            where = f"{page.relative_to(ROOT)}:{line}"
            if not path.exists():
                found.append(f"{where}: dead link {target}")
            elif (
                parts.fragment
                and path.suffix == ".md"
                and parts.fragment not in headings(path.read_text(encoding="utf-8"))
            ):
                found.append(f"{where}: no heading '#{parts.fragment}' in {path.relative_to(ROOT)}")
    return found


def main() -> int:
    """Check every page; 1 when a link is dead."""
    checked = pages(ROOT)
    found = [problem for page in checked for problem in dead_links(page)]
    print("\n".join(found) if found else f"links: no dead link in {len(checked)} pages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
