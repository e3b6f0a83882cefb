"""Parallel loops inside one another run as one loop, with the same cells."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.ir.execute import execute
from halo.ir.expr import Add, Cast, Mul, Variable, i32
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.stmt import For, ForKind, IfThenElse, LetStmt, Stmt, Store, block
from halo.ir.substitute import find
from halo.ir.types import Int
from halo.lowering.fuse_parallel import MOST, fuse_parallel_loops

I32 = Int(32)
n, h, c, y, b = (Variable(I32, name) for name in ("n", "h", "c", "y", "b"))


def parallel(v: Variable, low: Any, extent: Any, body: Stmt) -> For:
    return For(v.name, low, extent, ForKind.PARALLEL, body)


def store(value: Any, at: Any) -> Stmt:
    return Store("o", value, Cast(Int(64), at))


def cells(s: Stmt, size: int, **sizes: int) -> Any:
    out = np.full(size, -1, np.int32)
    scalars = tuple(ScalarArg(name, I32) for name in sizes)
    f = LoweredFunc("f", (*scalars, BufferArg("o", I32, (), True)), s)
    execute(f, {**sizes, "o": out})
    return out


def loops_of(s: Stmt) -> list[str]:
    return [loop.kind.value for loop in find(s, For)]


NEST = parallel(c, i32(2), n, parallel(y, i32(-1), h, store(c * 100 + y, (c - 2) * h + y + 1)))


@pytest.mark.parametrize(("outer", "inner"), [(3, 5), (1, 4), (4, 1), (0, 3), (3, 0), (-2, 3)])
def test_two_loops_are_one(outer: int, inner: int) -> None:
    made = fuse_parallel_loops(NEST)
    assert loops_of(made) == ["parallel", "for"]
    size = max(0, outer) * max(0, inner) + 1
    found = cells(made, size, n=outer, h=inner)
    np.testing.assert_array_equal(found, cells(NEST, size, n=outer, h=inner))


@pytest.mark.parametrize(("outer", "inner"), [(2, MOST + 1), (MOST + 1, 2)])
def test_loops_of_many_iterations_stay_loops(outer: int, inner: int) -> None:
    found = cells(fuse_parallel_loops(NEST), outer * inner, n=outer, h=inner)
    np.testing.assert_array_equal(found, cells(NEST, outer * inner, n=outer, h=inner))


def test_three_loops_are_one() -> None:
    at = Add(Mul(Add(Mul(b, n), c), h), y)
    nest = parallel(
        b, i32(0), i32(2), parallel(c, i32(0), n, parallel(y, i32(0), h, store(at, at)))
    )
    made = fuse_parallel_loops(nest)
    assert loops_of(made).count("parallel") == 1
    np.testing.assert_array_equal(cells(made, 30, n=3, h=5), np.arange(30))


def test_lets_and_branches_may_stand_between() -> None:
    one = parallel(y, i32(0), h, store(y, c * h + y))
    two = parallel(y, i32(0), h, store(b, c * h + y))
    body = LetStmt("b", c * 7, IfThenElse(c < 2, one, two))
    nest = parallel(c, i32(0), n, body)
    made = fuse_parallel_loops(nest)
    assert loops_of(made).count("parallel") == 1
    np.testing.assert_array_equal(cells(made, 20, n=4, h=5), cells(nest, 20, n=4, h=5))


def test_loops_that_depend_on_each_other_stay() -> None:
    triangle = parallel(c, i32(0), n, parallel(y, i32(0), c, store(y, c * n + y)))
    after = parallel(c, i32(0), n, block(*2 * [parallel(y, i32(0), h, store(y, c * h + y))]))
    let = parallel(c, i32(0), n, LetStmt("h", c + 1, parallel(y, i32(0), h, store(y, c * n + y))))
    for nest in (triangle, after, let):
        assert fuse_parallel_loops(nest) == nest


@pytest.mark.parametrize("target", ["host", "host-llvm"])
def test_rows_of_all_channels_are_tasks(target: str, tmp_path: Path) -> None:
    x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y, c] = x * 3 + y * 5 + c * 7
    g[x, y, c] = f[x, y, c] + f[x + 1, y, c]
    g.parallel(y).parallel(c)
    f.compute_at(g, y)
    g.compile_to_c(str(tmp_path / "g.c"), [], "g")
    text = (tmp_path / "g.c").read_text(encoding="utf-8")
    assert text.count("#pragma omp parallel for") == 1
    assert re.search(r"g_s0_c_task_end = g_extent_2 \* g_s0_c_each;", text)
    for sizes in ((9, 7, 3), (4, 1, 5), (3, 6, 1), (0, 2, 3), (2, 0, 3)):
        found = np.asarray(g.realize(list(sizes), hl.Target(target)))
        at = np.indices(sizes[::-1])
        wanted = 2 * (at[2] * 3 + at[1] * 5 + at[0] * 7) + 3
        np.testing.assert_array_equal(found, wanted)
