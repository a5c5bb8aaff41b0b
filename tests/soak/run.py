"""What is too long for every run, as one Markdown report: 10,000 mutations, flakiness of verdicts, hash seeds, kills.

`make soak` prints it; `--save FILE` keeps it; `--quick` runs a hundredth of it. Exit 1 when anything did not hold.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MLSJ = Path(sys.executable).with_name("mlsj")
AUTHOR = ("curriculum.yaml", "site.yaml", "templates", "kernels", "locks")


def copy_course(target: Path) -> Path:
    """Copy the author files of the course to `target`."""
    target.mkdir()
    for name in AUTHOR:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, target / name)
    return target


def digest(course: Path) -> str:
    """A digest of everything generated in `course`, with the manifest."""
    files = [*json.loads((course / ".mlsj/manifest.json").read_text())["files"], ".mlsj/manifest.json"]
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(name.encode() + b"\0" + (course / name).read_bytes())
    return total.hexdigest()


def mutations(count: int) -> tuple[bool, str]:
    """Run `mutations.py` over the real course."""
    command = [sys.executable, str(ROOT / "tests/soak/mutations.py"), "--count", str(count), "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode == 0, f"## Mutations of the real curriculum\n\n{done.stdout}{done.stderr}"


def verdicts(repeats: int) -> tuple[bool, str]:
    """Prove every ready lesson `repeats` times with fresh seeds: a verdict that is not always the same is reported."""
    proved = subprocess.run([MLSJ, "prove", "--repeat", str(repeats)], cwd=ROOT, capture_output=True, text=True)
    return proved.returncode == 0, f"## Every lesson proved {repeats} times\n\n```text\n{proved.stdout}```\n"


def hash_seeds(count: int, work: Path) -> tuple[bool, str]:
    """Compile under many hash seeds, time zones and locales: always the same bytes."""
    made: Counter[str] = Counter()
    for number in range(count):
        course = copy_course(work / f"seed-{number}")
        env = {
            **os.environ,
            "PYTHONHASHSEED": str(number),
            "TZ": ("UTC", "Asia/Kolkata", "America/St_Johns")[number % 3],
            "LC_ALL": ("C", "C.UTF-8", "POSIX")[number % 3],
        }
        subprocess.run([MLSJ, "generate"], cwd=course, env=env, check=True, capture_output=True)
        made[digest(course)] += 1
        shutil.rmtree(course)
    return len(
        made
    ) == 1, f"## {count} hash seeds, time zones and locales\n\n{len(made)} different results (1 expected)\n"


def kills(count: int, work: Path) -> tuple[bool, str]:
    """Kill `generate` with SIGKILL at random moments, edit the spec now and then: the next run always heals."""
    rng = random.Random(1)
    course = copy_course(work / "kills")
    spec = course / "curriculum.yaml"
    original = spec.read_text()
    killed = wrong = 0
    for number in range(count):
        spec.write_text(original.replace("Dataset versioning", f"Dataset versioning {number % 7}", 1))
        if number % 3 == 0:
            shutil.rmtree(course / "generated", ignore_errors=True)
        process = subprocess.Popen([MLSJ, "generate"], cwd=course, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.1, 0.25))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
        healed = subprocess.run([MLSJ, "generate"], cwd=course, capture_output=True, text=True)
        checked = subprocess.run([MLSJ, "generate", "--check"], cwd=course, capture_output=True, text=True)
        left = list(course.rglob(".mlsj-tmp-*"))
        wrong += bool(healed.returncode or checked.returncode or healed.stderr or left)
    return (
        not wrong,
        f"## SIGKILL during generate\n\n{count} runs, {killed} killed, {wrong} not healed by the next run\n",
    )


def main() -> int:
    """Run all parts, print the report, return 1 when any did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    share = 100 if options.quick else 1
    report = [f"# Soak\n\nPython {platform.python_version()}, {os.cpu_count()} cores\n"]
    held = True
    with tempfile.TemporaryDirectory(prefix="mlsj-soak-") as name:
        work = Path(name)
        parts = (
            lambda: mutations(10_000 // share),
            lambda: verdicts(max(1, 5 // share)),
            lambda: hash_seeds(max(2, 60 // share), work),
            lambda: kills(max(2, 150 // share), work),
        )
        for part in parts:
            fine, text = part()
            held &= fine
            report.append(text)
            print(text, flush=True)
    report.append("Everything held.\n" if held else "**Something did not hold.**\n")
    print(report[-1])
    if options.save:
        options.save.write_text("\n".join(report), encoding="utf-8")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
