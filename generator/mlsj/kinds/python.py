"""Kind `python`: a function of the learner's gives what the judge's own function gives, for inputs it has not seen."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mlsj.kinds import _found, _harness, base
from mlsj.kinds._calls import Answer, Answers, Raised, ask
from mlsj.kinds._compare import (
    Array,
    Comparison,
    Error,
    Tolerance,
    apart,
    as_float,
    leaves,
    replaced,
    rounded,
    shown,
    together,
)
from mlsj.kinds.base import Context, Finding, Verdict, failed, inside, passed
from mlsj.kinds.judge import function

__all__ = ["Array", "Case", "Params", "adversaries", "judge"]

LOOKS_AT = ("work",)
FUNCTIONS = ("cases", "truth")
_TWICE = 3  # so many calls are made a second time


class Case(msgspec.Struct, frozen=True):
    """Arguments of one call, and what they are, for messages: "an even number of values"."""

    arguments: Sequence[Any]
    says: str = ""


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `python`."""

    file: Annotated[str, Meta(min_length=1, description="Python file in the work directory.")]
    function: Annotated[
        str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="Function of that file that is called.")
    ]
    cases: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9_]*$",
            description="Function of judge.py: it takes the Context and yields the arguments of each call as a list, "
            "or as a Case that also says what they are.",
        ),
    ]
    truth: Annotated[
        str,
        Meta(
            pattern=r"^[a-z][a-z0-9_]*$",
            description="Function of judge.py: called with the same arguments, it returns what is right.",
        ),
    ]
    rel: Annotated[Annotated[float, Meta(ge=0)] | None, Meta(description="Largest relative error of a float.")] = None
    abs: Annotated[Annotated[float, Meta(ge=0)] | None, Meta(description="Largest absolute error of a float.")] = None
    ulp: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(description="Largest error of a float, in units in the last place of 'precision'."),
    ] = None
    precision: Annotated[
        Literal["float64", "float32"], Meta(description="Precision that results must have, and that 'ulp' counts in.")
    ] = "float64"
    raises: Annotated[
        list[str],
        Meta(description="Built-in exceptions that are an answer: where the truth raises one, the function must too."),
    ] = msgspec.field(default_factory=list)
    calls: Annotated[int, Meta(ge=1, le=10000, description="How many cases are taken at most.")] = 200
    any_order: Annotated[bool, Meta(description="Whether the items of a returned list may come in any order.")] = False
    arguments_kept: Annotated[bool, Meta(description="Whether the function must leave its arguments unchanged.")] = (
        False
    )

    def __post_init__(self) -> None:
        """Refuse exceptions that Python does not have, and bounds that hold for any number."""
        import builtins

        _found.below(self.file, "file")
        for name in self.raises:
            found = getattr(builtins, name, None)
            if not (isinstance(found, type) and issubclass(found, Exception)):
                raise ValueError(f"'raises' names {name}, which is not a built-in exception")
        for name in ("rel", "abs", "ulp"):
            if not math.isfinite(getattr(self, name) or 0.0):
                raise ValueError(f"'{name}' must be a finite number")


class _Call(msgspec.Struct):
    """One case, what is right, and in which of the calls it was asked (counted from 1)."""

    case: Case
    data: bytes
    truth: Any
    asked: list[int] = msgspec.field(default_factory=list)


def judge(params: Params, context: Context) -> Finding:
    """Call the function for every case, in an order of the judge's own, and some of them twice."""
    path = inside(context.work, params.file)
    where = f"work/{context.lesson_id}/{params.file}"
    if path is None or not path.is_file():
        got = "nothing" if path is None or not path.exists() else "something that is not a file"
        return failed(
            f"{params.file} is missing", expected="a Python file", got=got, where=where, next_step=f"create {where}"
        )
    made = _made(params, context)
    order = [*made, *context.random.sample(made, min(_TWICE, len(made)))]
    context.random.shuffle(order)
    for number, call in enumerate(order, 1):
        call.asked.append(number)
    answers = ask(
        context,
        path,
        params.function,
        [call.data for call in order],
        keep=params.arguments_kept,
        arrays=any(b"a" in call.data and _has_array(call.case.arguments) for call in made),
    )
    return _unanswered(params, context, order, answers) or _compared(params, made, answers.calls)


