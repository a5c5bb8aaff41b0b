"""Write the catalogue's pages into a folder: `python -m mlsj.spec.codes docs/diagnostics`."""

from __future__ import annotations

import sys
from pathlib import Path

from mlsj.spec.codes import catalogue
from mlsj.spec.codes._pages import pages


def main(folder: Path) -> None:
    """Write every page, and remove pages of codes that are gone."""
    made = pages(catalogue())
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
