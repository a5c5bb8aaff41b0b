"""Prerequisites that lead back to where they started: lessons, criteria of a lesson, services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.rules.subject import Subject
from mlsj.spec.source import Path

# Per node: the nodes it needs, each with the place that says so.
Graph = Mapping[str, Sequence[tuple[str, Path]]]


def cycles(graph: Graph) -> list[tuple[str, ...]]:
    """Return one cycle for each group of nodes that need each other, starting at its first node in graph order.

    A node that needs itself is left out: that is another fault. Iterative, since a chain may be as long as the course.
    """
    done: set[str] = set()
    found: list[tuple[str, ...]] = []
    for start in graph:
        if start in done:
            continue
        trail: list[str] = [start]
        on_trail = {start}
        pending = [iter(graph[start])]
        while pending:
            for name, _ in pending[-1]:
                if name in on_trail and name != trail[-1]:
                    found.append(tuple(trail[trail.index(name) :]))
                elif name in graph and name not in done and name not in on_trail:
                    trail.append(name)
                    on_trail.add(name)
                    pending.append(iter(graph[name]))
                    break
            else:
                pending.pop()
                on_trail.discard(trail[-1])
                done.add(trail.pop())
    return _one_each(found)


def lessons(subject: Subject) -> Iterator[Diagnostic]:
    """Lessons do not need each other in a circle."""
    graph = {
        lesson.id: [(need, (*path, "needs", i)) for i, need in enumerate(lesson.needs)]
        for path, lesson in subject.lessons()
    }
    yield from _report(subject, graph, "MLSJ-R020", "lessons")


def criteria(subject: Subject) -> Iterator[Diagnostic]:
    """Criteria of a lesson do not need each other in a circle."""
    for path, lesson in subject.lessons():
        graph = {
            criterion.id: [(need, (*path, "criteria", i, "needs", n)) for n, need in enumerate(criterion.needs)]
            for i, criterion in enumerate(lesson.criteria)
        }
        yield from _report(subject, graph, "MLSJ-R021", f"criteria of lesson {lesson.id}")


def services(subject: Subject) -> Iterator[Diagnostic]:
    """Services do not wait for each other in a circle."""
    graph = {
        name: [(other, ("services", name, "after", i)) for i, other in enumerate(service.after)]
        for name, service in subject.curriculum.services.items()
    }
    yield from _report(subject, graph, "MLSJ-R022", "services")


def _report(subject: Subject, graph: Graph, code: str, what: str) -> Iterator[Diagnostic]:
    for cycle in cycles(graph):
        steps = list(zip(cycle, (*cycle[1:], cycle[0]), strict=True))
        places = [next(path for name, path in graph[a] if name == b) for a, b in steps]
        if any(subject.holed(place) for place in places):
            continue
        message = f"{what} need each other in a circle: {' → '.join((*cycle, cycle[0]))}"
        related = [(place, f"{a} needs {b}") for (a, b), place in zip(steps[1:], places[1:], strict=True)]
        yield subject.error(code, message, places[0], remedy="remove one of these needs", related=related)


def _one_each(found: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Keep the first of the cycles that share a node: mending it changes the others."""
    kept: list[tuple[str, ...]] = []
    used: set[str] = set()
    for cycle in found:
        if used.isdisjoint(cycle):
            kept.append(cycle)
        used.update(cycle)
    return kept


RULES = (lessons, criteria, services)
