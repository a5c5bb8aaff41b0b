"""Works that a criterion kind judges, each with the exact verdict: a new behaviour is a new folder, no new test code.

`tests/kinds/<kind>/<case>/` holds `criterion.yaml` (a criterion: `uses`, `with`, and what else it has; `note`,
`environment`, which is `tests/kinds/environment.txt`, and `network` are the lesson's) and `expected.json`; where they
are needed `work/`, `note.md`, `judge.py`, and `prepare.sh`, which runs in a copy of `work/` first: for links, modes and
repositories. `adversaries.json` has what the kind's own adversaries get. `MLSJ_RECORD=1 pytest
tests/golden/test_kinds.py` writes the expected files anew: read the difference before you keep it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from mlsj import kinds
from mlsj.kinds.base import Finding
from mlsj.spec.model import Lesson
from mlsj.verify import stage, worker
from mlsj.verify.context import Setting
from mlsj.verify.environment import ensure
from mlsj.verify.isolation import Limits
from mlsj.verify.subject import blank

HERE = Path(__file__).parents[1] / "kinds"
ROOT = HERE.parents[1]
CASES = sorted(path.parent for path in HERE.glob("*/*/criterion.yaml"))
FIELDS = ("message", "expected", "got", "where", "next_step", "phase", "timed_out")
OF_THE_LESSON = ("note", "environment", "network")
# Seconds that something took, a port, and how deep a recursion went before Python ended it.
VARYING = [(r"\d+\.\d+ s\b", "N s"), (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"), (r"\btmp\w{8}\b", "TEMPORARY")]
# Nothing of the machine's or the user's gets into a repository that a case prepares.
ENVIRONMENT = {
    **{f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "L"), ("EMAIL", "l@example.invalid"), ("DATE", "2024-02-29T12:00:00Z"))},
    "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
}  # fmt: skip


def told(case: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((case / "criterion.yaml").read_text())
    return found


def lesson(case: Path) -> Lesson:
    """A lesson of this one criterion."""
    criterion = told(case)
    own = {key: criterion.pop(key) for key in OF_THE_LESSON if key in criterion}
    data = {
        "id": "1-1",
        "title": "T",
        "status": "ready",
        "effort": {"read": 0, "build": 1, "reflect": 0},
        "objectives": [{"id": "o", "says": "O"}],
        "quickstart": "true",
        "criteria": [{"id": "c", "says": "C", "core": True, **criterion}],
        "debrief": "What did you learn, and what would you do otherwise next time?",
        **own,
    }
    return msgspec.convert(data, Lesson)


def laid_out(case: Path, root: Path) -> Path:
    work = root / "work"
    if (case / "work").is_dir():
        shutil.copytree(case / "work", work, symlinks=True)
    work.mkdir(exist_ok=True)
    if (case / "prepare.sh").is_file():
        subprocess.run(
            ["sh", "-eu", str(case / "prepare.sh")],
            cwd=work,
            env={**os.environ, **ENVIRONMENT},
            capture_output=True,
            check=True,
        )
    return work


def each(case: Path, root: Path, do: Callable[[worker.Judging], None]) -> list[worker.Line]:
    """Do something with the case's job, as the judging process would, and return what it sends home."""
    which = lesson(case)
    form = blank(which)
    note = root / "note.md"
    note.write_text((case / "note.md").read_text().replace("@@form@@", form) if (case / "note.md").exists() else form)
    sources = root / "sources"
    sources.mkdir()
    if (case / "judge.py").exists():
        shutil.copy(case / "judge.py", sources)
    bin_path = ""
    if which.environment:
        bin_path = str(ensure(ROOT, which.environment, (HERE / "environment.txt").read_bytes(), print))
    lines: list[worker.Line] = []
    with stage.staged(laid_out(case, root)) as place:
        setting = Setting(
            lesson=which,
            seed=7,
            work=str(place.work),
            note=str(note),
            note_form=form,
            scratch=str(place.judge),
            sources=str(sources),
            environment=stage.environment(place, bin_path, network=which.network),
            readable=[str(Path(bin_path).parent)] if bin_path else [],
            hidden=[],
            build_timeout_s=60,
            limits=Limits(),
        )
        replace = [(str(place.work), "work/1-1"), (str(place.scratch), "SCRATCH"), (str(root), "ROOT")]
        judging = worker.Judging(worker.Job(setting=setting, order=["c"], replace=replace, key=b""), lines.append)
        judging.load()
        do(judging)
    return lines


def described(finding: Finding) -> dict[str, Any]:
    """What a learner reads, without what differs from run to run."""
    found: dict[str, Any] = {"verdict": finding.verdict.value}
    for field in FIELDS:
        value = getattr(finding, field)
        if isinstance(value, str):
            for pattern, word in VARYING:
                value = re.sub(pattern, word, value)
        if value:
            found[field] = value
    if finding.measurements:
        found["measurements"] = [f"{m.name} ({m.unit}), {m.sense} {m.bound}" for m in finding.measurements]
    return found


def expect(path: Path, found: Any) -> None:
    if os.environ.get("MLSJ_RECORD") == "1":
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    assert found == json.loads(path.read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_exact_verdict(case: Path, tmp_path: Path) -> None:
    lines = each(case, tmp_path, worker.Judging.judge_all)
    results = [line.result for line in lines if line.result is not None]
    assert len(results) == 1
    assert "broken" not in results[0].finding.message or "error" in case.name, results[0].trace
    expect(case / "expected.json", described(results[0].finding))
    adversaries = {
        line.adversary.name: described(line.adversary.finding)
        for line in (each(case, _below(tmp_path), worker.Judging.face_adversaries) if _has_adversaries(case) else ())
        if line.adversary is not None
    }
    assert (case / "adversaries.json").exists() == bool(adversaries)
    if adversaries:
        expect(case / "adversaries.json", adversaries)


def _has_adversaries(case: Path) -> bool:
    return (case / "adversaries.json").exists()


def _below(root: Path) -> Path:
    again = root / "again"
    again.mkdir()
    return again


@pytest.mark.parametrize("kind", [name for name in kinds.names() if name not in ("judge", "cuda.driver")])
def test_every_kind_passes_something_and_rejects_something(kind: str) -> None:
    verdicts = {
        json.loads((case / "expected.json").read_text())["verdict"] for case in CASES if told(case)["uses"] == kind
    }
    assert {"pass", "fail"} <= verdicts
