"""halo's arithmetic, case by case against Python's integers and numpy's floats."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import halo as hl
from halo.interpret import interpret
from halo.ir.operators import euclid_div, euclid_mod

x = hl.Var("x")
INTEGERS = [hl.Int(8), hl.UInt(8), hl.Int(32), hl.UInt(32), hl.Int(64), hl.UInt(64)]


def evaluate(build, *columns):
    """Return `build` of the arrays, element by element, by the interpreter."""
    buffers = [hl.Buffer(np.asarray(c)) for c in columns]
    f = hl.Func()
    f[x] = build(*(b[x] for b in buffers))
    return interpret(f, [buffers[0].width()])


def edges(t):
    values = {0, 1, 2, 3, 7, t.max_value, t.max_value - 1, t.min_value, t.min_value + 1}
    if t.is_int():
        values |= {-1, -2, -7}
    return sorted(values)


def pairs(t):
    e = edges(t)
    a, b = np.array([(p, q) for p in e for q in e], object).T
    return a.astype(t.dtype), b.astype(t.dtype)


@pytest.mark.parametrize("t", INTEGERS, ids=str)
@pytest.mark.parametrize(
    ("build", "exact"),
    [
        (lambda a, b: a + b, lambda t, a, b: a + b),
        (lambda a, b: a - b, lambda t, a, b: a - b),
        (lambda a, b: a * b, lambda t, a, b: a * b),
        (lambda a, b: a / b, lambda t, a, b: euclid_div(a, b)),
        (lambda a, b: a % b, lambda t, a, b: euclid_mod(a, b)),
        (lambda a, b: a << b, lambda t, a, b: a << b if 0 <= b < t.bits() else 0),
        (lambda a, b: a >> b, lambda t, a, b: 0 if b < 0 else a >> min(b, t.bits())),
        (lambda a, b: a & b, lambda t, a, b: a & b),
        (lambda a, b: a ^ b, lambda t, a, b: a ^ b),
        (hl.min, lambda t, a, b: min(a, b)),
        (hl.max, lambda t, a, b: max(a, b)),
    ],
    ids=["add", "sub", "mul", "div", "mod", "shl", "shr", "and", "xor", "min", "max"],
)
def test_integer_operations_wrap_and_round_as_documented(t, build, exact):
    a, b = pairs(t)
    expected = [t.wrap(exact(t, p, q)) for p, q in zip(a.tolist(), b.tolist(), strict=True)]
    assert evaluate(build, a, b).tolist() == expected


@pytest.mark.parametrize("t", INTEGERS, ids=str)
def test_bit_counts_and_magnitudes(t):
    a, b = pairs(t)
    mask = (1 << t.bits()) - 1

    def trailing(v):
        return (v & -v).bit_length() - 1 if v else t.bits()

    unsigned = [v & mask for v in a.tolist()]
    assert evaluate(hl.popcount, a).tolist() == [v.bit_count() for v in unsigned]
    leading = evaluate(hl.count_leading_zeros, a).tolist()
    assert leading == [t.bits() - v.bit_length() for v in unsigned]
    assert evaluate(hl.count_trailing_zeros, a).tolist() == [trailing(v) for v in unsigned]
    assert evaluate(hl.abs, a).tolist() == [abs(v) for v in a.tolist()]
    distance = evaluate(hl.absd, a, b).tolist()
    assert distance == [abs(p - q) for p, q in zip(a.tolist(), b.tolist(), strict=True)]


@pytest.mark.parametrize("to", INTEGERS, ids=str)
def test_float_to_integer_truncates_and_saturates(to):
    values = [0.0, -0.9, 1.9, -1.9, 3e9, -3e9, 1e19, 2e19, -1e19, math.inf, -math.inf, math.nan]
    expected = [0 if math.isnan(v) else int(max(min(v, 2.0**70), -(2.0**70))) for v in values]
    expected = [max(min(v, to.max_value), to.min_value) for v in expected]
    assert evaluate(lambda a: hl.cast(to, a), np.array(values)).tolist() == expected


@pytest.mark.parametrize("to", INTEGERS, ids=str)
@pytest.mark.parametrize("of", INTEGERS, ids=str)
def test_integer_casts_wrap(of, to):
    a, _ = pairs(of)
    assert evaluate(lambda v: hl.cast(to, v), a).tolist() == [to.wrap(v) for v in a.tolist()]


def test_min_and_max_of_a_nan_are_the_second_operand():
    a = np.array([1, np.nan, np.nan], np.float32)
    b = np.array([np.nan, 2, np.nan], np.float32)
    assert np.array_equal(evaluate(hl.min, a, b), b, equal_nan=True)
    assert np.array_equal(evaluate(hl.max, a, b), b, equal_nan=True)


def test_float_division_follows_ieee():
    a = np.array([1, -1, 0, 7], np.float32)
    b = np.array([0, 0, 0, 2], np.float32)
    expected = np.array([np.inf, -np.inf, np.nan, 3.5], np.float32)
    assert np.array_equal(evaluate(lambda p, q: p / q, a, b), expected, equal_nan=True)


def test_float_modulo_has_the_sign_of_the_divisor():
    a = np.array([5.5, -5.5, 5.5], np.float32)
    b = np.array([2, 2, -2], np.float32)
    assert evaluate(lambda p, q: p % q, a, b).tolist() == [1.5, 0.5, -0.5]


def test_round_takes_the_even_one_of_two():
    a = np.array([0.5, 1.5, 2.5, -0.5, -1.5], np.float32)
    assert evaluate(hl.round, a).tolist() == [0, 2, 2, 0, -2]


def test_reinterpret_keeps_the_bits():
    a = np.array([1.5, -0.0, np.inf], np.float32)
    bits = evaluate(lambda v: hl.reinterpret(hl.UInt(32), v), a)
    assert np.array_equal(bits, a.view(np.uint32))


def test_half_precision_rounds_after_each_operation():
    a = np.array([1, 2048, 65504], np.float16)
    b = np.array([0.0003, 1, 65504], np.float16)
    with np.errstate(over="ignore"):
        expected = a + b
    assert np.array_equal(evaluate(lambda p, q: p + q, a, b), expected)


def test_bfloat16_rounds_after_each_operation():
    a = np.array([1, 256], np.float32)
    b = np.array([2.0**-8, 1], np.float32)
    got = evaluate(lambda p, q: hl.f32(hl.bf16(p) + hl.bf16(q)), a, b)
    assert got.tolist() == [1.0, 256.0]


def test_bfloat16_results_are_stored_in_uint16():
    f = hl.Func()
    f[x] = hl.bf16(x) * 1.5
    assert interpret(f, [3]).tolist() == [0x0000, 0x3FC0, 0x4040]


finite = st.floats(width=32, allow_nan=False, allow_infinity=False)


def rounded(exact):
    """Return a fraction as the nearest float32, ties to even."""
    near = float(exact)
    with np.errstate(over="ignore"):
        candidates = {np.float32(near)}
        for direction in (-np.inf, np.inf):
            candidates.add(np.nextafter(np.float32(near), np.float32(direction)))
    usable = [c for c in candidates if np.isfinite(c)]
    best = min(abs(Fraction(float(c)) - exact) for c in usable)
    nearest = [c for c in usable if abs(Fraction(float(c)) - exact) == best]
    return min(nearest, key=lambda c: int(c.view(np.uint32)) & 1)


@given(st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=20))
def test_fma_rounds_once(rows):
    rows = [r for r in rows if abs(Fraction(r[0]) * Fraction(r[1]) + Fraction(r[2])) < 2**127]
    if not rows:
        return
    columns = [np.array(c, np.float32) for c in zip(*rows, strict=True)]
    got = evaluate(hl.fma, *columns)
    for (a, b, c), value in zip(rows, got, strict=True):
        assert value == rounded(Fraction(a) * Fraction(b) + Fraction(c))


def test_product_and_sum_of_a_definition_are_contracted():
    a = np.array([1 + 2.0**-12], np.float32)
    c = np.array([-1.0], np.float32)
    assert evaluate(lambda p, q: p * p + q, a, c)[0] == np.float32(2.0**-11 + 2.0**-24)


def test_double_fma_rounds_once():
    a = np.array([1 + 2.0**-30])
    assert evaluate(hl.fma, a, a, np.array([-1.0]))[0] == 2.0**-29 + 2.0**-60


@pytest.mark.parametrize(
    "name",
    [
        *("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh"),
        *("tanh", "asinh", "atanh", "floor", "ceil", "trunc"),
    ],
)
def test_math_functions_are_near_numpys(name):
    a = np.linspace(0.01, 0.99, 33, dtype=np.float32)
    same = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
    same |= {"asinh": "arcsinh", "atanh": "arctanh"}
    expected = getattr(np, same.get(name, name))(a.astype(np.float64))
    assert np.allclose(evaluate(getattr(hl, name), a), expected, rtol=1e-6, atol=1e-7)


def test_functions_of_two_arguments_are_near_numpys():
    a = np.linspace(0.1, 3, 9, dtype=np.float32)
    b = a[::-1].copy()
    assert np.allclose(evaluate(hl.atan2, a, b), np.arctan2(a, b), rtol=1e-6)
    assert np.allclose(evaluate(hl.pow, a, b), a**b, rtol=1e-6)
    assert np.allclose(evaluate(hl.hypot, a, b), np.hypot(a, b), rtol=1e-6)
    assert np.allclose(evaluate(hl.rsqrt, a), 1 / np.sqrt(a), rtol=1e-6)
    assert np.allclose(evaluate(lambda v: hl.acosh(v + 1), a), np.arccosh(a + 1), rtol=1e-6)
    assert np.allclose(evaluate(hl.erf, a), [math.erf(v) for v in a], rtol=1e-6)
