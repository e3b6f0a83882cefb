"""unroll_loops: the copies do what the loop did."""

from __future__ import annotations

import numpy as np
import pytest

from halo.ir.execute import execute
from halo.ir.expr import Cast, Expr, Min, Variable, i32
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.node import Node
from halo.ir.stmt import For, ForKind, LetStmt, Stmt, Store
from halo.ir.types import Int
from halo.lowering.unroll_loops import unroll_loops

I32 = Int(32)
x, y, n, t = (Variable(I32, name) for name in "xynt")


def store(value: Expr, e: Expr) -> Stmt:
    return Store("out", value, Cast(Int(64), e))


def unrolled(v: Variable, start: Expr | int, extent: Expr | int, body: Stmt) -> For:
    lo, size = (i32(e) if isinstance(e, int) else e for e in (start, extent))
    return For(v.name, lo, size, ForKind.UNROLLED, body)


def nodes(s: Node) -> list[Node]:
    return [s] + [m for c in s.children() for m in nodes(c)]


def check(s: Stmt, n: int = 5) -> Stmt:
    made = unroll_loops(s)
    results = []
    for each in (s, made):
        out = np.full(64, -1, np.int32)
        args = (BufferArg("out", I32, (), True), ScalarArg("n", I32))
        execute(LoweredFunc("f", args, each), {"out": out, "n": n})
        results.append(out)
    np.testing.assert_array_equal(*results)
    assert not any(isinstance(f, For) and f.kind is ForKind.UNROLLED for f in nodes(made))
    return made


@pytest.mark.parametrize("extent", [-1, 0, 1, 4])
@pytest.mark.parametrize("start", [0, -3])
def test_a_loop_of_constant_extent_becomes_copies_of_its_body(start: int, extent: int) -> None:
    made = check(unrolled(x, start, extent, store(x * 2, x + 3)))
    assert sum(isinstance(m, Store) for m in nodes(made)) == max(extent, 0)


def test_a_start_that_is_computed_is_computed_once() -> None:
    made = check(unrolled(x, n * n + 1, 3, store(x, x)))
    assert [m.name for m in nodes(made) if isinstance(m, LetStmt)] == ["x.base"]


def test_an_extent_that_an_outer_unrolled_loop_makes_constant_counts_as_constant() -> None:
    inner = unrolled(y, 0, Min(i32(4), 10 - x * 4), store(x, x * 4 + y))
    made = check(unrolled(x, 0, 3, inner))
    assert sum(isinstance(m, Store) for m in nodes(made)) == 10


def test_a_loop_of_unknown_extent_runs_serially() -> None:
    made = check(unrolled(x, 0, n, store(x, x)))
    assert [f.kind for f in nodes(made) if isinstance(f, For)] == [ForKind.SERIAL]


def test_a_let_may_hide_the_loop_variable() -> None:
    check(unrolled(x, 0, 3, LetStmt("t", x, LetStmt("x", n, store(x, t)))))


def test_code_without_unrolled_loops_comes_back_as_the_same_object() -> None:
    s = For("x", i32(0), n, ForKind.SERIAL, store(x, x))
    assert unroll_loops(s) is s
