"""A course with one started lesson, made by hand: the least that `update` looks at."""

from __future__ import annotations

import os
from pathlib import Path

from mlsj.learner.update import Updated, update
from mlsj.learner.workspace import Workspace, start

LESSON = "1-1"
NOTE = b"# Note\n\n## What surprised you\n"


class Course:
    """A folder with a generated stub, a base and a learner's files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.place = Workspace(root, LESSON)

    def stub(self, files: dict[str, bytes | None], *, executable: tuple[str, ...] = ()) -> None:
        """Change what the course makes; None removes a file."""
        _write(self.place.stub / "work", files, executable)
        if not self.place.stub.joinpath("note.md").exists():
            self.place.stub.joinpath("note.md").write_bytes(NOTE)

    def mine(self, files: dict[str, bytes | None], *, executable: tuple[str, ...] = ()) -> None:
        """Change what the learner has."""
        _write(self.place.work, files, executable)

    def start(self) -> None:
        assert not start(self.place).conflicts

    def update(self, *, check: bool = False) -> Updated:
        return update(self.root, [LESSON], [LESSON], check=check)

    def said(self, *, check: bool = False) -> dict[str, str]:
        """Update, and return what became of each file that is worth a word."""
        (lesson,) = self.update(check=check).lessons
        return {file.path: file.what.value for file in lesson.files}

    def work(self, name: str) -> bytes:
        return (self.place.work / name).read_bytes()

    def state(self) -> dict[str, tuple[str, bytes, int]]:
        """Everything but the lock and its folder: kind, bytes, permission bits."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            for name in (*folders, *names):
                full = Path(folder, name)
                path = full.relative_to(self.root).as_posix()
                if path in (".mlsj/run", ".mlsj/run/learner.lock", ".mlsj/run/update"):
                    continue
                if full.is_symlink():
                    found[path] = ("link", os.fsencode(full.readlink()), 0)
                elif full.is_dir():
                    found[path] = ("folder", b"", 0)
                else:
                    found[path] = ("file", full.read_bytes(), full.stat().st_mode & 0o777)
        return found

    def times(self) -> dict[str, int]:
        return {
            path: (self.root / path).lstat().st_mtime_ns
            for path, (kind, _, _) in self.state().items()
            if kind == "file"
        }


def _write(folder: Path, files: dict[str, bytes | None], executable: tuple[str, ...]) -> None:
    for name, data in files.items():
        path = folder / name
        if data is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o755 if name in executable else 0o644)
