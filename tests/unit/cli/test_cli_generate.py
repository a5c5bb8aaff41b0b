from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from command_line import edit, files

from mlsj.cli.main import main
from mlsj.project import stamp
from mlsj.spec.ownership import MANIFEST, STAMP

PAGE = "generated/lessons/1-1/README.md"
STACK = "stacks/cache.yml"


def document(out: str, repository: Path) -> dict:
    found = json.loads(out)
    schema = json.loads((repository / "docs/formats/generate.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    return found


def tracked(course: Path) -> dict[str, bytes]:
    return {path: data for path, data in files(course).items() if not path.startswith(".mlsj/cache/")}


@pytest.fixture(scope="module")
def _compiled(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    course = tmp_path_factory.mktemp("compiled") / "tiny"
    shutil.copytree(repository / "tests" / "courses" / "tiny", course)
    with pytest.raises(SystemExit) as left:
        main(["-C", str(course), "generate"])
    assert left.value.code == 0
    return course


@pytest.fixture
def compiled(_compiled: Path, tiny: Path) -> Path:
    shutil.rmtree(tiny)
    return Path(shutil.copytree(_compiled, tiny))


def test_the_first_run_says_in_one_line_what_was_made(mlsj, tiny):
    ran = mlsj("-C", tiny, "generate")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(
        r"Created \d+ files in \.gitattributes, \.github/, generated/, schema/ and stacks/\.\n", ran.out
    )
    manifest = json.loads((tiny / MANIFEST).read_text())
    assert {*manifest["files"]} == {p for p in tracked(tiny) if p.split("/")[0] in
                                    ("generated", "stacks", "schema", ".github", ".gitattributes")}  # fmt: skip


def test_the_second_run_says_up_to_date_with_and_without_the_stamp(mlsj, compiled):
    before = {p: (compiled / p).stat().st_mtime_ns for p in files(compiled)}
    fast = mlsj("-C", compiled, "generate")
    assert {p: (compiled / p).stat().st_mtime_ns for p in files(compiled)} == before
    (compiled / STAMP).unlink()
    full = mlsj("-C", compiled, "generate")
    assert fast == full
    assert fast.out == f"Up to date: {len(json.loads((compiled / MANIFEST).read_text())['files'])} files.\n"
    assert (compiled / STAMP).exists()


def test_the_stamp_is_used_and_only_by_a_plain_generate(mlsj, compiled, monkeypatch):
    def never(*_args, **_kwargs):
        raise AssertionError("compiled")

    monkeypatch.setattr("mlsj.cli.generating._compile", never)
    assert mlsj("-C", compiled, "generate").code == 0
    for args in (["--check"], ["--diff"], ["--only", "*"], ["--format", "json"]):
        assert mlsj("-C", compiled, "generate", *args).code == 3, args


def test_a_warning_is_said_again_in_every_run(mlsj, compiled):
    orphan = compiled / "generated/copy.md"
    shutil.copy(compiled / PAGE, orphan)
    first, second = (mlsj("-C", compiled, "generate") for _ in range(2))
    assert first == second
    assert "MLSJ-O004" in first.err
    assert first.code == 0


def test_an_edit_of_the_spec_names_what_it_changed(mlsj, compiled):
    edit(compiled, "title: Say hello", "title: Say it politely")
    ran = mlsj("-C", compiled, "generate")
    assert ran.code == 0
    assert re.match(r"Updated \d+; \d+ unchanged\.\n", ran.out)
    assert f"  updated  {PAGE}\n" in ran.out
    assert "Say it politely" in (compiled / PAGE).read_text()


def test_many_names_are_cut(mlsj, compiled):
    for path in sorted(json.loads((compiled / MANIFEST).read_text())["files"])[:13]:
        (compiled / path).unlink()
    ran = mlsj("-C", compiled, "generate")
    assert ran.out.startswith("Created 13; ")
    assert len(ran.out.splitlines()) == 12
    assert ran.out.endswith("  … and 3 more\n")


def test_a_broken_spec_changes_nothing(mlsj, compiled):
    edit(compiled, "title: Say hello", "tittle: Say hello")
    before = files(compiled)
    for args in ([], ["--check"], ["--diff"], ["--format", "json"], ["--format", "sarif"]):
        ran = mlsj("-C", compiled, "generate", *args)
        assert ran.code == 1
        assert "MLSJ-S014" in ran.err + ran.out
        assert files(compiled) == before


def test_check_writes_nothing_and_tells_the_four_classes_apart(mlsj, compiled, repository):
    assert mlsj("-C", compiled, "generate", "--check").code == 0
    edit(compiled, "title: Say hello", "title: Say it politely")
    (compiled / STACK).unlink()
    (compiled / "generated/course.mk").write_text("mine\n")
    manifest = json.loads((compiled / MANIFEST).read_text())
    entry = manifest["files"].pop("schema/site.schema.json")
    manifest["files"]["schema/old.schema.json"] = entry
    (compiled / "schema/site.schema.json").rename(compiled / "schema/old.schema.json")
    (compiled / MANIFEST).write_text(json.dumps(manifest))
    before = files(compiled)
    ran = mlsj("-C", compiled, "generate", "--check")
    assert ran.code == 1
    for said in (
        f"{PAGE}:6:12: error[MLSJ-O007]", f"{STACK}:1:1: error[MLSJ-O008]: {STACK} is missing",
        "schema/old.schema.json:1:1: error[MLSJ-O009]", "generated/course.mk:1:1: error[MLSJ-O003]",
    ):  # fmt: skip
        assert said in ran.err
    assert "-mine\n" in ran.out, "what was edited by hand is shown"
    assert f"--- a/{PAGE}" not in ran.out, "other differences only with --diff"
    assert re.search(r"\d+ changed, 2 missing, 1 stale, 1 hand-edited\. Run 'mlsj generate'", ran.err)
    assert "+# Say it politely" in mlsj("-C", compiled, "generate", "--check", "--diff").out.replace(
        "1-1: ", ""
    ).replace("1-1 ", "")
    found = document(mlsj("-C", compiled, "generate", "--check", "--format", "json").out, repository)
    assert found["outcome"] == "drift"
    assert {file["drift"] for file in found["files"]} == {"changed", "missing", "stale", "hand-edited"}
    assert len(found["diagnostics"]) == len(found["files"])
    assert files(compiled) == before
    assert mlsj("-C", compiled, "generate").code == 0
    assert mlsj("-C", compiled, "generate", "--check").code == 0


def test_check_and_diff_also_write_nothing_in_a_fresh_clone(mlsj, tiny):
    before = files(tiny)
    assert mlsj("-C", tiny, "generate", "--check").code == 1
    shown = mlsj("-C", tiny, "generate", "--diff")
    assert shown.code == 0
    assert shown.err.startswith("Would create ")
    assert shown.out.count("--- /dev/null\n") == len(re.findall(r"^\+\+\+ b/", shown.out, re.M)) > 10
    assert files(tiny) == before


@pytest.mark.needs("git")
def test_the_diff_is_a_patch(mlsj, compiled):
    edit(compiled, "title: Say hello", "title: Say it politely")
    (compiled / STACK).unlink()
    patch = mlsj("-C", compiled, "generate", "--diff").out
    subprocess.run(["git", "init", "--quiet", "."], cwd=compiled, check=True)
    subprocess.run(["git", "apply", "-"], cwd=compiled, input=patch, text=True, check=True)
    ran = mlsj("-C", compiled, "generate")
    assert re.match(r"Up to date: \d+ files\.\n  wrote  \.mlsj/manifest\.json\n", ran.out)


@pytest.mark.parametrize("fmt", ["github", "sarif"])
def test_drift_in_the_formats_of_machines_points_into_the_file(mlsj, compiled, fmt):
    path = compiled / PAGE
    path.write_text(path.read_text().replace("\n", "\nmine\n", 3))
    ran = mlsj("-C", compiled, "generate", "--check", "--format", fmt)
    assert (ran.code, ran.err) == (1, "")
    if fmt == "github":
        assert ran.out.startswith(f"::error file={PAGE},line=2,col=1,title=MLSJ-O003::")
    else:
        (result,) = json.loads(ran.out)["runs"][0]["results"]
        place = result["locations"][0]["physicalLocation"]
        assert result["ruleId"] == "MLSJ-O003"
        assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (PAGE, 2)


def test_json_of_a_run_that_writes(mlsj, tiny, repository):
    found = document(mlsj("-C", tiny, "generate", "--format", "json").out, repository)
    assert (found["outcome"], found["manifest"]) == ("written", "differs")
    assert {file["change"] for file in found["files"]} == {"create"}
    (tiny / PAGE).write_text("mine\n")
    found = document(mlsj("-C", tiny, "generate", "--format", "json").out, repository)
    (file,) = found["files"]
    assert (file["change"], file["path"], file["origin"]) == ("edited", PAGE, "lessons/1-1")
    assert (tiny / file["saved"]).read_text() == "mine\n"
    assert [(d["code"], d["severity"]) for d in found["diagnostics"]] == [("MLSJ-O003", "warning")]
    found = document(mlsj("-C", tiny, "generate", "--format", "json").out, repository)
    assert (found["outcome"], found["files"], found["diagnostics"]) == ("up-to-date", [], [])
    edit(tiny, "title: Say hello", "tittle: Say hello")
    found = document(mlsj("-C", tiny, "generate", "--format", "json").out, repository)
    assert (found["outcome"], found["files"]) == ("refused", [])


def test_edits_by_hand_are_saved_and_named(mlsj, compiled):
    (compiled / PAGE).write_text("mine\n")
    ran = mlsj("-C", compiled, "generate")
    assert ran.code == 0
    (copy,) = re.findall(r"\.mlsj/cache/replaced/\S+", ran.err)
    assert (compiled / copy).read_text() == "mine\n"
    assert mlsj("-C", compiled, "generate", "--check").code == 0


def test_only(mlsj, tiny):
    ran = mlsj("-C", tiny, "generate", "--only", "stacks/*")
    assert ran.out == "Created 1 file in stacks/.\n"
    assert [p for p in tracked(tiny) if p.startswith(("generated", "stacks", "schema"))] == [STACK]
    assert mlsj("-C", tiny, "generate", "--check", "--only", "stacks/*").code == 0
    assert mlsj("-C", tiny, "generate", "--check").code == 1
    ran = mlsj("-C", tiny, "generate", "--only", "nothing/*")
    assert ran.code == 2
    assert "no generated file has such a path" in ran.err


def test_only_does_not_stamp(mlsj, compiled):
    (compiled / STAMP).unlink()
    mlsj("-C", compiled, "generate", "--only", "stacks/*")
    assert stamp.up_to_date(str(compiled)) is None


def test_a_conflict_in_the_manifest_is_healed(mlsj, compiled):
    wanted = tracked(compiled)
    raw = (compiled / MANIFEST).read_bytes()
    (compiled / MANIFEST).write_bytes(b"<<<<<<< ours\n" + raw + b"=======\n" + raw + b">>>>>>> theirs\n")
    assert mlsj("-C", compiled, "generate", "--check").code == 1
    ran = mlsj("-C", compiled, "generate")
    assert ran.code == 0
    assert f"{MANIFEST}:1:1: warning[MLSJ-O002]" in ran.err
    assert tracked(compiled) == wanted


def test_a_removed_lesson_goes_and_the_learners_work_stays(mlsj, compiled):
    (compiled / "work/2-1").mkdir(parents=True)
    (compiled / "work/2-1/mine.py").write_text("mine\n")
    text = (compiled / "curriculum.yaml").read_text()
    start = text.index('  - id: "2"') if '  - id: "2"' in text else text.index("  - id: '2'")
    (compiled / "curriculum.yaml").write_text(text[:start])
    ran = mlsj("-C", compiled, "generate")
    assert ran.code == 0, ran.err
    assert "  deleted  generated/lessons/2-1/README.md\n" in ran.out
    assert not (compiled / "generated/lessons/2-1").exists()
    assert (compiled / "work/2-1/mine.py").read_text() == "mine\n"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_an_error_of_the_disk_is_one_line_with_the_path(mlsj, tiny, monkeypatch, code):
    real = os.replace

    def refuse(source, target):
        if str(target).endswith(STACK):
            raise OSError(code, os.strerror(code), source)
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    ran = mlsj("-C", tiny, "generate")
    assert ran.code == 3
    assert ran.err.startswith(f"error: {STACK}: {os.strerror(code)}\n  help: no file is half-written")
    assert "Traceback" not in ran.err
    monkeypatch.undo()
    assert mlsj("-C", tiny, "generate").code == 0
    assert mlsj("-C", tiny, "generate", "--check").code == 0


def test_two_at_once_are_safe(tiny):
    command = [sys.executable, "-m", "mlsj", "-C", str(tiny), "generate"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], said
    outs = sorted(out.split()[0] for out, _ in said)
    assert outs == ["Created", "Up", "Up"]
    assert all(err in ("", "Waiting for another 'mlsj generate' in this course …\n") for _, err in said)


def test_without_a_course_it_is_a_wrong_command_line(mlsj, tmp_path):
    ran = mlsj("-C", tmp_path, "generate")
    assert ran.code == 2
    assert "no curriculum.yaml" in ran.err
    assert mlsj("-C", tmp_path / "absent", "generate").code == 2


def test_an_unreadable_zone_is_an_error_not_a_traceback(mlsj, compiled, monkeypatch):
    real = os.scandir

    def refuse(path):
        if str(path).endswith("generated/lessons"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    for args in ([], ["--check"]):
        ran = mlsj("-C", compiled, "generate", *args)
        assert ran.code == 3
        assert "generated/lessons: Permission denied" in ran.err
