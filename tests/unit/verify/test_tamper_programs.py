"""How a learner's program may misbehave while it is judged, with and without bubblewrap: never a pass, no harm."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from attacked import ADDS, JUDGE, SUM, THERE, Course, found, verdicts
from bench import SOURCES

from mlsj.spec.files import InputFile, Tree
from mlsj.verify import records
from mlsj.verify.isolation import Limits


def test_it_kills_its_parent(course: Course) -> None:
    outcome = course.judge("import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\nprint('PASS')\n")
    assert verdicts(outcome) == ("fail", "pass")
    said = "not the sum" if course.boxed else "sum.py did not end well"
    assert found(outcome).message == said
    if not course.boxed:
        assert "ended the process that watches it" in found(outcome).got


KILLS_JUDGE = """
import os, signal, time
pid = os.getppid()
with open(f"/proc/{pid}/stat") as file:
    above = int(file.read().rpartition(")")[2].split()[1])
if above > 1:
    with open(f"/proc/{above}/cmdline", "rb") as file:
        if b"mlsj.verify" in file.read():
            os.kill(above, signal.SIGKILL)
            time.sleep(30)
print('PASS')
"""


def test_it_kills_the_judging_process(course: Course) -> None:
    outcome = course.judge(KILLS_JUDGE)
    if course.boxed:
        assert verdicts(outcome) == ("fail", "pass")
        assert found(outcome).got.strip() == "PASS"
    else:
        assert verdicts(outcome) == ("error", "error")
        assert "its process ended early" in found(outcome).message


def running(mark: str) -> list[int]:
    """Return the processes whose command line holds `mark`; those that are being ended get two seconds."""
    for _ in range(200):
        pids = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and mark.encode() in (entry / "cmdline").read_bytes():
                    pids.append(int(entry.name))
            except OSError:
                continue
        if not pids:
            return []
        time.sleep(0.01)
    return pids


DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("began", "w").close()
        os.execvp("sh", ["sh", "-c", "sleep 60; echo MARK"])
    os._exit(0)
while not os.path.exists("began"):
    time.sleep(0.01)
"""


@pytest.mark.parametrize("honest", [False, True])
def test_a_daemon_that_left_its_session_is_ended(course: Course, honest: bool) -> None:
    mark = f"mark-{os.getpid()}-{time.monotonic_ns()}"
    outcome = course.judge(DAEMON.replace("MARK", mark) + (ADDS if honest else ""))
    assert verdicts(outcome) == ("pass" if honest else "fail", "pass")
    assert running(mark) == []
    if not honest:
        assert (found(outcome).message, found(outcome).got) == ("not the sum", "nothing")


SMALL = Limits(processes=40, output_bytes=2**20, file_bytes=2**22, disk_bytes=2**23, disk_files=500)
GREEDY = {
    "output": ("import sys\nwhile True: sys.stdout.write('x' * 65536)", "1 MiB of output"),
    "one large file": ("with open('big', 'wb') as file: file.truncate(2**30)", "File too large"),
    "the disk": (
        "import os\nfor n in range(10**6):\n    open(f'f{n}', 'wb').write(os.urandom(2**20))",
        "8 MiB to the disk",
    ),
    "files": ("for n in range(10**6): open(f'f{n}', 'w').close()", "500 files"),
    "processes": (
        "import subprocess\nkept = [subprocess.Popen(['sleep', '30']) for _ in range(100)]\n[k.wait() for k in kept]",
        "40 processes",
    ),
}


@pytest.mark.parametrize(("body", "said"), GREEDY.values(), ids=GREEDY)
def test_it_takes_more_than_it_may(course: Course, monkeypatch: pytest.MonkeyPatch, body: str, said: str) -> None:
    monkeypatch.setattr("mlsj.verify.engine.LIMITS", SMALL)
    outcome = course.judge(body)
    assert verdicts(outcome) == ("fail", "pass")
    assert found(outcome).message == "sum.py did not end well"
    assert said in found(outcome).got


ENDLESS = {
    "it never ends": "while True: pass",
    "it waits for input": "import sys\nsys.stdin.read()\nimport time\ntime.sleep(100)",
    "it does not let itself be stopped": (
        "import signal, time\nfor n in range(1, 32):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: time.sleep(1)"
    ),
}


@pytest.mark.parametrize("body", ENDLESS.values(), ids=ENDLESS)
def test_it_never_ends(course: Course, body: str) -> None:
    outcome = course.judge(body, {**SUM, "timeout_s": 1}, THERE)
    assert verdicts(outcome) == ("fail", "pass")
    assert found(outcome).message.endswith("did not end in time (phase run)")
    assert (found(outcome).timed_out, found(outcome).phase) == (True, "run")
    assert outcome.report.results[0].commands[0].timed_out


