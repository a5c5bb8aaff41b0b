"""Kind `judge`: a function of the lesson's own `judge.py`, where no other kind fits."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `judge`."""

    function: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9_]*$", description="Function of judge.py: it takes a Context and returns a Finding."
        ),
    ]
    args: Annotated[dict[str, Any], Meta(description="Keyword arguments for it.")] = msgspec.field(default_factory=dict)


def judge(params: Params, context: Context) -> Finding:
    """Call the function. Raises AttributeError when judge.py lacks it, and TypeError when it returns no Finding."""
    module = context.once("judge.py", lambda: _load(context.sources / "judge.py"))
    finding = getattr(module, params.function)(context, **params.args)
    if not isinstance(finding, Finding):
        raise TypeError(f"{params.function} returned {type(finding).__name__}, not a Finding")
    return finding


def _load(path: Path) -> ModuleType:
    """Run judge.py as a module under a name of its own; the judging process judges one lesson only."""
    module = ModuleType("mlsj_lesson_judge")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(path.read_bytes(), path, "exec"), module.__dict__)  # noqa: S102 - the course's own code
    return module
