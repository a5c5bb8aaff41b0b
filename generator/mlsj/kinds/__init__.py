"""Criterion kinds: one module each, with its parameters and its judge.

A kind's name is its module's with `_` read as `.` (`cuda_driver` is `cuda.driver`). Adding a kind means adding one
file.
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
    return tuple(sorted(m.name.replace("_", ".") for m in pkgutil.iter_modules(__path__) if m.name != "base"))


def module(name: str) -> ModuleType:
    """Import and return the module of kind `name`; raises KeyError for an unknown kind."""
    if name not in names():
        raise KeyError(name)
    return importlib.import_module(f"mlsj.kinds.{name.replace('.', '_')}")


def params(name: str) -> type[Params]:
    """Return the parameter struct of kind `name`; raises KeyError for an unknown kind."""
    found: type[Params] = module(name).Params
    return found
