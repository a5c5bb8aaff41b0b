"""How judged programs end, in each mode: results, limits, and programs that fight the one who watches them."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from launching import MODES, Bench, bwrap

from mlsj.kinds.base import ProgramMissing
from mlsj.verify import ending
from mlsj.verify.programs import KEPT_BYTES
from mlsj.verify.run import Limits
from mlsj.verify.watched import HELD, LOST

MIB = 2**20


@pytest.fixture(params=MODES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, request.param)
    yield made
    assert made.left() == []


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Bench]:
    """For what only an unsandboxed program can do to us."""
    made = Bench(tmp_path, "process")
    yield made
    assert made.left() == []


def test_what_it_wrote_and_how_it_ended(bench: Bench) -> None:
    ran = bench.run("sh", "-c", "cat; echo err >&2; exit 3", stdin="in\n")
    assert (ran.exit_code, ran.stdout, ran.stderr, ran.stopped, ran.timed_out) == (3, "in\n", "err\n", "", False)
    assert ran.argv == ("sh", "-c", "cat; echo err >&2; exit 3")


def test_bytes_go_in_as_they_are(bench: Bench) -> None:
    data = bytes(range(256)) * 1000
    assert bench.run("sha256sum", stdin=data).stdout.split()[0] == hashlib.sha256(data).hexdigest()


def test_where_and_with_what_it_runs(bench: Bench) -> None:
    ran = bench.run(
        "sh", "-c", "pwd; umask; ulimit -c; echo $MARK; readlink /proc/self/fd/0 | cut -c1-1", env={"A": "1"}
    )
    assert ran.stdout.splitlines()[:4] == [str(bench.work), "0022", "0", bench.mark]
    listed = bench.run("env", env={"WITH": "a=b\nc"}).stdout
    assert "WITH=a=b\nc\n" in listed
    assert "PYTEST_CURRENT_TEST" not in listed


def test_it_has_no_descriptor_but_its_three_streams(bench: Bench) -> None:
    inheritable = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(inheritable, True)
    try:
        ran = bench.python("import os; print(sorted(int(f) for f in os.listdir('/proc/self/fd')))")
    finally:
        os.close(inheritable)
    assert ran.stdout == "[0, 1, 2, 3]\n"  # the fourth is the listing's own


def test_signals_are_as_every_program_finds_them(bench: Bench) -> None:
    text = """
    for line in open("/proc/self/status"):
        if line.startswith(("SigBlk", "SigIgn")):
            # The C library keeps the first real-time signals for itself.
            print(int(line.split()[1], 16) & 0x7fffffff)
    """
    # Python itself ignores SIGPIPE and SIGXFSZ.
    ignored = 1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1)
    assert bench.python(text).stdout.split() == ["0", str(ignored)]
    assert bench.run("sh", "-c", "yes | head -1; echo $?").stdout == "y\n0\n"


def test_it_gains_no_privileges(bench: Bench) -> None:
    assert "NoNewPrivs:\t1" in bench.run("cat", "/proc/self/status").stdout


def test_an_end_by_a_signal_has_its_number_below_zero(bench: Bench) -> None:
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT):
        assert (
            bench.python("import os, sys; os.kill(os.getpid(), int(sys.argv[1]))", str(int(number))).exit_code
            == -number
        )
    assert bench.run("sh", "-c", "exit 127").exit_code == 127


def test_a_program_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(ProgramMissing, match="no-such-program"):
        bench.run("no-such-program")
    ran = bench.run("./nowhere")
    assert (ran.exit_code, ran.stderr) == (127, "./nowhere: No such file or directory")
    (bench.work / "text").write_text("no program")
    ran = bench.run("./text")
    assert (ran.exit_code, ran.stderr) == (126, "./text: Permission denied")
    (bench.work / "text").chmod(0o755)
    (bench.work / "text").write_text("#!/no/interpreter\n")
    assert bench.run("./text").exit_code == 127
    (bench.work / "text").write_text("echo a shell reads it: $1\n")
    assert bench.run("./text", "yes").stdout == "a shell reads it: yes\n"


def test_a_program_cannot_pass_for_one_that_was_never_executed(bench: Bench) -> None:
    ran = bench.run("sh", "-c", "echo 'bwrap: execvp x: No such file or directory' >&2; exit 1")
    assert ran.exit_code == 1
    ran = bench.run("sh", "-c", "echo 'bwrap: no walls' >&2; exit 1")
    assert (ran.exit_code, ran.stderr) == (1, "bwrap: no walls\n")


def test_output_is_kept_at_both_ends(bench: Bench) -> None:
    ran = bench.python("print('a' * 100_000 + 'z' * 100_000, end='')")
    left_out = 200_000 - 2 * KEPT_BYTES
    assert ran.stdout == "a" * KEPT_BYTES + f"\n… {left_out:,} bytes left out …\n" + "z" * KEPT_BYTES


def test_a_program_that_never_ends(bench: Bench) -> None:
    ran = bench.python("print('begun', flush=True)\nwhile True: pass", timeout_s=0.6)
    assert (ran.exit_code, ran.timed_out, ran.stopped) == (None, True, "stopped after 0.6 s")
    assert ran.stdout in ("begun\n", "")


def test_a_program_that_ignores_to_be_ended(bench: Bench) -> None:
    text = """
    import signal, time
    for number in range(1, 32):
        if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
    time.sleep(60)
    """
    assert bench.python(text, timeout_s=0.4).timed_out


@pytest.mark.parametrize(
    "leave",
    [
        "subprocess.Popen(['sleep', '60'])",
        "subprocess.Popen(['sleep', '60'], start_new_session=True)",
        "if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    os.chdir('/')\n    time.sleep(60)\n  os._exit(0)",
        "os.kill(subprocess.Popen(['sleep', '60'], start_new_session=True).pid, signal.SIGSTOP)",
        "if os.fork() == 0:\n    signal.pthread_sigmask(0, range(1, 32))\n    os.setsid()\n    time.sleep(60)",
    ],
    ids=["background", "setsid", "double fork", "stopped", "deaf"],
)
def test_what_it_left_running_ends_with_it(bench: Bench, leave: str) -> None:
    ran = bench.python(f"import os, signal, subprocess, time\nprint('done', flush=True)\n{leave}\nos._exit(0)")
    assert (ran.exit_code, ran.stdout, ran.stopped) == (0, "done\n", "")
    assert bench.left() == []


def test_a_chain_that_forks_on_and_on_is_caught_up_with(bench: Bench) -> None:
    text = """
    import os
    if os.fork() == 0:
        while True:
            os.setsid() if os.getpid() != os.getsid(0) else None
            if os.fork():
                os._exit(0)
    """
    assert bench.python(text).exit_code == 0
    assert bench.left() == []


def test_a_fork_bomb_is_stopped(bench: Bench) -> None:
    text = """
    import os, time
    for _ in range(60):
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)
    time.sleep(60)
    """
    ran = bench.python(text, limits=Limits(processes=40))
    assert (ran.exit_code, ran.stopped) == (None, "stopped for starting more than 40 processes")
    assert bench.left() == []


def test_memory_is_counted_over_all_its_processes(bench: Bench) -> None:
    text = """
    import os, time
    for _ in range(4):
        if os.fork() == 0:
            held = bytearray(os.urandom(1) * (60 << 20))
            time.sleep(60)
    time.sleep(60)
    """
    ran = bench.python(text, limits=Limits(memory_bytes=150 * MIB))
    assert (ran.exit_code, ran.stopped) == (None, "stopped for using more than 150 MiB of memory")
    assert ran.peak_rss_bytes > 150 * MIB


def test_memory_that_processes_share_is_counted_once(bench: Bench) -> None:
    text = """
    import os, time
    held = bytearray(os.urandom(1) * (60 << 20))
    for _ in range(4):
        if os.fork() == 0:
            time.sleep(0.6)
            os._exit(0)
    for _ in range(4):
        os.wait()
    """
    ran = bench.python(text, limits=Limits(memory_bytes=150 * MIB))
    assert (ran.exit_code, ran.stopped) == (0, "")
    assert ran.peak_rss_bytes > 150 * MIB


def test_output_without_end_is_stopped(bench: Bench) -> None:
    ran = bench.run("sh", "-c", "yes & yes >&2", limits=Limits(output_bytes=4 * MIB))
    assert (ran.exit_code, ran.stopped) == (None, "stopped for writing more than 4 MiB of output")
    assert len(ran.stdout) < 3 * KEPT_BYTES


def test_a_file_has_a_largest_size(bench: Bench) -> None:
    ran = bench.run("dd", "if=/dev/zero", "of=big", "bs=64K", "count=64", limits=Limits(file_bytes=MIB))
    assert ran.exit_code in (1, -signal.SIGXFSZ)
    assert (bench.work / "big").stat().st_size == MIB


def test_a_disk_that_is_filled_with_bytes(bench: Bench) -> None:
    text = """
    import itertools, os
    for number in itertools.count():
        open(f"f{number}", "wb").write(os.urandom(1 << 20))
    """
    ran = bench.python(text, limits=Limits(disk_bytes=20 * MIB))
    assert (ran.exit_code, ran.stopped) == (None, "stopped for writing more than 20 MiB to the disk")


def test_a_disk_that_is_filled_with_files_without_a_name(bench: Bench) -> None:
    text = """
    import os, time
    held = [os.open(".", os.O_TMPFILE | os.O_RDWR) for _ in range(30)]
    for each in held:
        os.write(each, os.urandom(1 << 20))
    time.sleep(60)
    """
    ran = bench.python(text, limits=Limits(disk_bytes=20 * MIB))
    assert (ran.exit_code, ran.stopped) == (None, "stopped for writing more than 20 MiB to the disk")


def test_a_disk_that_is_filled_with_many_files(bench: Bench) -> None:
    text = """
    import itertools, os
    for number in itertools.count():
        os.mkdir(f"d{number}")
        open(f"d{number}/f", "wb").close()
    """
    ran = bench.python(text, limits=Limits(disk_files=2000))
    assert (ran.exit_code, ran.stopped) == (None, "stopped for making more than 2,000 files")


def test_a_disk_that_others_use_is_not_held_against_it(bench: Bench, tmp_path: Path) -> None:
    """The file system loses much more than the limit; the program added little."""
    stop = threading.Event()
    other = tmp_path / "other"

    def use() -> None:
        with other.open("wb") as file:
            while not stop.is_set() and file.tell() < 200 * MIB:
                file.write(os.urandom(8 * MIB))

    thread = threading.Thread(target=use)
    thread.start()
    try:
        ran = bench.python("import time; open('mine', 'w').write('x'); time.sleep(0.8)", limits=Limits(disk_bytes=MIB))
    finally:
        stop.set()
        thread.join()
    assert other.stat().st_size > 8 * MIB
    assert (ran.exit_code, ran.stopped) == (0, "")


def test_a_program_that_closes_everything_it_has(bench: Bench) -> None:
    ran = bench.python("import os, time\nos.closerange(0, 1000)\ntime.sleep(0.3)\nos._exit(7)")
    assert (ran.exit_code, ran.stopped) == (7, "")


def test_a_program_that_kills_its_parent(bench: Bench) -> None:
    text = """
    import os, signal, subprocess, time
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    for _ in range(3):
        os.kill(os.getppid(), signal.SIGKILL)
    print("PASS", flush=True)
    time.sleep(0.5)
    """
    ran = bench.python(text)
    if bench.mode == "process":
        assert (ran.exit_code, ran.stopped) == (None, LOST)
    else:
        # What it finds above is the sandbox's own first process, which its programs cannot kill.
        assert (ran.exit_code, ran.stdout) == (0, "PASS\n")
    assert bench.left() == []


@bwrap
def test_a_program_that_kills_all_it_may(tmp_path: Path) -> None:
    """Sandboxed only: unsandboxed, "all" would be all of the user's processes."""
    bench = Bench(tmp_path, "bubblewrap")
    text = """
    import os, subprocess, time
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    try:
        os.kill(-1, 9)
    except ProcessLookupError:
        pass
    os.kill(0, 15)
    time.sleep(5)
    """
    assert bench.python(text).exit_code == -signal.SIGTERM
    assert bench.left() == []


