"""What golden cases cannot say of kinds: notes of any heading, a driver that is not there, and the way to them all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench import findings, judged, lesson

from mlsj import kinds
from mlsj.cuda.driver import Driver, probe
from mlsj.kinds import cuda_driver
from mlsj.render import markdown

WORDS = "because the team needs it and nothing else would have been cheaper to run for a year in this place at all"


def test_every_kind_has_parameters_and_a_judge() -> None:
    assert kinds.names() == (
        *("command", "csv", "cuda.driver", "file", "git", "hash", "judge", "note", "process", "python"),
    )
    for name in kinds.names():
        assert issubclass(kinds.params(name), msgspec.Struct)
        assert callable(kinds.module(name).judge)
    with pytest.raises(KeyError):
        kinds.module("nope")


@pytest.mark.needs("git")
def test_the_engine_judges_by_every_kind(tmp_path: Path) -> None:
    """The golden cases are judged without the engine; here is all of it, with isolation as this machine has it."""
    given: dict[str, dict[str, Any]] = {
        "command": {"run": ["python3", "stats.py"], "stdout_equals": "2.5"},
        "csv": {"path": "a.csv", "columns": {"id": "integer"}},
        "file": {"path": "stats.py", "contains": "def"},
        "git": {"tracked": ["a.csv"]},
        "hash": {"path": "a.csv", "function": "right"},
        "judge": {"function": "own"},
        "process": {"run": ["python3", "-c", "print(input())"], "talk": [{"send": "a", "line": "b"}]},
        "python": {"file": "stats.py", "function": "mean", "cases": "cases", "truth": "mean"},
    }
    which = lesson(*({"id": name, "uses": name, "with": with_} for name, with_ in given.items()))
    work = {
        "a.csv": "id\n1\n",
        "stats.py": "def mean(values):\n    return sum(values) / len(values)\n\nprint(mean([2, 3]))\n",
    }
    judge_py = (
        "from mlsj.kinds.base import passed\n\nown = lambda context: passed('so it is')\n"
        "right = lambda context: b'id\\n1\\n'\ncases = lambda context: [[[1, 2]], [[4.0]]]\n"
        "mean = lambda values: sum(values) / len(values)\n"
    )
    folder = tmp_path / "work/1-1"
    folder.mkdir(parents=True)
    for argv in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "Empty")):
        who = ("-c", "user.name=L", "-c", "user.email=l@example.invalid")
        subprocess.run(["git", *who, *argv], cwd=folder, check=True)
    results = findings(judged(tmp_path, which, work, judge_py=judge_py))
    assert results["git"].message == "a.csv is not committed"
    found = {name: finding.verdict.value for name, finding in results.items()}
    assert found == {name: "fail" if name in ("git", "process") else "pass" for name in given}
    assert results["process"].got == "a"


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
