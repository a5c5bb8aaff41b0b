"""What a judged program can see and use: the limits, and the walls that bubblewrap puts around it where it works.

In the sandbox the system is read-only, and the judging process, other processes, HOME, the course, /tmp and /run do not
exist; the scratch directory lies at its own path, writable. What must stay visible among the hidden is put back
read-only: the lesson's environment, the interpreter, entries of PATH. How this looks is computed by pure functions:
`views` says what lies where, `sandboxed` makes the command line of it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec

# Resident memory of a program and all it started, together. It is sampled: an address space limit (RLIMIT_AS) breaks
# Java, Go and CUDA, which reserve far more than they use.
MAX_MEMORY_BYTES = min(4 * 2**30, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4)
# Processes of one program at a time, sampled.
MAX_PROCESSES = 512
# What it writes to its standard output and error, together.
MAX_OUTPUT_BYTES = 64 * 2**20
# Any one file (RLIMIT_FSIZE: the write fails, or SIGXFSZ ends the program).
MAX_FILE_BYTES = 512 * 2**20
# What it adds to the scratch directory, sampled.
MAX_DISK_BYTES = 4 * 2**30
MAX_DISK_FILES = 200_000
# /tmp and /dev/shm in the sandbox live in memory; this much at most. Learning frameworks pass batches through /dev/shm.
PRIVATE_TMP_BYTES = 2**30

# Sets Launch.mode where that is "auto".
MODE_VARIABLE = "MLSJ_ISOLATION"
# The descriptor at which bubblewrap reports; nothing else has it.
STATUS_FD = 197

Mode = Literal["auto", "process", "bubblewrap"]

_PROBE_S = 10.0
_NVIDIA = ("nvidia[0-9]*", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset", "nvidia-caps", "dxg")


class Limits(msgspec.Struct, frozen=True):
    """What a program may use, with all that it started."""

    memory_bytes: int = MAX_MEMORY_BYTES
    processes: int = MAX_PROCESSES
    output_bytes: int = MAX_OUTPUT_BYTES
    file_bytes: int = MAX_FILE_BYTES
    disk_bytes: int = MAX_DISK_BYTES
    disk_files: int = MAX_DISK_FILES


class Launch(msgspec.Struct, frozen=True):
    """How programs are run in one judging.

    `scratch` is writable, but for what `_FIXED` names; `writable` is more of it. `hidden` is taken out of sight in the
    sandbox besides HOME, /tmp and /run, and `readable` is put back: the nearest of these above a path decides. Without
    `network` the sandbox has a loopback interface of its own alone: a server in it is out of others' reach.
    """

    scratch: Path
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    hidden: tuple[Path, ...] = ()
    network: bool = False
    mode: Mode = "auto"
    limits: Limits = Limits()


class IsolationBroken(Exception):  # noqa: N818 - the message is shown as it is
    """The sandbox that was asked for does not work here: the machine's fault, never the program's."""


class View(IntEnum):
    """What a program sees at a path. Where two are asked for at the same one, the larger is meant."""

    IMPLIED = 0  # readable, should it lie in something hidden
    HIDDEN = 1
    READ = 2
    WRITE = 3


class Link(NamedTuple):
    """A symbolic link that stands in a hidden directory and is made anew."""

    target: str


Views = Mapping[Path, View | Link]

# In the scratch directory, but not for programs to change.
_FIXED = ("bin", "note.md", "gitconfig")


def views(
    launch: Launch, *, implied: Iterable[Path], hidden: Iterable[Path], links: Mapping[Path, str] | None = None
) -> dict[Path, View | Link]:
    """Return what a program sees where this is not what it sees at the directory above; the root is readable.

    All paths are resolved. `implied` is readable where it lies in something hidden, and `links` are then made anew.
    """
    wanted: dict[Path, View] = {}

    def want(paths: Iterable[Path], view: View) -> None:
        for path in paths:
            wanted[path] = max(view, wanted.get(path, view))

    want(implied, View.IMPLIED)
    want((path for path in (*hidden, *launch.hidden) if path != Path("/")), View.HIDDEN)
    want(launch.readable, View.READ)
    want((launch.scratch, *launch.writable), View.WRITE)
    want((launch.scratch / name for name in _FIXED), View.READ)
    seen: dict[Path, View | Link] = {}
    for path in sorted(wanted, key=_depth):
        view = View.READ if wanted[path] is View.IMPLIED else wanted[path]
        above = _above(seen, path)
        if view is not above and not (wanted[path] is View.IMPLIED and above is not View.HIDDEN):
            seen[path] = view
    for path, target in (links or {}).items():
        if path not in seen and _above(seen, path) is View.HIDDEN:
            seen[path] = Link(target)
    return seen


def visible(seen: Views, path: Path) -> bool:
    """Tell whether a program sees `path`, which is resolved."""
    return seen.get(path, _above(seen, path)) is not View.HIDDEN


def _depth(path: Path) -> tuple[int, str]:
    return len(path.parts), str(path)


def _above(seen: Views, path: Path) -> View:
    for parent in path.parents:
        view = seen.get(parent)
        if isinstance(view, View):
            return view
    return View.READ


def sandboxed(
    program: str,
    argv: Sequence[str],
    *,
    seen: Views,
    cwd: Path,
    env: Mapping[str, str],
    network: bool,
    files: frozenset[Path] = frozenset(),
    devices: Sequence[Path] = (),
    status_fd: int = STATUS_FD,
) -> list[str]:
    """Return the command line of bubblewrap (`program`) that runs `argv`; `files` are the hidden paths that are files.

    The program's variables are options: bubblewrap itself, which is not in the sandbox, must not obey an LD_PRELOAD.
    """
    options = [program, "--unshare-all", *(["--share-net"] if network else [])]
    options += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--json-status-fd", str(status_fd)]
    size = ["--size", str(PRIVATE_TMP_BYTES)]
    options += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", *size, "--tmpfs", "/dev/shm"]  # noqa: S108
    for device in devices:
        options += ["--dev-bind-try", str(device), str(device)]
    sealed: list[str] = []
    for path in sorted(seen, key=_depth):
        view, name = seen[path], str(path)
        if isinstance(view, Link):
            options += ["--symlink", view.target, name]
        elif view is View.WRITE:
            options += ["--bind", name, name]
        elif view is View.READ:
            options += ["--ro-bind-try", name, name]
        elif path in files:
            options += ["--ro-bind", "/dev/null", name]
        elif name in _SHARED:
            options += [*size, "--perms", "1777", "--tmpfs", name]
        else:
            options += ["--tmpfs", name]
            sealed += ["--remount-ro", name]
    options += [*sealed, "--clearenv"]
    for key, value in env.items():
        options += ["--setenv", key, value]
    return [*options, "--chdir", str(cwd), "--", *argv]


# Hidden, but with an empty directory of the program's own in its place.
_SHARED = ("/tmp", "/var/tmp")  # noqa: S108


class Found(NamedTuple):
    """The sandbox's program and version, or why there is none."""

    program: str
    version: str
    why: str


