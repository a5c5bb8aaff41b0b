"""Finds a file that a criterion names, or says why it is none."""

from __future__ import annotations

from pathlib import Path

from mlsj.kinds.base import Context, Finding, failed, inside


def file(context: Context, name: str) -> Path | Finding:
    """Return the file `name` of the work directory; a link that leads out of it is not the learner's file."""
    found = there(context, name)
    if isinstance(found, Path) and not found.is_file():
        where = place(context, name)
        got = "a folder" if found.is_dir() else "something else"
        return failed(
            f"{name} is not a file", expected="a file", got=got, where=where, next_step=f"make {where} a file"
        )
    return found


def there(context: Context, name: str) -> Path | Finding:
    """Return the file or folder `name` of the work directory."""
    path, where = inside(context.work, name), place(context, name)
    if path is None:
        link = next(
            (p for p in ((context.work / name), *(context.work / name).parents) if p.is_symlink()), context.work
        )
        return failed(
            f"{name} leads out of the lesson",
            expected="a file",
            got=f"a link to {link.readlink()}",
            where=where,
            next_step="put the file itself there",
        )
    if not path.exists():
        return failed(
            f"{name} is missing", expected="a file", got=_beside(path), where=where, next_step=f"create {where}"
        )
    return path


def below(path: str, name: str) -> None:
    """Raise ValueError for a path that is absolute or climbs: it would be judged as missing, for every learner."""
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"'{name}' is {path}, which is not below the work directory")


def place(context: Context, name: str) -> str:
    """Return a name in the work directory as the learner knows it."""
    return f"work/{context.lesson_id}/{name}"


def _beside(path: Path) -> str:
    """Say what is there instead: a name that differs in case or spelling is the usual cause."""
    import difflib

    names = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, 1, 0.7)
    return f"nothing; there is {near[0]}" if near else "nothing"
