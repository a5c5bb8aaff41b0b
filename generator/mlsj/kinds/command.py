"""Kind `command`: a command runs in the work directory and ends, prints and makes what it should."""

from __future__ import annotations

import re
import shutil
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding, failed, inside, passed, quoted

LOOKS_AT = ("work",)
_TO_STDERR = " to standard error"


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `command`."""

    run: Annotated[list[str], Meta(min_length=1, description="The program and its arguments; no shell reads them.")]
    stdin: Annotated[str, Meta(description="What it reads from its standard input.")] = ""
    exit: Annotated[int, Meta(ge=0, le=255, description="Exit code.")] = 0
    stdout_contains: Annotated[str, Meta(description="Text that its output holds.")] = ""
    stdout_equals: Annotated[str | None, Meta(description="The whole output, but for white space at its end.")] = None
    stdout_matches: Annotated[
        str, Meta(description="Regular expression found in its output; ^ and $ are line ends.")
    ] = ""
    stderr_contains: Annotated[str, Meta(description="Text that its standard error holds.")] = ""
    stderr_equals: Annotated[
        str | None, Meta(description="The whole standard error, but for white space at its end.")
    ] = None
    stderr_matches: Annotated[
        str, Meta(description="Regular expression found in its standard error; ^ and $ are line ends.")
    ] = ""
    makes: Annotated[list[str], Meta(description="Files that it makes; they are removed before it runs.")] = (
        msgspec.field(default_factory=list)
    )

    def __post_init__(self) -> None:
        """Refuse an expression that does not compile, and files outside of the work directory."""
        for name in ("stdout_matches", "stderr_matches"):
            try:
                re.compile(getattr(self, name))
            except re.error as error:
                raise ValueError(f"'{name}' is not a regular expression: {error}") from None
        for path in self.makes:
            if path.startswith("/") or ".." in path.split("/") or path.strip("./") == "":
                raise ValueError(f"'makes' names {path!r}, which is not a file below the work directory")


def judge(params: Params, context: Context) -> Finding:
    """Run the command once. A file that was there before does not count as made."""
    for name in params.makes:
        made = inside(context.work, name)
        if made is not None and made.is_dir() and not made.is_symlink():
            shutil.rmtree(made)
        elif made is not None:
            made.unlink(missing_ok=True)
    ran = context.run(params.run, stdin=params.stdin)
    command = ran.command

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, next_step=next_step, where=command)

    if ran.exit_code != params.exit:
        message = f"{command} ended with {ran.ending.split(', having')[0]}"
        step = f"run it yourself and read what it says: {command}"
        if "/" in params.run[0] and ran.exit_code in (126, 127):  # as a shell says: not executable, not there
            step = f"chmod +x {params.run[0]}" if ran.exit_code == 126 else f"create {params.run[0]}"
        return wrong(message, f"exit code {params.exit}", ran.ending, step)
    for stream, text, verb, to in (("stdout", ran.stdout, "print", ""), ("stderr", ran.stderr, "write", _TO_STDERR)):
        did = "printed" if verb == "print" else "wrote"
        equals, matches = getattr(params, f"{stream}_equals"), getattr(params, f"{stream}_matches")
        contains = getattr(params, f"{stream}_contains")
        got = quoted(text) or "nothing"
        if equals is not None and text.rstrip() != equals.rstrip():
            want, step = equals.rstrip() or "nothing", _differing(equals, text)
            return wrong(f"{command} {did} something else{to}", want, got, step)
        if contains not in text:
            return wrong(f"{command} did not {verb} a text{to}", contains, got, f"{verb} {contains!r}{to}")
        if not re.search(matches, text, re.MULTILINE):
            want = f"a line that matches {matches}"
            step = f"compare what it {did} with the expression"
            return wrong(f"{command} {did} no such line{to}", want, got, step)
    for name in params.makes:
        made = inside(context.work, name)
        if made is None or not made.exists():
            return wrong(f"{command} did not make {name}", name, "no such file", f"write {name} in the work directory")
    return passed(f"{command} ended with {params.exit} after {ran.duration_s:.2f} s")


def _differing(expected: str, got: str) -> str:
    """Name the first line in which two texts differ."""
    ours, theirs = expected.rstrip().splitlines(), got.rstrip().splitlines()
    line = next(
        (n for n, (a, b) in enumerate(zip(ours, theirs, strict=False), 1) if a != b), min(len(ours), len(theirs)) + 1
    )
    return f"look at line {line}, the first that differs"
