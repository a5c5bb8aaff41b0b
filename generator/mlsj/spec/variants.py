"""The versions of a lesson's sources: solution, stub and every mistake, and what is wrong with them.

A file with line comments holds its versions as regions (`mlsj.spec.regions`); a file without regions is the same in
all. What a region cannot say is said by an overlay: a file in `variants/<name>/` replaces the one of the same path, and
one of zero bytes removes it. A `prepare.sh` or `prepare.py` at the top of the sources, or of a variant's folder, runs
in the directory made from a variant before it is judged; `_judge/note.md` is the note that goes with it. None of that,
nor `judge.py`, nor anything else below a folder `_judge/`, reaches a learner.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from mlsj import kinds
from mlsj.spec.diagnostics import Diagnostic, Related, Span
from mlsj.spec.files import InputFile, Tree
from mlsj.spec.model import Criterion, Curriculum, Lesson
from mlsj.spec.regions import SOLUTION, STUB, Alternative, markers, parse
from mlsj.spec.source import Path, Source

JUDGE = "judge.py"
NOTE = "_judge/note.md"
VARIANTS = "variants/"
_PREPARE = re.compile(r"prepare(\.[a-z]+)?\Z")
# Shorter texts, such as a closing brace, are in a solution and elsewhere by chance.
_LEAK_IN_STUB = 12
_LEAK_ANYWHERE = 40


class Subject(Protocol):
    """What rules look at: the typed course, its positions and its files."""

    @property
    def curriculum(self) -> Curriculum:
        """The typed course."""
        ...

    @property
    def source(self) -> Source:
        """The spec's text with positions."""
        ...

    @property
    def tree(self) -> Tree:
        """All files the compiler reads."""
        ...


def withheld(path: str) -> bool:
    """Tell whether `path`, relative to the sources, never reaches a work directory."""
    return path == JUDGE or path.startswith(VARIANTS) or bool(_PREPARE.match(path)) or "_judge" in path.split("/")[:-1]


def variant(tree: Tree, lesson: Lesson, name: str) -> dict[str, InputFile]:
    """Return the files of variant `name` by path in the work directory: `solution`, `stub` or a mistake's id.

    A lesson without sources has no files. Raises KeyError for a name that neither the spec nor the sources know.
    """
    if lesson.sources is None:
        return {}
    sources = dict(tree.under(lesson.sources))
    if name not in (SOLUTION, STUB, *(m.id for m in lesson.mistakes)) and name not in _places(sources):
        raise KeyError(name)
    files = {}
    for path, file in sources.items():
        if withheld(path):
            continue
        text = _text(file)
        data = file.data if text is None else parse(text).pick(name).encode()
        # A file that becomes empty is one the learner has to make, or one that a mistake leaves out.
        if data or not file.data:
            files[path] = InputFile(data, file.executable)
    for overlay in (STUB,) if name == STUB else dict.fromkeys((SOLUTION, name)):
        for path, file in _overlay(sources, overlay):
            if file.data:
                files[path] = file
            else:
                files.pop(path, None)
    return dict(sorted(files.items()))


def prepare(tree: Tree, lesson: Lesson, name: str) -> list[tuple[str, InputFile]]:
    """Return the scripts that finish a directory made from variant `name`, in the order in which they run."""
    if lesson.sources is None:
        return []
    folders = ("", f"{VARIANTS}{name}/")
    return [
        (path, file)
        for folder in folders
        for path, file in tree.under(lesson.sources)
        if path.startswith(folder) and _PREPARE.match(path[len(folder) :])
    ]


def note(tree: Tree, lesson: Lesson, name: str) -> bytes | None:
    """Return the note that goes with variant `name`: `_judge/note.md` of the variant's folder or of the sources.

    The stub has none: its note is the empty form.
    """
    if lesson.sources is None or name == STUB:
        return None
    folder = lesson.sources.rstrip("/")
    own = tree.data(f"{folder}/{VARIANTS}{name}/{NOTE}")
    return own if own is not None else tree.data(f"{folder}/{NOTE}")


def diagnose(subject: Subject) -> Iterator[Diagnostic]:
    """Yield all that is wrong with the variants of every lesson (codes MLSJ-T…)."""
    for m, module in enumerate(subject.curriculum.modules):
        for n, lesson in enumerate(module.lessons):
            if lesson.sources is not None:
                yield from _Lesson(subject, lesson, ("modules", m, "lessons", n)).diagnose()


def _functions(criterion: Criterion) -> list[str]:
    """Return the parameters of a criterion that name functions of judge.py."""
    if criterion.uses not in kinds.names():
        return []
    return [name for name in kinds.functions(criterion.uses) if isinstance(criterion.with_.get(name), str)]


