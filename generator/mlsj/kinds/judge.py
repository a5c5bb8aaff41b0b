"""Kind `judge`: a function of the lesson's own `judge.py`, where no other kind fits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding

FUNCTIONS = ("function",)


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `judge`."""

    function: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9_]*$", description="Function of judge.py: it takes a Context and returns a Finding."
        ),
    ]
    args: Annotated[dict[str, Any], Meta(description="Keyword arguments for it.")] = msgspec.field(default_factory=dict)
    looks_at: Annotated[
        list[Literal["work", "note"]], Meta(description="What its verdict depends on; the rest may change meanwhile.")
    ] = msgspec.field(default_factory=lambda: ["work", "note"])
    deterministic: Annotated[
        bool, Meta(description="Whether equal files get equal verdicts; false where speed or a service is judged.")
    ] = True


def judge(params: Params, context: Context) -> Finding:
    """Call the function. Raises AttributeError when judge.py lacks it, and TypeError when it returns no Finding."""
    finding = function(context, params.function)(context, **params.args)
    if not isinstance(finding, Finding):
        raise TypeError(f"{params.function} returned {type(finding).__name__}, not a Finding")
    return finding


def function(context: Context, name: str) -> Callable[..., Any]:
    """Return function `name` of the lesson's judge.py, loaded once a judging. Raises AttributeError without one."""
    module = context.once("judge.py", lambda: load(context.sources / "judge.py"))
    found: Callable[..., Any] = getattr(module, name)
    return found


def load(path: Path) -> ModuleType:
    """Run judge.py as a module under a name of its own; the judging process judges one lesson only.

    It does so before the first judged program runs, so that none can change what is judged by.
    """
    module = ModuleType("mlsj_lesson_judge")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(path.read_bytes(), path, "exec"), module.__dict__)  # noqa: S102 - the course's own code
    return module
