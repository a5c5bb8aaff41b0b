"""Whether what is given on the command line can stand in a spec: asked before anything is made, answered in words."""

from __future__ import annotations

from typing import Any

import msgspec

from mlsj.spec import model
from mlsj.spec.source import parse


def unfit_id(value: str) -> str:
    """Return why `value` is no id, or an empty text."""
    if _fits(value, model.Id):
        return ""
    return f"'{value}' is no id: words of letters and digits joined by hyphens, at most 48 characters, such as '2-3'"


def unfit_repository(value: str) -> str:
    """Return why `value` names no repository, or an empty text."""
    return "" if _fits(value, _annotation(model.Course, "repository")) else f"'{value}' is no OWNER/NAME"


def unfit_text(what: str, value: str) -> str:
    """Return why `value` is no text for a spec, or an empty text: it is blank, or holds characters that are refused."""
    from mlsj.project.scaffold import yaml_text

    if not value.strip():
        return f"{what} is empty"
    try:
        found = parse("", f"- {yaml_text(value)}".encode())
    except UnicodeEncodeError:
        return f"{what} is not valid text"
    return f"{what} holds a control character" if found.diagnostics or found.data != [value] else ""


def _fits(value: str, kind: Any) -> bool:
    try:
        return bool(msgspec.convert(value, kind) == value)
    except msgspec.ValidationError:
        return False


def _annotation(struct: type[msgspec.Struct], field: str) -> Any:
    return next(found.type for found in msgspec.structs.fields(struct) if found.encode_name == field)
