"""What a change touches: never too little, and for the common cases not too much."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from tiny_course import GPU_RUNNERS, TINY, tiny, with_gpu

from mlsj.cli.main import cli
from mlsj.render.touched import Touched, outputs, plan, touched
from mlsj.spec.load import Loaded
from mlsj.spec.model import Curriculum

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "formats" / "plan.schema.json").read_text())


def course(loaded: Loaded) -> Curriculum:
    assert loaded.curriculum is not None
    return loaded.curriculum


def after(paths: list[str], now: Loaded | None = None, before: Loaded | None = None) -> Touched:
    now = now or tiny()
    return touched(course(now), paths, (before or tiny()).source.data, now.source.data)


@pytest.mark.parametrize(
    ("path", "lessons"),
    [
        ("templates/lessons/1-1/greet.py", {"1-1"}),
        ("templates/lessons/1-2/variants/stub/x.bin", {"1-2"}),
        ("work/1-2/count.py", {"1-2"}),
        ("notes/2-1.md", {"2-1"}),
        (".mlsj/base/1-1/note.md", {"1-1"}),
        ("work/gone/count.py", set()),
        *((path, set()) for path in ("README.md", "docs/a/b.md", "generated/README.md", "notes/README.md")),
        *((path, set()) for path in ("templates/pages/lesson.md.j2", ".mlsj/manifest.json", "tests/test_x.py")),
        *((path, None) for path in ("Makefile", "pyproject.toml", "generator/mlsj/kinds/file.py", "site.yaml")),
        *((path, None) for path in ("templates/shared/x.py", "templates/ci/actions.yaml", ".github/workflows/ci.yml")),
        *((path, None) for path in ("locks/tool.txt", "kernels/common.cuh", "templates/lessons/1-10/x.py")),
    ],
)
def test_a_path_touches_its_lesson_or_nothing_or_everything(path: str, lessons: set[str] | None) -> None:
    assert after([path]).lessons == lessons


@pytest.mark.parametrize(
    ("was", "now", "lessons"),
    [
        ("min_words: 8", "min_words: 9", {"1-1"}),
        ("title: Say hello", "title: Say hi", {"1-1"}),
        ("memory_mib: 128", "memory_mib: 129", {"2-1"}),
        ("services: [redis]", "services: [redis]  # a comment", set()),
        ("title: A tiny course", "title: A small course", set()),
        ("hours: 2", "hours: 2.25", set()),
        ("modules:\n", GPU_RUNNERS, set()),
        ("        stack: cache\n", "", {"2-1"}),
    ],
)
def test_a_change_of_the_spec_touches_the_lessons_that_depend_on_it(was: str, now: str, lessons: set[str]) -> None:
    assert after(["curriculum.yaml"], tiny((was, now))).lessons == lessons
    assert after(["curriculum.yaml"], before=tiny((was, now))).lessons == lessons


def test_a_lock_touches_the_lessons_of_its_environment() -> None:
    loaded = tiny(
        ("services:\n", "environments:\n  tools: {python: [x]}\nservices:\n"),
        (
            "        sources: templates/lessons/1-2\n",
            "        sources: templates/lessons/1-2\n        environment: tools\n",
        ),
    )
    assert after(["locks/tools.txt"], loaded, loaded).lessons == {"1-2"}


@pytest.mark.parametrize("before", [None, [], {"modules": 3}, {"modules": [{"lessons": [{"title": "x"}]}]}, "text"])
def test_a_spec_that_cannot_be_compared_touches_everything(before: Any) -> None:
    loaded = tiny()
    found = touched(course(loaded), ["README.md", "curriculum.yaml"], before, loaded.source.data)
    assert found == Touched(None, "curriculum.yaml cannot be compared with its earlier version")


def test_lessons_go_to_the_jobs_of_their_class() -> None:
    loaded = with_gpu()
    found = plan(course(loaded), loaded.site, "main", Touched(None, "all"))
    assert (found.cpu, found.gpu, found.drafts, found.gpu_elsewhere) == (["1-1", "1-2"], ["1-2"], ["2-1"], [])
    assert found.jobs == {"cpu": ["1-1", "1-2"], "gpu": ["1-2"]}
    assert outputs(found) == 'cpu=["1-1", "1-2"]\ngpu=["1-2"]\ngpu_elsewhere=[]'
    without = plan(course(loaded), tiny().site, "main", Touched(frozenset({"1-2"}), "one"))
    assert (without.jobs, without.gpu_elsewhere) == ({"cpu": ["1-2"]}, ["1-2"])


# The command, in a repository.


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.invalid", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    import shutil

    root = tmp_path / "a repository" / "course"
    shutil.copytree(TINY, root)
    git(root.parent, "init")
    git(root.parent, "add", "-A")
    git(root.parent, "commit", "-m", "begin")
    return root


def run(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), "plan", *arguments], prog_name="mlsj", catch_exceptions=False)


def planned(root: Path, since: str) -> dict[str, Any]:
    result = run(root, "--since", since, "--format", "json")
    assert result.exit_code == 0, result.output
    data: dict[str, Any] = json.loads(result.stdout)
    jsonschema.validate(data, SCHEMA)
    return data


@pytest.mark.needs("git")
def test_the_command_sees_committed_changed_and_new_files(repository: Path) -> None:
    assert planned(repository, "HEAD")["cpu"] == []
    source = repository / "templates/lessons/1-1/greet.py"
    source.write_text(source.read_text() + "# changed\n")
    assert planned(repository, "HEAD")["cpu"] == ["1-1"]
    (repository / "templates/lessons/1-2/né w.txt").write_text("new\n")
    found = planned(repository, "HEAD")
    assert (found["cpu"], found["reason"], found["everything"]) == (["1-1", "1-2"], "2 files changed", False)
    git(repository, "add", "-A")
    git(repository, "commit", "-m", "change")
    assert planned(repository, "HEAD")["cpu"] == []
    assert planned(repository, "HEAD~1")["cpu"] == ["1-1", "1-2"]


@pytest.mark.needs("git")
def test_the_command_compares_the_spec_with_its_earlier_version(repository: Path) -> None:
    spec = repository / "curriculum.yaml"
    spec.write_text(spec.read_text().replace("Increment a counter without", "Increment one counter without"))
    found = planned(repository, "main")
    assert (found["cpu"], found["drafts"]) == ([], ["2-1"])
    git(repository, "commit", "-am", "change")
    spec.write_text("\n" + spec.read_text())
    found = planned(repository, "HEAD")
    assert (found["cpu"], found["drafts"], found["everything"]) == ([], [], False)


@pytest.mark.needs("git")
@pytest.mark.parametrize("since", ["nowhere", "--version", "-x", "0" * 40, "main:curriculum.yaml", ""])
def test_an_unknown_commit_plans_everything_and_says_why(repository: Path, since: str) -> None:
    found = planned(repository, since)
    assert (found["cpu"], found["everything"]) == (["1-1", "1-2"], True)
    assert found["reason"] in (f"the commit '{since}' is not known here", "no commit to compare with was given")
    text = run(repository, "--since", since).stdout
    assert f"every lesson: {found['reason']}\n- judge: 1-1, 1-2\n- drafts, not judged: 2-1\n" in text


@pytest.mark.needs("git")
def test_no_repository_plans_everything(tmp_path: Path) -> None:
    import shutil

    shutil.copytree(TINY, tmp_path / "course")
    found = planned(tmp_path / "course", "HEAD")
    assert (found["everything"], found["reason"]) == (True, "this is not a git repository, or git is missing")


@pytest.mark.needs("git")
def test_outputs_for_the_workflow_are_one_a_line(repository: Path) -> None:
    result = run(repository, "--since", "HEAD", "--format", "github")
    assert (result.exit_code, result.stdout) == (0, "cpu=[]\ngpu_elsewhere=[]\n")
