"""The math functions: how exact they are, and what they make of special values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from halo.errors import InternalError
from halo.ir.expr import Call, CallKind, Cast, Variable
from halo.ir.math import MATH_FUNCTIONS, definition
from halo.ir.substitute import find
from halo.ir.types import BFloat, Float, Type

Array = np.ndarray[Any, np.dtype[Any]]
Evaluate = Callable[..., Array]
INF, NAN = math.inf, math.nan

EXACT = {name: n for name, n in MATH_FUNCTIONS.items() if not name.startswith("fast_")}
"""Those with an error in the last place; `test_fast_functions` has the others."""

REFERENCE: dict[str, Callable[..., Array]] = {
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "erf": lambda x: np.array([math.erf(v) for v in x.astype(np.float64)], x.dtype),
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "pow": np.power,
    "atan2": np.arctan2,
    "hypot": np.hypot,
}
RANGES: dict[str, tuple[float, float]] = {
    "log": (0.4, 3),
    "log2": (0.4, 3),
    "log10": (0.4, 3),
    "log1p": (-0.9, 3),
    "asin": (-1, 1),
    "acos": (-1, 1),
    "atanh": (-1, 1),
    "acosh": (1, 5),
    "erf": (-6, 6),
}
BOUNDS: dict[str, tuple[float, float]] = {
    "exp": (1, 1),
    "exp2": (1, 1),
    "expm1": (2, 2),
    "log": (1, 1),
    "log1p": (2, 2),
    "log2": (1, 1),
    "log10": (1, 1),
    "sin": (2, 2),
    "cos": (2, 2),
    "tan": (3, 3),
    "asin": (2, 2),
    "acos": (2, 2),
    "atan": (2, 2),
    "sinh": (2, 2),
    "cosh": (2, 2),
    "tanh": (2, 3),
    "asinh": (3, 3),
    "acosh": (3, 3),
    "atanh": (3, 3),
    "erf": (2, 4),
    "rsqrt": (2, 2),
    "pow": (1, 2),
    "atan2": (2, 2),
    "hypot": (1, 2),
}
"""Units in the last place, of float32 and of float64: the table of docs/semantics.md."""


def _arguments(name: str, dtype: type) -> tuple[Array, ...]:
    rng = np.random.default_rng(7)
    low, high = RANGES.get(name, (-10, 10))
    n = 6000
    if MATH_FUNCTIONS[name] == 2:
        small = 2.0 ** rng.uniform(-4, 4, n)
        a = np.concatenate([small, rng.uniform(-5, 5, n)])
        b = np.concatenate([rng.uniform(-300, 300, n), np.round(rng.uniform(-20, 20, n))])
        return a.astype(dtype), b.astype(dtype)
    scales = rng.choice([-1, 1], n) * 2.0 ** rng.uniform(-40, 30, n)
    wide = rng.uniform(-160, 160, n) if dtype is np.float32 else rng.uniform(-1100, 1100, n)
    return (np.concatenate([rng.uniform(low, high, n), scales, wide]).astype(dtype),)


def _any_floats(dtype: type, count: int) -> Array:
    unsigned = np.uint32 if dtype is np.float32 else np.uint64
    rng = np.random.default_rng(3)
    return rng.integers(0, np.iinfo(unsigned).max, count, dtype=unsigned).view(dtype)


def _exact(name: str, args: tuple[Array, ...]) -> Array:
    wider = np.float64 if args[0].dtype == np.float32 else np.longdouble
    with np.errstate(all="ignore"):
        return REFERENCE[name](*(a.astype(wider) for a in args))


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_a_function_is_within_its_stated_bound(
    name: str, dtype: type, evaluate: Evaluate, ulps: Callable[[Array, Array], Array]
) -> None:
    args = _arguments(name, dtype)
    error = ulps(evaluate(name, *args), _exact(name, args))
    worst = int(np.argmax(error))
    bound = BOUNDS[name][dtype is np.float64]
    assert error[worst] <= bound, (error[worst], [a[worst] for a in args])


@pytest.mark.parametrize("name", [n for n, k in EXACT.items() if k == 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_a_function_is_within_its_bound_on_random_bits(
    name: str, dtype: type, evaluate: Evaluate, ulps: Callable[[Array, Array], Array]
) -> None:
    x = _any_floats(dtype, 8000)
    if name in ("sin", "cos", "tan"):
        x = x[~(np.abs(x) >= 2.0**45)]
    error = ulps(evaluate(name, x), _exact(name, (x,)))
    worst = int(np.argmax(error))
    assert error[worst] <= BOUNDS[name][dtype is np.float64], (error[worst], x[worst])


@pytest.mark.parametrize("name", ["pow", "atan2", "hypot"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_zeros_infinities_and_nans_give_what_c_gives(
    name: str, dtype: type, evaluate: Evaluate
) -> None:
    values = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1e30]
    a: Array = np.repeat(np.array(values, dtype), len(values))
    b: Array = np.tile(np.array(values, dtype), len(values))
    with np.errstate(over="ignore"):
        exact: Array = _exact(name, (a, b)).astype(dtype)
    got = evaluate(name, a, b)
    clear = np.isnan(exact) | np.isinf(exact) | (exact == 0)
    np.testing.assert_array_equal(got[clear], exact[clear])
    numbers = clear & ~np.isnan(exact)
    np.testing.assert_array_equal(np.signbit(got[numbers]), np.signbit(exact[numbers]))
    np.testing.assert_allclose(got[~clear], exact[~clear], rtol=4e-7)


@pytest.mark.parametrize(
    ("name", "x", "result"),
    [
        ("exp", 0.0, 1.0),
        ("exp", -INF, 0.0),
        ("exp", INF, INF),
        ("exp2", 10.0, 1024.0),
        ("exp2", -149.0, 2.0**-149),
        ("log", 1.0, 0.0),
        ("log", 0.0, -INF),
        ("log", -1.0, NAN),
        ("log", INF, INF),
        ("log2", 2.0**-140, -140.0),
        ("log10", 1000.0, 3.0),
        ("sin", -0.0, -0.0),
        ("sin", INF, NAN),
        ("sin", 2.0**45, NAN),
        ("cos", 0.0, 1.0),
        ("tan", -0.0, -0.0),
        ("asin", 1.5, NAN),
        ("acos", 1.0, 0.0),
        ("acosh", 0.5, NAN),
        ("acosh", 1.0, 0.0),
        ("atanh", 1.0, INF),
        ("atanh", 2.0, NAN),
        ("tanh", INF, 1.0),
        ("tanh", -0.0, -0.0),
        ("sinh", -INF, -INF),
        ("cosh", -INF, INF),
        ("erf", INF, 1.0),
        ("erf", -INF, -1.0),
        ("rsqrt", 0.0, INF),
        ("rsqrt", 4.0, 0.5),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_a_special_value_gives_the_exact_result(
    name: str, x: float, result: float, dtype: type, evaluate: Evaluate
) -> None:
    got = evaluate(name, np.array([x], dtype))
    np.testing.assert_array_equal(got, np.array([result], dtype))
    if not math.isnan(result):
        assert np.signbit(got[0]) == np.signbit(result)


@pytest.mark.parametrize("name", EXACT)
def test_nan_gives_nan(name: str, evaluate: Evaluate) -> None:
    nan = np.array([NAN], np.float32)
    assert np.isnan(evaluate(name, *[nan] * MATH_FUNCTIONS[name]))


@pytest.mark.parametrize("name", MATH_FUNCTIONS)
@pytest.mark.parametrize("bits", [32, 64])
def test_a_definition_of_vectors_has_their_type_and_no_call_of_a_function(
    name: str, bits: int
) -> None:
    type = Float(bits, 8)
    args = tuple(Variable(type, f"x{i}") for i in range(MATH_FUNCTIONS[name]))
    made = definition(name, args)
    assert made.type == type
    assert all(c.kind is CallKind.INTRINSIC for c in find(made, Call))


@pytest.mark.parametrize("type", [Float(16, 4), BFloat(16, 4)], ids=str)
def test_half_precision_is_computed_in_float32(type: Type) -> None:
    made = definition("exp", (Variable(type, "x"),))
    assert isinstance(made, Cast) and made.type == type
    assert made.value.type == Float(32, 4)


def test_an_unknown_function_is_a_bug() -> None:
    with pytest.raises(InternalError, match="no math function sine of 1"):
        definition("sine", (Variable(Float(32), "x"),))
