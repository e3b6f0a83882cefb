"""Circular buffers: as small as asked for, proven or checked, and no value changes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.stmt import Allocate, AssertStmt
from halo.ir.substitute import walk
from halo.lowering import Request, lower

x, y = hl.vars("x y")


def stencil(name: str, read: Callable[[hl.Func], Any]) -> tuple[hl.Func, hl.Func]:
    """Return g, stored at root and computed in each row of f, which reads it as said."""
    g, f = hl.Func(f"{name}_g"), hl.Func(f"{name}_f")
    g[x, y] = x * 7 - y * y
    f[x, y] = read(g)
    g.store_root().compute_at(f, y)
    return g, f


def three_rows(g: hl.Func) -> Any:
    return g[x, y - 1] + 2 * g[x, y] - g[x + 1, y + 1]


def backwards(g: hl.Func) -> Any:
    return g[x, 20 - y] - 3 * g[x, 22 - y]


def run(f: hl.Func, size: tuple[int, int], mins: tuple[int, int]) -> np.ndarray[Any, Any]:
    out = hl.Buffer(hl.Int(32), list(size))
    out.set_min(list(mins))
    f.realize(out)
    return np.array(out)


def allocated(f: hl.Func) -> list[str]:
    body = lower(Request("f", [f.function], f.schedule())).func.body
    (found,) = [n for n in walk(body) if isinstance(n, Allocate)]
    return [str(e) for e in found.extents]


@pytest.mark.parametrize("read", [three_rows, backwards])
@pytest.mark.parametrize("factor", [3, 4, 5, 8])
@pytest.mark.parametrize("size", [(1, 1), (6, 0), (9, 13)])
@pytest.mark.parametrize("mins", [(0, 0), (-3, -8)])
def test_a_circular_buffer_of_any_size_gives_the_same_values(
    read: Callable[[hl.Func], Any], factor: int, size: tuple[int, int], mins: tuple[int, int]
) -> None:
    g, f = stencil("circle", read)
    g.fold_storage(y, factor, fold_forward=read is three_rows)
    np.testing.assert_array_equal(run(f, size, mins), interpret(f, size, mins))
    assert allocated(f)[1] == str(factor)


def test_golden_folded_rows(golden: Callable[[str], None]) -> None:
    g, f = stencil("three", three_rows)
    g.fold_storage(y, 3)
    f.bound(x, 0, 30).bound(y, 0, 20)
    golden(str(lower(Request("f", [f.function], f.schedule())).loops))


def test_golden_rows_that_move_backwards_are_computed_once(golden: Callable[[str], None]) -> None:
    _, f = stencil("backwards", backwards)
    f.bound(x, 0, 30).bound(y, 0, 20)
    golden(str(lower(Request("f", [f.function], f.schedule())).loops))


def test_what_moves_to_and_fro_is_computed_anew_and_may_be_folded() -> None:
    g, f = stencil("fro", lambda g: g[x, (y % 2) * 5] + g[x, (y % 2) * 5 + 1])
    g.fold_storage(y, 7)
    np.testing.assert_array_equal(run(f, (5, 9), (0, -3)), interpret(f, (5, 9), (0, -3)))


def test_two_dimensions_may_be_folded() -> None:
    g, f = hl.funcs("g f")
    g[x, y] = x * 3 + y
    f[x, y] = g[x, y] + g[x + 1, y + 2]
    g.store_root().compute_at(f, x).fold_storage(x, 2).fold_storage(y, 3)
    assert allocated(f) == ["2", "3"]
    np.testing.assert_array_equal(run(f, (9, 6), (-4, 2)), interpret(f, (9, 6), (-4, 2)))


def test_a_width_that_is_known_only_at_run_time_is_checked() -> None:
    g, f = hl.funcs("g f")
    n = hl.Param(hl.Int(32), "n", 2)
    g[x, y] = x + y
    f[x, y] = g[x, y] + g[x, y + hl.clamp(n, 0, 100)]
    g.store_root().compute_at(f, y).fold_storage(y, 4)
    body = lower(Request("f", [f.function], f.schedule())).func.body
    assert [n for n in walk(body) if isinstance(n, AssertStmt) and "needed at once" in str(n)]
    for value in (0, 2, 3):
        n.set(value)
        np.testing.assert_array_equal(run(f, (4, 6), (0, 0)), interpret(f, (4, 6)))
    n.set(4)
    with pytest.raises(hl.BoundsError, match="5 cells along y are needed at once, 4 are kept"):
        f.realize([4, 6])


def test_storage_without_a_loop_around_its_computation_may_be_folded_if_it_fits() -> None:
    g, f = hl.funcs("g f")
    g[x, y] = x + y
    f[x, y] = g[x, y] * 2
    g.compute_at(f, y).fold_storage(y, 2)
    np.testing.assert_array_equal(run(f, (4, 6), (0, -2)), interpret(f, (4, 6), (0, -2)))


def test_each_stage_of_a_chain_keeps_a_few_rows() -> None:
    stages = [hl.Func(f"stage{i}") for i in range(4)]
    stages[0][x, y] = x * 7 - y * y
    for f, g in itertools.pairwise(stages):
        g[x, y] = f[x, y - 1] + f[x, y + 1]
    last = stages[-1]
    for f in stages[:-1]:
        f.store_root().compute_at(last, y)
    body = lower(Request("f", [last.function], last.schedule())).func.body
    rows = {n.name: str(n.extents[1]) for n in walk(body) if isinstance(n, Allocate)}
    assert rows == {"stage0": "8", "stage1": "8", "stage2": "4"}
    np.testing.assert_array_equal(run(last, (9, 30), (-4, 2)), interpret(last, (9, 30), (-4, 2)))
