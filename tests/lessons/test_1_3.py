"""Lesson 1-3 accepts more than its reference: stores with another format, another index and another way to compact."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlsj.kinds.base import Verdict
from mlsj.project.read import read_tree
from mlsj.spec.load import load
from mlsj.spec.model import Lesson
from mlsj.spec.variants import note, variant
from mlsj.verify.engine import judge

ROOT = Path(__file__).resolve().parents[2]
OTHERS = Path(__file__).parent / "other_1_3"
LOADED = load(read_tree(ROOT))


def lesson() -> Lesson:
    assert LOADED.curriculum is not None
    found = LOADED.curriculum.lesson("1-3")
    assert found is not None
    return found


def work(folder: Path, name: str, store: Path | None = None) -> Path:
    """Write the files of a variant, with another store in the place of its own."""
    for path, file in variant(LOADED.tree, lesson(), name).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    if store is not None:
        shutil.copy(store, folder / "store.py")
    return folder


def talk(folder: Path, text: str, *options: str) -> list[str]:
    """Return what kv.py answers to lines of commands."""
    argv = [sys.executable, "kv.py", "demo", *options]
    return subprocess.run(argv, cwd=folder, input=text, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("store", sorted(OTHERS.glob("*.py")), ids=lambda path: path.stem)
def test_another_right_store_passes(tmp_path: Path, store: Path) -> None:
    own = tmp_path / "note.md"
    own.write_bytes(note(LOADED.tree, lesson(), "solution") or b"")
    folder = work(tmp_path / "work", "solution", store)
    report = judge(LOADED.tree, lesson(), folder, own, root=ROOT, keep=False).report
    seen = {result.id: (result.verdict, result.finding.message, result.finding.got) for result in report.results}
    assert all(verdict is Verdict.PASS for verdict, _, _ in seen.values()), seen


@pytest.mark.parametrize("engine", ["store", "btree"])
def test_both_engines_speak_the_same_lines(tmp_path: Path, engine: str) -> None:
    folder = work(tmp_path, "solution")
    text = "GET 6b\nPUT 6b 76\nPUT 6b \nGET 6b\nOPEN demo\nGET 6b\nDEL 6b\nDEL 6b\nCOMPACT\nGET 6b\nSAY 6b\nGET x\n"
    *answers, unknown, no_hex = talk(folder, text, "--engine", engine)
    assert answers == ["READY", "NONE", "OK", "OK", "VALUE ", "READY", "VALUE ", "OK", "OK", "OK", "NONE"]
    assert unknown == "ERR unknown command 'SAY 6b'"
    assert no_hex.startswith("ERR ValueError: ")


def test_what_a_store_prints_is_no_answer(tmp_path: Path) -> None:
    folder = work(tmp_path, "solution")
    (folder / "store.py").write_text(CHATTY)
    assert talk(folder, "GET 6b\n") == ["READY", "VALUE 76"]


def test_the_stub_says_what_is_not_written(tmp_path: Path) -> None:
    folder = work(tmp_path, "stub")
    assert talk(folder, "PUT 6b 76\nGET 6b\nDEL 6b\nCOMPACT\n")[1:] == [
        f"ERR NotImplementedError: {name} is not written yet" for name in ("put", "get", "delete", "compact")
    ]


def test_the_index_survives_a_full_disk(tmp_path: Path) -> None:
    """The reference leaves no half record behind when a write fails: what comes next is found again."""
    folder = work(tmp_path, "solution")
    (folder / "full.py").write_text(FULL)
    ran = subprocess.run([sys.executable, "full.py"], cwd=folder, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["refused", "b'before'", "b'after'", "None"]


CHATTY = """\
class Store:
    def __init__(self, *_):
        print("OK")

    def get(self, key):
        print("VALUE 00")
        return b"v"

    def close(self):
        print("NONE")
"""

FULL = """\
import resource, signal
from store import Store

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store("full")
store.put(b"a", b"before")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
try:
    store.put(b"b", b"x" * 500)
except OSError:
    print("refused")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.put(b"c", b"after")
store.close()
again = Store("full")
print(again.get(b"a"), again.get(b"c"), again.get(b"b"))
"""
