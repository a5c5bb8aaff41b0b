"""The report of a proof as its reader sees it."""

from __future__ import annotations

import pytest

from mlsj.verify.prove_record import Hidden, LessonProof, Proof, ProofState, Reason, Row, proof
from mlsj.verify.prove_text import render, summary

PROBLEM = Reason(
    code="mistake-fails-other",
    says="mistake no-push: fails [comes-back, note], declared [comes-back]",
    expected="a fail of [comes-back] and of nothing else, in every round",
    seen="fails [comes-back, note]\nnote says: nothing",
    mend="declare what it breaks as well " * 3,
    variants=["no-push"],
    criteria=["note"],
    replay="check 2-1 --mistake no-push --seed 7",
    of="course",
)
ROWS = [
    Row("solution", {"ppu": 2}, [], True, [1, 2], 3.14),
    Row("stub", {"FbF": 2}, ["tracked", "note"], True, [3, 4], 0.26),
    Row("no-push", {"pFF": 1, "pFp": 1}, ["comes-back", "note"], False, [5, 6], 10.0),
    Row("slow", {"ppu": 2}, [], None, [7, 8], 1.0),
]


def lesson(*problems: Reason, state: ProofState = ProofState.PROVED) -> LessonProof:
    hidden = [
        Hidden("criterion", "fast", "gpu"),
        Hidden("mistake", "slow", "gpu"),
        Hidden("quick-start line", "4", "gpu"),
    ]
    names = ["tracked", "comes-back", "note"]
    return LessonProof("2-1", "Versions", state, names, ROWS, 8, 3, "DevBox ready", hidden, list(problems))


FULL = """\
2-1 Versions: not proved

  variant   verdicts                fails            as declared  seconds
  solution  ppu                     -                yes              3.1
  stub      FbF                     tracked note     yes              0.3
  no-push   pFF 1 of 2, pFp 1 of 2  comes-back note  NO              10.0
  slow      ppu                     -                not here         1.0

  criteria: tracked comes-back note
  adversaries: 8
  quick-start: 3 commands ended well; the last line: DevBox ready
  not proved here (gpu): criterion fast
  not proved here (gpu): mistake slow
  not proved here (gpu): quick-start line 4

mistake-fails-other: 2-1: mistake no-push: fails [comes-back, note], declared [comes-back]
  expected  a fail of [comes-back] and of nothing else, in every round
  seen      fails [comes-back, note]
            note says: nothing
  mend      declare what it breaks as well declare what it breaks as well declare what it breaks as
              well
  replay    .venv/bin/mlsj check 2-1 --mistake no-push --seed 7

verdicts in the order of the criteria: p pass, F fail, b blocked, u unverified, E error

proved 0 of 1 lesson: 4 variants, 8 judgings, 8 adversaries, 1 problem, 1 criterion not proved here (gpu), \
1 mistake not proved here (gpu)
"""


def test_table_facts_problems_and_the_count() -> None:
    found = proof([lesson(PROBLEM, state=ProofState.NOT_PROVED)], 2)
    assert render(found, program=".venv/bin/mlsj") == FULL


@pytest.mark.parametrize(
    ("states", "worst"),
    [
        ([ProofState.PROVED, ProofState.PROVED], ProofState.PROVED),
        ([ProofState.PROVED, ProofState.NOT_JUDGED], ProofState.NOT_JUDGED),
        ([ProofState.NOT_JUDGED, ProofState.NOT_PROVED], ProofState.NOT_PROVED),
        ([], ProofState.PROVED),
    ],
)
def test_one_lesson_decides_for_all(states: list[ProofState], worst: ProofState) -> None:
    found: Proof = proof([lesson(state=state) for state in states], 1)
    assert found.state is worst
    proved = sum(state is ProofState.PROVED for state in states)
    assert summary(found).startswith(f"proved {proved} of {len(states)} lessons: ")
