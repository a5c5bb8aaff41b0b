"""Which lessons a change touches, and so which jobs must judge: decided from paths and from two versions of the spec.

Whatever is not known to be harmless judges everything: a needless job costs minutes, a missing one costs trust.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from mlsj.render.jobs import CPU, gpu_jobs, shards, wants_gpu
from mlsj.spec.files import CURRICULUM
from mlsj.spec.model import Curriculum, Lesson, Site

# What no verdict depends on: documents, what the compiler makes (its drift is a job of its own), page templates.
_HARMLESS = re.compile(
    r"(docs|tests|benchmarks|generated|stacks|schema|templates/pages)/.*|notes/README\.md|[^/]+\.md|LICENSE"
    r"|\.gitignore|\.gitattributes|\.mlsj/manifest\.json"
)
_LEARNERS = re.compile(r"work/([^/]+)/.*|notes/([^/]+)\.md|\.mlsj/base/([^/]+)/.*")
_LOCK = re.compile(r"locks/([^/]+)\.txt")


class Plan(msgspec.Struct, frozen=True):
    """What a change asks of CI.

    `cpu` and `gpu` are the ready lessons to judge, `drafts` those touched that cannot be. `jobs` has, for each matrix
    job of the workflow by its id, the entries: lesson ids separated by spaces. `gpu_elsewhere` are lessons whose GPU
    class no runner of this site has.
    """

    since: str
    reason: str
    everything: bool
    cpu: list[str]
    gpu: list[str]
    drafts: list[str]
    jobs: dict[str, list[str]]
    gpu_elsewhere: list[str]


class Touched(msgspec.Struct, frozen=True):
    """The ids of touched lessons and why; None for all lessons."""

    lessons: frozenset[str] | None
    reason: str


def touched(curriculum: Curriculum, paths: Iterable[str], before: Any, after: Any) -> Touched:
    """Return what changed `paths` touch; `before` and `after` are the spec's data then and now, None if unreadable."""
    old, new = _by_id(before), _by_id(after)
    found: set[str] = set()
    changed = sorted(paths)
    for path in changed:
        if path == CURRICULUM:
            if old is None or new is None:
                return Touched(None, f"{CURRICULUM} cannot be compared with its earlier version")
            found |= {id_ for id_, parts in new.items() if old.get(id_) != parts}
            continue
        lessons = _lessons(curriculum, path, old or {})
        if lessons is None:
            return Touched(None, f"{path} changed, which any lesson may depend on")
        found |= lessons
    known = frozenset(lesson.id for _, lesson in curriculum.lessons()) & found
    many = "1 file" if len(changed) == 1 else f"{len(changed)} files"
    return Touched(known, f"{many} changed")


def plan(curriculum: Curriculum, site: Site, since: str, change: Touched) -> Plan:
    """Return the plan for a change."""
    lessons = [lesson for _, lesson in curriculum.lessons() if change.lessons is None or lesson.id in change.lessons]
    ready = [lesson for lesson in lessons if lesson.status == "ready"]
    gpu = [lesson for lesson in ready if wants_gpu(curriculum, lesson)]
    classes = {
        job.id: _ids(lesson for lesson in gpu if lesson.runner == job.name) for job in gpu_jobs(curriculum, site)
    }
    return Plan(
        since,
        change.reason,
        change.lessons is None,
        _ids(ready),
        _ids(gpu),
        _ids(lesson for lesson in lessons if lesson.status == "draft"),
        {CPU: shards(_ids(ready)), **{name: shards(ids) for name, ids in classes.items()}},
        _ids(lesson for lesson in gpu if not any(lesson.id in ids for ids in classes.values())),
    )


def outputs(found: Plan) -> str:
    """Return the plan as outputs of a workflow's step: `NAME=JSON`, one a line."""
    lists = {**found.jobs, "gpu_elsewhere": found.gpu_elsewhere}
    return "\n".join(f"{name}={json.dumps(value)}" for name, value in lists.items())


def _ids(lessons: Iterable[Lesson]) -> list[str]:
    return [lesson.id for lesson in lessons]


def _lessons(curriculum: Curriculum, path: str, old: dict[str, Any]) -> set[str] | None:
    """Return the lessons that a file belongs to, or None where every lesson may depend on it."""
    learners = _LEARNERS.fullmatch(path)
    if _HARMLESS.fullmatch(path):
        return set()
    if learners is not None:
        return {part for part in learners.groups() if part}
    folders = [(lesson.id, lesson.sources) for _, lesson in curriculum.lessons()]
    folders += [(id_, parts["lesson"].get("sources")) for id_, parts in old.items()]
    own = {id_ for id_, folder in folders if isinstance(folder, str) and path.startswith(folder.rstrip("/") + "/")}
    if own:
        return own
    lock = _LOCK.fullmatch(path)
    if lock is not None and lock[1] in curriculum.environments:
        return {lesson.id for _, lesson in curriculum.lessons() if lesson.environment == lock[1]}
    return None


def _by_id(data: Any) -> dict[str, Any] | None:
    """Return each lesson's data with all in the spec that its verdicts depend on; None for what is no spec."""
    try:
        return {lesson["id"]: _parts(data, lesson) for module in data["modules"] for lesson in module["lessons"]}
    except (TypeError, KeyError, AttributeError):
        return None


def _parts(data: dict[str, Any], lesson: dict[str, Any]) -> dict[str, Any]:
    stack = data.get("stacks", {}).get(lesson.get("stack"), {})
    services = {name: data.get("services", {}).get(name) for name in stack.get("services", ())}
    return {
        "format": data.get("format"),
        "lesson": lesson,
        "environment": data.get("environments", {}).get(lesson.get("environment")),
        "stack": stack,
        "services": services,
        "runner": data.get("runners", {}).get(lesson.get("runner")),
    }
