"""Plays a learner who solves lesson 1-3 and writes down what the terminal shows: `docs/a-learner-solves-1-3.md`.

`python tests/record.py docs/a-learner-solves-1-3.md`. Every line of output is what the command really printed, in a new
copy of the course; what the learner types into an editor is taken from the lesson's stub, mistakes and reference.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mlsj.project.read import read_tree
from mlsj.spec.load import load
from mlsj.spec.variants import note, variant

ROOT = Path(__file__).resolve().parents[1]
LESSON = "1-3"
COURSE = ("curriculum.yaml", "site.yaml", "templates", "kernels", "locks", "generated", "stacks", "schema", "Makefile")
PATIENCE_S = 600

HEAD = """\
# A learner solves 1-3

What a terminal showed, written down by `python tests/record.py docs/a-learner-solves-1-3.md`: commands and their
output are real, in a fresh copy of the course; lines in italics say what happened in the editor.
Only paths of the machine are shortened.
"""


class Session:
    """A learner at a terminal in a copy of the course; `text` is the Markdown so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        loaded = load(read_tree(ROOT))
        assert loaded.curriculum is not None
        lesson = loaded.curriculum.lesson(LESSON)
        assert lesson is not None
        self.tree, self.lesson = loaded.tree, lesson
        self.text = HEAD
        self.env = {
            **{name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "NO_COLOR": "1",
            "COLUMNS": "110",
        }

    def says(self, text: str) -> None:
        """Write down what happens between two commands."""
        self.text += f"\n*{text}*\n"

    def types(self, command: str, *, exits: int = 0) -> None:
        """Run a command; raises AssertionError when it ends with another status than the learner would see."""
        argv = ["bash", "-c", command]
        ran = subprocess.run(
            argv,
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert ran.returncode == exits, (command, ran.returncode, ran.stdout, ran.stderr)
        shown = (ran.stderr + ran.stdout).replace(str(self.folder), "~/journey").replace(str(Path.home()), "~").rstrip()
        self.text += f"\n```console\n$ {command}\n{shown}\n```\n"

    def writes(self, name: str, paths: tuple[str, ...]) -> None:
        """Save files of variant `name` as the learner's own."""
        files = variant(self.tree, self.lesson, name)
        for path in paths:
            target = self.folder / "work" / LESSON / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(files[path].data)

    def answers(self) -> None:
        """Save the note."""
        (self.folder / "notes" / f"{LESSON}.md").write_bytes(note(self.tree, self.lesson, "solution") or b"")


def play(folder: Path) -> str:
    """Play the session in `folder`, a copy of the course, and return its Markdown."""
    own = Session(folder)
    own.types("mlsj next")
    own.types(f"mlsj start {LESSON}")
    own.says("The learner reads the lesson's page, and judges the stub to see what is asked.")
    own.types(f"mlsj check {LESSON}", exits=1)
    own.types(f"mlsj hint {LESSON}")
    own.says(
        "A first store: it appends, rebuilds its index at start, and answers OK while a record is still in a buffer."
    )
    own.writes("answers-early", ("store.py",))
    own.types(f"mlsj check {LESSON}", exits=1)
    own.says("The learner flushes before answering, adds recovery, and leaves the checksum for later.")
    own.writes("no-checksum", ("store.py",))
    own.types(f"mlsj check {LESSON}", exits=1)
    own.types("mlsj status | sed -n '1,2p;/1-3/p'")
    own.types(f"mlsj solution {LESSON}", exits=1)
    own.says("The record gets its checksum. Now the measurements, and the note.")
    own.writes("solution", ("store.py", "amplification.py"))
    own.types(
        f"cd work/{LESSON} && mkdir -p results "
        "&& python3 amplification.py --rows 20000 --seed 1 > results/amplification.json "
        "&& python3 -m json.tool results/amplification.json"
    )
    own.answers()
    own.types(f"mlsj check {LESSON}")
    own.types("mlsj status | sed -n '1,2p;/1-3/p'")
    own.types("mlsj next")
    return own.text


def main() -> None:
    """Write the recording to the file given as argument."""
    with tempfile.TemporaryDirectory(prefix="mlsj-record-") as name:
        folder = Path(name).resolve() / "journey"
        folder.mkdir()
        for entry in COURSE:
            source = ROOT / entry
            if source.is_dir():
                shutil.copytree(source, folder / entry)
            elif source.exists():
                shutil.copy2(source, folder / entry)
        Path(sys.argv[1]).write_text(play(folder), encoding="utf-8")


if __name__ == "__main__":
    main()
