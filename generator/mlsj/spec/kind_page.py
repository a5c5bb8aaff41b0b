"""The page about criterion kinds: what each judges, its parameters as the schema has them, and an example.

`python -m mlsj.spec.kind_page docs/kinds.md` writes it; a test holds the file to this, and the examples to the kinds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlsj import kinds
from mlsj.spec import schema

_HEAD = """\
# Criterion kinds

A criterion names its kind under `uses` and gives its parameters under `with`; an editor that knows `schema/` completes
both. Wrong parameters (an expression that does not compile, a least above a largest, a function that `judge.py` lacks)
are diagnostics with their place, before anything is judged. Paths are in the work directory, with `/`; a link that
leads out of it is not the learner's file. Functions of `judge.py` run in the judge's own process, never beside a
learner's code.

Every fail says what was expected, what was got, where, and one next step; the exact texts are the golden cases in
`tests/kinds/<kind>/<case>/expected.json`. `repeat: N` of a criterion judges any kind N times, with fresh inputs.

This page is made by `python -m mlsj.spec.kind_page docs/kinds.md`.
"""

# What the parameters alone do not say.
_NOTES = {
    "csv": """\
The first line names the columns. An empty cell is a missing value and fits every type; `filled` forbids it. `number`
means a finite decimal number; `date` and `timestamp` are ISO 8601. The rows that `equals` names are compared by the
type of their values: a `float` within `rel` or `abs`, whichever is kept, everything else exactly, `None` as an empty
cell. Without `in_order` they may come in any order.""",
    "file": """\
`json` takes a list of parts, each found by a JSON Pointer (RFC 6901) in which the step `*` stands for every item of a
list or object. `csv` and `parquet` look at columns, types and the number of rows; Parquet is read by the pyarrow of the
lesson's `environment`, in a process of its own.""",
    "git": """\
git is asked by plumbing commands that obey none of the repository's own settings: no hooks, filters, aliases, replaced
or borrowed objects. A repository whose `.git` or objects lie outside of the work directory is not the learner's.
`pushed` reads the remote's own repository where that lies in the work directory, else what the last push or fetch
saw.""",
    "judge": """\
For what no kind fits. The function takes the Context (`mlsj.kinds.base`) and returns a Finding.""",
    "note": """\
A word counts when the learner wrote it: not the form's text, not the question copied, not a line a second time, and one
word no more often than prose repeats its commonest (one in ten, and two besides).""",
    "process": """\
A port can be talked to only in a lesson with `network: true`: other programs run with a loopback interface of their
own. After the exchanges the program gets SIGTERM. Whatever it leaves behind is ended.""",
    "python": """\
The function is called in a Python of its own, with nothing of the judge in it: it never sees the truth. The calls come
in an order drawn from the seed, some of them twice, each with fresh copies of its arguments. Results travel by exact
type: numbers, texts, bytes, lists, tuples, dicts, sets, numpy arrays and scalars; any other object is a fail that names
its type. A `float` may differ within `rel`, `abs` or `ulp`, whichever is kept; a whole number counts as a float, not
the other way round; NaN equals NaN. A numpy array counts as the nested list of its values, unless the truth is an
`Array`: then dtype and shape must be equal too.

`cases` yields lists of arguments, or `Case(arguments, says)`, whose words appear in messages ("for an even number of
values") and are what a mistake's `message` can rely on; `Array.of(values, dtype)` gives a numpy array (both from
`mlsj.kinds.python`). `mlsj prove` also holds zeros, a constant, the input and a result of less precision against the
criterion: each must fail.""",
}

