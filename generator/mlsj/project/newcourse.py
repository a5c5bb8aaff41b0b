"""Make a new course: what it is called by default, whether it may be made, and its files as values."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

from mlsj import __version__
from mlsj.project import scaffold
from mlsj.project.fitness import unfit_id, unfit_repository, unfit_text
from mlsj.spec.files import InputFile

_GIT = re.compile(r"https://[\w.-]+(:\d+)?/[\w./~-]+")
_WHEEL = f"./mlsj-{__version__}-py3-none-any.whl"
_SOMEWHERE = f"""\
# mlsj is in no package index, so name the place where it is, in one of these ways, and commit this file:
#   mlsj @ git+https://github.com/OWNER/NAME@COMMIT    a repository of the tool, at a commit
#   {f"./mlsj-{__version__}-py3-none-any.whl":<50} a wheel of it, kept in this repository
# Until a line does, `make setup` uses the mlsj on PATH, and in CI, where none is, it fails and says so."""


def defaults(folder: Path) -> tuple[str, str, str]:
    """Return title, id and repository derived from the folder's name."""
    words = re.findall(r"[A-Za-z0-9]+", folder.resolve().name) or ["course"]
    course_id = "-".join(words)[:48].rstrip("-").lower()
    return " ".join([words[0].capitalize(), *words[1:]]), course_id, f"OWNER/{course_id}"


def refusal(folder: Path) -> str:
    """Return why no course may be made in `folder`, or an empty text when it is absent or empty."""
    if folder.is_dir():
        return f"{folder} is not empty: name a new folder, or an empty one" if any(folder.iterdir()) else ""
    return f"{folder} is not a folder" if folder.exists() or folder.is_symlink() else ""


def unfit(*, title: str, course_id: str, repository: str) -> str:
    """Return why the course cannot be called so, or an empty text."""
    return unfit_text("the title", title) or unfit_id(course_id) or unfit_repository(repository)


def rendered(*, title: str, course_id: str, repository: str) -> dict[str, InputFile]:
    """Return the files of the course, paths relative to its root."""
    return scaffold.course_files(course_id=course_id, title=title, repository=repository, requirement=requirement())


def requirement() -> str:
    """Return what installs this mlsj elsewhere: its repository at its commit, or comments that say what to write.

    Only a public address is passed on: a folder of this machine, or an address with a user's name, helps nobody else.
    """
    try:
        # What an installer notes about a package that came from an address: the standard "direct URL origin".
        origin = json.loads(metadata.distribution("mlsj").read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return _SOMEWHERE
    vcs, url = origin.get("vcs_info", {}), str(origin.get("url", ""))
    commit = str(vcs.get("commit_id", ""))
    known = vcs.get("vcs") == "git" and _GIT.fullmatch(url) and re.fullmatch("[0-9a-f]{40,64}", commit)
    return f"mlsj @ git+{url}@{commit}" if known and "subdirectory" not in origin else _SOMEWHERE
