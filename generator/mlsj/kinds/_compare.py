"""Holds a result against the truth: by exact type, with a tolerance where numbers are floating-point."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from mlsj.kinds._harness import NUMBERS
from mlsj.kinds.base import Measurement

_HALF = {"float64": ("<d", "<q", 2**63 - 1), "float32": ("<f", "<i", 2**31 - 1)}
_BEYOND = math.nextafter(1.0, 2.0)
_NAMES = {"b": "bool", "i": "int", "u": "uint", "f": "float"}


class Array(msgspec.Struct, frozen=True):
    """A numpy array, for a process that has no numpy: `dtype` as numpy writes it ("<f8"), `data` in C order."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, values: Any, dtype: str = "float64") -> Array:
        """Return nested lists of numbers as an array of that dtype. Raises ValueError when their lengths differ."""
        kind, bits = dtype.rstrip("0123456789"), int(dtype.lstrip("abcdefghijklmnopqrstuvwxyz") or 8)
        letter = next(short for short, name in _NAMES.items() if name == kind)
        shape: list[int] = []
        flat = [values]
        while flat and isinstance(flat[0], (list, tuple)):
            shape.append(len(flat[0]))
            if any(len(row) != shape[-1] for row in flat):
                raise ValueError("rows of an array have different lengths")
            flat = [item for row in flat for item in row]
        code = f"{letter}{bits // 8}"
        return cls(f"<{code}", tuple(shape), struct.pack(f"<{len(flat)}{NUMBERS[code]}", *flat))

    @property
    def name(self) -> str:
        """The dtype as it is spoken of: "float64"."""
        return f"{_NAMES[self.dtype[1]]}{'' if self.dtype[1] == 'b' else int(self.dtype[2:]) * 8}"

    def flat(self) -> list[Any]:
        """Return all numbers in C order."""
        size = len(self.data) // int(self.dtype[2:])
        return list(struct.unpack(f"{'>' if self.dtype[0] == '>' else '<'}{size}{NUMBERS[self.dtype[1:]]}", self.data))

    def nested(self) -> Any:
        """Return the numbers as nested lists, and one alone as itself."""
        flat: list[Any] = self.flat()
        for length in reversed(self.shape[1:]):
            flat = [flat[at : at + length] for at in range(0, len(flat), length)] if length else [[]] * self.shape[0]
        return flat if self.shape else flat[0]


def together(dtype: str, shape: tuple[int, ...], data: bytes) -> Array:
    """Return the array, for `decode`. Raises ValueError for one that numpy would not have written."""
    if dtype[1:] not in NUMBERS or dtype[:1] not in "<>|" or len(data) != math.prod(shape) * int(dtype[2:]):
        raise ValueError("not an array")
    return Array(dtype, shape, data)


def apart(value: Any) -> tuple[str, tuple[int, ...], bytes] | None:
    """Take an Array apart, for `encode`."""
    return (value.dtype, value.shape, value.data) if type(value) is Array else None


class Error(msgspec.Struct, frozen=True):
    """How far a number is from the truth: `value` in `unit`, at most `bound`; `ratio` of the two, above 1 is wrong."""

    ratio: float
    value: float
    unit: str
    bound: float

    @property
    def text(self) -> str:
        """In words: "relative error 2e-05, at most 1e-06"."""
        if self.unit == "ulp":
            return f"{self.value:.4g} ulp away, at most {self.bound:g}"
        return f"{self.unit} error {self.value:.3g}, at most {self.bound:g}"

    @property
    def measurement(self) -> Measurement:
        """For the evidence."""
        return Measurement("largest error", self.value, self.unit, bound=self.bound, sense="at most")


