"""Records of judgings for the tests of `watch`, and a pseudo-terminal to run it in."""

from __future__ import annotations

from mlsj.kinds.base import Verdict
from mlsj.verify.evidence import Digests, Evidence, Found, Judged, Stable
from mlsj.verify.report import State


def found(name: str, verdict: str, says: str = "", **more: str) -> Found:
    texts = {"message": "", "expected": "", "got": "", "where": "", "next_step": "", "phase": "", **more}
    judged = texts.pop("judged", "")
    return Found(
        id=name,
        says=says or f"The {name} is as it should be",
        verdict=Verdict(verdict),
        duration_s=0.0,
        measurements=[],
        commands=[],
        trace="",
        judged=judged,
        seed=7 if judged else None,
        **texts,
    )


def record(state: str, *results: Found, lesson: str = "1-1") -> Evidence:
    judged = [Judged(result.id, result.verdict, True) for result in results]
    return Evidence(
        format=1,
        stable=Stable(lesson, State(state), judged, Digests({}, None, "", None)),
        subject="work",
        time="2026-05-04T12:03:04.000Z",
        seed=42,
        reason="",
        results=list(results),
        phases={},
        isolation={},
        tools={},
        host={},
    )
