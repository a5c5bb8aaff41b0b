"""Where a learner stands in each lesson: derived from evidence whenever it is asked for, and stored nowhere.

The newest record of the learner's own work that says something decides: `passed`, `passed here` or `failed`. A judging
that ended without a verdict decides nothing, and what was decided before still holds. A pass whose judge, environment
or files are no longer those that were judged is `stale`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mlsj.learner import journal
from mlsj.learner.words import few, name, printable
from mlsj.spec.files import Tree
from mlsj.spec.load import Loaded
from mlsj.spec.model import Lesson

if TYPE_CHECKING:  # what reads records is slow to import, and a course that nobody has begun has none
    from mlsj.verify.evidence import Digests, Evidence, Found

BASE = ".mlsj/base"
EVIDENCE = ".mlsj/evidence"


class Standing(StrEnum):
    """Where a lesson stands."""

    NOT_STARTED = "not started"
    STARTED = "started"
    PASSED = "passed"
    PASSED_HERE = "passed here"
    FAILED = "failed"
    STALE = "stale"
    DRAFT = "draft"

    @property
    def done(self) -> bool:
        """Whether it was passed, be that stale or not: what builds on it can be begun."""
        return self in (Standing.PASSED, Standing.PASSED_HERE, Standing.STALE)


class Failing(msgspec.Struct, frozen=True):
    """What failed first in the judging that decides."""

    criterion: str
    message: str
    next_step: str


class LessonProgress(msgspec.Struct, frozen=True):
    """Where one lesson stands, and why."""

    id: str
    standing: Standing
    reasons: tuple[str, ...] = ()
    """Why it is stale; what failed; what was changed since; what this machine could not show."""
    judged: str | None = None
    """When, in UTC, by the record that decides."""
    hints: int = 0
    revealed: bool = False
    """Whether the solution was shown before a pass."""
    started: bool = False
    here: bool = False
    """Whether `work/<lesson>/` is there to be judged."""
    waits_for: tuple[str, ...] = ()
    """Lessons it needs that were never passed; drafts, which cannot be, are left out."""
    failing: Failing | None = None
    ever_passed: bool = False


class Hours(msgspec.Struct, frozen=True):
    """A course's hours by what they wait for: nothing more, a new judging, the learner, the course's author."""

    done: float = 0
    stale: float = 0
    left: float = 0
    draft: float = 0


def progress(root: Path, loaded: Loaded) -> dict[str, LessonProgress]:
    """Return where each lesson of the course stands, in the course's order.

    Nothing is written. Of a lesson that was never started nothing is read but the names of folders.
    """
    if loaded.curriculum is None:
        return {}
    lessons = [lesson for _, lesson in loaded.curriculum.lessons()]
    known = _folders(root / BASE) | _folders(root / EVIDENCE)
    found = {
        lesson.id: of(root, loaded, lesson)
        if lesson.id in known
        else LessonProgress(lesson.id, Standing.DRAFT if lesson.status == "draft" else Standing.NOT_STARTED)
        for lesson in lessons
    }
    for lesson in lessons:
        waits = tuple(
            need
            for need in lesson.needs
            if need in found and not found[need].standing.done and found[need].standing is not Standing.DRAFT
        )
        if waits:
            found[lesson.id] = msgspec.structs.replace(found[lesson.id], waits_for=waits)
    return found


def begun(found: dict[str, LessonProgress]) -> bool:
    """Tell whether the course has a learner's progress."""
    return any(item.standing not in (Standing.NOT_STARTED, Standing.DRAFT) for item in found.values())


def strangers(root: Path, loaded: Loaded) -> tuple[str, ...]:
    """Return the lessons that were started here, or have records, and that the course does not have."""
    ours = {lesson.id for _, lesson in loaded.curriculum.lessons()} if loaded.curriculum else set()
    recorded = {lesson for lesson in _folders(root / EVIDENCE) if any(_records(root, lesson))}
    return tuple(sorted((_folders(root / BASE) | recorded) - ours))


def next_lesson(loaded: Loaded, found: dict[str, LessonProgress]) -> Lesson | None:
    """Return the lesson to go on with; None when every lesson that can be judged is passed.

    First what was started here and is not passed, or no longer known to be; then what was never passed and does not
    wait for another lesson. Both in the course's order.
    """
    ready = [each for _, each in loaded.curriculum.lessons() if each.status == "ready"] if loaded.curriculum else []
    open_here = (
        each
        for each in ready
        if found[each.id].started and found[each.id].standing not in (Standing.PASSED, Standing.PASSED_HERE)
    )
    fresh = [each for each in ready if not found[each.id].started and not found[each.id].standing.done]
    first = next(open_here, None)
    return first or next((each for each in fresh if not found[each.id].waits_for), None) or next(iter(fresh), None)


def hours(lessons: Iterable[Lesson], found: dict[str, LessonProgress]) -> Hours:
    """Return the hours of `lessons` by what they wait for."""
    sums = dict.fromkeys(("done", "stale", "left", "draft"), 0.0)
    for lesson in lessons:
        sums[_bucket(found[lesson.id].standing)] += lesson.effort.total
    return Hours(**{key: round(value, 2) for key, value in sums.items()})


def _bucket(standing: Standing) -> str:
    if standing in (Standing.STALE, Standing.DRAFT):
        return standing.value
    return "done" if standing.done else "left"


def decisive(records: Sequence[Evidence]) -> Evidence | None:
    """Return the newest record that says something: one that was judged, with or without success."""
    told = [record for record in records if record.stable.state.value != "not judged"]
    return max(told, key=order, default=None)


def order(record: Evidence) -> tuple[str, bytes]:
    """Return what sorts records by their time; two of one moment, from two clones, by their bytes."""
    return record.time, msgspec.json.encode(record)


