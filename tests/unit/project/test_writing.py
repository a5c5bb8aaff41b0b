"""Writing: nothing twice, nothing of anybody else's."""

from __future__ import annotations

import os
import shutil

import pytest

from mlsj.project import atomic, write
from mlsj.project.plan import matches
from mlsj.spec.ownership import MANIFEST, REPLACED


def kinds(plan) -> dict[str, str]:
    return {change.path: change.kind for change in plan.changes if change.kind != "unchanged"}


def test_twice_writes_nothing_the_second_time(course, two_lessons):
    first, _ = course.generate(two_lessons)
    assert set(kinds(first).values()) == {"create"}
    state, times = course.state(), course.times()
    second, saved = course.generate(two_lessons)
    assert second.settled
    assert not saved
    assert (course.state(), course.times()) == (state, times)


def test_bytes_and_modes_are_those_compiled_whatever_the_umask(course, two_lessons):
    before = os.umask(0o077)
    try:
        course.generate(two_lessons)
    finally:
        os.umask(before)
    for path, file in two_lessons.items():
        assert course.state()[path] == ("file", file.data, 0o755 if file.executable else 0o644)
    assert course.state()[MANIFEST][2] == 0o644


def test_only_what_changed_is_written(course, two_lessons):
    course.generate(two_lessons)
    before = course.times()
    path = "generated/lessons/1-1/README.md"
    plan, saved = course.generate(two_lessons | {path: course.file(path, course.HEADER + b"# Other\n")})
    assert kinds(plan) == {path: "update"}
    assert not saved
    after = course.times()
    assert {p for p in before if before[p] != after[p]} == {path, MANIFEST}


def test_a_lost_manifest_is_made_again_the_same(course, two_lessons):
    course.generate(two_lessons)
    state = course.state()
    (course.root / MANIFEST).unlink()
    plan, _ = course.generate(two_lessons)
    assert kinds(plan) == {}
    assert course.state() == state


def test_an_executable_bit_is_mended_without_rewriting(course, two_lessons):
    course.generate(two_lessons)
    script = course.root / "generated/lessons/1-1/work/run.sh"
    written = script.stat().st_mtime_ns
    script.chmod(0o644)
    plan, _ = course.generate(two_lessons)
    assert kinds(plan) == {"generated/lessons/1-1/work/run.sh": "mode"}
    assert script.stat().st_mode & 0o777 == 0o755
    assert script.stat().st_mtime_ns == written
    # git keeps the executable bit alone: a checkout under another umask is no drift.
    script.chmod(0o700)
    assert course.plan(two_lessons).settled


def test_a_removed_lesson_goes_with_its_empty_folders(course, two_lessons):
    course.generate(two_lessons)
    rest = {path: file for path, file in two_lessons.items() if "1-2" not in path}
    plan, saved = course.generate(rest)
    assert set(kinds(plan).values()) == {"delete"}
    assert not saved
    assert not (course.root / "generated/lessons/1-2").exists()
    assert (course.root / "generated/lessons/1-1").is_dir()
    assert course.plan(rest).settled


def test_the_learners_files_are_never_touched(course, two_lessons):
    course.generate(two_lessons)
    mine = [
        "work/1-2/run.sh",
        "notes/1-2.md",
        ".mlsj/base/1-2/note.md",
        "templates/x.md",
        "README.md",
        ".github/CODEOWNERS",
    ]
    for path in mine:
        course.root.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        course.root.joinpath(path).write_bytes(course.HEADER + b"mine\n")
    before = {path: course.times()[path] for path in mine}
    course.generate({path: file for path, file in two_lessons.items() if "1-2" not in path})
    assert {path: course.times()[path] for path in mine} == before
    course.generate({})
    assert {path: course.times()[path] for path in mine} == before


def test_edits_by_hand_are_saved_and_then_overwritten(course, two_lessons):
    course.generate(two_lessons)
    path = "generated/README.md"
    (course.root / path).write_bytes(b"my own words\n")
    plan, saved = course.generate(two_lessons)
    assert kinds(plan) == {path: "edited"}
    assert (course.root / path).read_bytes() == two_lessons[path].data
    assert saved[path].startswith(f"{REPLACED}/{path}.")
    assert (course.root / saved[path]).read_bytes() == b"my own words\n"


def test_an_edit_made_between_plan_and_write_is_saved_too(course, two_lessons):
    course.generate(two_lessons)
    changed, removed = "generated/README.md", "generated/lessons/1-2/README.md"
    files = {p: f for p, f in two_lessons.items() if p != removed} | {changed: course.file(changed, b"new\n")}
    plan = course.plan(files)
    for path in (changed, removed):
        (course.root / path).write_bytes(f"edited just now: {path}\n".encode())
    saved = write.apply(str(course.root), plan)
    assert {(course.root / copy).read_bytes() for copy in saved.values()} == {
        f"edited just now: {path}\n".encode() for path in (changed, removed)
    }


def test_stale_but_edited_is_kept_and_stays_known(course, two_lessons):
    course.generate(two_lessons)
    path = "generated/lessons/1-2/README.md"
    (course.root / path).write_bytes(b"mine now\n")
    rest = {p: f for p, f in two_lessons.items() if "1-2" not in p}
    for _ in range(2):
        plan, _ = course.generate(rest)
        assert [c.path for c in plan.of("keep")] == [path]
        assert (course.root / path).read_bytes() == b"mine now\n"
    # Given its bytes back, it is the compiler's again, and goes.
    (course.root / path).write_bytes(two_lessons[path].data)
    plan, _ = course.generate(rest)
    assert [c.path for c in plan.of("delete")] == [path]
    assert not (course.root / path).exists()


