"""Vectors of 16 bits times constants wrap as single elements do, at every number of lanes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from halo.ir.expr import Broadcast, Load, Mul, const
from halo.ir.stmt import Store
from halo.ir.types import Int, Type, UInt


@pytest.mark.parametrize("t", [Int(16), UInt(16)], ids=str)
@pytest.mark.parametrize("lanes", [3, 4, 8, 13, 16, 32, 64])
def test_products_with_a_constant_wrap(kernels: Any, t: Type, lanes: int) -> None:
    a = np.random.default_rng(0).integers(
        t.min_value, t.max_value, 8 * lanes, dtype=t.dtype, endpoint=True
    )
    a[:3] = [t.min_value, t.max_value, 1]
    x, v = kernels.index(lanes), t.with_lanes(lanes)
    for factor in (1, 3, 25, 4096, t.max_value, *([-3, t.min_value] if t.is_int() else [])):
        products = np.zeros_like(a)
        value = Mul(Load(v, "a", x), Broadcast(const(t, factor), lanes))
        body = kernels.loop(8, Store("products", value, x))
        f = kernels.function(body, {"a": t}, {"products": t})
        kernels.run(f, {"a": a, "products": products})
        assert products.tolist() == [t.wrap(int(x) * factor) for x in a]
