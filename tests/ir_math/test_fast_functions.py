"""The fast functions keep the errors that docs/semantics.md promises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.ir.expr import Call, CallKind
from halo.ir.math import definition
from halo.ir.substitute import walk
from halo.ir.types import Float

Array = np.ndarray[Any, np.dtype[Any]]
DTYPES = [np.float32, np.float64]


def spread(dtype: type, low: float, high: float, count: int = 200_001) -> Array:
    return np.linspace(low, high, count).astype(dtype)


def wide(a: Array) -> Array:
    return a.astype(np.longdouble)


@pytest.mark.parametrize("dtype", DTYPES)
def test_fast_exp_is_within_17_bits(evaluate: Callable[..., Array], dtype: type) -> None:
    low, high = (-87, 88) if dtype is np.float32 else (-708, 709)
    x = np.concatenate([spread(dtype, low, high), spread(dtype, -1, 1)])
    exact = np.exp(wide(x))
    assert np.abs(wide(evaluate("fast_exp", x)) / exact - 1).max() < 2.0**-17


@pytest.mark.parametrize("dtype", DTYPES)
def test_fast_exp_stays_among_the_normal_numbers(
    evaluate: Callable[..., Array], dtype: type
) -> None:
    x = np.array([-1e4, -np.inf, 1e4, np.inf, np.nan], dtype)
    got = evaluate("fast_exp", x)
    assert np.isfinite(got[:4]).all() and (got[:4] >= np.finfo(dtype).tiny).all()
    assert np.isnan(got[4])


@pytest.mark.parametrize("dtype", DTYPES)
def test_fast_log_is_within_18_bits(evaluate: Callable[..., Array], dtype: type) -> None:
    info = np.finfo(dtype)
    sizes = np.exp2(np.linspace(info.minexp, info.maxexp - 1, 100_001)).astype(dtype)
    x = np.concatenate([sizes, spread(dtype, 0.4, 3), [info.tiny, info.max]]).astype(dtype)
    exact = np.log(wide(x))
    error = np.abs(wide(evaluate("fast_log", x)) - exact)
    assert (error <= 2.0**-18 * np.abs(exact)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["fast_sin", "fast_cos"])
def test_fast_sines_are_within_19_bits_of_1(
    evaluate: Callable[..., Array], name: str, dtype: type
) -> None:
    x = np.concatenate([spread(dtype, -4096, 4096), spread(dtype, -7, 7)])
    exact = (np.sin if name == "fast_sin" else np.cos)(wide(x))
    assert np.abs(wide(evaluate(name, x)) - exact).max() < 2.0**-19


@pytest.mark.parametrize("dtype", DTYPES)
def test_fast_pow_is_as_exact_as_its_parts(evaluate: Callable[..., Array], dtype: type) -> None:
    rng = np.random.default_rng(1)
    x = np.exp(rng.uniform(-8, 8, 100_000)).astype(dtype)
    y = rng.uniform(-9, 9, 100_000).astype(dtype)
    exact = np.power(wide(x), wide(y))
    bound = 2.0**-17 * (1 + np.abs(wide(y) * np.log(wide(x))))
    assert (np.abs(wide(evaluate("fast_pow", x, y)) / exact - 1) <= bound).all()
    zero = evaluate("fast_pow", np.zeros(2, dtype), np.array([2.5, 0.5], dtype))
    assert zero.tolist() == [0, 0]


@pytest.mark.parametrize("name", ["exp", "log", "sin", "cos"])
def test_fast_functions_are_less_work(name: str) -> None:
    def work(called: str) -> int:
        x = hl.Expr(hl.Param(hl.Float(32)))
        return sum(1 for _ in walk(definition(called, (x,))))

    assert work(f"fast_{name}") * 4 < work(name) * 3


def test_fast_functions_have_the_same_bits_in_c(evaluate: Callable[..., Array]) -> None:
    x = hl.Var("x")
    data = np.concatenate([spread(np.float32, -80, 80, 90), [0, -0.0, 1]]).astype(np.float32)
    names = ("fast_exp", "fast_sin", "fast_cos")
    for lanes in (1, 6):
        f, v = hl.Func("f"), hl.Buffer(data)[x]
        calls = [Call(Float(32), n, (v,), CallKind.MATH) for n in names]
        log = Call(Float(32), "fast_log", (hl.abs(v) + 1,), CallKind.MATH)
        f[x] = hl.Tuple(*calls, log)
        if lanes > 1:
            f.vectorize(x, lanes)
        *got, logs = (np.array(b) for b in f.realize([len(data)]))
        for name, values in zip(names, got, strict=True):
            np.testing.assert_array_equal(values, evaluate(name, data), name)
        np.testing.assert_array_equal(logs, evaluate("fast_log", np.abs(data) + np.float32(1)))


def test_the_language_has_the_fast_functions() -> None:
    p = hl.Param(hl.Float(32), "p", 4.0)
    got = hl.evaluate(
        hl.Tuple(
            hl.fast_inverse(p), hl.fast_inverse_sqrt(p), hl.fast_pow(p, 3), hl.fast_pow(p, 0.5)
        )
    )
    assert got[:3] == (0.25, 0.5, 64.0)
    assert abs(got[3] - 2) < 1e-4
    assert hl.fast_exp(hl.f16(p)).type == hl.Float(16)
    assert hl.fast_sin(3).type == hl.Float(32)
