"""A lesson made of a few criteria, judged in a temporary course: what the tests of the engine share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mlsj.kinds.base import Finding
from mlsj.spec.files import InputFile, Tree
from mlsj.spec.model import Lesson
from mlsj.verify.engine import Outcome, judge

SOURCES = "templates/lessons/1-1"


def lesson(*criteria: dict[str, Any], **fields: Any) -> Lesson:
    """A ready lesson with these criteria; each is core and says its id unless it says otherwise."""
    full = [{"says": each["id"], "core": True, **each} for each in criteria]
    data = {
        "id": "1-1",
        "title": "T",
        "status": "ready",
        "effort": {"read": 0, "build": 1, "reflect": 0},
        "objectives": [{"id": "o", "says": "O"}],
        "quickstart": "true",
        "criteria": full,
        "debrief": "What did you learn?",
        "sources": SOURCES,
        **fields,
    }
    return msgspec.convert(data, Lesson)


def judged(
    root: Path, which: Lesson, work: dict[str, str], note: str | None = None, judge_py: str = "", **options: Any
) -> Outcome:
    """Judge a work directory made of these files."""
    for name, text in work.items():
        path = root / "work" / which.id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "work" / which.id).mkdir(parents=True, exist_ok=True)
    note_path = root / "notes" / f"{which.id}.md"
    if note is not None:
        note_path.parent.mkdir(exist_ok=True)
        note_path.write_text(note)
    files = {}
    if judge_py:
        (root / SOURCES).mkdir(parents=True, exist_ok=True)
        (root / SOURCES / "judge.py").write_text(judge_py)
        files[f"{SOURCES}/judge.py"] = InputFile(judge_py.encode())
    return judge(Tree(files), which, root / "work" / which.id, note_path, root=root, **options)


def findings(outcome: Outcome) -> dict[str, Finding]:
    return {result.id: result.finding for result in outcome.report.results}


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {result.id: result.verdict.value for result in outcome.report.results}


def command(name: str, *argv: str, **more: Any) -> dict[str, Any]:
    """A criterion of kind `command`; keys of the criterion are given with a leading underscore."""
    own = {key[1:]: value for key, value in more.items() if key.startswith("_")}
    with_ = {key: value for key, value in more.items() if not key.startswith("_")}
    return {"id": name, "uses": "command", "with": {"run": list(argv), **with_}, **own}
