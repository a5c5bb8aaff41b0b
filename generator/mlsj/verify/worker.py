"""The judging process: it judges one lesson's criteria in order and sends each result home through a pipe.

It is a process of its own (`python -I -m mlsj.verify.worker FD`), so that a judge that hangs can be ended, nothing that
runs below it touches the caller, and results travel on a channel that judged programs do not inherit. The job comes on
stdin. Sent back, as one JSON text a line: `Begun` before a criterion, `Result` after it.
"""

from __future__ import annotations

import os
import random
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mlsj import kinds
from mlsj.kinds.base import Finding, Overran, ProgramMissing, Ran, Verdict, failed, unverified
from mlsj.spec.model import Criterion, Lesson
from mlsj.verify import run as runner
from mlsj.verify.report import Command, Result

_Made = TypeVar("_Made")
# What a terminal would obey, and what no text can hold.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Job(msgspec.Struct, frozen=True):
    """Everything the judging process needs. `environment` holds the variables of judged programs."""

    lesson: Lesson
    order: list[str]
    seed: int
    work: str
    note: str
    note_form: str
    judge: str
    sources: str
    environment: dict[str, str]
    replace: list[tuple[str, str]]


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sent home: the criterion that begins, or a result, or what isolation is in force."""

    begins: str = ""
    result: Result | None = None
    isolation: dict[str, str] = msgspec.field(default_factory=dict)


class JudgeContext:
    """What a judge may use; implements `mlsj.kinds.base.Context`."""

    def __init__(self, job: Job, criterion: Criterion, shared: dict[str, tuple[bool, Any]]) -> None:
        self.lesson_id = job.lesson.id
        self.seed = job.seed
        self.work = Path(job.work)
        self.note = Path(job.note)
        self.note_form = job.note_form
        self.note_sections = [(section.heading, section.asks) for section in job.lesson.note_sections]
        self.scratch = Path(job.judge)
        self.sources = Path(job.sources)
        self.commands: list[Command] = []
        self._criterion = criterion
        self._environment = job.environment
        self._shared = shared
        self._deadline = time.monotonic() + criterion.timeout_s

    @cached_property
    def random(self) -> random.Random:
        """The criterion's generator, seeded from the seed and the criterion's id."""
        return random.Random(f"{self.seed}/{self._criterion.id}")  # noqa: S311 - test data, not secrets

    def once(self, name: str, make: Callable[[], _Made]) -> _Made:
        """Return `make()` of the first use of `name`, or raise what it raised."""
        if name not in self._shared:
            try:
                self._shared[name] = (True, make())
            except Exception as error:
                self._shared[name] = (False, error)
                raise
        good, value = self._shared[name]
        if not good:
            raise value
        made: _Made = value
        return made

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        timeout_s: float | None = None,
    ) -> Ran:
        """Run a program within what is left of the criterion's time."""
        left = max(self._deadline - time.monotonic(), 0.0)
        limit = left if timeout_s is None else min(timeout_s, left)
        variables = {**self._environment, **(env or {})}
        ran = runner.run(argv, cwd=cwd or self.work, env=variables, stdin=stdin, timeout_s=limit)
        self.commands.append(Command(ran.argv, ran.exit_code, round(ran.duration_s, 4), ran.timed_out))
        if ran.timed_out and limit == left:
            raise Overran(argv, self._criterion.timeout_s)
        return ran


def judge_all(job: Job, send: Callable[[Line], None]) -> None:
    """Judge the criteria in the job's order, which has prerequisites first."""
    criteria = {criterion.id: criterion for criterion in job.lesson.criteria}
    verdicts: dict[str, Verdict] = {}
    shared: dict[str, tuple[bool, Any]] = {}
    for name in job.order:
        criterion = criteria[name]
        send(Line(begins=name))
        result = _judge(job, criterion, verdicts, shared)
        verdicts[name] = result.verdict
        send(Line(result=result))


