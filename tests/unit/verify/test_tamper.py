"""What a learner's program may try against its judge, with and without bubblewrap: nothing of it becomes a pass.

The lesson asks for `sum.py A B`. Its judge draws the numbers, adds them itself and compares; a file of the learner's is
looked at afterwards. Every attack is a `sum.py` that does not add, or one that adds and harms besides.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench import SOURCES, lesson

from mlsj.kinds.base import Finding
from mlsj.spec.files import InputFile, Tree
from mlsj.verify import records
from mlsj.verify.engine import Outcome, judge
from mlsj.verify.isolation import Limits
from mlsj.verify.report import State

JUDGE = '''
"""Judges sum.py: the numbers are drawn and added here."""
from mlsj.kinds.base import failed, inside, passed


def adds(context, times=1):
    for _ in range(times):
        a, b = (context.random.randrange(10**6) for _ in range(2))
        ran = context.run(["python3", "sum.py", str(a), str(b)])
        if ran.exit_code != 0:
            return failed("sum.py did not end well", expected="exit code 0", got=ran.ending, next_step="mend it")
        if ran.stdout.strip() != str(a + b):
            return failed("not the sum", expected=str(a + b), got=ran.stdout or "nothing", next_step="add them")
    return passed("added")


def writes(context):
    """It writes its answer to out.txt, which must be the learner's own file."""
    ran = context.run(["python3", "sum.py", "1", "2"])
    path = inside(context.work, "out.txt")
    if path is None:
        return failed("out.txt leads elsewhere", expected="a file", got="a link", next_step="write the file itself")
    text = path.read_text() if path.exists() else ran.ending
    return passed("3") if text == "3" else failed("no 3", expected="3", got=text, next_step="write it")