class _Lesson:
    """The checks of one lesson, in the order of the codes."""

    def __init__(self, subject: Subject, lesson: Lesson, path: Path) -> None:
        self.subject, self.lesson, self.path = subject, lesson, path
        self.folder = str(lesson.sources).rstrip("/")
        self.files = dict(subject.tree.under(self.folder))
        self.marked = {
            name: parse(text)
            for name, file in self.files.items()
            if not withheld(name) and (text := _text(file)) is not None
        }

    def diagnose(self) -> Iterator[Diagnostic]:
        if not self.files:  # a folder that is not there is a bad reference, which another rule reports
            return
        yield from self._markers()
        yield from self._names()
        yield from self._overlays()
        yield from self._judge()
        if any(marked.problems for marked in self.marked.values()):
            return  # what follows compares variants, and a broken region makes nonsense of them
        yield from self._same()
        yield from self._leaks()

    def _markers(self) -> Iterator[Diagnostic]:
        for name, marked in self.marked.items():
            for p in marked.problems:
                span = Span(f"{self.folder}/{name}", p.line, p.column, p.line, p.end_column)
                related = (Related(Span(span.file, p.other, 1), "the other marker"),) if p.other else ()
                yield Diagnostic(p.code, p.message, span, help=p.help, related=related)

    def _names(self) -> Iterator[Diagnostic]:
        places = _places(self.files)
        known = {mistake.id for mistake in self.lesson.mistakes}
        for name, (file, alternative) in places.items():
            if name not in known and name not in (SOLUTION, STUB):
                line, column = (alternative.line, alternative.column) if alternative else (1, 1)
                end = (alternative.line, alternative.end_column) if alternative else (0, 0)
                span = Span(f"{self.folder}/{file}", line, column, *end)
                message = f"the spec names no mistake '{name}' in lesson {self.lesson.id}"
                yield Diagnostic("MLSJ-T007", message, span, help=_suggest(name, known))
        for index, mistake in enumerate(self.lesson.mistakes):
            span = self.subject.source.span((*self.path, "mistakes", index, "id"))
            if mistake.id in (SOLUTION, STUB):
                message = (
                    f"mistake '{mistake.id}' of lesson {self.lesson.id} has the name of a variant that always exists"
                )
                yield Diagnostic("MLSJ-T012", message, span, help="give the mistake another id")
            elif mistake.id not in places:
                message = f"no source of lesson {self.lesson.id} has the mistake '{mistake.id}'"
                overlay = f"{self.folder}/{VARIANTS}{mistake.id}/"
                remedy = f"write it in a region ('mistake {mistake.id}') or as an overlay in {overlay}"
                yield Diagnostic("MLSJ-T008", message, span, help=remedy)

    def _overlays(self) -> Iterator[Diagnostic]:
        for name, file in self.files.items():
            if not name.startswith(VARIANTS):
                continue
            inner = name.split("/", 2)[2] if name.count("/") > 1 else ""
            span = Span(f"{self.folder}/{name}")
            if not inner or (withheld(inner) and inner != NOTE and not _PREPARE.match(inner)):
                message = f"'{inner or name}' never reaches a work directory, so it cannot be overlaid"
                yield Diagnostic(
                    "MLSJ-T013",
                    message,
                    span,
                    help=f"move it to {self.folder}/{VARIANTS}NAME/, below the files it replaces",
                )
                continue
            for line, column in markers(_text(file) or ""):
                message = "a region marker in an overlay would reach the learner"
                here = Span(span.file, line, column)
                yield Diagnostic("MLSJ-T011", message, here, help="an overlay is one version: remove the markers")

    def _judge(self) -> Iterator[Diagnostic]:
        judge = self.files.get(JUDGE)
        for index, criterion in enumerate(self.lesson.criteria):
            for name in _functions(criterion):
                function = criterion.with_[name]
                span = self.subject.source.span((*self.path, "criteria", index, "with", name))
                if judge is None:
                    message = f"lesson {self.lesson.id} has no judge.py for criterion '{criterion.id}'"
                    yield Diagnostic("MLSJ-T014", message, span, help=f"write {self.folder}/{JUDGE}")
                elif not re.search(rf"^def {re.escape(function)}\(".encode(), judge.data, re.MULTILINE):
                    message = f"{self.folder}/{JUDGE} has no function '{function}'"
                    names = {found.decode() for found in re.findall(rb"^def ([a-z]\w*)\(", judge.data, re.MULTILINE)}
                    yield Diagnostic("MLSJ-T014", message, span, help=_suggest(function, names, f"write it in {JUDGE}"))

    def _same(self) -> Iterator[Diagnostic]:
        """A variant, or one alternative of it, that changes nothing proves nothing."""
        told: set[str] = set()
        for name, marked in self.marked.items():
            for region in marked.regions:
                for alternative in region.alternatives[1:]:
                    if STUB not in alternative.names and alternative.text == region.alternatives[0].text:
                        told.update(alternative.names)
                        which = ", ".join(alternative.names)
                        message = f"mistake {which} has the solution's text here"
                        yield Diagnostic(
                            "MLSJ-T009",
                            message,
                            self._at(name, alternative),
                            help="change it, or remove the alternative",
                        )
        tree, solution = self.subject.tree, variant(self.subject.tree, self.lesson, SOLUTION)
        places = _places(self.files)
        for index, mistake in enumerate(self.lesson.mistakes):
            if mistake.id in (SOLUTION, STUB) or mistake.id not in places or mistake.id in told:
                continue
            made = [of(tree, self.lesson, mistake.id) for of in (variant, prepare, note)]
            if made == [of(tree, self.lesson, SOLUTION) for of in (variant, prepare, note)]:
                span = self.subject.source.span((*self.path, "mistakes", index, "id"))
                message = f"mistake '{mistake.id}' of lesson {self.lesson.id} equals the solution"
                yield Diagnostic("MLSJ-T009", message, span, help="make its variant differ")
        if variant(tree, self.lesson, STUB) == solution:
            span = self.subject.source.span((*self.path, "sources"))
            message = f"the stub of lesson {self.lesson.id} equals the solution"
            yield Diagnostic("MLSJ-T009", message, span, help="put what the learner writes into regions with a 'stub'")

    def _leaks(self) -> Iterator[Diagnostic]:
        stub = variant(self.subject.tree, self.lesson, STUB)
        texts = {name: _significant(text) for name, file in stub.items() if (text := _text(file)) is not None}
        for name, marked in self.marked.items():
            for region in marked.regions:
                solution, own = _significant(region.pick(SOLUTION)), _significant(region.pick(STUB))
                size = sum(len("".join(line.split())) for line in solution)
                leaked = bool(solution) and (own == solution or (size >= _LEAK_IN_STUB and _within(solution, own)))
                where = name if leaked else ""
                if not leaked and size >= _LEAK_ANYWHERE:
                    where = next((other for other, lines in texts.items() if _within(solution, lines)), "")
                if where:
                    message = "the solution's text is left in the stub" + (f", in {where}" if where != name else "")
                    span = self._at(name, region.alternatives[0])
                    yield Diagnostic("MLSJ-T010", message, span, help="say in the stub what to do, not how")

    def _at(self, name: str, alternative: Alternative) -> Span:
        line = alternative.line
        return Span(f"{self.folder}/{name}", line, alternative.column, line, alternative.end_column)


