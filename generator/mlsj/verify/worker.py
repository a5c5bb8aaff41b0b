"""The judging process: it judges one lesson's criteria in order and sends each result home.

It is a process of its own (`python -I -m mlsj.verify.worker FD`), so that a judge that hangs can be ended, nothing that
runs below it touches the caller, and results travel on a channel (`mlsj.verify.channel`) that judged programs do not
have. The job comes on stdin. Whatever the lesson's judge is made of is loaded before the first program runs.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import msgspec

from mlsj import kinds
from mlsj.kinds.base import Finding, Overran, ProgramMissing, Verdict, failed, unverified
from mlsj.spec.model import Criterion
from mlsj.verify import run as runner
from mlsj.verify.channel import Sender
from mlsj.verify.context import Clock, JudgeContext, Setting, Shared
from mlsj.verify.findings import broken, clean, clean_text, merged, whole
from mlsj.verify.isolation import IsolationBroken, Launch, sandbox
from mlsj.verify.report import Command, Result


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the judging process needs: criteria in order, prerequisites first."""

    setting: Setting
    order: list[str]
    replace: list[tuple[str, str]]
    key: bytes
    """Of the channel."""
    again: dict[str, Result] = {}
    """Earlier verdicts that are used again."""
    adversaries: bool = False
    """Whether to send what the kinds' own adversaries get, instead of judging."""


class Adversary(msgspec.Struct, frozen=True):
    """What a judge says to a result that no learner's program made."""

    criterion: str
    name: str
    finding: Finding


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is sent home: what begins, how many seconds are in order from now, results, and how it is judged.

    `problem` says why nothing can be judged on this machine as it was asked for.
    """

    begins: str = ""
    allow_s: float = 0.0
    result: Result | None = None
    adversary: Adversary | None = None
    isolation: dict[str, str] = {}
    seconds: dict[str, float] = {}
    problem: str = ""
    done: bool = False


class Judging:
    """One job: what its criteria share."""

    def __init__(self, job: Job, send: Callable[[Line], None]) -> None:
        self.job = job
        self.send = send
        self.criteria = {criterion.id: criterion for criterion in job.setting.lesson.criteria}
        self.launch = job.setting.launch()
        self.clock = Clock()
        self.shared: Shared = {}
        self.loaded: Shared = {}

    def load(self) -> None:
        """Load the kinds and the lesson's judge.py; what is broken in them is said when a criterion needs it."""
        for name in self.job.order:
            uses = self.criteria[name].uses
            if uses in kinds.names():
                with suppress(Exception):
                    kinds.module(uses)
        path = Path(self.job.setting.sources, "judge.py")
        if path.exists():
            from mlsj.kinds import judge

            try:
                self.loaded["judge.py"] = (True, judge.load(path))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - `once` raises it again where it is needed
                self.loaded["judge.py"] = (False, error)
        self.shared |= self.loaded

    def context(self, criterion: Criterion, number: int, shared: Shared) -> JudgeContext:
        """Return the context of a round."""

        def allow(seconds: float) -> None:
            self.send(Line(allow_s=seconds))

        setting, launch = self.job.setting, self.launch
        if criterion.requires == "docker":
            from mlsj.verify.containers import engine

            environment = setting.environment | engine().environment()
            setting, launch = msgspec.structs.replace(setting, environment=environment), engine().launch(launch)
        return JudgeContext(setting, launch, criterion, shared, self.clock, allow, number)

    def judge_all(self) -> None:
        """Judge the criteria in the job's order."""
        verdicts: dict[str, Verdict] = {}
        for name in self.job.order:
            result = self._judge(self.criteria[name], verdicts)
            verdicts[name] = result.verdict
            self.send(Line(result=result))

    def face_adversaries(self) -> None:
        """Send what each kind's adversaries get."""
        for name in self.job.order:
            criterion = self.criteria[name]
            self.send(Line(begins=name, allow_s=criterion.timeout_s))
            for each, finding in self._adversaries(criterion):
                self.send(Line(adversary=Adversary(name, each, clean(finding, self.job.replace))))

    def _adversaries(self, criterion: Criterion) -> list[tuple[str, Finding]]:
        found: list[tuple[str, Finding]] = []
        try:
            kind = kinds.module(criterion.uses or "")
            face = getattr(kind, "adversaries", None)
            if face is None:
                return []
            params = msgspec.convert(criterion.with_, kind.Params)
            for name, finding in face(params, self.context(criterion, 1, self.shared)):
                found.append((str(name), whole(finding)))
        except ProgramMissing as missing:
            found.append(("", unverified(f"'{missing}' is not installed on this machine")))
        except Exception as error:  # noqa: BLE001 - a broken judge is an error verdict, whatever it raises
            found.append(("", broken(f"{type(error).__name__}: {error}")))
        return found

    def _judge(self, criterion: Criterion, verdicts: Mapping[str, Verdict]) -> Result:
        """Return the criterion's result: every round must pass, and the first that does not ends it."""
        self.send(Line(begins=criterion.id, allow_s=criterion.timeout_s))
        began = time.monotonic()
        finding, trace = prerequisite(criterion, verdicts) or lacking(criterion), ""
        commands: list[Command] = []
        if finding is None and criterion.id in self.job.again:
            return self.job.again[criterion.id]
        if finding is None:
            rounds: list[Finding] = []
            for number in range(1, criterion.repeat + 1):
                found, trace = self._round(criterion, number, commands)
                rounds.append(found)
                if found.verdict is not Verdict.PASS:
                    break
            finding = merged(rounds, criterion.repeat)
        return Result(
            criterion.id,
            criterion.says,
            criterion.core,
            clean(finding, self.job.replace),
            round(time.monotonic() - began, 4),
            tuple(msgspec.structs.replace(each, argv=tuple(map(clean_text, each.argv))) for each in commands),
            clean_text(trace),
        )

    def _round(self, criterion: Criterion, number: int, commands: list[Command]) -> tuple[Finding, str]:
        """Judge one round; what was run is added to `commands`."""
        setting = self.job.setting
        spoiled = replaced(Path(setting.work), Path(setting.scratch))
        if spoiled is not None:
            return spoiled, ""
        try:
            context = self.context(criterion, number, self.shared if number == 1 else dict(self.loaded))
        except OSError as error:
            return broken(f"there is no room for it: {error}"), ""
        try:
            return _find(criterion, context, setting.build_timeout_s)
        finally:
            commands += context.commands


