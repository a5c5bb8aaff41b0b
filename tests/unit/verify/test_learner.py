"""A learner's way through the tiny course: start, check, and the generated pytest modules, which must agree."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from click.testing import CliRunner, Result

from mlsj.cli.main import cli
from mlsj.learner.workspace import Workspace, start
from mlsj.project.read import read_tree
from mlsj.spec.load import load
from mlsj.spec.variants import variant

ROOT = Path(__file__).resolve().parents[3]
TINY = ROOT / "tests/courses/tiny"
SCHEMA = json.loads((ROOT / "docs/formats/evidence.schema.json").read_text())


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = tmp_path_factory.mktemp("course") / "tiny"
    shutil.copytree(TINY, course, ignore=shutil.ignore_patterns(".mlsj", "work", "notes"))
    assert mlsj(course, "generate").exit_code == 0
    return course


@pytest.fixture
def course(generated: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(generated, tmp_path / "tiny", symlinks=True))


def mlsj(course: Path, *args: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(course), *args], prog_name="mlsj", catch_exceptions=False)


def fill(course: Path, lesson: str, name: str) -> None:
    """Put a variant's files into the learner's work directory; with the solution the note is answered, too."""
    loaded = load(read_tree(course))
    assert loaded.curriculum is not None
    found = loaded.curriculum.lesson(lesson)
    assert found is not None
    for path, file in variant(loaded.tree, found, name).items():
        target = course / "work" / lesson / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    note = course / "notes" / f"{lesson}.md"
    if name == "solution":
        answer = "".join(f"- point {n}: what I saw there and why I would do it otherwise now\n" for n in range(9))
        note.write_text(re.sub(r"^(#+ .*\n)", rf"\1\n{answer}\n", note.read_text(), flags=re.MULTILINE))


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# start ----------------------------------------------------------------------------------------------------------------


def test_start_copies_the_stub_and_keeps_the_base(course: Path) -> None:
    done = mlsj(course, "start", "1-1")
    assert done.exit_code == 0, done.output
    stub = contents(course / "generated/lessons/1-1/work")
    assert stub
    assert contents(course / "work/1-1") == stub
    assert contents(course / ".mlsj/base/1-1/work") == stub
    form = (course / "generated/lessons/1-1/note.md").read_bytes()
    assert (course / "notes/1-1.md").read_bytes() == (course / ".mlsj/base/1-1/note.md").read_bytes() == form
    for name in stub:
        modes = {(course / folder / name).stat().st_mode for folder in ("generated/lessons/1-1/work", "work/1-1")}
        assert len(modes) == 1
    assert "mlsj check 1-1" in done.stdout


def test_start_again_changes_nothing(course: Path) -> None:
    mlsj(course, "start", "1-1")
    fill(course, "1-1", "solution")
    before = contents(course)
    done = mlsj(course, "start", "1-1")
    assert done.exit_code == 0
    assert "already started" in done.stdout
    assert contents(course) == before


def test_start_never_overwrites(course: Path) -> None:
    name = min(contents(course / "generated/lessons/1-1/work"))
    target = course / "work/1-1" / name
    target.parent.mkdir(parents=True)
    target.write_text("mine")
    before = contents(course)
    done = mlsj(course, "start", "1-1")
    assert done.exit_code == 1
    assert f"work/1-1/{name}" in done.stderr
    assert contents(course) == before
    assert not Workspace(course, "1-1").started


def test_start_goes_on_where_it_was_cut(course: Path) -> None:
    place = Workspace(course, "1-1")
    start(place)
    whole = contents(course)
    shutil.rmtree(place.base)
    (place.base.with_name(".1-1.part") / "work").mkdir(parents=True)
    place.note.unlink()
    done = start(place)
    assert done.created == ("notes/1-1.md",)
    assert done.kept
    assert contents(course) == whole


def test_start_refuses_a_link_in_its_place(course: Path, tmp_path: Path) -> None:
    (course / "notes").mkdir(exist_ok=True)
    (course / "notes/1-1.md").symlink_to(tmp_path / "elsewhere")
    assert mlsj(course, "start", "1-1").exit_code == 1
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["start", "2-1"], 3, "2-1 is a draft: it cannot be judged yet"),
        (["start", "1-11"], 2, "did you mean '1-1'?"),
        (["check", "2-1"], 3, "2-1 is a draft: it cannot be judged yet"),
        (["check", "2-1", "--solution"], 3, "say 'status: ready' in curriculum.yaml first"),
        (["check", "1-1"], 3, "mlsj start 1-1"),
        (["check", "1-11"], 2, "did you mean '1-1'?"),
        (["check", "1-1", "--mistake", "nope"], 2, "no mistake 'nope'"),
        (["check", "1-1", "--stub", "--solution"], 2, "choose one"),
        (["check", "1-1", "--seed", "-1"], 2, "--seed"),
        (["check", "1-1", "--dir", "generated"], 3, "there is no work/1-1/"),
    ],
)
def test_what_cannot_be_done_is_said(course: Path, args: list[str], code: int, says: str) -> None:
    done = mlsj(course, *args)
    assert (done.exit_code, says in done.stderr) == (code, True), done.output
    assert code == 2 or done.stderr.count("error:") == 1, done.stderr
    assert not (course / "work").exists()


def test_start_before_generate_says_so(tmp_path: Path) -> None:
    course = Path(shutil.copytree(TINY, tmp_path / "tiny"))
    done = mlsj(course, "start", "1-1")
    assert done.exit_code == 1
    assert "mlsj generate" in done.stderr


# check ----------------------------------------------------------------------------------------------------------------


def test_the_stub_fails_and_says_what_to_do(course: Path) -> None:
    mlsj(course, "start", "1-1")
    done = mlsj(course, "check", "1-1")
    assert done.exit_code == 1
    assert "  expected  " in done.stdout
    assert "  got       " in done.stdout
    last = done.stdout.rpartition("\nnext: ")[2]
    assert last.startswith("greets: run it yourself")
    assert last.endswith("then: mlsj check 1-1\n")


def test_json_is_the_evidence_that_is_kept(course: Path) -> None:
    mlsj(course, "start", "1-1")
    done = mlsj(course, "check", "1-1", "--format", "json", "--seed", "5")
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    (kept,) = (course / ".mlsj/evidence/1-1").glob("*.json")
    assert json.loads(kept.read_text()) == document
    assert (document["seed"], document["subject"], document["stable"]["state"]) == (5, "work", "failed")
    assert all(r["expected"] and r["got"] and r["next_step"] for r in document["results"] if r["verdict"] == "fail")


@pytest.mark.parametrize("lesson", ["1-1", "2-1"])
def test_json_of_what_is_not_judged(course: Path, lesson: str) -> None:
    done = mlsj(course, "check", lesson, "--format", "json")
    document = json.loads(done.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert done.exit_code == 3
    assert document["stable"]["state"] == "not judged"
    assert document["reason"]


def test_what_holds_is_used_again_and_fresh_judges_all(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    mlsj(course, "start", "1-1")
    first = json.loads(mlsj(course, "check", "1-1", "--format", "json").stdout)
    again = mlsj(course, "check", "1-1", "--format", "json")
    document = json.loads(again.stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert (again.exit_code, document["stable"]) == (1, first["stable"])
    assert {result["judged"] for result in document["results"]} == {first["time"]}
    assert {result["seed"] for result in document["results"]} == {first["seed"]}
    shown = " ".join(mlsj(course, "check", "1-1").stdout.split())
    assert shown.count(f"seed {first['seed']})") == len(first["results"])
    assert len(list((course / ".mlsj/evidence/1-1").glob("*.json"))) == 1
    for anew in (["--fresh"], ["--seed", str(first["seed"] ^ 1)]):
        document = json.loads(mlsj(course, "check", "1-1", "--format", "json", *anew).stdout)
        assert {result["judged"] for result in document["results"]} == {""}
    monkeypatch.setenv("CI", "true")
    document = json.loads(mlsj(course, "check", "1-1", "--format", "json").stdout)
    assert {result["judged"] for result in document["results"]} == {""}
    assert len(list((course / ".mlsj/evidence/1-1").glob("*.json"))) == 4
    monkeypatch.setenv("CI", "false")
    (course / "notes/1-1.md").write_text("another note\n")
    document = json.loads(mlsj(course, "check", "1-1", "--format", "json").stdout)
    assert {result["id"] for result in document["results"] if not result["judged"]} == {"note"}


def test_junit_and_dir(course: Path, tmp_path: Path) -> None:
    other = tmp_path / "fork"
    mlsj(course, "start", "1-1")
    shutil.copytree(course / "work", other / "work")
    done = mlsj(course, "check", "1-1", "--dir", str(other), "--junit", str(tmp_path / "out.xml"))
    assert done.exit_code == 1
    suite = ET.parse(tmp_path / "out.xml").getroot()[0]  # noqa: S314
    assert int(suite.get("failures", "0")) > 0
    assert not list((course / ".mlsj/evidence/1-1").glob("*.json"))


def test_a_place_that_cannot_be_written_is_said(course: Path) -> None:
    mlsj(course, "start", "1-1")
    done = mlsj(course, "check", "1-1", "--junit", "no/such/folder/x.xml")
    assert (done.exit_code, "--junit" in done.stderr) == (2, True)
    (course / "work").rename(course / "gone")
    (course / "work").write_text("a file")
    shutil.rmtree(course / ".mlsj/base")
    done = mlsj(course, "start", "1-1")
    assert done.exit_code == 1
    assert "work/1-1/" in done.stderr


def test_variants_leave_no_progress(course: Path) -> None:
    assert mlsj(course, "check", "1-1", "--stub").exit_code == 1
    assert not list((course / ".mlsj/evidence").glob("*/*.json"))
    assert not (course / "work").exists()


def processes(mark: str) -> list[str]:
    """Return the processes whose command line holds `mark`."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and mark.encode() in (entry / "cmdline").read_bytes():
                found.append(entry.name)
    return found


