"""A proof for a reader: a table of variants for each lesson, every problem in full, and a last line that counts."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from mlsj.kinds.base import quoted
from mlsj.verify.prove_record import Hidden, LessonProof, Proof, ProofState, Reason, Row

Style = Callable[[str, str], str]
"""Takes a text and a colour's name, returns the text to print."""

_COLOURS = {ProofState.PROVED: "green", ProofState.NOT_PROVED: "red", ProofState.NOT_JUDGED: "magenta"}
_DECLARED = {True: "yes", False: "NO", None: "not here"}
_HEAD = ("variant", "verdicts", "fails", "as declared", "seconds")
_LEGEND = "verdicts in the order of the criteria: p pass, F fail, b blocked, u unverified, E error"


def plain(text: str, _: str) -> str:
    """Return `text` without colour."""
    return text


def render(proof: Proof, *, width: int = 100, style: Style = plain, program: str = "mlsj") -> str:
    """Return the proof as text; words that are longer than `width` stay whole."""
    parts = [_lesson(lesson, width, style, program) for lesson in proof.lessons]
    legend = [_LEGEND, ""] if any(lesson.variants for lesson in proof.lessons) else []
    return "\n".join([*parts, *legend, summary(proof, style)]) + "\n"


def summary(proof: Proof, style: Style = plain) -> str:
    """Return the last line: "proved 2 of 2 lessons: 14 variants, 31 judgings, 1 criterion not proved here (gpu)"."""
    proved = sum(lesson.state is ProofState.PROVED for lesson in proof.lessons)
    variants = sum(len(lesson.variants) for lesson in proof.lessons)
    parts = [counted(variants, "variant"), counted(proof.judgings, "judging")]
    adversaries = sum(lesson.adversaries for lesson in proof.lessons)
    parts += [counted(adversaries, "adversary", "adversaries")] if adversaries else []
    problems = sum(len(lesson.problems) for lesson in proof.lessons)
    parts += [counted(problems, "problem")] if problems else []
    hidden = [each for lesson in proof.lessons for each in lesson.not_proved_here]
    for what, plural in (("criterion", "criteria"), ("mistake", "mistakes")):
        found = [each for each in hidden if each.what == what]
        if found:
            lacks = ", ".join(dict.fromkeys(each.lacks for each in found))
            parts.append(f"{counted(len(found), what, plural)} not proved here ({lacks})")
    count = f"{proved} of {counted(len(proof.lessons), 'lesson')}"
    return f"{style('proved', _COLOURS[proof.state])} {count}: {', '.join(parts)}"


def counted(number: int, one: str, many: str = "") -> str:
    """Return "1 variant" or "2 variants"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def _lesson(lesson: LessonProof, width: int, style: Style, program: str) -> str:
    state = style(lesson.state.value, _COLOURS[lesson.state])
    lines = [f"{lesson.id} {lesson.title}: {state}", "", *_table(lesson.variants), ""]
    facts = [f"criteria: {' '.join(lesson.criteria)}"]
    if lesson.adversaries:
        facts.append(f"adversaries: {lesson.adversaries}")
    said = f"; the last line: {quoted(lesson.quickstart_said, 60)}" if lesson.quickstart_said else ""
    facts.append(f"quick-start: {counted(lesson.quickstart, 'command')} ended well{said}")
    facts += [f"not proved here ({each.lacks}): {_name(each)}" for each in lesson.not_proved_here]
    for fact in facts:
        lines += textwrap.wrap(fact, width, initial_indent="  ", subsequent_indent="    ")
    lines.append("")
    for problem in lesson.problems:
        lines += [problem_text(lesson, problem, width=width, style=style, program=program), ""]
    return "\n".join(lines)


def _name(hidden: Hidden) -> str:
    return f"{hidden.what} {hidden.name}"


def _table(rows: list[Row]) -> Iterator[str]:
    if not rows:
        return
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(cell[column]) for cell in cells) for column in range(len(_HEAD))]
    for cell in cells:
        *left, seconds = (text.ljust(size) for text, size in zip(cell, widths, strict=True))
        yield "  " + "  ".join([*left, seconds.strip().rjust(widths[-1])])


def _cells(row: Row) -> tuple[str, ...]:
    rounds = sum(row.verdicts.values())
    patterns = [f"{pattern or '-'}{f' {n} of {rounds}' if n < rounds else ''}" for pattern, n in row.verdicts.items()]
    return (
        row.variant,
        ", ".join(patterns),
        " ".join(row.fails) or "-",
        _DECLARED[row.as_declared],
        f"{row.seconds:.1f}",
    )


def problem_text(
    lesson: LessonProof, problem: Reason, *, width: int = 100, style: Style = plain, program: str = "mlsj"
) -> str:
    """Return one problem: its code, what is wrong, and what to do."""
    head = style(problem.code, "red" if problem.of == "course" else "magenta")
    lines = [f"{head}: {lesson.id}: {problem.says}"]
    fields = [("expected", problem.expected), ("seen", problem.seen), ("mend", problem.mend)]
    if problem.replay:
        fields.append(("replay", f"{program} {problem.replay}"))
    for name, text in fields:
        wrapped: list[str] = []
        for line in text.splitlines() or [""]:
            # A command is one line, to be copied; of other lines the indent is kept.
            fold = [line] if name == "replay" else textwrap.wrap(line, max(width - 12, 30), subsequent_indent="  ")
            wrapped += fold or [""]
        lines += [f"  {name:<8}  {wrapped[0]}", *(f"{'':12}{line}" for line in wrapped[1:])]
    return "\n".join(lines)
