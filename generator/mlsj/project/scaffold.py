"""Fill in a scaffold of the package: templates of a course or a lesson become files, as values.

cookiecutter renders them, cut off from the user's configuration, its hooks and its memory of earlier answers.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mlsj.spec.files import InputFile

SCAFFOLDS = Path(__file__).resolve().parent.parent / "scaffold"

_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|&!~$])")


def course_files(*, course_id: str, title: str, repository: str, requirement: str) -> dict[str, InputFile]:
    """Return the files of a new course, paths relative to its root; `requirement` is what installs mlsj for it."""
    return _filled(
        "course",
        {
            "_id": yaml_plain(course_id),
            "_title_yaml": yaml_text(title),
            "_title_markdown": _MARKDOWN.sub(r"\\\1", " ".join(title.split())),
            "_repository_yaml": yaml_text(repository),
            "_requirement": requirement,
        },
    )


def lesson_files(*, lesson_id: str, title: str) -> tuple[str, dict[str, InputFile]]:
    """Return the YAML of a new lesson, and its sources relative to their folder."""
    files = _filled("lesson", {"_id": lesson_id, "_id_yaml": yaml_plain(lesson_id), "_title_yaml": yaml_text(title)})
    lesson = files.pop("lesson.yaml").data.decode()
    return lesson, {path.removeprefix("sources/"): file for path, file in files.items()}


def yaml_text(text: str) -> str:
    """Return `text` as a double-quoted YAML scalar on one line; JSON's escapes are YAML's too."""
    return json.dumps(text, ensure_ascii=False)


def yaml_plain(word: str) -> str:
    """Return an id unquoted where YAML reads it as a text, else quoted: `3-5`, but `"3"` and `"null"`."""
    from mlsj.spec.source import parse

    return word if parse("", f"- {word}".encode()).data == [word] else yaml_text(word)


def place(files: Mapping[str, InputFile], folder: Path) -> None:
    """Make `folder`, absent or empty until now, hold exactly `files`; when an OSError is raised, none of them."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as staged:
        made = Path(staged) / folder.name
        made.mkdir()
        for path, file in files.items():
            target = made / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.data)
            if file.executable:
                target.chmod(target.stat().st_mode | 0o111)
        if not folder.exists():
            made.rename(folder)
            return
        # An existing folder stays the same one: it may be where a shell stands.
        moved: list[Path] = []
        try:
            for child in sorted(made.iterdir()):
                moved.append(child.rename(folder / child.name))
        except OSError:
            for child in moved:
                child.rename(made / child.name)
            raise


def remove(folder: Path) -> None:
    """Remove a folder that `place` made, when what should have followed has failed."""
    shutil.rmtree(folder, ignore_errors=True)


def _filled(scaffold: str, values: Mapping[str, str]) -> dict[str, InputFile]:
    from cookiecutter.main import cookiecutter

    with tempfile.TemporaryDirectory(prefix="mlsj-new-") as folder:
        made = cookiecutter(
            str(SCAFFOLDS / scaffold),
            no_input=True,
            extra_context=dict(values),
            output_dir=str(Path(folder, "out")),
            # A mapping instead of True: the defaults, with its notes kept where they vanish.
            default_config={"cookiecutters_dir": folder, "replay_dir": folder},
            accept_hooks=False,
        )
        return {
            path.relative_to(made).as_posix(): InputFile(path.read_bytes(), bool(path.stat().st_mode & 0o100))
            for path in sorted(Path(made).rglob("*"))
            # An installer compiles every .py of a package, those of a scaffold, too.
            if path.is_file() and path.parent.name != "__pycache__"
        }
