"""What the generated pytest modules call: `mlsj check` in another process, one test per criterion.

Both ways agree because there is only one: a test reads the verdict of `mlsj check --fresh --format json`. A lesson is
judged once per pytest process.
"""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from mlsj.kinds.base import Measurement, Verdict


class NotJudged(Exception):  # noqa: N818 - it is the verdict's name
    """Nothing could be judged, or the judge is broken: the test is red, and it is not the learner's failure."""


class Judged:
    """The verdicts of one lesson."""

    def __init__(self, lesson_id: str, document: dict[str, Any]) -> None:
        self._lesson_id = lesson_id
        self._reason = str(document.get("reason", ""))
        self._results = {result["id"]: result for result in document.get("results", [])}

    def check(self, criterion_id: str) -> None:
        """Return for a pass; fail the test for a fail or blocked, skip it for unverified, raise NotJudged otherwise."""
        import msgspec
        import pytest

        result = self._results.get(criterion_id)
        if result is None:
            raise NotJudged(self._reason or f"lesson {self._lesson_id} has no criterion '{criterion_id}'")
        verdict = Verdict(result["verdict"])
        if verdict is Verdict.PASS:
            return
        if verdict is Verdict.UNVERIFIED:
            pytest.skip(f"unverified: {result['message']}")
        if verdict is Verdict.ERROR:
            raise NotJudged(f"{result['message']} (phase {result['phase']})")
        lines = [f"{verdict.value}: {result['message']}"]
        for name, field in (("expected", "expected"), ("got", "got"), ("where", "where"), ("next", "next_step")):
            if result[field]:
                lines.append(f"  {name}: {result[field]}")
        lines += [f"  measured: {msgspec.convert(each, Measurement).text}" for each in result["measurements"]]
        pytest.fail("\n".join(lines), pytrace=False)


def judged(lesson_id: str, file: str) -> Judged:
    """Return the verdicts of lesson `lesson_id` of the course that `file` lies in, judged at the first call.

    Raises NotJudged when `mlsj check` could not even answer.
    """
    return _judged(lesson_id, _root(Path(file).resolve()))


@cache
def _judged(lesson_id: str, root: Path) -> Judged:
    import msgspec

    # -I: nothing that lies about in the learner's folders is imported.
    argv = [sys.executable, "-I", "-m", "mlsj", "-C", str(root), "check", lesson_id, "--fresh", "--format", "json"]
    ran = subprocess.run(argv, cwd=root, capture_output=True, text=True, check=False)
    try:
        document = msgspec.json.decode(ran.stdout)
    except msgspec.DecodeError:
        raise NotJudged(ran.stderr.strip() or f"mlsj check {lesson_id} ended with {ran.returncode}") from None
    return Judged(lesson_id, document)


def _root(file: Path) -> Path:
    for folder in file.parents:
        if (folder / "curriculum.yaml").is_file():
            return folder
    raise NotJudged(f"no curriculum.yaml above {file}")
