"""Judges lesson M0: the files of a box, and a readiness check that is judged by breaking what it looks at.

The check runs in fresh copies with a search path of the judge's own: one directory of links to every program of this
machine, from which a single tool is taken away, or replaced by one that exits 1.
"""

import contextlib
import os
import re
import secrets
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# Helpers of this judge lie in `_judge`; like this file, they never reach a learner.
sys.path.insert(0, str(Path(__file__).parent / "_judge"))

from box import BOX, JSON, Wrong, configuration, instructions, is_pinned, named_dockerfile, parsed
from mlsj.kinds.base import Context, Finding, Ran, failed, measured, passed

TOOLS = f"{BOX}/tools.txt"
READY = "DevBox ready"
# Without these the judge's own run of the check would not start: make calls the shell by its full path.
NEVER_REMOVED = {"make", "sh"}
STARTS = 5


def folder(context: Context) -> Finding:
    """devcontainer.json follows the published schema, and what it names is there."""
    try:
        config = configuration(context)
        dockerfile = named_dockerfile(context, config)
        if dockerfile is not None:
            instructions(context, dockerfile)
    except Wrong as wrong:
        return wrong.finding
    source = f"builds from {dockerfile}" if dockerfile else f"takes {config.get('image', 'a compose service')}"
    return passed(f"devcontainer.json follows the specification and {source}")


def pinned(context: Context) -> Finding:
    """Every base image says which one it is."""
    config = configuration(context)
    images: list[tuple[str, str]] = [(config["image"], JSON)] if "image" in config else []
    dockerfile = named_dockerfile(context, config)
    if dockerfile is not None:
        stages: set[str] = set()
        resolved = iter(parsed(context, dockerfile)["images"])
        for word, line, value in parsed(context, dockerfile)["lines"]:
            if word == "FROM":
                image = next(resolved)
                if image not in stages and image != "scratch":
                    images.append((image, f"{dockerfile}:{line}"))
                name = re.search(r"\s+AS\s+(\S+)\s*$", value, re.IGNORECASE)
                stages |= {name[1]} if name else set()
    for image, place in images:
        if not is_pinned(image):
            return failed(
                f"the base image {image} is not pinned",
                expected="a digest (@sha256:…), or a tag with a version number in it",
                got=image,
                where=f"work/M0/{place}",
                next_step="name the version that you tested with: what does 'latest' mean next year?",
            )
    return passed(f"{', '.join(image for image, _ in images) or 'the compose file'}: pinned")


def ready(context: Context) -> Finding:
    """A fresh copy in a clean environment is ready, and says so last."""
    ran = test_dev(context, "clean", programs(context))
    last = (ran.stdout.rstrip("\n").splitlines() or ["nothing"])[-1]
    if ran.exit_code == 0 and last == READY:
        return passed(f"'make test-dev' ended with 0, and its last line was: {READY}")
    return failed(
        "'make test-dev' is not ready in a clean environment",
        expected=f"exit code 0, and '{READY}' as the last line",
        got=ran.ending if ran.exit_code != 0 else f"exit code 0, and as the last line: {last}",
        where="work/M0/Makefile",
        next_step="run it as a stranger would: env -i PATH=\"$PATH\" make test-dev",
    )


def notices(context: Context) -> Finding:
    """Taken away or broken, each tool is missed, by name, and the box does not call itself ready."""
    tools = listed_tools(context)
    bin_ = programs(context)
    silent: list[str] = []
    for tool in tools:
        with lacking(bin_, tool, broken=False):
            ran = test_dev(context, f"no-{tool}", bin_)
        problem = unnoticed(ran, tool, f"{tool} is missing")
        if problem is not None and ran.exit_code == 0:
            silent.append(tool)
        elif problem is not None:
            return problem
    if silent and len(silent) == len(tools):
        return failed(
            f"the check still says {READY} whatever is missing",
            expected="an exit code that is not 0, and the name of the missing tool",
            got=f"exit code 0 without {', '.join(silent)}, each taken away in turn",
            where="work/M0/Makefile",
            next_step="run every tool that .devcontainer/tools.txt names before you greet",
        )
    if silent:
        return failed(
            f"the check does not notice that {silent[0]} is missing",
            expected="an exit code that is not 0, and the name of the missing tool",
            got=f"exit code 0 without {', '.join(silent)}",
            where="work/M0/Makefile",
            next_step="let each probe decide alone: of commands joined by ';' only the last one's exit status counts",
        )
    for tool in tools:
        with lacking(bin_, tool, broken=True):
            ran = test_dev(context, f"broken-{tool}", bin_)
        problem = unnoticed(ran, tool, f"{tool} exits 1")
        if problem is not None:
            return problem
    return passed(f"missing or broken, each of {', '.join(tools)} is noticed by name")


