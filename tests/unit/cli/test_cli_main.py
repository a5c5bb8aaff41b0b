"""The command line as a whole: quick help, helpful errors, and exit codes that mean one thing each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest
from command_line import Mlsj, edit

from mlsj import __version__
from mlsj.cli import exits, list_
from mlsj.cli.main import COMMANDS, cli

HEAVY = {"yaml", "msgspec", "jinja2", "jsonschema_rs", "cookiecutter", "ruamel"}
MLSJ = [sys.executable, "-m", "mlsj"]


def commands() -> dict[str, click.Command]:
    """Every command by its words, with those of groups: {"new lesson": …}."""
    found: dict[str, click.Command] = {}
    with click.Context(cli) as ctx:
        for name in COMMANDS:
            command = cli.get_command(ctx, name)
            assert command is not None
            found[name] = command
            if isinstance(command, click.Group):
                found |= {f"{name} {sub}": inner for sub, inner in command.commands.items()}
    return found


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["--version"], *([name, "--help"] for name in COMMANDS)], ids=" ".join
)
def test_help_imports_no_library_of_the_compiler(arguments: list[str]) -> None:
    program = (
        "import sys, atexit; from mlsj.cli.main import main\n"
        f"atexit.register(lambda: print('heavy:', *sorted({HEAVY!r} & set(sys.modules))))\n"
        f"main({arguments!r})"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[-1] == "heavy:"


def test_every_command_has_help_with_examples(mlsj: Mlsj) -> None:
    for words, command in commands().items():
        ran = mlsj(*words.split(), "--help")
        assert (ran.code, ran.err) == (0, ""), words
        assert "Examples:\n" in ran.out, words
        assert f"mlsj {words}" in ran.out.split("Examples:\n")[1], words
        assert command.help, words
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{words} {option.opts}"


def test_help_lists_every_command_with_its_line(mlsj: Mlsj) -> None:
    out = " ".join(mlsj("--help").out.split())
    for name, (_, text) in COMMANDS.items():
        assert f"{name} {text}" in out


def test_version(mlsj: Mlsj) -> None:
    assert mlsj("--version").out == f"mlsj, version {__version__}\n"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("generat", "Did you mean 'generate'?"),
        ("lst", "Did you mean 'list'?"),
        ("zzzzz", "'mlsj --help' lists them."),
    ],
)
def test_an_unknown_command_is_answered_with_the_nearest(mlsj: Mlsj, given: str, says: str) -> None:
    ran = mlsj(given)
    assert (ran.code, ran.out) == (2, "")
    assert f"No such command '{given}'. {says}" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["list"], exits.OK),
        (["show", "1-1"], exits.OK),
        (["lock", "--check"], exits.OK),
        (["migrate"], exits.OK),
        (["validate"], exits.OK),
        (["completion", "fish"], exits.OK),
        (["list", "--status", "done"], exits.USAGE),
        (["list", "surplus"], exits.USAGE),
        (["list", "--no-such-option"], exits.USAGE),
        (["show"], exits.USAGE),
        (["show", "9-9"], exits.USAGE),
        (["check", "9-9"], exits.USAGE),
        (["start", "9-9"], exits.USAGE),
        (["lock", "nothing"], exits.USAGE),
        (["new", "lesson", "1-1"], exits.USAGE),
        (["new", "course", "templates"], exits.USAGE),
        (["completion", "csh"], exits.USAGE),
        (["check", "1-2"], exits.NOT_JUDGED),
    ],
)
def test_exit_codes_of_a_sound_course(mlsj: Mlsj, fresh: Path, arguments: list[str], code: int) -> None:
    assert mlsj("-C", fresh, *arguments).code == code


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["show", "1-1"],
        ["validate"],
        ["generate"],
        ["check", "1-1"],
        ["start", "1-1"],
        ["new", "lesson", "1-3"],
    ],
)
def test_a_broken_course_is_exit_1_for_every_command(mlsj: Mlsj, fresh: Path, arguments: list[str]) -> None:
    edit(fresh, "needs: [1-1]", "needs: [nowhere]")
    ran = mlsj("-C", fresh, *arguments)
    assert ran.code == exits.FAILED
    assert "error[MLSJ-R" in ran.err


def broken(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def callback(**_: Any) -> None:
        raise error

    monkeypatch.setattr(list_.command, "callback", callback)


def test_a_bug_is_called_one_and_shows_its_traceback_on_demand(mlsj: Mlsj, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, KeyError("who"))
    monkeypatch.delenv("MLSJ_DEBUG", raising=False)
    ran = mlsj("list")
    assert (ran.code, ran.out) == (exits.NOT_JUDGED, "")
    assert ran.err.startswith("This is a bug in mlsj, not in your course or your work: KeyError: 'who'\n")
    assert "Traceback" not in ran.err
    monkeypatch.setenv("MLSJ_DEBUG", "1")
    assert "Traceback (most recent call last)" in mlsj("list").err


def test_an_error_of_the_machine_names_the_place(mlsj: Mlsj, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, PermissionError(13, "Permission denied", "/some/place"))
    ran = mlsj("list")
    assert (ran.code, ran.err) == (exits.NOT_JUDGED, "error: /some/place: Permission denied\n")


def test_control_c_leaves_as_signals_do(mlsj: Mlsj, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(monkeypatch, KeyboardInterrupt())
    ran = mlsj("list")
    assert ran.code == 130
    assert ran.err.strip() == "Stopped."


def test_a_real_control_c_shows_no_traceback(tmp_path: Path) -> None:
    """The signal arrives while a real process waits, here for uv."""
    slow = tmp_path / "uv"
    slow.write_text(f"#!/bin/sh\ntouch {tmp_path}/waiting\nexec sleep 30\n", encoding="utf-8")
    slow.chmod(0o755)
    assert (
        subprocess.run([*MLSJ, "new", "course", str(tmp_path / "c")], capture_output=True, check=False).returncode == 0
    )
    edit(tmp_path / "c", "modules:\n", "environments:\n  dvc: {python: [dvc==3.67.1]}\nmodules:\n")
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    running = subprocess.Popen(
        [*MLSJ, "-C", str(tmp_path / "c"), "lock"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 20
    while not (tmp_path / "waiting").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert err.rstrip().endswith("Stopped.")
    assert "Traceback" not in err
    assert not (tmp_path / "c" / "locks").exists()


@pytest.mark.parametrize("arguments", [["list"], ["--help"], ["show", "1-1"]])
def test_a_closed_pipe_is_quiet(fresh: Path, arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ran = subprocess.run(
            [*MLSJ, *arguments], cwd=fresh, stdout=writer, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(writer)
    assert (ran.returncode, ran.stderr) == (141, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_are_no_error(fresh: Path, closed: str) -> None:
    command = ["sh", "-c", f'"$@" {closed}', "sh", *MLSJ, "list"]
    ran = subprocess.run(command, cwd=fresh, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_an_encoding_without_the_letters_is_no_error(fresh: Path) -> None:
    edit(fresh, "title: Add up numbers", "title: Zahlen für 数")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ran = subprocess.run([*MLSJ, "list"], cwd=fresh, env=environment, capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert b"Zahlen f?r ?" in ran.stdout
