"""Broken courses, each with the exact output it gives: a new diagnostic is a new folder here, and no new test code.

A folder is named by the code it pins, with anything after a hyphen: `MLSJ-S014`, `MLSJ-S014-parameters`. It holds a
course, `case.json` (`args` of mlsj, the `exit` code; `process: true` runs the installed program instead of calling it;
`links` are symbolic links to make, by path; `writes: true` where files may change) and the expected `stderr.txt` and,
where it is not empty, `stdout.txt`. `@@x * 300@@` in an input stands for 300 times `x`.
`MLSJ_RECORD=1 pytest tests/failing` writes the expected files anew: read the difference before you keep it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsj import __version__
from mlsj.cli.main import cli
from mlsj.spec.codes import catalogue

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/case.json"))
EXPECTED = {"case.json", "stderr.txt", "stdout.txt"}
REPEAT = re.compile(rb"@@(.) \* (\d+)@@")


def lay_out(case: Path, root: Path) -> dict[str, bytes]:
    """Copy the course of `case` to `root` and return its files."""
    files: dict[str, bytes] = {}
    for path in sorted(case.rglob("*")):
        name = path.relative_to(case).as_posix()
        if path.is_file() and name not in EXPECTED:
            data = REPEAT.sub(lambda m: m[1] * int(m[2]), path.read_bytes())
            target = root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(path.stat().st_mode & 0o755 | 0o600)
            files[name] = data
    for name, target in json.loads((case / "case.json").read_text()).get("links", {}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target)
        if (root / name).is_file():
            files[name] = (root / name).read_bytes()
    return files


def run(root: Path, args: list[str], *, process: bool) -> tuple[int, str, str]:
    """Run mlsj in `root` and return its exit code, stdout and stderr."""
    if process:
        made = subprocess.run(
            [sys.executable, "-m", "mlsj", *args],
            cwd=root,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
        )
        return made.returncode, made.stdout, made.stderr
    result = CliRunner().invoke(cli, ["-C", str(root), *args], prog_name="mlsj", catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exact_output(case: Path, tmp_path: Path) -> None:
    told = json.loads((case / "case.json").read_text())
    before = lay_out(case, tmp_path)
    code, stdout, stderr = run(tmp_path, told["args"], process=told.get("process", False))
    stdout, stderr = (text.replace(str(tmp_path), "ROOT") for text in (stdout, stderr))
    stdout = stdout.replace(f'"version": "{__version__}"', '"version": "VERSION"')
    if os.environ.get("MLSJ_RECORD") == "1":
        (case / "stderr.txt").write_text(stderr, encoding="utf-8")
        (case / "stdout.txt").write_text(stdout, encoding="utf-8") if stdout else (case / "stdout.txt").unlink(True)
    expected = (case / "stdout.txt").read_text(encoding="utf-8") if (case / "stdout.txt").exists() else ""
    assert stderr == (case / "stderr.txt").read_text(encoding="utf-8")
    assert stdout == expected
    assert code == told["exit"]
    after = {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert told.get("writes") or after == before, "a broken course must be left as it was"


@pytest.mark.parametrize("code", sorted(catalogue()))
def test_every_code_has_a_case(code: str) -> None:
    outputs = [path for case in CASES if case.name.startswith(code) for path in case.glob("std*.txt")]
    assert any(code in path.read_text(encoding="utf-8") for path in outputs), f"no case in tests/failing shows {code}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_named_by_its_code(case: Path) -> None:
    code = "-".join(case.name.split("-")[:2])
    assert code in catalogue()
    assert code in (case / "stderr.txt").read_text() + (
        (case / "stdout.txt").read_text() if (case / "stdout.txt").exists() else ""
    )
