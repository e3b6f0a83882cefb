"""Bytes that are gathered, and means of unsigned lanes: against numpy, for any lanes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.ir.expr import Add, Cast, Load, Ramp, const, i64
from halo.ir.stmt import Store, block
from halo.ir.types import Bool, Int, Type, UInt


@pytest.mark.parametrize("lanes", [2, 3, 5, 8, 12, 16, 24, 32, 64])
@pytest.mark.parametrize("index", [UInt(8), Int(16), UInt(16), Int(32), Int(64)], ids=str)
def test_bytes_are_gathered_at_lanes_of_any_width(kernels: Any, index: Type, lanes: int) -> None:
    dense, back = Ramp(i64(0), i64(1), lanes), 40
    lane = Load(index.with_lanes(lanes), "at", dense)
    places = lane if index == Int(64) else Cast(Int(64, lanes), lane)
    moved = Add(places, const(Int(64, lanes), back))
    types = {"signed": Int(8), "bytes": UInt(8), "flags": Bool()}
    outputs = {f"{kind}_{name}": t for kind in ("plain", "moved") for name, t in types.items()}
    stores = [
        Store(f"{kind}_{name}", Load(t.with_lanes(lanes), name, where), dense)
        for kind, where in (("plain", places), ("moved", moved))
        for name, t in types.items()
    ]
    f = kernels.function(block(*stores), {**types, "at": index}, outputs)
    rng = np.random.default_rng(lanes)
    at = rng.integers(0, 200, lanes).astype(index.dtype)
    cells = {"signed": rng.integers(-128, 128, 240).astype(np.int8)}
    cells |= {"bytes": cells["signed"].view(np.uint8), "flags": cells["signed"] > 0}
    found = {name: np.zeros(lanes + 1, t.dtype) for name, t in outputs.items()}
    kernels.run(f, {**cells, "at": at, **found})
    for name in types:
        plain, further = (found[f"{kind}_{name}"] for kind in ("plain", "moved"))
        np.testing.assert_array_equal(plain[:lanes], cells[name][at])
        np.testing.assert_array_equal(further[:lanes], cells[name][at.astype(int) + back])
        assert not plain[lanes] and not further[lanes]


def test_lanes_may_tell_places_before_the_first_one(kernels: Any) -> None:
    lanes, dense = 16, Ramp(i64(0), i64(1), 16)
    lane = Cast(Int(64, lanes), Load(Int(16, lanes), "at", dense))
    places = Add(lane, const(Int(64, lanes), 100))
    f = kernels.function(
        Store("o", Load(UInt(8, lanes), "a", places), dense),
        {"a": UInt(8), "at": Int(16)},
        {"o": UInt(8)},
    )
    a, at, out = (
        np.arange(200, dtype=np.uint8),
        np.arange(-80, 80, 10, dtype=np.int16),
        np.zeros(16, np.uint8),
    )
    kernels.run(f, {"a": a, "at": at, "o": out})
    np.testing.assert_array_equal(out, a[at + 100])


@pytest.mark.parametrize("lanes", [1, 4, 16, 24, 32, 64])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "int8", "int16"])
@pytest.mark.parametrize("target", ["host", "host-llvm"])
def test_means_round_halves_upwards(dtype: str, lanes: int, target: str) -> None:
    limits, rng = np.iinfo(dtype), np.random.default_rng(lanes)
    edge = np.array([limits.min, limits.min + 1, limits.max - 1, limits.max], dtype)
    a = np.concatenate([np.repeat(edge, 4), rng.integers(limits.min, limits.max, 85, dtype)])
    b = np.concatenate([np.tile(edge, 4), rng.integers(limits.min, limits.max, 85, dtype)])
    x, f, (p, q) = hl.Var("x"), hl.Func("f"), map(hl.Buffer, (a, b))
    f[x] = hl.rounding_halving_add(p[x], q[x])
    if lanes > 1:
        f.vectorize(x, lanes)
    found = np.array(f.realize([len(a)], hl.Target(target)))
    np.testing.assert_array_equal(found, (a.astype(np.int64) + b + 1) >> 1)
