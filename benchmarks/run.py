"""One command, one table: how fast mlsj is, as ratios to peers measured in the same run.

Every round runs all commands once, in turn, so that a slow moment of the machine hits them alike; a ratio is the
median of the rounds' ratios, shown with its range. `--rounds N`, `--save FILE`.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import peers
import synthesise

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
AUTHOR = ("curriculum.yaml", "site.yaml", "templates", "kernels", "locks")

Step = Callable[[], None]


def run(argv: list[str], cwd: Path) -> None:
    """Run a command quietly; raises CalledProcessError with its output when it fails."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # every tool may keep its own code compiled, as it does when installed
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, argv, done.stdout, done.stderr)


def rounds(count: int, steps: dict[str, tuple[Step, Step]]) -> dict[str, list[float]]:
    """Time each step (prepare, measured) once a round; a first round is thrown away."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    for index in range(count + 1):
        for name, (prepare, step) in steps.items():
            prepare()
            began = time.perf_counter()
            step()
            if index:
                times[name].append(time.perf_counter() - began)
    return times


def ratio(over: list[float], under: list[float]) -> str:
    """`over / under` round by round: median and range."""
    values = sorted(a / b for a, b in zip(over, under, strict=True))
    return f"{statistics.median(values):.1f}× ({values[0]:.1f} to {values[-1]:.1f})"


def copy_course(target: Path) -> Path:
    """Copy the author files of the course to `target`."""
    target.mkdir()
    for name in AUTHOR:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name)
        elif source.exists():
            shutil.copy2(source, target / name)
    return target


def outputs(course: Path) -> list[Path]:
    """The generated files of `course`, by its manifest."""
    import json

    manifest = json.loads((course / ".mlsj/manifest.json").read_text())
    return [course / path for path in manifest["files"]]


def wipe(course: Path) -> None:
    """Remove everything generated and every cache."""
    for name in ("generated", "stacks", "schema", ".github", ".mlsj"):
        shutil.rmtree(course / name, ignore_errors=True)
    (course / ".gitattributes").unlink(missing_ok=True)


def whole_course(count: int, work: Path) -> list[tuple[str, str, str]]:
    """Cold, after a one-lesson edit, and with nothing changed, against cookiecutter, copier and projen."""
    course = copy_course(work / "course")
    run(["mlsj", "generate"], course)
    sizes = [path.stat().st_size for path in outputs(course)]
    spec = course / "curriculum.yaml"
    original = spec.read_text()
    edits = iter(range(10**6))

    def nothing() -> None: ...

    def edit() -> None:
        first = original.index("- id: 2-1")
        at = original.index("title: ", first) + len("title: ")
        spec.write_text(f"{original[:at]}Edit {next(edits)} of {original[at:]}")

    cold = copy_course(work / "cold")
    steps: dict[str, tuple[Step, Step]] = {
        "cold": (lambda: wipe(cold), lambda: run(["mlsj", "generate"], cold)),
        "edit": (edit, lambda: run(["mlsj", "generate"], course)),
        "noop": (nothing, lambda: run(["mlsj", "generate"], course)),
        "help": (nothing, lambda: run(["mlsj", "--help"], course)),
        "click": (nothing, lambda: run([sys.executable, "-c", "import click"], course)),
    }
    rivals = []
    cache = ROOT / ".mlsj/cache/bench"
    makers: dict[str, Callable[[Path], list[str] | None]] = {
        "cookiecutter": lambda folder: peers.cookiecutter(folder, sizes, 2),
        "copier": lambda folder: peers.copier(folder, sizes, 2),
        "cookiecutter, 1 variable a line": lambda folder: peers.cookiecutter(folder, sizes, 1),
        "copier, 1 variable a line": lambda folder: peers.copier(folder, sizes, 1),
        "projen": lambda folder: peers.projen(folder, sizes, cache),
    }
    for number, (name, make) in enumerate(makers.items()):
        folder = work / f"peer-{number}"
        command = make(folder)
        if command is None:
            continue
        rivals.append(name)

        def prepare(folder: Path = folder) -> None:
            # Files go, what projen needs beside them stays.
            for old in (folder / "out").glob("[dj]*"):
                shutil.rmtree(old)

        steps[name] = (prepare, lambda command=command, folder=folder: run(command, folder))  # type: ignore[misc]
    times = rounds(count, steps)
    rows = [("files of the course", f"{len(sizes)}, {sum(sizes) / 1024:.0f} KiB", "")]
    for name in rivals:
        bar = "at least 5×, 8×, 15×" if name in ("cookiecutter", "copier") else "no bar"
        cells = [ratio(times[name], times[key]) for key in ("cold", "edit", "noop")]
        rows.append((f"faster than {name}: cold · one lesson edited · nothing changed", " · ".join(cells), bar))
    rows.append(("generate, nothing changed / import click", ratio(times["noop"], times["click"]), "at most 4×"))
    rows.append(("mlsj --help / import click", ratio(times["help"], times["click"]), "at most 1.6×"))
    medians = " · ".join(f"{name} {statistics.median(values) * 1e3:.0f}" for name, values in times.items())
    rows.append(("medians in ms (this machine, noisy)", medians, ""))
    return rows


def best(step: Step, repeats: int) -> float:
    """The shortest of `repeats` runs, in seconds: the one the machine disturbed least."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        step()
        times.append(time.perf_counter() - began)
    return min(times)


