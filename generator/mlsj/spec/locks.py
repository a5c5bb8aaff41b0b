"""Locks: an environment's hashed requirements in `locks/<name>.txt`, and how one is known to be missing or outdated.

A lock's header carries a digest of the requirements it was resolved from, so that comparing needs no network. Files in
`locks/` that neither belong to an environment nor bear the header (a project's own pins) are nobody's business here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mlsj.spec.diagnostics import Diagnostic, Severity, Span
from mlsj.spec.model import Environment

if TYPE_CHECKING:
    from mlsj.spec.rules.subject import Subject

FOLDER = "locks"
_MADE_BY = "# Made by 'mlsj lock"
_DIGEST = "# requirements: sha256:"

# PEP 508: name, extras, versions, marker; no URL, no option of an installer.
_REQUIREMENT = re.compile(
    r"""
    (?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?) \s*
    (?P<extras>\[ [A-Za-z0-9._,\s-]* \])? \s*
    (?P<versions>\(? ((===|~=|==|!=|<=|>=|<|>) \s* [A-Za-z0-9._*+!-]+ (\s*,\s*(?=[~=!<>]))? \s*)* \)?) \s*
    (?P<marker>; [^\n\r]+)?
    """,
    re.VERBOSE,
)
_OLDEST = re.compile(r"(?:>=|~=|==)\s*(3\.\d+)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)")
_PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[A-Za-z0-9._,-]*\])?==[^\s;@]+")
# A whole lock as the resolver writes it: comments, pinned requirements with a marker or none, and their hashes.
_AS_RESOLVED = re.compile(
    r"(?:(?:#[^\n]*)?\n"
    r"|[A-Za-z0-9._-]+(?:\[[A-Za-z0-9._,-]*\])?==[A-Za-z0-9._+!-]+(?: ; [A-Za-z0-9_.'<>=!() ]+)? \\\n"
    r"(?:    --hash=sha256:[0-9a-f]{64} \\\n)*    --hash=sha256:[0-9a-f]{64}\n)*+"
)
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://|\s@\s|^(-e|-f|-i|--(index|extra-index|find-links|trusted-host|editable))", re.I
)


def path_of(name: str) -> str:
    """Return where the lock of environment `name` lives, relative to the course's root."""
    return f"{FOLDER}/{name}.txt"


