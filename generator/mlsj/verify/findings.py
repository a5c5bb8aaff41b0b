"""Findings as they are sent home: whole, of several rounds one, and without anything a terminal would obey."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import isfinite
from typing import Any

import msgspec

from mlsj.kinds.base import Finding, Measurement, Verdict

# What a terminal would obey, and what no text can hold.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def broken(what: str) -> Finding:
    """Return the error of a judge that does not do what a judge does."""
    return Finding(Verdict.ERROR, f"the judge of this criterion is broken: {what}", phase="judge")


def whole(finding: Any) -> Finding:
    """Return the finding when it says what a learner needs, else the error of the judge that made it."""
    if not isinstance(finding, Finding):
        return broken(f"it returned {type(finding).__name__}, not a Finding")
    if finding.verdict is Verdict.FAIL and not (finding.expected and finding.got and finding.next_step):
        return broken(
            f"it fails without saying what was expected, what was got and what to do next ({finding.message})"
        )
    if not finding.message.strip():
        return broken("it gave a verdict without saying what was observed")
    for each in finding.measurements:
        if not all(isfinite(number) for number in (each.value, each.spread or 0.0, each.bound or 0.0)):
            return broken(f"it measured {each.name} as {each.value}")
        if finding.verdict is Verdict.PASS and not each.kept:
            return broken(f"it passes what breaks its own bound: {each.text}")
    return finding


def merged(rounds: Sequence[Finding], planned: int) -> Finding:
    """Return one finding for all rounds that were judged: the last one's, which says in which round it failed."""
    last = rounds[-1]
    if planned == 1:
        return last
    if last.verdict is not Verdict.PASS:
        head, *more = last.message.split("\n")
        head = f"{head} (in round {len(rounds)} of {planned})"
        return msgspec.structs.replace(last, message="\n".join([head, *more]))
    named: dict[str, list[Measurement]] = {}
    for each in (measurement for finding in rounds for measurement in finding.measurements):
        named.setdefault(each.name, []).append(each)
    return msgspec.structs.replace(
        last,
        message=f"{last.message} (the last of {planned} rounds)",
        measurements=tuple(_over_rounds(found) for found in named.values()),
    )


def _over_rounds(found: Sequence[Measurement]) -> Measurement:
    """Return the median over rounds, and as spread half the distance between the largest and the smallest."""
    from statistics import median

    values = [each.value for each in found]
    if len(values) == 1:
        return found[0]
    return msgspec.structs.replace(found[-1], value=median(values), spread=(max(values) - min(values)) / 2)


def clean(finding: Finding, replace: Sequence[tuple[str, str]]) -> Finding:
    """Name the learner's own paths instead of the scratch copies, and take out what terminals would obey.

    Findings quote what judged programs write: a program must not be able to repaint its own verdict.
    """
    texts = {}
    for field in ("message", "expected", "got", "where", "next_step"):
        text = getattr(finding, field)
        for old, new in replace:
            text = text.replace(old, new)
        texts[field] = clean_text(text)
    measurements = tuple(
        msgspec.structs.replace(each, name=clean_text(each.name), unit=clean_text(each.unit))
        for each in finding.measurements
    )
    return msgspec.structs.replace(finding, **texts, measurements=measurements)


def clean_text(text: str) -> str:
    """Return `text` with one kind of line end and without control characters."""
    return _CONTROL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