def replaced(work: Path, scratch: Path) -> Finding | None:
    """Return a fail when a program put something else in the place of a directory: a judge must not write there."""
    for path in (work, scratch):
        if path.is_symlink() or not path.is_dir():
            return failed(
                "a program that was judged before replaced the directory it works in",
                expected="the directory, as it was given",
                got="a link" if path.is_symlink() else "no directory",
                where=str(path),
                next_step="change what is in the directory, never the directory itself",
            )
    return None


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
        from mlsj.verify.containers import engine

        return unverified(engine().absent) if engine().absent else None
    return None


def _find(criterion: Criterion, context: JudgeContext, build_timeout_s: float) -> tuple[Finding, str]:
    """Judge one round; whatever is raised becomes a finding, with the traceback kept for the author."""
    import traceback

    try:
        if criterion.uses is None:
            raise LookupError("the criterion names no kind")
        kind: ModuleType = kinds.module(criterion.uses)
        return whole(kind.judge(msgspec.convert(criterion.with_, kind.Params), context)), ""
    except ProgramMissing as missing:
        return unverified(f"'{missing}' is not installed on this machine"), ""
    except Overran as overran:
        build = overran.phase == "build"
        command = " ".join(overran.argv)
        finding = failed(
            f"{command} did not end in time (phase {overran.phase})",
            expected=f"an end within {build_timeout_s if build else criterion.timeout_s:g} s",
            got="still running; it was stopped",
            where=command,
            next_step="run it yourself: look for a loop without end, or a program that waits for input",
        )
        return msgspec.structs.replace(finding, timed_out=True, phase=overran.phase), ""
    except Exception as error:  # noqa: BLE001 - a broken judge is an error verdict, whatever it raises
        return broken(f"{type(error).__name__}: {error}"), traceback.format_exc()
    except SystemExit as error:
        return broken(f"the judge left with exit code {error.code}"), traceback.format_exc()


def main() -> None:
    """Do the job on stdin and write lines to the file descriptor given as argument."""
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    # A judge that imports from its own folder must not change it.
    sys.dont_write_bytecode = True
    with suppress(IsolationBroken):  # it remembers what it finds; a process that is started ahead has time for it
        sandbox(Launch(scratch=Path("/")))
    given = sys.stdin.buffer.read()
    if not given:  # it was started ahead, and was not needed
        return
    job = msgspec.msgpack.decode(given, type=Job)
    sender = Sender(descriptor, job.key)

    def send(line: Line) -> None:
        sender.send(msgspec.json.encode(line))

    runner.become_subreaper()
    runner.harden()
    judging = Judging(job, send)
    try:
        send(Line(isolation=runner.isolation(judging.launch)))
    except IsolationBroken as error:
        send(Line(problem=str(error)))
        return
    judging.load()
    if job.adversaries:
        judging.face_adversaries()
    else:
        judging.judge_all()
    send(Line(seconds=judging.clock.seconds, done=True))


if __name__ == "__main__":
    main()
