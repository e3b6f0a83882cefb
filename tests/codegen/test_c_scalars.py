"""Scalar C against numpy and against the semantics of the IR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from halo.ir.expr import Add, Binary, Cast, Div, Load, Max, Min, Mod, Mul, Sub, Variable, const
from halo.ir.intrinsics import fma, intrinsic
from halo.ir.operators import euclid_div, euclid_mod
from halo.ir.stmt import Store, block
from halo.ir.types import BFloat, Bool, Float, Int, Type, UInt

INTS = [*(Int(b) for b in (8, 16, 32, 64)), *(UInt(b) for b in (8, 16, 32, 64))]
F32 = Float(32)


def corners(t: Type) -> Any:
    """Return the numbers of an integral type where things go wrong."""
    values = [t.min_value, t.max_value, 0, 1, 2, 3, 7, t.max_value - 1, t.max_value // 2]
    return np.array([t.wrap(v) for v in [*values, -1, -2, -7]], t.dtype)


def pairs(t: Type) -> tuple[Any, Any]:
    a = corners(t)
    return np.repeat(a, len(a)), np.tile(a, len(a))


def binary(kernels: Any, t: Type, ops: dict[str, type[Binary]]) -> dict[str, Any]:
    """Return the result of each op on all pairs of corners."""
    a, b = pairs(t)
    x = kernels.index()
    stores = [Store(n, op(Load(t, "a", x), Load(t, "b", x)), x) for n, op in ops.items()]
    f = kernels.function(
        kernels.loop(len(a), block(*stores)), {"a": t, "b": t}, {n: t for n in ops}
    )
    arrays = {"a": a, "b": b, **{n: np.zeros_like(a) for n in ops}}
    kernels.run(f, arrays)
    return {n: arrays[n] for n in ops}


def test_saxpy_computes_what_numpy_computes(kernels: Any) -> None:
    x = kernels.index()
    value = Add(Mul(Variable(F32, "k"), Load(F32, "a", x)), Load(F32, "y", x))
    f = kernels.function(kernels.loop(10, Store("y", value, x)), {"a": F32}, {"y": F32}, {"k": F32})
    a, y = np.arange(10, dtype=np.float32), np.ones(10, np.float32)
    kernels.run(f, {"a": a, "y": y}, 2.0)
    np.testing.assert_array_equal(y, 2 * a + 1)


@pytest.mark.parametrize("t", INTS, ids=str)
def test_integers_wrap_and_divide_as_the_ir_says(kernels: Any, t: Type) -> None:
    ops: dict[str, type[Binary]] = {
        "add": Add, "sub": Sub, "mul": Mul, "quotient": Div, "rest": Mod, "low": Min, "high": Max
    }  # fmt: skip
    got = binary(kernels, t, ops)
    means: dict[str, Callable[[int, int], int]] = {
        "add": lambda p, q: p + q,
        "sub": lambda p, q: p - q,
        "mul": lambda p, q: p * q,
        "quotient": euclid_div,
        "rest": euclid_mod,
        "low": min,
        "high": max,
    }
    a, b = pairs(t)
    for name, mean in means.items():
        want = [t.wrap(mean(int(p), int(q))) for p, q in zip(a, b, strict=True)]
        assert got[name].tolist() == want, name


@pytest.mark.parametrize("t", INTS, ids=str)
def test_division_by_a_constant_is_euclidean(kernels: Any, t: Type) -> None:
    a, x = corners(t), kernels.index()
    divisors = [1, 2, 3, 8, 100, *([-2, -3] if t.is_int() else [])]
    names = {d: f"by_{'minus_' if d < 0 else ''}{abs(d)}" for d in divisors}
    stores = [
        Store(f"{n}_{k}", op(Load(t, "a", x), const(t, d)), x)
        for d, n in names.items()
        for k, op in (("div", Div), ("mod", Mod))
    ]
    outputs = {s.name: t for s in stores}
    f = kernels.function(kernels.loop(len(a), block(*stores)), {"a": t}, outputs)
    arrays = {"a": a, **{n: np.zeros_like(a) for n in outputs}}
    kernels.run(f, arrays)
    for d, n in names.items():
        assert arrays[f"{n}_div"].tolist() == [t.wrap(euclid_div(int(v), d)) for v in a]
        assert arrays[f"{n}_mod"].tolist() == [t.wrap(euclid_mod(int(v), d)) for v in a]


@pytest.mark.parametrize("t", INTS, ids=str)
def test_shifts_out_of_range_are_defined(kernels: Any, t: Type) -> None:
    a, b = pairs(t)
    x = kernels.index()
    args = Load(t, "a", x), Load(t, "b", x)
    f = kernels.function(
        kernels.loop(
            len(a),
            block(
                Store("left", intrinsic("shift_left", *args), x),
                Store("right", intrinsic("shift_right", *args), x),
            ),
        ),
        {"a": t, "b": t},
        {"left": t, "right": t},
    )
    arrays = {"a": a, "b": b, "left": np.zeros_like(a), "right": np.zeros_like(a)}
    kernels.run(f, arrays)
    for p, n, left, right in zip(
        a.tolist(), b.tolist(), arrays["left"], arrays["right"], strict=True
    ):
        assert left == (t.wrap(p << n) if 0 <= n < t.bits() else 0)
        assert right == (0 if n < 0 else p >> min(n, t.bits()))


FLOATS = np.array(
    [
        *(0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 127.5, 128.0, -128.9, 255.9, 256.0, 65504.0, 1e-40),
        *(2.0**31, -(2.0**31), 2.0**63, -(2.0**63), 2.0**64, 1e30, -1e30, np.inf, -np.inf, np.nan),
    ]
)


def converted(kernels: Any, source: Type, a: Any, targets: list[Type]) -> dict[Type, Any]:
    """Return `a`, of type `source`, cast to each of `targets`."""
    x = kernels.index()
    stores = [Store(f"to_{t}", Cast(t, Load(source, "a", x)), x) for t in targets]
    outputs = {f"to_{t}": t for t in targets}
    f = kernels.function(kernels.loop(len(a), block(*stores)), {"a": source}, outputs)
    arrays = {n: np.zeros(len(a), t.dtype) for n, t in outputs.items()}
    kernels.run(f, {"a": a, **arrays})
    return {t: arrays[n] for n, t in outputs.items()}


@pytest.mark.parametrize("source", [Float(32), Float(64)], ids=str)
def test_float_to_integer_truncates_and_saturates(kernels: Any, source: Type) -> None:
    a = FLOATS.astype(source.dtype)
    for t, got in converted(kernels, source, a, INTS).items():
        want = [
            0 if np.isnan(v) else int(min(max(v, t.min_value), t.max_value)) for v in a.tolist()
        ]
        assert got.tolist() == want, t


@pytest.mark.parametrize("source", [*INTS, Bool()], ids=str)
def test_integer_to_float_rounds_to_nearest(kernels: Any, same: Any, source: Type) -> None:
    a = np.array([0, 1, 1], np.bool_) if source.is_bool() else corners(source)
    for t, got in converted(kernels, source, a, [Float(16), Float(32), Float(64)]).items():
        with np.errstate(over="ignore"):
            same(got, a.astype(t.dtype))


def test_half_arithmetic_rounds_after_each_operation(kernels: Any, same: Any) -> None:
    t, x = Float(16), kernels.index()
    rng = np.random.default_rng(1)
    a, b = (rng.normal(0, 100, 500).astype(np.float16) for _ in range(2))
    out = np.zeros_like(a)
    value = Add(Mul(Load(t, "a", x), Load(t, "b", x)), Load(t, "a", x))
    f = kernels.function(kernels.loop(500, Store("o", value, x)), {"a": t, "b": t}, {"o": t})
    kernels.run(f, {"a": a, "b": b, "o": out})
    with np.errstate(over="ignore"):
        same(out, a * b + a)


def test_every_half_survives_the_way_through_c(kernels: Any, same: Any) -> None:
    t, x = Float(16), kernels.index()
    a = np.arange(65536, dtype=np.uint16).view(np.float16)
    back, wide = np.zeros_like(a), np.zeros(65536, np.float32)
    value = Load(t, "a", x)
    f = kernels.function(
        kernels.loop(65536, block(Store("o", value, x), Store("w", Cast(F32, value), x))),
        {"a": t},
        {"o": t, "w": F32},
    )
    kernels.run(f, {"a": a, "o": back, "w": wide})
    same(back, a)
    same(wide, a.astype(np.float32))


def test_bfloat_rounds_to_nearest_even(kernels: Any) -> None:
    t, x = BFloat(16), kernels.index()
    a = np.random.default_rng(2).normal(0, 1e3, 200).astype(np.float32)
    out = np.zeros(200, np.uint16)
    f = kernels.function(
        kernels.loop(200, Store("o", Cast(t, Load(F32, "a", x)), x)), {"a": F32}, {"o": t}
    )
    kernels.run(f, {"a": a, "o": out})
    bits = a.view(np.uint32).astype(np.uint64)
    np.testing.assert_array_equal(out, (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16)


def test_fma_rounds_once_and_multiply_add_rounds_twice(kernels: Any) -> None:
    x = kernels.index()
    a = np.array([1 + 2**-12], np.float32)
    load = Load(F32, "a", x)
    minus = Load(F32, "c", x)
    f = kernels.function(
        kernels.loop(
            1,
            block(
                Store("fused", fma(load, load, minus), x),
                Store("plain", Add(Mul(load, load), minus), x),
            ),
        ),
        {"a": F32, "c": F32},
        {"fused": F32, "plain": F32},
    )
    c = -(a * a)
    fused, plain = np.zeros(1, np.float32), np.ones(1, np.float32)
    kernels.run(f, {"a": a, "c": c, "fused": fused, "plain": plain})
    assert plain[0] == 0
    assert fused[0] == np.float32(float(a[0]) ** 2 + float(c[0])) != 0


def test_shared_nodes_print_once(kernels: Any) -> None:
    x = kernels.index()
    e: Any = Load(F32, "a", x)
    for _ in range(40):
        e = Add(e, e)
    text = kernels.text(kernels.function(kernels.loop(4, Store("o", e, x)), {"a": F32}, {"o": F32}))
    assert len(text) < 8000
