"""A learner's way through the tiny course by the real commands: next, hint, check, solution, status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from loop import ROOT, Loop, lesson_of

from mlsj.learner import journal
from mlsj.learner.progress import Standing


@pytest.fixture
def loop(tiny_generated: Path) -> Loop:
    return Loop(tiny_generated)


def test_from_the_first_command_to_the_last(loop: Loop) -> None:
    assert loop("next").out == "1-1 Say hello (not started): begin this lesson\n\nnext: mlsj start 1-1 (1.25 h)\n"
    assert loop.json("next")["command"] == "mlsj start 1-1"
    assert loop("start", "1-1").code == 0
    assert loop.json("next")["action"] == "write"

    assert loop("check", "1-1").code == 1
    found = loop.json("next")
    assert (found["action"], found["failing"]["criterion"], found["standing"]) == ("mend", "greets", "failed")
    text = loop("next").out
    assert text.startswith("1-1 Say hello (failed): mend what failed first\n  greets: ")
    assert "\n  next  " in text
    assert text.endswith("\n\nnext: mlsj check 1-1\n")

    hinted = loop("hint", "1-1").out
    assert hinted.startswith("1-1 Say hello\n\nfailing: greets: ")
    assert "\nhint 1 of 2 (new)\n  `sys.argv` holds the words of the command line.\n\n1 more: " in hinted
    refused = loop("solution", "1-1")
    assert (refused.code, refused.out) == (1, "")
    assert "the solution is shown after a pass, and 1-1 is failed (greets: " in refused.err
    assert "'mlsj solution 1-1 --reveal' shows it anyway" in refused.err

    loop.solve("1-1")
    assert loop("status").out.count("since then: your") == 3
    assert loop("check", "1-1").code == 0
    done = loop.json("status")
    assert lesson_of(done, "1-1")["standing"] == "passed"
    assert lesson_of(done, "1-1")["hints"] == {"taken": 1, "total": 2}
    assert done["totals"]["hours"] == {"done": 1.25, "stale": 0, "left": 1.75, "draft": 2}
    assert done["next"]["command"] == "mlsj start 1-2"
    shown = loop("solution", "1-1").out
    assert shown.startswith("1-1 Say hello: the reference, from templates/lessons/1-1/\n")
    assert "\n── greet.py\n" in shown
    assert "TODO" not in shown
    assert loop("solution", "1-1", "--diff").out == "equal to the reference: greet.py, people.txt\n"
    assert not lesson_of(loop.json("status"), "1-1")["revealed"]

    started = loop("start", "1-2").out
    assert "builds on" not in started
    loop.solve("1-2")
    assert loop("check", "1-2").code == 0
    assert loop("next").out == (
        "Nothing is left to do: all 2 lessons that can be judged are passed; 1 draft cannot be judged yet.\n"
    )
    assert loop.json("next")["action"] == "finished"

    # Another judge, and another file: both are said, and judging again settles it.
    spec = loop.root / "curriculum.yaml"
    spec.write_text(spec.read_text().replace("min_words: 8", "min_words: 7"))
    (loop.root / "work/1-2/count.py").write_text("import sys\n")
    stale = loop.json("status")
    assert lesson_of(stale, "1-1")["reasons"] == ["the judge changed"]
    assert lesson_of(stale, "1-2")["reasons"] == ["your file work/1-2/count.py changed"]
    assert stale["totals"]["standings"]["stale"] == 2
    again = loop("status", "--recheck")
    assert again.code == 1
    assert again.err == "judging 1-1 (1 of 2) …\njudging 1-2 (2 of 2) …\n"
    settled = loop.json("status")
    assert [lesson_of(settled, each)["standing"] for each in ("1-1", "1-2")] == ["passed", "failed"]


def test_status_as_text(loop: Loop) -> None:
    loop.start("1-1")
    loop.start("1-2")
    loop.judged("1-1", "passed", 1)
    loop.judged("1-2", "failed", 2)
    (loop.root / "notes/1-1.md").write_text("other")
    journal.take(loop.root, "1-1", 2)
    journal.reveal(loop.root, "1-2")
    assert (
        loop("status").out
        == """\
A tiny course: 0 of 2 lessons passed, 1 stale, 1 failed, 1 draft, 2 hints taken, 1 solution seen
0 h done, 1.25 h stale, 1.75 h left, 2 h in drafts

1  Programs (0 h done, 1.25 h stale, 1.75 h left)
  LESSON  STANDING  JUDGED            HINTS             HOURS  NEEDS  TITLE
  1-1     stale     2026-01-02 03:01  2 of 2             1.25  -      Say hello
          - your note notes/1-1.md changed
  1-2     failed    2026-01-02 03:02  0 of 1 +solution   1.75  -      Count the words
          - second: the count is 3

2  Services (0 h done, 0 h left, 2 h in drafts)
  LESSON  STANDING  JUDGED            HINTS             HOURS  NEEDS  TITLE
  2-1     draft     -                 -                     2  1-2    Keep a counter in Redis