def test_a_guard_does_not_hear_what_would_end_it(bare: Bench) -> None:
    text = """
    import os, signal
    for name in "HUP INT QUIT PIPE ALRM TERM USR1 USR2 TSTP TTIN TTOU XCPU XFSZ VTALRM PROF IO".split():
        os.kill(os.getppid(), getattr(signal, "SIG" + name))
    print("still here")
    """
    ran = bare.python(text)
    assert (ran.exit_code, ran.stopped, ran.stdout) == (0, "", "still here\n")


def test_a_program_that_stops_its_guard(bare: Bench) -> None:
    ran = bare.python("import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP)\ntime.sleep(60)")
    assert (ran.exit_code, ran.timed_out, ran.stopped) == (None, False, HELD)
    assert bare.left() == []


def test_one_that_kills_its_guard_leaves_others_alone(bare: Bench) -> None:
    before = ending.strangers()  # what other tests orphaned
    with bare.start("print('ready')\nprint(input() * 2)\nimport time\ntime.sleep(60)") as other:
        assert other.line() == "ready"
        text = """
        import os, signal, subprocess, sys
        guard = os.getppid()
        for _ in range(5):
            subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"], start_new_session=True)
        if os.fork() == 0:
            os.kill(guard, signal.SIGKILL)
            os.setsid()
            while True:
                if os.fork():
                    os._exit(0)
        os.wait()
        """
        ran = bare.python(text)
        assert ran.stopped == LOST
        assert other.running
        assert other.send("a\n")
        assert other.line() == "aa"
        assert len(bare.left()) == 1
    assert ending.strangers() <= before


def test_a_judge_s_own_children_are_spared(bare: Bench) -> None:
    own = subprocess.Popen(["sleep", "60"], start_new_session=True)
    beside = subprocess.Popen(["sleep", "60"])
    try:
        assert bare.python("import os\nos.kill(os.getppid(), 9)\nimport time; time.sleep(9)").stopped == LOST
        assert own.poll() is None
        assert beside.poll() is None
    finally:
        for process in (own, beside):
            process.kill()
            process.wait()


def test_programs_may_run_side_by_side_in_threads(bench: Bench) -> None:
    found: dict[int, str] = {}

    def one(number: int) -> None:
        found[number] = bench.run("sh", "-c", f"sleep 0.{number}; echo {number}").stdout

    threads = [threading.Thread(target=one, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {number: f"{number}\n" for number in range(6)}
