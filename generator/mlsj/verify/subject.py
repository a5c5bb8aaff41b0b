"""Makes the directory of a variant, so that the judge sees it just as it sees a learner's work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mlsj.spec.files import Tree
from mlsj.spec.model import Lesson
from mlsj.spec.variants import note as note_of
from mlsj.spec.variants import prepare, variant

# A prepare script may have to build something, such as a container image whose base is fetched first.
PREPARE_S = 900


def blank(lesson: Lesson) -> str:
    """Return an empty note, for a course whose note forms are not generated yet."""
    sections = [f"## {section.heading}\n\n> {' '.join(section.asks.split())}\n" for section in lesson.note_sections]
    return "\n".join([f"# {lesson.id} {lesson.title}\n", *sections])


def make(tree: Tree, lesson: Lesson, name: str, folder: Path, note_form: str) -> tuple[Path, Path]:
    """Write variant `name` below `folder` and return its work directory and note.

    Raises KeyError for an unknown variant and RuntimeError when a prepare script fails.
    """
    work, note = folder / "work", folder / "note.md"
    work.mkdir(parents=True)
    for path, file in variant(tree, lesson, name).items():
        target = work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
        target.chmod(0o755 if file.executable else 0o644)
    own = note_of(tree, lesson, name)
    note.write_bytes(own if own is not None else (note_form or blank(lesson)).encode())
    for path, file in prepare(tree, lesson, name):
        script = folder / Path(path).name
        script.write_bytes(file.data)
        interpreter = sys.executable if script.suffix == ".py" else "bash"
        ran = subprocess.run(
            [interpreter, str(script)], cwd=work, capture_output=True, text=True, timeout=PREPARE_S, check=False
        )
        if ran.returncode != 0:
            raise RuntimeError(f"{path} failed: {ran.stderr.strip() or ran.stdout.strip()}")
    return work, note
