"""What a rule looks at: a whole curriculum with its positions, and what is known to be wrong already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mlsj.spec.diagnostics import Diagnostic, Related, Severity, Span
from mlsj.spec.files import Tree
from mlsj.spec.model import Curriculum, Lesson, Module, Site
from mlsj.spec.source import Path, Source, parse


class Subject(msgspec.Struct, frozen=True):
    """A curriculum to be checked.

    Where the shape of the spec is wrong, `curriculum` holds stand-ins and `holes` their paths: a rule says nothing that
    depends on a hole, so that one slip is reported once.
    """

    curriculum: Curriculum
    site: Site
    source: Source
    tree: Tree
    holes: frozenset[Path] = frozenset()
    site_source: Source = msgspec.field(default_factory=lambda: parse("site.yaml", b"format: 1"))

    def modules(self) -> Iterator[tuple[Path, Module]]:
        """Every module with its path."""
        for index, module in enumerate(self.curriculum.modules):
            yield ("modules", index), module

    def lessons(self) -> Iterator[tuple[Path, Lesson]]:
        """Every lesson with its path."""
        for above, module in self.modules():
            for index, lesson in enumerate(module.lessons):
                yield (*above, "lessons", index), lesson

    def holed(self, path: Path) -> bool:
        """Tell whether the value at `path`, something in it, or what holds it, is a stand-in."""
        return bool(self.holes) and any(hole[: len(path)] == path[: len(hole)] for hole in self.holes)

    def raw(self, path: Path) -> Any:
        """Return the value the author wrote at `path`, or None."""
        value = self.source.data
        for part in path:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value

    def error(
        self,
        code: str,
        message: str,
        path: Path,
        *,
        remedy: str = "",
        related: Iterable[tuple[Path, str]] = (),
        key: bool = False,
        severity: Severity = Severity.ERROR,
    ) -> Diagnostic:
        """Make a diagnostic at `path`, or with `key` at its key; `related` are other paths with what they show."""
        others = tuple(Related(self.at(other), text) for other, text in related)
        return Diagnostic(code, message, self.at(path, key=key), help=remedy, related=others, severity=severity)

    def at(self, path: Path, *, key: bool = False) -> Span:
        """Return where `path` stands; a thing of a list stands where its id does."""
        return self.source.span(path, key=True) if key else self.source.head(path)