class Tolerance(msgspec.Struct, frozen=True):
    """How far a float may be from the truth: it suffices that one of these is kept; with none, it must be equal."""

    rel: float | None = None
    abs: float | None = None
    ulp: float | None = None
    precision: Literal["float64", "float32"] = "float64"

    def error(self, expected: float, got: float) -> Error:
        """Return how far `got` is from `expected`, by the bound that it keeps best; NaN equals NaN, 0.0 equals -0.0."""
        same = expected == got or (math.isnan(expected) and math.isnan(got))
        found = []
        for unit, bound in (("relative", self.rel), ("absolute", self.abs), ("ulp", self.ulp)):
            if bound is not None:
                value = 0.0 if same else self._far(unit, expected, got)
                ratio = 0.0 if value == 0 else value / bound if bound else math.inf
                # A division may round to 1 what is beyond the bound.
                found.append(Error(max(ratio, _BEYOND) if value > bound else min(ratio, 1.0), value, unit, bound))
        if not found:
            value = 0.0 if same else self._far("absolute", expected, got)
            return Error(0.0 if same else math.inf, value, "absolute", 0.0)
        return min(found, key=lambda error: error.ratio)

    def _far(self, unit: str, expected: float, got: float) -> float:
        if not (math.isfinite(expected) and math.isfinite(got)):
            return math.inf
        if unit == "ulp":
            return float(ulps(expected, got, self.precision))
        far = abs(expected - got)
        return far if unit == "absolute" else far / abs(expected) if expected else math.inf


def ulps(one: float, other: float, precision: Literal["float64", "float32"] = "float64") -> int:
    """Return how many floating-point numbers of that precision lie from `one` to `other`, both rounded to it first."""
    return abs(_rank(one, precision) - _rank(other, precision))


def _rank(value: float, precision: Literal["float64", "float32"]) -> int:
    """Number the floats of a precision in their order; both zeros are 0."""
    real, whole, mask = _HALF[precision]
    (bits,) = struct.unpack(whole, struct.pack(real, rounded(value, precision)))
    return int(bits) if bits >= 0 else -(bits & mask)


def rounded(value: float, precision: str) -> float:
    """Return the nearest number of a lower precision, as numpy's cast gives it: too large becomes infinite."""
    if precision == "float64":
        return value
    code = "<f" if precision == "float32" else "<e"
    try:
        (found,) = struct.unpack(code, struct.pack(code, value))
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(found)


class Difference(msgspec.Struct, frozen=True):
    """The first place where a result is not the truth; `place` is how it would be indexed, such as "[3][1]"."""

    place: str
    expected: str
    got: str
    error: Error | None = None


class Comparison:
    """Compares results with truths and keeps the largest error of the numbers that are close enough."""

    def __init__(self, tolerance: Tolerance, *, any_order: bool = False) -> None:
        self.tolerance = tolerance
        self.any_order = any_order
        self.worst: Error | None = None

    def difference(self, expected: Any, got: Any) -> Difference | None:
        """Return the first difference, or None."""
        if self.any_order and type(expected) is type(got) is list:
            expected, got = _ordered(expected), _ordered(got)
        return next(self._differences(expected, got, ""), None)

    def _differences(self, expected: Any, got: Any, place: str) -> Iterator[Difference]:
        if type(expected) is Array:
            if type(got) is not Array or (got.name, got.shape) != (expected.name, expected.shape):
                yield Difference(place, kind(expected), kind(got))
                return
            expected, got = expected.nested(), got.nested()
        elif type(got) is Array and type(expected) in (list, int, float, bool):
            got = got.nested()
        if type(expected) is float:
            yield from self._number(expected, got, place)
        elif type(expected) is not type(got):
            yield Difference(place, f"{kind(expected)}: {shown(expected)}", f"{kind(got)}: {shown(got)}")
        elif type(expected) in (list, tuple):
            if len(expected) != len(got):
                yield Difference(place, f"{len(expected)} items: {shown(expected)}", f"{len(got)}: {shown(got)}")
            else:
                for index, (one, other) in enumerate(zip(expected, got, strict=True)):
                    yield from self._differences(one, other, f"{place}[{index}]")
        elif type(expected) is dict:
            for key in expected:
                if key not in got:
                    yield Difference(place, f"the key {shown(key)}", f"the keys {shown(list(got))}")
            for key in got:
                if key not in expected:
                    yield Difference(place, f"the keys {shown(list(expected))}", f"another key: {shown(key)}")
                else:
                    yield from self._differences(expected[key], got[key], f"{place}[{shown(key)}]")
        elif expected != got:
            yield Difference(place, shown(expected), shown(got))

    def _number(self, expected: float, got: Any, place: str) -> Iterator[Difference]:
        if type(got) is int:
            got = as_float(got)
        if type(got) is not float:
            yield Difference(place, f"a number: {shown(expected)}", f"{kind(got)}: {shown(got)}")
            return
        error = self.tolerance.error(expected, got)
        if error.ratio > 1:
            yield Difference(place, repr(expected), f"{got!r} ({error.text})" if error.bound else repr(got), error)
        elif self.worst is None or (error.ratio, error.value) > (self.worst.ratio, self.worst.value):
            self.worst = error


