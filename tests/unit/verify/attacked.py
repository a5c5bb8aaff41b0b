"""A course whose lesson is attacked: what the tests of tamper resistance share.

The lesson asks for `sum.py A B`. Its judge draws the numbers, adds them itself and compares; a file of the learner's is
looked at afterwards. Every attack is a `sum.py` that does not add, or one that adds and harms besides.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from bench import SOURCES, lesson

from mlsj.kinds.base import Finding
from mlsj.spec.files import InputFile, Tree
from mlsj.verify.engine import Outcome, judge

JUDGE = '''
"""Judges sum.py: the numbers are drawn and added here."""
from mlsj.kinds.base import failed, inside, passed


def adds(context, times=1):
    for _ in range(times):
        a, b = (context.random.randrange(10**6) for _ in range(2))
        ran = context.run(["python3", "sum.py", str(a), str(b)])
        if ran.exit_code != 0:
            return failed("sum.py did not end well", expected="exit code 0", got=ran.ending, next_step="mend it")
        if ran.stdout.strip() != str(a + b):
            return failed("not the sum", expected=str(a + b), got=ran.stdout or "nothing", next_step="add them")
    return passed("added")


def writes(context):
    """It writes its answer to out.txt, which must be the learner's own file."""
    ran = context.run(["python3", "sum.py", "1", "2"])
    path = inside(context.work, "out.txt")
    if path is None:
        return failed("out.txt leads elsewhere", expected="a file", got="a link", next_step="write the file itself")
    text = path.read_text() if path.exists() else ran.ending
    return passed("3") if text == "3" else failed("no 3", expected="3", got=text, next_step="write it")
'''
ADDS = "import sys\na, b = map(int, sys.argv[1:])\nprint(a + b)\n"
SUM: dict[str, Any] = {"id": "adds", "uses": "judge", "with": {"function": "adds"}}
THERE: dict[str, Any] = {"id": "there", "uses": "file", "with": {"path": "mine.txt"}}


class Course:
    """A course with one lesson, started, in a temporary folder."""

    def __init__(self, root: Path, isolation: str) -> None:
        self.root = root
        self.isolation = isolation
        self.boxed = isolation == "bubblewrap"
        self.tree = Tree({f"{SOURCES}/judge.py": InputFile(JUDGE.encode())})
        for path, text in (
            (f"{SOURCES}/judge.py", JUDGE),
            ("generated/lessons/1-1/work/sum.py", "# stub\n"),
            (".mlsj/manifest.json", "{}\n"),
            ("work/1-1/mine.txt", "mine\n"),
        ):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    def judge(self, program: str, *criteria: dict[str, Any], **options: Any) -> Outcome:
        """Judge `program` as sum.py; the words ROOT and SCRATCH in it become the course's and the scratch folder."""
        body = program.replace("ROOT", repr(str(self.root))).replace("SCRATCH", repr(tempfile.tempdir))
        (self.root / "work/1-1/sum.py").write_text(body)
        which = lesson(*(criteria or (SUM, THERE)))
        outcome = judge(self.tree, which, self.root / "work/1-1", self.root / "notes/1-1.md", root=self.root, **options)
        assert list(Path(str(tempfile.tempdir)).iterdir()) == [], "nothing is left behind"
        assert outcome.record.isolation["backend"].startswith(self.isolation)
        return outcome


def found(outcome: Outcome, name: str = "adds") -> Finding:
    return next(result.finding for result in outcome.report.results if result.id == name)


def verdicts(outcome: Outcome) -> tuple[str, ...]:
    return tuple(result.verdict.value for result in outcome.report.results)
