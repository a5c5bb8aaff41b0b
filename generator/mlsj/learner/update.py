"""`mlsj update`: brings what changed in a started lesson's stub into the learner's files and loses none of their lines.

For every file there are three texts: the base (what the learner began with, or last took over), the course's now, and
the learner's own. Everything is planned before anything is written; what a plan changes of the learner's is kept first.
"""

from __future__ import annotations

import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.learner import intention as intentions
from mlsj.learner import merge
from mlsj.learner.alone import alone
from mlsj.learner.intention import Beside, Intention, There, Write, look, path_of
from mlsj.learner.kept import keep, place_of

# Someone may save a file between the plan and its turn; then that file is planned again.
_ROUNDS = 3


class What(StrEnum):
    """What became of a file."""

    UPDATED = "updated"
    MERGED = "merged"
    CONFLICTS = "conflicts"
    CREATED = "created"
    BESIDE = "beside"
    BLOCKED = "blocked"
    UNRESOLVED = "unresolved"
    DELETED = "deleted"
    DROPPED = "dropped"


OPEN = frozenset({What.CONFLICTS, What.BESIDE, What.BLOCKED, What.UNRESOLVED})
"""What leaves something to the learner."""


class State(StrEnum):
    """What became of a lesson."""

    UNCHANGED = "unchanged"
    UPDATED = "updated"
    CONFLICTS = "conflicts"
    REMOVED = "removed"
    REFUSED = "refused"


class FileUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one file of the learner's."""

    path: Annotated[str, Meta(description="The learner's file, relative to the course's root.")]
    what: Annotated[
        What,
        Meta(
            description="updated: you had not edited it, it is the course's now. merged: both sides' changes are in. "
            "conflicts: as merged, with markers where both changed the same lines. created: new in the course. "
            "beside: it cannot be merged; yours stays, the course's is in `beside`. blocked: something is in the way "
            "of a new file. unresolved: markers of an earlier update are left in it; nothing was done. "
            "deleted: you deleted it; the course changed it. dropped: the course no longer has it; yours stays."
        ),
    ]
    conflicts: Annotated[int, Meta(description="Places with markers in it.")] = 0
    saved: Annotated[str, Meta(description="Where your text from before is kept; empty when it did not change.")] = ""
    beside: Annotated[str, Meta(description="Where the course's file was put.")] = ""


class LessonUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of one lesson."""

    lesson: Annotated[str, Meta(description="Id of the lesson.")]
    state: Annotated[
        State,
        Meta(
            description="conflicts: something is left to you. removed: the course no longer has the lesson; yours is "
            "untouched. refused: nothing was done; `reason` says why."
        ),
    ]
    files: Annotated[tuple[FileUpdate, ...], Meta(description="The files that are worth a word.")] = ()
    reason: Annotated[str, Meta(description="Why nothing was done, where that is so.")] = ""
    healed: Annotated[bool, Meta(description="An update that was cut off was completed.")] = False


class Updated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `mlsj update` did or, with `--check`, would do."""

    checked: Annotated[bool, Meta(description="Nothing was written.")]
    lessons: Annotated[tuple[LessonUpdate, ...], Meta(description="The started lessons, in the order of their ids.")]

    @property
    def to_do(self) -> bool:
        """Whether something is left to the learner or, with `--check`, anything would change."""
        states = {lesson.state for lesson in self.lessons}
        return bool(states & {State.CONFLICTS, State.REFUSED}) or (self.checked and State.UPDATED in states)


