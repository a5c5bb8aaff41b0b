"""Parameters that a kind refuses, before anything is judged: what nothing could keep, and what is no expression."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from mlsj import kinds

PYTHON = {"file": "a.py", "function": "f", "cases": "c", "truth": "t"}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("command", {"run": ["a"], "stdout_matches": "("}, "'stdout_matches' is not a regular expression"),
    ("command", {"run": ["a"], "stderr_matches": "("}, "'stderr_matches' is not a regular expression"),
    ("command", {"run": ["a"], "makes": ["../a"]}, "not a file below the work directory"),
    ("command", {"run": ["a"], "makes": ["."]}, "not a file below the work directory"),
    ("command", {"run": []}, "length >= 1"),
    ("csv", {"path": "a", "columns": {"x": "float"}}, "Invalid enum value 'float'"),
    ("csv", {"path": "a", "min_rows": 2, "max_rows": 1}, "'min_rows' is 2 and 'max_rows' 1"),
    ("csv", {"path": "a", "delimiter": '"'}, "'delimiter' must not be"),
    ("csv", {"path": "a", "delimiter": ""}, "length >= 1"),
    ("csv", {"path": "a", "ranges": {"x": {"min": 2, "max": 1}}}, "'min' is 2 and 'max' 1"),
    ("csv", {"path": "a", "only": True, "columns": {"x": "text"}, "unique": ["y"]}, "'unique' names y"),
    ("csv", {"path": "a", "rel": -1}, ">= 0"),
    ("csv", {"path": "/a"}, "'path' is /a, which is not below the work directory"),
    ("csv", {"path": "a", "equals": "Rows()"}, "regex"),
    ("file", {"path": "a", "matches": "("}, "'matches' is not a regular expression"),
    ("file", {"path": "a/../../b"}, "not below the work directory"),
    ("file", {"path": "a", "exists": False, "contains": "x"}, "'contains' says something of a file that must not"),
    ("file", {"path": "a", "json": [{"at": "/a"}], "csv": {}}, "a file is not 'json' and 'csv' at once"),
    ("file", {"path": "a", "json": [{"at": "a"}]}, "regex"),
    ("file", {"path": "a", "json": [{"at": "/a", "min": 2, "max": 1}]}, "'min' is 2 and 'max' 1"),
    ("file", {"path": "a", "json": [{"at": "/a", "matches": "["}]}, "'matches' is not a regular expression"),
    ("file", {"path": "a", "parquet": {"min_rows": 2, "max_rows": 1}}, "'min_rows' is 2 and 'max_rows' 1"),
    ("git", {"message_matches": "("}, "'message_matches' is not a regular expression"),
    ("git", {"pushed": True}, "'pushed' needs the name of the 'remote'"),
    ("git", {"bare": True, "clean": True}, "no files that could be 'clean'"),
    ("git", {"annotated": True}, "'annotated' needs 'tags'"),
    ("git", {"tracked": ["a"], "untracked": ["a"]}, "a cannot be 'tracked' and 'untracked'"),
    ("git", {"at": "--all"}, "regex"),
    ("hash", {"path": "a"}, "give one of 'equals', 'same_as' and 'function'"),
    ("hash", {"path": "a", "equals": "ab", "same_as": "b"}, "give one of"),
    ("hash", {"path": "a", "equals": "ab"}, "'equals' must be 64 hexadecimal digits for sha256"),
    ("note", {"asks_for": [{"matches": "(", "says": "x"}]}, "'matches' is not a regular expression"),
    ("note", {"asks_for": [{"matches": "x*", "says": "x"}]}, "finds x* in an empty text already"),
    ("process", {"run": ["a"], "ready_line": "("}, "'ready_line' is not a regular expression"),
    ("process", {"run": ["a"], "ready_port": True}, "'run' must say {port}"),
    ("process", {"run": ["a"], "talk": [{"get": "/"}]}, "'run' must say {port}"),
    ("process", {"run": ["a"], "talk": [{}]}, "give 'get', or some of"),
    ("process", {"run": ["a"], "talk": [{"send": "x", "get": "/"}]}, "give 'get', or some of"),
    ("process", {"run": ["{port}"], "talk": [{"get": "health"}]}, "'get' must be a path"),
    ("process", {"run": ["a"], "talk": [{"send": "x", "contains": "y"}]}, "belong to 'get'"),
    ("process", {"run": ["a"], "talk": [{"line": "x", "matches": "y"}]}, "'line' or 'matches', not both"),
    ("process", {"run": ["a"], "talk": [{"matches": "("}]}, "'matches' is not a regular expression"),
    ("process", {"run": ["a"], "ready_s": 0}, "> 0"),
    ("python", {**PYTHON, "rel": -1e-9}, ">= 0"),
    ("python", {**PYTHON, "ulp": float("inf")}, "'ulp' must be a finite number"),
    ("python", {**PYTHON, "raises": ["ValueEror"]}, "ValueEror, which is not a built-in exception"),
    ("python", {**PYTHON, "raises": ["print"]}, "print, which is not a built-in exception"),
    ("python", {**PYTHON, "precision": "float16"}, "Invalid enum value 'float16'"),
    ("python", {**PYTHON, "file": "../a.py"}, "not below the work directory"),
    ("python", {**PYTHON, "function": "os.system"}, "regex"),
]


@pytest.mark.parametrize(("kind", "given", "says"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_refused(kind: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(given, kinds.params(kind))
    assert says in str(refused.value)


def test_what_kinds_say_of_themselves() -> None:
    assert {name: kinds.functions(name) for name in kinds.names() if kinds.functions(name)} == {
        "csv": ("equals",),
        "hash": ("function",),
        "judge": ("function",),
        "python": ("cases", "truth"),
    }
    for name in kinds.names():
        looks_at = getattr(kinds.module(name), "LOOKS_AT", ("work", "note"))
        assert set(looks_at) <= {"work", "note"}
    changing = [name for name in kinds.names() if not getattr(kinds.module(name), "DETERMINISTIC", True)]
    assert changing == ["cuda.driver", "process"]


@pytest.mark.parametrize(
    ("with_", "needs"), [({}, False), ({"ready_port": True}, True), ({"talk": [{"get": "/"}]}, True)]
)
def test_who_needs_the_network(with_: dict[str, Any], needs: bool) -> None:
    params = msgspec.convert({"run": ["a", "{port}"], **with_}, kinds.params("process"))
    assert kinds.needs_network("process", params) is needs
    assert not kinds.needs_network("file", msgspec.convert({"path": "a"}, kinds.params("file")))