def adversaries(params: Params, context: Context) -> Iterator[tuple[str, Finding]]:
    """Judge results that are wrong in ways that a loose tolerance lets through."""
    import statistics

    made = _made(params, context)
    numeric = [call for call in made if not isinstance(call.truth, Raised) and any(True for _ in leaves(call.truth))]
    if not numeric:
        return
    scalars = [as_float(call.truth) for call in numeric if type(call.truth) in (int, float)]

    def answered(give: Callable[[_Call], Any]) -> Finding:
        for number, call in enumerate(made, 1):
            call.asked = [number]
        answers = [
            Answer("raised", call.truth) if isinstance(call.truth, Raised) else Answer("returned", give(call))
            for call in made
        ]
        return _compared(params, made, answers)

    def constant(call: _Call) -> Any:
        numbers = [as_float(number) for number in leaves(call.truth)]
        among = [n for n in (scalars if type(call.truth) in (int, float) else numbers) if math.isfinite(n)]
        return replaced(call.truth, [statistics.fmean(among) if among else 0.0] * len(numbers))

    def given(call: _Call) -> Any:
        count = len(list(leaves(call.truth)))
        numbers = next((n for a in call.case.arguments if len(n := list(leaves(a))) == count), None)
        return call.truth if numbers is None else replaced(call.truth, numbers)

    def coarse(call: _Call) -> Any:
        lower = "float16" if params.precision == "float32" else "float32"
        return replaced(call.truth, [rounded(n, lower) if type(n) is float else n for n in leaves(call.truth)])

    yield "zeros", answered(lambda call: replaced(call.truth, [0] * len(list(leaves(call.truth)))))
    yield "a constant", answered(constant)
    if any(_encoded(given(call)) != _encoded(call.truth) for call in numeric):
        yield "the input", answered(given)
    if any(_encoded(coarse(call)) != _encoded(call.truth) for call in numeric):
        yield "less precision", answered(coarse)


def _made(params: Params, context: Context) -> list[_Call]:
    """Make the cases and their truths, each from a fresh copy. Raises when judge.py gives none, or no plain data."""
    truth = function(context, params.truth)
    made = []
    for case in islice(function(context, params.cases)(context), params.calls):
        case = case if isinstance(case, Case) else Case(case)
        if not isinstance(case.arguments, (list, tuple)):
            raise TypeError(f"{params.cases} yielded {type(case.arguments).__name__}, not a list of arguments")
        data = _encoded(list(case.arguments))
        right: Any
        try:
            right = _harness.decode(_encoded(truth(*_harness.decode(data, together))), together)
        except Exception as error:
            names = tuple(kind.__name__ for kind in type(error).__mro__)
            accepted = [name for name in names if name in params.raises]
            if not accepted:
                raise
            right = Raised((accepted[0],), str(error), 0)
        made.append(_Call(case, data, right))
    if not made:
        raise ValueError(f"{params.cases} yielded no arguments")
    return made


def _encoded(value: Any) -> bytes:
    return _harness.encode(value, apart)


def _has_array(value: Any) -> bool:
    if isinstance(value, (list, tuple, dict)):
        return any(_has_array(item) for item in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Array)


def _unanswered(params: Params, context: Context, order: Sequence[_Call], answers: Answers) -> Finding | None:
    """Return why there is not an answer to every call, or None when there is."""
    name, file = params.function, params.file
    run = f"python3 {file}"

    def wrong(message: str, expected: str, got: str, next_step: str, where: str = "") -> Finding:
        at = where or f"work/{context.lesson_id}/{file}"
        return failed(message, expected=expected, got=got, where=at, next_step=next_step)

    if answers.unloaded is not None:
        raised = answers.unloaded
        line = f":{raised.line}" if raised.line else ""
        return wrong(
            f"{file} cannot be loaded: {raised.said}",
            "a file that loads without an exception and without ending the program",
            raised.said,
            f"run it yourself and read what it says: {run}",
            f"work/{context.lesson_id}/{file}{line}",
        )
    if answers.names is not None:
        if answers.there:
            return wrong(f"{name} of {file} is not a function", "a function", "a value", f"define it: def {name}(…)")
        others = ", ".join(answers.names) or "none"
        return wrong(f"{file} has no function {name}", name, f"functions: {others}", f"define it: def {name}(…)")
    current = answers.current
    asked = order[current] if current is not None else None
    step = _try(params, asked.case) if asked is not None else f"run it yourself: {run}"
    call = _called(params, asked.case) if asked is not None else f"the loading of {file}"
    during = f"{call} (call {current + 1} of {len(order)})" if current is not None else call
    if answers.ran is None:
        finding = wrong(
            f"{name} did not return in time", "a result in time", "still running; it was stopped", step, during
        )
        return msgspec.structs.replace(finding, timed_out=True, phase="run")
    if answers.complete and not answers.garbled:
        return None
    if answers.garbled:
        return wrong(f"{name} broke the process it ran in", "a result for every call", answers.garbled, step, during)
    said = answers.ran.ending.strip()
    if "No module named 'numpy'" in said and answers.ran.exit_code == 70 and current is None:
        message = "the lesson's environment has no numpy, which this criterion's cases need: add it and run mlsj lock"
        return Finding(Verdict.ERROR, message, phase="environment")
    return wrong(f"{name} ended the program instead of returning", "a result for every call", said, step, during)


