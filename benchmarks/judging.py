"""What a verdict costs beyond the program that is judged, beside check50 and rustlings in the same run.

One trivial exercise each: a program that prints `hello`. Every round runs all of them once, in turn. `--rounds N`,
`--save FILE`. check50 comes from PyPI and rustlings from cargo, into `.mlsj/cache/benchmarks`; where one does not
install, its rows are absent. Both are run, never imported.
"""

from __future__ import annotations

import argparse
import os
import platform
import pty
import re
import select
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from run import ROOT, ratio, rounds, run

BIN = Path(sys.executable).parent
CACHE = ROOT / ".mlsj" / "cache" / "benchmarks"
CHECK50 = "3.5.0"
RUSTLINGS = "6.5.0"
SLEEP = "import time; time.sleep(1)\n"
WAIT_S = 60.0

SPEC = """\
format: 1
course: {{id: hello, title: Hello, repository: example/hello}}
modules:
  - id: "1"
    title: Hello
    hours: 1
    lessons:
      - id: 1-1
        title: Hello
        status: ready
        effort: {{read: 0, build: 1, reflect: 0}}
        reading_note: none
        objectives: [{{id: hello, says: Print hello}}]
        sources: templates/lessons/1-1
        quickstart: python3 work/1-1/hello.py
        criteria:
          - id: hello
            core: true
            shows: [hello]
            says: It prints hello.
            uses: command
            with: {{run: [python3, hello.py], stdout_equals: hello}}
        mistakes:
          - {{id: loud, says: It shouts, fails: [hello], message: something else}}
          - {{id: silent, says: It says nothing, fails: [hello], message: something else}}
        hints: [Print it., Print hello.]
        after: It prints.
        debrief: Nothing to say.
"""
SOURCE = """\
#: solution
{before}print("hello")
#: mistake loud
print("HELLO")
#: mistake silent
pass
#: stub
# TODO: print it
#: end
"""
PROBLEM = '''\
import check50


@check50.check()
def prints_hello():
    """prints hello"""
    check50.run("python3 hello.py").stdout("hello\\n").exit(0)
'''


def nothing() -> None:
    """Prepare nothing."""


def course(folder: Path, before: str) -> Path:
    """Write a course with one lesson, whose reference begins with `before`, started and solved."""
    sources = folder / "templates" / "lessons" / "1-1"
    sources.mkdir(parents=True)
    (folder / "curriculum.yaml").write_text(SPEC.format())
    (sources / "hello.py").write_text(SOURCE.format(before=before))
    mlsj = str(BIN / "mlsj")
    run([mlsj, "generate"], folder)
    run([mlsj, "start", "1-1"], folder)
    (folder / "work" / "1-1" / "hello.py").write_text(f'{before}print("hello")\n')
    return folder


def check50(folder: Path) -> list[str] | None:
    """Install check50, write the exercise, and return the command that judges it in `folder / "work"`."""
    venv = CACHE / f"check50-{CHECK50}"
    if not (venv / "bin" / "check50").exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True)
        pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", f"check50=={CHECK50}"]
        if made.returncode or subprocess.run(pip, capture_output=True).returncode:
            return None
    (folder / "problem").mkdir()
    (folder / "problem" / ".cs50.yaml").write_text("check50: true\n")
    (folder / "problem" / "__init__.py").write_text(PROBLEM)
    (folder / "work").mkdir()
    (folder / "work" / "hello.py").write_text('print("hello")\n')
    return [str(venv / "bin" / "check50"), "--dev", "../problem", "-o", "json"]


def rustlings(folder: Path) -> list[str] | None:
    """Install rustlings and return the command that judges its first exercise in `folder / "rustlings"`."""
    home = CACHE / f"rustlings-{RUSTLINGS}"
    program = home / "bin" / "rustlings"
    if not program.exists():
        if shutil.which("cargo") is None:
            return None
        install = ["cargo", "install", "--quiet", "--locked", "--root", str(home), f"rustlings@{RUSTLINGS}"]
        if subprocess.run(install, capture_output=True).returncode:
            return None
    subprocess.run([str(program), "init"], cwd=folder, input=b"\n\n", capture_output=True, check=False)
    return [str(program), "run", "intro1"] if (folder / "rustlings").is_dir() else None


def steps(folder: Path) -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
    """Return every command that is timed, by name."""
    quick, slow = course(folder / "quick", ""), course(folder / "slow", SLEEP)
    check = [str(BIN / "mlsj"), "check", "1-1", "--fresh"]
    found: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {}

    def add(name: str, argv: list[str], cwd: Path) -> None:
        found[name] = (nothing, lambda: run(argv, cwd))

    for name, place in (("quick", quick), ("slow", slow)):
        add(f"bare {name}", ["python3", "hello.py"], place / "work" / "1-1")
        add(f"mlsj {name}", check, place)
    add("mlsj unchanged", [str(BIN / "mlsj"), "check", "1-1"], quick)
    (folder / "check50").mkdir()
    argv = check50(folder / "check50")
    if argv is not None:
        add("check50", argv, folder / "check50" / "work")
    (folder / "rust").mkdir()
    argv = rustlings(folder / "rust")
    if argv is not None:
        exercises = folder / "rust" / "rustlings"
        add("rustlings", argv, exercises)
        add("bare cargo", ["cargo", "run", "--quiet", "--bin", "intro1"], exercises)
    return found