EXAMPLES: dict[str, str] = {
    "command": """\
uses: command
with:
  run: [python3, total.py, data.csv]
  stdout_matches: ^total \\d+$
  makes: [total.json]
""",
    "csv": """\
uses: csv
with:
  path: features.csv
  columns: {user: integer, day: date, spend: number}
  unique: [user, day]
  sorted_by: [user, day]
  filled: [user, day]
  ranges: {spend: {min: 0}}
  equals: features          # def features(context): return [{"user": 1, "day": date(2024, 2, 29), "spend": 2.5}, …]
  rel: 1.0e-9
""",
    "cuda.driver": """\
uses: cuda.driver
with: {min_devices: 1}
requires: gpu
""",
    "file": """\
uses: file
with:
  path: metrics.json
  json:
    - {at: /model/name, type: text, min: 1}
    - {at: /runs/*/accuracy, type: number, min: 0, max: 1}
""",
    "git": """\
uses: git
with:
  branch: main
  min_commits: 3
  tracked: [data.csv.dvc, .gitignore]
  untracked: [data.csv]
  clean: true
  tags: [v1]
  annotated: true
""",
    "hash": """\
uses: hash
with: {path: restored.bin, same_as: original.bin}
""",
    "judge": """\
uses: judge
with: {function: survives_a_crash, args: {writes: 200}}
""",
    "note": """\
uses: note
with:
  min_words: 60
  asks_for:
    - {section: Size, matches: '\\d+(\\.\\d+)?\\s*(MB|MiB)', says: the size of the image in MB}
""",
    "process": """\
uses: process
with:
  run: [python3, server.py, --port, "{port}"]
  ready_port: true
  talk:
    - {get: /health, contains: ok}
    - {get: /nothing, status: 404}
  stop_s: 5
""",
    "python": """\
uses: python
with:
  file: stats.py
  function: median
  cases: cases              # def cases(context): yield Case([[3.0]], "a single value") …
  truth: median             # def median(values): …, the judge's own
  rel: 1.0e-12
""",
}


def page() -> str:
    """Return the page as Markdown."""
    names = kinds.names()
    index = "\n".join(f"- [`{name}`](#{_anchor(name)}): {_says(name)}" for name in names)
    return "\n".join([_HEAD, index, *(_section(name) for name in names)]) + "\n"


def _section(name: str) -> str:
    says = _says(name)
    parts = [f"\n## {name}\n", f"{says[0].upper()}{says[1:]}\n"]
    if name in _NOTES:
        parts.append(f"{_NOTES[name]}\n")
    parts.append(f"```yaml\n{EXAMPLES[name]}```\n")
    definitions = schema.curriculum_schema()["$defs"]
    for key in sorted(definitions):
        if key == f"kind.{name}" or (
            key.startswith(f"kind.{name}.") and key.removeprefix("kind.") not in kinds.names()
        ):
            parts.append("\n".join(_table(key, definitions[key])) + "\n")
    return "\n".join(parts).rstrip("\n")


def _table(key: str, part: dict[str, Any]) -> Iterator[str]:
    struct = key.rpartition(".")[2]
    if struct[:1].isupper():
        yield f"**{struct}**: {part['description']}\n"
    yield "| parameter | type | default | what |"
    yield "|---|---|---|---|"
    for name, field in part["properties"].items():
        required = name in part.get("required", ())
        default = "required" if required else f"`{_written(field['default'])}`" if "default" in field else ""
        yield f"| `{name}` | {_type(field)} | {default} | {_cell(field['description'])} |"


def _type(field: dict[str, Any]) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition(".")[2]
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kind = field.get("type", "any")
    if kind == "array":
        return f"list of {_type(field.get('items', {}))}"
    if kind == "object":
        inner = field.get("additionalProperties")
        return f"mapping to {_type(inner)}" if isinstance(inner, dict) and inner else "mapping"
    return ", ".join(kind) if isinstance(kind, list) else str(kind)


def _written(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else "''" if value == "" else str(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _says(name: str) -> str:
    first = (kinds.module(name).__doc__ or "").split("\n", 1)[0]
    return first.partition(": ")[2]


def _anchor(name: str) -> str:
    return name.replace(".", "")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
