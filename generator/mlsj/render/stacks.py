"""Compose files: `stacks/<id>.yml`. All in them is literal, and nothing listens beyond the loopback interface."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlsj.render.blocks import text_file
from mlsj.render.course import Course
from mlsj.render.header import commented
from mlsj.render.yamlout import Placed, Said, write
from mlsj.spec.files import File
from mlsj.spec.model import HealthCheck, Service

EMITTER = "stacks"


def emit(course: Course) -> Iterator[File]:
    """Yield the compose file of every stack."""
    curriculum = course.curriculum
    for name, stack in curriculum.stacks.items():
        here = f"stacks/{name}"
        services = {id_: curriculum.services[id_] for id_ in stack.services if id_ in curriculum.services}
        volumes: dict[str, Any] = {volume: {} for id_, service in services.items() for volume in _volumes(id_, service)}
        # A project name is lower case (https://docs.docker.com/reference/compose-file/version-and-name/).
        project = f"{curriculum.course.id}-{name}".lower()
        data: dict[str, Any] = {
            "name": Said(project, above=stack.title),
            "services": {
                id_: Placed(_service(id_, service, services), f"services/{id_}") for id_, service in services.items()
            },
        }
        if volumes:
            data["volumes"] = volumes
        yield text_file(f"{here}.yml", commented("#", here) + "\n" + write(data), here, EMITTER)


def _service(id_: str, service: Service, beside: dict[str, Service]) -> dict[str, Any]:
    image = service.image + (f"@{service.digest}" if service.digest else "")
    unread = "" if service.digest else "Its digest was never read, so this is the tag only.\n"
    data: dict[str, Any] = {"image": Said(image, above=f"{unread}Read in: {service.source}"), "restart": "no"}
    if service.command:
        data["command"] = [_literal(word) for word in service.command]
    if service.environment:
        data["environment"] = {key: _literal(value) for key, value in service.environment.items()}
    if service.ports:
        data["ports"] = [Said(f"127.0.0.1:{port.host}:{port.container}", after=port.name) for port in service.ports]
    if service.volumes:
        data["volumes"] = [
            {"type": "volume", "source": volume, "target": _literal(path)}
            for volume, path in _volumes(id_, service).items()
        ]
    if service.health is not None:
        data["healthcheck"] = _health(service.health)
    after = [other for other in service.after if other in beside]
    if after:
        data["depends_on"] = {other: {"condition": _condition(beside[other])} for other in after}
    data["mem_limit"] = f"{service.memory_mib}m"
    return data


def _health(health: HealthCheck) -> dict[str, Any]:
    return {
        "test": [_literal(word) for word in health.test],
        "interval": f"{health.interval_s}s",
        "timeout": f"{health.timeout_s}s",
        "retries": health.retries,
        "start_period": f"{health.start_s}s",
    }


def _condition(service: Service) -> str:
    """Return what can be waited for: compose refuses to wait for the health of a service that has no check."""
    return "service_healthy" if service.health is not None else "service_started"


def _volumes(id_: str, service: Service) -> dict[str, str]:
    """Return a service's volumes by their name in the stack: two services that chose the same name do not share one."""
    return {f"{id_}-{volume}": path for volume, path in service.volumes.items()}


def _literal(value: str) -> str:
    """Return text that compose reads as `value`: it interpolates `$` and reads `$$` as one dollar sign."""
    return value.replace("$", "$$")
