"""The catalogue as Markdown: one page per code, and an index by layer."""

from __future__ import annotations

from collections.abc import Mapping

from mlsj.spec.codes import Code, page

LAYERS = {
    "S": "Syntax and shape",
    "R": "References, cycles and collisions",
    "L": "Course policy",
    "T": "Variants",
    "O": "Locks and outputs",
}


def pages(codes: Mapping[str, Code]) -> dict[str, str]:
    """Return every page by file name, with the index as `README.md`."""
    made = {f"{code.code}.md": page(code) for code in codes.values()}
    index = ["# Diagnostics", ""]
    index.append("Every problem has a code. `mlsj explain CODE` prints its page; a test case pins its exact output.")
    for letter, title in LAYERS.items():
        index += ["", f"## {title}", "", "| code | what |", "|---|---|"]
        index += [
            f"| [{code.code}]({code.code}.md) | {code.title} |"
            for code in codes.values()
            if code.code.startswith(f"MLSJ-{letter}")
        ]
    made["README.md"] = "\n".join(index) + "\n"
    return made
