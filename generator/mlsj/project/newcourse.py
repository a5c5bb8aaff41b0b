"""Make a new course: what it is called by default, whether it may be made, and its files as values."""

from __future__ import annotations

import re
from pathlib import Path

from mlsj.project import scaffold
from mlsj.project.fitness import unfit_id, unfit_repository, unfit_text
from mlsj.spec.files import InputFile


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
    return scaffold.course_files(course_id=course_id, title=title, repository=repository)