def _ordered(items: list[Any]) -> list[Any]:
    try:
        return sorted(items)
    except TypeError:
        return sorted(items, key=lambda item: (type(item).__name__, repr(item)))


def kind(value: Any) -> str:
    """Return what a value is, in words."""
    if type(value) is Array:
        return f"a numpy array of {value.name}, shape {value.shape}" if value.shape else f"a numpy {value.name}"
    names = {
        int: "a whole number", float: "a float", str: "a text", bytes: "bytes", bool: "a bool", type(None): "nothing",
        list: "a list", tuple: "a tuple", dict: "a dict", set: "a set", frozenset: "a frozenset",
    }  # fmt: skip
    return names.get(type(value), type(value).__name__)


def shown(value: Any, limit: int = 120) -> str:
    """Return a value as Python writes it, shortened in its middle."""
    import reprlib

    if type(value) is Array:
        return f"array({shown(value.nested())}, dtype={value.name})"
    short = reprlib.Repr()
    short.maxlist = short.maxtuple = short.maxset = short.maxfrozenset = short.maxdict = 8
    short.maxstring = short.maxother = short.maxlong = 60
    short.maxlevel = 4
    text = short.repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def leaves(value: Any) -> Iterator[int | float]:
    """Yield the numbers in a value; truths and falsehoods are none."""
    if type(value) in (int, float):
        yield value
    elif type(value) in (list, tuple):
        for item in value:
            yield from leaves(item)
    elif type(value) is dict:
        yield from leaves(list(value.values()))
    elif type(value) is Array and value.dtype[1] != "b":
        yield from value.flat()


def as_float(number: int | float) -> float:
    """Return the nearest float, infinite for a whole number beyond all."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def replaced(value: Any, numbers: Sequence[Any]) -> Any:
    """Return `value` with its numbers replaced in order, each kept whole where the old one was."""
    return _replaced(value, iter(numbers))


def _replaced(value: Any, numbers: Iterator[Any]) -> Any:
    if type(value) is int:
        new = next(numbers)
        return new if type(new) is int else round(new) if math.isfinite(new) else 0
    if type(value) is float:
        return as_float(next(numbers))
    if type(value) in (list, tuple):
        return type(value)(_replaced(item, numbers) for item in value)
    if type(value) is dict:
        return {key: _replaced(item, numbers) for key, item in value.items()}
    if type(value) is Array and value.dtype[1] != "b":
        made = [_replaced(item, numbers) for item in value.flat()]
        code = ">" if value.dtype[0] == ">" else "<"
        try:
            data = struct.pack(f"{code}{len(made)}{NUMBERS[value.dtype[1:]]}", *made)
        except (struct.error, OverflowError):  # the dtype has no such numbers
            return value
        return Array(value.dtype, value.shape, data)
    return value
