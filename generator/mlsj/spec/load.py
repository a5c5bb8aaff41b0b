"""A tree of input files as a checked curriculum: parse, shape, model, rules; what is wrong is a value in the result."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from mlsj.spec import schema
from mlsj.spec.convert import convert
from mlsj.spec.diagnostics import FLOOD, Diagnostic, Span, flooded, ordered
from mlsj.spec.files import CURRICULUM, SITE, Tree
from mlsj.spec.model import FORMAT, Curriculum, Site
from mlsj.spec.rules import RULES
from mlsj.spec.rules.subject import Subject
from mlsj.spec.rules.wake import in_the_wake
from mlsj.spec.shape import Shape, curriculum_shape, site_shape
from mlsj.spec.source import Source, parse


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
    shape = curriculum_shape(source)
    curriculum, refused = _model(source, shape)
    found += [*shape.diagnostics, *refused]
    if curriculum is not None:
        subject = Subject(curriculum, site, source, tree, shape.holes, site_source)
        said = list(islice(_rules(subject), FLOOD + 1))
        found += [*said[:FLOOD], flooded(said[-1].span)] if len(said) > FLOOD else said
    return Loaded(None if shape.holes else curriculum, site, source, tree, tuple(ordered(found)))


def _site(tree: Tree) -> tuple[Site, Source, list[Diagnostic]]:
    """Load `site.yaml`; without one, and where it is wrong, the site has no GPU."""
    default = Site(format=FORMAT)
    raw = tree.data(SITE)
    source = parse(SITE, raw if raw is not None else b"format: 1")
    if source.diagnostics:
        return default, parse(SITE, b"format: 1"), source.diagnostics
    shape = site_shape(source)
    if shape.diagnostics:
        return default, source, list(shape.diagnostics)
    site, refused = convert(source, source.data, Site, schema.site_schema())
    return site or default, source, list(refused)


def _model(source: Source, shape: Shape) -> tuple[Curriculum | None, tuple[Diagnostic, ...]]:
    """Build the model, from the repaired data where the shape is wrong: then no further diagnostic may come of it."""
    if () in shape.holes:
        return None, ()
    curriculum, refused = convert(source, shape.data, Curriculum, schema.curriculum_schema())
    return curriculum, refused


def _rules(subject: Subject) -> Iterator[Diagnostic]:
    for rule in RULES:
        yield from (found for found in rule(subject) if not in_the_wake(subject, found))