def started(root: Path) -> tuple[str, ...]:
    """Return the ids of the lessons that the learner has begun."""
    folder = root / ".mlsj" / "base"
    if not folder.is_dir():
        return ()
    return tuple(sorted(each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")))


def update(root: Path, known: Collection[str], lessons: Sequence[str], *, check: bool = False) -> Updated:
    """Update these started `lessons` of the course at `root`, which now has the lessons `known`.

    With `check` nothing is written. Raises merge.GitMissing and merge.MergeFailed before anything is changed, and
    OSError or BlockedError when the disk refuses: what was done until then stays, and the next run completes it.
    """
    if check:
        return Updated(True, tuple(_checked(root, lesson, known) for lesson in lessons))
    with alone(root):
        cut_off = {lesson: intentions.pending(root, lesson) for lesson in lessons}
        healed = {lesson: _healed(root, left) for lesson, left in cut_off.items() if left is not None}
        plans = [_plan(root, lesson, known) for lesson in lessons]
        return Updated(False, tuple(_carried_out(root, plan, known, healed.get(plan.said.lesson)) for plan in plans))


class _Plan(msgspec.Struct, frozen=True):
    """What is to be done for one lesson; `old` holds the learner's files that change, as they are."""

    said: LessonUpdate
    writes: tuple[Write, ...] = ()
    beside: tuple[Beside, ...] = ()
    old: Mapping[str, There] = msgspec.field(default_factory=dict)


class Decision(msgspec.Struct, frozen=True):
    """What is to become of one file: the learner's becomes `data` (None: stays), the base the course's if `taken`."""

    what: What | None = None
    data: bytes | None = None
    conflicts: int = 0
    taken: bool = True


def decide(base: There, yours: There, course: There) -> Decision:
    """Say what is to become of a file whose base and course's text are files or absent."""
    if _same(base, course):
        left = merge.unresolved(yours.data) and not merge.unresolved(course.data)
        return Decision(What.UNRESOLVED if left else None, taken=False)
    if course.kind == "absent":
        return Decision(What.DROPPED if yours.kind != "absent" else None)
    if yours.kind == "absent":
        return Decision(What.DELETED) if base.kind == "file" else Decision(What.CREATED, course.data)
    if yours.kind != "file":
        return Decision(What.BLOCKED if yours.kind == "blocked" else What.BESIDE)
    if merge.unresolved(yours.data) and not merge.unresolved(course.data):
        return Decision(What.UNRESOLVED, taken=False)
    if base.kind == "file" and course.data == base.data:  # the mode changed
        return Decision(What.UPDATED if yours.executable == base.executable else None, yours.data)
    if yours.data == course.data:
        return Decision(None, yours.data)
    if base.kind == "file" and yours.data == base.data:
        return Decision(What.UPDATED, course.data)
    if base.kind == "absent" or any(merge.is_binary(there.data) for there in (base, yours, course)):
        return Decision(What.BESIDE)
    merged = merge.merge(base.data, yours.data, course.data)
    what = What.CONFLICTS if merged.conflicts else What.MERGED if merged.data != yours.data else None
    return Decision(what, merged.data, merged.conflicts)


def _plan(root: Path, lesson_id: str, known: Collection[str]) -> _Plan:
    """Look at a started lesson and say what is to be done; nothing is written."""
    stub = f"generated/lessons/{lesson_id}"
    work = look(root, f"work/{lesson_id}").kind
    if lesson_id not in known:
        return _Plan(LessonUpdate(lesson_id, State.REMOVED, reason="the course no longer has it"))
    if not (root / stub / "note.md").is_file():
        return _Plan(LessonUpdate(lesson_id, State.REFUSED, reason=f"{stub}/ is missing: run 'mlsj generate'"))
    if work not in ("absent", "folder"):
        reason = f"work/{lesson_id}/ is not a folder, or lies behind a link: it is not written through"
        return _Plan(LessonUpdate(lesson_id, State.REFUSED, reason=reason))
    base, course = (_read(root, folder) for folder in (f".mlsj/base/{lesson_id}", stub))
    files: list[FileUpdate] = []
    writes: list[Write] = []
    beside: list[Beside] = []
    old: dict[str, There] = {}
    # What the course dropped comes first: a folder may stand where a file was.
    for name in sorted(base.keys() | course.keys(), key=lambda name: (name in course, name)):
        before, after = base.get(name, _ABSENT), course.get(name, _ABSENT)
        path = path_of(lesson_id, name)
        yours = look(root, path)
        chosen = decide(before, yours, after)
        if work == "absent" and name != "note.md":
            chosen = Decision()  # 'start' makes the folder again, from the base
        saved = kept_at = ""
        if chosen.data is not None and yours.kind == "file" and chosen.data != yours.data:
            saved, old[path] = place_of(lesson_id, path, yours.data), yours
        if chosen.what is What.BESIDE:
            kept_at = _free(root, path, after.data)
            beside.append(Beside(kept_at, after.data, _mode(after.executable)))
        if chosen.what is not None:
            files.append(FileUpdate(path, chosen.what, chosen.conflicts, saved, kept_at))
        if chosen.taken and not _same(before, after):
            mode = _mode(after.executable) if yours.kind == "absent" else _merged_mode(before, yours, after)
            taken = after.data if after.kind == "file" else None
            writes.append(Write(name, path, yours.digest, chosen.data, mode, taken, after.executable))
    reason = f"work/{lesson_id}/ is gone: 'mlsj start {lesson_id}' makes it again" if work == "absent" else ""
    said = LessonUpdate(lesson_id, _state(files, changed=bool(writes)), tuple(files), reason)
    return _Plan(said, tuple(writes), tuple(beside), old)


def _checked(root: Path, lesson_id: str, known: Collection[str]) -> LessonUpdate:
    """Say what would happen; what an update that was cut off has still to do comes first."""
    left = intentions.pending(root, lesson_id)
    if left is None:
        return _plan(root, lesson_id, known).said
    said = msgspec.json.decode(left.said, type=LessonUpdate)
    return msgspec.structs.replace(said, healed=True)


def _healed(root: Path, left: Intention) -> tuple[FileUpdate, ...]:
    """Complete an update that was cut off and return what became of its files."""
    skipped = intentions.finish(root, left)
    said = msgspec.json.decode(left.said, type=LessonUpdate)
    return tuple(file for file in said.files if file.path not in skipped)


def _carried_out(
    root: Path, plan: _Plan, known: Collection[str], healed: tuple[FileUpdate, ...] | None
) -> LessonUpdate:
    """Carry out the plan; a file that someone saves meanwhile is planned again."""
    files, changed = list(healed or ()), healed is not None
    for _ in range(_ROUNDS):
        told = {file.path for file in files if file.what in OPEN}
        files += [file for file in plan.said.files if file.what is not What.UNRESOLVED or file.path not in told]
        if not plan.writes:
            break
        changed = True
        for path, there in plan.old.items():
            keep(root, plan.said.lesson, path, there.data, executable=there.executable)
        said = msgspec.Raw(msgspec.json.encode(plan.said))
        intention = Intention(1, plan.said.lesson, plan.writes, plan.beside, said)
        intentions.note(root, intention)
        skipped = intentions.finish(root, intention)
        if not skipped:
            break
        files = [file for file in files if file.path not in skipped]
        plan = _plan(root, plan.said.lesson, known)
    state = plan.said.state if plan.said.state in (State.REMOVED, State.REFUSED) else _state(files, changed=changed)
    return msgspec.structs.replace(plan.said, state=state, files=tuple(files), healed=healed is not None)


def _state(files: Iterable[FileUpdate], *, changed: bool) -> State:
    if any(file.what in OPEN for file in files):
        return State.CONFLICTS
    return State.UPDATED if changed else State.UNCHANGED


def _read(root: Path, folder: str) -> dict[str, There]:
    """Return the files of a base or a stub: those below `work/`, and `note.md`."""
    top = root / folder
    paths = [path for path in sorted((top / "work").rglob("*")) if path.is_file()]
    paths += [top / "note.md"] if (top / "note.md").is_file() else []
    found = ((path.relative_to(top).as_posix(), path) for path in paths)
    return {name: There("file", path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) for name, path in found}


def _free(root: Path, path: str, data: bytes) -> str:
    """Return a name beside `path` that is free, or holds `data` already."""
    for number in range(1, 1000):
        place = f"{path}.course{f'-{number}' if number > 1 else ''}"
        there = look(root, place)
        if there.kind == "absent" or there.data == data:
            return place
    raise FileExistsError(17, "a thousand files beside it", str(root / path))


def _same(base: There, course: There) -> bool:
    return base.digest == course.digest and base.executable == course.executable


def _mode(executable: bool) -> int:
    return 0o755 if executable else 0o644


def _merged_mode(base: There, yours: There, course: There) -> int:
    """Return the learner's mode, with the executable bit that the course gave or took."""
    wanted = course.executable if course.executable != base.executable or base.kind == "absent" else yours.executable
    if wanted == yours.executable:
        return yours.mode
    return yours.mode | (yours.mode & 0o444) >> 2 if wanted else yours.mode & ~0o111


_ABSENT = There("absent")


def schema_text() -> str:
    """Return the text of `docs/formats/update.schema.json`, rendered from these types."""
    (top,), components = msgspec.json.schema_components((Updated,), ref_template="#/$defs/{name}")
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What `mlsj update --format json` prints",
        **top,
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
