"""What is computed piece by piece stays inside the storage of what it reads and of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.ir.execute import execute
from halo.lowering import lower
from halo.pipeline.request import make_request

x, y = hl.vars("x y")


def checked(f: hl.Func, size: tuple[int, int]) -> np.ndarray[Any, Any]:
    """Return what the executor, which checks every access, computes."""
    out = hl.Buffer(hl.Int(32), list(size))
    made = lower(make_request([f.function], "f", [out], None)).func
    cells = np.zeros(size[0] * size[1], np.int32)
    (arg,) = made.args
    fields = {"min.0": 0, "min.1": 0, "extent.0": size[0], "extent.1": size[1]}
    fields |= {"stride.0": 1, "stride.1": size[0]}
    execute(made, {arg.name: cells}, {f"{arg.name}.{what}": n for what, n in fields.items()})
    return cells.reshape(size[::-1])


def summed(stored: bool) -> hl.Func:
    """Return h, which sums cells of g where r.x is even and r.x + r.y < 2; g reads f."""
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    r = hl.RDom([(0, 5), (0, 3)], "r")
    r.where(r.x + r.y < 2)
    r.where(r.x % 2 == 0)
    f[x, y] = x * 7 - y
    g[x, y] = f[x, y] * 2 + f[x + 1, y - 1]
    h[x, y] = 1
    h[x, y] += g[x + r.x, y - r.y] - g[x + r.x + 1, y]
    f.compute_root()
    g.compute_at(h.update(0), r.x)
    if stored:
        g.store_at(h.update(0), r.y)
    return h


@pytest.mark.parametrize("size", [(1, 1), (6, 4)])
@pytest.mark.parametrize("stored", [False, True])
def test_where_a_predicate_leaves_an_iteration_out_nothing_is_computed_for_it(
    size: tuple[int, int], stored: bool
) -> None:
    h = summed(stored)
    expected = np.ones(size[::-1], np.int32)

    def g(i: Any, j: Any) -> Any:
        return (i * 7 - j) * 2 + (i + 1) * 7 - (j - 1)

    j, i = np.indices(size[::-1], dtype=np.int32)
    for rx, ry in ((0, 0), (0, 1)):
        expected += g(i + rx, j - ry) - g(i + rx + 1, j)
    np.testing.assert_array_equal(checked(h, size), expected)
    np.testing.assert_array_equal(h.realize(list(size)), expected)


@pytest.mark.parametrize("size", [(1, 1), (6, 4)])
@pytest.mark.parametrize("stored", ["root", "there"])
def test_where_a_predicate_holds_for_nothing_further_in_nothing_is_computed(
    size: tuple[int, int], stored: str
) -> None:
    def build() -> tuple[hl.Func, hl.Func, hl.RDom]:
        f, g = hl.Func("f"), hl.Func("g")
        r = hl.RDom([(0, 5), (0, 6)], "r")
        r.where((r.x >= r.y) & (r.x <= 4 - r.y))  # together for r.y <= 2 only
        f[x, y] = x * 7 - y
        f[x, y] *= 2
        g[x, y] = 1
        g[x, y] += f[x, y - r.y] + r.x
        g.update(0).reorder(r.x, x, y, r.y)
        return f, g, r

    f, g, r = build()
    f.compute_at(g.update(0), r.y)
    if stored == "root":
        f.store_root()
    plain, expected, _ = build()
    plain.compute_root()
    np.testing.assert_array_equal(checked(g, size), np.array(expected.realize(list(size))))


@pytest.mark.parametrize("wanted", [1, 5])
def test_a_predicate_of_parameters_alone_guards_all_of_the_loops(wanted: int) -> None:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    n = hl.Param(hl.Int(32), "n", wanted)
    r = hl.RDom([(0, 5)], "r")
    r.where(n > 3)
    f[x, y] = x - y
    g[x, y] = f[x, y] * 2
    h[x, y] = 1
    h[x, y] += g[x + r.x, y]
    f.compute_root()
    g.compute_at(h.update(0), r.x)
    j, i = np.indices((3, 4), dtype=np.int32)
    more = sum((i + k - j) * 2 for k in range(5)) if wanted > 3 else 0
    np.testing.assert_array_equal(h.realize([4, 3]), 1 + more)


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (8, 4)])
@pytest.mark.parametrize("stored", ["root", "rows"])
def test_an_extent_that_is_aligned_for_each_part_has_room(
    size: tuple[int, int], stored: str
) -> None:
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = x * 7 - y
    g[x, y] = f[x, y] + f[x + 1, y]
    f.compute_at(g, x).align_extent(y, 2).align_extent(x, 3)
    if stored == "root":
        f.store_root()
    else:
        f.store_at(g, y)
    j, i = np.indices(size[::-1], dtype=np.int32)
    np.testing.assert_array_equal(checked(g, size), 14 * i + 7 - 2 * j)


@pytest.mark.parametrize("size", [(1, 1), (6, 7)])
@pytest.mark.parametrize("others", [False, True])
def test_what_is_computed_for_a_user_with_a_predicate_is_where_that_holds(
    size: tuple[int, int], others: bool
) -> None:
    s = hl.RDom([(0, 3), (0, 5)], "s")

    def build() -> list[hl.Func]:
        f, u, v, g = hl.funcs("f u v g")
        r = hl.RDom([(0, 1)], "r")
        r.where(x + y < 2)  # while f is computed for one cell of u at a time
        f[x, y] = x * 7 - y
        u[x, y] = 1
        u[x, y] += f[x + r.x, y]
        v[x, y] = f[x + 50, y - 50] + u[x, y] if others else u[x, y]
        g[x, y] = 0
        g[x, y] += v[s.x, s.y] * y
        return [f, u, v, g]

    f, u, v, g = build()
    for func in (f, u, v):
        func.compute_at(g.update(0), s.x)
    f.store_root()
    *_, expected = build()
    np.testing.assert_array_equal(checked(g, size), np.array(expected.realize(list(size))))


@pytest.mark.parametrize("last", [3, 5, 7])
@pytest.mark.parametrize("first", [0, 3, 5])
def test_a_window_slides_over_no_iteration_that_a_predicate_leaves_out(
    first: int, last: int
) -> None:
    f, g, r = hl.Func("f"), hl.Func("g"), hl.RDom([(0, 8)], "r")
    r.where((r.x >= first) & (r.x <= last))
    f[x, y] = x * x + y
    g[x, y] = 0
    g[x, y] += f[r.x, y] * 3 + f[r.x + 1, y]
    g.update(0).reorder(x, y, r.x)
    f.store_root().compute_at(g.update(0), r.x)
    rows = np.arange(3, dtype=np.int32)
    sums = sum((k * k + rows) * 3 + (k + 1) ** 2 + rows for k in range(first, last + 1))
    expected = np.broadcast_to((sums + np.zeros(3, np.int32))[:, None], (3, 4))
    np.testing.assert_array_equal(checked(g, (4, 3)), expected)
