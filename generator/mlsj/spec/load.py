"""A tree of input files as a checked curriculum: parse, shape, model, rules; what is wrong is a value in the result."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from mlsj.spec import fit
from mlsj.spec.diagnostics import FLOOD, Diagnostic, Span, flooded, ordered
from mlsj.spec.files import CURRICULUM, SITE, Tree
from mlsj.spec.model import FORMAT, Curriculum, Site
from mlsj.spec.rules import RULES
from mlsj.spec.rules.subject import Subject
from mlsj.spec.rules.wake import in_the_wake
from mlsj.spec.source import Path, Source, parse


class Loaded(msgspec.Struct, frozen=True):
    """A course as loaded. `curriculum` is None where its syntax or shape forbids building it.

    Errors of rules leave `curriculum` in place, so that it can still be asked about; whoever compiles or judges looks
    at `diagnostics` first.
    """

    curriculum: Curriculum | None
    site: Site
    source: Source
    tree: Tree
    diagnostics: tuple[Diagnostic, ...]


def load(tree: Tree) -> Loaded:
    """Load the course in `tree`. Rules also run, as far as they can, over a spec whose shape is wrong elsewhere."""
    site, site_source, found = _site(tree)
    raw = tree.data(CURRICULUM)
    if raw is None:
        source = parse(CURRICULUM, b"{}")
        missing = Diagnostic("MLSJ-S009", f"there is no {CURRICULUM}", Span(CURRICULUM), help="write one")
        return Loaded(None, site, source, tree, (missing, *found))
    source = parse(CURRICULUM, raw)
    if source.diagnostics:
        return Loaded(None, site, source, tree, tuple(ordered([*source.diagnostics, *found])))
    curriculum, holes = fit.curriculum(source), frozenset[Path]()
    if curriculum is None:
        curriculum, holes, wrong = _repaired(source)
        found += wrong
    if curriculum is not None:
        said = list(islice(_rules(Subject(curriculum, site, source, tree, holes, site_source)), FLOOD + 1))
        found += [*said[:FLOOD], flooded(said[-1].span)] if len(said) > FLOOD else said
    return Loaded(None if holes else curriculum, site, source, tree, tuple(ordered(found)))


def _site(tree: Tree) -> tuple[Site, Source, list[Diagnostic]]:
    """Load `site.yaml`; without one, and where it is wrong, the site has no GPU."""
    default = Site(format=FORMAT)
    raw = tree.data(SITE)
    source = parse(SITE, raw if raw is not None else b"format: 1")
    if source.diagnostics:
        return default, parse(SITE, b"format: 1"), source.diagnostics
    built = fit.site(source)
    if built is not None:
        return built, source, []
    from mlsj.spec import schema
    from mlsj.spec.convert import convert
    from mlsj.spec.shape import site_shape

    shape = site_shape(source)
    if shape.diagnostics:
        return default, source, list(shape.diagnostics)
    converted, refused = convert(source, source.data, Site, schema.site_schema)
    return converted or default, source, list(refused)


def _repaired(source: Source) -> tuple[Curriculum | None, frozenset[Path], list[Diagnostic]]:
    """Say what is wrong with the shape, and build the model from repaired data: nothing more may be said of that."""
    from mlsj.spec import schema
    from mlsj.spec.convert import convert
    from mlsj.spec.shape import curriculum_shape

    shape = curriculum_shape(source)
    if () in shape.holes:
        return None, shape.holes, list(shape.diagnostics)
    curriculum, refused = convert(source, shape.data, Curriculum, schema.curriculum_schema)
    return curriculum, shape.holes, [*shape.diagnostics, *refused]


def _rules(subject: Subject) -> Iterator[Diagnostic]:
    for rule in RULES:
        yield from (found for found in rule(subject) if not in_the_wake(subject, found))
