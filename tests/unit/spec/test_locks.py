"""Locks: what counts as the same requirements, and what makes a lock missing, outdated or unsafe."""

from __future__ import annotations

import pytest

from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.files import InputFile, Tree
from mlsj.spec.load import load
from mlsj.spec.locks import digest, header, oldest_python, recorded_digest
from mlsj.spec.model import Environment

SPEC = """\
format: 1
course: {id: c, title: C, repository: o/n}
environments:
  dvc:
    python:
      - dvc==3.67.1
modules:
  - id: "1"
    title: M
    hours: 1
    lessons:
      - id: 1-1
        title: L
        status: draft
        environment: dvc
        effort: {read: 0, build: 1, reflect: 0}
        reading_note: none
        objectives: [{id: o, says: Do}]
        quickstart: "true"
        criteria: [{id: c, says: Holds, core: true, shows: [o]}]
        debrief: Why
"""
DVC = Environment(python=["dvc==3.67.1"])
HASH = "sha256:" + "0" * 64
PACKAGE = f"dvc==3.67.1 \\\n    --hash={HASH}\n"


def found(files: dict[str, str], spec: str = SPEC) -> list[Diagnostic]:
    inputs = {"curriculum.yaml": spec, **files}
    tree = Tree({path: InputFile(text.encode()) for path, text in inputs.items()})
    return [d for d in load(tree).diagnostics if d.code.startswith("MLSJ-O01")]


def test_a_lock_with_the_digest_and_hashes_is_fine() -> None:
    assert found({"locks/dvc.txt": header("dvc", DVC) + PACKAGE}) == []


def test_a_missing_lock_is_reported_where_the_environment_stands() -> None:
    (diagnostic,) = found({})
    assert (diagnostic.code, diagnostic.span.line, diagnostic.span.column) == ("MLSJ-O010", 4, 3)
    assert diagnostic.help == "run 'mlsj lock dvc' and commit locks/dvc.txt"


@pytest.mark.parametrize(
    ("lock", "says"),
    [
        (header("dvc", Environment(python=["dvc==3.67.0"])) + PACKAGE, "was resolved from other requirements"),
        (header("dvc", Environment(python=DVC.python, requires=">=3.12")) + PACKAGE, "was resolved from other"),
        (PACKAGE, "does not say what it was resolved from"),
        ("", "does not say what it was resolved from"),
        (PACKAGE + header("dvc", DVC), "does not say what it was resolved from"),
    ],
)
def test_an_outdated_lock_is_reported_where_the_environment_stands(lock: str, says: str) -> None:
    (diagnostic,) = found({"locks/dvc.txt": lock})
    assert (diagnostic.code, diagnostic.span.line) == ("MLSJ-O011", 4)
    assert says in diagnostic.message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("attrs==1\n", "MLSJ-O013"),
        (f"attrs>=1 --hash={HASH}\n", "MLSJ-O013"),
        ("attrs==1 --hash=sha256:abc\n", "MLSJ-O013"),
        ("attrs==1 --hash=md5:" + "0" * 64 + "\n", "MLSJ-O013"),
        (f"attrs @ https://example.org/a.whl --hash={HASH}\n", "MLSJ-O014"),
        ("--index-url https://example.org/simple\n", "MLSJ-O014"),
        ("-i //example.org/simple\n", "MLSJ-O014"),
        ("--find-links wheels\n", "MLSJ-O014"),
        ("-e git+ssh://example.org/a\n", "MLSJ-O014"),
        ("-r other.txt\n", "MLSJ-O013"),
        ("./a.whl\n", "MLSJ-O013"),
    ],
)
def test_an_unsafe_line_is_reported_where_it_stands(line: str, code: str) -> None:
    (diagnostic,) = found({"locks/dvc.txt": header("dvc", DVC) + PACKAGE + line})
    assert (diagnostic.code, diagnostic.span.file, diagnostic.span.line) == (code, "locks/dvc.txt", 5)


def test_only_our_own_stray_locks_are_mentioned() -> None:
    files = {"locks/dvc.txt": header("dvc", DVC) + PACKAGE, "locks/tool.txt": "click==8.3.1\n"}
    assert found(files) == []
    (stray,) = found({**files, "locks/old.txt": header("old", DVC) + PACKAGE})
    assert (stray.code, stray.severity, stray.span.file) == ("MLSJ-O012", "warning", "locks/old.txt")


@pytest.mark.parametrize(
    "requirement",
    [
        "dvc @ https://example.org/dvc.whl",
        "--index-url=//example.org",
        "-r other.txt",
        "./dvc",
        "dvc==3\\n--index-url x",
        "dvc = 3",
        "",
        "git+https://example.org/dvc",
    ],
)
def test_what_is_no_requirement_is_refused(requirement: str) -> None:
    spec = SPEC.replace("- dvc==3.67.1", f'- "{requirement}"')
    codes = {d.code for d in found({}, spec)}
    assert "MLSJ-O015" in codes or not requirement  # an empty text is refused by the spec's shape already
    assert spec != SPEC


@pytest.mark.parametrize(
    "requirement",
    [
        "dvc",
        "dvc==3.67.1",
        "dvc[s3, gs]>=3,<4",
        "dvc ~= 3.1",
        "dvc>=3; python_version < '3.12'",
        "a.b-c_d===1",
        "dvc (>=3)",
        "dvc!=3.1.*",
    ],
)
def test_what_pep_508_allows_is_allowed(requirement: str) -> None:
    spec = SPEC.replace("- dvc==3.67.1", f'- "{requirement}"')
    assert [d.code for d in found({}, spec)] == ["MLSJ-O010"]


def test_the_oldest_python_must_be_named() -> None:
    spec = SPEC.replace("    python:\n", '    requires: "<3.14"\n    python:\n')
    assert [(d.code, d.span.line) for d in found({}, spec)] == [("MLSJ-O010", 4), ("MLSJ-O015", 5)]
    assert oldest_python(Environment(python=["a"], requires=">=3.11,<3.14")) == "3.11"
    assert oldest_python(Environment(python=["a"], requires="~= 3.12")) == "3.12"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (["a==1", "b"], ["b", "a==1"], True),
        (["A_b.C==1"], ["a-b-c == 1"], True),
        (["a[x,Y]>=1,<2"], ["a[y, x] <2, >=1"], True),
        (["a; python_version<'3.12'"], ["a ;  python_version<'3.12'"], True),
        (["a", "a"], ["a"], True),
        (["a==1"], ["a==1.0"], False),
        (["a[x]"], ["a"], False),
        (["a==1"], ["b==1"], False),
        (["a; python_version<'3.12'"], ["a"], False),
    ],
)
def test_spelling_and_order_do_not_count(one: list[str], other: list[str], same: bool) -> None:
    assert (digest(Environment(python=one)) == digest(Environment(python=other))) is same


def test_the_digest_is_the_same_everywhere() -> None:
    """A change of this value makes every lock of every course outdated."""
    assert digest(DVC) == "fda91ca7659b60d56bf202d6def7dba6142f9891832f86279a0ef14adcee404d"
    assert recorded_digest(header("dvc", DVC)) == digest(DVC)