def _judge(
    job: Job, criterion: Criterion, verdicts: Mapping[str, Verdict], shared: dict[str, tuple[bool, Any]]
) -> Result:
    began = time.monotonic()
    finding, commands, trace = prerequisite(criterion, verdicts) or lacking(criterion), [], ""
    if finding is None:
        context = JudgeContext(job, criterion, shared)
        finding, trace = _find(criterion, context)
        commands = context.commands
    finding = _clean(finding, job.replace)
    duration = round(time.monotonic() - began, 4)
    return Result(criterion.id, criterion.says, criterion.core, finding, duration, tuple(commands), trace)


def prerequisite(criterion: Criterion, verdicts: Mapping[str, Verdict]) -> Finding | None:
    """Return why `criterion` cannot be judged after what was found about those it needs."""
    for need in criterion.needs:
        if verdicts.get(need) in (Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED):
            return Finding(Verdict.BLOCKED, f"it needs '{need}', which has not passed")
    for need in criterion.needs:
        if verdicts.get(need) is Verdict.UNVERIFIED:
            return unverified(f"it needs '{need}', which this machine cannot show")
    return None


def lacking(criterion: Criterion) -> Finding | None:
    """Return unverified when the machine lacks what the criterion requires."""
    if criterion.requires == "gpu":
        from mlsj.cuda.driver import probe

        absent = probe().absent
        return unverified(absent) if absent else None
    if criterion.requires == "docker":
        import shutil
        import subprocess

        if shutil.which("docker") is None:
            return unverified("docker is not installed")
        try:
            asked = subprocess.run(["docker", "info"], capture_output=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return unverified("docker does not answer")
        return unverified("docker is installed and its daemon does not answer") if asked.returncode else None
    return None


def _find(criterion: Criterion, context: JudgeContext) -> tuple[Finding, str]:
    """Judge one criterion; whatever is raised becomes a finding, with the traceback kept for the author."""
    import traceback

    try:
        if criterion.uses is None:
            raise LookupError("the criterion names no kind")
        kind = kinds.module(criterion.uses)
        finding: Finding = kind.judge(msgspec.convert(criterion.with_, kind.Params), context)
    except ProgramMissing as missing:
        return unverified(f"'{missing}' is not installed on this machine"), ""
    except Overran as overran:
        command = " ".join(overran.argv)
        return failed(
            f"{command} did not end in time (phase run)",
            expected=f"an end within {overran.limit_s:g} s",
            got="still running; it was stopped",
            where=command,
            next_step="run it yourself: look for a loop without end, or a program that waits for input",
        ), ""
    except Exception as error:  # noqa: BLE001 - a broken judge is an error verdict, whatever it raises
        return _broken(f"{type(error).__name__}: {error}"), traceback.format_exc()
    except SystemExit as error:
        return _broken(f"the judge left with exit code {error.code}"), traceback.format_exc()
    if finding.verdict is Verdict.FAIL and not (finding.expected and finding.got and finding.next_step):
        return _broken(
            f"it fails without saying what was expected, what was got and what to do next ({finding.message})"
        ), ""
    return (finding, "") if finding.message else (_broken("it gave a verdict without saying what was observed"), "")


def _broken(what: str) -> Finding:
    return Finding(Verdict.ERROR, f"the judge of this criterion is broken: {what}", phase="judge")


def _clean(finding: Finding, replace: Sequence[tuple[str, str]]) -> Finding:
    """Name the learner's own paths instead of the scratch copies, and take out what terminals would obey.

    Findings quote what judged programs write: a program must not be able to repaint its own verdict.
    """
    texts = {}
    for field in ("message", "expected", "got", "where", "next_step"):
        text = getattr(finding, field)
        for old, new in replace:
            text = text.replace(old, new)
        texts[field] = _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return msgspec.structs.replace(finding, **texts)


def main() -> None:
    """Judge the job on stdin and write lines to the file descriptor given as argument."""
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    job = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Job)
    subreaper = runner.become_subreaper()
    with os.fdopen(descriptor, "wb", buffering=0) as channel:

        def send(line: Line) -> None:
            channel.write(msgspec.json.encode(line) + b"\n")

        send(Line(isolation={"backend": "process", "subreaper": "yes" if subreaper else "no"}))
        judge_all(job, send)


if __name__ == "__main__":
    main()
