"""`mlsj watch` as a learner runs it: in a pseudo-terminal, in one that can do nothing, and in a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlsj.cli.main import cli

WAIT_S = 90
WATCH = [sys.executable, "-m", "mlsj", "watch"]
SOLVED = "import sys\nprint(f'Hello, {sys.argv[1]}!')\n"
FRAME = "\x1b[H"


class Session:
    """A program in a pseudo-terminal of its own, of which this process is the keyboard and the screen."""

    def __init__(self, course: Path, argv: list[str], **env: str) -> None:
        self.keyboard, self.tty = pty.openpty()
        self.size(24, 100)
        self.before = termios.tcgetattr(self.tty)
        self.seen = ""
        self.process = subprocess.Popen(
            argv,
            cwd=course,
            stdin=self.tty,
            stdout=self.tty,
            stderr=self.tty,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**{k: v for k, v in os.environ.items() if k != "NO_COLOR"}, "TERM": "xterm", **env},
        )

    def size(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.tty, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key: str) -> None:
        os.write(self.keyboard, key.encode())

    @property
    def screen(self) -> str:
        """What was drawn last, without colours."""
        frame = self.seen.rpartition(FRAME)[2].replace("\r\n", "\n")
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", frame)

    @property
    def modes(self) -> list:
        return termios.tcgetattr(self.tty)

    @property
    def reads_lines(self) -> bool:
        return bool(self.modes[3] & termios.ICANON)

    def until(self, true: Callable[[], object], what: str) -> None:
        """Wait, generously, until something is on the screen."""
        deadline = time.monotonic() + WAIT_S
        while not true():
            assert time.monotonic() < deadline, f"{what}\n{self.seen}"
            if select.select([self.keyboard], (), (), 0.05)[0]:
                self.seen += os.read(self.keyboard, 65536).decode("utf-8", "replace")

    def until_shown(self, *texts: str) -> None:
        self.until(lambda: all(text in self.screen for text in texts), f"{texts} on the screen")

    def ended(self) -> int:
        self.until(lambda: self.process.poll() is not None, "the end")
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.keyboard)
        os.close(self.tty)


@pytest.fixture
def begun(tiny_generated: Path) -> Path:
    done = CliRunner().invoke(cli, ["-C", str(tiny_generated), "start", "1-1"], catch_exceptions=False)
    assert done.exit_code == 0
    (tiny_generated / "work/1-1/people.txt").write_text("Ada\nGrace\n")
    note = tiny_generated / "notes/1-1.md"
    note.write_text(note.read_text() + "\n- the first word of the list is the program itself, which I did not expect\n")
    return tiny_generated


@pytest.fixture
def session(begun: Path) -> Iterator[Callable[..., Session]]:
    opened: list[Session] = []

    def open_session(argv: list[str] | None = None, **env: str) -> Session:
        opened.append(Session(begun, argv or [*WATCH, "1-1"], **env))
        return opened[-1]

    yield open_session
    for each in opened:
        each.close()


def save(course: Path, text: str) -> None:
    """Save as editors do: write beside it and rename."""
    part = course / "work/1-1/greet.py.part~"
    part.write_text(text)
    part.replace(course / "work/1-1/greet.py")


def test_from_a_fail_over_a_hint_to_the_next_lesson(begun: Path, session: Callable[..., Session]) -> None:
    seen = session()
    seen.until_shown("1-1 Say hello", "0 of 2 lessons passed", "fail: greets", "h hint (2 left)")
    assert not seen.reads_lines
    assert "n next" not in seen.screen
    seen.press("h")
    seen.until_shown("hint 1 of 2: `sys.argv` holds", "h hint (1 left)")
    seen.press("n")
    seen.until_shown("not passed yet")
    save(begun, SOLVED)
    seen.until_shown("1 of 2 lessons passed", "passed · 3 of 3 pass", "An f-string calls", "next: 1-2 Count the words")
    assert "judged 20" in seen.screen  # the note was not judged again
    seen.press("r")
    seen.until(lambda: "passed · 3 of 3" in seen.screen and "judged 20" not in seen.screen, "all of it afresh")
    seen.press("n")
    seen.until_shown("1-2 Count the words", "fail: counts", "started: read generated/lessons/1-2/README.md")
    assert (begun / "work/1-2/count.py").is_file()
    seen.size(11, 60)
    seen.until(lambda: "fail: counts" in seen.screen and len(seen.screen.splitlines()) < 11, "a smaller screen")
    assert max(map(len, seen.screen.splitlines())) < 60
    seen.press("q")
    assert seen.ended() == 0
    assert seen.modes == seen.before
    assert seen.seen.endswith("\r\n")
    assert "\x1b[3" in seen.seen


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGQUIT, 131), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_the_terminal_is_put_back_by_every_signal(
    begun: Path, session: Callable[..., Session], number: int, code: int
) -> None:
    save(begun, "import time\ntime.sleep(987)\n")
    seen = session(NO_COLOR="1")
    seen.until_shown("judging greets")
    if number in (signal.SIGINT, signal.SIGQUIT):
        seen.press("\x03" if number == signal.SIGINT else "\x1c")
    else:
        seen.process.send_signal(number)
    assert seen.ended() == code
    assert seen.modes == seen.before
    assert not re.search(r"\x1b\[[0-9;]*m", seen.seen)


@pytest.mark.skipif(shutil.which("bash") is None, reason="lacks bash, whose job control this is about")
def test_suspended_and_resumed(session: Callable[..., Session]) -> None:
    watch = " ".join([*WATCH, "1-1"])
    script = f"set -m; {watch}; echo stopped:$?; stty -a; echo ready; read -r line; fg > /dev/null; echo code:$?"
    seen = session(["bash", "-c", script])
    seen.until_shown("fail: greets")
    seen.press("\x1a")
    seen.until(lambda: "ready\r\n" in seen.seen, "the shell has the terminal again")
    assert "stopped:148" in seen.seen
    assert re.search(r"(?<!-)icanon", seen.seen)
    frames = seen.seen.count(FRAME)
    seen.press("\n")
    seen.until(lambda: seen.seen.count(FRAME) > frames and "fail: greets" in seen.screen, "it is drawn again")
    seen.press("h")
    seen.until_shown("hint 1 of 2")
    seen.press("q")
    seen.until(lambda: "code:0" in seen.seen, "the end")


def test_a_terminal_that_can_do_nothing(begun: Path, session: Callable[..., Session]) -> None:
    seen = session(TERM="dumb")
    seen.until(lambda: "seed" in seen.seen, "a verdict")
    assert seen.modes == seen.before
    save(begun, SOLVED)
    seen.until(lambda: "passed · 3 of 3 pass" in seen.seen, "a pass")
    assert "\x1b" not in seen.seen
    assert "quit" not in seen.seen
    seen.press("\x03")
    assert seen.ended() == 130


class Piped:
    """The watch with a pipe on either side."""

    def __init__(self, course: Path) -> None:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([*WATCH, "1-1"], cwd=course, stdin=pipe, stdout=pipe, stderr=pipe)
        self.text = ""

    def until(self, text: str) -> str:
        """Wait for `text` and return all that came since the last call."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + WAIT_S
        while text not in self.text:
            assert time.monotonic() < deadline, self.text
            if select.select([self.process.stdout], (), (), 1)[0]:
                data = os.read(self.process.stdout.fileno(), 65536)
                assert data, (self.text, self.process.stderr and self.process.stderr.read())
                self.text += data.decode()
        told, self.text = self.text, ""
        return told


