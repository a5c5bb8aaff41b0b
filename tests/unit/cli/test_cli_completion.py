"""Shell completion: scripts that shells accept, commands from the table, lesson ids from the curriculum."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Mlsj, edit

from mlsj.cli.main import COMMANDS


def complete(cwd: Path, words: str, *, reader: str = "bash", last: str = "") -> list[str]:
    """Return what completion offers for the word after `words`, of which `last` is typed already."""
    typed = f"{words} {last}".strip()
    environment = {**os.environ, "_MLSJ_COMPLETE": f"{reader}_complete", "COMP_WORDS": typed}
    environment["COMP_CWORD"] = last if reader == "fish" else str(len(words.split()))
    ran = subprocess.run(
        [sys.executable, "-m", "mlsj"], env=environment, cwd=cwd, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    return [line for line in ran.stdout.splitlines() if line]


SHELLS = ["bash", *(pytest.param(name, marks=pytest.mark.needs(name)) for name in ("zsh", "fish"))]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_accepts_its_script(mlsj: Mlsj, tmp_path: Path, shell: str) -> None:
    ran = mlsj("completion", shell)
    assert ran.code == 0
    assert "_MLSJ_COMPLETE" in ran.out
    script = tmp_path / "script"
    script.write_text(ran.out, encoding="utf-8")
    checked = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_bash_completes_through_the_script(mlsj: Mlsj, fresh: Path, tmp_path: Path) -> None:
    """As a terminal does it: the script is loaded, its function called, the answer read."""
    launcher = tmp_path / "bin" / "mlsj"
    launcher.parent.mkdir()
    launcher.write_text(f'#!/bin/sh\nexec {sys.executable} -m mlsj "$@"\n', encoding="utf-8")
    launcher.chmod(0o755)
    (tmp_path / "script").write_text(mlsj("completion", "bash").out, encoding="utf-8")
    program = (
        "source $1; COMP_WORDS=(mlsj show 1); COMP_CWORD=2; "
        "$(complete -p mlsj | sed 's/.*-F \\([^ ]*\\).*/\\1/') mlsj 1 show; echo ${COMPREPLY[@]}"
    )
    ran = subprocess.run(
        ["bash", "-c", program, "bash", str(tmp_path / "script")],
        env={**os.environ, "PATH": f"{launcher.parent}:{os.environ['PATH']}"},
        cwd=fresh,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("1-1 1-2\n", "")


def test_commands_come_from_the_table(tmp_path: Path) -> None:
    assert complete(tmp_path, "mlsj") == [f"plain,{name}" for name in COMMANDS]
    assert complete(tmp_path, "mlsj", last="sh") == ["plain,show"]


@pytest.mark.parametrize("command", ["show", "start", "check"])
def test_lesson_ids_come_from_the_curriculum(fresh: Path, command: str) -> None:
    assert complete(fresh, f"mlsj {command}") == ["plain,1-1", "plain,1-2"]
    assert complete(fresh / "templates", f"mlsj {command}", last="1-2") == ["plain,1-2"]


def test_the_folder_named_with_c_is_looked_at(fresh: Path, tmp_path: Path) -> None:
    assert complete(tmp_path, f"mlsj -C {fresh} show") == ["plain,1-1", "plain,1-2"]


def test_shells_that_show_help_get_the_titles(fresh: Path) -> None:
    assert complete(fresh, "mlsj show", reader="zsh") == [
        "plain",
        "1-1",
        "Add up numbers",
        "plain",
        "1-2",
        "Your next lesson",
    ]
    assert complete(fresh, "mlsj show", reader="fish") == ["plain,1-1\tAdd up numbers", "plain,1-2\tYour next lesson"]


def test_ids_are_offered_while_the_spec_is_wrong(fresh: Path) -> None:
    edit(fresh, "needs: [1-1]", "needs: [nowhere]")
    assert complete(fresh, "mlsj show") == ["plain,1-1", "plain,1-2"]


@pytest.mark.parametrize(
    "text", ["", "a: [", "modules: 3", "modules: [{lessons: [7]}]", "modules: [{}]", "\x00", "- a"]
)
def test_nothing_is_offered_and_said_where_nothing_can_be_read(fresh: Path, text: str) -> None:
    (fresh / "curriculum.yaml").write_text(text, encoding="utf-8")
    assert complete(fresh, "mlsj show") == []


def test_outside_of_a_course_there_are_no_ids(tmp_path: Path) -> None:
    assert complete(tmp_path, "mlsj show") == []


def test_choices_of_options_are_completed(fresh: Path) -> None:
    assert complete(fresh, "mlsj list --status") == ["plain,ready", "plain,draft"]


def test_an_unknown_shell_is_a_usage_error(mlsj: Mlsj) -> None:
    assert mlsj("completion", "tcsh").code == 2
