"""The shape of a spec: every place where its data does not fit the schema, as diagnostics, and a repaired copy.

The repaired copy has a stand-in at each wrong place, so that the rules still run over everything else; `holes` are the
stand-ins' paths, about which rules keep quiet (`mlsj.spec.rules.subject`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import msgspec

from mlsj.spec import naming, schema, wording
from mlsj.spec.diagnostics import FLOOD, Diagnostic, flooded
from mlsj.spec.model import FORMAT
from mlsj.spec.source import Path, Source


class Fault(msgspec.Struct, frozen=True):
    """One place that does not fit: `keyword` of the schema `part` refuses the value at `path` (or its key `name`)."""

    keyword: str
    path: Path
    part: Mapping[str, Any]
    name: str = ""


class Shape(msgspec.Struct, frozen=True):
    """What was found: the diagnostics, the data with stand-ins, and where those are."""

    diagnostics: tuple[Diagnostic, ...]
    data: Any
    holes: frozenset[Path]


def curriculum_shape(source: Source) -> Shape:
    """Hold `curriculum.yaml` against its schema."""
    return _shape(source, schema.curriculum_schema())


def site_shape(source: Source) -> Shape:
    """Hold `site.yaml` against its schema."""
    return _shape(source, schema.site_schema())


def faults(data: Any, root: Mapping[str, Any]) -> list[Fault]:
    """Return every place where `data` does not fit the schema `root`, each once, by jsonschema-rs."""
    found: dict[tuple[str, Path, str], Fault] = {}
    for error in _validator(root["title"]).iter_errors(data):
        path = _written(data, error.instance_path)
        keyword = error.kind.name
        # A dependent requirement is reported as `required`; a key's own error sits inside `propertyNames`.
        where = error.schema_path
        if keyword == "propertyNames":
            names = [str(error.kind.error.instance)]
            part = _follow(root, where[: where.index("propertyNames") + 1])
        else:
            part = _follow(root, where[:-1])
            names = error.kind.unexpected if keyword == "additionalProperties" else [""]
            if keyword == "required":
                names = [error.kind.property]
                keyword = str(where[-1])
        for name in names:
            found.setdefault((keyword, path, name), Fault(keyword, path, part, name))
    refused = {fault.path for fault in found.values() if fault.keyword == "type"}
    # A value of the wrong type has no length, bounds or pattern worth mentioning, and no allowed values but its type's.
    return [f for f in found.values() if f.keyword == "type" or f.path not in refused]


def _written(data: Any, path: list[str | int]) -> Path:
    """Return `path` with the keys that `data` has: jsonschema-rs gives a key such as '11' as a number."""
    found: list[str | int] = []
    for part in path:
        key = str(part) if isinstance(data, dict) else part
        found.append(key)
        data = data[key]
    return tuple(found)


@cache
def _validator(title: str) -> Any:
    import jsonschema_rs

    chosen = next(s for s in (schema.curriculum_schema(), schema.site_schema()) if s["title"] == title)
    return jsonschema_rs.Draft202012Validator(chosen)


def _follow(root: Mapping[str, Any], where: list[str | int]) -> Any:
    part: Any = root
    for step in where:
        part = part[step]
    return part


def _shape(source: Source, root: Mapping[str, Any]) -> Shape:
    data = source.data
    if isinstance(data, dict) and type(data.get("format")) is int and data["format"] != FORMAT:
        return Shape((_other_format(source),), data, frozenset([()]))
    if not isinstance(data, dict):
        message = f"{source.file} must be a mapping (key: value), not {wording.got(data)}"
        found = Diagnostic("MLSJ-S016", message, source.head(), help="start with 'format: 1'")
        return Shape((found,), data, frozenset([()]))
    found_faults = faults(data, root)
    if not found_faults:
        return Shape((), data, frozenset())
    if len(found_faults) > FLOOD:
        # With so much wrong, stand-ins would say nothing about the course: rules do not run.
        shown = [_SAY[f.keyword](source, f) for f in found_faults[:FLOOD]]
        return Shape((*shown, flooded(max(d.span for d in shown))), data, frozenset([()]))
    meant = {(f.path, near) for f in found_faults if f.keyword == "additionalProperties" and (near := _meant(f))}
    diagnostics = [
        _SAY[f.keyword](source, f)
        for f in found_faults
        # 'tittle' for a missing 'title' is one slip, not two.
        if not (f.keyword == "required" and (f.path, f.name) in meant)
    ]
    repaired, holes = _repair(data, found_faults, root)
    return Shape(tuple(diagnostics), repaired, holes)


def _other_format(source: Source) -> Diagnostic:
    number = source.data["format"]
    remedy = "run 'mlsj migrate'" if number < FORMAT else "install a newer mlsj"
    message = f"{source.file} has format {number}; this mlsj reads format {FORMAT}"
    return Diagnostic("MLSJ-S023", message, source.span(("format",)), help=remedy)


def _repair(data: Any, found: list[Fault], root: Mapping[str, Any]) -> tuple[Any, frozenset[Path]]:
    """Return a copy of `data` with stand-ins, innermost places first so that an outer one has the last word."""
    copy = _copied(data)
    holes: set[Path] = set()
    for fault in sorted(found, key=lambda f: -len(f.path)):
        above = value_at(copy, fault.path)
        if fault.keyword in ("additionalProperties", "propertyNames"):
            if isinstance(above, dict):
                above.pop(fault.name, None)
            # An entry or key with a wrong name may be the one that others mean.
            holes.add((*fault.path, fault.name))
            if fault.keyword == "propertyNames":
                holes.add(fault.path)
            elif near := _meant(fault):
                holes.add((*fault.path, near))
        elif fault.keyword in ("required", "dependentRequired"):
            if isinstance(above, dict):
                above[fault.name] = schema.placeholder(_property(fault.part, fault.name, root), root)
            holes.add((*fault.path, fault.name))
        else:
            parent = value_at(copy, fault.path[:-1])
            if isinstance(parent, (dict, list)):
                parent[fault.path[-1]] = schema.placeholder(fault.part, root)  # type: ignore[index]
            holes.add(fault.path)
    return copy, frozenset(holes)


def _property(part: Mapping[str, Any], name: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    if name == "with":
        return {"type": "object"}
    found: Mapping[str, Any] = part.get("properties", {}).get(name) or root["$defs"]["Criterion"]["properties"][name]
    return found


def _meant(fault: Fault) -> str:
    return wording.nearest(fault.name, fault.part.get("properties", ()))


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def value_at(value: Any, path: Path) -> Any:
    """Return the value at `path` of plain data, or None where there is none."""
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _unknown_key(source: Source, fault: Fault) -> Diagnostic:
    allowed = list(fault.part.get("properties", ()))
    where = naming.inside(source.data, fault.path)
    message = f"unknown key {wording.quoted(fault.name)} in {where}{wording.near(fault.name, allowed)}"
    span = source.span((*fault.path, fault.name), key=True)
    return Diagnostic("MLSJ-S014", message, span, help=f"allowed keys: {', '.join(allowed) or 'none'}")


def _missing_key(source: Source, fault: Fault) -> Diagnostic:
    message = f"missing key '{fault.name}' in {naming.inside(source.data, fault.path)}"
    remedy = wording.describe_field(fault.name, fault.part.get("properties", {}).get(fault.name, {}))
    return Diagnostic("MLSJ-S015", message, source.head(fault.path), help=remedy)


def _wrong_type(source: Source, fault: Fault) -> Diagnostic:
    types = fault.part["type"]
    types = [types] if isinstance(types, str) else types
    value = value_at(source.data, fault.path)
    message = f"{naming.place(source.data, fault.path)} must be {wording.expected(types)}, not {wording.got(value)}"
    remedy = ""
    if value is None:
        remedy = "give a value, or remove the key"
    elif "string" in types and isinstance(value, (bool, int, float)):
        remedy = f'put it in quotes: "{_as_written(source, fault.path)}"'
    elif types == ["array"] and isinstance(value, (str, int, float)):
        remedy = f"write it as a list: [{_as_written(source, fault.path)}]"
    elif isinstance(value, str) and ({"integer", "number", "boolean"} & set(types)):
        remedy = "write it without quotes or units"
    return Diagnostic("MLSJ-S016", message, source.head(fault.path), help=remedy)


def _as_written(source: Source, path: Path) -> str:
    """Return a scalar as the author wrote it."""
    span = source.span(path)
    line = source.text.split("\n")[span.line - 1]
    return line[span.column - 1 : span.end_column - 1] if span.line == span.end_line else ""


def _not_allowed(source: Source, fault: Fault) -> Diagnostic:
    allowed = [str(value) for value in fault.part["enum"]]
    value = value_at(source.data, fault.path)
    if fault.path[-1:] == ("uses",):
        words, _ = naming.entity(source.data, fault.path)
        message = f"unknown kind {wording.quoted(value)} in {words}{wording.near(value, allowed)}"
        remedy = wording.known("kinds", allowed)
        return Diagnostic("MLSJ-S020", message, source.head(fault.path), help=remedy)
    place = naming.place(source.data, fault.path)
    message = f"{place} must be {wording.listed(allowed, 'or')}, not {_quoted(value)}{wording.near(value, allowed)}"
    return Diagnostic("MLSJ-S017", message, source.head(fault.path))


def _quoted(value: Any) -> str:
    return wording.quoted(value) if isinstance(value, str) and value else wording.got(value)


def _pattern(source: Source, fault: Fault) -> Diagnostic:
    value = value_at(source.data, fault.path)
    rule = fault.part.get("patternErrorMessage") or f"a text that matches {fault.part['pattern']}"
    message = f"{naming.place(source.data, fault.path)} must be {rule}, not {wording.quoted(value)}"
    return Diagnostic("MLSJ-S018", message, source.head(fault.path))


def _key_name(source: Source, fault: Fault) -> Diagnostic:
    rule = fault.part.get("patternErrorMessage", "a shorter name")
    limit = fault.part.get("maxLength")
    long = limit is not None and len(fault.name) > limit
    rule = f"at most {limit} characters" if long else rule
    words, rest = naming.entity(source.data, fault.path)
    place = naming.field(rest) + (f" of {words}" if words != naming.WHOLE else "")
    message = f"key {wording.quoted(fault.name)} in {place} must be {rule}"
    return Diagnostic("MLSJ-S019", message, source.span((*fault.path, fault.name), key=True))


_LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "more than",
    "maximum": "at most",
    "exclusiveMaximum": "less than",
}


def _bounds(source: Source, fault: Fault) -> Diagnostic:
    rule = " and ".join(f"{words} {fault.part[key]}" for key, words in _LIMITS.items() if key in fault.part)
    value = value_at(source.data, fault.path)
    message = f"{naming.place(source.data, fault.path)} must be {rule}, not {value}"
    return Diagnostic("MLSJ-S013", message, source.head(fault.path))


def _length(source: Source, fault: Fault) -> Diagnostic:
    value = value_at(source.data, fault.path)
    unit = "character" if isinstance(value, str) else "item" if isinstance(value, list) else "entry"
    keyword = "least" if fault.keyword.startswith("min") else "most"
    limit = fault.part[fault.keyword]
    plural = "" if limit == 1 else "ies" if unit == "entry" else "s"
    unit = unit.removesuffix("y") if plural == "ies" else unit
    place = naming.place(source.data, fault.path)
    message = f"{place} must have at {keyword} {limit} {unit}{plural}, not {len(value)}"
    return Diagnostic("MLSJ-S012", message, source.head(fault.path))


def _with_alone(source: Source, fault: Fault) -> Diagnostic:
    message = f"'with' without 'uses' in {naming.inside(source.data, fault.path)}"
    remedy = "name the kind whose parameters these are, or remove them"
    return Diagnostic("MLSJ-S021", message, source.span((*fault.path, "with"), key=True), help=remedy)


# Per keyword of JSON Schema that the model and the kinds can render; a test holds the schema to these.
_SAY: dict[str, Callable[[Source, Fault], Diagnostic]] = {
    "additionalProperties": _unknown_key,
    "required": _missing_key,
    "type": _wrong_type,
    "enum": _not_allowed,
    "pattern": _pattern,
    "propertyNames": _key_name,
    "minimum": _bounds,
    "maximum": _bounds,
    "exclusiveMinimum": _bounds,
    "exclusiveMaximum": _bounds,
    "minLength": _length,
    "maxLength": _length,
    "minItems": _length,
    "maxItems": _length,
    "minProperties": _length,
    "maxProperties": _length,
    "dependentRequired": _with_alone,
}
