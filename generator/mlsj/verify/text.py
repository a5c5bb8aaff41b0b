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
# A space at which no line ends.
_KEPT = "\u00a0"


def plain(text: str, _: str) -> str:
    """Return `text` without colour."""
    return text


def render(
    report: Report,
    title: str,
    next_step: str,
    *,
    width: int = 100,
    style: Style = plain,
    program: str = "mlsj",
    verbose: bool = False,
) -> str:
    """Return the report as text with at most `width` columns, but for words that are longer.

    `next_step` is what to do after a pass; `program` is how the reader calls mlsj; `verbose` also says what was
    observed of each criterion that passes.
    """
    lines = [f"{report.lesson} {title}", ""]
    longest = max((len(result.id) for result in report.results), default=0)
    for result in report.results:
        lines += _line(result, longest, width, style, verbose=verbose)
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
    lines += ["", *_summary(report, width, style)]
    if weaker := _weaker(report):
        lines += _wrapped(weaker, width)
    if report.state in (State.PASSED, State.PASSED_HERE):
        first_thing = next_step
    elif first is None:
        first_thing = f"{program} check {report.lesson}"
    else:
        first_thing = f"{_first_thing(first, len(wrong))}, {_whole(f'then: {program} check {report.lesson}')}"
    if any(result.judged for result in report.results) and report.state is not State.FAILED:
        lines += _wrapped(f"all of it anew: {program} check {report.lesson} --fresh", width)
    return "\n".join([*lines, *_wrapped(f"next: {first_thing}", width)]) + "\n"


def _first_thing(first: Result, wrong: int) -> str:
    """Return what to do first: the step of the first fail, or whom an error concerns."""
    if first.verdict is Verdict.FAIL:
        step = first.finding.next_step.splitlines()[0].rstrip(" .:")
        return f"{first.id}: {step}" if wrong > 1 else step
    if first.verdict is Verdict.ERROR and first.finding.phase == "judge":
        return "this is not about your work: tell the course's author what is named above"
    return "mend what is named above"


def _line(result: Result, longest: int, width: int, style: Style, *, verbose: bool) -> list[str]:
    finding, said = result.finding, result.says
    if result.verdict not in (Verdict.PASS, Verdict.FAIL):
        said = f"{said} ({finding.message.splitlines()[0]})"
    if result.judged:
        said += f" (judged {result.judged[:16].replace('T', ' ')} UTC, seed {result.seed})"
    indent = 2 + _LABEL + 2 + longest + 2
    paragraphs = [said]
    if result.verdict is Verdict.PASS:
        paragraphs += [f"observed: {finding.message}"] if verbose else []
        paragraphs += [each.text for each in finding.measurements]
    wrapped = [line for each in paragraphs for line in textwrap.wrap(each, max(width - indent, 30))] or [""]
    label = style(f"{result.verdict.value:<{_LABEL}}", _COLOURS[result.verdict])
    head = f"  {label}  {result.id:<{longest}}  {wrapped[0]}"
    return [head, *(" " * indent + line for line in wrapped[1:])]


def _detail(result: Result, width: int, style: Style) -> list[str]:
    finding = result.finding
    head = style(f"{result.verdict.value}: {result.id}", _COLOURS[result.verdict])
    message, *more = finding.message.splitlines()
    phase = f" (phase {finding.phase})" if finding.phase and f"(phase {finding.phase})" not in message else ""
    # Folded as it is without colour: what colour adds has no width.
    first, *rest = _wrapped(f"{result.verdict.value}: {result.id}: {message}{phase}", width)
    lines = [head + first[len(f"{result.verdict.value}: {result.id}") :], *rest]
    lines += [folded for line in more for folded in _wrapped(f"  {line}", width)]
    for name, text in (
        ("expected", finding.expected),
        ("got", finding.got),
        ("where", finding.where),
        ("measured", "\n".join(each.text for each in finding.measurements)),
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


def _wrapped(text: str, width: int) -> list[str]:
    """Fold at spaces what is too wide; commands and paths stay whole."""
    indent = " " * (len(text) - len(text.lstrip(" ")) + 2)
    lines = textwrap.wrap(
        text, max(width, 30), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    return [line.replace(_KEPT, " ") for line in lines] or [""]


def _whole(command: str) -> str:
    """Return a text that is not folded within."""
    return command.replace(" ", _KEPT)


def _weaker(report: Report) -> str:
    """Say when programs were not isolated although what that needs is installed."""
    backend, why = report.isolation.get("backend", ""), report.isolation.get("why", "")
    return f"isolation: none but limits; {why}" if backend == "process" and "does not work" in why else ""


def _summary(report: Report, width: int, style: Style) -> list[str]:
    counts = Counter(result.verdict for result in report.results)
    parts = [f"{counts[Verdict.PASS]} of {len(report.results)} pass"]
    parts += [f"{counts[v]} {v.value}" for v in Verdict if v is not Verdict.PASS and counts[v]]
    head = f"{report.lesson}: {report.state.value}"
    first, *rest = _wrapped(f"{head} · {', '.join(parts)} · seed {report.seed}", width)
    return [f"{report.lesson}: {style(report.state.value, _STATES[report.state])}{first[len(head) :]}", *rest]
