"""Quick-starts: how lines become commands, which one is named when it fails, and what is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlsj.verify import stage
from mlsj.verify.quickstart import Tried, commands, run, tail

HERE_DOC = "cat > a <<EOF\n# not a comment\nEOF"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one\ntwo\n", [(1, "one", ""), (2, "two", "")]),
        ("# says nothing\n\none  # and why\n", [(3, "one  # and why", "")]),
        ("one \\\n  --more\ntwo", [(1, "one \\\n  --more", ""), (3, "two", "")]),
        ("for a in b; do\n  echo\ndone\ntwo", [(1, "for a in b; do\n  echo\ndone", ""), (4, "two", "")]),
        ("say 'a\nb'\ntwo", [(1, "say 'a\nb'", ""), (3, "two", "")]),
        (f"{HERE_DOC}\ntwo", [(1, HERE_DOC, ""), (4, "two", "")]),
        ("one |\n  two", [(1, "one |\n  two", "")]),
        ("one &&\n  two", [(1, "one &&\n  two", "")]),
        (
            "one  # needs: gpu\ntwo # needs:docker",
            [(1, "one  # needs: gpu", "gpu"), (2, "two # needs:docker", "docker")],
        ),
        ("one # needs: coffee", [(1, "one # needs: coffee", "")]),
        ("one \\\n two # needs: docker\n", [(1, "one \\\n two # needs: docker", "docker")]),
        ("fi\ntwo", [(1, "fi", ""), (2, "two", "")]),
        ("if true; then\n", [(1, "if true; then", "")]),
        ("", []),
    ],
)
def test_lines_become_complete_commands(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert [(command.line, command.text, command.needs) for command in commands(text)] == expected


@pytest.fixture
def place(tmp_path: Path) -> Iterator[stage.Stage]:
    (tmp_path / "work").mkdir()
    with stage.staged(tmp_path / "work", tmp_path / "note.md") as staged:
        yield staged


def tried(place: stage.Stage, text: str, timeout_s: float = 60) -> Tried:
    return run(text, place.work, place, network=False, timeout_s=timeout_s)


def test_what_one_line_sets_the_next_one_sees(place: stage.Stage) -> None:
    found = tried(place, "a=1 && mkdir deep\ncd deep\n\nexport B=2\ntest $a$B = 12 && [ $(basename $PWD) = deep ]\n")
    assert (found.failed, len(found.ran)) == (None, 4)


@pytest.mark.parametrize(
    ("text", "line", "how"),
    [
        ("true\nfalse\ntouch after", 2, "exit code 1"),
        ("true\nfalse && true\ntouch after", 2, "exit code 1"),
        ("false | cat\ntouch after", 1, "exit code 1"),
        ("(exit 7)\ntouch after", 1, "exit code 7"),
        ("true\nno-such-program\ntouch after", 2, "exit code 127"),
        ("true\nexit 0\ntouch after", 2, "it left the shell, and the lines after it never ran"),
        ("true\nif true; then\n  touch after", 2, "exit code 2"),
        ("kill -9 $$\ntouch after", 1, "signal 9"),
    ],
)
def test_the_line_that_fails_is_named_and_nothing_after_it_runs(
    place: stage.Stage, text: str, line: int, how: str
) -> None:
    found = tried(place, text)
    assert found.failed is not None
    assert (found.failed.line, found.how) == (line, how)
    assert [command.line for command in found.ran] == list(range(1, line))
    assert not (place.work / "after").exists()


def test_marked_lines_are_left_out(place: stage.Stage) -> None:
    found = tried(place, "true\ntouch docker  # needs: docker\ntouch gpu  # needs: gpu\ntouch after")
    assert [command.line for command in found.ran] == [1, 4]
    assert [command.needs for command in found.left_out] == ["docker", "gpu"]
    assert sorted(path.name for path in place.work.iterdir()) == ["after"]
    assert tried(place, "touch gpu # needs: gpu") == Tried(left_out=tuple(commands("touch gpu # needs: gpu")))


def test_the_end_of_both_outputs_is_kept_in_their_order(place: stage.Stage) -> None:
    found = tried(place, "seq 100 1>&2\necho last\nfalse")
    lines = found.output.splitlines()
    assert lines[0] == "… 81 lines before …"
    assert lines[-2:] == ["100", "last"]
    assert tail("a\nb\n") == "a\nb"


def test_it_does_not_wait_for_input_and_sees_a_clean_environment(
    place: stage.Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setenv("MAKEFLAGS", "-n")
    found = tried(place, '! read line\ntest -z "$SECRET$MAKEFLAGS"\ntest "$HOME" != ~root && git --version')
    assert found.failed is None, found


def gone(pid: int) -> bool:
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    return False


def test_what_it_leaves_running_is_ended(place: stage.Stage) -> None:
    found = tried(place, "sleep 600 &\necho $! > one\nsetsid sleep 600 < /dev/null > /dev/null 2>&1 & echo $! > two\n")
    assert found.failed is None
    for name in ("one", "two"):
        assert gone(int((place.work / name).read_text()))


def test_one_that_never_ends_is_stopped_and_named(place: stage.Stage) -> None:
    found = tried(place, "true\nsleep 600 & echo $! > one; wait\n", timeout_s=0.5)
    assert found.failed is not None
    assert (found.failed.line, found.timed_out, found.how) == (2, True, "it was stopped after 0.5 s")
    assert gone(int((place.work / "one").read_text()))
