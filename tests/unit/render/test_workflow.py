"""The workflow: its linters find nothing, its scripts do what they say, and the gate cannot be fooled."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tiny_course import made, text, tiny, with_gpu

from mlsj.render.jobs import MAX_JOBS, shards
from mlsj.spec.load import Loaded

BIN = Path(sys.executable).parent
WORKFLOW = ".github/workflows/ci.yml"


def tool(*command: str) -> None:
    ran = subprocess.run([str(BIN / command[0]), *command[1:]], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def workflow(loaded: Loaded) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(text(made(loaded), WORKFLOW))
    return data


def scripts(loaded: Loaded) -> dict[str, str]:
    jobs = workflow(loaded)["jobs"]
    return {
        f"{job}: {step['name']}": step["run"] for job, body in jobs.items() for step in body["steps"] if "run" in step
    }


@pytest.mark.parametrize(("course", "persona"), [(tiny, "auditor"), (with_gpu, "pedantic")])
def test_zizmor_finds_nothing(course: Any, persona: str, tmp_path: Path) -> None:
    (tmp_path / "ci.yml").write_text(text(made(course()), WORKFLOW))
    tool("zizmor", "--offline", "--no-config", f"--persona={persona}", str(tmp_path / "ci.yml"))


def test_the_only_finding_with_a_gpu_is_that_its_runner_is_our_own(tmp_path: Path) -> None:
    (tmp_path / "ci.yml").write_text(text(made(with_gpu()), WORKFLOW))
    command = [str(BIN / "zizmor"), "--offline", "--no-config", "--persona=auditor", "--format=json", "ci.yml"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert [finding["ident"] for finding in json.loads(ran.stdout)] == ["self-hosted-runner"]


def test_workflows_and_stacks_fit_their_schemas(tmp_path: Path) -> None:
    for name, course in (("cpu", tiny()), ("gpu", with_gpu())):
        (tmp_path / f"{name}.yml").write_text(text(made(course), WORKFLOW))
    (tmp_path / "stack.yml").write_text(text(made(tiny()), "stacks/cache.yml"))
    workflows = [str(tmp_path / "cpu.yml"), str(tmp_path / "gpu.yml")]
    tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(tmp_path / "stack.yml"))


def test_shellcheck_finds_nothing_in_the_scripts(tmp_path: Path) -> None:
    found = scripts(with_gpu())
    assert len(found) == 9
    for place, script in enumerate(found.values()):
        (tmp_path / f"{place}.sh").write_text(f"#!/bin/bash\nset -e -o pipefail\n{script}\n")
    tool("shellcheck", *map(str, tmp_path.glob("*.sh")))


def test_jobs_have_names_limits_and_no_more_rights_than_reading() -> None:
    data = workflow(with_gpu())
    assert data["permissions"] == {}
    assert list(data["on"]) == ["pull_request", "push", "merge_group", "workflow_dispatch"]
    for name, job in data["jobs"].items():
        assert job["name"]
        assert job["timeout-minutes"] > 0
        assert job["permissions"] == ({} if name == "gate" else {"contents": "read"})
        for step in job["steps"]:
            assert step["name"]
            assert "${{" not in step.get("run", "")
            if "uses" in step:
                assert len(step["uses"].partition("@")[2]) == 40
            if "checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False
    assert data["jobs"]["gate"]["needs"] == ["drift", "plan", "cpu", "gpu"]


def gate_of(loaded: Loaded) -> str:
    return scripts(loaded)["gate: Compare what ran with what was planned"]


def gate(script: str, tmp_path: Path, **environment: str) -> tuple[int, str]:
    summary = tmp_path / "summary.md"
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        env={"PATH": os.environ["PATH"], "GITHUB_STEP_SUMMARY": str(summary), **environment},
        capture_output=True,
        text=True,
    )
    assert ran.stderr == ""
    assert summary.read_text().endswith(ran.stdout)
    return ran.returncode, ran.stdout


def test_the_gate_opens_only_when_everything_planned_has_passed(tmp_path: Path) -> None:
    script = gate_of(tiny())
    results = ("success", "failure", "cancelled", "skipped")
    for drift, plan, cpu in itertools.product(results, repeat=3):
        for planned in ('["1-1"]', "[]", ""):
            code, _ = gate(
                script,
                tmp_path,
                DRIFT_RESULT=drift,
                PLAN_RESULT=plan,
                CPU_RESULT=cpu,
                CPU_PLANNED=planned,
                GPU_ELSEWHERE="[]",
            )
            passed = cpu == "success" or (cpu == "skipped" and planned == "[]")
            assert code == (0 if drift == plan == "success" and passed else 1), (drift, plan, cpu, planned)


def test_the_gate_says_what_no_runner_could_judge(tmp_path: Path) -> None:
    fine = {"DRIFT_RESULT": "success", "PLAN_RESULT": "success", "CPU_RESULT": "success", "CPU_PLANNED": '["3-5"]'}
    code, said = gate(gate_of(tiny()), tmp_path, **fine, GPU_ELSEWHERE='["3-5"]')
    assert code == 0
    assert said.endswith('- GPU criteria not judged here, site.yaml maps no runner to their class: ["3-5"]\n')
    assert "GPU" not in gate(gate_of(tiny()), tmp_path, **fine, GPU_ELSEWHERE="[]")[1]


def test_the_gate_waits_for_the_gpu_where_there_is_one(tmp_path: Path) -> None:
    fine = {"DRIFT_RESULT": "success", "PLAN_RESULT": "success", "CPU_RESULT": "success", "CPU_PLANNED": '["1-2"]'}
    for result, planned, expected in (("success", '["1-2"]', 0), ("skipped", '["1-2"]', 1), ("skipped", "[]", 0)):
        code, _ = gate(
            gate_of(with_gpu()), tmp_path, **fine, GPU_RESULT=result, GPU_PLANNED=planned, GPU_ELSEWHERE="[]"
        )
        assert code == expected, (result, planned)


def test_a_lesson_job_judges_started_work_and_else_proves_the_lesson(tmp_path: Path) -> None:
    program = tmp_path / ".venv" / "bin" / "mlsj"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$@"\n[ "$2" != 1-2 ]\n')
    program.chmod(0o755)
    (tmp_path / ".mlsj" / "base" / "1-1").mkdir(parents=True)
    strictly = ["check 1-1 --strict"]
    strictly += [said for each in ("1-2", "2-1") for said in (f"check {each} --solution --strict", f"prove {each}")]
    for name, asked in (
        ("cpu: Judge the lesson", ["check 1-1", "prove 1-2", "prove 2-1"]),
        ("gpu: Judge the lesson with its GPU criteria", strictly),
    ):
        ran = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", scripts(with_gpu())[name]],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "LESSONS": "1-1 1-2 2-1"},
            capture_output=True,
            text=True,
        )
        assert (ran.stdout.splitlines(), ran.returncode) == (asked, 1)


def test_shards_stay_below_the_limit_and_move_no_other_lesson() -> None:
    few = [str(number) for number in range(MAX_JOBS)]
    assert shards(few) == few
    many = [f"lesson-{number}" for number in range(900)]
    found = shards(many)
    assert len(found) <= MAX_JOBS
    assert sorted(" ".join(found).split()) == sorted(many)
    together = {frozenset(shard.split()) for shard in shards([*many, "lesson-new"])}
    assert {frozenset(set(shard) - {"lesson-new"}) for shard in together} >= {frozenset(s.split()) for s in found}


def test_a_course_may_move_the_pins_of_actions() -> None:
    sha = "0123456789abcdef0123456789abcdef01234567"
    pins = f"checkout:\n  uses: actions/checkout\n  version: v9.9.9\n  sha: {sha}\n  source: read there\n"
    written = text(made(tiny(files={"templates/ci/actions.yaml": pins})), WORKFLOW)
    assert written.count(f"uses: actions/checkout@{sha}  # v9.9.9\n") == 3
    assert "setup-python@5fda3b95" in written
