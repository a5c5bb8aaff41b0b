"""Judges lesson 2-1: what a stranger gets who clones the repository, never what DVC says about itself.

The judge makes two tables with seeds of its own, lets the learner's script publish them as v1 and v2 from one repository
to one remote directory, and compares SHA-256 of what comes out elsewhere.
"""

import hashlib
import os
import random
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path

from mlsj.kinds.base import Context, Finding, Ran, failed, passed

CSV = "data/movies.csv"
POINTER = f"{CSV}.dvc"
SCRIPT = "work/2-1/version.sh"
# What a learner may have left in the work directory while trying things out is not part of the script.
LEFT_OUT = shutil.ignore_patterns(".git", ".dvc", ".dvcignore", "data", "__pycache__")


@dataclass
class History:
    """What the learner's script has published: where, the truth about each version, and what went wrong."""

    repo: Path
    remote: Path
    tables: dict[str, bytes] = field(default_factory=dict)
    problem: Finding | None = None

    def sha(self, tag: str) -> str:
        return hashlib.sha256(self.tables[tag]).hexdigest()

    def stored(self, tag: str, store: Path) -> Path:
        """Where DVC keeps the bytes of a version in a cache or in a remote."""
        md5 = hashlib.md5(self.tables[tag], usedforsecurity=False).hexdigest()
        return store / "files" / "md5" / md5[:2] / md5[2:]


def tracked(context: Context) -> Finding:
    """git holds the pointer of each version and never the table itself."""
    history = published(context)
    for tag, table in history.tables.items():
        blob = hashlib.sha1(b"blob %d\0" % len(table) + table, usedforsecurity=False).hexdigest()
        if git(context, history.repo, "cat-file", "-e", blob).exit_code != 0:
            continue
        log = git(context, history.repo, "log", "--all", "--format=commit '%s'", "--name-only", f"--find-object={blob}")
        commit, *names = [line for line in log.stdout.splitlines() if line] or ["the index", CSV]
        return failed(
            "the table itself is in git",
            expected=f"only {POINTER} and data/.gitignore in every commit",
            got=f"the {len(table):,} bytes of {tag} as {names[0]} in {commit}",
            where=SCRIPT,
            next_step=f"add {POINTER} and data/.gitignore to git by name, and nothing else below data/",
        )
    if history.problem is not None:
        return history.problem
    if git(context, history.repo, "cat-file", "-e", f"HEAD:{POINTER}").exit_code != 0:
        return failed(
            f"the last commit has no {POINTER}",
            expected=f"{POINTER} in git after 'version.sh publish v2'",
            got="a commit without it",
            where=SCRIPT,
            next_step=f"commit {POINTER} in publish, after dvc add",
        )
    sizes = " and ".join(f"{len(table):,}" for table in history.tables.values())
    return passed(f"two versions of {sizes} bytes, and git holds only their pointers")


def comes_back(context: Context) -> Finding:
    """A fresh clone with an empty cache gets exactly the bytes of each version."""
    history = published(context)
    for tag in history.tables:
        problem = _tag(context, history, tag) or _clone(context, history, tag)
        if problem is not None:
            return problem
    return passed("fresh clones of v1 and v2 hold the same SHA-256 as the tables that were published")


def restores(context: Context) -> Finding:
    """The script mends the file after a truncation, and after a damage that keeps its size and time."""
    history = published(context)
    file = history.repo / CSV
    for damage, what, message in (
        (truncate, "cut to 100 bytes, then 'version.sh restore v1'", "restore did not bring back v1"),
        (
            flip,
            "one byte changed with size and time kept, then 'version.sh restore v1'",
            "restore left a silent damage in place",
        ),
    ):
        damage(file)
        ran = script(context, history.repo, "restore", "v1")
        if ran.exit_code != 0:
            return ended(ran, "restore")
        if sha_of(file) == history.sha("v1"):
            continue
        expected, got = f"SHA-256 {history.sha('v1')}", f"{described(file)} after: {what}"
        kept = history.stored("v1", history.repo / ".dvc" / "cache")
        if kept.is_file() and kept.read_bytes() != history.tables["v1"]:
            return failed(
                "the damage went through to DVC's cache",
                expected=expected,
                got=f"{got}; the cache's copy is damaged, too",
                where=SCRIPT,
                next_step="keep the cache apart from the workspace: cache.type copy (or reflink), not a link",
            )
        return failed(
            message,
            expected=expected,
            got=got,
            where=SCRIPT,
            next_step="do not ask DVC whether the file changed: remove it, then let DVC bring it back",
        )
    return passed("v1 came back byte for byte after a truncation and after a change that DVC's status does not see")


def published(context: Context) -> History:
    """Run setup and publish once for all criteria."""
    return context.once("published", lambda: _publish(context))


