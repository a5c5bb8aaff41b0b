"""Checks over the whole curriculum, one module per family; a rule yields what it finds and reads only its subject."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlsj.spec import locks, variants
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.rules import cycles, duplicates, parameters, policy, ports, references, services, sources
from mlsj.spec.rules.subject import Subject

Rule = Callable[[Subject], Iterator[Diagnostic]]

RULES: tuple[Rule, ...] = (
    *duplicates.RULES,
    *references.RULES,
    *cycles.RULES,
    *ports.RULES,
    *services.RULES,
    *sources.RULES,
    *parameters.RULES,
    *policy.RULES,
    variants.diagnose,
    locks.diagnose,
)