def scaling(work: Path) -> list[tuple[str, str, str]]:
    """Validate and generate 24, 240 and 2,400 lessons inside one process."""
    import yaml

    from mlsj.cli.common import load_course
    from mlsj.project.plan import plan
    from mlsj.project.write import apply, known, look
    from mlsj.render.compile import compile_course

    rows, per_lesson = [], []
    for count in (24, 240, 2400):
        target = work / f"scale-{count}"
        synthesise.write(target, count)
        text = (target / "curriculum.yaml").read_text()
        wrong = load_course(target).diagnostics
        if wrong:
            raise SystemExit(f"the synthesised course is not valid: {wrong[0]}")

        def generate(target: Path = target) -> None:
            files = compile_course(load_course(target)).files
            earlier, _ = known(str(target))
            apply(str(target), plan(files, earlier, look(str(target), files, earlier), ()))

        repeats = 5 if count < 1000 else 3
        plain = best(lambda text=text: yaml.load(text, yaml.CSafeLoader), repeats)  # type: ignore[misc]
        validate = best(lambda target=target: load_course(target), repeats)  # type: ignore[misc]
        cold = best(generate, 1)
        again = best(generate, repeats)
        per_lesson.append(again / count * 1e3)
        measured = (
            f"{validate / plain:.2f}× · generate {cold * 1e3:.0f} ms cold, {again * 1e3:.0f} ms again "
            f"({per_lesson[-1]:.2f} ms a lesson)"
        )
        rows.append(
            (f"{count} lessons, one process: validate / yaml.load(CSafeLoader)", measured, "at most 3×, linear")
        )
    rows.append(("cost of a lesson at 2,400 / at 24", f"{per_lesson[-1] / per_lesson[0]:.2f}×", "linear: about 1×"))
    return rows


def memory(work: Path) -> list[tuple[str, str, str]]:
    """Peak memory of `mlsj generate` on 240 lessons."""
    target = work / "memory"
    synthesise.write(target, 240)
    # In a process of its own: a child's peak counts from the fork, so a large parent would be measured instead.
    code = (
        "import os, subprocess, sys; p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "_, status, usage = os.wait4(p.pid, 0); print(status, usage.ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(BIN / "mlsj"), "generate"], cwd=target, capture_output=True, text=True
    )
    status, peak = map(int, done.stdout.split())
    if status:
        raise SystemExit("mlsj generate failed on the synthesised course")
    scale = 1024 if sys.platform != "darwin" else 1
    return [("peak memory of generate at 240 lessons", f"{peak * scale / 1e6:.0f} MB", "at most 150 MB")]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlsj-bench-") as name:
        work = Path(name)
        rows = whole_course(options.rounds, work) + scaling(work) + memory(work)
    head = f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.rounds} rounds, median (range)\n\n"
    table = "| what | measured | bar |\n|---|---|---|\n" + "".join(f"| {a} | {b} | {c} |\n" for a, b, c in rows)
    print(head + table)
    if options.save:
        options.save.write_text(f"# Speed\n\n{head}{table}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
