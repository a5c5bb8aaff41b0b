"""What judged programs see and reach: the plan as a pure function, and real programs inside the sandbox."""

# ruff: noqa: S108 - the private /tmp is what is tested
from __future__ import annotations

import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from launching import PYTHON, Bench, bwrap

from mlsj.kinds.base import ProgramMissing
from mlsj.verify import isolation
from mlsj.verify import run as runner
from mlsj.verify.isolation import IsolationBroken, Launch, Limits, Link, View, sandboxed, views, visible

P = Path
SCRATCH = P("/tmp/s")


def seen(**fields: object) -> dict[Path, View | Link]:
    hidden = fields.pop("plain_hidden", (P("/tmp"), P("/run"), P("/home/u")))
    implied = fields.pop("implied", ())
    links = fields.pop("links", None)
    launch = Launch(scratch=SCRATCH, **fields)  # type: ignore[arg-type]
    return views(launch, implied=implied, hidden=hidden, links=links)  # type: ignore[arg-type]


def test_scratch_is_writable_but_for_what_is_fixed() -> None:
    found = seen()
    assert found[SCRATCH] is View.WRITE
    assert {name: found[SCRATCH / name] for name in ("bin", "note.md", "gitconfig")} == dict.fromkeys(
        ("bin", "note.md", "gitconfig"), View.READ
    )
    assert visible(found, SCRATCH / "work/a.py")
    assert not visible(found, P("/tmp/other"))
    assert not visible(found, P("/home/u/.ssh/id"))
    assert visible(found, P("/usr/bin/git"))


def test_the_nearest_above_a_path_decides() -> None:
    root = P("/home/u/course")
    found = seen(hidden=(root,), readable=(root / ".mlsj/envs/dvc", root / "kernels/x"))
    assert visible(found, root / ".mlsj/envs/dvc/bin/dvc")
    assert visible(found, root / "kernels/x/a.cu")
    assert not visible(found, root / ".mlsj/evidence/1-1/a.json")
    assert not visible(found, root / "curriculum.yaml")
    assert root not in found  # HOME above it is hidden already


def test_what_is_implied_shows_through_but_uncovers_nothing() -> None:
    home = P("/home/u")
    found = seen(implied=(P("/usr/bin"), home / ".local/bin", home, P("/home"), SCRATCH / "bin"))
    assert found[home / ".local/bin"] is View.READ
    assert found[home] is View.HIDDEN
    assert P("/usr/bin") not in found
    assert P("/home") not in found
    assert not visible(found, home / ".ssh")


def test_what_is_asked_for_wins_over_what_is_hidden() -> None:
    found = seen(hidden=(P("/data"), SCRATCH / "private"), readable=(P("/data"),), writable=(P("/run/here"),))
    assert P("/data") not in found  # readable, as the root is
    assert found[P("/run/here")] is View.WRITE
    assert not visible(found, SCRATCH / "private/judge.py")


def test_the_whole_system_cannot_be_hidden() -> None:
    assert P("/") not in seen(hidden=(P("/"),))


def test_links_are_made_anew_where_their_directory_is_hidden() -> None:
    found = seen(
        implied=(P("/home/u/py/3.11.7"),),
        links={
            P("/home/u/py/3.11"): "3.11.7",
            P("/usr/bin/python3"): "python3.11",
            P("/home/u/py/3.11.7/bin/python"): "x",
        },
    )
    assert found[P("/home/u/py/3.11")] == Link("3.11.7")
    assert {path for path, view in found.items() if isinstance(view, Link)} == {P("/home/u/py/3.11")}


