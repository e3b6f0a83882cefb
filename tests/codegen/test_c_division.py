"""Vectors divided by constants round as single elements do, without a division lane by lane."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import codegen
from halo.ir.expr import Broadcast, Div, Load, Mod, const
from halo.ir.operators import euclid_div, euclid_mod
from halo.ir.stmt import Store, block
from halo.ir.types import Int, Type, UInt
from halo.target import host_target

TYPES = [Int(8), Int(16), Int(32), Int(64), UInt(8), UInt(16), UInt(32), UInt(64)]
LANES = 16


def kernel(kernels: Any, t: Type, divisor: int) -> Any:
    x, v = kernels.index(LANES), t.with_lanes(LANES)
    a, c = Load(v, "a", x), Broadcast(const(t, divisor), LANES)
    body = block(Store("quotients", Div(a, c), x), Store("rests", Mod(a, c), x))
    return kernels.function(kernels.loop(8, body), {"a": t}, {"quotients": t, "rests": t})


@pytest.mark.parametrize("t", TYPES, ids=str)
def test_quotients_and_rests_by_a_constant_are_euclidean(kernels: Any, t: Type) -> None:
    a = np.random.default_rng(0).integers(
        t.min_value, t.max_value, 8 * LANES, dtype=t.dtype, endpoint=True
    )
    a[:4] = [t.min_value, t.max_value, 0, 1]
    for divisor in (1, 3, 10, 64, t.max_value, *([-3, t.min_value] if t.is_int() else [])):
        quotients, rests = np.zeros_like(a), np.zeros_like(a)
        f = kernel(kernels, t, divisor)
        kernels.run(f, {"a": a, "quotients": quotients, "rests": rests})
        assert quotients.tolist() == [t.wrap(euclid_div(int(x), divisor)) for x in a]
        assert rests.tolist() == [t.wrap(euclid_mod(int(x), divisor)) for x in a]


@pytest.mark.parametrize("t", TYPES, ids=str)
def test_division_by_a_constant_is_one_operation_on_the_vector(kernels: Any, t: Type) -> None:
    text = codegen.emit_c(kernels.module(kernel(kernels, t, 3)), host_target()).text
    assert f"/ ({'u' if t.is_uint() else ''}int{t.bits()}_t)" in text
