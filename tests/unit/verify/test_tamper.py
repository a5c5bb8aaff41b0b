"""What a learner's program may claim, forge or change around its judge, with and without bubblewrap: never a pass."""

from __future__ import annotations

import json

import msgspec
import pytest
from attacked import ADDS, JUDGE, SUM, THERE, Course, found, verdicts
from bench import SOURCES

from mlsj.spec.files import InputFile, Tree
from mlsj.verify import records
from mlsj.verify.report import State


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