def test_the_command_line() -> None:
    command = sandboxed(
        "/usr/bin/bwrap",
        ["python3", "-c", "x"],
        seen={
            P("/home/u/f"): View.HIDDEN,
            SCRATCH / "bin": View.READ,
            SCRATCH: View.WRITE,
            P("/tmp"): View.HIDDEN,
            P("/home/u"): View.HIDDEN,
            P("/home/u/py"): Link("py3"),
        },
        cwd=SCRATCH / "work",
        env={"A": "1", "LD_PRELOAD": "evil.so"},
        network=False,
        files=frozenset({P("/home/u/f")}),
        devices=[P("/dev/nvidia0")],
    )
    text = " ".join(command)
    assert command[0] == "/usr/bin/bwrap"
    for part in ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop ALL", "--json-status-fd 197"):
        assert f" {part} " in text
    assert "--share-net" not in text
    # The parent comes before what lies in it, and sealing last of all mounts.
    order = [
        "--ro-bind / /",
        "--proc /proc --dev /dev",
        "--dev-bind-try /dev/nvidia0 /dev/nvidia0",
        f"--size {isolation.PRIVATE_TMP_BYTES} --perms 1777 --tmpfs /tmp",
        "--tmpfs /home/u",
        "--bind /tmp/s /tmp/s",
        "--ro-bind /dev/null /home/u/f",
        "--symlink py3 /home/u/py",
        "--ro-bind-try /tmp/s/bin /tmp/s/bin",
        "--remount-ro /home/u",
        "--clearenv --setenv A 1 --setenv LD_PRELOAD evil.so --chdir /tmp/s/work -- python3 -c x",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "--remount-ro /tmp" not in text


def test_a_network_is_shared_when_the_lesson_declares_it() -> None:
    command = sandboxed("bwrap", ["a"], seen={}, cwd=P("/"), env={}, network=True)
    assert command[1:3] == ["--unshare-all", "--share-net"]


def test_links_are_followed_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "real/bin").mkdir(parents=True)
    (tmp_path / "real/bin/python").touch()
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to(tmp_path / "three/../real")
    (tmp_path / "three").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    links: dict[Path, str] = {}
    found = isolation._resolved([tmp_path / "one/bin/python", tmp_path / "loop", tmp_path / "absent"], links)
    assert found == [tmp_path / "real/bin/python"]
    assert links == {tmp_path / "one": "two", tmp_path / "two": f"{tmp_path}/three/../real"}


def test_the_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "bubblewrap", lambda: isolation.Found("/bwrap", "bubblewrap 9", ""))
    auto = Launch(scratch=tmp_path)
    assert isolation.sandbox(auto).version == "bubblewrap 9"
    monkeypatch.setenv("MLSJ_ISOLATION", "process")
    assert isolation.sandbox(auto) == isolation.Found("", "", "it was asked for")
    assert isolation.sandbox(Launch(scratch=tmp_path, mode="bubblewrap")).program == "/bwrap"
    monkeypatch.setenv("MLSJ_ISOLATION", "docker")
    with pytest.raises(IsolationBroken, match="MLSJ_ISOLATION is 'docker'; it may be one of auto, process, bubblewrap"):
        isolation.sandbox(auto)


def test_a_sandbox_that_does_not_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create a new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    isolation.bubblewrap.cache_clear()
    try:
        why = "bubblewrap does not work here: No permissions to create a new namespace"
        words = runner.isolation(Launch(scratch=tmp_path))
        assert (words["backend"], words["why"], words["network"]) == ("process", why, "the host's")
        with pytest.raises(IsolationBroken, match=why):
            runner.isolation(Launch(scratch=tmp_path, mode="bubblewrap"))
        broken.unlink()
        isolation.bubblewrap.cache_clear()
        assert runner.isolation(Launch(scratch=tmp_path))["why"] == "bubblewrap is not installed"
    finally:
        isolation.bubblewrap.cache_clear()


@bwrap
def test_what_is_in_force_is_said(tmp_path: Path) -> None:
    words = runner.isolation(Launch(scratch=tmp_path, limits=Limits(memory_bytes=2**30), mode="bubblewrap"))
    assert words["backend"].startswith("bubblewrap 0.")
    assert "why" not in words
    assert words["memory"] == "sampled over the process tree, at most 1024 MiB"
    assert (words["network"], words["subreaper"]) == ("none", "yes")
    assert runner.isolation(Launch(scratch=tmp_path, network=True, mode="bubblewrap"))["network"] == "the host's"
    assert {"processes", "output", "disk"} < words.keys()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The learner's own HOME, with secrets; in it lies the course."""
    place = tmp_path / "home-of-user"
    for name in (".ssh", "bin", "course/.mlsj/evidence", "course/.mlsj/envs/e/bin", "course/templates/lessons/1-1"):
        (place / name).mkdir(parents=True)
    (place / ".ssh/id").write_text("SECRET")
    (place / "course/.mlsj/evidence/a.json").write_text("SECRET")
    (place / "course/templates/lessons/1-1/judge.py").write_text("SECRET")
    (place / "course/.mlsj/envs/e/bin/tool").write_text("#!/bin/sh\necho tool\n")
    (place / "course/.mlsj/envs/e/bin/tool").chmod(0o755)
    (place / "bin/own").write_text("#!/bin/sh\necho own\n")
    (place / "bin/own").chmod(0o755)
    monkeypatch.setenv("HOME", str(place))
    return place


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, "bubblewrap")
    yield made
    assert made.left() == []


