"""The JSON Schema of `curriculum.yaml` and `site.yaml`, rendered from the model and from the kinds' parameters.

The rendered texts are part of the package, in `schemas/`, so that a compile need not render them: `python -m
mlsj.spec.schema` writes them, a test holds them to the model, and every course gets them in `schema/`. The schema says
the shape of one value at a time; whatever compares two places is a rule (`mlsj.spec.rules`). It has no `anyOf`: a
validator can then name the one thing that is wrong, so "no value" is said by leaving the key out, and `uses` chooses
the parameters by `if`/`then`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from mlsj import kinds
from mlsj.spec import model
from mlsj.spec.ownership import HEADER

DIALECT = "https://json-schema.org/draft/2020-12/schema"

COMMENT = f"{HEADER.decode()} from its model; edits here are overwritten"
PACKAGED = Path(__file__).with_name("schemas")

Schema = dict[str, Any]


@cache
def curriculum_schema() -> Schema:
    """Return the schema of `curriculum.yaml`. The value is shared: do not change it."""
    definitions = _components(model.Curriculum, "{name}")
    chosen: list[Schema] = []
    for name in kinds.names():
        definitions |= _kind(name)
        chosen.append(_choose(name, required=bool(definitions[f"kind.{name}"].get("required"))))
    criterion = definitions["Criterion"]
    criterion["properties"]["uses"] |= {"type": "string", "enum": list(kinds.names())}
    criterion["dependentRequired"] = {"with": ["uses"]}
    criterion["allOf"] = chosen
    return _document(definitions, "Curriculum", "curriculum.yaml of a course")


@cache
def site_schema() -> Schema:
    """Return the schema of `site.yaml`. The value is shared: do not change it."""
    return _document(_components(model.Site, "{name}"), "Site", "site.yaml of a course")


def texts() -> dict[str, str]:
    """Render both schemas: file name to text."""
    made = {"curriculum": curriculum_schema(), "site": site_schema()}
    return {f"{name}.schema.json": _text(schema) for name, schema in made.items()}


@cache
def packaged(name: str) -> bytes:
    """Return the text of a rendered schema, `curriculum.schema.json` or `site.schema.json`."""
    return (PACKAGED / name).read_bytes()


def placeholder(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """Return a small value that satisfies `schema`, a part of `root`; it stands in for a wrong one while rules run."""
    if "$ref" in schema:
        return placeholder(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: placeholder(schema["properties"][name], root) for name in schema.get("required", ())}
    if kind == "array":
        return [placeholder(schema.get("items", {}), root) for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    if kind == "boolean":
        return False
    return _SAMPLES.get(schema.get("pattern", ""), "x")


# Texts for the patterns that a plain "x" does not match.
_SAMPLES = {
    r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$": "x/x",
    r"^[a-z0-9][a-z0-9./_-]*:[A-Za-z0-9._-]+$": "x:x",
    r"^sha256:[0-9a-f]{64}$": "sha256:" + "0" * 64,
    r"^(https?://[^\s<>\x22']+)?$": "",
    r"^(/.*)?$": "",
}


def _document(definitions: Schema, top: str, title: str) -> Schema:
    head = {"$schema": DIALECT, "$comment": COMMENT, "title": title}
    return head | {"$ref": f"#/$defs/{top}", "$defs": dict(sorted(definitions.items()))}


def _components(struct: type[msgspec.Struct], names: str) -> Schema:
    _, found = msgspec.json.schema_components([struct], ref_template=f"#/$defs/{names}")
    return {name: _plain(schema) for name, schema in found.items()}


def _kind(name: str) -> Schema:
    """Return the definitions of a kind's parameters, named `kind.<name>` and `kind.<name>.<Struct>`."""
    struct = kinds.params(name)
    prefix = f"kind.{name}"
    found = _components(struct, prefix + ".{name}")
    top = {"title": f"Parameters of {name}"}
    return {
        prefix if part == struct.__name__ else f"{prefix}.{part}": schema | top if part == struct.__name__ else schema
        for part, schema in found.items()
    }


def _choose(name: str, *, required: bool) -> Schema:
    then: Schema = {"properties": {"with": {"$ref": f"#/$defs/kind.{name}"}}}
    if required:
        then = {"required": ["with"]} | then
    return {"if": {"required": ["uses"], "properties": {"uses": {"const": name}}}, "then": then}


def _plain(schema: Any) -> Any:
    """Return `schema` with every optional value as its plain type, and several scalar types as one list of types."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _plain(value) for key, value in schema.items()}
    if "pattern" in plain:
        # Python's `$` also stands before a final line feed, JSON Schema's does not.
        plain["pattern"] = plain["pattern"].removesuffix(r"(?!\n)")
    if "default" in plain and plain["default"] is None:
        del plain["default"]
    if "enum" in plain and None in plain["enum"]:
        plain["enum"] = [value for value in plain["enum"] if value is not None]
    options = [option for option in plain.pop("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        plain |= options[0]
    elif options:
        plain["type"] = [option["type"] for option in options]
        for option in options:
            plain |= {key: value for key, value in option.items() if key != "type"}
    return plain


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, text in texts().items():
        (PACKAGED / name).write_text(text, encoding="utf-8")
