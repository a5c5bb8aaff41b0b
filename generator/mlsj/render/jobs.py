"""Which CI jobs a course has: one matrix of lessons for the CPU, and one for each GPU class that this site can run.

The workflow and `mlsj plan` both read this, so the names of jobs and of a plan's lists are the same in both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from mlsj.spec.model import Curriculum, Lesson, Runner, Site, SiteRunner

CPU = "cpu"
# GitHub refuses a matrix of more than 256 jobs (https://docs.github.com/en/actions/reference/limits).
MAX_JOBS = 200


class GpuJob(msgspec.Struct, frozen=True):
    """A matrix of lessons that need a GPU: its id in the workflow, its runner class, and where the site runs it."""

    id: str
    name: str
    runner: Runner
    site: SiteRunner


def gpu_jobs(curriculum: Curriculum, site: Site) -> list[GpuJob]:
    """Return a job for each runner class that asks for a GPU and that the site maps to labels, in the spec's order."""
    mapped = [
        (name, runner)
        for name, runner in curriculum.runners.items()
        if runner.min_vram_gb is not None and name in site.runners and name != CPU
    ]
    # The name of a class may hold what a job's id must not, such as a dot.
    return [
        GpuJob("gpu" if len(mapped) == 1 else f"gpu_{place}", name, runner, site.runners[name])
        for place, (name, runner) in enumerate(mapped, 1)
    ]


def wants_gpu(curriculum: Curriculum, lesson: Lesson) -> bool:
    """Tell whether part of a lesson can only be judged with a GPU."""
    runner = curriculum.runners.get(lesson.runner)
    on_gpu = runner is not None and runner.min_vram_gb is not None
    return on_gpu or any(criterion.requires == "gpu" for criterion in lesson.criteria)


def shards(lessons: Sequence[str]) -> list[str]:
    """Return lessons as matrix entries: ids separated by spaces, one each while that stays below the limit.

    Beyond it a lesson's entry is chosen by the hash of its id, so adding a lesson moves no other.
    """
    if len(lessons) <= MAX_JOBS:
        return list(lessons)
    groups: dict[int, list[str]] = {}
    for lesson in lessons:
        groups.setdefault(int(hashlib.sha256(lesson.encode()).hexdigest(), 16) % MAX_JOBS, []).append(lesson)
    return [" ".join(groups[number]) for number in sorted(groups)]