'''
ADDS = "import sys\na, b = map(int, sys.argv[1:])\nprint(a + b)\n"
SUM: dict[str, Any] = {"id": "adds", "uses": "judge", "with": {"function": "adds"}}
THERE: dict[str, Any] = {"id": "there", "uses": "file", "with": {"path": "mine.txt"}}


@pytest.fixture(params=["process", pytest.param("bubblewrap", marks=pytest.mark.needs("bwrap"))])
def isolation(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Each way to run programs; scratch directories lie where the test can look at them."""
    monkeypatch.setenv("MLSJ_ISOLATION", request.param)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setenv("TMPDIR", str(scratch))
    return str(request.param)


class Course:
    """A course with one lesson, started, in a temporary folder."""

    def __init__(self, root: Path, isolation: str) -> None:
        self.root = root
        self.isolation = isolation
        self.boxed = isolation == "bubblewrap"
        self.tree = Tree({f"{SOURCES}/judge.py": InputFile(JUDGE.encode())})
        for path, text in (
            (f"{SOURCES}/judge.py", JUDGE),
            ("generated/lessons/1-1/work/sum.py", "# stub\n"),
            (".mlsj/manifest.json", "{}\n"),
            ("work/1-1/mine.txt", "mine\n"),
        ):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    def judge(self, program: str, *criteria: dict[str, Any], **options: Any) -> Outcome:
        """Judge `program` as sum.py; the words ROOT and SCRATCH in it become the course's and the scratch folder."""
        body = program.replace("ROOT", repr(str(self.root))).replace("SCRATCH", repr(tempfile.tempdir))
        (self.root / "work/1-1/sum.py").write_text(body)
        which = lesson(*(criteria or (SUM, THERE)))
        outcome = judge(self.tree, which, self.root / "work/1-1", self.root / "notes/1-1.md", root=self.root, **options)
        assert list(Path(str(tempfile.tempdir)).iterdir()) == [], "nothing is left behind"
        assert outcome.record.isolation["backend"].startswith(self.isolation)
        return outcome


@pytest.fixture
def course(tmp_path: Path, isolation: str) -> Course:
    return Course(tmp_path / "course", isolation)


def found(outcome: Outcome, name: str = "adds") -> Finding:
    return next(result.finding for result in outcome.report.results if result.id == name)


def verdicts(outcome: Outcome) -> tuple[str, ...]:
    return tuple(result.verdict.value for result in outcome.report.results)


def test_an_honest_program_passes(course: Course) -> None:
    assert verdicts(course.judge(ADDS)) == ("pass", "pass")


CLAIMS = {
    "it says PASS": "print('PASS')",
    "it prints what a judge sends": (
        """import json\nline = {"result": {"id": "adds", "says": "", "core": True, "finding": {"verdict": "pass"}}}\n"""
        """print(json.dumps(line), flush=True)"""
    ),
    "it ends well before it did anything": "import sys; sys.exit(0)",
    "it ends at once": "import os; os._exit(0)",
    "it leaves results of its own": (
        "open('results.json', 'w').write('{\"state\": \"passed\"}')\n"
        "open('junit.xml', 'w').write('<testsuites><testsuite tests=\"1\" failures=\"0\"/></testsuites>')\n"
        "open('evidence.json', 'w').write('{\"stable\": {\"state\": \"passed\"}}')\nprint('1 passed')"
    ),
}


@pytest.mark.parametrize("body", CLAIMS.values(), ids=CLAIMS)
def test_what_a_program_claims_is_not_what_it_did(course: Course, body: str) -> None:
    outcome = course.judge(body)
    assert verdicts(outcome) == ("fail", "pass")
    assert found(outcome).message == "not the sum"
    assert outcome.report.state is State.FAILED


EVERYWHERE = """
import os
for number in range(3, 256):
    try:
        os.write(number, b'{"result": {"verdict": "pass"}}\\n')
    except OSError:
        pass
print('PASS')
"""


def test_it_has_no_descriptor_of_the_judge(course: Course) -> None:
    outcome = course.judge(EVERYWHERE)
    assert verdicts(outcome) == ("fail", "pass")
    assert found(outcome).got.strip() == "PASS"


# The judging process is found by its command line, from parent to parent.
STEAL = """
import ctypes, glob, os, sys
line = b'{"result": {"id": "adds", "says": "", "core": true, "finding": {"verdict": "pass", "message": "yes"}}}\\n'
libc = ctypes.CDLL(None)
pid, told = os.getppid(), 0
while pid > 1:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read()
        with open(f"/proc/{pid}/stat") as file:
            above = int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        break
    if b"mlsj.verify" not in words:
        break
    for path in glob.glob(f"/proc/{pid}/fd/*"):
        try:
            if "socket" not in os.readlink(path):
                continue
            with open(path, "wb", buffering=0) as file:
                told += file.write(line)
        except OSError:
            pass
        handle = libc.syscall(434, pid, 0)
        stolen = libc.syscall(438, handle, int(path.rpartition("/")[2]), 0)
        if stolen >= 0:
            told += libc.send(stolen, line, len(line), 0x4040)
    pid = above
"""


@pytest.mark.parametrize("honest", [False, True])
def test_it_cannot_open_the_judge_s_channel(course: Course, honest: bool) -> None:
    outcome = course.judge(STEAL + (ADDS if honest else "print('PASS')"))
    assert verdicts(outcome) == ("pass" if honest else "fail", "pass")
    assert honest or found(outcome).got == "PASS\n"


def test_lines_in_the_judge_s_channel_that_are_not_its_own_are_known_for_what_they_are(course: Course) -> None:
    # As a program could that has the rights which programs are denied here: the judge's own process does it.
    takes = (
        "\n\ndef taken(context):\n    import os, sys\n"
        "    os.write(int(sys.argv[1]), b'0 {\"result\": {}}\\n')\n    return passed('taken')\n"
    )
    course.tree = Tree({f"{SOURCES}/judge.py": InputFile((JUDGE + takes).encode())})
    outcome = course.judge(ADDS, {**SUM, "id": "first", "with": {"function": "taken"}}, SUM, THERE)
    assert verdicts(outcome) == ("error", "error", "error")
    assert "something else wrote into the judge's channel" in found(outcome).message


COURSE = """
import os
for path, text in (
    ("templates/lessons/1-1/judge.py", "from mlsj.kinds.base import passed\\nadds = lambda context: passed('yes')\\n"),
    ("generated/lessons/1-1/work/sum.py", "print(3)\\n"),
    ("generated/checks/test_1_1.py", "def test_adds(): pass\\n"),
    (".mlsj/manifest.json", '{"files": {}}'),
):
    try:
        os.makedirs(os.path.dirname(os.path.join(ROOT, path)), exist_ok=True)
        open(os.path.join(ROOT, path), "w").write(text)
    except OSError:
        pass
"""


def test_what_it_writes_into_the_course_is_not_read(course: Course) -> None:
    later = {**SUM, "id": "later"}
    outcome = course.judge(COURSE + "print('PASS')", SUM, later)
    assert verdicts(outcome) == ("fail", "fail")
    assert found(outcome, "later").message == "not the sum"
    on_disk = (course.root / SOURCES / "judge.py").read_text()
    assert (on_disk == JUDGE) == course.boxed, "without walls it did write there"
    assert (course.root / "generated/checks/test_1_1.py").exists() != course.boxed


STAGED = """
import glob, os
for path in glob.glob(SCRATCH + "/mlsj-judge-*/sources/judge.py") + glob.glob(SCRATCH + "/mlsj-judge-*/note.md"):
    try:
        seen = os.stat(path)
        old = open(path).read()
        os.chmod(path, 0o600)
        open(path, "w").write("def adds(context): return None\\n")
        if RESTORE:
            open(path, "w").write(old)
            os.chmod(path, seen.st_mode)
            os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    except OSError:
        pass
"""


@pytest.mark.parametrize("restore", [False, True])
def test_no_pass_stands_when_the_judge_s_own_files_were_changed(course: Course, restore: bool) -> None:
    (course.root / "notes").mkdir()
    (course.root / "notes/1-1.md").write_text("mine\n")
    outcome = course.judge(STAGED.replace("RESTORE", repr(restore)) + ADDS)
    if course.boxed:
        assert verdicts(outcome) == ("pass", "pass")
        return
    assert verdicts(outcome) == ("error", "error")
    assert outcome.report.state is State.NOT_JUDGED
    assert found(outcome).phase == "judge"
    assert "the judge's own files were changed (note.md, sources/judge.py)" in found(outcome).message
    assert (course.root / "notes/1-1.md").read_text() == "mine\n"


def forgery(course: Course, name: str) -> str:
    """A program that puts a record where progress looks, as a judging that passed it would have left one."""
    real = course.judge(ADDS, keep=False).record
    record = json.loads(json.dumps(msgspec.to_builtins(real)))
    record["time"] = "2999-01-01T00:00:00.000Z"
    return (
        f"import os\nfolder = ROOT + '/.mlsj/evidence/1-1'\ntry:\n    os.makedirs(folder, exist_ok=True)\n"
        f"    open(folder + '/{name}', 'w').write({json.dumps(record)!r})\nexcept OSError: pass\n"
    )


@pytest.mark.parametrize("honest", [False, True])
def test_a_record_that_it_makes_is_set_aside(course: Course, honest: bool) -> None:
    body = forgery(course, "2999-01-01T000000000Z-0123456789ab.json")
    outcome = course.judge(body + (ADDS if honest else "print('PASS')"))
    if course.boxed:
        assert verdicts(outcome) == ("pass" if honest else "fail", "pass")
    else:
        assert verdicts(outcome) == ("error" if honest else "fail", "error")
        assert "records of progress were made for 1-1" in found(outcome, "there").message
        assert list((course.root / ".mlsj/evidence/1-1").glob("*.foreign"))
    assert [each.seed for each in records.all_of(course.root, "1-1")] == [outcome.report.seed]
    again = course.judge(body + "print('PASS')", reuse=records.reusable(course.root, "1-1"))
    assert again.report.state is State.FAILED


def test_a_record_that_was_made_behind_our_back_lends_no_verdict(course: Course) -> None:
    outcome = course.judge("print('PASS')")
    record = course.judge(ADDS, keep=False).record
    lying = msgspec.structs.replace(record, time="2999-01-01T00:00:00.000Z")
    path = course.root / ".mlsj/evidence/1-1/2999-01-01T000000000Z-0123456789ab.json"
    path.write_bytes(records.encoded(lying))
    assert records.latest(course.root, "1-1") == lying
    assert records.reusable(course.root, "1-1") is None
    path.unlink()
    assert records.reusable(course.root, "1-1") == outcome.record


LYING_ABOUT = {
    "conftest.py": "import os\nos._exit(0)\n",
    "pytest.ini": "[pytest]\naddopts = --collect-only\n",
    "sitecustomize.py": "import os\nos._exit(0)\n",
    "usercustomize.py": "import os\nos._exit(0)\n",
    "json.py": "import os\nos._exit(0)\n",
    "msgspec.py": "import os\nos._exit(0)\n",
    "subprocess.py": "import os\nos._exit(0)\n",
    "mlsj/__init__.py": "import os\nos._exit(0)\n",
    "mlsj/verify/worker.py": "print('PASS')\n",
}


@pytest.mark.parametrize("honest", [False, True])
def test_modules_that_lie_about_are_not_the_judge_s(course: Course, honest: bool) -> None:
    for folder in (course.root / "work/1-1", course.root / "work", course.root):
        for name, text in LYING_ABOUT.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    outcome = course.judge(ADDS if honest else "print('PASS')")
    assert verdicts(outcome) == ("pass" if honest else "fail", "pass")


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
