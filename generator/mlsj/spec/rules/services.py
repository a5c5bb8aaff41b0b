"""What services of a stack need of each other, and where their volumes are mounted."""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.rules.subject import Subject


def complete(subject: Subject) -> Iterator[Diagnostic]:
    """A stack holds what its services wait for."""
    services = subject.curriculum.services
    for name, stack in subject.curriculum.stacks.items():
        if subject.holed(("stacks", name, "services")):
            continue
        for index, member in enumerate(stack.services):
            for n, other in enumerate(services[member].after if member in services else ()):
                waits = ("services", member, "after", n)
                if other in services and other not in stack.services and not subject.holed(waits):
                    message = f"stack {name} lacks service {other}, which service {member} waits for"
                    remedy = f"add '{other}' to the stack's services"
                    path = ("stacks", name, "services", index)
                    yield subject.error("MLSJ-R025", message, path, remedy=remedy, related=[(waits, "waited for here")])


def ready(subject: Subject) -> Iterator[Diagnostic]:
    """A service that others wait for can say that it is healthy."""
    services = subject.curriculum.services
    told: set[str] = set()
    for name, service in services.items():
        for n, other in enumerate(service.after):
            if other not in services or services[other].health is not None or other in told:
                continue
            waits = ("services", name, "after", n)
            if subject.holed(("services", other, "health")) or subject.holed(waits):
                continue
            told.add(other)
            message = f"service {other} has no health check, and service {name} waits for it"
            remedy = "add 'health:' with a real request as its 'test'"
            path = ("services", other)
            yield subject.error(
                "MLSJ-R026", message, path, key=True, remedy=remedy, related=[(waits, "waited for here")]
            )


def volumes(subject: Subject) -> Iterator[Diagnostic]:
    """A volume is mounted at an absolute path, and two volumes at two paths."""
    for name, service in subject.curriculum.services.items():
        first: dict[str, str] = {}
        for volume, target in service.volumes.items():
            path = ("services", name, "volumes", volume)
            if subject.holed(path):
                continue
            if not target.startswith("/") or ".." in target.split("/") or ":" in target:
                message = f"volume {volume} of service {name} is mounted at '{target}', which is not an absolute path"
                remedy = "write the path in the container, such as /var/lib/data"
                yield subject.error("MLSJ-R027", message, path, remedy=remedy)
            elif first.setdefault(target.rstrip("/"), volume) != volume:
                other = first[target.rstrip("/")]
                message = f"volumes {other} and {volume} of service {name} are mounted at one path"
                related = [(("services", name, "volumes", other), "the other volume")]
                yield subject.error("MLSJ-R027", message, path, remedy="mount one elsewhere", related=related)


RULES = (complete, ready, volumes)
