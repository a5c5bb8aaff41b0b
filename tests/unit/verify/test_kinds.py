"""The kinds of this package: what each accepts, and what it says when it does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench import command, findings, judged, lesson

from mlsj import kinds
from mlsj.cuda.driver import Driver, probe
from mlsj.kinds import cuda_driver
from mlsj.kinds.base import Finding
from mlsj.render import markdown


def found(root: Path, uses: str, with_: dict[str, Any], work: dict[str, str], note: str | None = None) -> Finding:
    sections = [{"heading": "Why", "asks": ASKS}, {"heading": "How", "asks": "Say how."}]
    which = lesson({"id": "c", "uses": uses, "with": with_}, note=sections)
    return findings(judged(root, which, work, note, note_form=FORM))["c"]


ASKS = "Say why you chose it, and what you would choose for another team."
FORM = f"<!-- made by mlsj -->\n# 1-1 T\n\n## Why\n\n> {ASKS}\n\n## How\n\n> Say how.\n\n*(your answer)*\n"
WORDS = "because the team needs it and nothing else would have been cheaper to run for a year in this place at all"


def test_every_kind_has_parameters_and_a_judge() -> None:
    assert {"command", "cuda.driver", "file", "judge", "note"} <= set(kinds.names())
    for name in kinds.names():
        assert issubclass(kinds.params(name), msgspec.Struct)
        assert callable(kinds.module(name).judge)
    with pytest.raises(KeyError):
        kinds.module("nope")


@pytest.mark.parametrize(
    ("with_", "verdict", "says"),
    [
        ({"path": "a.txt"}, "pass", "is there"),
        ({"path": "sub"}, "pass", "is there"),
        ({"path": "b.txt"}, "fail", "b.txt is missing"),
        ({"path": "A.txt"}, "fail", "A.txt is missing"),
        ({"path": "a.txt", "exists": False}, "fail", "is there"),
        ({"path": "b.txt", "exists": False}, "pass", "there is no b.txt"),
        ({"path": "a.txt", "contains": "two"}, "pass", "holds"),
        ({"path": "a.txt", "contains": "four"}, "fail", "lacks a text"),
        ({"path": "a.txt", "matches": "^t.o$"}, "pass", "holds"),
        ({"path": "a.txt", "matches": "^t$"}, "fail", "no such line"),
        ({"path": "a.txt", "executable": True}, "fail", "is not executable"),
        ({"path": "a.txt", "executable": False}, "pass", "is there"),
        ({"path": "sub", "contains": "x"}, "fail", "is not a file"),
        ({"path": "../../curriculum.yaml"}, "fail", "leads out of the lesson"),
    ],
)
def test_file(tmp_path: Path, with_: dict[str, Any], verdict: str, says: str) -> None:
    result = found(tmp_path, "file", with_, {"a.txt": "one\ntwo\n", "sub/x": ""})
    assert (result.verdict.value, says in result.message) == (verdict, True)


def test_file_does_not_follow_a_link_out(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("two")
    (tmp_path / "work/1-1").mkdir(parents=True)
    (tmp_path / "work/1-1/a.txt").symlink_to(tmp_path / "secret")
    result = found(tmp_path, "file", {"path": "a.txt", "contains": "two"}, {})
    assert (result.verdict.value, "leads out" in result.message) == ("fail", True)


@pytest.mark.parametrize(
    ("code", "with_", "verdict", "says"),
    [
        ("", {}, "pass", "ended with 0"),
        ("raise SystemExit(3)", {"exit": 3}, "pass", "ended with 3"),
        ("raise SystemExit(3)", {}, "fail", "exit code 3"),
        ("import os; os.abort()", {}, "fail", "signal 6"),
        ("print('yes')", {"stdout_contains": "yes"}, "pass", "ended"),
        ("print('no')", {"stdout_contains": "yes"}, "fail", "did not print it"),
        ("print('a')", {"stdout_equals": "a\n"}, "pass", "ended"),
        ("print('a b')", {"stdout_equals": "a"}, "fail", "printed something else"),
        ("open('out', 'w')", {"makes": ["out"]}, "pass", "ended"),
        ("", {"makes": ["old"]}, "fail", "did not make old"),
    ],
)
def test_command(tmp_path: Path, code: str, with_: dict[str, Any], verdict: str, says: str) -> None:
    which = lesson(command("c", "python3", "-c", code, **with_))
    result = findings(judged(tmp_path, which, {"old": "from an earlier run"}))["c"]
    assert (result.verdict.value, says in result.message) == (verdict, True), result
    if verdict == "fail":
        assert result.expected
        assert result.got
        assert result.next_step


@pytest.mark.parametrize(
    ("note", "verdict", "says"),
    [
        (f"## Why\n\n{WORDS}\n\n## How\n\n- with care\n- slowly\n", "pass", "words and 2 list items in 2 sections"),
        (None, "fail", "there is no note"),
        (FORM, "fail", "'Why' is not answered"),
        (f"# anything\n\n## why\n\n{WORDS}\n\n### How ##\n\n* yes\n* it is so\n", "pass", "list items"),
        (f"{WORDS}\n", "fail", "'Why' is gone"),
        (f"## Why\n\n{WORDS}\n\n## How\n\n> Say how.\n", "fail", "'How' is not answered"),
        (f"## Why\n\n{WORDS}\n\n## How\n\n<!-- {WORDS} -->\n", "fail", "'How' is not answered"),
        (f"## Why\n\n{ASKS}\n\n## How\n\n- a\n- b\n", "fail", "'Why' is not answered"),
        (f"## Why\n\n{ASKS[:40]}\n{ASKS[41:]}\n\n## How\n\n- a\n- b\n", "fail", "'Why' is not answered"),
        ("## Why\n\nno\n\n## How\n\n- a\n- b\n", "fail", "too short"),
        (f"## Why\n\n{WORDS}\n\n## How\n\n- one\n- \n", "fail", "too few bullets"),
        (f"## Why\n\n{WORDS}\n\n## How\n\n...\n", "fail", "'How' is not answered"),
    ],
)
def test_note(tmp_path: Path, note: str | None, verdict: str, says: str) -> None:
    result = found(tmp_path, "note", {"min_words": 20, "min_bullets": 2}, {}, note)
    assert (result.verdict.value, says in result.message) == (verdict, True), result


HOSTILE = "1. Is `a[i] < b*c` _fast_ & \\safe | ~$5~ in C#? <!-- \\* -->"


@pytest.mark.parametrize("heading", [HOSTILE, "# What?", "- a\\", "x_y\\_z", "<b>Why</b>", "> 1) so", "***"])
@pytest.mark.parametrize("typed", [False, True], ids=["as in the form", "typed again"])
def test_note_headings_of_any_text_are_found_again(tmp_path: Path, heading: str, typed: bool) -> None:
    """The form escapes what is Markdown in a heading; a learner who types the heading anew need not."""
    form = f"# N\n\n## {markdown.text(heading)}\n\n> Say why.\n"
    note = f"## {heading}\n\n{WORDS}\n" if typed and "<!--" not in heading else f"{form}\n{WORDS}\n"
    which = lesson({"id": "c", "uses": "note"}, note=[{"heading": heading, "asks": "Say why."}])
    for text, verdict, says in ((note, "pass", "in 1 sections"), (form, "fail", "is not answered")):
        result = findings(judged(tmp_path, which, {}, text, note_form=form))["c"]
        assert (result.verdict.value, says in result.message) == (verdict, True), result


class Library:
    """The calls of libcuda that are used; `cuInit` returns `code`, and there are two devices."""

    def __init__(self, code: int) -> None:
        self.code = code

    def cuInit(self, _: int) -> int:  # noqa: N802 - the driver's names
        return self.code

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = 2
        return 0

    def cuDriverGetVersion(self, version: Any) -> int:  # noqa: N802
        version._obj.value = 13000
        return 0

    def cuDeviceGet(self, handle: Any, index: int) -> int:  # noqa: N802
        handle._obj.value = index
        return 0

    def cuDeviceGetName(self, name: Any, size: int, handle: Any) -> int:  # noqa: N802
        name.value = f"G{handle.value}".encode()[:size]
        return 0

    def cuDeviceGetAttribute(self, value: Any, attribute: int, _: Any) -> int:  # noqa: N802
        value._obj.value = {75: 9, 76: 0}[attribute]
        return 0

    def cuDeviceTotalMem_v2(self, size: Any, _: Any) -> int:  # noqa: N802
        size._obj.value = 80 * 2**30
        return 0

    def cuGetErrorName(self, code: int, name: Any) -> int:  # noqa: N802
        name._obj.value = b"CUDA_ERROR_UNKNOWN" if code == 999 else None
        return 0


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Driver]:
    """Return what `probe` says about a driver whose `cuInit` returns the given code."""

    def make(code: int) -> Driver:
        monkeypatch.setattr("mlsj.cuda.driver.ctypes.CDLL", lambda _: Library(code))
        return probe()

    return make


def test_cuda_driver_answers(driver: Callable[[int], Driver]) -> None:
    seen = driver(0)
    assert (seen.version, seen.absent, seen.broken) == ("13.0", "", "")
    assert [(d.name, d.capability, d.memory_mib) for d in seen.devices] == [("G0", "9.0", 81920), ("G1", "9.0", 81920)]


@pytest.mark.parametrize(
    ("code", "absent", "broken"),
    [(100, "sees no GPU", ""), (34, "stub", ""), (999, "", "CUDA_ERROR_UNKNOWN (999)"), (3, "", "error 3")],
)
def test_cuda_driver_refuses(driver: Callable[[int], Driver], code: int, absent: str, broken: str) -> None:
    seen = driver(code)
    assert absent in seen.absent
    assert broken in seen.broken
    assert bool(seen.absent) != bool(seen.broken)
    assert seen.devices == ()


def test_no_cuda_driver() -> None:
    assert probe(["libnosuchdriver.so.1"]).absent == "no CUDA driver: libnosuchdriver.so.1 is not installed"


@pytest.mark.parametrize(
    ("code", "least", "verdict"), [(0, 1, "pass"), (0, 3, "fail"), (100, 1, "unverified"), (999, 1, "error")]
)
def test_cuda_kind(driver: Callable[[int], Driver], code: int, least: int, verdict: str) -> None:
    driver(code)
    result = cuda_driver.judge(cuda_driver.Params(min_devices=least), None)  # type: ignore[arg-type]
    assert result.verdict.value == verdict
    assert result.message


def test_a_gpu_criterion_without_a_gpu_is_unverified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # An empty list hides every GPU of a machine that has some (CUDA C++ Programming Guide, environment variables).
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    which = lesson({"id": "c", "uses": "command", "with": {"run": ["true"]}, "requires": "gpu", "core": False})
    assert findings(judged(tmp_path, which, {}))["c"].verdict.value == "unverified"


def test_kinds_import_nothing_heavy() -> None:
    code = (
        "import sys; from mlsj import kinds; [kinds.module(n) for n in kinds.names()];"
        "print([m for m in ('ctypes', 'subprocess', 'random', 'mlsj.verify', 'mlsj.spec') if m in sys.modules])"
    )
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
