"""What is made of results: the text, JUnit XML, evidence, and the pytest adapter."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import msgspec
import pytest
from bench import command, judged, lesson

from mlsj.kinds.base import Finding, Verdict, failed, measured, passed, unverified
from mlsj.verify import evidence
from mlsj.verify.adapter import Judged, NotJudged
from mlsj.verify.adapter import judged as adapter
from mlsj.verify.junit import junit
from mlsj.verify.report import Report, Result, State, state_of
from mlsj.verify.text import render

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs/formats/evidence.schema.json"

MEASURED = measured("write amplification", [1.0, 1.25, 1.5], "bytes per byte", at_most=2)
FAIL = failed("it is wrong", expected="this", got="that\nand more", where="work/1-1/a", next_step="mend it")
ALL = {
    "good": passed("seen"),
    "bad": FAIL,
    "gpu": unverified("no GPU here"),
    "after": Finding(Verdict.BLOCKED, "it needs 'bad', which has not passed"),
    "broken": Finding(Verdict.ERROR, "the judge broke", phase="judge"),
}


def report(**findings: Finding) -> Report:
    results = tuple(Result(name, f"Says {name}", name != "gpu", finding, 0.5) for name, finding in findings.items())
    return Report("1-1", state_of(results), 7, results)


def test_text_shows_every_fail_and_error_with_its_next_step_and_where_to_begin() -> None:
    assert render(report(**ALL), "Title", "mlsj start 1-2") == (
        "1-1 Title\n"
        "\n"
        "  pass        good    Says good\n"
        "  fail        bad     Says bad\n"
        "  unverified  gpu     Says gpu (no GPU here)\n"
        "  blocked     after   Says after (it needs 'bad', which has not passed)\n"
        "  error       broken  Says broken (the judge broke)\n"
        "\n"
        "fail: bad: it is wrong\n"
        "  expected  this\n"
        "  got       that\n"
        "            and more\n"
        "  where     work/1-1/a\n"
        "  next      mend it\n"
        "\n"
        "error: broken: the judge broke (phase judge)\n"
        "\n"
        "1-1: failed · 1 of 5 pass, 1 fail, 1 unverified, 1 blocked, 1 error · seed 7\n"
        "next: bad: mend it, then: mlsj check 1-1\n"
    )


def test_text_of_two_fails_says_for_each_what_was_expected_what_came_and_what_to_do() -> None:
    text = render(report(bad=FAIL, worse=failed("m", expected="e", got="g", next_step="do n")), "T", "x")
    assert "\nfail: worse: m\n  expected  e\n  got       g\n  next      do n\n" in text
    assert text.count("  expected  ") == text.count("  got       ") == text.count("  next      ") == 2


def test_text_says_what_broke_everything_only_once() -> None:
    broken = Finding(Verdict.ERROR, "no disk", phase="environment")
    text = render(report(one=broken, two=broken, three=FAIL), "T", "x")
    assert text.count("(phase environment)") == 1
    assert text.splitlines()[-1] == "next: three: mend it, then: mlsj check 1-1"


def test_text_of_one_fail_calls_the_program_as_its_reader_does() -> None:
    text = render(report(bad=FAIL), "T", "x", program=".venv/bin/mlsj")
    assert text.splitlines()[-1] == "next: mend it, then: .venv/bin/mlsj check 1-1"


def test_text_after_a_pass_names_what_comes_next() -> None:
    lines = render(report(good=passed("seen"), gpu=unverified("no GPU here")), "T", "mlsj start 1-2").splitlines()
    assert lines[-2:] == ["1-1: passed here · 1 of 2 pass, 1 unverified · seed 7", "next: mlsj start 1-2"]


@pytest.mark.parametrize("width", [40, 60, 100])
def test_text_keeps_the_width_and_colour_does_not_change_it(width: int) -> None:
    long = "word " * 50
    finding = failed(long, expected=long, got=f"{long}\n{long}", next_step=long, measurements=[MEASURED])
    told = report(bad=finding, good=passed(long, MEASURED), gone=unverified(long))
    text = render(told, "T", "x", width=width)
    assert max(map(len, text.splitlines())) <= max(width, 60)
    coloured = render(told, "T", "x", width=width, style=lambda text, colour: f"<{colour}>{text}</>")
    assert re.sub("</?[a-z]*>", "", coloured) == text
    assert "<red>fail: bad</>" in coloured


def test_a_measured_criterion_states_value_unit_spread_and_bound() -> None:
    words = "write amplification 1.25 bytes per byte (spread 0.25, at most 2)"
    assert MEASURED.text == words
    told = report(good=passed("seen", MEASURED), bad=msgspec.structs.replace(FAIL, measurements=(MEASURED,)))
    text = render(told, "T", "x")
    assert f"\n  pass        good  Says good\n                    {words}\n" in text
    assert f"\n  where     work/1-1/a\n  measured  {words}\n  next      mend it\n" in text
    cases = ET.fromstring(junit(told)).iter("testcase")  # noqa: S314
    assert [case.findtext("system-out") for case in cases] == [f"measured: {words}"] * 2
    found = json.loads(evidence.encoded(evidence.evidence(told, "work", evidence.Digests({}, None, "", None))))
    assert found["results"][0]["measurements"] == [
        {
            "name": "write amplification",
            "value": 1.25,
            "unit": "bytes per byte",
            "spread": 0.25,
            "bound": 2.0,
            "sense": "at most",
        }
    ]


def test_a_verdict_that_is_used_again_is_shown_with_its_time_and_seed() -> None:
    result = Result("good", "Says good", True, passed("seen"), judged="2025-03-04T05:06:07.008Z", seed=11)
    told = Report("1-1", State.PASSED, 7, (result,))
    text = render(told, "T", "mlsj start 1-2")
    assert "  pass        good  Says good (judged 2025-03-04 05:06 UTC, seed 11)\n" in text
    assert text.splitlines()[-2:] == ["all of it anew: mlsj check 1-1 --fresh", "next: mlsj start 1-2"]
    assert "judged 2025-03-04T05:06:07.008Z with seed 11" in junit(told).decode()
    (found,) = evidence.evidence(told, "work", evidence.Digests({}, None, "", None)).results
    assert (found.judged, found.seed) == ("2025-03-04T05:06:07.008Z", 11)


@pytest.mark.parametrize(
    ("isolation", "said"),
    [
        ({"backend": "bubblewrap 0.8.0"}, False),
        ({"backend": "process", "why": "bubblewrap is not installed"}, False),
        ({"backend": "process", "why": "bubblewrap does not work here: No permissions"}, True),
    ],
)
def test_text_mentions_isolation_only_where_it_is_weaker_than_it_should_be(
    isolation: dict[str, str], said: bool
) -> None:
    told = msgspec.structs.replace(report(bad=FAIL), isolation=isolation)
    assert ("\nisolation: " in render(told, "T", "x")) == said


def test_an_error_of_the_judge_is_not_the_learners_to_mend() -> None:
    text = render(report(broken=ALL["broken"]), "T", "x", width=120)
    assert text.splitlines()[-1].startswith("next: this is not about your work: tell the course's author")


def test_junit() -> None:
    suite = ET.fromstring(junit(report(**ALL, odd=failed("\x00\x1b", expected="e", got="g", next_step="n"))))[0]  # noqa: S314
    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6", "failures": "3", "errors": "1", "skipped": "1",
    }  # fmt: skip
    kinds = {case.get("name"): [child.tag for child in case] for case in suite}
    assert kinds == {
        "good": [],
        "bad": ["failure"],
        "gpu": ["skipped"],
        "after": ["failure"],
        "broken": ["error"],
        "odd": ["failure"],
    }


@pytest.mark.parametrize(
    ("names", "state"),
    [
        ("good", State.PASSED),
        ("good gpu", State.PASSED_HERE),
        ("gpu", State.NOT_JUDGED),
        ("good bad broken", State.FAILED),
        ("good broken", State.NOT_JUDGED),
        ("", State.NOT_JUDGED),
    ],
)
def test_states(names: str, state: State) -> None:
    assert report(**{name: ALL[name] for name in names.split()}).state is state


def test_the_schema_is_rendered_from_the_types() -> None:
    assert SCHEMA.read_text() == evidence.schema_text()


def test_evidence(tmp_path: Path) -> None:
    which = lesson(command("one", "python3", "a.py"), {"id": "two", "uses": "file", "with": {"path": "b"}})
    first = judged(tmp_path, which, {"a.py": "print(1)"}, "My note", seed=3)
    again = judged(tmp_path, which, {}, seed=4)
    assert first.path is not None
    assert first.path.parent == tmp_path / ".mlsj/evidence/1-1"
    assert again.path != first.path
    document = json.loads(first.path.read_text())
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)
    assert document["stable"] == json.loads(again.path.read_text())["stable"]  # type: ignore[union-attr]
    assert document["seed"] == 3
    assert [c["verdict"] for c in document["stable"]["criteria"]] == ["pass", "fail"]
    assert set(document["stable"]["digests"]["files"]) == {"a.py"}
    assert document["isolation"]["backend"].split()[0] in ("process", "bubblewrap")
    assert list(document["phases"]) == ["environment", "build", "services", "run", "judge"]
    assert document["phases"]["run"] > 0
    assert document["results"][0]["commands"][0]["argv"] == ["python3", "a.py"]


def test_evidence_of_a_variant_is_not_progress(tmp_path: Path) -> None:
    made = judged(tmp_path, lesson(command("one", "true")), {}, subject="solution")
    assert made.path is not None
    assert made.path.parent == tmp_path / ".mlsj/evidence/1-1/variants"
    assert judged(tmp_path, lesson(command("one", "true")), {}, keep=False).path is None


@pytest.mark.parametrize(
    "change", ["note", "file", "judge", "criterion"]
)  # fmt: skip
def test_each_change_moves_its_digest(tmp_path: Path, change: str) -> None:
    which = lesson(command("one", "true"))
    before = judged(tmp_path, which, {"a": "1"}, "note", judge_py="x = 1\n", keep=False).record.stable.digests
    changed = lesson(command("one", "true", exit=0, stdout_contains="")) if change == "criterion" else which
    after = judged(
        tmp_path,
        changed,
        {"a": "2" if change == "file" else "1"},
        "other" if change == "note" else "note",
        judge_py="x = 2\n" if change == "judge" else "x = 1\n",
        keep=False,
    ).record.stable.digests
    moved = [
        name for name in ("files", "note", "judge", "environment") if getattr(before, name) != getattr(after, name)
    ]
    assert moved == [{"file": "files", "note": "note"}.get(change, "judge")]


def document() -> dict[str, object]:
    results = report(**ALL)
    none = evidence.Digests({}, None, "", None)
    return json.loads(evidence.encoded(evidence.evidence(results, "work", none)))


def test_the_adapter_translates_each_verdict() -> None:
    lesson_ = Judged("1-1", document())
    lesson_.check("good")
    with pytest.raises(pytest.fail.Exception, match="fail: it is wrong") as fail:
        lesson_.check("bad")
    assert not fail.value.pytrace
    assert "expected: this" in str(fail.value)
    with pytest.raises(pytest.fail.Exception, match="blocked: it needs 'bad'"):
        lesson_.check("after")
    with pytest.raises(pytest.skip.Exception, match="unverified: no GPU here"):
        lesson_.check("gpu")
    with pytest.raises(NotJudged, match=r"the judge broke \(phase judge\)"):
        lesson_.check("broken")
    with pytest.raises(NotJudged, match="no criterion 'other'"):
        lesson_.check("other")


def test_the_adapter_is_red_when_nothing_can_be_judged(tmp_path: Path) -> None:
    with pytest.raises(NotJudged, match=r"no curriculum\.yaml"):
        adapter("1-1", str(tmp_path / "test_x.py"))
    (tmp_path / "curriculum.yaml").write_text("format: 1\n")
    with pytest.raises(NotJudged, match="MLSJ-S015"):
        adapter("1-1", str(tmp_path / "test_x.py"))


def test_the_adapter_judges_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    (tmp_path / "curriculum.yaml").write_text("")

    def run(argv: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(argv)
        return subprocess.CompletedProcess(argv, 1, json.dumps(document()), "")

    monkeypatch.setattr("mlsj.verify.adapter.subprocess.run", run)
    for _ in range(3):
        adapter("1-1", str(tmp_path / "generated/checks/test_1_1.py")).check("good")
    assert len(asked) == 1


def test_verbose_says_what_was_observed_of_what_passes() -> None:
    result = Result("ready", "It is ready.", True, passed("'make test-dev' ended with 0, last line: DevBox ready"))
    report = Report("M0", State.PASSED, 7, (result,))
    assert "observed: 'make test-dev' ended with 0, last line: DevBox ready" in render(report, "Box", "", verbose=True)
    assert "observed" not in render(report, "Box", "")
