"""What is promised of a box, or asked for: it holds, is checked, and changes no value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.stmt import Allocate, AssertStmt, For
from halo.ir.substitute import walk
from halo.lowering import Request, lower

x, y = hl.vars("x y")


def two_stages() -> tuple[hl.Func, hl.Func]:
    """Return g, computed at root, and f, which reads two rows of it."""
    g, f = hl.funcs("g f")
    g[x, y] = x * 3 + y
    f[x, y] = g[x, y] + g[x, y + 1]
    g.compute_root()
    return g, f


def run(f: hl.Func, size: tuple[int, int], mins: tuple[int, int] = (0, 0)) -> np.ndarray[Any, Any]:
    out = hl.Buffer(hl.Int(32), list(size))
    out.set_min(list(mins))
    f.realize(out)
    return np.array(out)


def body(f: hl.Func) -> Any:
    return lower(Request("f", [f.function], f.schedule())).func.body


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (0, 2), (40, 13)])
@pytest.mark.parametrize("mins", [(0, 0), (-5, -9), (3, 11)])
def test_aligned_bounds_change_no_value(size: tuple[int, int], mins: tuple[int, int]) -> None:
    g, f = two_stages()
    g.align_bounds(x, 8, -3).align_extent(y, 4).vectorize(x, 8)
    np.testing.assert_array_equal(run(f, size, mins), interpret(f, size, mins))


def test_vectors_over_aligned_bounds_need_no_guard() -> None:
    g, f = two_stages()
    g.align_bounds(x, 8).vectorize(x, 8)
    loops = [n for n in walk(body(f)) if isinstance(n, For) and n.name == f"{g.name()}.s0.x"]
    assert [str(n.extent) for n in loops] == [f"{g.name()}.s0.x.steps"]


@pytest.mark.parametrize(("low", "remainder"), [(5, 0), (5, 3), (-6, 1), (4, 0)])
def test_aligned_bounds_begin_at_the_remainder_and_hold_whole_steps(
    low: int, remainder: int
) -> None:
    g, f = two_stages()
    f.bound(x, low, 9).bound(y, 0, 4)
    g.align_bounds(x, 4, remainder)
    (loop,) = [n for n in walk(body(f)) if isinstance(n, For) and n.name == f"{g.name()}.s0.x"]
    first, extent = int(str(loop.min)), int(str(loop.extent))
    assert (first % 4, extent % 4) == (remainder, 0)
    assert first <= low and low + 9 <= first + extent < low + 9 + 4 + 4


def test_an_aligned_extent_begins_where_it_did() -> None:
    g, f = two_stages()
    f.bound(x, 5, 9).bound(y, 0, 4)
    g.align_extent(x, 4)
    (loop,) = [n for n in walk(body(f)) if isinstance(n, For) and n.name == f"{g.name()}.s0.x"]
    assert (str(loop.min), str(loop.extent)) == ("5", "12")


def test_an_output_with_aligned_bounds_needs_a_buffer_that_holds_them() -> None:
    _, f = two_stages()
    f.align_bounds(x, 8)
    np.testing.assert_array_equal(run(f, (16, 3)), interpret(f, (16, 3)))
    with pytest.raises(hl.BoundsError, match="cells 0 to 15 are needed, it has 0 to 11"):
        run(f, (12, 3))


@pytest.mark.parametrize("extent", [1, 5, 12])
def test_a_bound_may_be_an_expression_of_params(extent: int) -> None:
    n = hl.Param(hl.Int(32), "n")
    g, f = two_stages()
    f.bound(x, -n, 2 * n).bound_extent(y, n + 1)
    g.bound(y, 0, n + 2)
    n.set(extent)
    size, mins = (2 * extent, extent + 1), (-extent, 0)
    np.testing.assert_array_equal(run(f, size, mins), interpret(f, size, mins))


def test_a_bound_may_be_the_size_of_an_input() -> None:
    image = hl.ImageParam(hl.Int(32), 1, "image")
    g, f = hl.funcs("g f")
    g[x] = image[hl.clamp(x, 0, image.width() - 1)]
    f[x] = g[x] + g[x + 1]
    g.compute_root().bound_extent(x, image.width() + 1)
    f.bound(x, 0, image.width())
    image.set(np.arange(9, dtype=np.int32))
    np.testing.assert_array_equal(np.array(f.realize([9])), [1, 3, 5, 7, 9, 11, 13, 15, 16])


def test_a_schedule_with_formulas_is_replayed_from_json() -> None:
    n = hl.Param(hl.Int(32), "rows")
    g, f = two_stages()
    g.bound(y, 0, n + 1)
    f.bound(y, 0, n)
    stored = hl.Schedule.from_json(f.schedule().to_json())
    assert stored == f.schedule()
    assert "bound(y, 0, rows" in str(stored)


def test_what_is_known_to_fit_needs_no_check() -> None:
    g, f = two_stages()
    f.bound(x, 0, 8).bound(y, 0, 4)
    g.bound(x, 0, 8).bound(y, 0, 5).bound_storage(x, 8)
    asserts = [n for n in walk(body(f)) if isinstance(n, AssertStmt)]
    assert [n for n in asserts if "promises" in str(n) or "kept" in str(n)] == []


def test_bound_storage_gives_the_storage_its_size() -> None:
    g, f = two_stages()
    g.bound_storage(x, 64).bound_storage(y, 8).store_in(hl.MemoryType.Stack)
    (a,) = [n for n in walk(body(f)) if isinstance(n, Allocate)]
    assert [str(e) for e in a.extents] == ["64", "8"]
    np.testing.assert_array_equal(run(f, (33, 7), (-4, -2)), interpret(f, (33, 7), (-4, -2)))
    with pytest.raises(hl.BoundsError, match=r"bound_storage\(y, 8\) .* 9 cells along y are comp"):
        run(f, (33, 8))


def test_bound_storage_may_be_an_expression_of_params() -> None:
    n = hl.Param(hl.Int(32), "cells", 6)
    g, f = two_stages()
    g.bound_storage(x, n)
    np.testing.assert_array_equal(run(f, (6, 2)), interpret(f, (6, 2)))
    with pytest.raises(hl.BoundsError, match="7 cells along x are computed, 6 are kept"):
        run(f, (7, 2))
