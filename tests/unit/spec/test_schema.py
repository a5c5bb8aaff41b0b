"""The JSON Schema: complete for editors, valid, and in step with the model, the kinds and the words of our errors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
import regress

from mlsj import kinds
from mlsj.project.read import read_tree
from mlsj.spec import schema, shape
from mlsj.spec.source import parse

SCHEMAS = {"curriculum": schema.curriculum_schema(), "site": schema.site_schema()}
# Keywords that say nothing about a value by themselves.
NEUTRAL = {
    "$comment", "$defs", "$ref", "$schema", "title", "description", "default", "properties", "items",
    "patternErrorMessage",
    "if", "then", "const", "allOf",
}  # fmt: skip


def parts(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema inside a schema; `properties` and `$defs` hold schemas by name and are none themselves."""
    if isinstance(value, dict):
        if not path.endswith(("/properties", "/$defs", "/default", "/dependentRequired")):
            yield path, value
        for key, item in value.items():
            yield from parts(item, f"{path}/{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from parts(item, f"{path}/{index}")


@pytest.mark.parametrize("name", SCHEMAS)
def test_valid_schema_of_one_dialect(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_is_described(name: str) -> None:
    fields = [
        (path, key)
        for path, part in parts(SCHEMAS[name])
        if "/if" not in path and "/then" not in path
        for key, field in part.get("properties", {}).items()
        if not field.get("description")
    ]
    assert fields == []
    assert all(part.get("description") for part in SCHEMAS[name]["$defs"].values())


@pytest.mark.parametrize("name", SCHEMAS)
def test_one_thing_is_wrong_at_a_time(name: str) -> None:
    """Without anyOf and oneOf a validator can name the fault; each remaining keyword has words of ours."""
    for path, part in parts(SCHEMAS[name]):
        if "/if" in path:
            continue
        unknown = set(part) - NEUTRAL - set(shape._SAY) - {"dependentRequired"}
        assert unknown == set(), path


@pytest.mark.parametrize("name", SCHEMAS)
def test_patterns_are_ecma_and_said_in_words(name: str) -> None:
    patterns = [(path, part) for path, part in parts(SCHEMAS[name]) if "pattern" in part]
    assert len(patterns) > 2
    for path, part in patterns:
        regress.Regex(part["pattern"], flags="u")
        assert "kind." in path or part["patternErrorMessage"], path


def test_kinds_choose_their_parameters() -> None:
    criterion = SCHEMAS["curriculum"]["$defs"]["Criterion"]
    assert criterion["properties"]["uses"]["enum"] == list(kinds.names())
    assert [c["if"]["properties"]["uses"]["const"] for c in criterion["allOf"]] == list(kinds.names())
    for name in kinds.names():
        part = SCHEMAS["curriculum"]["$defs"][f"kind.{name}"]
        assert part["additionalProperties"] is False
        assert list(part["properties"]) == list(kinds.params(name).__struct_encode_fields__)


@pytest.mark.parametrize("name", SCHEMAS)
def test_stand_ins_satisfy_what_they_stand_in_for(name: str) -> None:
    root = SCHEMAS[name]
    seen = 0
    for path, part in parts(root):
        if "/if" in path or "/then" in path or "/propertyNames" in path or not {"type", "enum", "$ref"} & set(part):
            continue
        value = schema.placeholder(part, root)
        whole = part | {"$schema": schema.DIALECT, "$defs": root["$defs"]}
        assert list(jsonschema.Draft202012Validator(whole).iter_errors(value)) == [], path
        seen += 1
    assert seen > 5


def test_same_text_whatever_the_hash_seed() -> None:
    program = "from mlsj.spec.schema import texts; print(*texts().values(), sep='', end='')"
    made = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1")
    }
    assert made == {"".join(schema.texts().values())}


def test_the_packaged_schemas_are_the_model_s() -> None:
    """When this fails: `python -m mlsj.spec.schema`."""
    rendered = schema.texts()
    assert rendered == {name: schema.packaged(name).decode() for name in rendered}
    assert json.loads(rendered["curriculum.schema.json"]) == SCHEMAS["curriculum"]
    assert all(text.endswith("}\n") for text in rendered.values())


def test_the_course_fits_by_both_validators(repository: Any) -> None:
    source = parse("curriculum.yaml", read_tree(repository).files["curriculum.yaml"].data)
    assert source.diagnostics == []
    assert shape.faults(source.data, SCHEMAS["curriculum"]) == []
    assert list(jsonschema.Draft202012Validator(SCHEMAS["curriculum"]).iter_errors(source.data)) == []
