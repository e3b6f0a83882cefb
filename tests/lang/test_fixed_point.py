"""Fixed-point operators against exact integers, in every type, at the ends of their ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pointwise import NUMPY_TYPES, named_values, pairs, values

import halo as hl

Exact = Callable[[int, int], int]
NARROW = [t for t in NUMPY_TYPES if t.itemsize < 8]


def wrapped(dtype: Any, exact: list[int]) -> Any:
    bits = np.iinfo(dtype).bits
    mask = [v & ((1 << bits) - 1) for v in exact]
    return np.array(mask, f"u{bits // 8}").view(dtype)


def saturated(dtype: Any, exact: list[int]) -> Any:
    info = np.iinfo(dtype)
    return np.array([min(max(v, info.min), info.max) for v in exact], dtype)


def wider(dtype: Any, kind: str = "") -> np.dtype[Any]:
    d = np.dtype(dtype)
    return np.dtype(f"{kind or d.kind}{2 * d.itemsize}")


def exactly(op: Exact, a: Any, b: Any) -> list[int]:
    return [op(int(x), int(y)) for x, y in zip(a.tolist(), b.tolist(), strict=True)]


def floor_shift(x: int, n: int) -> int:
    return x >> n if n >= 0 else x << -n


def rounded_shift(x: int, n: int) -> int:
    return (x + (1 << (n - 1))) >> n if n > 0 else x << -n


SAME: dict[str, Exact] = {
    "halving_add": lambda x, y: (x + y) >> 1,
    "halving_sub": lambda x, y: (x - y) >> 1,
    "rounding_halving_add": lambda x, y: (x + y + 1) >> 1,
}
SATURATING: dict[str, Exact] = {
    "saturating_add": lambda x, y: x + y,
    "saturating_sub": lambda x, y: x - y,
}
WIDENING: dict[str, Exact] = {
    "widening_add": lambda x, y: x + y,
    "widening_sub": lambda x, y: x - y,
    "widening_mul": lambda x, y: x * y,
}
SHIFTS: dict[str, tuple[Exact, bool]] = {
    "rounding_shift_left": (lambda x, n: rounded_shift(x, -n), False),
    "rounding_shift_right": (rounded_shift, False),
    "widening_shift_left": (lambda x, n: floor_shift(x, -n), True),
    "widening_shift_right": (floor_shift, True),
}


def named(names: Any) -> dict[str, Callable[..., Any]]:
    return {name: getattr(hl, name) for name in names}


def with_last(f: Callable[..., Any], last: int) -> Callable[..., Any]:
    return lambda *cells: f(*cells, last)


def agree(got: dict[str, Any], expected: Callable[[str], Any]) -> None:
    for name, found in got.items():
        np.testing.assert_array_equal(found, expected(name), err_msg=name, strict=True)


@pytest.mark.parametrize("dtype", NUMPY_TYPES, ids=str)
def test_halving_keeps_the_bit_that_a_sum_would_lose(dtype: Any) -> None:
    a, b = pairs(dtype, dtype)
    agree(named_values(named(SAME), a, b), lambda n: wrapped(dtype, exactly(SAME[n], a, b)))


@pytest.mark.parametrize("dtype", NUMPY_TYPES, ids=str)
def test_saturating_stops_at_the_limits(dtype: Any) -> None:
    a, b = pairs(dtype, dtype)
    got = named_values(named(SATURATING), a, b)
    agree(got, lambda n: saturated(dtype, exactly(SATURATING[n], a, b)))


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_widening_loses_nothing(dtype: Any) -> None:
    a, b = pairs(dtype, dtype)

    def expected(name: str) -> Any:
        to = wider(dtype, "i" if name == "widening_sub" else "")
        return np.array(exactly(WIDENING[name], a, b), to)

    agree(named_values(named(WIDENING), a, b), expected)


@pytest.mark.parametrize(
    ("left", "right"), [("i1", "u1"), ("u2", "i2"), ("i2", "u4"), ("u1", "i4")]
)
def test_widening_of_mixed_signs_is_exact(left: str, right: str) -> None:
    a, b = pairs(left, right)
    to = f"i{2 * max(int(left[1]), int(right[1]))}"
    got = named_values(named(WIDENING), a, b)
    agree(got, lambda n: np.array(exactly(WIDENING[n], a, b), to))


@pytest.mark.parametrize("narrow", ["f2", "f4"])
def test_widening_of_floats_computes_in_the_wider_type(narrow: str) -> None:
    a, b = np.array([6e4, 3.0, -1.5], narrow), np.array([6e4, 1e-3, 7.0], narrow)
    got = values(hl.widening_mul, a, b)
    np.testing.assert_array_equal(got, a.astype(wider(narrow)) * b.astype(wider(narrow)))


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_widen_right_works_in_the_type_of_the_left(dtype: Any) -> None:
    a, b = pairs(wider(dtype), dtype)
    operators = {n.replace("widening", "widen_right"): op for n, op in WIDENING.items()}
    got = named_values(named(operators), a, b)
    agree(got, lambda n: wrapped(wider(dtype), exactly(operators[n], a, b)))


@pytest.mark.parametrize("count", ["i", "u"])
@pytest.mark.parametrize("dtype", NUMPY_TYPES, ids=str)
def test_shifts_go_both_ways_and_round(dtype: Any, count: str) -> None:
    bits = 8 * dtype.itemsize
    names = [n for n, (_, widens) in SHIFTS.items() if bits < 64 or not widens]
    a = np.repeat(pairs(dtype, dtype)[0], 4)
    low = -bits if count == "i" else 0
    n = np.resize(np.arange(low, bits + 1).astype(f"{count}{dtype.itemsize}"), a.shape)

    def expected(name: str) -> Any:
        op, widens = SHIFTS[name]
        return wrapped(wider(dtype) if widens else dtype, exactly(op, a, n))

    agree(named_values(named(names), a, n), expected)


@pytest.mark.parametrize("n", [-3, 0, 1, 7])
def test_constant_shifts_are_the_same_shifts(n: int) -> None:
    a, _ = pairs("i1", "i1")
    makers = {name: with_last(f, n) for name, f in named(SHIFTS).items()}

    def expected(name: str) -> Any:
        op, widens = SHIFTS[name]
        return wrapped("i2" if widens else "i1", [op(int(v), n) for v in a])

    agree(named_values(makers, a), expected)


@pytest.mark.parametrize("dtype", NARROW, ids=str)
def test_products_are_shifted_exactly_and_saturate(dtype: Any) -> None:
    a, b = pairs(dtype, dtype)
    bits = 8 * dtype.itemsize
    n = np.resize(np.arange(2 * bits).astype(f"u{dtype.itemsize}"), a.shape)
    operators = {"mul_shift_right": floor_shift, "rounding_mul_shift_right": rounded_shift}

    def expected(name: str, counts: Any) -> Any:
        op, cells = operators[name], zip(a, b, counts, strict=True)
        return saturated(dtype, [op(int(x) * int(y), int(k)) for x, y, k in cells])

    agree(named_values(named(operators), a, b, n), lambda name: expected(name, n))
    fixed = {name: with_last(f, bits) for name, f in named(operators).items()}
    agree(named_values(fixed, a, b), lambda name: expected(name, np.full(len(a), bits)))


@pytest.mark.parametrize("dtype", NUMPY_TYPES, ids=str)
def test_integers_are_saturated_into_every_type(dtype: Any) -> None:
    a, _ = pairs(dtype, dtype)
    to = {f"{t.kind}{8 * t.itemsize}_sat": t for t in NUMPY_TYPES}
    agree(named_values(named(to), a), lambda n: saturated(to[n], [int(v) for v in a]))


def test_floats_saturate_in_integers_and_nan_is_0() -> None:
    a = np.array([np.nan, np.inf, -np.inf, 3e9, -3e9, 254.9, 255.9, -0.9], np.float32)
    assert values(hl.u8_sat, a).tolist() == [0, 255, 0, 255, 0, 254, 255, 0]
    top, bottom = 2**31 - 1, -(2**31)
    assert values(hl.i32_sat, a).tolist() == [0, top, bottom, top, bottom, 254, 255, 0]


@pytest.mark.parametrize(("source", "to"), [("f8", "f4"), ("f4", "f2"), ("f8", "f2"), ("f4", "f4")])
def test_floats_saturate_in_the_finite_floats(source: str, to: str) -> None:
    top = float(np.finfo(to).max)
    beyond = top if source == to else top * (1 + 2.0**-12)
    a = np.array([np.inf, -np.inf, beyond, 1.5, -0.0, np.finfo(source).max], source)
    type_ = hl.Float(8 * int(to[1]))
    got = values(lambda v: hl.saturating_cast(type_, hl.cast(hl.Float(64), v)), a)
    with np.errstate(over="ignore"):
        expected = np.clip(a.astype(np.float64), -top, top).astype(to)
    np.testing.assert_array_equal(got, expected)
    assert np.isnan(values(lambda v: hl.saturating_cast(type_, v - v), a[:1])[0])


def test_large_integers_saturate_in_float16() -> None:
    a = np.array([70000, -70000, 65504, 65519, 3], np.int32)
    got = values(lambda v: hl.saturating_cast(hl.Float(16), v), a)
    assert got.tolist() == [65504, -65504, 65504, 65504, 3]


def test_numbers_take_the_type_of_the_other_operand() -> None:
    a = np.array([250, 3], np.uint8)
    assert values(lambda v: hl.saturating_add(v, 10), a).tolist() == [255, 13]
    assert values(lambda v: hl.widening_add(v, 10), a).tolist() == [260, 13]
    assert values(lambda v: hl.widening_sub(10, v), a).tolist() == [-240, 7]