@bwrap
def test_it_reads_no_secrets_by_any_way(bench: Bench, home: Path, tmp_path: Path) -> None:
    (bench.work / "out").symlink_to(home / ".ssh/id")
    (bench.work / "up").symlink_to("../../home-of-user")
    paths = [
        str(home / ".ssh/id"),
        "out",
        "up/.ssh/id",
        f"/proc/1/root{home}/.ssh/id",
        f"/proc/self/root{home}/.ssh/id",
        f"/proc/self/cwd/../../{home.name}/.ssh/id",
        str(home / "course/.mlsj/evidence/a.json"),
        str(home / "course/templates/lessons/1-1/judge.py"),
    ]
    ran = bench.run("sh", "-c", f"for p in {' '.join(paths)}; do cat $p; done; grep -r SECRET {tmp_path} /tmp", env={})
    assert "SECRET" not in ran.stdout
    assert len(ran.stderr.splitlines()) >= len(paths)


@bwrap
def test_it_writes_nowhere_but_in_scratch(bench: Bench, home: Path) -> None:
    (bench.scratch / "note.md").write_text("note")
    (bench.work / "link").symlink_to(home / "new")
    text = """
    import os, sys
    for path in sys.argv[1:]:
        try:
            open(path, "a").close()
            print("wrote", path)
        except OSError as error:
            pass
    """
    refused = ["/etc/x", "/usr/x", "/x", "/run/x", f"{home}/x", f"{home}/course/x", "link", "../note.md", "../bin/x"]
    refused.append(f"{pwd.getpwuid(os.getuid()).pw_dir}/x")
    name = f"mlsj-{bench.mark}"
    allowed = ["x", "../x", "../tmp/x", f"/tmp/{name}", f"/var/tmp/{name}", f"/dev/shm/{name}", "/dev/null"]
    ran = bench.python(text, *refused, *allowed)
    assert ran.stdout.splitlines() == [f"wrote {path}" for path in allowed]
    assert not [folder for folder in ("/tmp", "/var/tmp", "/dev/shm") if (Path(folder) / name).exists()]
    assert (bench.work / "x").exists()


@bwrap
def test_it_cannot_take_down_its_walls(bench: Bench, home: Path) -> None:
    text = (
        f"umount {home}; umount -l /tmp; mount -o remount,rw /; mount --bind / {bench.scratch}/tmp; cat {home}/.ssh/id"
    )
    ran = bench.run("sh", "-c", text)
    assert (ran.exit_code, ran.stdout) == (1, "")
    ran = bench.run("unshare", "-Urm", "sh", "-c", text)
    assert ran.stdout == ""
    assert "CapEff:\t0000000000000000" in bench.run("cat", "/proc/self/status").stdout


@bwrap
def test_it_sees_no_process_but_its_own(bench: Bench) -> None:
    ran = bench.run("sh", "-c", f"ls /proc | grep -c '^[0-9]'; kill -0 {os.getpid()}; kill -9 {os.getppid()}")
    assert int(ran.stdout) < 8
    assert ran.exit_code == 1


@bwrap
def test_path_entries_and_the_environment_are_put_back(bench: Bench, home: Path) -> None:
    course = home / "course"
    environment = course / ".mlsj/envs/e"
    path = os.pathsep.join([str(environment / "bin"), str(home / "bin"), bench.env["PATH"]])
    options = {"hidden": (course,), "readable": (environment,)}
    ran = bench.run("sh", "-c", f"tool && own && ls {home} {course}", env={"PATH": path}, **options)
    assert ran.stdout.split() == ["tool", "own", f"{home}:", "bin", "course", f"{course}:"]
    (home / "elsewhere").write_text("#!/bin/sh\n")
    (home / "elsewhere").chmod(0o755)
    (home / "bin/far").symlink_to(home / "elsewhere")
    with pytest.raises(ProgramMissing, match="which judged programs do not see"):
        bench.run("far", env={"PATH": path})


