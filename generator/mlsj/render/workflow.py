"""The CI workflow: `.github/workflows/ci.yml`, plan → matrix of lessons → one gate.

It is nearly constant: which lessons run is asked of `mlsj plan` at run time. Rules kept throughout: no permission
that is not needed, actions by commit, no expression inside a script, a time limit on each job. A required check must
never be skipped (a skipped one counts as passed), so the gate always runs and compares what happened with what the
plan said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlsj.render import actions
from mlsj.render.blocks import text_file
from mlsj.render.course import Course
from mlsj.render.header import commented
from mlsj.render.jobs import CPU, MAX_JOBS, GpuJob, gpu_jobs
from mlsj.render.yamlout import Placed, Said, write
from mlsj.spec.diagnostics import Diagnostic
from mlsj.spec.files import File
from mlsj.spec.model import Runner, SiteRunner

EMITTER = "workflow"
PATH = ".github/workflows/ci.yml"
_HOSTED = "ubuntu-24.04"
_PYTHON = "3.12"
_SETUP_MINUTES = 15
_DEFAULT_MINUTES = 30
_MOST_MINUTES = 360
_READ = {"contents": "read"}

_PLAN = """\
.venv/bin/mlsj plan --since "$BASE" --format github >> "$GITHUB_OUTPUT"
.venv/bin/mlsj plan --since "$BASE" >> "$GITHUB_STEP_SUMMARY"
"""
# A lesson that has been started is the learner's: then their work is judged. Elsewhere the lesson is proved.
_JUDGE = """\
status=0
for lesson in $LESSONS; do
  if [ -d ".mlsj/base/$lesson" ]; then
    .venv/bin/mlsj check "$lesson" || status=$?
  else
    .venv/bin/mlsj prove "$lesson" || status=$?
  fi
done
exit "$status"
"""
# The runner is there for its GPU: what stays unverified for the reference is a fault, which a proof only lists.
_JUDGE_STRICTLY = """\
status=0
for lesson in $LESSONS; do
  if [ -d ".mlsj/base/$lesson" ]; then
    .venv/bin/mlsj check "$lesson" --strict || status=$?
  else
    .venv/bin/mlsj check "$lesson" --solution --strict || status=$?
    .venv/bin/mlsj prove "$lesson" || status=$?
  fi
done
exit "$status"
"""
_GATE = """\
failed=0
say() { echo "$1" | tee -a "$GITHUB_STEP_SUMMARY"; }
job() {
  case "$2 $3" in
    success*) say "- $1: success" ;;
    "skipped []") say "- $1: nothing to run, as planned" ;;
    *) say "- $1: $2, planned: $3"; failed=1 ;;
  esac
}
"""
_ELSEWHERE = """\
case "$GPU_ELSEWHERE" in
  "" | "[]") ;;
  *) say "- GPU criteria not judged here, site.yaml maps no runner to their class: $GPU_ELSEWHERE" ;;