@pytest.mark.parametrize("isolation", ["process", pytest.param("bubblewrap", marks=pytest.mark.needs("bwrap"))])
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_nothing_outlives_a_check_that_is_stopped(
    course: Path, tmp_path: Path, sent: int, code: int, isolation: str
) -> None:
    mlsj(course, "start", "1-1")
    scratch, mark = tmp_path / "scratch", f"mark-{os.getpid()}-{time.monotonic_ns()}"
    scratch.mkdir()
    (course / "work/1-1/greet.py").write_text(f"import os\nos.execvp('sh', ['sh', '-c', 'sleep 60; : {mark}'])\n")
    checking = subprocess.Popen(
        [sys.executable, "-m", "mlsj", "-C", str(course), "check", "1-1"],
        env=os.environ | {"TMPDIR": str(scratch), "MLSJ_ISOLATION": isolation},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    until = time.monotonic() + 30
    while not processes(mark):
        assert time.monotonic() < until
        time.sleep(0.01)
    checking.send_signal(sent)
    said, _ = checking.communicate(timeout=30)
    assert (checking.returncode, "Traceback" in said) == (code, False), said
    assert list(scratch.iterdir()) == []
    while processes(mark):
        assert time.monotonic() < until
        time.sleep(0.01)


# the generated checks -------------------------------------------------------------------------------------------------

OUTCOMES = {"pass": "passed", "fail": "failed", "blocked": "failed", "unverified": "skipped", "error": "error"}


def pytested(course: Path, lesson: str, cwd: str = ".") -> dict[str, str]:
    """Run the generated module alone and return each test's outcome."""
    report = course / "report.xml"
    module = course / "generated/checks" / f"test_{lesson.replace('-', '_')}.py"
    pytest_ = str(Path(sys.executable).with_name("pytest"))
    argv = [pytest_, "-q", "-p", "no:cacheprovider", f"--junitxml={report}", str(module)]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    subprocess.run(argv, cwd=course / cwd, env=inherited, capture_output=True, check=False)
    found = {}
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314
        tags = [child.tag for child in case]
        words = {"failure": "failed", "error": "error", "skipped": "skipped"}
        found[str(case.get("name"))] = next((words[tag] for tag in tags if tag in words), "passed")
        text = "".join(case.itertext())
        assert "Traceback" not in text
    return found


@pytest.mark.parametrize("name", ["stub", "solution"])
def test_pytest_and_check_agree(course: Path, name: str) -> None:
    mlsj(course, "start", "1-1")
    fill(course, "1-1", name)
    document = json.loads(mlsj(course, "check", "1-1", "--format", "json").stdout)
    told = {f"test_{r['id'].replace('-', '_')}": OUTCOMES[r["verdict"]] for r in document["results"]}
    seen = pytested(course, "1-1")
    # A judge's error may be raised inside the test, which pytest calls a failure: it is red either way.
    assert {k: v.replace("error", "failed") for k, v in seen.items()} == {
        k: v.replace("error", "failed") for k, v in told.items()
    }
    assert len(seen) > 1
    assert ("failed" in told.values()) == (name == "stub")


@pytest.mark.parametrize("name", ["stub", "solution"])
@pytest.mark.parametrize("cwd", [".", "work/1-1", "generated/checks"])
def test_pytest_is_not_misled_by_what_lies_in_the_work_directory(course: Path, name: str, cwd: str) -> None:
    """The learner's own pytest.ini, conftest.py and modules are no part of the generated checks."""
    mlsj(course, "start", "1-1")
    fill(course, "1-1", name)
    planted = {
        "conftest.py": (
            "import pytest\n@pytest.hookimpl(hookwrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
            "    (yield).get_result().outcome = 'passed'\n"
        ),
        "pytest.ini": "[pytest]\naddopts = --collect-only\n",
        "json.py": "raise SystemExit(0)\n",
        "mlsj/__init__.py": "raise SystemExit(0)\n",
        "sitecustomize.py": "raise SystemExit(0)\n",
    }
    for text_path, text in planted.items():
        for folder in (course / "work/1-1", course / "work"):
            (folder / text_path).parent.mkdir(parents=True, exist_ok=True)
            (folder / text_path).write_text(text)
    assert ("failed" in pytested(course, "1-1", cwd).values()) == (name == "stub")


def test_pytest_is_red_before_the_start(course: Path) -> None:
    assert set(pytested(course, "1-1").values()) <= {"failed", "error"}
