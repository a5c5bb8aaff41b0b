"""A small course as text, and edits of it, for tests of the front end."""

from __future__ import annotations

from mlsj.spec.files import InputFile, Tree
from mlsj.spec.load import Loaded, load

TEXT = """\
format: 1
course: {id: demo, title: Demo, repository: example/demo}
bibliography:
  book: {title: The Book, chapters: {1: One, 2: Two}}
services:
  store:
    engine: store
    version: "1"
    image: example/store:1
    source: example
    ports: [{name: sql, container: 80, host: 8080}]
stacks:
  data: {services: [store]}
modules:
  - id: "1"
    title: Programs
    hours: 4
    lessons:
      - id: 1-1
        title: First
        status: draft
        effort: {read: 1, build: 1, reflect: 0}
        reading: [{cite: book, chapter: 1}]
        quickstart: make lesson-1-1
        objectives:
          - {id: greet, says: Greet by name}
        criteria:
          - {id: greets, says: Prints a greeting, shows: [greet]}
        debrief: Note what surprised you
      - id: 1-2
        title: Second
        status: draft
        needs: [1-1]
        effort: {read: 1, build: 1, reflect: 0}
        quickstart: make lesson-1-2
        stack: data
        objectives:
          - {id: greet, says: Greet by name}
        criteria:
          - {id: greets, says: Prints a greeting, shows: [greet]}
        debrief: Note what surprised you
"""


def edited(*edits: tuple[str, str], text: str = TEXT) -> str:
    """Return the course with the first occurrence of each text replaced."""
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def loaded(text: str | bytes, **files: str) -> Loaded:
    """Load a course of that text; other files by name, with `__` for `/`."""
    data = text.encode() if isinstance(text, str) else text
    others = {name.replace("__", "/"): InputFile(body.encode()) for name, body in files.items()}
    return load(Tree({"curriculum.yaml": InputFile(data), **others}))


def codes(found: Loaded) -> list[str]:
    """Return the codes, in order."""
    return [d.code.removeprefix("MLSJ-") for d in found.diagnostics]
