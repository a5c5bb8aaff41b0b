"""Pins of GitHub actions: the package's own, or the course's in `templates/ci/actions.yaml`.

They are author data, so that a bot or a person can move them without touching the compiler.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mlsj.render.yamlout import Said
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.files import Tree
from mlsj.spec.source import Source, parse

PATH = "templates/ci/actions.yaml"
_PACKAGED = Path(__file__).with_name("actions.yaml")


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action at a commit, the release that commit is, and where that was read."""

    uses: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._/-]+$")]
    version: Annotated[str, Meta(pattern=r"^v[0-9]+(\.[0-9]+)*$")]
    sha: Annotated[str, Meta(pattern=r"^[0-9a-f]{40}$")]
    source: Annotated[str, Meta(min_length=1)]

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
    known = sorted(_packaged())
    if name not in known:
        message, span = f"workflows use no action '{name}'", source.span((name,), key=True)
        return Diagnostic("MLSJ-T094", message, span, help=f"they use {', '.join(known)}")
    try:
        return msgspec.convert(value, Action)
    except msgspec.ValidationError as error:
        what = str(error).split(" - at ")[0]
        field = str(error).rpartition("`$.")[2].rstrip("`") if "`$." in str(error) else ""
        span = source.span((name, field) if field else (name,))
        remedy = "an action has 'uses', 'version' (a release), 'sha' (its commit, 40 hexadecimal digits) and 'source'"
        return Diagnostic("MLSJ-T094", f"action '{name}': {what[:1].lower()}{what[1:]}", span, help=remedy)
