"""The whole tree that the tiny course compiles to, byte for byte, as committed in tests/golden/tiny/.

`MLSJ_RECORD=1 pytest tests/golden/test_tiny_tree.py` writes it anew: read the difference before you keep it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlsj.project.read import read_tree
from mlsj.render.compile import compile_course
from mlsj.spec.files import File
from mlsj.spec.load import load

COURSE = Path(__file__).resolve().parents[1] / "courses" / "tiny"
EXPECTED = Path(__file__).resolve().parent / "tiny"
# The same for every course and large: the schemas have tests of their own.
LEFT_OUT = ("schema/",)


@pytest.fixture(scope="module")
def files() -> dict[str, File]:
    rendered = compile_course(load(read_tree(COURSE)))
    assert rendered.diagnostics == ()
    return {path: file for path, file in rendered.files.items() if not path.startswith(LEFT_OUT)}


def test_the_tree_is_the_committed_one(files: dict[str, File]) -> None:
    if os.environ.get("MLSJ_RECORD") == "1":
        shutil.rmtree(EXPECTED, ignore_errors=True)
        for path, file in files.items():
            (EXPECTED / stored(path)).parent.mkdir(parents=True, exist_ok=True)
            (EXPECTED / stored(path)).write_bytes(file.data)
            (EXPECTED / stored(path)).chmod(0o755 if file.executable else 0o644)
    found = {path.relative_to(EXPECTED).as_posix(): path for path in EXPECTED.rglob("*") if path.is_file()}
    assert sorted(found) == sorted(stored(path) for path in files)
    for path, file in files.items():
        assert found[stored(path)].read_bytes() == file.data, path
        assert os.access(found[stored(path)], os.X_OK) == file.executable, path


def test_the_tree_has_a_file_of_every_kind(files: dict[str, File]) -> None:
    assert {file.emitter for file in files.values()} == {
        "attributes",
        "checks",
        "index",
        "lessons",
        "makefile",
        "notes",
        "stacks",
        "stubs",
        "workflow",
    }


def stored(path: str) -> str:
    """Return the name under which `path` is kept: git would obey attributes, and pytest collect tests, in this tree."""
    folder, _, name = path.rpartition("/")
    kept = {".gitattributes": "gitattributes"}.get(name, name + ".txt" if folder == "generated/checks" else name)
    return f"{folder}/{kept}" if folder else kept
