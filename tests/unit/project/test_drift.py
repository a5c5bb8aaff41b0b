"""Differences: a patch that git can apply, a place that exists, nothing binary on a terminal."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsj.project.diff import drifts, first_difference, unified
from mlsj.project.summary import drifted, text
from mlsj.spec.ownership import MANIFEST

texts = st.text(st.sampled_from("ab\n\r\x0c\u2028é"), max_size=30)


@given(texts, texts)
def test_the_place_of_a_difference_exists_and_is_the_first(old, new):
    line, column = first_difference(old.encode(), new.encode())
    lines = old.split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1
    before = "\n".join([*lines[: line - 1], lines[line - 1][: column - 1]])
    assert new.startswith(before)


def test_the_place_of_a_difference():
    assert first_difference(b"one\ntwo\n", b"one\ntwi\n") == (2, 3)
    assert first_difference(b"one\n", b"one\ntwo\n") == (1, 4)
    assert first_difference("é\nöx\n".encode(), "é\nöy\n".encode()) == (2, 2)
    assert first_difference(b"", b"x") == (1, 1)


@pytest.mark.needs("git")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(texts, texts)
def test_a_diff_is_a_patch_that_git_applies(tmp_path, old, new):
    path = tmp_path / "generated" / "a.md"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(old.encode())
    patch = unified("generated/a.md", old.encode(), new.encode())
    if old == new:
        assert patch == ""
        return
    applied = subprocess.run(
        ["git", "apply", "-"], cwd=tmp_path, input=patch.encode(), capture_output=True, check=False
    )
    assert applied.returncode == 0, (patch, applied.stderr)
    assert path.read_bytes() == new.encode()


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b", bytes(range(256))])
def test_binary_files_are_only_named(data):
    assert unified("generated/a", data, b"text\n") == "Binary files a/generated/a and b/generated/a differ\n"
    assert unified("generated/a", b"text\n", data) == "Binary files a/generated/a and b/generated/a differ\n"


def test_huge_files_are_only_named():
    assert (
        unified("generated/a", b"x\n" * 600_000, b"y")
        == "Files a/generated/a and b/generated/a differ (too large to show)\n"
    )


def read_in(root: Path):
    return lambda path: (root / path).read_bytes() if (root / path).is_file() else None


def test_every_class_with_its_code_and_its_way_out(course, two_lessons):
    course.generate(two_lessons)
    assert drifts(course.plan(two_lessons), read_in(course.root)) == []
    files = {p: f for p, f in two_lessons.items() if p != "generated/lessons/1-2/README.md"}
    files["generated/README.md"] = course.file("generated/README.md", "new\n")
    (course.root / "stacks/data.yml").unlink()
    (course.root / "generated/lessons/1-1/README.md").write_text("mine\n")
    (course.root / "generated/lessons/1-1/work/run.sh").chmod(0o644)
    (course.root / "generated/copy.md").write_bytes(course.HEADER)
    found = drifts(course.plan(files), read_in(course.root))
    assert [(d.path, d.kind, d.diagnostic.code, d.mended_by_generate) for d in found] == [
        ("generated/README.md", "changed", "MLSJ-O007", True),
        ("generated/copy.md", "stale", "MLSJ-O009", False),
        ("generated/lessons/1-1/README.md", "hand-edited", "MLSJ-O003", True),
        ("generated/lessons/1-1/work/run.sh", "changed", "MLSJ-O007", True),
        ("generated/lessons/1-2/README.md", "stale", "MLSJ-O009", True),
        ("stacks/data.yml", "missing", "MLSJ-O008", True),
    ]
    by_path = {d.path: d.diagnostic for d in found}
    assert by_path["generated/lessons/1-1/work/run.sh"].message.endswith("should be executable")
    assert by_path["generated/copy.md"].help == "delete it: rm generated/copy.md"
    assert all("mlsj generate" in d.diagnostic.help for d in found if d.mended_by_generate)
    assert drifted(found) == (
        "6 files are not what the spec compiles to: 2 changed, 1 missing, 2 stale, 1 hand-edited. "
        "Run 'mlsj generate', and commit what it changes."
    )


def test_a_lost_manifest_is_a_drift_of_its_own(course, two_lessons):
    course.generate(two_lessons)
    (course.root / MANIFEST).unlink()
    plan = course.plan(two_lessons)
    (found,) = drifts(plan, read_in(course.root))
    assert (found.path, found.kind) == (MANIFEST, "missing")
    assert text(plan, would=True) == f"Up to date: 9 files.\n  would write  {MANIFEST}"


def test_a_path_that_a_shell_would_read_otherwise_is_quoted_in_commands(course):
    path = "generated/a b; rm -rf $HOME.md"
    (course.root / "generated").mkdir()
    (course.root / path).write_bytes(course.HEADER)
    (found,) = drifts(course.plan({}, "generated/*"), read_in(course.root))
    assert found.diagnostic.help == "delete it: rm 'generated/a b; rm -rf $HOME.md'"


def test_an_emitter_out_of_the_zone_is_a_bug(course):
    for path in ("work/1-1/a.py", "../x", "generated", ".github", "generated/../x", "/etc/passwd", "README.md"):
        with pytest.raises(ValueError, match="outside the compiler's zone"):
            course.plan({path: course.file(path, "x")})
