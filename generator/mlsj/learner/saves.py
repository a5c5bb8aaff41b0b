"""What is saved while `mlsj watch` looks: which changed files matter, and the thread that hears of them.

The library asks the kernel (inotify, FSEvents) and falls back to polling; its answers come in batches, some 0.1 s after
the last change, so that an editor's several steps of one save are one event.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath

import msgspec

from mlsj.project.walk import is_junk
from mlsj.spec.files import CURRICULUM

# A batch ends when nothing came for one of these, at the latest after the other.
STEP_MS = 75
LONGEST_MS = 1500
# What tools write in `.git` when they only look is left out; what a commit, a branch or a tag changes is not.
_GIT = ("HEAD", "packed-refs", "refs")


class Places(msgspec.Struct, frozen=True):
    """What is looked at for one lesson. `sources` is the lesson's own folder of sources, relative to `root`."""

    root: Path
    lesson: str
    sources: str | None = None

    @property
    def work(self) -> Path:
        """The learner's folder."""
        return self.root / "work" / self.lesson

    @property
    def whole(self) -> tuple[Path, ...]:
        """Folders that are looked at with all that is below them."""
        return tuple(p for p in (self.work, *([self.root / self.sources] if self.sources else [])) if p.is_dir())

    @property
    def flat(self) -> tuple[Path, ...]:
        """Folders of which only the entries themselves are looked at."""
        return tuple(p for p in (self.root, self.root / "work", self.root / "notes", self.root / "locks") if p.is_dir())

    @property
    def identity(self) -> tuple[tuple[str, int], ...]:
        """What tells that a folder was replaced by another of the same name, which must be looked at anew."""
        return tuple((str(path), path.stat().st_ino) for path in (*self.whole, *self.flat) if path.exists())


def matters(places: Places, path: str) -> str:
    """Return "work" or "course" when a change of `path` may change a verdict, "place" for a folder, else ""."""
    relative = os.path.relpath(path, places.root)
    parts = PurePath(relative).parts
    if relative == CURRICULUM or (len(parts) == 2 and parts[0] == "locks" and relative.endswith(".txt")):
        return "course"
    if relative == os.path.join("notes", f"{places.lesson}.md"):  # noqa: PTH118 - compared as text
        return "work"
    below = _below(relative, os.path.join("work", places.lesson))  # noqa: PTH118
    if below == "" or relative in ("work", "notes", places.sources):
        return "place"
    if below is None:
        within = _below(relative, places.sources) if places.sources else None
        return "course" if within and not any(is_junk(part) for part in PurePath(within).parts) else ""
    inner = PurePath(below).parts
    if ".git" in inner:
        rest = inner[inner.index(".git") + 1 :]
        return "work" if rest and rest[0] in _GIT and not rest[-1].endswith(".lock") else ""
    return "" if any(is_junk(part) or part in (".venv", ".mlsj") for part in inner) else "work"


def _below(relative: str, folder: str) -> str | None:
    """Return the path below `folder`, "" for the folder itself, None for any other."""
    if relative == folder:
        return ""
    return relative[len(folder) + 1 :] if relative.startswith(folder + os.sep) else None


class Saves:
    """Threads that call `tell` with what changed (as `matters` says it) after each batch, until they are stopped.

    When the constructor returns, every later change is heard of.
    """

    def __init__(self, places: Places, tell: Callable[[frozenset[str]], None]) -> None:
        self.places = places
        self.identity = places.identity
        self._tell = tell
        self._stop = threading.Event()
        looked = ((places.whole, True), (places.flat, False))
        self._threads = [
            threading.Thread(target=self._look, args=(paths, deep), daemon=True) for paths, deep in looked if paths
        ]
        self._begun = threading.Semaphore(0)
        self.problem = ""
        for thread in self._threads:
            thread.start()
        for _ in self._threads:
            self._begun.acquire()

    @property
    def stale(self) -> bool:
        """Whether other folders are to be looked at than these threads do."""
        return self.places.identity != self.identity

    def stop(self) -> None:
        """End the threads and wait for them."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _look(self, paths: Iterable[Path], deep: bool) -> None:
        try:
            try:
                self._follow(paths, deep, polling=None)
            except FileNotFoundError:  # a folder went away just now: the loop notices, and looks anew
                return
            except OSError:  # the kernel's watches are used up, or this file system has none
                self._follow(paths, deep, polling=True)
        except OSError as error:
            self.problem = f"saves cannot be noticed ({error}): press r to judge"
        finally:
            self._begun.release()  # once more than is waited for does no harm

    def _follow(self, paths: Iterable[Path], deep: bool, polling: bool | None) -> None:
        import watchfiles

        told = False
        for batch in watchfiles.watch(
            *paths,
            watch_filter=lambda _, path: bool(matters(self.places, path)),
            debounce=LONGEST_MS,
            step=STEP_MS,
            stop_event=self._stop,
            rust_timeout=STEP_MS,
            yield_on_timeout=True,  # the first time says that the kernel was asked
            raise_interrupt=False,
            force_polling=polling,
            recursive=deep,
            ignore_permission_denied=True,
        ):
            if not told:
                told = True
                self._begun.release()
            if batch:
                self._tell(frozenset(matters(self.places, path) for _, path in batch))
