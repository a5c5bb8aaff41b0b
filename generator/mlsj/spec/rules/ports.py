"""Ports: two services of one stack cannot publish the same one, and a service names each of its own once."""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.rules.subject import Subject
from mlsj.spec.source import Path


def clashes(subject: Subject) -> Iterator[Diagnostic]:
    """Yield each port that a stack would publish twice, once however many stacks share the pair."""
    told: set[frozenset[Path]] = set()
    for stack_name, stack in subject.curriculum.stacks.items():
        first: dict[int, tuple[str, Path]] = {}
        for name in dict.fromkeys(stack.services):
            service = subject.curriculum.services.get(name)
            for index, port in enumerate(service.ports if service else ()):
                path: Path = ("services", name, "ports", index, "host")
                if subject.holed(path):
                    continue
                other, place = first.setdefault(port.host, (name, path))
                if place == path or frozenset((place, path)) in told:
                    continue
                told.add(frozenset((place, path)))
                who = f"services {other} and {name}" if other != name else f"service {name} twice"
                verb = "both publish" if other != name else "publishes"
                message = f"in stack {stack_name}, {who} {verb} port {port.host}"
                if other == name:
                    message = f"service {name} publishes port {port.host} twice"
                related = [(place, "first published here")]
                if other != name:
                    related.append((("stacks", stack_name), "the stack that holds both"))
                yield subject.error("MLSJ-R023", message, path, remedy="give one another host port", related=related)


def names(subject: Subject) -> Iterator[Diagnostic]:
    """Yield port names and container ports that a service has twice."""
    for name, service in subject.curriculum.services.items():
        for field in ("name", "container"):
            first: dict[object, int] = {}
            for index, port in enumerate(service.ports):
                path: Path = ("services", name, "ports", index, field)
                value = getattr(port, field)
                if subject.holed(path) or first.setdefault(value, index) == index:
                    continue
                what = "a port named" if field == "name" else "the container port"
                message = f"service {name} has {what} {value} twice"
                related = [(("services", name, "ports", first[value], field), "first given here")]
                yield subject.error("MLSJ-R024", message, path, remedy="remove one of the two", related=related)


RULES = (clashes, names)
