"""Every ready lesson proved: its stub fails, its reference passes, each mistake fails exactly what it declares."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import pytest

from mlsj.kinds.base import Verdict
from mlsj.project.read import read_tree
from mlsj.render.compile import compile_course
from mlsj.spec.load import Loaded, load
from mlsj.spec.model import Lesson
from mlsj.verify.engine import judge
from mlsj.verify.report import Report, State
from mlsj.verify.subject import make

ROOT = Path(__file__).resolve().parents[2]


@cache
def course() -> Loaded:
    return load(read_tree(ROOT))


def ready() -> list[Lesson]:
    curriculum = course().curriculum
    assert curriculum is not None, course().diagnostics
    return [lesson for _, lesson in curriculum.lessons() if lesson.status == "ready"]


LESSONS = ready()
MISTAKES = [(lesson, mistake.id) for lesson in LESSONS for mistake in lesson.mistakes]


@cache
def note_forms() -> dict[str, str]:
    files = compile_course(course()).files
    return {each.id: files[f"generated/lessons/{each.id}/note.md"].data.decode() for each in LESSONS}


@cache
def judged(lesson_id: str, variant: str) -> Report:
    """Judge a variant once for all tests; its environment is the one in the course's `.mlsj/envs`."""
    lesson = next(each for each in LESSONS if each.id == lesson_id)
    form = note_forms()[lesson_id]
    with tempfile.TemporaryDirectory() as folder:
        work, note = make(course().tree, lesson, variant, Path(folder) / "variant", form)
        tree = course().tree
        return judge(tree, lesson, work, note, root=ROOT, subject=variant, note_form=form, keep=False).report


def said(report: Report) -> str:
    return "\n".join(f"{r.id}: {r.verdict}: {r.finding.message} {r.finding.got}\n{r.trace}" for r in report.results)


def test_00_a_and_2_1_are_ready() -> None:
    assert {"00-A", "2-1"} <= {lesson.id for lesson in LESSONS}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_the_reference_passes_everything_that_can_be_judged(lesson: Lesson) -> None:
    report = judged(lesson.id, "solution")
    assert report.state in (State.PASSED, State.PASSED_HERE), said(report)
    for result, criterion in zip(report.results, lesson.criteria, strict=True):
        if result.verdict is not Verdict.PASS:
            assert result.verdict is Verdict.UNVERIFIED, said(report)
            assert criterion.requires, said(report)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_the_stub_fails_and_every_fail_says_what_to_do(lesson: Lesson) -> None:
    report = judged(lesson.id, "stub")
    assert report.state is State.FAILED, said(report)
    assert not any(result.verdict is Verdict.ERROR for result in report.results), said(report)
    for result in report.results:
        if result.verdict is Verdict.FAIL:
            assert result.finding.expected
            assert result.finding.got
            assert result.finding.next_step


@pytest.mark.parametrize(("lesson", "mistake"), MISTAKES, ids=[f"{each.id}-{name}" for each, name in MISTAKES])
def test_each_mistake_fails_exactly_what_it_declares(lesson: Lesson, mistake: str) -> None:
    declared = next(each for each in lesson.mistakes if each.id == mistake)
    report = judged(lesson.id, mistake)
    failing = {result.id: result for result in report.results if result.verdict is Verdict.FAIL}
    assert set(failing) == set(declared.fails), said(report)
    assert not any(result.verdict is Verdict.ERROR for result in report.results), said(report)
    for result in failing.values():
        assert declared.message in result.finding.message, said(report)
        assert result.finding.expected
        assert result.finding.got
        assert result.finding.next_step


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_no_two_mistakes_are_told_the_same(lesson: Lesson) -> None:
    for mistake in lesson.mistakes:
        for other in ("solution", *(each.id for each in lesson.mistakes if each.message != mistake.message)):
            assert mistake.message not in said(judged(lesson.id, other))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_every_criterion_can_fail(lesson: Lesson) -> None:
    seen = {
        result.id
        for variant in ("stub", *(each.id for each in lesson.mistakes))
        for result in judged(lesson.id, variant).results
        if result.verdict is Verdict.FAIL
    }
    assert seen >= {criterion.id for criterion in lesson.criteria if not criterion.requires}
