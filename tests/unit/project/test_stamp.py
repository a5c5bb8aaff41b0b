"""The no-op fast path: it may miss a chance to be fast, never a change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mlsj
from mlsj.project import stamp
from mlsj.project.plan import afterwards
from mlsj.project.read import scan
from mlsj.project.write import apply, known, look
from mlsj.spec.ownership import MANIFEST, PENDING, STAMP

INPUTS = {"site.yaml": "format: 1\n", "templates/a/x.md": "x", "kernels/k/a.cu": "cuda", "locks/dvc.txt": "dvc"}


@pytest.fixture
def stamped(course, two_lessons):
    for path, text in INPUTS.items():
        (course.root / path).parent.mkdir(parents=True, exist_ok=True)
        (course.root / path).write_text(text)
    leave_stamp(course, two_lessons)
    return course


def leave_stamp(course, files) -> None:
    """What the command does after a run that had nothing to say."""
    root = str(course.root)
    tree = scan(course.root).tree
    earlier, _ = known(root)
    seen = look(root, files, earlier)
    made = course.plan(files)
    apply(root, made)
    read = [(path, file.data, file.executable) for path, file in tree.files.items()]
    stamp.leave(root, stamp.digest(read, afterwards(seen, made)), len(files))


def holds(course) -> bool:
    return stamp.up_to_date(str(course.root)) is not None


def test_it_holds_right_after_the_first_run_and_counts_the_files(stamped, two_lessons):
    assert stamp.up_to_date(str(stamped.root)) == len(two_lessons)


def test_it_holds_after_every_kind_of_change_once_that_is_carried_out(stamped, two_lessons):
    changed = {p: f for p, f in two_lessons.items() if "1-2" not in p}
    changed["generated/README.md"] = stamped.file("generated/README.md", "new\n")
    changed["generated/lessons/1-1/work/run.sh"] = stamped.file("generated/lessons/1-1/work/run.sh", b"#!/bin/sh\n")
    changed["generated/lessons/1-2"] = stamped.file("generated/lessons/1-2", "a file now\n", executable=True)
    leave_stamp(stamped, changed)
    assert stamp.up_to_date(str(stamped.root)) == len(changed)


def every_file(root: Path) -> list[str]:
    return sorted(
        p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file() and ".mlsj/cache" not in str(p)
    )


CHANGES = {
    "append": lambda path: path.write_bytes(path.read_bytes() + b"x"),
    "same size": lambda path: path.write_bytes(bytes(b ^ 1 for b in path.read_bytes())),
    "empty": lambda path: path.write_bytes(b""),
    "delete": lambda path: path.unlink(),
    "mode": lambda path: path.chmod(path.stat().st_mode ^ 0o111),
    "rename": lambda path: path.rename(path.with_name(path.name + "2")),
    "link": lambda path: (path.rename(path.with_name("moved-away")), path.symlink_to("moved-away")),
    "folder": lambda path: (path.unlink(), path.mkdir()),
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80, deadline=None)
@given(data=st.data())
def test_whatever_is_touched_takes_the_full_path(stamped, tmp_path, data):
    path = data.draw(st.sampled_from(every_file(stamped.root)))
    change = data.draw(st.sampled_from(sorted(CHANGES)))
    if change == "link" and path in ("curriculum.yaml", "site.yaml"):
        return  # a link to the same bytes within the course is the same spec
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(stamped.root, copy, symlinks=True)
    assert stamp.up_to_date(str(copy)) is not None, "the stamp does not depend on where the course lies"
    times = (copy / path).stat()
    CHANGES[change](copy / path)
    if (copy / path).is_file() and not (copy / path).is_symlink():
        os.utime(copy / path, ns=(times.st_atime_ns, times.st_mtime_ns))  # times may lie
    assert stamp.up_to_date(str(copy)) is None, (path, change)


@pytest.mark.parametrize(
    "path",
    ["templates/new", "kernels/k/new.cu", "locks/new.txt", "generated/new.md", "stacks/new.yml", ".github/new.yml",
     "schema/new", "generated/lessons/1-1/.mlsj-tmp-0123456789abcdef", PENDING],
)  # fmt: skip
def test_whatever_is_added_takes_the_full_path(stamped, path):
    (stamped.root / path).write_text("new")
    assert not holds(stamped)


@pytest.mark.parametrize("path", ["work/1-1/a.py", "notes/1-1.md", "README.md", "generated/checks/__pycache__/a.pyc"])
def test_what_is_no_business_of_the_compiler_does_not_slow_it(stamped, path):
    (stamped.root / path).parent.mkdir(parents=True, exist_ok=True)
    (stamped.root / path).write_text("mine")
    assert holds(stamped)


def test_a_change_taken_back_is_no_change(stamped):
    path = stamped.root / "curriculum.yaml"
    before = path.read_bytes()
    path.write_bytes(before + b"\n")
    assert not holds(stamped)
    path.write_bytes(before)
    assert holds(stamped)


def test_a_spec_edited_while_it_was_compiled_is_not_stamped(course, two_lessons):
    """The stamp is about the bytes that were compiled, not about those that stand there when it is left."""
    root = str(course.root)
    tree = scan(course.root).tree
    earlier, _ = known(root)
    seen, made = look(root, two_lessons, earlier), course.plan(two_lessons)
    (course.root / "curriculum.yaml").write_text("format: 1\n# edited meanwhile\n")
    apply(root, made)
    read = [(path, file.data, file.executable) for path, file in tree.files.items()]
    stamp.leave(root, stamp.digest(read, afterwards(seen, made)), len(two_lessons))
    assert not holds(course)


def test_an_output_edited_while_it_was_written_is_not_stamped(course, two_lessons, monkeypatch):
    root = str(course.root)
    earlier, _ = known(root)
    seen, made = look(root, two_lessons, earlier), course.plan(two_lessons)
    apply(root, made)
    (course.root / "generated/README.md").write_text("edited meanwhile\n")
    read = [(path, file.data, file.executable) for path, file in scan(course.root).tree.files.items()]
    stamp.leave(root, stamp.digest(read, afterwards(seen, made)), len(two_lessons))
    assert not holds(course)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"digest": 1}', '{"digest": "x", "files": "y"}', "[" * 5000, '{"files": 3}']
)
def test_a_broken_stamp_is_no_stamp(stamped, text):
    (stamped.root / STAMP).write_text(text)
    assert not holds(stamped)


def test_a_stamp_that_is_a_link_is_no_stamp(stamped, tmp_path):
    shutil.move(stamped.root / STAMP, tmp_path / "stamp")
    (stamped.root / STAMP).symlink_to(tmp_path / "stamp")
    assert not holds(stamped)


def test_another_tool_or_other_packages_take_the_full_path(stamped, tmp_path, monkeypatch):
    package = tmp_path / "site" / "mlsj"
    shutil.copytree(Path(mlsj.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys; from mlsj.project import stamp; from mlsj.project.stamp import tool; import mlsj; "
        "print(mlsj.__file__.startswith(sys.argv[1]), tool())"
    )

    def digest() -> str:
        ran = subprocess.run(
            [sys.executable, "-c", code, str(package.parent)],
            env={"PYTHONPATH": str(package.parent)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        ours, value = ran.stdout.split()
        assert ours == "True"
        return value

    first = digest()
    assert digest() == first
    (package / "spec" / "model.py").write_text((package / "spec" / "model.py").read_text() + "\n")
    second = digest()
    assert second != first
    (package / "data.bin").write_bytes(b"")
    third = digest()
    assert third != second
    (package.parent / "jinja2-99.0.dist-info").mkdir()
    assert digest() != third


def test_a_tool_that_changes_while_it_runs_leaves_no_stamp(course, two_lessons, monkeypatch):
    before = stamp.tool()

    class Changing:
        def __call__(self) -> str:
            return before

        def __wrapped__(self) -> str:
            return "another"

    monkeypatch.setattr(stamp, "tool", Changing())
    course.generate(two_lessons)
    stamp.leave(str(course.root), "digest", 9)
    assert not (course.root / STAMP).exists()


def test_a_disk_that_refuses_the_stamp_is_no_error(course, two_lessons, monkeypatch):
    course.generate(two_lessons)

    def refuse(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlsj.project.atomic.put", refuse)
    stamp.leave(str(course.root), "digest", 9)
    assert not (course.root / STAMP).exists()


def test_the_stamp_is_local_and_small(stamped):
    raw = (stamped.root / STAMP).read_bytes()
    assert json.loads(raw).keys() == {"digest", "files"}
    assert len(raw) < 200
    assert STAMP.startswith(".mlsj/cache/")
    assert (stamped.root / MANIFEST).exists()


def test_the_fast_path_imports_nothing_slow(stamped):
    code = """
import sys
from mlsj.cli.main import cli
try:
    cli.main(["-C", sys.argv[1], "generate"], standalone_mode=True)
except SystemExit as left:
    assert left.code == 0, left.code
print(sorted({"yaml", "msgspec", "jinja2", "jsonschema_rs", "ruamel", "importlib.metadata"} & sys.modules.keys()))
"""
    ran = subprocess.run([sys.executable, "-c", code, str(stamped.root)], capture_output=True, text=True, check=True)
    assert ran.stdout == "Up to date: 9 files.\n[]\n"