def stand(state: str | None, *, fits: bool, started: bool) -> Standing:
    """Return the standing that follows from the state of the record that decides; None where there is none.

    `fits` is whether what was judged, and what judged it, is still the same.
    """
    if state is None:
        return Standing.STARTED if started else Standing.NOT_STARTED
    if state == "failed":
        return Standing.FAILED
    return Standing(state) if fits else Standing.STALE


def changes(then: Digests, now: Digests, lesson_id: str) -> tuple[str, ...]:
    """Say what differs between what was judged and what is there: judge, environment, and files by name."""
    said = []
    if then.judge != now.judge:
        said.append("the judge changed")
    if then.environment != now.environment:
        said.append("the environment changed")
    work = f"work/{lesson_id}/"
    for word, names in (
        ("changed", [f for f in then.files if f in now.files and now.files[f] != then.files[f]]),
        ("removed", [f for f in then.files if f not in now.files]),
        ("added", [f for f in now.files if f not in then.files]),
    ):
        if names:
            said.append(f"{few((name(work + each) for each in sorted(names)), 'your file', 'your files')} {word}")
    if then.note != now.note:
        word = "changed" if then.note and now.note else "added" if now.note else "removed"
        said.append(f"your note notes/{lesson_id}.md {word}")
    return tuple(said)


def of(root: Path, loaded: Loaded, lesson: Lesson) -> LessonProgress:
    """Return where one lesson stands, whatever it waits for."""
    if not any((root / folder / lesson.id).is_dir() for folder in (BASE, EVIDENCE)):
        return LessonProgress(lesson.id, Standing.DRAFT if lesson.status == "draft" else Standing.NOT_STARTED)
    from mlsj.learner.workspace import Workspace

    place = Workspace(root, lesson.id)
    told = journal.read(root, lesson.id)
    records = own(root, lesson.id)
    record = decisive(records)
    reasons = _differences(root, loaded.tree, lesson, record) if record is not None else ()
    standing = stand(record.stable.state.value if record else None, fits=not reasons, started=place.started)
    if lesson.status == "draft":
        standing = Standing.DRAFT
    if record is not None and standing in (Standing.FAILED, Standing.PASSED_HERE):
        reasons = (*_open(record), *(f"since then: {reason}" for reason in reasons))
    newest = max(records, key=order, default=None)
    if newest is not None and newest is not record:
        reasons = (*reasons, f"the last judging ended without a verdict: {_why(newest)}")
    return LessonProgress(
        lesson.id,
        standing,
        () if standing is Standing.DRAFT else reasons,
        record.time if record is not None else None,
        len(told.hints),
        bool(told.revealed),
        place.started,
        place.work.is_dir(),
        failing=_first_fail(record) if record is not None and standing is Standing.FAILED else None,
        ever_passed=any(each.stable.state.value.startswith("passed") for each in records),
    )


def own(root: Path, lesson_id: str) -> list[Evidence]:
    """Return the records of the learner's own work on a lesson, oldest first."""
    if not any(_records(root, lesson_id)):
        return []
    from mlsj.verify import records

    return records.all_of(root, lesson_id)


def _differences(root: Path, tree: Tree, lesson: Lesson, record: Evidence) -> tuple[str, ...]:
    """Say what is no longer as `record` judged it."""
    from mlsj.learner.workspace import Workspace
    from mlsj.verify import evidence

    place = Workspace(root, lesson.id)
    if not place.work.is_dir():
        return (f"work/{lesson.id}/ is {'gone' if place.started else 'not here'}",)
    try:
        now = evidence.current(tree, lesson, place.work, place.note, root)
    except OSError as error:
        # What cannot be read cannot be known to be what was judged.
        return (f"your files cannot be read: {name(str(error.filename))}: {error.strerror}",)
    return changes(record.stable.digests, now, lesson.id)


def _first_fail(record: Evidence) -> Failing | None:
    """Return what to look at first of a record that says failed; an imported one may not tell."""
    failed = _with(record, "fail")
    if not failed:
        return None
    return Failing(failed[0].id, printable(failed[0].message), printable(failed[0].next_step))


def _open(record: Evidence) -> tuple[str, ...]:
    """Say what is not passed in a record: fails with what was found, or what this machine could not show."""
    found = _with(record, "fail") or _with(record, "unverified")
    said = [f"{each.id}: {printable(each.message.partition(chr(10))[0])}" for each in found[:1]]
    rest = [each.id for each in found[1:]]
    if rest:
        said.append(f"also {'failed' if found[0].verdict.value == 'fail' else 'unverified'}: {few(rest)}")
    return tuple(said)


def _why(record: Evidence) -> str:
    """Say why a judging ended without a verdict."""
    found = _with(record, "error") or _with(record, "unverified")
    if not found:
        return printable(record.reason) or "nothing was judged"
    phase = f" (phase {found[0].phase})" if found[0].phase else ""
    return f"{found[0].id}: {printable(found[0].message.partition(chr(10))[0])}{phase}"


def _with(record: Evidence, verdict: str) -> list[Found]:
    return [each for each in record.results if each.verdict.value == verdict]


def _folders(folder: Path) -> set[str]:
    """Return the names of the folders in `folder`, those of unfinished work left out."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()}
    except OSError:
        return set()


def _records(root: Path, lesson_id: str) -> Iterable[str]:
    """Return the names of what may be the lesson's records."""
    try:
        names = os.listdir(root / EVIDENCE / lesson_id)  # noqa: PTH208 - names are enough
    except OSError:
        return ()
    return [each for each in names if each.endswith(".json") and each != journal.FILE and not each.startswith(".")]