def test_a_result_that_says_it_equals_anything(course: Course) -> None:
    truth = "\n\ndef cases(context):\n    yield [context.random.randrange(100), 1]\n\n\ntruth = lambda a, b: a + b\n"
    course.tree = Tree({f"{SOURCES}/judge.py": InputFile((JUDGE + truth).encode())})
    body = (
        "class Any(int):\n    def __eq__(self, other): return True\n    def __ne__(self, other): return False\n"
        "    def __hash__(self): return 0\n    def __lt__(self, other): return True\n    __le__ = __gt__ = __lt__\n"
        "    def __sub__(self, other): return 0\n    __rsub__ = __abs__ = __sub__\n"
        "def add(a, b): return Any()\n"
    )
    kind = {
        "id": "adds",
        "uses": "python",
        "with": {"file": "sum.py", "function": "add", "cases": "cases", "truth": "truth"},
    }
    outcome = course.judge(body, kind, THERE, seed=3)
    assert verdicts(outcome) == ("fail", "pass")
    honest = course.judge("def add(a, b): return a + b\n", kind, THERE, seed=3)
    assert verdicts(honest) == ("pass", "pass")


SEES = """
import os, sys
print(dict(os.environ), sys.argv[0])
pid = os.getppid()
for name in ("cmdline", "environ"):
    try:
        print(open(f"/proc/{pid}/{name}").read())
    except OSError as error:
        print(error)
print("SECRET", os.environ.get("MLSJ_SEED"), os.environ.get("PYTHONHASHSEED"))
"""


def test_it_looks_for_the_seed(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    outcome = course.judge(SEES, seed=3141592653)
    assert verdicts(outcome) == ("fail", "pass")
    assert "SECRET None None" in found(outcome).got
    assert "3141592653" not in found(outcome).got
    assert "s3cret" not in found(outcome).got
    assert found(course.judge(SEES)).expected != found(outcome).expected, "each judging draws its own numbers"


CACHES = """
import os, sys
if not os.path.exists("answer"):
    a, b = map(int, sys.argv[1:])
    open("answer", "w").write(str(a + b))
print(open("answer").read())
"""


@pytest.mark.parametrize("where", ["'answer'", "'../answer'", "os.path.expanduser('~/answer')"])
def test_it_keeps_its_first_answer(course: Course, where: str) -> None:
    twice = {**SUM, "with": {"function": "adds", "args": {"times": 2}}}
    outcome = course.judge(CACHES.replace('"answer"', where), twice, THERE)
    assert verdicts(outcome) == ("fail", "pass")
    assert found(outcome).message == "not the sum"


def test_it_keeps_its_first_answer_over_rounds(course: Course) -> None:
    outcome = course.judge(CACHES, {**SUM, "repeat": 3}, THERE)
    assert verdicts(outcome) == ("fail", "pass")
    assert found(outcome).message == "not the sum (in round 2 of 3)"
    assert found(course.judge(ADDS, {**SUM, "repeat": 3}, THERE)).message == "added (the last of 3 rounds)"


def test_it_makes_its_output_a_link_to_a_secret(course: Course) -> None:
    secret = course.root / "secret.txt"
    secret.write_text("the-secret-words\n")
    body = "import os\nos.symlink(ROOT + '/secret.txt', 'out.txt')\nprint('PASS')\n"
    writes = {"id": "writes", "uses": "judge", "with": {"function": "writes"}}
    looked = {"id": "looked", "uses": "file", "with": {"path": "out.txt", "contains": "3"}}
    makes = {"id": "makes", "uses": "command", "with": {"run": ["python3", "sum.py"], "makes": ["out.txt"]}}
    outcome = course.judge(body, writes, looked, makes)
    assert verdicts(outcome) == ("fail", "fail", "fail")
    assert found(outcome, "writes").message == "out.txt leads elsewhere"
    assert "leads out" in found(outcome, "looked").message
    assert b"the-secret-words" not in records.encoded(outcome.record)


HARMS: dict[str, str] = {
    "folders without end": ("import os\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\nprint('PASS')"),
    "read-only folders": (
        "import os\nos.makedirs('a/b')\nopen('a/b/c', 'w').close()\nos.chmod('a/b', 0)\nos.chmod('a', 0)\nprint('PASS')"
    ),
    "its own directory is gone": "import os, shutil\nshutil.rmtree(os.getcwd())\nprint('PASS')",
    "its own directory is a link": (
        "import os\nhere = os.getcwd()\nos.rename(here, here + '-')\nos.symlink(ROOT, here)\nprint('PASS')"
    ),
    "pipes": "import os\nos.mkfifo('mine.pipe')\nos.mkfifo('../tmp/p')\nprint('PASS')",
}


HARM_NAMES = {body: name for name, body in HARMS.items()}


@pytest.mark.parametrize("body", HARMS.values(), ids=HARMS)
def test_what_it_leaves_harms_nobody(course: Course, body: str) -> None:
    copies = {"id": "again", "uses": "judge", "with": {"function": "adds"}}
    outcome = course.judge(body, SUM, copies)
    assert verdicts(outcome) == ("fail", "fail")
    assert found(outcome).message == "not the sum"
    replaced = "a program that was judged before replaced the directory it works in"
    assert (found(outcome, "again").message == replaced) == ("its own directory" in HARM_NAMES[body])
    assert (course.root / "work/1-1/mine.txt").read_text() == "mine\n"


def test_a_judge_that_is_not_in_the_tree_is_not_looked_for_on_the_disk(course: Course) -> None:
    course.tree = Tree({})
    outcome = course.judge(ADDS)
    assert verdicts(outcome) == ("error", "pass")
    assert "judge.py" in found(outcome).message