def test_without_a_manifest_orphans_with_our_header_are_reported_not_deleted(course, two_lessons):
    course.generate(two_lessons)
    (course.root / MANIFEST).unlink()
    rest = {p: f for p, f in two_lessons.items() if "1-2" not in p}
    plan, _ = course.generate(rest)
    assert [c.path for c in plan.of("orphan")] == ["generated/lessons/1-2/README.md"]
    assert (course.root / "generated/lessons/1-2/README.md").exists()
    # Without a header nobody can tell whose it is: it is left in peace.
    assert (course.root / "generated/lessons/1-2/work/data.bin").exists()


def test_only_some_paths(course, two_lessons):
    plan, _ = course.generate(two_lessons, "generated/lessons/1-1/*", "stacks/*")
    expected = {p for p in two_lessons if matches(p, ["generated/lessons/1-1/*", "stacks/*"])}
    assert {p for p in two_lessons if (course.root / p).exists()} == expected == set(plan.manifest.files)
    course.generate(two_lessons)
    changed = {p: course.file(p, f.data + b"more\n", executable=f.executable) for p, f in two_lessons.items()}
    _, saved = course.generate(changed, "*/1-2/*")
    assert {p for p in changed if (course.root / p).read_bytes() == changed[p].data} == {
        p for p in changed if "1-2" in p
    }
    assert not saved
    _, saved = course.generate(changed)
    assert not saved, "the merged manifest still knows the files that were not asked for"
    assert course.plan(changed).settled


def test_a_file_becomes_a_folder_and_back(course):
    flat = {"generated/a": course.file("generated/a", "file"), "generated/b/c": course.file("generated/b/c", "deep")}
    deep = {
        "generated/a/x/y": course.file("generated/a/x/y", "deep"),
        "generated/b": course.file("generated/b", "file"),
    }
    course.generate(flat)
    for files in (deep, flat, deep):
        _, saved = course.generate(files)
        assert not saved
        assert {p: (course.root / p).read_text() for p in files} == {p: f.data.decode() for p, f in files.items()}
        assert course.plan(files).settled


def test_what_is_in_the_way_stops_everything(course, two_lessons):
    (course.root / "generated/README.md/mine").mkdir(parents=True)
    (course.root / "generated/README.md/mine/note").write_text("mine")
    (course.root / "stacks").write_text("mine")
    plan = course.plan(two_lessons)
    assert {(d.code, d.span.file) for d in plan.diagnostics} == {
        ("MLSJ-O006", "generated/README.md"), ("MLSJ-O006", "stacks")
    }  # fmt: skip
    before = course.state()
    with pytest.raises(ValueError, match="errors"):
        write.apply(str(course.root), plan)
    assert course.state() == before


@pytest.mark.parametrize("place", ["generated", "generated/lessons", "generated/README.md", ".mlsj", ".mlsj/cache"])
def test_links_are_never_written_through(course, two_lessons, tmp_path, place):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "manifest.json").write_text("theirs")
    link = course.root / place
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    plan = course.plan(two_lessons)
    assert [(d.code, d.span.file) for d in plan.diagnostics] == [("MLSJ-O005", place)]
    with pytest.raises(ValueError, match="errors"):
        write.apply(str(course.root), plan)
    assert [p.name for p in outside.iterdir()] == ["manifest.json"]
    assert (outside / "manifest.json").read_text() == "theirs"


def test_a_link_that_appears_after_the_plan_is_not_written_through(course, two_lessons, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    plan = course.plan(two_lessons)
    (course.root / "generated").symlink_to(outside)
    with pytest.raises(atomic.BlockedError) as caught:
        write.apply(str(course.root), plan)
    assert caught.value.diagnostic.code == "MLSJ-O005"
    assert list(outside.iterdir()) == []


def test_nothing_is_deleted_through_a_link(course, two_lessons, tmp_path):
    course.generate(two_lessons)
    outside = tmp_path / "outside"
    shutil.move(course.root / "generated/lessons/1-2", outside)
    (course.root / "generated/lessons/1-2").symlink_to(outside)
    before = sorted(p.relative_to(outside) for p in outside.rglob("*"))
    course.generate({p: f for p, f in two_lessons.items() if "1-2" not in p})
    assert sorted(p.relative_to(outside) for p in outside.rglob("*")) == before


def test_names_that_differ_in_case_alone_do_not_delete_the_new_file(course):
    course.generate({"generated/Read.md": course.file("generated/Read.md", "text")})
    files = {"generated/read.md": course.file("generated/read.md", "text")}
    # What a file system that folds case shows: one file under both names.
    os.link(course.root / "generated/Read.md", course.root / "generated/read.md")
    course.generate(files)
    assert (course.root / "generated/read.md").read_text() == "text"
    assert (course.root / "generated/Read.md").exists()


def test_other_peoples_hard_links_and_readers_keep_the_old_bytes(course, two_lessons):
    course.generate(two_lessons)
    path = course.root / "generated/README.md"
    with path.open("rb") as reader:
        changed = two_lessons | {"generated/README.md": course.file("generated/README.md", b"new\n")}
        course.generate(changed)
        assert reader.read() == two_lessons["generated/README.md"].data
    assert path.read_bytes() == b"new\n"