@bwrap
def test_its_network_is_its_own_unless_declared(bench: Bench) -> None:
    text = """
    import socket, sys
    try:
        socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5).close()
        print("connected")
    except OSError as error:
        print("refused")
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert bench.python(text, port).stdout == "refused\n"
        assert bench.python(text, port, network=True).stdout == "connected\n"
    own = """
    import socket
    server = socket.create_server(("127.0.0.1", 0))
    socket.create_connection(server.getsockname())
    print("its own loopback works")
    """
    assert bench.python(own).stdout == "its own loopback works\n"


def test_unsandboxed_the_network_is_the_host_s_and_so_it_says(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "process")
    with socket.create_server(("127.0.0.1", 0)) as server:
        text = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5); print('connected')"
        assert bench.python(text, str(server.getsockname()[1])).stdout == "connected\n"
    assert runner.isolation(bench.launch())["network"] == "the host's"


@bwrap
def test_memory_in_private_directories_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "PRIVATE_TMP_BYTES", 2**20)
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        ran = bench.run("dd", "if=/dev/zero", f"of={folder}/x", "bs=64K", "count=64")
        assert (ran.exit_code, "No space left" in ran.stderr) == (1, True)


@bwrap
def test_a_preloaded_library_does_not_reach_the_sandbox_itself(bench: Bench) -> None:
    ran = bench.run("sh", "-c", "echo $LD_PRELOAD", env={"LD_PRELOAD": "/nowhere.so"})
    assert ran.stdout == "/nowhere.so\n"
    assert ran.stderr.count("/nowhere.so") == 1  # sh's loader alone; neither bubblewrap's nor its first process's


@bwrap
@pytest.mark.needs("git", "make")
def test_git_and_make_work_inside(bench: Bench) -> None:
    (bench.work / "Makefile").write_text("all: a.txt\n\ta=$$(cat a.txt) && echo made $$a\na.txt:\n\techo text > $@\n")
    config = "git config user.name L && git config user.email l@example.invalid"
    script = f"git init -q . && {config} && git add . && git commit -qm one && git log --format=%s && make -s"
    ran = bench.run("sh", "-c", script)
    assert (ran.exit_code, ran.stdout) == (0, "one\nmade text\n"), ran.stderr
    assert (bench.work / ".git/HEAD").exists()


@bwrap
def test_a_virtual_environment_in_the_hidden_course_works_inside(bench: Bench, home: Path) -> None:
    environment = home / "course/.mlsj/envs/v"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(environment)], check=True)
    site = next((environment / "lib").glob("python*")) / "site-packages"
    (site / "lesson_tool.py").write_text("import sqlite3, ssl\nprint('tool of', __import__('sys').prefix)\n")
    variables = {"PATH": os.pathsep.join([str(environment / "bin"), bench.env["PATH"]])}
    options = {"hidden": (home / "course",), "readable": (environment,)}
    ran = bench.run("python", "-m", "lesson_tool", env=variables, **options)
    assert (ran.exit_code, ran.stdout) == (0, f"tool of {environment}\n"), ran.stderr
    ran = bench.run("python3", "-m", "venv", "--without-pip", "own", env={"PATH": bench.env["PATH"]})
    assert ran.exit_code == 0, ran.stderr
    assert bench.run("own/bin/python", "-c", "print(1)").stdout == "1\n"


@bwrap
def test_an_interpreter_reached_through_links_in_home_works_inside(
    bench: Bench, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As uv lays them out: ~/python/3.11/bin/python3 through a linked directory."""
    real = home / "python/3.11.9"
    (real / "bin").mkdir(parents=True)
    (real / "bin/python3.11").write_text("#!/bin/sh\necho it is I\n")
    (real / "bin/python3.11").chmod(0o755)
    (real / "bin/python3").symlink_to("python3.11")
    (home / "python/3.11").symlink_to("3.11.9")
    monkeypatch.setattr(sys, "_base_executable", str(home / "python/3.11/bin/python3"))
    (bench.scratch / "bin/python3").unlink()
    (bench.scratch / "bin/python3").symlink_to(home / "python/3.11/bin/python3")
    ran = bench.run("python3")
    assert (ran.exit_code, ran.stdout) == (0, "it is I\n"), ran.stderr


@bwrap
def test_directories_above_scratch_need_not_exist_in_the_sandbox(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a b/ü/c\n", "bubblewrap")
    ran = bench.run("sh", "-c", "echo x > f; pwd -P")
    assert ran.stdout == f"{bench.work}\n"
    assert (bench.work / "f").read_text() == "x\n"


@bwrap
def test_a_sandbox_that_cannot_be_made_is_not_the_program_s_fault(bench: Bench, home: Path) -> None:
    with pytest.raises(IsolationBroken, match="the sandbox could not be made: Can't chdir to"):
        bench.run("true", cwd=home)
