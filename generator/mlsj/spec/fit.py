"""The fast way from data to the model: msgspec alone. What it doubts, the schema decides (`mlsj.spec.shape`).

It accepts nothing that the schema refuses (a test holds the two together on mutated specs), so a spec without mistakes
pays neither for a JSON Schema validator nor for the schema itself.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mlsj import kinds
from mlsj.spec.model import Curriculum, Site
from mlsj.spec.source import Source

_Model = TypeVar("_Model", Curriculum, Site)


def curriculum(source: Source) -> Curriculum | None:
    """Return the curriculum that `source` is, or None in doubt."""
    built = _built(source, Curriculum)
    return built if built is not None and all(_parameters_fit(raw) for raw in _criteria(source.data)) else None


def site(source: Source) -> Site | None:
    """Return the site that `source` is, or None in doubt."""
    return _built(source, Site)


def _built(source: Source, model: type[_Model]) -> _Model | None:
    # The model knows "no value" where the schema wants the key left out.
    if source.nulls:
        return None
    try:
        return msgspec.convert(source.data, model)
    except (msgspec.ValidationError, OverflowError):
        return None


def _criteria(data: Any) -> list[dict[str, Any]]:
    return [raw for module in data["modules"] for lesson in module["lessons"] for raw in lesson["criteria"]]


def _parameters_fit(raw: dict[str, Any]) -> bool:
    if "uses" not in raw:
        return "with" not in raw
    try:
        msgspec.convert(raw.get("with", {}), kinds.params(raw["uses"]))
    except (KeyError, msgspec.ValidationError, OverflowError):
        return False
    return True