def digest(environment: Environment) -> str:
    """Return the SHA-256, in hex, of the environment's requirements; their order and spelling do not matter."""
    said = {
        "python": sorted({_normalised(text) for text in environment.python}),
        "requires": _squeezed(environment.requires),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def oldest_python(environment: Environment) -> str | None:
    """Return the oldest Python the environment is resolved for, such as '3.11'; None when `requires` names none."""
    found = _OLDEST.search(environment.requires)
    return found.group(1) if found else None


def header(name: str, environment: Environment) -> str:
    """Return the first lines of a lock: what made it, how to refresh it, and what it was resolved from."""
    return (
        f"{_MADE_BY} {name}' from environments/{name} in curriculum.yaml. To refresh: the same command (needs uv).\n"
        f"{_DIGEST}{digest(environment)}\n"
    )


def recorded_digest(text: str) -> str | None:
    """Return the digest in a lock's header, None when it has none."""
    for line in text.splitlines():
        if line.startswith(_DIGEST):
            return line.removeprefix(_DIGEST).strip()
        if line and not line.startswith("#"):
            break
    return None


def diagnose(subject: Subject) -> Iterator[Diagnostic]:
    """Yield what is wrong with each environment and its lock, and the locks of no environment (MLSJ-O010 to O015)."""
    environments = subject.curriculum.environments
    for name in environments:
        yield from diagnose_environment(subject, name)
    for file, found in subject.tree.under(FOLDER):
        if "/" in file or not file.endswith(".txt") or file.removesuffix(".txt") in environments:
            continue
        if found.data.startswith(_MADE_BY.encode()):
            yield Diagnostic(
                "MLSJ-O012",
                f"{FOLDER}/{file} is the lock of an environment that is not in the curriculum",
                Span(f"{FOLDER}/{file}"),
                help="delete the file, or bring the environment back",
                severity=Severity.WARNING,
            )


def diagnose_environment(subject: Subject, name: str) -> Iterator[Diagnostic]:
    """Yield what is wrong with environment `name` and its lock."""
    environment = subject.curriculum.environments[name]
    yield from diagnose_requirements(subject, name)
    data = subject.tree.data(path_of(name))
    place = subject.source.span(("environments", name), key=True)
    remedy = f"run 'mlsj lock {name}' and commit {path_of(name)}"
    if data is None:
        yield Diagnostic("MLSJ-O010", f"environment '{name}' has no lock {path_of(name)}", place, help=remedy)
        return
    text = data.decode("utf-8", "replace")
    recorded = recorded_digest(text)
    if recorded != digest(environment):
        what = "was resolved from other requirements" if recorded else "does not say what it was resolved from"
        yield Diagnostic("MLSJ-O011", f"the lock of environment '{name}' {what}", place, help=remedy)
    yield from _diagnose_lines(path_of(name), text, remedy)


def diagnose_requirements(subject: Subject, name: str) -> Iterator[Diagnostic]:
    """Yield what environment `name` asks for and no lock can give."""
    environment = subject.curriculum.environments[name]
    for index, text in enumerate(environment.python):
        if not _REQUIREMENT.fullmatch(text.strip()):
            yield Diagnostic(
                "MLSJ-O015",
                f"'{' '.join(text.split())}' is not a requirement: a package's name and versions",
                subject.source.span(("environments", name, "python", index)),
                help="write it like 'dvc==3.67.1'; addresses and installer options are not allowed",
            )
    if oldest_python(environment) is None:
        yield Diagnostic(
            "MLSJ-O015",
            f"'{environment.requires}' does not name the oldest Python of environment '{name}'",
            subject.source.span(("environments", name, "requires")),
            help="write it like '>=3.11'",
        )


def _diagnose_lines(path: str, text: str, remedy: str) -> Iterator[Diagnostic]:
    """Yield the lines of a lock that an installer would trust without a hash, or fetch from an address."""
    if _AS_RESOLVED.fullmatch(text):
        return  # as the resolver writes it: nearly always, and 20 times faster to see than line by line
    for number, line in _logical_lines(text):
        said = " ".join(line.split())
        if _ADDRESS.search(said):
            message = "the lock names an address; where packages come from is for each machine to say"
            yield Diagnostic("MLSJ-O014", message, Span(path, number), help=remedy)
        elif not _HASH.search(said):
            yield Diagnostic("MLSJ-O013", f"'{said.split()[0]}' has no hash", Span(path, number), help=remedy)
        elif not _PINNED.match(said):
            yield Diagnostic(
                "MLSJ-O013", f"'{said.split()[0]}' is not pinned to one version", Span(path, number), help=remedy
            )


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield `(number of its first line, text)` of each requirement or option, without comments and continuations."""
    first, parts = 0, list[str]()
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if not parts and (not stripped or stripped.startswith("#")):
            continue
        first = first if parts else number
        parts.append(stripped.removesuffix("\\"))
        if not stripped.endswith("\\"):
            yield first, " ".join(parts)
            parts = []
    if parts:
        yield first, " ".join(parts)


def _normalised(text: str) -> str:
    """Return a requirement as PEP 503 compares it: the name in lower case with hyphens, versions without spaces."""
    found = _REQUIREMENT.fullmatch(text.strip())
    if found is None:
        return " ".join(text.split())
    name = re.sub(r"[-_.]+", "-", found["name"]).lower()
    extras = ",".join(
        sorted(part.strip().lower() for part in (found["extras"] or "").strip("[] ").split(",") if part.strip())
    )
    versions = ",".join(sorted(_squeezed(part) for part in found["versions"].strip("() \t").split(",")))
    marker = " ".join((found["marker"] or "").replace(";", " ", 1).split())
    return f"{name}{f'[{extras}]' if extras else ''}{versions}{f'; {marker}' if marker else ''}"


def _squeezed(text: str) -> str:
    return "".join(text.split())
