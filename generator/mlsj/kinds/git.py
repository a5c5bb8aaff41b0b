"""Kind `git`: a repository in the work directory has the commits, files, tags and remotes that it should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.kinds import _found, base
from mlsj.kinds._repository import Repository, open_repository
from mlsj.kinds.base import Context, Finding, passed

LOOKS_AT = ("work",)


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `git`."""

    path: Annotated[str, Meta(description="Folder of the repository in the work directory; '' is that itself.")] = ""
    bare: Annotated[bool, Meta(description="Whether it is a bare repository.")] = False
    branch: Annotated[str, Meta(description="Branch that is checked out.")] = ""
    min_commits: Annotated[int, Meta(ge=0, description="Fewest commits that 'at' is made of.")] = 1
    at: Annotated[
        str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./~^-]*$", description="Revision that files and commits are of.")
    ] = "HEAD"
    tracked: Annotated[list[str], Meta(description="Files, or folders with files, that are in that revision.")] = (
        msgspec.field(default_factory=list)
    )
    untracked: Annotated[list[str], Meta(description="Files and folders that are not in that revision.")] = (
        msgspec.field(default_factory=list)
    )
    clean: Annotated[bool, Meta(description="Whether nothing is changed, staged or new since the last commit.")] = False
    tags: Annotated[list[str], Meta(description="Tags that it has.")] = msgspec.field(default_factory=list)
    annotated: Annotated[bool, Meta(description="Whether those tags must be annotated.")] = False
    remote: Annotated[str, Meta(description="Remote that it has.")] = ""
    pushed: Annotated[bool, Meta(description="Whether that remote has the commit of the branch.")] = False
    max_file_kib: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="Largest file in any commit of any branch, KiB.")
    ] = None
    message_matches: Annotated[str, Meta(description="Regular expression found in every commit's message.")] = ""
    max_subject: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="Most characters of the first line of a commit's message.")
    ] = None

    def __post_init__(self) -> None:
        """Refuse what cannot be true at once."""
        _found.below(self.path, "path")
        try:
            re.compile(self.message_matches)
        except re.error as error:
            raise ValueError(f"'message_matches' is not a regular expression: {error}") from None
        if self.pushed and not self.remote:
            raise ValueError("'pushed' needs the name of the 'remote'")
        if self.bare and self.clean:
            raise ValueError("a bare repository has no files that could be 'clean'")
        if self.annotated and not self.tags:
            raise ValueError("'annotated' needs 'tags'")
        both = sorted(set(self.tracked) & set(self.untracked))
        if both:
            raise ValueError(f"{both[0]} cannot be 'tracked' and 'untracked'")


def judge(params: Params, context: Context) -> Finding:
    """Ask git, with nothing of the repository's own settings obeyed."""
    found = open_repository(context, params.path, bare=params.bare)
    if isinstance(found, Finding):
        return found
    finding = next(_faults(params, found), None)
    if finding is not None:
        return finding
    count = len(found.commits(params.at)) if params.min_commits else 0
    return passed(f"{found.name} has {count} commit{'s' * (count != 1)}" if count else f"{found.name} is as it must be")


def _faults(params: Params, repo: Repository) -> Iterator[Finding]:
    yield from _branch(params, repo)
    yield from _commits(params, repo)
    yield from _files(params, repo)
    yield from _tags(params, repo)
    yield from _remote(params, repo)
    if params.max_file_kib is not None:
        yield from _large(params.max_file_kib, repo)


def _branch(params: Params, repo: Repository) -> Iterator[Finding]:
    have = repo.ask("symbolic-ref", "--quiet", "--short", "HEAD").strip() if params.branch else ""
    if params.branch != have:
        got, step = have or "no branch: HEAD is detached", f"git switch {params.branch}"
        yield repo.wrong(f"{repo.name} is not on branch {params.branch}", params.branch, got, step)


