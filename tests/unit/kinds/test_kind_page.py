"""The page about kinds: it is what the schema says, and its examples are accepted."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from mlsj import kinds
from mlsj.spec import kind_page
from mlsj.spec.model import Criterion


def test_the_page_is_what_the_schema_says(repository: Path) -> None:
    """When this fails: `python -m mlsj.spec.kind_page docs/kinds.md`."""
    assert (repository / "docs/kinds.md").read_text(encoding="utf-8") == kind_page.page()


@pytest.mark.parametrize("kind", kinds.names())
def test_every_kind_has_an_example_that_is_accepted(kind: str) -> None:
    given = yaml.safe_load(kind_page.EXAMPLES[kind])
    criterion = msgspec.convert({"id": "x", "says": "X", **given}, Criterion)
    assert criterion.uses == kind
    params = msgspec.convert(criterion.with_, kinds.params(kind))
    section = kind_page.page().split(f"\n## {kind}\n")[1].split("\n## ")[0]
    for field in params.__struct_encode_fields__:
        assert f"| `{field}` |" in section
