"""Loading: everything wrong is found in one run, each slip once, and a sound course gives the model."""

from __future__ import annotations

import pytest

from courses import TEXT, codes, edited, loaded
from mlsj.spec import fit
from mlsj.spec.diagnostics import FLOOD
from mlsj.spec.files import InputFile, Tree
from mlsj.spec.load import load
from mlsj.spec.shape import curriculum_shape
from mlsj.spec.source import parse


def test_a_sound_course() -> None:
    found = loaded(TEXT)
    assert found.diagnostics == ()
    assert found.curriculum is not None
    assert [lesson.id for _, lesson in found.curriculum.lessons()] == ["1-1", "1-2"]
    assert found.site.runners == {}


def test_all_layers_in_one_run() -> None:
    found = loaded(
        edited(
            ("title: Programs", "tittle: Programs"),
            ("hours: 4", "hours: four"),
            ("needs: [1-1]", "needs: [1-9]"),
            ("chapter: 1}", "chapter: 3}"),
            ("stack: data", "stack: date"),
        )
    )
    assert codes(found) == ["S014", "S016", "R018", "R010", "R016"]
    assert found.curriculum is None
    assert [d.span.line for d in found.diagnostics] == sorted(d.span.line for d in found.diagnostics)


def test_a_misspelled_key_is_one_slip() -> None:
    found = loaded(edited(("debrief:", "debreif:")))
    assert codes(found) == ["S014"]
    assert "did you mean 'debrief'?" in found.diagnostics[0].message


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (("- id: 1-1\n", "- id: 1_1\n"), "S018"),  # 1-2 needs it
        (("- id: 1-1\n        title", "- title"), "S015"),
        (("services:\n  store", "sevices:\n  store"), "S014"),  # a stack holds it
        (("{id: greet, says", "{id: [greet], says"), "S016"),  # a criterion shows it
        (("bibliography:\n  book:", "bibliography:\n  bo_ok:"), "S019"),
        (("stacks:\n  data:", "stacks:\n  da_ta:"), "S019"),
        (("modules:", "stuff: 1\nmodules:"), "S014"),
    ],
)
def test_no_follow_ups(edit: tuple[str, str], code: str) -> None:
    assert codes(loaded(edited(edit))) == [code]


def test_variants_of_a_lesson_with_a_wrong_shape_wait() -> None:
    sources = {"templates__hello__main.py": "#: solution\nprint(1)\n#: stub\n"}
    wrong = ("        reading:", "        sources: templates/hello\n        reading:")
    alone = loaded(edited(wrong), **sources)
    assert any(code.startswith("T") for code in codes(alone))
    both = loaded(edited(wrong, ("title: First", "tittle: First")), **sources)
    assert codes(both) == ["S014"]


def test_site() -> None:
    wrong = loaded(TEXT, **{"site.yaml": "format: 1\nrunners:\n  cpu: {label: [x]}\n"})
    assert codes(wrong) == ["S014"]
    assert wrong.diagnostics[0].span.file == "site.yaml"
    assert wrong.curriculum is not None
    right = loaded(TEXT, **{"site.yaml": "format: 1\nrunners:\n  cpu: {labels: [big]}\n"})
    assert right.site.runners["cpu"].labels == ["big"]
    assert codes(loaded(TEXT, **{"site.yaml": "a: [\n"})) == ["S002"]


def test_no_curriculum() -> None:
    assert codes(load(Tree({}))) == ["S009"]
    assert codes(load(Tree({"curriculum.yaml": InputFile(b"")}))) == ["S009"]


@pytest.mark.parametrize("text", ["[]", "3", "text", "- a\n- b"])
def test_not_a_mapping(text: str) -> None:
    assert codes(loaded(text)) == ["S016"]


def test_whole_numbers() -> None:
    found = loaded(edited(("container: 80", "container: 80.0"), ("chapter: 1}", "chapter: 1.0}")))
    assert codes(found) == ["S016", "S016"]
    assert found.curriculum is None
    assert "whole number" in found.diagnostics[0].message
    assert loaded(edited(("hours: 4", "hours: 4.0"))).diagnostics == ()


def test_many_wrong_names_do_not_take_long() -> None:
    lesson = TEXT[TEXT.index("      - id: 1-1") : TEXT.index("      - id: 1-2")]
    many = "".join(
        lesson.replace("1-1", f"x-{n}").replace("reading", f"needs: [y-{n}]\n        reading") for n in range(600)
    )
    found = loaded(edited(("hours: 4", "hours: 200\n    hours_note: many")) + many)
    assert codes(found).count("R010") == FLOOD
    assert codes(found)[-1] == "S024"


FIRST = "shows: [greet]}"


@pytest.mark.parametrize(
    ("old", "new", "sound"),
    [
        ("hours: 4", "hours: 4", True),
        ("hours: 4", "hours:", False),
        ("hours: 4", 'hours: "4"', False),
        ("id: demo", 'id: "demo\\n"', False),
        ("title: First", "title: First\n        effort_note:", False),
        (FIRST, "shows: [greet], uses: file, with: {path: a}}", True),
        (FIRST, "shows: [greet], uses: fil, with: {path: a}}", False),
        (FIRST, "shows: [greet], uses: file, with: {pth: a}}", False),
        (FIRST, "shows: [greet], uses: file}", False),
        (FIRST, "shows: [greet], with: {}}", False),
    ],
)
def test_the_fast_way_and_the_schema_agree(old: str, new: str, sound: bool) -> None:
    source = parse("curriculum.yaml", edited((old, new)).encode())
    assert (fit.curriculum(source) is not None) is sound
    assert (not curriculum_shape(source).diagnostics) is sound
