"""Random numbers: the formula of docs/semantics.md, under every schedule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret

x, y = hl.vars("x y")
MASK = 0xFFFFFFFF


def mixed(h: int) -> int:
    h = ((h ^ h >> 16) * 0x7FEB352D) & MASK
    h = ((h ^ h >> 15) * 0x846CA68B) & MASK
    return h ^ h >> 16


def expected(seed: int, stage: int, coordinates: Sequence[int]) -> int:
    h = mixed((seed + 0x9E3779B9) & MASK)
    for word in (stage, *coordinates):
        h = mixed(h ^ (word & MASK))
    return h


def realized(f: hl.Func, size: Sequence[int], mins: Sequence[int]) -> Any:
    out = hl.Buffer(f.type(), list(size))
    out.set_min(list(mins))
    f.realize(out)
    return np.array(out)


def noise(seed: Any = 5) -> hl.Func:
    f = hl.Func("noise")
    f[x, y] = hl.random_uint(seed)
    return f


def test_a_cell_is_hashed_from_seed_stage_and_coordinates() -> None:
    got = realized(noise(), (5, 3), (-2, 7))
    exact = [[expected(5, 0, (i, j)) for i in range(-2, 3)] for j in range(7, 10)]
    np.testing.assert_array_equal(got, np.array(exact, np.uint32))


SCHEDULES: dict[str, Callable[[hl.Func], object]] = {
    "vectors": lambda f: f.vectorize(x, 8),
    "odd vectors": lambda f: f.vectorize(x, 3),
    "tiles": lambda f: f.tile(x, y, hl.Var("xi"), hl.Var("yi"), 4, 2).vectorize(hl.Var("xi")),
    "columns first": lambda f: f.reorder(y, x).parallel(x),
    "unrolled": lambda f: f.unroll(x, 4),
}


@pytest.mark.parametrize("name", list(SCHEDULES))
@pytest.mark.parametrize("size", [(0, 2), (1, 1), (13, 9)])
def test_schedules_keep_random_numbers(name: str, size: tuple[int, int]) -> None:
    plain, scheduled = noise(), noise()
    SCHEDULES[name](scheduled)
    exact = interpret(plain, size, (-3, 4))
    np.testing.assert_array_equal(realized(plain, size, (-3, 4)), exact)
    np.testing.assert_array_equal(realized(scheduled, size, (-3, 4)), exact)


@pytest.mark.parametrize("where", ["inline", "root", "at"])
def test_a_producer_has_the_same_numbers_wherever_it_is_computed(where: str) -> None:
    f, g = noise(9), hl.Func("g")
    g[x, y] = f[x, y] ^ f[x + 1, y]
    if where == "root":
        f.compute_root().vectorize(x, 4)
    if where == "at":
        f.compute_at(g, y)
    np.testing.assert_array_equal(realized(g, (6, 5), (0, 0)), interpret(g, (6, 5)))


def test_an_update_hashes_its_number_and_the_points_of_its_domain() -> None:
    r = hl.RDom([(2, 3)])
    f = hl.Func("f")
    f[x, y] = hl.cast(hl.UInt(32), 0)
    f[r, y] = hl.random_uint(4)
    f[x, 0] += hl.random_uint(4)
    got = realized(f, (6, 2), (0, 0))
    exact = [[0] * 6, [0] * 6]
    for j in range(2):
        for k in range(2, 5):
            exact[j][k] = expected(4, 1, (j, k))
    exact[0] = [(v + expected(4, 2, (i,))) & MASK for i, v in enumerate(exact[0])]
    np.testing.assert_array_equal(got, np.array(exact, np.uint32))


def test_a_float_lies_in_0_to_1_and_has_24_bits() -> None:
    f = hl.Func("f")
    f[x] = hl.Tuple(hl.random_float(3), hl.random_uint(3))
    a, b = (np.array(v) for v in f.realize([4096]))
    np.testing.assert_array_equal(a, (b >> 8).astype(np.float32) * np.float32(2.0**-24))
    assert a.min() >= 0 and a.max() < 1
    assert abs(a.mean() - 0.5) < 0.02


def test_an_int_has_the_bits_of_the_uint() -> None:
    f = hl.Func("f")
    f[x] = hl.Tuple(hl.random_int(3), hl.random_uint(3))
    a, b = (np.array(v) for v in f.realize([64]))
    np.testing.assert_array_equal(a.view(np.uint32), b)
    assert (a < 0).any() and (a > 0).any()


def test_every_bit_is_set_in_half_of_the_cells() -> None:
    bits = np.array(noise(77).realize([128, 128]))
    shares = [((bits >> np.uint32(k)) & 1).mean() for k in range(32)]
    assert max(abs(s - 0.5) for s in shares) < 0.02
    assert len(np.unique(bits)) > 16_380


def test_calls_without_a_seed_are_independent_and_one_call_is_one_number() -> None:
    one, f = hl.random_uint(), hl.Func("f")
    f[x] = hl.Tuple(one - one, one ^ hl.random_uint())
    same, different = (np.array(v) for v in f.realize([50]))
    assert (same == 0).all()
    assert (different != 0).all()


def test_seeds_may_be_params() -> None:
    seed = hl.Param(hl.Int(32), "seed", 5)
    f = noise(seed)
    np.testing.assert_array_equal(np.array(f.realize([4, 4])), np.array(noise().realize([4, 4])))
    seed.set(6)
    np.testing.assert_array_equal(np.array(f.realize([4, 4])), np.array(noise(6).realize([4, 4])))


def test_a_reduction_draws_for_each_point_of_its_domain() -> None:
    r = hl.RDom([(0, 100)])
    f = hl.Func("f")
    f[x] = hl.sum(hl.random_float(8) + 0 * (r + x))
    got = np.array(f.realize([2]))
    exact = [
        np.add.reduce([np.float32((expected(8, 1, (i, k)) >> 8) * 2.0**-24) for k in range(100)])
        for i in range(2)
    ]
    np.testing.assert_allclose(got, exact, rtol=1e-5)
    assert got[0] != got[1]


def test_a_random_float_bounds_an_index() -> None:
    table = hl.Buffer(np.arange(10, dtype=np.int32))
    f = hl.Func("f")
    f[x] = hl.Tuple(table[hl.i32(hl.random_float(6) * 10)], hl.random_float(6))
    got, exact = (np.array(v) for v in f.realize([40]))
    np.testing.assert_array_equal(got, (exact * np.float32(10)).astype(np.int32))
