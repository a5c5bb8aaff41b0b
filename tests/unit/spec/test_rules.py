"""Rules: what each lets pass and what not, beyond the cases in tests/failing."""

from __future__ import annotations

import pytest

from courses import TEXT, codes, edited, loaded
from mlsj.spec.rules.cycles import cycles


def graph(**needs: str) -> dict[str, list[tuple[str, tuple[str | int, ...]]]]:
    return {name: [(other, ()) for other in others.split()] for name, others in needs.items()}


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        ({"a": "b", "b": "c", "c": ""}, []),
        ({"a": "a"}, []),  # another fault
        ({"a": "b", "b": "a"}, [("a", "b")]),
        ({"x": "a", "a": "b", "b": "c", "c": "a"}, [("a", "b", "c")]),
        ({"a": "b", "b": "a", "c": "d", "d": "c"}, [("a", "b"), ("c", "d")]),
        ({"a": "b c", "b": "a", "c": "a"}, [("a", "b")]),
        ({"a": "b c d", "b": "d", "c": "d", "d": ""}, []),
        ({"a": "gone"}, []),
    ],
)
def test_cycles(needs: dict[str, str], expected: list[tuple[str, ...]]) -> None:
    assert cycles(graph(**needs)) == expected


def test_a_long_chain_is_no_recursion() -> None:
    chain = {str(n): [(str(n + 1), ())] for n in range(5000)}
    assert cycles(chain) == []
    assert len(cycles({**chain, "5000": [("0", ())]})[0]) == 5001


def test_duplicates_name_both_places() -> None:
    found = loaded(edited(("- id: 1-2", "- id: 1-1"), ("needs: [1-1]", "needs: []")))
    assert codes(found) == ["R002"]
    duplicate = found.diagnostics[0]
    assert (duplicate.span.line, duplicate.related[0].span.line) == (30, 19)


def test_clash_of_shared_services_is_told_once() -> None:
    second = (
        "  other: {engine: x, version: '1', image: 'x:1', source: x, ports: [{name: a, container: 1, host: 8080}]}\n"
    )
    text = edited(
        ("stacks:\n", second + "stacks:\n  more: {services: [other, store]}\n"),
        ("[store]}\nmod", "[store, other]}\nmod"),
    )
    assert codes(loaded(text)) == ["R023"]
    apart = edited(("stacks:\n", second + "stacks:\n  more: {services: [other]}\n"))
    assert codes(loaded(apart)) == []


@pytest.mark.parametrize("hours", ["3.2", "4", "5.33"])
def test_hours_within_a_quarter(hours: str) -> None:
    assert codes(loaded(edited(("hours: 4", f"hours: {hours}")))) == []


@pytest.mark.parametrize("hours", ["3.19", "5.4", "0"])
def test_hours_too_far(hours: str) -> None:
    assert codes(loaded(edited(("hours: 4", f"hours: {hours}")))) == ["L011"]
    assert codes(loaded(edited(("hours: 4", f"hours: {hours}\n    hours_note: because")))) == []


def test_drafts_may_be_bare() -> None:
    """A draft needs no sources, hints or mistakes, but what it says must hold."""
    assert codes(loaded(TEXT)) == []
    assert codes(loaded(edited(("shows: [greet]", "shows: []")))) == ["L001"]
    assert codes(loaded(edited(("shows: [greet]}", "shows: [greet], core: true, requires: gpu}")))) == ["L004"]


def test_built_in_runner_and_declared_ones() -> None:
    assert codes(loaded(edited(("stack: data", "runner: cpu")))) == []
    assert codes(loaded(edited(("stack: data", "runner: gpu")))) == ["R017"]
    declared = edited(("stack: data", "runner: gpu"), ("modules:", "runners: {gpu: {min_vram_gb: 8}}\nmodules:"))
    assert codes(loaded(declared)) == []


def test_shared_sources_one_inside_the_other() -> None:
    text = edited(
        ("        reading:", "        sources: templates/a/b\n        reading:"),
        ("        stack:", "        sources: templates/a\n        stack:"),
    )
    found = loaded(
        text,
        templates__a__b__main="#: solution\n1\n#: stub\n2\n#: end\n",
        templates__a__c="#: solution\n3\n#: stub\n4\n#: end\n",
    )
    assert codes(found) == ["R030"]
