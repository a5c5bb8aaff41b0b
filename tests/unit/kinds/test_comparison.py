"""How a result is held against the truth: laws of the distance between numbers, and of the way they travel."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mlsj.kinds import _harness
from mlsj.kinds._compare import Array, Comparison, Tolerance, apart, leaves, replaced, rounded, together, ulps

Precision = st.sampled_from(["float64", "float32"])
ANY = st.floats()
FINITE = st.floats(allow_nan=False, allow_infinity=False)
BOUND = st.floats(min_value=0, max_value=1e12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(2**70, 2**200) | ANY | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.sets(st.integers() | st.text())
        | st.frozensets(st.binary())
    ),
    max_leaves=20,
)


def exact(value: Any) -> Any:
    """A value as something that is equal to itself alone: types, bits, order."""
    if type(value) is float:
        return (float, struct.pack("<d", value))
    if type(value) in (list, tuple):
        return (type(value), [exact(item) for item in value])
    if type(value) is dict:
        return (dict, [(exact(key), exact(item)) for key, item in value.items()])
    return (type(value), value)


@given(PLAIN)
def test_values_travel_exactly(value: Any) -> None:
    sent = _harness.encode(value, apart)
    assert exact(_harness.decode(sent, together)) == exact(value)


@given(ANY.filter(math.isnan))
def test_not_a_number_travels_with_its_bits(value: float) -> None:
    back = _harness.decode(_harness.encode(value, apart), together)
    assert struct.pack("<d", back) == struct.pack("<d", value)


@given(st.binary(max_size=60), PLAIN, st.integers(min_value=0))
def test_bytes_that_are_no_value_are_refused_in_one_way(noise: bytes, value: Any, at: int) -> None:
    whole = _harness.encode(value, apart)
    for data in (noise, whole[: at % (len(whole) + 1)], whole[: at % (len(whole) + 1)] + noise):
        try:
            _harness.decode(data, together)
        except ValueError:
            continue


def test_what_is_not_plain_is_named() -> None:
    class Same(float):
        pass

    endless: list[Any] = []
    endless.append(endless)
    for value, name in ((Same(1), "Same"), (object(), "object"), ((n for n in "a"), "generator"), (endless, "nested")):
        with pytest.raises(_harness.Untold, match=name):
            _harness.encode([value], apart)


@given(st.lists(st.lists(st.floats(width=32), min_size=2, max_size=2)), st.sampled_from(["float32", "float64"]))
def test_arrays_travel_exactly(rows: list[list[float]], dtype: str) -> None:
    array = Array.of(rows, dtype)
    back = _harness.decode(_harness.encode(array, apart), together)
    assert back == array
    assert (back.name, back.shape) == (dtype, (len(rows), 2) if rows else (0,))
    assert exact(back.nested()) == exact(rows)


@given(FINITE, FINITE, Precision)
def test_distance_is_the_same_both_ways(one: float, other: float, precision: Any) -> None:
    assert ulps(one, other, precision) == ulps(other, one, precision) >= 0
    assert ulps(one, one, precision) == 0


@given(FINITE, FINITE, FINITE)
def test_distance_goes_by_no_detour(one: float, other: float, third: float) -> None:
    low, middle, high = sorted((one, other, third))
    assert ulps(low, high) == ulps(low, middle) + ulps(middle, high)


@given(FINITE)
def test_the_next_number_is_one_away(value: float) -> None:
    above = math.nextafter(value, math.inf)
    assume(math.isfinite(above))
    # Both zeros are one number.
    assert ulps(value, above) == 1 or {value, above} == {0.0}


@given(ANY, ANY, BOUND, BOUND, st.sampled_from(["rel", "abs", "ulp"]), Precision)
def test_what_a_tolerance_takes_a_larger_one_takes(
    expected: float, got: float, one: float, other: float, name: str, precision: Any
) -> None:
    small, large = (Tolerance(**{name: bound}, precision=precision) for bound in sorted((one, other)))
    assert small.error(expected, got).ratio > 1 or large.error(expected, got).ratio <= 1


@given(ANY, ANY, BOUND, BOUND)
def test_one_kept_bound_suffices(expected: float, got: float, rel: float, absolute: float) -> None:
    alone = [t.error(expected, got).ratio <= 1 for t in (Tolerance(rel=rel), Tolerance(abs=absolute))]
    assert (Tolerance(rel=rel, abs=absolute).error(expected, got).ratio <= 1) == any(alone)


@given(FINITE, BOUND, st.sampled_from([math.nan, math.inf, -math.inf]))
def test_what_is_no_number_equals_itself_alone(value: float, bound: float, odd: float) -> None:
    for tolerance in (Tolerance(), Tolerance(rel=bound), Tolerance(abs=bound), Tolerance(ulp=bound)):
        assert tolerance.error(odd, odd).ratio == 0
        assert tolerance.error(odd, value).ratio > 1
        assert tolerance.error(value, odd).ratio > 1


@given(FINITE, FINITE)
def test_the_measured_error_is_on_the_side_of_its_bound_that_the_verdict_says(expected: float, got: float) -> None:
    for tolerance in (Tolerance(rel=1e-6), Tolerance(abs=1e-3), Tolerance(ulp=4)):
        error = tolerance.error(expected, got)
        if math.isfinite(error.value):
            assert error.measurement.kept == (error.ratio <= 1)


@given(PLAIN)
def test_everything_equals_itself(value: Any) -> None:
    again = _harness.decode(_harness.encode(value, apart), together)
    assert Comparison(Tolerance()).difference(value, again) is None


@given(st.lists(st.integers() | st.text()).flatmap(lambda items: st.tuples(st.just(items), st.permutations(items))))
def test_any_order(pair: tuple[list[Any], list[Any]]) -> None:
    assert Comparison(Tolerance(), any_order=True).difference(*pair) is None


@given(FINITE)
def test_less_precision_is_what_a_cast_gives(value: float) -> None:
    single = rounded(value, "float32")
    if math.isinf(single):
        assert abs(value) > 3.4028235e38  # the largest float32 is 3.40282346…e38
    else:
        assert struct.unpack("f", struct.pack("f", value))[0] == single
        assert ulps(value, single, "float32") == 0
    assert rounded(single, "float32") == single
    assert rounded(value, "float64") == value


@given(PLAIN)
def test_numbers_are_replaced_in_place(value: Any) -> None:
    numbers = list(leaves(value))
    same = replaced(value, numbers)
    assert all(map(math.isfinite, numbers)) is False or exact(same) == exact(value)
    assert set(leaves(replaced(value, [0] * len(numbers)))) <= {0}
