"""Judges lesson 00-A: runs setup.sh against an empty bare repository and looks at what anyone could clone from there."""

from dataclasses import dataclass
from pathlib import Path

from mlsj.kinds.base import Context, Finding, Ran, failed, passed, quoted

TITLE = "# ML Systems Journey"
FOLDERS = ("ddia", "ml-eng", "pmpp", "notes")
SCRIPT = "work/00-A/setup.sh"


@dataclass
class Made:
    """What the learner's script made at its first run."""

    repo: Path
    remote: Path
    ran: Ran


def made(context: Context) -> Made:
    """Run the script once for all criteria."""

    def make() -> Made:
        repo, remote = context.scratch / "ml-systems-journey", context.scratch / "remote.git"
        git(context, context.scratch, "init", "-q", "--bare", "-b", "main", str(remote))
        return Made(repo, remote, script(context, repo, remote))

    return context.once("made", make)


def repository(context: Context) -> Finding:
    """DIR is a git repository on main with a commit that holds the README with its title."""
    found = made(context)
    if not (found.repo / ".git").exists():
        return wrong(
            "setup.sh made no repository",
            "a git repository in DIR",
            found.ran.ending,
            "write the first step: git init",
        )
    branch = git(context, found.repo, "symbolic-ref", "--short", "HEAD").stdout.strip()
    if branch != "main":
        return wrong(
            f"the branch is called {branch or 'nothing'}",
            "the branch main",
            f"the branch {branch}" if branch else "a detached HEAD",
            "name the branch when you make the repository: git init has an option for it",
        )
    if found.ran.exit_code != 0:
        return wrong("setup.sh did not end well", "exit code 0", found.ran.ending, "mend the step that it stopped at")
    readme = git(context, found.repo, "show", "HEAD:README.md")
    if readme.exit_code != 0:
        return wrong(
            "no commit holds README.md",
            "a commit with README.md",
            readme.ending,
            "add README.md to git and commit it",
        )
    first = readme.stdout.strip().split("\n")[0].rstrip()
    if first != TITLE:
        return wrong(
            "README.md has another title",
            TITLE,
            quoted(first, 80) or "an empty file",
            "make the first line of README.md the title, as a Markdown heading",
        )
    return passed(f"a repository on main whose README.md begins with '{TITLE}'")


def pushed(context: Context) -> Finding:
    """origin is REMOTE, and its main is the local commit."""
    found = made(context)
    url = git(context, found.repo, "remote", "get-url", "origin")
    if url.exit_code != 0:
        names = git(context, found.repo, "remote").stdout.split()
        return wrong(
            "there is no remote called origin",
            "a remote origin",
            f"the remotes {', '.join(names)}" if names else "no remote",
            "add REMOTE under the name origin",
        )
    if url.stdout.strip() not in (str(found.remote), found.remote.as_uri()):
        return wrong("origin is another repository", str(found.remote), url.stdout.strip(), "give origin the second argument")
    here = git(context, found.repo, "rev-parse", "HEAD").stdout.strip()
    there = git(context, found.remote, "rev-parse", "-q", "--verify", "refs/heads/main").stdout.strip()
    if not there:
        branches = git(context, found.remote, "branch", "--format=%(refname:short)").stdout.split()
        return wrong(
            "the remote has no branch main",
            f"main at {here[:12]} on the remote",
            f"the branches {', '.join(branches)}" if branches else "an empty remote",
            "push main to origin at the end of setup.sh",
        )
    if here != there:
        return wrong(
            "the remote has another commit than you",
            f"main at {here[:12]} on both sides",
            f"main at {there[:12]} on the remote",
            "commit first, then push",
        )
    return passed(f"origin is REMOTE and its main is the local commit {here[:12]}")


def clones(context: Context) -> Finding:
    """A fresh clone of the remote holds the README and every folder."""
    found = made(context)
    clone = context.scratch / "clone"
    git(context, context.scratch, "clone", "-q", str(found.remote), str(clone))
    missing = [name for name in ("README.md", *FOLDERS) if not (clone / name).exists()]
    if missing:
        return wrong(
            f"a fresh clone lacks {', '.join(missing)}",
            f"README.md and the folders {', '.join(FOLDERS)}",
            f"only {', '.join(sorted(p.name for p in clone.iterdir() if p.name != '.git')) or 'nothing'}",
            "git keeps files, not folders: put a file into each folder before you add them",
        )
    return passed(f"a fresh clone has README.md, {', '.join(FOLDERS)}")


def again(context: Context) -> Finding:
    """A second run ends well and changes nothing."""
    found = made(context)
    before = git(context, found.repo, "rev-parse", "HEAD").stdout
    ran = script(context, found.repo, found.remote)
    if ran.exit_code != 0:
        return wrong(
            "a second run does not end well",
            "exit code 0",
            ran.ending,
            "ask before each step whether it is done already",
        )
    after = git(context, found.repo, "rev-parse", "HEAD").stdout
    there = git(context, found.remote, "rev-parse", "-q", "--verify", "refs/heads/main").stdout
    if not before == after == there:
        return wrong(
            "a second run makes another commit",
            f"main still at {before[:12]}",
            f"main at {after[:12]}, on the remote {there[:12]}",
            "commit only when something is staged",
        )
    return passed(f"a second run ended well and left main at {before[:12]}")


def script(context: Context, repo: Path, remote: Path) -> Ran:
    return context.run(["bash", "setup.sh", str(repo), str(remote)])


def git(context: Context, folder: Path, *arguments: str) -> Ran:
    return context.run(["git", *arguments], cwd=folder)


def wrong(message: str, expected: str, got: str, next_step: str) -> Finding:
    return failed(message, expected=expected, got=got, where=SCRIPT, next_step=next_step)