def _commits(params: Params, repo: Repository) -> Iterator[Finding]:
    if not (params.min_commits or params.tracked or params.untracked or params.message_matches or params.max_subject):
        return
    if not repo.revision(params.at):
        if not repo.ask("rev-parse", "--git-dir"):
            step = "run git status and mend what it says, or make the repository anew"
            yield repo.wrong(f"git cannot read {repo.name}", "a repository", "something that git refuses", step)
        elif params.at == "HEAD":
            yield repo.wrong(f"{repo.name} has no commits", "a commit", "none", "git add your files, then git commit")
        else:
            got = ", ".join(repo.names()) or "no branches and no tags"
            step = f"make it: git branch {params.at}, or git tag {params.at}"
            yield repo.wrong(f"{repo.name} has no revision {params.at}", params.at, got, step)
        return
    commits = repo.commits(params.at)
    if len(commits) < params.min_commits:
        want = f"at least {params.min_commits} commits"
        step = "commit each step when it works: git commit"
        yield repo.wrong(f"{repo.name} has too few commits", want, f"{len(commits)}", step)
    for commit in commits if params.message_matches or params.max_subject else ():
        message = repo.message(commit)
        subject = message.split("\n", 1)[0]
        if params.message_matches and not re.search(params.message_matches, message, re.MULTILINE):
            want = f"a message that matches {params.message_matches}"
            yield repo.wrong(
                f"a commit of {repo.name} has another kind of message",
                want,
                f"'{base.quoted(subject, 80)}'",
                "reword it: git rebase --interactive, or git commit --amend for the last",
                f"commit {commit[:10]}",
            )
        if params.max_subject is not None and len(subject) > params.max_subject:
            yield repo.wrong(
                f"a commit of {repo.name} has a long first line",
                f"at most {params.max_subject} characters",
                f"{len(subject)}: '{base.quoted(subject, 80)}'",
                "sum the change up in a short line and explain below an empty one",
                f"commit {commit[:10]}",
            )


def _files(params: Params, repo: Repository) -> Iterator[Finding]:
    if params.tracked or params.untracked:
        listed = set(
            repo.ask_long("ls-tree", "-r", "-z", "--name-only", "--full-tree", "--end-of-options", params.at).split(
                "\0"
            )
        )
        folders = {name[:at] for name in listed for at in range(len(name)) if name[at] == "/"}
        for name in params.tracked:
            if name.rstrip("/") not in listed | folders:
                names = sorted(listed - {""})
                more = f" and {len(names) - 8} more" if len(names) > 8 else ""
                got, step = f"{', '.join(names[:8]) or 'no files'}{more}", f"git add {name}, then git commit"
                yield repo.wrong(f"{name} is not committed", f"{name} in {params.at}", got, step)
        for name in params.untracked:
            if name.rstrip("/") in listed | folders:
                step = f"git rm -r --cached {name}, name it in .gitignore, then git commit"
                yield repo.wrong(f"{name} is committed", f"no {name} in {params.at}", name, step)
    if params.clean:
        changes = repo.changes()
        if changes:
            got = "; ".join(changes[:5]) + (f"; {len(changes) - 5} more" if len(changes) > 5 else "")
            yield repo.wrong(
                f"{repo.name} has uncommitted changes", "nothing to commit", got, "git status, then commit"
            )


def _tags(params: Params, repo: Repository) -> Iterator[Finding]:
    if not params.tags:
        return
    lines = repo.ask_long("for-each-ref", "--format=%(refname:strip=2) %(objecttype)", "refs/tags").splitlines()
    tags = dict(line.rsplit(" ", 1) for line in lines)
    for name in params.tags:
        flag = " -a" if params.annotated else ""
        if name not in tags:
            got = ", ".join(tags) or "no tags"
            yield repo.wrong(f"{repo.name} has no tag {name}", name, got, f"git tag{flag} {name}")
        elif params.annotated and tags[name] != "tag":
            want, step = "an annotated tag", f"git tag -d {name}, then git tag -a {name} with a message"
            yield repo.wrong(f"tag {name} is not annotated", want, "a plain one, without author and date", step)


def _remote(params: Params, repo: Repository) -> Iterator[Finding]:
    if not params.remote:
        return
    remotes = repo.remotes()
    if params.remote not in remotes:
        got = ", ".join(remotes) or "no remotes"
        step = f"git remote add {params.remote} URL"
        yield repo.wrong(f"{repo.name} has no remote {params.remote}", params.remote, got, step)
    elif params.pushed:
        branch = repo.ask("symbolic-ref", "--quiet", "--short", "HEAD").strip()
        here, there = repo.revision("HEAD"), repo.remote_revision(params.remote, branch) if branch else ""
        if not branch or not here:
            got = "no branch: HEAD is detached" if here else "no commits"
            yield repo.wrong(
                f"{repo.name} has nothing that could be pushed", "a branch with commits", got, "git switch BRANCH"
            )
        elif here != there:
            got = f"{there[:10]}" if there else f"no branch {branch}"
            step = f"git push {params.remote} {branch}"
            yield repo.wrong(f"{params.remote} does not have your last commit", f"{branch} at {here[:10]}", got, step)


def _large(limit_kib: int, repo: Repository) -> Iterator[Finding]:
    largest, name = repo.largest()
    if largest > limit_kib * 1024:
        step = "a new commit without it is not enough: rewrite those that have it, with git rebase or git filter-repo"
        got = f"{name} of {largest / 1024:.0f} KiB"
        yield repo.wrong(f"{repo.name} has a large file in its history", f"at most {limit_kib} KiB a file", got, step)
