"""Programs that keep running while a judge talks to them, in each mode."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from launching import MODES, PYTHON, Bench

from mlsj.kinds.base import Overran, ProgramMissing
from mlsj.verify import programs, run
from mlsj.verify.programs import Kept
from mlsj.verify.run import Limits
from mlsj.verify.watched import LOST

ECHO = """
import sys
print("ready", flush=True)
for line in sys.stdin:
    print(line.strip().upper(), flush=True)
print("end", flush=True)
sys.exit(4)
"""
SLEEP = "import time\nprint('ready')\ntime.sleep(60)"
MIB = 2**20


@pytest.fixture(params=MODES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, request.param)
    yield made
    assert made.left() == []


def test_a_talk(bench: Bench) -> None:
    with bench.start(ECHO) as program:
        assert program.running
        assert program.line() == "ready"
        assert program.send("one\n")
        assert program.line() == "ONE"
        assert program.send(b"two\nthree\n")
        assert [program.line(5), program.line(5)] == ["TWO", "THREE"]
        ran = program.wait()
        assert not program.running
    assert (ran.exit_code, ran.stdout, ran.stopped) == (4, "ready\nONE\nTWO\nTHREE\nend\n", "")
    assert program.line() == "end"  # what it wrote last can still be read
    assert program.line() is None
    assert program.kill() == program.stop() == program.wait() == ran
    assert not program.send("more")


def test_lines_end_in_many_ways(bench: Bench) -> None:
    text = r"import os; os.write(1, b'unix\nother\r\n\nb\xffd\nlast')"
    with bench.start(text) as program:
        assert [program.line() for _ in range(6)] == ["unix", "other", "", "b\ufffdd", "last", None]


def test_nothing_within_the_time_given(bench: Bench) -> None:
    with bench.start("print('par', end='', flush=True)\ninput()\nprint('tial')") as program:
        with pytest.raises(TimeoutError, match=r"no line within 0\.3 s"):
            program.line(0.3)
        assert program.send("\n")
        assert program.line() == "partial"


def test_an_end_of_its_own_is_seen(bench: Bench) -> None:
    with bench.start("import sys; print('a'); sys.exit(9)") as program:
        assert program.line() == "a"
        assert program.line() is None
        assert program.wait().exit_code == 9


def test_standard_error_is_kept(bench: Bench) -> None:
    with bench.start("import sys; sys.stderr.write('why\\n'); print('a')") as program:
        ran = program.wait()
    assert (ran.stdout, ran.stderr) == ("a\n", "why\n")


def test_a_kill_is_at_once_and_takes_all_with_it(bench: Bench) -> None:
    text = """
    import subprocess, time
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    print("ready")
    time.sleep(60)
    """
    with bench.start(text) as program:
        assert program.line() == "ready"
        ran = program.kill()
        assert (ran.exit_code, ran.stopped, ran.timed_out) == (-signal.SIGKILL, "", False)
        assert bench.left() == []


def test_leaving_the_block_ends_it(bench: Bench) -> None:
    with bench.start(SLEEP) as program:
        assert program.line() == "ready"
    assert bench.left() == []
    assert not program.running


def test_a_signal_reaches_the_program_itself(bench: Bench) -> None:
    text = """
    import signal, sys, time
    signal.signal(signal.SIGUSR1, lambda *_: print("usr1"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
    print("ready")
    while True:
        time.sleep(0.01)
    """
    with bench.start(text) as program:
        assert program.line() == "ready"
        program.signal(signal.SIGUSR1)
        assert program.line() == "usr1"
        assert program.stop().exit_code == 5
        program.signal(signal.SIGUSR1)  # nothing to reach any more


def test_a_signal_that_comes_early_waits_for_the_program(bench: Bench) -> None:
    with bench.start(SLEEP) as program:
        assert program.stop().exit_code == -signal.SIGTERM


def test_one_that_does_not_stop_is_killed(bench: Bench) -> None:
    text = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready')\ntime.sleep(60)"
    with bench.start(text) as program:
        assert program.line() == "ready"
        ran = program.stop(0.2)
    assert (ran.exit_code, ran.timed_out) == (None, False)
    assert ran.stopped == "killed: it did not end within 0.2 s of SIGTERM"


def test_one_that_does_not_end_when_waited_for_is_killed(bench: Bench) -> None:
    with bench.start(SLEEP) as program:
        ran = program.wait(0.2)
    assert (ran.exit_code, ran.timed_out, ran.stopped) == (None, True, "stopped after 0.2 s")


@pytest.mark.parametrize("method", ["line", "wait", "stop", "send"])
def test_each_wait_ends_with_the_criterion_s_time(bench: Bench, method: str) -> None:
    text = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready')\ntime.sleep(60)"
    with bench.start(text, seconds=1) as program:
        assert program.line() == "ready"
        with pytest.raises(Overran) as caught:
            program.send("x" * MIB) if method == "send" else getattr(program, method)()
    assert caught.value.argv[0] == PYTHON
    assert caught.value.limit_s == pytest.approx(1, abs=0.1)


def test_the_time_that_was_used_up_is_the_criterion_s(bench: Bench) -> None:
    launch, deadline = bench.launch(), time.monotonic() + 0.2
    with (
        run.start(
            ["sleep", "60"], cwd=bench.work, env=bench.env, launch=launch, deadline=deadline, limit_s=12
        ) as program,
        pytest.raises(Overran, match="ran longer than 12 s"),
    ):
        program.line()


def test_a_long_text_to_one_that_answers_meanwhile(bench: Bench) -> None:
    """Both pipes are full: the answers are taken while the text is written."""
    text = """
    import sys
    for line in sys.stdin:
        sys.stdout.write(line)
    """
    lines = [f"{number:>99}" for number in range(20_000)]
    with bench.start(text) as program:
        assert program.send("\n".join(lines) + "\n")
        program.close_stdin()
        assert [program.line() for _ in lines] == lines
        assert program.line() is None
        assert program.wait().exit_code == 0


def test_a_line_without_end_ends_the_program(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MAX_LINE_BYTES", MIB)
    with bench.start("while True: print('x' * 65536, end='')") as program:
        assert program.line() is None
        assert program.kill().stopped == "stopped for writing a line of more than 1 MiB"


def test_output_that_nobody_reads_ends_the_program(bench: Bench) -> None:
    with bench.start("while True: print('x' * 1000)", limits=Limits(output_bytes=MIB)) as program:
        ran = program.wait()
    assert ran.stopped == "stopped for writing more than 1 MiB of output that nobody reads"
    assert ran.exit_code is None


def test_much_output_that_is_read_is_no_offence(bench: Bench) -> None:
    with bench.start("for _ in range(3000): print('x' * 1000)", limits=Limits(output_bytes=MIB)) as program:
        assert sum(1 for _ in iter(program.line, None)) == 3000
        ran = program.wait()
    assert ran.exit_code == 0
    assert "bytes left out" in ran.stdout


def test_limits_hold_while_it_runs(bench: Bench) -> None:
    text = "import time\nheld = bytearray(b'x' * (80 << 20))\nprint('held')\ntime.sleep(60)"
    with bench.start(text, limits=Limits(memory_bytes=50 * MIB)) as program:
        while program.line() is not None:
            pass
        assert program.kill().stopped == "stopped for using more than 50 MiB of memory"


def test_what_it_uses(bench: Bench) -> None:
    text = """
    import os, subprocess, sys
    with open("data", "wb") as file:
        file.write(b"x" * (3 << 20))
    subprocess.run([sys.executable, "-S", "-c", "open('more', 'wb').write(b'x' * (2 << 20))"])
    if os.fork() == 0:
        held = bytearray(os.urandom(1) * (40 << 20))
        open("data", "rb").read()
        print("ready")
        import time
        time.sleep(60)
    while sum(range(1000)):
        if input() == "end":
            break
    """
    with bench.start(text) as program:
        assert program.line() == "ready"
        usage = program.usage()
        assert usage.rss_bytes is not None
        assert 40 * MIB < usage.rss_bytes < 120 * MIB
        assert usage.written_bytes is not None
        assert 5 * MIB <= usage.written_bytes < 5 * MIB + 50_000
        assert usage.read_bytes is not None
        assert usage.read_bytes >= 3 * MIB
        assert usage.cpu_s is not None
        assert usage.cpu_s > 0
        assert usage.peak_rss_bytes is not None
        assert usage.peak_rss_bytes >= usage.rss_bytes
        assert program.send("end\n")
        ran = program.wait()
        last = program.usage()
    assert ran.peak_rss_bytes >= 40 * MIB
    assert (last.peak_rss_bytes, last.written_bytes is not None) == (ran.peak_rss_bytes, True)
    assert last.written_bytes is not None
    assert last.written_bytes >= usage.written_bytes


def test_what_it_wrote_is_known_to_the_byte_after_a_kill(bench: Bench) -> None:
    text = "import time\nfile = open('f', 'wb', 0)\nfile.write(b'x' * 1_000_000)\nprint('ready')\ntime.sleep(60)"
    with bench.start(text) as program:
        assert program.line() == "ready"
        before = program.usage().written_bytes
        program.kill()
        after = program.usage().written_bytes
    assert before is not None
    assert after is not None
    # Beyond the file: the line that it wrote, and in the sandbox what setting that up wrote.
    assert 1_000_000 <= before <= after < 1_001_000


def test_two_talk_at_the_same_time(bench: Bench) -> None:
    with bench.start(ECHO) as one, bench.start(ECHO) as other:
        assert one.line() == other.line() == "ready"
        one.close_stdin()  # the other's guard must not hold it open
        assert one.line(10) == "end"
        assert other.send("still\n")
        assert other.line() == "STILL"


def test_one_that_kills_its_guard(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "process")
    text = """
    import os, subprocess, time
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    print("ready")
    input()
    os.kill(os.getppid(), 9)
    time.sleep(60)
    """
    with bench.start(text) as program:
        assert program.line() == "ready"
        assert program.send("\n")
        assert program.line(10) is None
        assert program.wait().stopped == LOST
    assert bench.left() == []


def test_a_program_that_is_not_there(bench: Bench) -> None:
    deadline = time.monotonic() + 10
    with pytest.raises(ProgramMissing):
        run.start(["no-such-program"], cwd=bench.work, env=bench.env, launch=bench.launch(), deadline=deadline)
    with run.start(["./nowhere"], cwd=bench.work, env=bench.env, launch=bench.launch(), deadline=deadline) as program:
        assert program.line() is None
        ran = program.wait()
    assert (ran.exit_code, ran.stderr) == (127, "./nowhere: No such file or directory")


def test_one_that_its_judge_forgot_ends(bench: Bench) -> None:
    program = bench.start(SLEEP)
    assert program.line() == "ready"
    del program
    for _ in range(500):
        if not bench.left():
            break
        time.sleep(0.01)
    assert bench.left() == []


def test_what_is_kept_of_a_stream_is_bounded() -> None:
    kept = Kept()
    for number in range(1000):
        kept.add(f"{number:<1000}".encode())
    text = kept.text
    assert text.startswith("0 ")
    assert text.rstrip().endswith("999")
    assert f"… {1_000_000 - 2 * programs.KEPT_BYTES:,} bytes left out …" in text
    assert len(text) < 2 * programs.KEPT_BYTES + 100