next: mlsj check 1-1
"""
    )


@pytest.mark.parametrize("columns", [40, 60, 76, 100])
def test_no_line_is_wider_than_the_terminal(loop: Loop, columns: int) -> None:
    spec = loop.root / "curriculum.yaml"
    spec.write_text(spec.read_text().replace("title: Count the words", f"title: Count {'many long words ' * 9}"))
    loop.start("1-1")
    loop.judged("1-1", "failed", 1, message="a long message about many things " * 5)
    for command in (["status"], ["next"], ["hint", "1-1"]):
        out = loop(*command, columns=columns).out
        assert max(map(len, out.splitlines())) <= columns, out
        assert all(word in out for word in ("1-1", "Say hello"))


def test_words_say_what_colours_say(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    loop.start("1-1")
    loop.judged("1-1", "failed")
    plain = loop("status").out
    assert "\x1b" not in plain
    monkeypatch.setattr("mlsj.cli.common.colored", lambda *_: True)
    coloured = loop("status").out
    assert "\x1b[31mfailed\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_every_standing_has_its_place_in_the_documented_formats() -> None:
    for name in ("status", "list"):
        text = (ROOT / f"docs/formats/{name}.schema.json").read_text()
        assert all(f'"{standing}"' in text for standing in Standing)


# hint and solution ----------------------------------------------------------------------------------------------------


def test_hints_come_one_at_a_time_and_are_counted(loop: Loop) -> None:
    refused = loop("hint", "1-1")
    assert (refused.code, refused.out) == (1, "")
    assert "1-1 is not started\n  help: begin it: mlsj start 1-1" in refused.err
    loop.start("1-1")
    assert "no hint taken so far, 2 more: mlsj hint 1-1" in loop("hint", "1-1", "--again").out
    counts = [(len(done["taken"]), done["new"]) for done in (loop.json("hint", "1-1") for _ in range(3))]
    assert counts == [(1, True), (2, True), (2, False)]
    assert loop.json("hint", "1-1", "--again") == {
        **loop.json("hint", "1-1"),
        "total": 2,
        "new": False,
        "failing": None,
    }
    assert "there is no other hint" in loop("hint", "1-1").out
    assert "that was the last hint" in loop("hint", "1-1", "--again").out
    assert lesson_of(loop.json("status"), "1-1")["hints"] == {"taken": 2, "total": 2}


def test_a_reveal_is_recorded(loop: Loop) -> None:
    loop.start("1-1")
    (loop.root / "work/1-1/mine.txt").write_text("x")
    assert loop("solution", "1-1", "--reveal", "--diff").out.endswith("only yours: mine.txt\n")
    found = loop.json("solution", "1-1", "--reveal")
    assert (found["passed"], found["folder"]) == (False, "templates/lessons/1-1/")
    assert [file["path"] for file in found["files"]] == ["greet.py", "people.txt"]
    assert found["files"][0]["diff"].startswith("--- a/work/1-1/greet.py\n+++ b/work/1-1/greet.py\n@@ ")
    assert found["only_yours"] == ["mine.txt"]
    assert len(journal.read(loop.root, "1-1").revealed) == 2
    assert "1 solution seen" in loop("status").out
    # It is still no pass.
    assert loop("solution", "1-1").code == 1


def test_a_solution_stays_open_after_a_pass_that_went_stale(loop: Loop) -> None:
    place = loop.start("1-1")
    loop.judged("1-1", "passed", 1)
    place.note.write_text("other")
    assert loop("solution", "1-1").code == 0
    loop.judged("1-1", "failed", 2)
    assert loop("solution", "1-1").code == 0


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["hint", "2-1"], 3, "2-1 is a draft"),
        (["solution", "2-1"], 3, "2-1 is a draft"),
        (["hint", "1-11"], 2, "did you mean '1-1'?"),
        (["solution", "1-11"], 2, "did you mean '1-1'?"),
        (["reset", "1-11"], 2, "did you mean '1-1'?"),
        (["reset", "1-1", "--yes"], 1, "1-1 is not started"),
        (["reset", "1-1", "x", "--undo"], 2, "--undo takes no FILE"),
        (["status", "--import", "nothing.json"], 2, "nothing.json"),
        (["status", "--import", "curriculum.yaml"], 1, "it is not JSON"),
        (["status", "--export", "templates"], 2, "--export"),
        (["status", "--export", "-", "--format", "json"], 2, "leave out --format json"),
    ],
)
def test_what_cannot_be_done_is_said(loop: Loop, args: list[str], code: int, says: str) -> None:
    done = loop(*args)
    assert (done.code, done.out, says in done.err) == (code, "", True), done


def test_start_names_what_is_not_passed_yet(loop: Loop) -> None:
    assert "it builds on 1-1, which you have not passed (not started)\n" in loop("start", "1-2").out
