"""hoist_invariants: arithmetic moves in front of the loops that do not change it."""

from __future__ import annotations

import numpy as np

from halo.ir.equality import equal
from halo.ir.execute import execute
from halo.ir.expr import Cast, Expr, Load, Variable, i32
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.node import Node
from halo.ir.stmt import For, ForKind, LetStmt, Stmt, Store, block
from halo.ir.types import Int
from halo.lowering.hoist_invariants import hoist_invariants

I32 = Int(32)
x, y, n, w = (Variable(I32, name) for name in "xynw")


def load(e: Expr) -> Expr:
    return Load(I32, "in", Cast(Int(64), e))


def store(value: Expr, e: Expr) -> Stmt:
    return Store("out", value, Cast(Int(64), e))


def loop(v: Variable, extent: Expr | int, body: Stmt) -> For:
    n = i32(extent) if isinstance(extent, int) else extent
    return For(v.name, i32(0), n, ForKind.SERIAL, body)


def nodes(s: Node) -> list[Node]:
    return [s] + [m for c in s.children() for m in nodes(c)]


def run(s: Stmt, n: int = 5, w: int = 9) -> np.ndarray:
    args = tuple(BufferArg(b, I32, (), b == "out") for b in ("out", "in"))
    scalars = (ScalarArg("n", I32), ScalarArg("w", I32))
    out = np.full(100, -1, np.int32)
    values = {"out": out, "in": np.arange(100, dtype=np.int32) * 7, "n": n, "w": w}
    execute(LoweredFunc("f", args + scalars, s), values)
    return out


def check(s: Stmt) -> Stmt:
    made = hoist_invariants(s)
    np.testing.assert_array_equal(run(made), run(s))
    np.testing.assert_array_equal(run(made, 0, 0), run(s, 0, 0))
    return made


def test_arithmetic_goes_in_front_of_the_outermost_loop_that_does_not_change_it() -> None:
    s = loop(y, n, loop(x, 4, store(w * w + 1, y * (w + 1) + x)))
    made = check(s)
    assert isinstance(made, LetStmt) and equal(made.value, w * w + 1)
    outer = next(f for f in nodes(made) if isinstance(f, For))
    assert isinstance(outer.body, LetStmt) and equal(outer.body.value, y * (w + 1))


def test_the_same_arithmetic_is_moved_once() -> None:
    s = loop(x, n, block(store(w * w + 1, x), store(w * w + 1, x + 20)))
    assert sum(isinstance(m, LetStmt) for m in nodes(check(s))) == 1


def test_what_is_trivial_or_reads_memory_stays() -> None:
    for value in (w + 1, load(w * 1 + i32(0)), load(i32(3)) * 2 + 1):
        s = loop(x, n, store(value, x))
        made = check(s)
        assert not any(isinstance(m, LetStmt) and isinstance(m.value, Load) for m in nodes(made))
    s = loop(x, n, store(w + 1, x))
    assert hoist_invariants(s) is s


def test_a_let_that_moves_keeps_its_name() -> None:
    t = Variable(I32, "row")
    made = check(loop(x, n, LetStmt("row", w * w + 2, store(t * x, x))))
    assert isinstance(made, LetStmt) and made.name == "row"


def test_lets_of_one_name_in_sibling_scopes_stay_apart() -> None:
    t = Variable(I32, "row")
    one = LetStmt("row", w * w + 2, store(t * x + t, x))
    two = LetStmt("row", w * 3 + n, store(t * x + t, x + 20))
    made = check(loop(x, n, block(one, two)))
    names = [m.name for m in nodes(made) if isinstance(m, LetStmt)]
    assert len(set(names)) == len(names) == 2


def test_what_follows_from_a_moved_let_moves_with_it() -> None:
    t = Variable(I32, "row")
    made = check(loop(y, n, loop(x, 4, LetStmt("row", y * w + 2, store((t + 1) * w, t + x)))))
    inner = next(f for f in nodes(made) if isinstance(f, For) and f.name == "x")
    assert isinstance(inner.body, Store)


def test_a_division_is_worth_moving_alone() -> None:
    made = check(loop(x, n, store(w / 3, x)))
    assert isinstance(made, LetStmt)


def wide(v: Variable) -> Expr:
    return Cast(Int(64), v)


def test_of_a_sum_what_outer_loops_change_is_added_first() -> None:
    place = wide(x) + wide(y) * wide(w) + wide(n) - wide(y) - 3
    s = loop(y, n, loop(x, 4, Store("out", x, place)))
    made = check(s)
    inner = next(f for f in nodes(made) if isinstance(f, For) and f.name == "x")
    assert isinstance(inner.body, Store)
    (row,) = [m.name for m in nodes(made) if isinstance(m, LetStmt) and inner in nodes(m.body)][-1:]
    assert equal(inner.body.index, Variable(Int(64), row) + wide(x) - 3)


def test_a_sum_of_what_the_innermost_loop_changes_stays_as_it_is() -> None:
    for place in (wide(x) - wide(n), wide(x) * 2 - wide(x), wide(x) - 1):
        s = loop(y, n, loop(x, 4, Store("out", x, place + 7)))
        assert check(s) is s
