"""A learner who types commands, in a copy of the tiny course."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
from click.testing import CliRunner
from recorded import Learner
from referencing import Registry, Resource

from mlsj.cli.main import cli
from mlsj.spec.variants import variant

ROOT = Path(__file__).resolve().parents[3]
ANSWER = "\n\nI did not expect that the program itself is the first word of all.\n"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Loop(Learner):
    """A learner who types commands."""

    def __call__(self, *args: str, stdin: str | bytes = "", columns: int = 100) -> Ran:
        runner = CliRunner(env={"COLUMNS": str(columns), "TZ": "UTC"})
        done = runner.invoke(cli, ["-C", str(self.root), *args], prog_name="mlsj", input=stdin, catch_exceptions=False)
        assert isinstance(done.exit_code, int)
        return Ran(done.exit_code, done.stdout, done.stderr)

    def json(self, *args: str, code: int = 0) -> Any:
        done = self(*args, "--format", "json")
        assert done.code == code, done
        document = json.loads(done.out)
        schemas = {
            path.name: Resource.from_contents(json.loads(path.read_text()))
            for path in (ROOT / "docs/formats").glob("*.schema.json")
        }
        schema = schemas[f"{args[0]}.schema.json"].contents
        jsonschema.Draft202012Validator(schema, registry=Registry().with_resources(schemas.items())).validate(document)
        return document

    def solve(self, lesson: str, name: str = "solution") -> None:
        """Put a variant into the work directory; with the solution the note is answered, too."""
        for path, file in variant(self.loaded.tree, self.lesson(lesson), name).items():
            target = self.root / "work" / lesson / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.data)
        note = self.root / f"notes/{lesson}.md"
        if name == "solution":
            note.write_text(re.sub(r"^(## .*)\n", rf"\1{ANSWER}", note.read_text(), flags=re.MULTILINE))


def lesson_of(document: Any, lesson: str) -> Any:
    """The lesson's entry in `status --format json`."""
    return next(item for item in document["lessons"] if item["id"] == lesson)
