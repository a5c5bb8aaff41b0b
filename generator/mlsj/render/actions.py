"""Pins of GitHub actions: the package's own, or the course's in `templates/ci/actions.yaml`.

They are author data, so that a bot or a person can move them without touching the compiler.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from mlsj.render.yamlout import Said
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.files import Tree
from mlsj.spec.source import Source, parse

PATH = "templates/ci/actions.yaml"
_PACKAGED = Path(__file__).with_name("actions.yaml")
_REMEDY = "an action has 'uses', 'version' (a release), 'sha' (its commit) and 'source' (where that was read)"
# Each field: what it must match, and how that is said.
_FIELDS = {
    "uses": (r"[A-Za-z0-9-]+/[A-Za-z0-9._/-]+", "OWNER/NAME"),
    "version": (r"v[0-9]+(\.[0-9]+)*", "a release such as v7.0.1"),
    "sha": (r"[0-9a-f]{40}", "a commit of 40 hexadecimal digits"),
    "source": (r"(?s:.*\S.*)", "a text"),
}


class Action(msgspec.Struct, frozen=True):
    """An action at a commit, the release that commit is, and where that was read."""

    uses: str
    version: str
    sha: str
    source: str

    @property
    def pinned(self) -> Said:
        """The value of `uses:`, with the release as a comment."""
        return Said(f"{self.uses}@{self.sha}", after=self.version)


def load(tree: Tree) -> dict[str, Action] | Diagnostic:
    """Return the pins by name, the course's before the package's, or what is wrong with the course's."""
    raw = tree.data(PATH)
    if raw is None:
        return _packaged()
    source = parse(PATH, raw)
    if source.diagnostics:
        return source.diagnostics[0]
    own = source.data if isinstance(source.data, dict) else {"": source.data}
    found = dict(_packaged())
    for name, value in own.items():
        action = _action(source, name, value)
        if isinstance(action, Diagnostic):
            return action
        found[name] = action
    return found


@cache
def _packaged() -> dict[str, Action]:
    """Return the package's pins: part of the program, as its modules are."""
    data = parse(_PACKAGED.name, _PACKAGED.read_bytes()).data
    return msgspec.convert(data, dict[str, Action])


def _action(source: Source, name: str, value: Any) -> Action | Diagnostic:
    def wrong(message: str, field: str = "", *, key: bool = False) -> Diagnostic:
        span = source.span((name, field) if field else (name,), key=key)
        return Diagnostic("MLSJ-T094", message, span, help=_REMEDY)

    if name not in _packaged():
        return wrong(f"workflows use no action '{name}'; they use {', '.join(sorted(_packaged()))}", key=True)
    if not isinstance(value, dict):
        return wrong(f"action '{name}' is not a mapping")
    for field in value:
        if field not in _FIELDS:
            return wrong(f"action '{name}' has an unknown key '{field}'", field, key=True)
    for field, (pattern, what) in _FIELDS.items():
        if field not in value:
            return wrong(f"action '{name}' lacks '{field}'", key=True)
        if not isinstance(value[field], str) or not re.fullmatch(pattern, value[field]):
            return wrong(f"'{field}' of action '{name}' is not {what}", field)
    return Action(**value)