@cache
def bubblewrap() -> Found:
    """Find bubblewrap and try it, once a process: it may be installed and forbidden (user namespaces, containers)."""
    program = shutil.which("bwrap")
    if not sys.platform.startswith("linux"):
        return Found("", "", "bubblewrap exists for Linux only")
    if program is None:
        return Found("", "", "bubblewrap is not installed")
    program = str(Path(program).resolve())
    tried = sandboxed(program, [program, "--version"], seen={}, cwd=Path("/"), env={}, network=False, status_fd=2)
    try:
        ran = subprocess.run(
            tried, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PROBE_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Found("", "", f"bubblewrap does not work here: {error}")
    first = re.search(r'"child-pid": *(\d+)', ran.stderr)
    if first:
        # bubblewrap does not wait for its first process inside; that falls to us if we are a subreaper.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(int(first[1]), 0)
    if ran.returncode != 0:
        said = [line for line in ran.stderr.splitlines() if line.startswith("bwrap: ")]
        reason = said[-1].removeprefix("bwrap: ") if said else f"exit code {ran.returncode}"
        return Found("", "", f"bubblewrap does not work here: {reason}")
    return Found(program, ran.stdout.strip(), "")


def sandbox(launch: Launch) -> Found:
    """Return the sandbox that `launch` gets; without a program it is to run unisolated, and `why` says why.

    Raises IsolationBroken when bubblewrap is demanded and does not work, or the mode is unknown.
    """
    mode = launch.mode if launch.mode != "auto" else os.environ.get(MODE_VARIABLE) or "auto"
    if mode not in get_args(Mode):
        raise IsolationBroken(f"{MODE_VARIABLE} is {mode!r}; it may be one of {', '.join(get_args(Mode))}")
    if mode == "process":
        return Found("", "", "it was asked for")
    found = bubblewrap()
    if mode == "bubblewrap" and not found.program:
        raise IsolationBroken(found.why)
    return found


@lru_cache(maxsize=16)
def seen_by(launch: Launch, path_variable: str) -> dict[Path, View | Link]:
    """Return what a program of this judging sees, as this machine is."""
    links: dict[Path, str] = {}
    resolved = msgspec.structs.replace(
        launch,
        scratch=launch.scratch.resolve(),
        writable=tuple(_resolved(launch.writable, links)),
        readable=tuple(_resolved(launch.readable, links)),
        hidden=tuple(path.resolve() for path in launch.hidden if path.exists()),
    )
    entries = [Path(entry) for entry in path_variable.split(os.pathsep) if entry.startswith("/")]
    implied = [*entries, *_interpreter(), *(Path("/etc/resolv.conf") for _ in [0] if launch.network)]
    # A virtual environment's interpreter is a link, often to a link.
    implied_links = [folder / "bin" / "python" for folder in launch.readable]
    _resolved(implied_links, links)
    homes = (Path.home(), Path(pwd.getpwuid(os.getuid()).pw_dir))
    hidden = (*map(Path, _SHARED), Path("/run"), Path(tempfile.gettempdir()), *homes)
    return views(
        resolved,
        implied=_resolved(implied, links),
        hidden=[path.resolve() for path in hidden if path.is_dir()],
        links=links,
    )


def command(found: Found, launch: Launch, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> list[str]:
    """Return the command line that runs `argv` in the sandbox that was found, as this machine is."""
    seen = seen_by(launch, env.get("PATH", os.defpath))
    files = frozenset(path for path, view in seen.items() if view is View.HIDDEN and not path.is_dir())
    return sandboxed(
        found.program, argv, seen=seen, cwd=cwd, env=env, network=launch.network, files=files, devices=_devices()
    )


@cache
def _devices() -> tuple[Path, ...]:
    """Return the graphics processors' device files."""
    return tuple(path for pattern in _NVIDIA for path in sorted(Path("/dev").glob(pattern)))


def _interpreter() -> list[Path]:
    """Return where the interpreter that mlsj was installed with lies, with its library."""
    base = Path(getattr(sys, "_base_executable", "") or sys.executable)
    found = [Path(sys.base_prefix), Path(sys.base_exec_prefix)]
    for executable in (base, base.resolve()):
        if executable.parent.name == "bin":
            found.append(executable.parent.parent)
    return [*found, base]


def _resolved(paths: Iterable[Path], links: dict[Path, str]) -> list[Path]:
    """Return the paths that exist, resolved, and collect the symbolic links that lead there."""
    found = []
    for path in paths:
        if path.exists():
            found.append(path.resolve())
            _follow(path, links)
    return found


def _follow(path: Path, links: dict[Path, str], depth: int = 0) -> None:
    here = Path("/")
    for index, part in enumerate(path.parts[1:], 1):
        step = here.parent if part == ".." else here / part
        if step.is_symlink() and depth < 40:  # as many as the kernel follows
            target = os.readlink(step)  # noqa: PTH115 - the text of the link, unresolved
            links[step] = target
            _follow(here.joinpath(target, *path.parts[index + 1 :]), links, depth + 1)
            here = step.resolve()
        else:
            here = step
