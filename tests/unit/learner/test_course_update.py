"""`mlsj update`, file by file: what becomes of each, and that nothing of the learner's is lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from started_course import LESSON, NOTE, Course

from mlsj.cli.main import cli
from mlsj.cli.update import text
from mlsj.learner import merge, update
from mlsj.learner.update import FileUpdate, LessonUpdate, State, Updated, What

pytestmark = pytest.mark.needs("git")

TEXT = b"one\ntwo\nthree\nfour\nfive\n"


@pytest.fixture
def begun(course: Course) -> Course:
    course.stub({"main.py": TEXT, "data/rows.csv": b"a,b\n1,2\n", "logo.bin": b"\0\1", "run.sh": b"echo\n"})
    course.start()
    return course


def test_what_was_not_edited_becomes_the_courses(begun: Course) -> None:
    begun.stub({"main.py": b"new\n"})
    assert begun.said() == {"work/1-1/main.py": "updated"}
    assert begun.work("main.py") == b"new\n"
    assert (begun.place.base / "work/main.py").read_bytes() == b"new\n"


def test_both_sides_changes_are_merged_and_the_text_from_before_is_kept(begun: Course) -> None:
    mine = TEXT + b"mine\n"
    begun.mine({"main.py": mine})
    begun.stub({"main.py": b"zero\n" + TEXT})
    (lesson,) = begun.update().lessons
    assert (lesson.state, lesson.files[0].what) == (State.UPDATED, What.MERGED)
    assert begun.work("main.py") == b"zero\n" + mine
    assert (begun.root / lesson.files[0].saved).read_bytes() == mine
    assert (begun.root / ".mlsj/kept/.gitignore").read_text() == "*\n"


def test_the_same_lines_changed_by_both_stand_between_markers(begun: Course) -> None:
    begun.mine({"main.py": TEXT.replace(b"three", b"mine")})
    begun.stub({"main.py": TEXT.replace(b"three", b"theirs")})
    done = begun.update()
    assert done.to_do
    assert done.lessons[0].files[0].conflicts == 1
    marked = b"one\ntwo\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> course\nfour\nfive\n"
    assert begun.work("main.py") == marked
    assert (begun.place.base / "work/main.py").read_bytes() == TEXT.replace(b"three", b"theirs")
    assert begun.said() == {"work/1-1/main.py": "unresolved"}
    begun.stub({"main.py": TEXT.replace(b"five", b"six")})
    assert begun.said() == {"work/1-1/main.py": "unresolved"}
    assert begun.work("main.py") == marked
    begun.mine({"main.py": TEXT.replace(b"three", b"mine and theirs")})
    assert begun.update().lessons[0].state is State.CONFLICTS  # the course took its line back
    begun.mine({"main.py": TEXT.replace(b"three", b"mine and theirs").replace(b"five", b"six")})
    assert begun.update().lessons[0].state is State.UNCHANGED


def test_a_text_that_shows_markers_itself_is_merged_as_any_other(begun: Course) -> None:
    shown = b"<<<<<<< yours\nleft\n=======\nright\n>>>>>>> course\n"
    begun.stub({"main.py": TEXT + shown})
    assert begun.said() == {"work/1-1/main.py": "updated"}
    begun.mine({"main.py": b"mine\n" + TEXT + shown})
    begun.stub({"main.py": TEXT + shown + b"end\n"})
    assert begun.said() == {"work/1-1/main.py": "merged"}


def test_new_files_are_made_unless_something_is_there(begun: Course) -> None:
    begun.mine({"taken.py": b"mine\n", "same.py": b"equal\n", "folder": b"a file of mine\n"})
    begun.stub(
        {"new/deep.py": b"new\n", "taken.py": b"theirs\n", "same.py": b"equal\n", "folder/in.py": b"x\n"},
        executable=("new/deep.py",),
    )
    (lesson,) = begun.update().lessons
    assert {file.path: file.what.value for file in lesson.files} == {
        "work/1-1/new/deep.py": "created",
        "work/1-1/taken.py": "beside",
        "work/1-1/folder/in.py": "blocked",
    }
    assert begun.work("new/deep.py") == b"new\n"
    assert os.access(begun.place.work / "new/deep.py", os.X_OK)
    assert begun.work("taken.py") == b"mine\n"
    assert begun.work("taken.py.course") == b"theirs\n"
    assert begun.work("folder") == b"a file of mine\n"
    assert begun.said() == {}


def test_binary_files_are_never_merged(begun: Course) -> None:
    begun.mine({"logo.bin": b"\0mine", "logo.bin.course": b"something of mine"})
    begun.stub({"logo.bin": b"\0theirs"})
    (lesson,) = begun.update().lessons
    assert lesson.files == (FileUpdate("work/1-1/logo.bin", What.BESIDE, beside="work/1-1/logo.bin.course-2"),)
    assert begun.work("logo.bin") == b"\0mine"
    assert begun.work("logo.bin.course") == b"something of mine"
    assert begun.work("logo.bin.course-2") == b"\0theirs"
    begun.stub({"logo.bin": b"\0mine"})
    assert begun.said() == {}


def test_what_the_course_dropped_stays_with_the_learner(begun: Course) -> None:
    begun.stub({"main.py": None, "data/rows.csv": None})
    begun.mine({"data/rows.csv": None})
    assert begun.said() == {"work/1-1/main.py": "dropped"}
    assert begun.work("main.py") == TEXT
    assert not (begun.place.base / "work/main.py").exists()
    assert not (begun.place.base / "work/data").exists()
    assert begun.said() == {}


def test_a_base_without_a_file_still_says_that_the_lesson_is_started(course: Course) -> None:
    course.stub({"only.py": TEXT})
    course.start()
    course.stub({"only.py": None})
    assert course.said() == {"work/1-1/only.py": "dropped"}
    assert course.place.started
    assert (course.place.base / "work").is_dir()


def test_what_the_learner_deleted_is_not_made_again(begun: Course) -> None:
    begun.mine({"main.py": None, "run.sh": None})
    begun.stub({"main.py": b"new\n"})
    assert begun.said() == {"work/1-1/main.py": "deleted"}
    assert not (begun.place.work / "main.py").exists()
    assert begun.said() == {}


def test_a_folder_where_a_file_was_and_a_file_where_a_folder_was(begun: Course) -> None:
    begun.stub({"main.py": None, "data/rows.csv": None})
    begun.place.stub.joinpath("work/data").rmdir()
    begun.stub({"main.py/a.py": b"a\n", "data": b"now a file\n"})
    assert begun.said() == {
        "work/1-1/data/rows.csv": "dropped",
        "work/1-1/main.py": "dropped",
        "work/1-1/main.py/a.py": "blocked",
        "work/1-1/data": "beside",
    }
    assert begun.work("main.py") == TEXT
    assert begun.work("data.course") == b"now a file\n"
    assert (begun.place.base / "work/main.py/a.py").read_bytes() == b"a\n"
    assert begun.said() == {}


def test_the_executable_bit_follows_the_course_and_the_rest_of_the_mode_the_learner(begun: Course) -> None:
    (begun.place.work / "main.py").chmod(0o600)
    (begun.place.work / "run.sh").chmod(0o640)
    (begun.place.work / "logo.bin").chmod(0o755)
    begun.mine({"data/rows.csv": b"mine\n"})
    begun.stub({"main.py": TEXT + b"six\n", "run.sh": b"echo\n", "logo.bin": b"\0\2"}, executable=("run.sh",))
    assert set(begun.said().values()) == {"updated"}
    modes = {name: (begun.place.work / name).stat().st_mode & 0o777 for name in ("main.py", "run.sh", "logo.bin")}
    assert modes == {"main.py": 0o600, "run.sh": 0o750, "logo.bin": 0o755}
    begun.stub({"run.sh": b"echo\n"})
    assert begun.said() == {"work/1-1/run.sh": "updated"}
    assert (begun.place.work / "run.sh").stat().st_mode & 0o777 == 0o640


def test_the_note_form_is_merged_like_any_file(begun: Course) -> None:
    begun.place.note.write_bytes(NOTE + b"\n- my answer\n")
    (begun.place.stub / "note.md").write_bytes(NOTE.replace(b"# Note", b"# Your note"))
    assert begun.said() == {"notes/1-1.md": "merged"}
    assert begun.place.note.read_bytes() == NOTE.replace(b"# Note", b"# Your note") + b"\n- my answer\n"


@pytest.mark.parametrize("nothing", [{}, {"main.py": TEXT + b"mine\n"}])
def test_with_nothing_new_nothing_is_written(begun: Course, nothing: dict[str, bytes | None]) -> None:
    begun.mine(nothing)
    before = begun.times()
    for check in (True, False):
        done = begun.update(check=check)
        assert [lesson.state for lesson in done.lessons] == [State.UNCHANGED]
        assert not done.to_do
        assert begun.times() == before


def test_check_writes_nothing_and_says_the_same(begun: Course) -> None:
    begun.mine({"main.py": TEXT + b"mine\n", "logo.bin": b"\0mine"})
    begun.stub({"main.py": b"zero\n" + TEXT, "logo.bin": b"\0theirs", "new.py": b"x\n"})
    before = begun.state()
    checked = begun.update(check=True)
    assert begun.state() == before
    assert checked.to_do
    done = begun.update()
    assert done.lessons == checked.lessons
    assert done.to_do


def test_links_are_never_written_through(begun: Course, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "rows.csv").write_bytes(b"a,b\n1,2\n")
    (outside / "main.py").write_bytes(TEXT)
    begun.mine({"main.py": None, "data/rows.csv": None})
    (begun.place.work / "data").rmdir()
    (begun.place.work / "data").symlink_to(outside)
    (begun.place.work / "main.py").symlink_to(outside / "main.py")
    begun.stub({"main.py": b"new\n", "data/rows.csv": b"new\n", "data/more.csv": b"new\n"})
    assert begun.said() == {
        "work/1-1/main.py": "beside",
        "work/1-1/data/rows.csv": "blocked",
        "work/1-1/data/more.csv": "blocked",
    }
    assert {p.name: p.read_bytes() for p in outside.iterdir()} == {"rows.csv": b"a,b\n1,2\n", "main.py": TEXT}
    assert begun.work("main.py.course") == b"new\n"


@pytest.mark.parametrize("linked", ["work", "work/1-1"])
def test_a_lesson_behind_a_link_is_refused(begun: Course, tmp_path: Path, linked: str) -> None:
    (begun.root / linked).rename(tmp_path / "elsewhere")
    (begun.root / linked).symlink_to(tmp_path / "elsewhere")
    begun.stub({"main.py": b"new\n"})
    before = begun.state()
    done = begun.update()
    assert (done.lessons[0].state, done.to_do) == (State.REFUSED, True)
    assert begun.state() == before


def test_work_that_is_gone_is_left_to_start(begun: Course) -> None:
    begun.stub({"main.py": b"new\n", "more.py": b"more\n"})
    begun.place.work.rename(begun.root / "away")
    (lesson,) = begun.update().lessons
    assert "mlsj start 1-1" in lesson.reason
    assert not begun.place.work.exists()
    begun.start()
    assert begun.work("main.py") == b"new\n"
    assert begun.work("more.py") == b"more\n"


def test_windows_line_ends_stay_and_are_no_conflict(begun: Course) -> None:
    begun.mine({"main.py": TEXT.replace(b"\n", b"\r\n") + b"mine\r\n"})
    begun.stub({"main.py": TEXT.replace(b"one", b"1")})
    assert begun.said() == {"work/1-1/main.py": "merged"}
    assert begun.work("main.py") == b"1\r\ntwo\r\nthree\r\nfour\r\nfive\r\nmine\r\n"


def test_a_file_saved_in_the_middle_of_an_update_is_merged_again(
    begun: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun.stub({"main.py": b"zero\n" + TEXT, "run.sh": b"echo 2\n"})
    planned = update._plan

    def plan(root, lesson_id, known):
        made = planned(root, lesson_id, known)
        if begun.work("main.py") == TEXT:
            begun.mine({"main.py": TEXT + b"just saved\n"})
        return made

    monkeypatch.setattr(update, "_plan", plan)
    assert begun.said() == {"work/1-1/run.sh": "updated", "work/1-1/main.py": "merged"}
    assert begun.work("main.py") == b"zero\n" + TEXT + b"just saved\n"
    assert (begun.place.base / "work/main.py").read_bytes() == b"zero\n" + TEXT


# The command ----------------------------------------------------------------------------------------------------------


def mlsj(root: Path, *args: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), *args], prog_name="mlsj", catch_exceptions=False)


@pytest.fixture
def tiny(tiny_generated: Path) -> Path:
    assert mlsj(tiny_generated, "start", "1-1").exit_code == 0
    return tiny_generated


def change_stub(course: Path, old: str, new: str) -> None:
    stub = course / "generated/lessons/1-1/work/greet.py"
    assert old in stub.read_text()
    stub.write_text(stub.read_text().replace(old, new))


def test_the_command_says_what_it_did_and_what_to_do_next(tiny: Path, repository: Path) -> None:
    schema = json.loads((repository / "docs/formats/update.schema.json").read_text())
    quiet = mlsj(tiny, "update")
    assert (quiet.exit_code, quiet.stdout) == (0, "1 lesson unchanged\n")
    change_stub(tiny, "import sys", "import argparse\nimport sys")
    checked = mlsj(tiny, "update", "--check", "--format", "json")
    assert checked.exit_code == 1
    jsonschema.validate(json.loads(checked.stdout), schema)
    done = mlsj(tiny, "update", "1-1")
    assert (done.exit_code, done.stdout.splitlines()[:2]) == (
        0,
        ["1-1: updated", "  updated     work/1-1/greet.py (you had not edited it)"],
    )
    assert "mlsj check 1-1" in done.stdout
    assert "git add work notes .mlsj/base" in done.stdout
    mine = tiny / "work/1-1/greet.py"
    mine.write_text(mine.read_text().replace("import argparse", "import mine"))
    change_stub(tiny, "import argparse", "import other")
    conflict = mlsj(tiny, "update", "--format", "json")
    assert conflict.exit_code == 1
    jsonschema.validate(json.loads(conflict.stdout), schema)
    again = mlsj(tiny, "update")
    assert again.exit_code == 1
    assert "1-1: waits for you" in again.stdout
    assert "next: choose between the markers in work/1-1/greet.py" in again.stdout


def test_what_cannot_be_updated_is_said(tiny: Path) -> None:
    for args, code, says in [
        (["nope"], 2, "no lesson 'nope'"),
        (["1-2"], 1, "1-2 is not started"),
    ]:
        done = mlsj(tiny, "update", *args)
        assert (done.exit_code, says in done.stderr) == (code, True), done.output
    (tiny / "generated/lessons/1-1/note.md").unlink()
    done = mlsj(tiny, "update")
    assert (done.exit_code, "run 'mlsj generate'" in done.stdout) == (1, True)


def test_a_lesson_that_the_course_removed_stays(tiny: Path) -> None:
    spec = tiny / "curriculum.yaml"
    spec.write_text(spec.read_text().replace("id: 1-1\n", "id: 1-9\n").replace("[1-1]", "[1-9]"))
    before = {p: p.read_bytes() for folder in ("work", "notes", ".mlsj/base") for p in (tiny / folder).rglob("*.*")}
    done = mlsj(tiny, "update")
    assert done.exit_code == 0
    assert "1-1: removed from the course" in done.stdout
    assert {p: p.read_bytes() for p in before} == before
    assert mlsj(tiny, "update", "1-1").exit_code == 0


def test_without_git_nothing_is_changed(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tiny / "work/1-1/greet.py"
    mine.write_text(mine.read_text() + "# mine\n")
    change_stub(tiny, "import sys", "import argparse\nimport sys")
    before = mine.read_text()
    monkeypatch.setattr(merge.shutil, "which", lambda _: None)
    done = mlsj(tiny, "update")
    assert (done.exit_code, "git is needed" in done.stderr) == (1, True)
    assert mine.read_text() == before


def test_a_course_that_nobody_has_started(tiny_generated: Path) -> None:
    done = mlsj(tiny_generated, "update")
    assert (done.exit_code, "no lesson is started" in done.stdout) == (0, True)


def test_every_outcome_has_words() -> None:
    files = tuple(FileUpdate(f"work/1-1/{what}", what, 1, "kept", "beside") for what in What)
    said = text(Updated(False, (LessonUpdate(LESSON, State.CONFLICTS, files, healed=True),)), "mlsj")
    assert all(f"  {what.value:<10}  work/1-1/{what.value} (" in said for what in What)
    assert "an update that was cut off was completed" in said
    assert "compare work/1-1/beside with beside" in said


def test_the_schema_is_the_types(repository: Path) -> None:
    documented = (repository / "docs/formats/update.schema.json").read_text(encoding="utf-8")
    assert documented == update.schema_text(), "python -m mlsj.learner.update > docs/formats/update.schema.json"
