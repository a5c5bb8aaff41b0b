"""Criterion kinds: one module each, with its parameters and its judge.

A kind's name is its module's with `_` read as `.` (`cuda_driver` is `cuda.driver`). Adding a kind means adding one
file; a module whose name begins with `_` is what several kinds share. Besides what `base` says, a kind may declare

    FUNCTIONS      parameters that name functions of the lesson's judge.py: the spec's rules look for those
    needs_network  `(params) -> bool`: whether it works only in a lesson that declares `network`
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from mlsj.kinds.base import Params


@cache
def names() -> tuple[str, ...]:
    """All kinds, sorted."""
    found = (m.name for m in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", ".") for name in found if name != "base" and not name.startswith("_")))


def module(name: str) -> ModuleType:
    """Import and return the module of kind `name`; raises KeyError for an unknown kind."""
    if name not in names():
        raise KeyError(name)
    return importlib.import_module(f"mlsj.kinds.{name.replace('.', '_')}")


def functions(name: str) -> tuple[str, ...]:
    """Return the parameters of kind `name` that name functions of judge.py; raises KeyError for an unknown kind."""
    found: tuple[str, ...] = getattr(module(name), "FUNCTIONS", ())
    return found


def needs_network(name: str, given: Params) -> bool:
    """Tell whether kind `name` with these parameters works only in a lesson that declares `network`."""
    ask = getattr(module(name), "needs_network", None)
    return ask is not None and bool(ask(given))


def params(name: str) -> type[Params]:
    """Return the parameter struct of kind `name`; raises KeyError for an unknown kind."""
    found: type[Params] = module(name).Params
    return found
