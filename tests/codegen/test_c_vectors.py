"""Vector C: any type, any number of lanes, against numpy."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.ir.cross_lane import Shuffle
from halo.ir.expr import (
    LT,
    Add,
    Broadcast,
    Cast,
    Load,
    Max,
    Min,
    Mul,
    Ramp,
    Select,
    Variable,
    const,
    i32,
    i64,
)
from halo.ir.intrinsics import fma, intrinsic
from halo.ir.stmt import Allocate, MemoryType, Store, block
from halo.ir.types import Bool, Float, Int, Type, UInt

LANES = [3, 5, 16, 24]
TYPES = [Int(8), UInt(64), Float(16), Float(32)]
F32 = Float(32)


def sample(t: Type, n: int, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    if t.is_float():
        return rng.normal(0, 10, n).astype(t.dtype)
    return rng.integers(t.min_value, t.max_value, n, dtype=t.dtype, endpoint=True)


@pytest.mark.parametrize("lanes", LANES)
@pytest.mark.parametrize("t", TYPES, ids=str)
def test_vector_arithmetic_matches_numpy(kernels: Any, same: Any, t: Type, lanes: int) -> None:
    v, x = t.with_lanes(lanes), kernels.index(lanes)
    a, b = sample(t, lanes * 3), sample(t, lanes * 3, 1)
    p, q = Load(v, "a", x), Load(v, "b", x)
    body = block(
        Store("sums", Add(Mul(p, q), p), x), Store("picked", Select(LT(p, q), p, Max(p, q)), x)
    )
    f = kernels.function(kernels.loop(3, body), {"a": t, "b": t}, {"sums": t, "picked": t})
    sums, picked = np.zeros_like(a), np.zeros_like(a)
    kernels.run(f, {"a": a, "b": b, "sums": sums, "picked": picked})
    with np.errstate(over="ignore"):
        same(sums, a * b + a)
    same(picked, np.where(a < b, a, np.maximum(a, b)))


@pytest.mark.parametrize("lanes", LANES)
def test_dense_stores_touch_their_lanes_only(kernels: Any, lanes: int) -> None:
    v = F32.with_lanes(lanes)
    f = kernels.function(Store("o", const(v, 1), Ramp(i64(1), i64(1), lanes)), {}, {"o": F32})
    out = np.zeros(lanes + 2, np.float32)
    kernels.run(f, {"o": out})
    assert out.tolist() == [0, *[1] * lanes, 0]


@pytest.mark.parametrize("lanes", [5, 16])
@pytest.mark.parametrize("t", [UInt(8), F32, Float(64), Float(16), Bool()], ids=str)
def test_predicated_lanes_are_neither_read_nor_written(kernels: Any, t: Type, lanes: int) -> None:
    n = lanes - 1
    a = np.ones(n, t.dtype)
    out = np.zeros(n, t.dtype)
    lane = Ramp(i32(0), i32(1), lanes)
    wanted = LT(lane, Broadcast(Variable(Int(32), "n"), lanes))
    dense = Ramp(i64(0), i64(1), lanes)
    f = kernels.function(
        Store("o", Load(t.with_lanes(lanes), "a", dense, wanted), dense, wanted),
        {"a": t}, {"o": t}, {"n": Int(32)},
    )  # fmt: skip
    kernels.run(f, {"a": a, "o": out}, n - 1)
    assert out.tolist() == [*[1] * (n - 1), 0]


def test_reversed_strided_and_gathered_loads_pick_their_elements(kernels: Any) -> None:
    lanes, v = 8, F32.with_lanes(8)
    dense = Ramp(i64(0), i64(1), lanes)
    places = Cast(Int(64, lanes), Load(Int(32, lanes), "at", dense))
    f = kernels.function(
        block(
            Store("back", Load(v, "a", Ramp(i64(20), i64(-1), lanes)), dense),
            Store("third", Load(v, "a", Ramp(i64(2), i64(3), lanes)), dense),
            Store("gathered", Load(v, "a", places), dense),
            Store("scattered", Load(v, "a", dense), places),
        ),
        {"a": F32, "at": Int(32)},
        dict.fromkeys(("back", "third", "gathered", "scattered"), F32),
    )
    a = sample(F32, 32)
    at = np.array([3, 1, 4, 11, 5, 9, 2, 6], np.int32)
    out = {n: np.zeros(32, np.float32) for n in ("back", "third", "gathered", "scattered")}
    kernels.run(f, {"a": a, "at": at, **out})
    np.testing.assert_array_equal(out["back"][:8], a[20:12:-1])
    np.testing.assert_array_equal(out["third"][:8], a[2:26:3])
    np.testing.assert_array_equal(out["gathered"][:8], a[at])
    np.testing.assert_array_equal(out["scattered"][at], a[:8])


@pytest.mark.parametrize("lanes", [5, 16, 64])
@pytest.mark.parametrize("t", [Int(8), UInt(8), Int(16), UInt(16), Int(32), UInt(32)], ids=str)
def test_narrow_lanes_tell_places_from_a_base_on(kernels: Any, t: Type, lanes: int) -> None:
    dense, back = Ramp(i64(0), i64(1), lanes), 50
    lane = Cast(Int(64, lanes), Load(t.with_lanes(lanes), "at", dense))
    places = Add(lane, const(Int(64, lanes), back))
    v = Int(16, lanes)
    f = kernels.function(
        block(
            Store("gathered", Load(v, "a", places), dense),
            Store("scattered", Load(v, "a", dense), places),
        ),
        {"a": Int(16), "at": t},
        {"gathered": Int(16), "scattered": Int(16)},
    )
    rng = np.random.default_rng(0)
    low = -back if t.is_int() else 0
    at = (rng.permutation(min(127, t.max_value) - low)[:lanes] + low).astype(t.dtype)
    a = sample(Int(16), 256)
    out = {n: np.zeros(256, np.int16) for n in ("gathered", "scattered")}
    kernels.run(f, {"a": a, "at": at, **out})
    np.testing.assert_array_equal(out["gathered"][:lanes], a[at.astype(int) + back])
    np.testing.assert_array_equal(out["scattered"][at.astype(int) + back], a[:lanes])
    assert np.count_nonzero(out["scattered"]) <= lanes


@pytest.mark.parametrize("lanes", [4, 8, 16, 32, 64])
@pytest.mark.parametrize("bits", [8, 16, 32, 64])
@pytest.mark.parametrize("make", [Int, UInt])
def test_integers_are_compared_by_their_sign(
    kernels: Any, make: Any, bits: int, lanes: int
) -> None:
    t = make(bits)
    v, x, count = t.with_lanes(lanes), kernels.index(lanes), 3
    edges = np.array([t.min_value, t.min_value + 1, 0, 1, t.max_value - 1, t.max_value], t.dtype)
    a, b = sample(t, lanes * count), sample(t, lanes * count, 1)
    a[: len(edges)], b[: len(edges)] = edges, edges[::-1]
    p, q = Load(v, "a", x), Load(v, "b", x)
    values = {"low": Min(p, q), "high": Max(p, q), "pick": Select(LT(q, p), p, q)}
    body = block(
        *(Store(name, value, x) for name, value in values.items()),
        Store("apart", intrinsic("absd", p, q), x),
    )
    types = {**dict.fromkeys(values, t), "apart": UInt(bits)}
    f = kernels.function(kernels.loop(count, body), {"a": t, "b": t}, types)
    out = {name: np.zeros(lanes * count, u.dtype) for name, u in types.items()}
    kernels.run(f, {"a": a, "b": b, **out})
    np.testing.assert_array_equal(out["low"], np.minimum(a, b))
    np.testing.assert_array_equal(out["high"], np.maximum(a, b))
    np.testing.assert_array_equal(out["pick"], np.maximum(a, b))
    distance = [abs(int(c) - int(d)) for c, d in zip(a, b, strict=True)]
    assert out["apart"].tolist() == distance


@pytest.mark.parametrize("lanes", [5, 48])
def test_accumulators_in_registers_add_up(kernels: Any, lanes: int) -> None:
    v = F32.with_lanes(lanes)
    zero = Ramp(i64(0), i64(1), lanes)
    acc = Load(v, "acc", zero)
    step = Store("acc", fma(Load(v, "a", kernels.index(lanes)), acc, acc), zero)
    body = Allocate(
        "acc", v, (), block(
            Store("acc", const(v, 1), zero), kernels.loop(4, step), Store("o", acc, zero)
        ), MemoryType.Register,
    )  # fmt: skip
    f = kernels.function(body, {"a": F32}, {"o": F32})
    a, out = (np.arange(lanes * 4) % 3).astype(np.float32), np.zeros(lanes, np.float32)
    kernels.run(f, {"a": a, "o": out})
    np.testing.assert_array_equal(out, np.prod(a.reshape(4, lanes) + 1, axis=0))


def test_wide_registers_become_native_vectors(kernels: Any) -> None:
    v = F32.with_lanes(128)
    zero = Ramp(i64(0), i64(1), 128)
    body = Allocate(
        "acc", v, (), block(
            Store("acc", const(v, 0), zero), Store("o", Load(v, "acc", zero), zero)
        ), MemoryType.Register,
    )  # fmt: skip
    text = kernels.text(kernels.function(body, {}, {"o": F32}))
    assert "acc_0" in text and "acc_1" in text and "x128" not in text


def test_a_wide_store_into_what_it_reads_reads_first(kernels: Any) -> None:
    lanes, t = 64, Int(64)
    v = t.with_lanes(lanes)
    value = Load(v, "o", Ramp(i64(lanes - 1), i64(-1), lanes))
    f = kernels.function(Store("o", value, Ramp(i64(0), i64(1), lanes)), {}, {"o": t})
    out = np.arange(lanes)
    kernels.run(f, {"o": out})
    np.testing.assert_array_equal(out, np.arange(lanes)[::-1])


def test_shuffles_of_several_vectors_concatenate(kernels: Any) -> None:
    dense = Ramp(i64(0), i64(1), 4)
    parts = tuple(Load(F32.with_lanes(4), "a", Ramp(i64(4 * k), i64(1), 4)) for k in range(3))
    indices = (0, 4, 8, 11, 7, 3)
    f = kernels.function(
        block(
            Store("o", Shuffle(parts, indices), Ramp(i64(0), i64(1), 6)),
            Store("p", Shuffle(parts[:2], (0, 4, 1, 5)), dense),
            Store("q", Shuffle(parts, (9,)), i64(0)),
        ),
        {"a": F32},
        {"o": F32, "p": F32, "q": F32},
    )
    a = np.arange(12, dtype=np.float32)
    o, p, q = np.zeros(6, np.float32), np.zeros(4, np.float32), np.zeros(1, np.float32)
    kernels.run(f, {"a": a, "o": o, "p": p, "q": q})
    assert o.tolist() == list(indices)
    assert p.tolist() == [0, 4, 1, 5]
    assert q.tolist() == [9]


@pytest.mark.parametrize("flags", ["-O0", "-O2"])
@pytest.mark.parametrize("t", [Float(64), Int(64), Float(32)], ids=str)
def test_shuffles_pick_the_lanes_they_name(
    kernels: Any, t: Type, flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HALO_CFLAGS", flags)
    orders = [(0, 1, 3, 4), (1, 0, 2, 5, 4, 5, 6, 7), (1, 1, 6, 3), (0, 1, 7, 7, 5, 4, 7, 6)]
    a = np.arange(8).astype(t.dtype)
    whole = Load(t.with_lanes(8), "a", Ramp(i64(0), i64(1), 8))
    stores = [
        Store(f"o{k}", Shuffle((whole,), order), Ramp(i64(0), i64(1), len(order)))
        for k, order in enumerate(orders)
    ]
    out = {f"o{k}": np.zeros(len(order), t.dtype) for k, order in enumerate(orders)}
    kernels.run(kernels.function(block(*stores), {"a": t}, dict.fromkeys(out, t)), {"a": a, **out})
    assert [tuple(o) for o in out.values()] == orders


@pytest.mark.parametrize("lanes", [3, 16])
def test_rounding_functions_match_numpy(kernels: Any, same: Any, lanes: int) -> None:
    v, x = F32.with_lanes(lanes), kernels.index(lanes)
    names = ("floor", "ceil", "trunc", "round", "sqrt", "abs")
    stores = [Store(n, intrinsic(n, Load(v, "a", x)), x) for n in names]
    f = kernels.function(kernels.loop(4, block(*stores)), {"a": F32}, dict.fromkeys(names, F32))
    a = sample(F32, lanes * 4)
    a[:3] = [2.5, -0.5, np.inf]
    out = {n: np.zeros_like(a) for n in names}
    kernels.run(f, {"a": a, **out})
    with np.errstate(invalid="ignore"):
        for n in names:
            same(out[n], getattr(np, "rint" if n == "round" else n)(a))


@pytest.mark.parametrize("t", [UInt(8), Int(16), F32, Float(64), Float(16)], ids=str)
def test_elements_a_little_apart_are_loaded(kernels: Any, same: Any, t: Type) -> None:
    cases = [(stride, lanes) for stride in (2, 3, 4, 5) for lanes in (2, 3, 8, 13, 32)]
    stores, wanted = [], {}
    a = sample(t, 5 * 32)
    for stride, lanes in cases:
        name = f"by_{stride}_{lanes}"
        span = (lanes - 1) * stride + 1
        places = Ramp(i64(len(a) - span), i64(stride), lanes)  # up to the very last element
        stores.append(Store(name, Load(t.with_lanes(lanes), "a", places), kernels.index(lanes)))
        wanted[name] = a[len(a) - span :: stride]
    body = kernels.loop(1, block(*stores))
    f = kernels.function(body, {"a": t}, dict.fromkeys(wanted, t))
    out = {name: np.zeros(len(values), t.dtype) for name, values in wanted.items()}
    kernels.run(f, {"a": a, **out})
    for name, values in wanted.items():
        same(out[name], values)


@pytest.mark.parametrize("t", [Float(32), Float(64)], ids=str)
@pytest.mark.parametrize("lanes", [2, 4, 8, 16])
def test_smaller_and_larger_of_zeros_and_nans_are_the_second(
    kernels: Any, same: Any, t: Type, lanes: int
) -> None:
    v, x = t.with_lanes(lanes), kernels.index(lanes)
    values = [0.0, -0.0, 1.5, -np.inf, np.nan, -3.0]
    pairs = np.array([(p, q) for p in values for q in values] * 4, t.dtype)
    a, b = pairs[:, 0].copy(), pairs[:, 1].copy()
    p, q = Load(v, "a", x), Load(v, "b", x)
    body = block(Store("least", Min(p, q), x), Store("most", Max(p, q), x))
    outs = {"least": t, "most": t}
    f = kernels.function(kernels.loop(len(a) // lanes, body), {"a": t, "b": t}, outs)
    least, most = np.zeros_like(a), np.zeros_like(a)
    kernels.run(f, {"a": a, "b": b, "least": least, "most": most})
    for found, wanted in ((least, np.where(a < b, a, b)), (most, np.where(a > b, a, b))):
        same(found, wanted)
        assert (
            np.signbit(found[~np.isnan(wanted)]).tolist()
            == np.signbit(wanted[~np.isnan(wanted)]).tolist()
        )


@pytest.mark.parametrize("t", [Float(32), Float(64)], ids=str)
@pytest.mark.parametrize("lanes", [2, 4, 8, 16, 32])
def test_a_multiply_add_of_vectors_rounds_once(
    kernels: Any, same: Any, t: Type, lanes: int
) -> None:
    v, x = t.with_lanes(lanes), kernels.index(lanes)
    a, b = sample(t, 64), sample(t, 64, 1)
    p, q = Load(v, "a", x), Load(v, "b", x)
    rest = Mul(Broadcast(const(t, -1.0), lanes), Mul(p, q))
    f = kernels.function(
        kernels.loop(64 // lanes, Store("o", fma(p, q, rest), x)), {"a": t, "b": t}, {"o": t}
    )
    out = np.zeros_like(a)
    kernels.run(f, {"a": a, "b": b, "o": out})
    lost = np.array(
        [
            float(Fraction(float(i)) * Fraction(float(j)) - Fraction(float(t.dtype.type(i * j))))
            for i, j in zip(a, b, strict=True)
        ]
    )
    assert np.any(lost != 0)
    same(out, lost.astype(t.dtype))


def test_a_chain_of_maxima_is_computed_from_its_beginning(tmp_path: Path) -> None:
    x, source, f = hl.Var("x"), hl.ImageParam(hl.Float(32), 1, "source"), hl.Func("f")
    f[x] = hl.max(hl.max(hl.max(source[x], source[x + 1]), source[x + 2]), source[x + 3])
    f.vectorize(x, 16)
    f.compile_to_c(str(tmp_path / "f.c"), [source], "f")
    text = (tmp_path / "f.c").read_text(encoding="utf-8")
    assert "halo_max_f32x16(max_so_far," in text and "halo_max_f32x16(max_so_far_1," in text
    a = np.random.default_rng(1).normal(size=45).astype(np.float32)
    source.set(hl.Buffer(a))
    wanted = np.maximum(np.maximum(a[:42], a[1:43]), np.maximum(a[2:44], a[3:]))
    np.testing.assert_array_equal(np.asarray(f.realize([42])), wanted)
