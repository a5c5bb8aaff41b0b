"""Templates for the tools we compare with: each renders as many files of the same sizes as the course has.

cookiecutter and copier come from the locked test environment, projen from npm where Node is present.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

PROJEN = "0.103.25"
VARIABLES = {"project": "journey", "author": "Ada", "level": "3", "module": "scan", "title": "Prefix sums"}


def template_text(size: int, opening: str, closing: str, name: str, variables: int) -> str:
    """A file of about `size` bytes once rendered: lines of 38 bytes with one or two variables each."""
    keys = list(VARIABLES)
    lines = max(1, round(size / 38))
    second = f"{opening}{name}author{closing}" if variables == 2 else "Ada"
    return "".join(f"{opening}{name}{keys[n % 5]}{closing} jumps over {second} and two dogs\n" for n in range(lines))


def cookiecutter(folder: Path, sizes: list[int], variables: int) -> list[str]:
    """Write a cookiecutter template and return the command that renders it to `out` in the working directory."""
    root = folder / "template" / "{{cookiecutter.project}}"
    root.mkdir(parents=True)
    (folder / "template" / "cookiecutter.json").write_text(json.dumps(VARIABLES))
    for index, size in enumerate(sizes):
        path = root / f"d{index % 40}" / f"f{index}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(template_text(size, "{{ ", " }}", "cookiecutter.", variables))
    return ["cookiecutter", "--no-input", "--default-config", "-f", "-o", "out", "template"]


def copier(folder: Path, sizes: list[int], variables: int) -> list[str]:
    """Write a copier template and return the command that renders it to `out`."""
    root = folder / "template"
    root.mkdir(parents=True)
    answers = "".join(f"{key}: {{type: str, default: {value!r}}}\n" for key, value in VARIABLES.items())
    (root / "copier.yml").write_text(answers)
    for index, size in enumerate(sizes):
        path = root / f"d{index % 40}" / f"f{index}.md.jinja"
        path.parent.mkdir(exist_ok=True)
        path.write_text(template_text(size, "{{ ", " }}", "", variables))
    return ["copier", "copy", "--defaults", "--overwrite", "--quiet", "template", "out"]


def projen(folder: Path, sizes: list[int], cache: Path) -> list[str] | None:
    """Write a projen project and return the command that synthesises it; None without Node or npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    if not (cache / "node_modules" / "projen").is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        (cache / "package.json").write_text('{"private": true}\n')
        done = subprocess.run(
            [npm, "install", "--silent", "--no-audit", "--no-fund", f"projen@{PROJEN}"], cwd=cache, capture_output=True
        )
        if done.returncode:
            return None
    out = folder / "out"
    out.mkdir(parents=True)
    (out / "node_modules").symlink_to(cache / "node_modules")
    lines = [
        'const { Project, TextFile } = require("projen");',
        'const project = new Project({ name: "journey", commitGenerated: true });',
        f"const values = {json.dumps(VARIABLES)};",
        f"const sizes = {json.dumps(sizes)};",
        "const keys = Object.keys(values);",
        "sizes.forEach((size, i) => {",
        "  const lines = [];",
        "  const count = Math.max(1, Math.round(size / 38));",
        "  for (let n = 0; n < count; n++)",
        "    lines.push(`${values[keys[n % 5]]} jumps over ${values.author} and two dogs`);",
        "  new TextFile(project, `d${i % 40}/f${i}.md`, { lines });",
        "});",
        "project.synth();",
    ]
    (out / ".projenrc.js").write_text("\n".join(lines) + "\n")
    return [node, "out/.projenrc.js"]