def _publish(context: Context) -> History:
    history = History(context.scratch / "repo", context.scratch / "remote")
    shutil.copytree(context.work, history.repo, ignore=LEFT_OUT)
    for argv in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "Start")):
        git(context, history.repo, *argv)
    ran = script(context, history.repo, "setup", str(history.remote))
    if ran.exit_code != 0:
        history.problem = ended(ran, "setup")
        return history
    chance = random.Random(f"{context.seed}/movies")
    for tag in ("v1", "v2"):
        seed, rows = chance.randrange(2**31), chance.randrange(3000, 6000)
        generator = str(context.sources / "make_movies.py")
        # A new file, as careful tools write: a cache that is linked to the old one is not the point yet.
        (history.repo / CSV).unlink(missing_ok=True)
        context.run(["python3", generator, "--seed", str(seed), "--rows", str(rows), CSV], cwd=history.repo)
        history.tables[tag] = (history.repo / CSV).read_bytes()
        ran = script(context, history.repo, "publish", tag)
        if ran.exit_code != 0:
            history.problem = ended(ran, "publish")
            return history
    return history


def _tag(context: Context, history: History, tag: str) -> Finding | None:
    if git(context, history.repo, "rev-parse", "-q", "--verify", f"refs/tags/{tag}^{{commit}}").exit_code != 0:
        return failed(
            f"there is no tag {tag}",
            expected=f"a tag {tag} after 'version.sh publish {tag}'",
            got=f"the tags {git(context, history.repo, 'tag').stdout.split() or 'none'}",
            where=SCRIPT,
            next_step="tag the commit in publish",
        )
    if git(context, history.repo, "cat-file", "-e", f"{tag}:{POINTER}").exit_code != 0:
        return failed(
            f"the tag {tag} names a commit without {POINTER}",
            expected=f"the commit that added {POINTER}",
            got=git(context, history.repo, "log", "-1", "--format=the commit '%s'", tag).stdout.strip(),
            where=SCRIPT,
            next_step="tag after the commit: a tag names the commit that is there when it is made",
        )
    return None


def _clone(context: Context, history: History, tag: str) -> Finding | None:
    clone = context.scratch / f"clone-{tag}"
    git(context, context.scratch, "clone", "-q", "--branch", tag, str(history.repo), str(clone))
    local = clone / ".dvc" / "config.local"
    if not local.parent.is_dir():
        return failed(
            "a fresh clone is no DVC repository",
            expected="the folder .dvc with its config, in git",
            got=f"a clone of {tag} without it",
            where=SCRIPT,
            next_step="commit .dvc in setup",
        )
    # A cache of its own: bytes that were never pushed must not be found in a cache the learner configured.
    local.write_text(f"[cache]\n    dir = {context.scratch / f'cache-{tag}'}\n")
    ran = dvc(context, clone, "pull")
    file = clone / CSV
    if ran.exit_code != 0 or not file.is_file():
        if not history.stored(tag, history.remote).is_file():
            return failed(
                f"the remote does not hold the bytes of {tag}",
                expected=f"'dvc pull' in a fresh clone of {tag} gives {CSV}",
                got=ran.ending,
                where=SCRIPT,
                next_step="publish the bytes as well: the tag alone does not carry them to the remote",
            )
        return failed(
            f"'dvc pull' fails in a fresh clone of {tag}",
            expected=f"{CSV} with SHA-256 {history.sha(tag)}",
            got=ran.ending,
            where=SCRIPT,
            next_step="clone your repository into another folder and pull there: what does it lack?",
        )
    if sha_of(file) != history.sha(tag):
        same = next((other for other in history.tables if sha_of(file) == history.sha(other)), "")
        return failed(
            f"a fresh clone of {tag} has the bytes of {same}" if same else f"a fresh clone of {tag} has other bytes",
            expected=f"SHA-256 {history.sha(tag)}",
            got=described(file),
            where=SCRIPT,
            next_step=f"commit {POINTER} each time that dvc add has changed it",
        )
    return None


def script(context: Context, repo: Path, *arguments: str) -> Ran:
    """Run the learner's script in the repository."""
    return context.run(["bash", "version.sh", *arguments], cwd=repo, env=quiet(context))


def dvc(context: Context, folder: Path, *arguments: str) -> Ran:
    return context.run(["dvc", *arguments], cwd=folder, env=quiet(context))


def git(context: Context, folder: Path, *arguments: str) -> Ran:
    return context.run(["git", *arguments], cwd=folder)


def quiet(context: Context) -> dict[str, str]:
    """Keep DVC's own services quiet and its caches in the scratch directory."""
    return {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(context.scratch / "site")}


def ended(ran: Ran, step: str) -> Finding:
    return failed(
        f"'{ran.command}' did not end well",
        expected="exit code 0",
        got=ran.ending,
        where=SCRIPT,
        next_step=f"write {step} in version.sh, and try it in a git repository of your own",
    )


def truncate(file: Path) -> None:
    """Cut the file in place, as a program that dies while writing does; through a hard link, it cuts both names."""
    writable(file)
    os.truncate(file, 100)


def flip(file: Path) -> None:
    """Change one byte in place and put the times back: what a failing disk or a careless tool does."""
    writable(file)
    before = file.stat()
    with file.open("r+b") as stream:
        stream.seek(before.st_size // 2)
        byte = stream.read(1)
        stream.seek(-1, os.SEEK_CUR)
        stream.write(bytes([byte[0] ^ 1]))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def writable(file: Path) -> None:
    file.chmod(file.stat().st_mode | stat.S_IWUSR)


def sha_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "no file"


def described(file: Path) -> str:
    if not file.is_file():
        return f"no {CSV}"
    return f"SHA-256 {sha_of(file)}, {file.stat().st_size:,} bytes"