def unnoticed(ran: Ran, tool: str, what: str) -> Finding | None:
    """Return what is wrong with a run of the check in which `tool` does not work."""
    said = f"{ran.stdout}\n{ran.stderr}"
    if ran.exit_code == 0:
        return failed(
            f"the check does not notice a {tool} that exits 1",
            expected="an exit code that is not 0, and the name of the tool",
            got=f"exit code 0, with a {tool} that is there and does not work",
            where="work/M0/Makefile",
            next_step="that a file is there says little: run the tool, and look at its exit status",
        )
    if READY in said:
        return failed(
            f"the check says {READY} before it has looked at everything",
            expected=f"no '{READY}' anywhere while {what}",
            got=f"'{READY}', and then {ran.ending}",
            where="work/M0/Makefile",
            next_step="greet last: a reader of the log stops at the first good news",
        )
    if tool not in said:
        return failed(
            f"the check fails and does not say that it is {tool}",
            expected=f"the name {tool} in its output, while {what}",
            got=ran.ending,
            where="work/M0/Makefile",
            next_step="print the name of the tool that did not answer",
        )
    return None


def builds(context: Context) -> Finding:
    """The image builds, is ready inside, and its user is not root."""
    try:
        with image(context) as tag:
            user = run_in(context, tag, "id", "-u").stdout.strip()
            ran = run_in(context, tag, "make", "test-dev")
    except Wrong as wrong:
        return wrong.finding
    if user == "0":
        return failed(
            "the box runs as root",
            expected="a user of its own",
            got="user id 0",
            where=f"work/M0/{BOX}",
            next_step="make a user in the Dockerfile and switch to it with USER",
        )
    if ran.exit_code != 0 or ran.stdout.rstrip().splitlines()[-1:] != [READY]:
        return failed(
            "'make test-dev' is not ready inside the box",
            expected=f"exit code 0 and '{READY}' as the last line",
            got=ran.ending,
            where=f"work/M0/{BOX}",
            next_step="install in the Dockerfile what tools.txt names",
        )
    return passed(f"the image builds and is ready inside as user {user}")


def cost_measured(context: Context) -> Finding:
    """The note's size and start-up time are those of this image on this machine."""
    times = []
    with image(context) as tag:
        size = int(context.run(["docker", "image", "inspect", "--format", "{{.Size}}", tag]).stdout) / 1e6
        for _ in range(STARTS):
            began = time.monotonic()
            run_in(context, tag, "make", "test-dev")
            times.append(time.monotonic() - began)
    start = statistics.median(times)
    note = context.note.read_text("utf-8", "replace")
    noted_mb = [number * (1000 if unit.startswith("G") else 1) for number, unit in quantities(note, "[MG]i?B")]
    noted_s = [number / (1000 if unit == "ms" else 1) for number, unit in quantities(note, "m?s")]
    seen = (measured("image size", [size], "MB"), measured("start-up time", times, "s"))
    for values, low, high, what, truth in (
        (noted_mb, size * 0.9, size * 1.1, "image size", f"{size:.0f} MB"),
        (noted_s, start / 3, start * 3, "start-up time", f"{start:.2f} s"),
    ):
        if not any(low <= value <= high for value in values):
            return failed(
                f"the {what} in the note is not this image's",
                expected=truth,
                got=", ".join(f"{value:g}" for value in values) or "no such number",
                where="notes/M0.md",
                next_step="measure it, and say how",
                measurements=seen,
            )
    return passed("the note has the image's size and start-up time", *seen)


