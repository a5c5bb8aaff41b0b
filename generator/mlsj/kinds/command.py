"""Kind `command`: a command runs in the work directory and ends, prints and makes what it should."""

from __future__ import annotations

import contextlib
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding, failed, inside, passed, quoted


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `command`."""

    run: Annotated[list[str], Meta(min_length=1, description="The program and its arguments; no shell reads them.")]
    exit: Annotated[int, Meta(ge=0, le=255, description="Exit code.")] = 0
    stdout_contains: Annotated[str, Meta(description="Text that its output holds.")] = ""
    stdout_equals: Annotated[str | None, Meta(description="The whole output, but for white space at its end.")] = None
    makes: Annotated[list[str], Meta(description="Files that it makes; they are removed before it runs.")] = (
        msgspec.field(default_factory=list)
    )


def judge(params: Params, context: Context) -> Finding:
    """Run the command once. A file that was there before does not count as made."""
    for name in params.makes:
        made = inside(context.work, name)
        if made is not None:
            with contextlib.suppress(OSError):
                made.unlink()
    ran = context.run(params.run)
    command = ran.command

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, next_step=next_step, where=command)

    if ran.exit_code != params.exit:
        message = f"{command} ended with {ran.ending.split(',')[0]}"
        return wrong(
            message, f"exit code {params.exit}", ran.ending, f"run it yourself and read what it says: {command}"
        )
    if params.stdout_equals is not None and ran.stdout.rstrip() != params.stdout_equals.rstrip():
        got = quoted(ran.stdout) or "no output"
        return wrong(f"{command} printed something else", params.stdout_equals.rstrip(), got, "compare the two texts")
    if params.stdout_contains not in ran.stdout:
        got = quoted(ran.stdout) or "no output"
        return wrong(f"{command} did not print it", params.stdout_contains, got, f"print {params.stdout_contains!r}")
    for name in params.makes:
        made = inside(context.work, name)
        if made is None or not made.exists():
            return wrong(f"{command} did not make {name}", name, "no such file", f"write {name} in the work directory")
    return passed(f"{command} ended with {params.exit} after {ran.duration_s:.2f} s")
