"""What all tests share: software a machine may lack is skipped by name, counted in the last line, never silently."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Under `make test`, a make that a test runs would take itself for a part of that one: other output, inherited options.
# In CI, check says more and uses no verdict again.
for _name in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "CI"):
    os.environ.pop(_name, None)

# program: the command that installs it. Arch first, Debian next.
INSTALL = {
    "bwrap": "pacman -S bubblewrap | apt install bubblewrap",
    "fish": "pacman -S fish | apt install fish",
    "git": "pacman -S git | apt install git",
    "make": "pacman -S make | apt install make",
    "nvidia-smi": "an NVIDIA GPU with its driver",
    "podman": "pacman -S podman | apt install podman",
    "zsh": "pacman -S zsh | apt install zsh",
}
# What MLSJ_REQUIRE_ALL=1 still lets a machine lack.
MAY_LACK = {"bwrap", "nvidia-smi", "podman"}

_PREFIX = "lacks "


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs absent programs, or make it fail where everything is required."""
    required = os.environ.get("MLSJ_REQUIRE_ALL") == "1"
    for item in items:
        for mark in item.iter_markers("needs"):
            for program in mark.args:
                if program not in INSTALL:
                    raise pytest.UsageError(f"{item.nodeid}: say in tests/conftest.py how to install {program!r}")
                if shutil.which(program):
                    continue
                if required and program not in MAY_LACK:
                    item.user_properties.append(("lacking", program))
                else:
                    item.add_marker(pytest.mark.skip(reason=f"{_PREFIX}{program}, to be had by {INSTALL[program]}"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail what was required and is absent."""
    lacking = [str(value) for key, value in item.user_properties if key == "lacking"]
    if lacking:
        hints = "; ".join(f"{program}: {INSTALL[program]}" for program in lacking)
        pytest.fail(f"MLSJ_REQUIRE_ALL=1, and this machine lacks {hints}", pytrace=False)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say, as the last line, what was not run and how to get it."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    skipped = reporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    lacking = {r: n for r, n in reasons.items() if r.startswith(_PREFIX)}
    other = sum(reasons.values()) - sum(lacking.values())
    parts = [f"{count} as this machine {reason}" for reason, count in sorted(lacking.items())]
    if other:
        parts.append(f"{other} for other reasons (pytest -rs names them)")
    reporter.write_line(f"skipped: {sum(reasons.values())}" + (f" ({'; '.join(parts)})" if parts else ""))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The repository's root: itself a course."""
    return ROOT
