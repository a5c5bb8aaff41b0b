"""A learner's fork that pulls the course's changes: git clone, start, work, upstream changes, pull, update, check."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlsj.cli.main import cli

pytestmark = pytest.mark.needs("git")


def mlsj(root: Path, *args: str) -> Result:
    return CliRunner().invoke(cli, ["-C", str(root), *args], prog_name="mlsj", catch_exceptions=False)


@pytest.fixture
def git(tmp_path: Path):
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n name = A\n email = a@example.invalid\n[init]\n defaultBranch = main\n")
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env = {**outside, "GIT_CONFIG_GLOBAL": str(config), "GIT_CONFIG_NOSYSTEM": "1"}

    def run(root: Path, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=root, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, path
    path.write_text(text.replace(old, new))


def test_a_fork_pulls_the_course_and_keeps_its_work(tiny_generated: Path, tmp_path: Path, git) -> None:
    upstream, fork = tiny_generated, tmp_path / "fork"
    (upstream / ".gitignore").write_text(".mlsj/cache/\n.mlsj/run/\n.mlsj/envs/\n.mlsj/evidence/\n")
    git(upstream, "init", "--quiet")
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "-m", "The course")
    git(tmp_path, "clone", "--quiet", str(upstream), str(fork))

    # The learner begins, solves and commits.
    assert mlsj(fork, "start", "1-1").exit_code == 0
    greet, people, note = fork / "work/1-1/greet.py", fork / "work/1-1/people.txt", fork / "notes/1-1.md"
    replace(greet, '    sys.exit("greet.py does not greet yet")', '    return f"Hello, {name}!"')
    people.write_text("Ada\nGrace\n")
    note.write_text(note.read_text() + "\n- the first word of the list is the program itself, which I did not expect\n")
    assert mlsj(fork, "check", "1-1").exit_code == 0
    git(fork, "add", "--all")
    git(fork, "commit", "--quiet", "-m", "My work on 1-1")

    # Upstream mends the stub, adds a file to it, and words a criterion anew.
    source = upstream / "templates/lessons/1-1/greet.py"
    replace(source, '"""Greet the person named on the command line."""', '"""Greet whoever is named."""')
    replace(source, "    print(greeting(sys.argv[1]))", "    print(greeting(*sys.argv[1:2]))")
    (source.parent / "README.txt").write_text("Begin with greet.py.\n")
    replace(upstream / "curriculum.yaml", "names at least two people, one a line", "names two people or more")
    assert mlsj(upstream, "generate").exit_code == 0
    git(upstream, "add", "--all")
    git(upstream, "commit", "--quiet", "-m", "A better stub")

    git(fork, "pull", "--quiet", "--no-rebase", "--no-edit")
    assert not git(fork, "status", "--short")
    assert mlsj(fork, "update", "--check").exit_code == 1
    done = mlsj(fork, "update")
    assert done.exit_code == 0, done.stdout
    assert "  created     work/1-1/README.txt" in done.stdout
    assert "  merged      work/1-1/greet.py" in done.stdout
    text = greet.read_text()
    assert '"""Greet whoever is named."""' in text
    assert 'return f"Hello, {name}!"' in text
    assert "*sys.argv[1:2]" in text
    assert (fork / "work/1-1/README.txt").read_text() == "Begin with greet.py.\n"
    assert people.read_text() == "Ada\nGrace\n"
    checked = mlsj(fork, "check", "1-1")
    assert checked.exit_code == 0, checked.output
    assert "names two people or more" in checked.stdout

    # What is to be committed is the learner's zone alone, and afterwards there is nothing to do.
    changed = {line[3:] for line in git(fork, "status", "--short", "--untracked-files=all").splitlines()}
    assert changed == {
        "work/1-1/greet.py",
        "work/1-1/README.txt",
        ".mlsj/base/1-1/work/greet.py",
        ".mlsj/base/1-1/work/README.txt",
    }
    git(fork, "add", "--all")
    git(fork, "commit", "--quiet", "-m", "Take over the course")
    assert mlsj(fork, "update").stdout == "1 lesson unchanged\n"
    assert not git(fork, "status", "--short")
