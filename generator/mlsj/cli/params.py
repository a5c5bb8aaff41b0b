"""Parameter types of the command line: a lesson's id, completed from the curriculum."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LessonType(click.types.StringParamType):
    """A lesson's id. Whether the course has it is for the command to say, with the course at hand."""

    name = "lesson"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the lessons whose id begins with `incomplete`, with their titles; none when anything is wrong."""
        from click.shell_completion import CompletionItem

        # While completing, the group's own function has not run: its option is read, not `ctx.obj`.
        given = ctx.find_root().params.get("directory")
        try:
            found = _lessons(Path(given) if given else Path.cwd())
        except Exception:  # noqa: BLE001 - a message in the middle of a command line being typed helps nobody
            return []
        return [CompletionItem(lesson, help=title) for lesson, title in found if lesson.startswith(incomplete)]


def _lessons(start: Path) -> list[tuple[str, str]]:
    """Return id and title of every lesson, read without checking the course; raises whatever a broken one causes."""
    from mlsj.project.read import find_root
    from mlsj.spec.files import CURRICULUM
    from mlsj.spec.source import MAX_BYTES, parse

    root = find_root(start)
    if root is None:
        return []
    with (root / CURRICULUM).open("rb") as file:
        data: Any = parse(CURRICULUM, file.read(MAX_BYTES + 1)).data
    return [
        (lesson["id"], " ".join(str(lesson.get("title", "")).split()))
        for module in data["modules"]
        for lesson in module["lessons"]
    ]


LESSON = LessonType()