@pytest.fixture
def piped(begun: Path) -> Iterator[Piped]:
    made = Piped(begun)
    yield made
    if made.process.poll() is None:
        made.process.kill()
    made.process.wait()
    for stream in (made.process.stdin, made.process.stdout, made.process.stderr):
        assert stream is not None
        stream.close()


def test_in_a_pipe_each_verdict_is_a_block(begun: Path, piped: Piped) -> None:
    # A slow machine may judge one save twice, so what is waited for is the verdict, not the next block.
    piped.until("fail: greets")
    save(begun, SOLVED)
    piped.until("passed · 3 of 3 pass")

    (begun / "work/1-1").rename(begun / "work/away")
    assert "\x1b" not in piped.until("work/1-1/ is gone")
    (begun / "work/away").rename(begun / "work/1-1")
    piped.until("passed · 3 of 3 pass")
    save(begun, "print()\n")  # the folder that came back is looked at, too
    piped.until("fail: greets")

    spec = begun / "curriculum.yaml"
    good = spec.read_text()
    spec.write_text(good.replace("title: Say hello", "tittle: Say hello"))
    piped.until("the course has errors")
    spec.write_text(good.replace("title: Say hello", "title: Say good morning"))
    piped.until("1-1 Say good morning")

    assert piped.process.stdin is not None
    piped.process.stdin.close()
    assert piped.process.wait(WAIT_S) == 0


def test_it_ends_when_nobody_reads(piped: Piped) -> None:
    piped.until("seed")
    assert piped.process.stdout is not None
    piped.process.stdout.close()
    assert piped.process.wait(WAIT_S) == 141
    assert piped.process.stderr is not None
    assert piped.process.stderr.read() == b""


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [(["nope"], 2, "no lesson 'nope'"), (["2-1"], 3, "2-1 is a draft")],
)
def test_what_cannot_be_watched_is_said(tiny_generated: Path, args: list[str], code: int, says: str) -> None:
    done = CliRunner().invoke(cli, ["-C", str(tiny_generated), "watch", *args], catch_exceptions=False)
    assert (done.exit_code, says in done.stderr) == (code, True), done.output


def test_files_in_the_way_are_kept(tiny_generated: Path) -> None:
    mine = tiny_generated / "work/1-1/greet.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = CliRunner().invoke(cli, ["-C", str(tiny_generated), "watch", "1-1"], catch_exceptions=False)
    assert (done.exit_code, "work/1-1/greet.py" in done.stderr) == (1, True)
    assert mine.read_text() == "mine"