def quantities(text: str, unit: str) -> list[tuple[float, str]]:
    """Return the numbers of `text` that a unit follows."""
    found = re.findall(rf"(\d+(?:[.,]\d+)?)\s*({unit})\b", text)
    return [(float(number.replace(",", ".")), unit) for number, unit in found]


def listed_tools(context: Context) -> list[str]:
    """Return the tools that the box promises, but for those that the check itself cannot do without."""
    lines = (context.work / TOOLS).read_text("utf-8", "replace").split()
    return [tool for tool in dict.fromkeys(lines) if tool not in NEVER_REMOVED and re.fullmatch(r"[\w.+-]+", tool)]


def programs(context: Context) -> Path:
    """Return a directory of links to every program of this machine, made once, in the order of the search path."""
    return context.once("programs", lambda: _link(context))


def _link(context: Context) -> Path:
    ran = context.run(["python3", "-c", "import os; print(os.environ['PATH'])"], cwd=context.scratch)
    target = context.scratch / "bin"
    target.mkdir()
    found: dict[str, str] = {}
    for folder in ran.stdout.strip().split(os.pathsep):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                found.setdefault(entry.name, entry.path)
    for name, path in found.items():
        os.symlink(path, target / name)
    return target


@contextlib.contextmanager
def lacking(bin_: Path, tool: str, *, broken: bool) -> Iterator[None]:
    """Take `tool` away from a directory of programs, or put one that exits 1 in its place, for as long as it lasts."""
    link = bin_ / tool
    target = os.readlink(link) if link.is_symlink() else None
    link.unlink(missing_ok=True)
    if broken:
        link.write_text("#!/bin/sh\nexit 1\n")
        link.chmod(0o755)
    try:
        yield
    finally:
        link.unlink(missing_ok=True)
        if target is not None:
            link.symlink_to(target)


def test_dev(context: Context, name: str, bin_: Path) -> Ran:
    """Run the check in a fresh copy of the learner's files, with `bin_` as the whole search path."""
    return context.run(["make", "test-dev"], cwd=context.copy_of_work(name), env={"PATH": str(bin_)}, timeout_s=60)


@contextlib.contextmanager
def image(context: Context) -> Iterator[str]:
    """Build the image and give its tag, which is removed afterwards; the engine's cache makes a second time cheap.

    Raises Wrong when it does not build.
    """
    config = configuration(context)
    if "image" in config:
        yield str(config["image"])
        return
    box = named_dockerfile(context, config)
    if box is None:
        raise Wrong(
            failed(
                "the judge builds boxes from an image or a Dockerfile",
                expected="'image' or 'build.dockerfile'",
                got="dockerComposeFile",
                where=f"work/M0/{JSON}",
                next_step="describe the box by a Dockerfile; compose is for the services beside it",
            )
        )
    tag = f"mlsj-m0-{secrets.token_hex(8)}"
    around = os.path.normpath(f"{BOX}/{config.get('build', {}).get('context', '.')}")
    arguments = [f"--build-arg={name}={value}" for name, value in config.get("build", {}).get("args", {}).items()]
    argv = ["docker", "build", "--quiet", "--file", box, "--tag", tag, *arguments, around]
    ran = context.run(argv, cwd=context.copy_of_work("image"), phase="build")
    if ran.exit_code != 0:
        raise Wrong(
            failed(
                "the image does not build",
                expected="exit code 0",
                got=ran.ending,
                where=f"work/M0/{box}",
                next_step=f"build it yourself: docker build --file {box} {around}",
            )
        )
    try:
        yield tag
    finally:
        context.run(["docker", "image", "rm", "--force", tag])


def run_in(context: Context, tag: str, *argv: str) -> Ran:
    """Run a command in a new container of the image, with the learner's files in /box."""
    config = configuration(context)
    user = [f"--user={config['remoteUser']}"] if "remoteUser" in config else []
    volume = f"{context.work}:/box:ro"
    return context.run(["docker", "run", "--rm", *user, "--volume", volume, "--workdir", "/box", tag, *argv])
