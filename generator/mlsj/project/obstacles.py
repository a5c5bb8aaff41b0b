"""What stands where a generated file must go, as a diagnostic that names the way out."""

from __future__ import annotations

import shlex

from mlsj.spec.diagnostics import Diagnostic, Span


def in_the_way(path: str, place: str, kind: str, keeps: str = "") -> Diagnostic:
    """Return the error for `place`, where something stands that keeps `path` from being written."""
    keeps = keeps or place
    if kind == "link":
        message = (
            f"{place} is a symbolic link; {path} would be written through it"
            if place != path
            else f"{path} is a symbolic link"
        )
        return Diagnostic("MLSJ-O005", message, Span(place), help=f"remove it: rm {quoted(place)}")
    is_what = {"folder": "a folder", "file": "a file"}.get(kind, "neither a file nor a folder")
    inside = f" with {keeps} in it" if keeps != place else ""
    where = f", where {path} must go" if place != path else ", where a generated file must go"
    return Diagnostic(
        "MLSJ-O006",
        f"{place} is {is_what}{inside}{where}",
        Span(place),
        help=f"move it away: mv {quoted(place)} ELSEWHERE",
    )


def quoted(path: str) -> str:
    """Return `path` as a word for a shell."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)
