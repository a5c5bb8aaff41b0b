"""Going back, going to another clone, and what is unusual: each by the real commands."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from loop import Loop, lesson_of

from mlsj.learner import journal


@pytest.fixture
def loop(tiny_generated: Path) -> Loop:
    return Loop(tiny_generated)


# reset ----------------------------------------------------------------------------------------------------------------


def test_reset_needs_a_yes_and_can_be_undone(loop: Loop) -> None:
    place = loop.start("1-1")
    assert loop("reset", "1-1").out == "work/1-1/ is as at the start: nothing to do\n"
    stub = (place.work / "greet.py").read_bytes()
    (place.work / "greet.py").write_text("mine")
    refused = loop("reset", "1-1")
    assert (refused.code, (place.work / "greet.py").read_text()) == (2, "mine")
    assert "say --yes: there is no terminal to ask on" in refused.err
    assert "'gret.py' is not among the files that 1-1 started with; did you mean 'greet.py'?" in (
        loop("reset", "1-1", "gret.py").err
    )
    done = loop("reset", "1-1", "greet.py", "--yes").out
    assert re.fullmatch(
        r"work/1-1/greet\.py: as at the start\n"
        r"what was there is in \.mlsj/kept/1-1/reset-[0-9TZ.]+/\n"
        r"bring it back: mlsj reset 1-1 --undo\n",
        done,
    )
    assert (place.work / "greet.py").read_bytes() == stub
    assert loop("reset", "1-1", "--undo").out.startswith("work/1-1/greet.py: back\n")
    assert (place.work / "greet.py").read_text() == "mine"
    assert "notes/1-1.md stays as it is" in loop("reset", "1-1", "--yes").out
    assert [path.name for path in place.work.iterdir()] == ["greet.py"]


def test_nothing_to_bring_back(loop: Loop) -> None:
    loop.start("1-1")
    done = loop("reset", "1-1", "--undo")
    assert (done.code, done.err) == (1, "error: nothing of 1-1 was moved aside\n")


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, False), ("n\n", 1, True), ("\n", 1, True)])
def test_on_a_terminal_it_asks(loop: Loop, answer: str, code: int, left: bool) -> None:
    place = loop.start("1-1")
    (place.work / "greet.py").write_text("mine")
    controller, terminal = pty.openpty()
    os.write(controller, answer.encode())
    ran = subprocess.run(
        [sys.executable, "-m", "mlsj", "-C", str(loop.root), "reset", "1-1"],
        stdin=terminal,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(controller)
    os.close(terminal)
    assert ran.returncode == code, ran
    assert (
        "differs from the start: work/1-1/greet.py\nMove all of work/1-1/ aside and begin it again? [y/N]" in ran.stdout
    )
    assert ((place.work / "greet.py").read_text() == "mine") == left


def test_a_lesson_that_left_the_course_is_still_the_learners(loop: Loop) -> None:
    place = loop.start("1-2")
    (place.work / "count.py").write_text("mine")
    text = (loop.root / "curriculum.yaml").read_text()
    first, last = text.index("      - id: 1-2"), text.index('  - id: "2"')
    (loop.root / "curriculum.yaml").write_text((text[:first] + text[last:]).replace("needs: [1-2]", "needs: [1-1]"))
    assert "not in this course: 1-2 (your files and records are kept)" in loop("status").out
    assert loop.json("status")["unknown"] == ["1-2"]
    assert loop("hint", "1-2").code == 2
    assert loop("reset", "1-2", "--yes").code == 0
    assert (place.work / "count.py").read_text() != "mine"


# export and import ----------------------------------------------------------------------------------------------------


def test_progress_goes_to_another_clone(loop: Loop, tmp_path: Path) -> None:
    loop.start("1-1")
    loop.judged("1-1", "passed", 1)
    journal.take(loop.root, "1-1", 1)
    other = Loop(
        Path(shutil.copytree(loop.root, tmp_path / "other", ignore=shutil.ignore_patterns("evidence", "base")))
    )
    file = tmp_path / "progress.json"
    assert loop("status", "--export", str(file)).out == f"{file}: what is known of 1 lesson, 1 judging\n"
    assert loop("status", "--export", "-").out == file.read_text()
    assert lesson_of(other.json("status"), "1-1")["standing"] == "not started"
    done = other("status", "--import", str(file))
    assert done.out.startswith(
        f"{file}: 1 judging added, 0 known already, 1 journal of hints merged\nA tiny course: 1 of"
    )
    assert other("status", "--import", "-", stdin=file.read_bytes()).out.startswith(
        "-: 0 judgings added, 1 known already\n"
    )
    found = lesson_of(other.json("status", "--import", str(file)), "1-1")
    assert (found["standing"], found["started"], found["hints"]["taken"]) == ("passed", False, 1)
    (other.root / "work/1-1/greet.py").write_text("other")
    assert lesson_of(other.json("status"), "1-1")["standing"] == "stale"


# list, and what is unusual --------------------------------------------------------------------------------------------


def test_list_shows_progress_once_there_is_some(loop: Loop) -> None:
    before = loop("list").out
    assert "STANDING" not in before
    assert "left" not in before
    loop.start("1-1")
    loop.judged("1-1", "passed")
    after = loop("list").out
    assert "3 lessons, 2 ready, 1 passed, 1 draft, 5 h, 1.75 h left\n" in after
    assert "1  Programs (3 h in the outline, 3 h computed, 1.75 h left)\n" in after
    rows = {line.split()[0]: line for line in after.splitlines() if re.match(r"  \d-\d ", line)}
    assert re.search(r" ready   passed .* 1\.25     0  -$", rows["1-1"])
    assert re.search(r" ready   not started .* 1\.75  1\.75  1-1$", rows["1-2"])
    assert re.search(r" draft   -  .*  2     -  1-2$", rows["2-1"])
    assert ": 1-1 (passed) 1-2\n" in loop("list", "--brief").out
    assert [(item["standing"], item["left"]) for item in loop.json("list")] == [
        ("passed", 0),
        ("not started", 1.75),
        ("draft", None),
    ]


def test_list_reads_no_records_where_nobody_began(loop: Loop) -> None:
    program = (
        "import sys, atexit; from mlsj.cli.main import main\n"
        "atexit.register(lambda: print(sorted({'mlsj.verify.evidence', 'mlsj.verify.records'} & set(sys.modules))))\n"
        f"main(['-C', {str(loop.root)!r}, 'list'])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_a_course_that_cannot_be_written_is_still_read(loop: Loop) -> None:
    loop.start("1-1")
    loop.judged("1-1", "failed")
    shutil.rmtree(loop.root / ".mlsj/run")
    (loop.root / ".mlsj/run").write_text("in the way, as a read-only disk would be")
    assert loop("status").code == loop("next").code == loop("list").code == 0
    assert loop("hint", "1-1", "--again").code == 0
    for args in (["hint", "1-1"], ["solution", "1-1", "--reveal"]):
        done = loop(*args)
        assert (done.code, done.out) == (3, "")
        assert "cannot be" in done.err
    (loop.root / "work/1-1/greet.py").write_text("mine")
    done = loop("reset", "1-1", "--yes")
    assert (done.code, "nothing is lost" in done.err) == (1, True)
    assert (loop.root / "work/1-1/greet.py").read_text() == "mine"


def test_work_that_is_gone_is_said_and_rechecked_as_not_judged(loop: Loop) -> None:
    place = loop.start("1-1")
    shutil.rmtree(place.work)
    assert loop.json("next")["says"] == "work/1-1/ is gone: begin again, or bring it back"
    assert loop("status", "--recheck").code == 3
    loop.judged("1-1", "passed")
    assert lesson_of(loop.json("status"), "1-1")["reasons"] == ["work/1-1/ is gone"]


def test_files_with_odd_names_are_shown_harmlessly(loop: Loop) -> None:
    place = loop.start("1-1")
    loop.judged("1-1", "passed")
    (place.work / "\x1b[2J").touch()
    (place.work / os.fsdecode(b"\xff")).touch()
    (place.work / "two\nlines").touch()
    out = loop("status").out
    assert "\x1b" not in out
    assert all(name in out for name in (r"\x1b[2J'", r"work/1-1/\xff", r"two\nlines'"))
    assert loop("reset", "1-1", "--yes").code == 0
    assert loop("reset", "1-1", "--undo").code == 0
    assert (place.work / "two\nlines").exists()


def test_starts_at_the_same_time_do_not_meet(loop: Loop) -> None:
    command = [sys.executable, "-m", "mlsj", "-C", str(loop.root), "start", "1-1"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(3)]
    said = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert sum(b"1-1 Say hello: started" in text for text in said) >= 1
    assert sorted(p.name for p in (loop.root / ".mlsj/base").iterdir()) == ["1-1"]
    assert (loop.root / "work/1-1/greet.py").read_bytes() == (loop.root / ".mlsj/base/1-1/work/greet.py").read_bytes()