def _compared(params: Params, made: Sequence[_Call], answers: Sequence[Answer]) -> Finding:
    """Hold every answer against its truth, in the order of the cases, so that the first fault is always the same."""
    tolerance = Tolerance(params.rel, params.abs, params.ulp, params.precision)
    comparison = Comparison(tolerance, any_order=params.any_order)
    for call in made:
        for count, number in enumerate(call.asked):
            finding = _one(params, comparison, call, answers[number - 1], again=count > 0)
            if finding is not None:
                return msgspec.structs.replace(finding, where=f"{finding.where} (call {number} of {len(answers)})")
    worst = [comparison.worst.measurement] if comparison.worst is not None and comparison.worst.bound else []
    return passed(f"{params.function} is right in all of {len(answers)} calls", *worst)


def _one(params: Params, comparison: Comparison, call: _Call, answer: Answer, *, again: bool) -> Finding | None:
    name = params.function
    given = f" for {call.case.says}" if call.case.says else ""
    given += ", when it is called a second time" if again else ""
    step = _try(params, call.case)

    def wrong(message: str, expected: str, got: str, next_step: str, error: Error | None = None) -> Finding:
        far = [error.measurement] if error is not None and error.bound and math.isfinite(error.value) else []
        where = _called(params, call.case)
        return failed(message, expected=expected, got=got, next_step=next_step, where=where, measurements=far)

    if answer.state == "raised":
        raised: Raised = answer.value
        if isinstance(call.truth, Raised):
            if call.truth.names[0] in raised.names:
                return None
            return wrong(f"{name} raised another exception{given}", call.truth.said, raised.said, step)
        if raised.names[0] == "SystemExit":
            return wrong(f"{name} left the program{given}", _right(call), raised.said, "return the result")
        at = f" in line {raised.line} of {params.file}" if raised.line else ""
        return wrong(f"{name} raised {raised.names[0]}{given}", _right(call), f"{raised.said}{at}", step)
    if isinstance(call.truth, Raised):
        got = f"it returned {shown(answer.value)}" if answer.state == "returned" else f"it returned {answer.value}"
        return wrong(f"{name} raised nothing{given}", call.truth.said, got, f"raise {call.truth.names[0]}")
    if answer.state == "untold":
        return wrong(
            f"{name} returned {answer.value}{given}",
            _right(call),
            answer.value,
            "return plain numbers, texts and lists",
        )
    if answer.changed:
        got = "other arguments after the call"
        return wrong(f"{name} changed its arguments{given}", "arguments as they were", got, "work on a copy")
    found = comparison.difference(call.truth, answer.value)
    if found is None:
        return None
    at = f" at {found.place}" if found.place else ""
    return wrong(f"{name} gave a wrong result{given}", f"{found.expected}{at}", f"{found.got}{at}", step, found.error)


def _right(call: _Call) -> str:
    return call.truth.said if isinstance(call.truth, Raised) else shown(call.truth)


def _called(params: Params, case: Case) -> str:
    return f"{params.function}({', '.join(shown(argument, 60) for argument in case.arguments)})"


def _try(params: Params, case: Case) -> str:
    """Return how to make the same call, where it fits on a line."""
    text = ", ".join(repr(argument) for argument in case.arguments)
    path = Path(params.file)
    if len(text) > 120 or any(word in text for word in ("nan", "inf", "Array(")) or not path.stem.isidentifier():
        return "make this call yourself and follow it step by step"
    code = f"from {path.stem} import {params.function}; print({params.function}({text}))"
    # Double quotes read better around Python's single ones, where the shell leaves their content alone.
    plain = "'" in code and not any(sign in code for sign in '"$`\\!')
    code = f'"{code}"' if plain else shlex.quote(code)
    folder = f"cd {path.parent} && " if path.parent != Path() else ""
    return f"make this call yourself: {folder}python3 -c {code}"
