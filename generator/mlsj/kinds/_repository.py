"""Asks git about a learner's repository without obeying what the repository itself says git should do."""

from __future__ import annotations

import os
from pathlib import Path

from mlsj.kinds import _found
from mlsj.kinds.base import Context, Finding, failed, inside

# What a repository's own configuration, hooks and attributes could otherwise make git run or believe.
_SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.pager=cat", "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null", "core.untrackedCache=false", "core.ignoreStat=false", "core.quotePath=false",
    "protocol.allow=never", "core.sparseCheckout=false", "submodule.recurse=false",
    "maintenance.auto=false", "gc.auto=0", "core.alternateRefsCommand=", "log.showSignature=false",
)  # fmt: skip
_ENV = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_ATTR_NOSYSTEM": "1"}
_STATES = {"?": "new", "M": "changed", "A": "added", "D": "deleted", "R": "renamed", "C": "copied", "U": "unmerged"}


class Repository:
    """A learner's repository. Every answer is git's own, read by plumbing commands."""

    def __init__(self, context: Context, folder: Path, directory: Path, name: str, where: str) -> None:
        self.name, self.where = name, where
        self._context, self._folder, self._directory = context, folder, directory
        self._bare = folder == directory
        self._filters: list[str] | None = None

    def ask(self, *arguments: str, stdin: str = "") -> str:
        """Return what `git ARGUMENTS` prints, and nothing when it fails. Raises ProgramMissing without git."""
        ran = self._context.run(self._argv(arguments), cwd=self._folder, env=_ENV, stdin=stdin)
        return ran.stdout if ran.exit_code == 0 else ""

    def ask_long(self, *arguments: str, stdin: str = "") -> str:
        """Return the same for an answer of any length: that of `ask` would lose its middle."""
        import tempfile

        handle, out = tempfile.mkstemp(prefix="git-", dir=self._context.scratch)
        with os.fdopen(handle, "rb") as file:
            argv = ["sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "sh", out, *self._argv(arguments)]
            ran = self._context.run(argv, cwd=self._folder, env=_ENV, stdin=stdin)
            return file.read().decode("utf-8", "replace") if ran.exit_code == 0 else ""

    def revision(self, name: str) -> str:
        """Return the commit that `name` stands for, or nothing."""
        return self.ask("rev-parse", "--quiet", "--verify", "--end-of-options", f"{name}^{{commit}}").strip()

    def commits(self, at: str) -> list[str]:
        """Return the commits that `at` is made of, newest first."""
        return self.ask_long("rev-list", "--end-of-options", at, "--").split()

    def message(self, commit: str) -> str:
        """Return a commit's message."""
        return self.ask_long("cat-file", "commit", commit).partition("\n\n")[2]

    def names(self) -> list[str]:
        """Return all branches and tags."""
        return self.ask("for-each-ref", "--format=%(refname:strip=2)", "refs/heads", "refs/tags").split()

    def remotes(self) -> list[str]:
        """Return the names of all remotes."""
        keys = self._config("--name-only", "--get-regexp", r"^remote\..*\.url$").splitlines()
        return sorted({key.removeprefix("remote.").removesuffix(".url") for key in keys})

    def remote_revision(self, remote: str, branch: str) -> str:
        """Return the remote's commit of `branch`: of a repository in the work directory itself, else as last seen."""
        url = self._config("--get", f"remote.{remote}.url").strip()
        place = (self._folder / url).resolve()
        if _local(url) and place.is_dir() and _within(self._context.work, place):
            path = str(place.relative_to(self._context.work.resolve()))
            found = open_repository(self._context, path, bare=None)
            return "" if isinstance(found, Finding) else found.revision(f"refs/heads/{branch}")
        return self.revision(f"refs/remotes/{remote}/{branch}")

    def changes(self) -> list[str]:
        """Return what is staged, changed or new, in words. Filters of the repository's own (git-lfs) do not run."""
        options = ("--untracked-files=all", "--ignored=no", "--ignore-submodules=none", "--no-renames")
        found = []
        for entry in self.ask_long("status", "--porcelain=v1", "-z", *options).split("\0"):
            if entry:
                found.append(f"{_STATES.get(entry[:2].strip()[:1], entry[:2])} {entry[3:]}")
        # What is marked "assume unchanged" or "skip worktree" is left out of that.
        for entry in self.ask_long("ls-files", "-v", "-z").split("\0"):
            if entry[:1].islower() or entry[:1] == "S":
                found.append(f"hidden from git status: {entry[2:]}")
        return found

    def largest(self) -> tuple[int, str]:
        """Return size and name of the largest file that any commit of any branch or tag has."""
        names: dict[str, str] = {}
        for line in self.ask_long("rev-list", "--objects", "--all").splitlines():
            identity, _, name = line.partition(" ")
            names.setdefault(identity, name)
        form = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
        listed = self.ask_long("cat-file", form, stdin="\n".join([*names, ""]))
        best = (0, "")
        for line in listed.splitlines():
            identity, kind, size = (*line.split(), "", "")[:3]
            if kind == "blob" and int(size) > best[0]:
                best = (int(size), names.get(identity) or "a file")
        return best

    def wrong(self, message: str, expected: str, got: str, next_step: str, where: str = "") -> Finding:
        """Return a fail that names the repository."""
        return failed(message, expected=expected, got=got, next_step=next_step, where=where or self.where)

    def _argv(self, arguments: tuple[str, ...]) -> list[str]:
        if self._filters is None:
            self._filters = []
            for key in self._config("--name-only", "--get-regexp", r"^filter\.").splitlines():
                self._filters += ["-c", f"{key}={'false' if key.endswith('.required') else ''}"]
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        places = [f"--git-dir={self._directory}", *([] if self._bare else [f"--work-tree={self._folder}"])]
        return ["git", "--no-pager", *settings, *self._filters, *places, *arguments]

    def _config(self, *arguments: str) -> str:
        return self.ask("config", "--local", "--no-includes", *arguments)


def open_repository(context: Context, path: str, *, bare: bool | None) -> Repository | Finding:
    """Return the repository in folder `path`, or why there is none; with None, bare or not. Nothing of it may lie
    outside of the work directory: another repository's history is not the learner's."""
    folder = context.work if path in ("", ".") else inside(context.work, path)
    where = _found.place(context, path).rstrip("/")
    name = path or "the repository"

    def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
        return failed(message, expected=expected, got=got, where=where, next_step=next_step)

    if folder is None or not folder.is_dir():
        got = "nothing" if folder is None or not folder.exists() else "a file"
        return wrong(f"{name} is not there", "a folder with a repository", got, f"git init {path}")
    plain, itself = folder / ".git", (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    if not (itself if bare else plain.exists() or (bare is None and itself)):
        init = "git init --bare" if bare else "git init"
        got = "a repository that is not bare" if plain.exists() else "a bare repository" if itself else "no repository"
        want = "a bare repository" if bare else "a repository that is not bare" if itself else "a repository"
        step = f"clone it, and name the clone {path or 'here'}" if itself else f"{init} {path}".rstrip()
        return wrong(f"{where} is {got}", want, got, step)
    directory = plain if plain.exists() and not bare else folder
    if directory.is_file():
        target = directory.read_text("utf-8", "replace").strip().removeprefix("gitdir: ")
        directory = folder / target
    outside = next((place for place in _places(directory) if not _within(context.work, place)), None)
    if outside is not None:
        step = "make a repository of your own there: git init"
        return wrong(
            f"{name} leads out of the lesson", "a repository with its own objects", f"a way to {outside}", step
        )
    return Repository(context, folder, directory, name, where)


def _places(directory: Path) -> list[Path]:
    """Return every place that a repository is made of, or borrows from."""
    found = [directory, *(directory / name for name in ("HEAD", "config", "index", "refs", "packed-refs", "objects"))]
    common = directory / "commondir"
    if common.is_file():
        found += _places(directory / common.read_text("utf-8", "replace").strip())
    for name in ("alternates", "http-alternates"):
        borrowed = directory / "objects" / "info" / name
        if borrowed.is_file():
            lines = borrowed.read_text("utf-8", "replace").splitlines()
            found += [directory / "objects" / line for line in lines if line.strip() and not line.startswith("#")]
    return found


def _within(work: Path, place: Path) -> bool:
    return place.resolve().is_relative_to(work.resolve())


def _local(url: str) -> bool:
    return bool(url) and not url.startswith("/") and ":" not in url