def _text(file: InputFile) -> str | None:
    """Return the text of `file`, or None where it is binary."""
    if b"\0" in file.data:
        return None
    try:
        return file.data.decode()
    except UnicodeDecodeError:
        return None


def _overlay(sources: dict[str, InputFile], name: str) -> Iterator[tuple[str, InputFile]]:
    prefix = f"{VARIANTS}{name}/"
    for path, file in sources.items():
        if path.startswith(prefix) and not withheld(path[len(prefix) :]):
            yield path[len(prefix) :], file


def _places(sources: dict[str, InputFile]) -> dict[str, tuple[str, Alternative | None]]:
    """Return where each variant is first met: its file, and its alternative if that is in a region."""
    found: dict[str, tuple[str, Alternative | None]] = {}
    for path, file in sources.items():
        if path.startswith(VARIANTS):
            if path.count("/") > 1:
                found.setdefault(path.split("/")[1], (path, None))
        elif not withheld(path) and (text := _text(file)) is not None:
            for region in parse(text).regions:
                for alternative in region.alternatives:
                    for name in alternative.names:
                        found.setdefault(name, (path, alternative))
    return found


def _significant(text: str) -> list[str]:
    return [stripped for line in text.split("\n") if (stripped := line.strip())]


def _within(block: list[str], lines: list[str]) -> bool:
    width = len(block)
    return any(lines[i : i + width] == block for i in range(len(lines) - width + 1))


def _suggest(
    name: str, known: set[str], otherwise: str = "name it under 'mistakes' of the lesson, or remove it here"
) -> str:
    import difflib

    near = difflib.get_close_matches(name, sorted(known), 1)
    return f"did you mean '{near[0]}'?" if near else otherwise
