"""Resolve the packages of pyproject.toml into locks/tool.txt and locks/test.txt, hashed, without addresses."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

LOCKS = Path(__file__).resolve().parent
OPTIONS = (
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-annotate",
    "--no-header",
    "--upgrade",
)


def resolve(uv: str, requirements: list[str], target: Path, *constraints: Path) -> None:
    """Write the resolution of `requirements` to `target`; raises CalledProcessError when there is none."""
    command = [uv, "pip", "compile", "--quiet", *OPTIONS, "-", "-o", str(target)]
    for constraint in constraints:
        command += ["-c", str(constraint)]
    subprocess.run(command, input="\n".join(requirements), text=True, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Refresh both locks; the tests' set is constrained to the tool's versions."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is needed to resolve: pacman -S uv, or pip install uv", file=sys.stderr)
        return 3
    project = tomllib.loads((LOCKS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    resolve(uv, runtime, LOCKS / "tool.txt")
    resolve(uv, project["dependency-groups"]["test"], LOCKS / "test.txt", LOCKS / "tool.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
