"""Verdicts that may be used again: deterministic, decided, and found for what is there now.

What a verdict follows from is one digest: the criterion, the judge, the environment, the tool, the machine, and of the
learner's files those that its kind looks at. Verdicts on the work directory are used again all together or not at all:
programs share the scratch copy, and one criterion may rest on what the program of another has made. A verdict that
rests on a bounded measurement, a time limit, a service or the network is never used again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from mlsj import kinds
from mlsj.kinds.base import Finding, Verdict
from mlsj.spec.files import Tree
from mlsj.spec.model import Criterion, Lesson
from mlsj.verify.evidence import Digests, Evidence, host, tools
from mlsj.verify.report import Result
from mlsj.verify.worker import prerequisite


def inputs(
    tree: Tree, lesson: Lesson, digests: Digests, fingerprint: str, note_form: str, environment: str
) -> dict[str, str]:
    """Return by criterion the digest of what its verdict follows from; criteria that are always judged are left out.

    `fingerprint` is that of the work directory, with what the digests leave out: git's own files, modes, empty folders.
    """
    common = hashlib.sha256()
    for name, data in tree.under(lesson.sources) if lesson.sources is not None else ():
        common.update(f"{name} {len(data.data)} {data.executable}\n".encode() + data.data)
    said = [digests.judge, digests.environment, note_form, tools(environment), host()]
    common.update(msgspec.json.encode(said, order="sorted"))
    found = {}
    for criterion in lesson.criteria:
        if _deterministic(criterion) and not lesson.network and criterion.requires is None:
            own = {"work": fingerprint, "note": digests.note}
            depends = [criterion, {name: own[name] for name in sorted(_looks_at(criterion))}, common.hexdigest()]
            found[criterion.id] = hashlib.sha256(msgspec.json.encode(depends, order="sorted")).hexdigest()
    return found


class Plan(msgspec.Struct, frozen=True):
    """What holds still, by criterion; `results` are those of the whole lesson where nothing has to be judged."""

    holds: dict[str, Result]
    results: list[Result] | None


def plan(
    order: Sequence[Criterion],
    record: Evidence,
    now: Mapping[str, str],
    seed: int | None,
    lacks: Callable[[Criterion], Finding | None],
) -> Plan:
    """Return what of `record` holds now; with a seed, only what was found with that seed.

    `order` has prerequisites first, `now` is what `inputs` returns of it, and `lacks` says what cannot be shown here.
    """
    holds = _again(record, now, seed)
    results: list[Result] = []
    verdicts: dict[str, Verdict] = {}
    for criterion in order:
        finding = prerequisite(criterion, verdicts) or lacks(criterion)
        if finding is not None:
            results.append(Result(criterion.id, criterion.says, criterion.core, finding))
        elif criterion.id in holds:
            results.append(holds[criterion.id])
        else:
            continue
        verdicts[criterion.id] = results[-1].verdict
    anew = [criterion for criterion in order if criterion.id not in verdicts]
    if any("work" in _looks_at(criterion) for criterion in anew):
        holds = {each.id: holds[each.id] for each in order if each.id in holds and "work" not in _looks_at(each)}
    return Plan(holds, None if anew else results)


def _again(record: Evidence, now: Mapping[str, str], seed: int | None) -> dict[str, Result]:
    """Return the results of `record` whose inputs are the same now."""
    found = {}
    core = {criterion.id: criterion.core for criterion in record.stable.criteria}
    for each in record.results:
        its_seed = record.seed if each.seed is None else each.seed
        if not each.inputs or each.inputs != now.get(each.id) or (seed is not None and seed != its_seed):
            continue
        fields = {name: getattr(each, name) for name in Finding.__struct_fields__}
        found[each.id] = Result(
            each.id,
            each.says,
            core[each.id],
            Finding(**{**fields, "measurements": tuple(each.measurements)}),
            each.duration_s,
            tuple(each.commands),
            judged=each.judged or record.time,
            seed=its_seed,
            inputs=each.inputs,
        )
    return found


def may_be_used_again(result: Result) -> bool:
    """Tell whether the verdict of a criterion that may be judged once is one that holds."""
    finding = result.finding
    return (
        finding.verdict in (Verdict.PASS, Verdict.FAIL)
        and not finding.timed_out
        and not any(command.timed_out for command in result.commands)
        and not any(each.bound is not None for each in finding.measurements)
    )


def _looks_at(criterion: Criterion) -> frozenset[str]:
    """Return which of work and note the verdict follows from; both where its kind does not say."""
    return frozenset(_said(criterion, "LOOKS_AT", ("work", "note")))


def _deterministic(criterion: Criterion) -> bool:
    """Tell whether equal files get equal verdicts."""
    return criterion.uses in kinds.names() and bool(_said(criterion, "DETERMINISTIC", True))


def _said(criterion: Criterion, name: str, default: Any) -> Any:
    """Return what the criterion's own parameters say, else its kind, else the default."""
    try:
        module = kinds.module(criterion.uses or "")
        params: Any = msgspec.convert(criterion.with_, module.Params)
    except Exception:  # noqa: BLE001 - the judging says what is broken in it
        return default
    return getattr(params, name.lower(), getattr(module, name, default))
