"""A report for a reader: one line per criterion, each fail and error in full, and where to begin."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable

from mlsj.kinds.base import Verdict
from mlsj.verify.report import Report, Result, State

Style = Callable[[str, str], str]
"""Takes a text and a colour's name, returns the text to print."""

_COLOURS = {
    Verdict.PASS: "green",
    Verdict.FAIL: "red",
    Verdict.UNVERIFIED: "yellow",
    Verdict.BLOCKED: "cyan",
    Verdict.ERROR: "magenta",
}
_STATES = {State.PASSED: "green", State.PASSED_HERE: "green", State.FAILED: "red", State.NOT_JUDGED: "magenta"}
_LABEL = 10


def plain(text: str, _: str) -> str:
    """Return `text` without colour."""
    return text


def render(
    report: Report, title: str, next_step: str, *, width: int = 100, style: Style = plain, program: str = "mlsj"
) -> str:
    """Return the report as text with at most `width` columns, but for words that are longer.

    `next_step` is what to do after a pass; `program` is how the reader calls mlsj.
    """
    lines = [f"{report.lesson} {title}", ""]
    longest = max((len(result.id) for result in report.results), default=0)
    for result in report.results:
        lines += _line(result, longest, width, style)
    first = report.first_open
    # One broken disk or environment breaks every criterion in the same way, and is said once.
    wrong = [
        result
        for number, result in enumerate(report.results)
        if result.verdict in (Verdict.FAIL, Verdict.ERROR)
        and result.finding not in [earlier.finding for earlier in report.results[:number]]
    ]
    for result in wrong or ([first] if first else []):
        lines += ["", *_detail(result, width, style)]
    lines += ["", _summary(report, style)]
    if report.state in (State.PASSED, State.PASSED_HERE):
        lines.append(f"next: {next_step}")
    elif first is not None:
        begin = f"begin with {first.id}" if len(wrong) > 1 else "mend what is named above"
        lines.append(f"next: {begin}, then: {program} check {report.lesson}")
    return "\n".join(lines) + "\n"


def _line(result: Result, longest: int, width: int, style: Style) -> list[str]:
    said = (
        result.says if result.verdict is Verdict.PASS else f"{result.says} ({result.finding.message.splitlines()[0]})"
    )
    if result.verdict is Verdict.FAIL:
        said = result.says
    indent = 2 + _LABEL + 2 + longest + 2
    wrapped = textwrap.wrap(said, max(width - indent, 30)) or [""]
    label = style(f"{result.verdict.value:<{_LABEL}}", _COLOURS[result.verdict])
    head = f"  {label}  {result.id:<{longest}}  {wrapped[0]}"
    return [head, *(" " * indent + line for line in wrapped[1:])]


def _detail(result: Result, width: int, style: Style) -> list[str]:
    finding = result.finding
    head = style(f"{result.verdict.value}: {result.id}", _COLOURS[result.verdict])
    message, *more = finding.message.splitlines()
    lines = [f"{head}: {message}" + (f" (phase {finding.phase})" if finding.phase else "")]
    lines += [f"  {line}" for line in more]
    for name, text in (
        ("expected", finding.expected),
        ("got", finding.got),
        ("where", finding.where),
        ("next", finding.next_step),
    ):
        if text:
            lines += _field(name, text, width)
    return lines


def _field(name: str, text: str, width: int) -> list[str]:
    wrapped: list[str] = []
    for line in text.splitlines():
        # Output of programs keeps its line breaks and its indent; only what is too wide is folded.
        wrapped += textwrap.wrap(line, max(width - 12, 30), subsequent_indent="  ", drop_whitespace=True) or [""]
    return [f"  {name:<8}  {wrapped[0]}", *(f"{'':12}{line}" for line in wrapped[1:])]


def _summary(report: Report, style: Style) -> str:
    counts = Counter(result.verdict for result in report.results)
    parts = [f"{counts[Verdict.PASS]} of {len(report.results)} pass"]
    parts += [f"{counts[v]} {v.value}" for v in Verdict if v is not Verdict.PASS and counts[v]]
    state = style(report.state.value, _STATES[report.state])
    return f"{report.lesson}: {state} · {', '.join(parts)} · seed {report.seed}"