def saved_to_verdict(
    argv: list[str], cwd: Path, file: Path, texts: tuple[str, str], shows: str, count: int
) -> list[float]:
    """Save `file` `count` times while `argv` watches in a terminal; seconds until what `shows` matches appears."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execvp(argv[0], argv)  # noqa: S606
    times = []
    try:
        _until(terminal, shows)
        for index in range(count):
            time.sleep(1.0)  # let the last judging be over, whatever the watcher still does
            _drain(terminal)
            began = time.perf_counter()
            file.write_text(texts[index % 2])
            _until(terminal, shows)
            times.append(time.perf_counter() - began)
    finally:
        os.write(terminal, b"q")
        time.sleep(0.2)
        os.kill(pid, 15)
        os.waitpid(pid, 0)
    return times


def _until(terminal: int, shows: str) -> None:
    text, end = "", time.monotonic() + WAIT_S
    while not re.search(shows, text):
        if not select.select([terminal], [], [], max(end - time.monotonic(), 0))[0]:
            raise TimeoutError(f"no {shows!r} within {WAIT_S:g} s in: {text[-500:]}")
        text += os.read(terminal, 65536).decode("utf-8", "replace")


def _drain(terminal: int) -> None:
    while select.select([terminal], [], [], 0)[0]:
        os.read(terminal, 65536)


def table(count: int) -> str:
    """Run everything and return the table as Markdown."""
    with tempfile.TemporaryDirectory(prefix="mlsj-bench-") as name:
        folder = Path(name)
        chosen = steps(folder)
        times = rounds(count, chosen)
        hello = folder / "quick" / "work" / "1-1" / "hello.py"
        texts = ('print("hallo")\n', 'print("hello")\n')
        watch = [str(BIN / "mlsj"), "-C", str(folder / "quick"), "watch", "1-1"]
        waits = {"mlsj": saved_to_verdict(watch, folder, hello, texts, r"1 of 1|0 of 1", count)}
        if "rustlings" in chosen:
            exercises = folder / "rust" / "rustlings"
            program = str(CACHE / f"rustlings-{RUSTLINGS}" / "bin" / "rustlings")
            # `rustlings run` has passed the first exercise, so the second is the one that is watched.
            file = exercises / "exercises" / "00_intro" / "intro2.rs"
            bad = file.read_text()
            pair = (bad.replace("printline!", "println!"), bad)
            waits["rustlings"] = saved_to_verdict([program], exercises, file, pair, r"Exercise done|error", count)
    return "\n".join([*_overheads(times), "", *_waits(waits)])


def _overheads(times: dict[str, list[float]]) -> list[str]:
    def seconds(name: str) -> str:
        return f"{statistics.median(times[name]):.2f} s"

    def over(name: str, bare: str) -> list[float]:
        return [a - b for a, b in zip(times[name], times[bare], strict=True)]

    lines = ["| judging a program | bare | judged | overhead | bar |", "|---|---|---|---|---|"]
    for name, says in (("quick", "`print('hello')`"), ("slow", "the same after a second")):
        extra = over(f"mlsj {name}", f"bare {name}")
        allowed = [0.3 * bare + 0.25 for bare in times[f"bare {name}"]]
        kept = statistics.median(extra) <= statistics.median(allowed)
        bar = f"at most 0.3 × bare + 0.25 s: {'kept' if kept else 'missed'}"
        cells = (seconds(f"bare {name}"), seconds(f"mlsj {name}"), f"{statistics.median(extra):.2f} s")
        lines.append(f"| mlsj check, {says} | {' | '.join(cells)} | {bar} |")
    lines.append(f"| mlsj check, nothing changed | | {seconds('mlsj unchanged')} | | |")
    for name, bare, says in (
        ("check50", "bare quick", f"check50 {CHECK50}, `print('hello')`"),
        ("rustlings", "bare cargo", f"rustlings {RUSTLINGS}, its first exercise"),
    ):
        if name in times:
            extra = over(name, bare)
            lines.append(f"| {says} | {seconds(bare)} | {seconds(name)} | {statistics.median(extra):.2f} s | |")
            if name == "check50":
                lines.append(f"| check50 : mlsj, whole commands | | {ratio(times[name], times['mlsj quick'])} | | |")
    return lines


def _waits(waits: dict[str, list[float]]) -> list[str]:
    lines = ["| from saving a file to the verdict on the screen | median | range |", "|---|---|---|"]
    for name, values in waits.items():
        low, high = min(values), max(values)
        lines.append(f"| {name} watch | {statistics.median(values):.2f} s | {low:.2f} to {high:.2f} s |")
    return lines


def main() -> None:
    """Print the table, and save it where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    head = f"Python {platform.python_version()}, {os.cpu_count()} cores, {options.rounds} rounds, medians"
    text = f"# Judging\n\n{head}\n\n{table(options.rounds)}\n"
    print(text)
    if options.save:
        options.save.write_text(text)


if __name__ == "__main__":
    main()