esac
"""


def emit(course: Course) -> Iterator[File | Diagnostic]:
    """Yield the workflow."""
    pins = actions.load(course.tree)
    if isinstance(pins, Diagnostic):
        yield pins
        return
    gpus = {gpu.id: gpu for gpu in gpu_jobs(course.curriculum, course.site)}
    jobs: dict[str, Any] = {
        "drift": _drift(pins),
        "plan": _plan(pins, gpus),
        CPU: Placed(_cpu(course, pins), "runners/cpu" if CPU in course.curriculum.runners else ""),
    }
    jobs |= {id_: Placed(_gpu(pins, gpu), f"runners/{gpu.name}") for id_, gpu in gpus.items()}
    jobs["gate"] = _gate(gpus)
    data = {
        "name": "ci",
        "on": {
            "pull_request": None,
            "push": {"branches": [course.curriculum.course.branch]},
            "merge_group": None,
            "workflow_dispatch": None,
        },
        "permissions": {},
        "concurrency": {
            "group": "${{ github.workflow }}-${{ github.event.pull_request.number || github.ref }}",
            "cancel-in-progress": "${{ github.event_name == 'pull_request' }}",
        },
        "jobs": jobs,
    }
    yield text_file(PATH, commented("#", "") + "\n" + write(data), "", EMITTER)


def _drift(pins: dict[str, actions.Action]) -> dict[str, Any]:
    return {
        "name": "Generated files are current",
        "runs-on": _HOSTED,
        "timeout-minutes": _SETUP_MINUTES,
        "permissions": _READ,
        "steps": [
            *_begin(pins, setup="make setup"),
            {"name": "Compare with what the spec says", "run": ".venv/bin/mlsj generate --check --format github"},
        ],
    }


def _plan(pins: dict[str, actions.Action], gpus: dict[str, GpuJob]) -> dict[str, Any]:
    base = "github.event.pull_request.base.sha || github.event.merge_group.base_sha || github.event.before"
    return {
        "name": "Plan which lessons to judge",
        "runs-on": _HOSTED,
        "timeout-minutes": _SETUP_MINUTES,
        "permissions": _READ,
        "outputs": {name: f"${{{{ steps.plan.outputs.{name} }}}}" for name in (CPU, *gpus, "gpu_elsewhere")},
        "steps": [
            *_begin(pins, setup="make setup", depth=0),
            {
                "name": "Ask which lessons this change touches",
                "id": "plan",
                "env": {
                    "BASE": Said(f"${{{{ {base} }}}}", above="Empty for a run by hand: then every lesson is judged.")
                },
                "run": _PLAN,
            },
        ],
    }


def _cpu(course: Course, pins: dict[str, actions.Action]) -> dict[str, Any]:
    runner = course.curriculum.runners.get(CPU, Runner(max_minutes=_DEFAULT_MINUTES))
    ready = sum(lesson.status == "ready" for lesson in course.lessons.values())
    minutes = min(_MOST_MINUTES, _SETUP_MINUTES + runner.max_minutes * max(1, -(-ready // MAX_JOBS)))
    return {
        "name": "Lesson ${{ matrix.lessons }}",
        "needs": ["plan"],
        "if": "needs.plan.outputs.cpu != '[]'",
        "runs-on": _runs_on(course.site.runners.get(CPU), runner),
        "timeout-minutes": minutes,
        "permissions": _READ,
        "strategy": {"fail-fast": False, "matrix": {"lessons": "${{ fromJSON(needs.plan.outputs.cpu) }}"}},
        "steps": [*_begin(pins, setup="make"), _judge("Judge the lesson", _JUDGE)],
    }


def _gpu(pins: dict[str, actions.Action], gpu: GpuJob) -> dict[str, Any]:
    condition = f"github.event_name != 'pull_request' && needs.plan.outputs.{gpu.id} != '[]'"
    return {
        "name": f"Lesson ${{{{ matrix.lessons }}}} on {gpu.name}",
        "needs": ["plan"],
        "if": Said(condition, above="Never for a pull request: its code would run on the site's own machine."),
        "runs-on": _runs_on(gpu.site, gpu.runner),
        "timeout-minutes": min(_MOST_MINUTES, _SETUP_MINUTES + gpu.runner.max_minutes),
        "permissions": _READ,
        "strategy": {
            "fail-fast": False,
            "max-parallel": 1,
            "matrix": {"lessons": f"${{{{ fromJSON(needs.plan.outputs.{gpu.id}) }}}}"},
        },
        "steps": [*_begin(pins, setup="make"), _judge("Judge the lesson with its GPU criteria", _JUDGE_STRICTLY)],
    }


def _gate(gpus: dict[str, GpuJob]) -> dict[str, Any]:
    needs = ["drift", "plan", CPU, *gpus]
    environment = {f"{id_.upper()}_RESULT": f"${{{{ needs.{id_}.result }}}}" for id_ in needs}
    environment["CPU_PLANNED"] = "${{ needs.plan.outputs.cpu }}"
    for id_ in gpus:
        planned = f"github.event_name == 'pull_request' && '[]' || needs.plan.outputs.{id_}"
        environment[f"{id_.upper()}_PLANNED"] = f"${{{{ {planned} }}}}"
    environment["GPU_ELSEWHERE"] = "${{ needs.plan.outputs.gpu_elsewhere }}"
    rows = [
        f'job {id_} "${id_.upper()}_RESULT" ' + (f'"${id_.upper()}_PLANNED"' if id_ == CPU or id_ in gpus else "always")
        for id_ in needs
    ]
    return {
        "name": "Gate",
        "needs": needs,
        "if": Said(
            "always()", above="The one check to require: it also runs, and fails, when a job before it was skipped."
        ),
        "runs-on": _HOSTED,
        "timeout-minutes": 5,
        "permissions": {},
        "steps": [
            {
                "name": "Compare what ran with what was planned",
                "env": environment,
                "run": _GATE + "\n".join(rows) + "\n" + _ELSEWHERE + 'exit "$failed"\n',
            }
        ],
    }


def _begin(pins: dict[str, actions.Action], *, setup: str, depth: int = 1) -> list[dict[str, Any]]:
    """Return the steps that every job with a checkout begins with."""
    checkout: dict[str, Any] = {"persist-credentials": False}
    if depth != 1:
        checkout["fetch-depth"] = depth
    return [
        {"name": "Check out the course", "uses": pins["checkout"].pinned, "with": checkout},
        {"name": "Set up Python", "uses": pins["setup-python"].pinned, "with": {"python-version": _PYTHON}},
        {"name": "Set up mlsj", "run": setup},
    ]


def _judge(name: str, script: str) -> dict[str, Any]:
    return {"name": name, "env": {"LESSONS": "${{ matrix.lessons }}"}, "run": script}


def _runs_on(site: SiteRunner | None, runner: Runner) -> str | list[str] | dict[str, Any]:
    if site is None:
        return runner.os or _HOSTED
    return {"group": site.group, "labels": site.labels} if site.group is not None else site.labels
