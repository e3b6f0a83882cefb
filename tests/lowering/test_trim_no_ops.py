"""trim_no_ops: nothing runs for nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halo.ir.execute import execute
from halo.ir.expr import FALSE, TRUE, Cast, Expr, Load, Not, Variable, i32, i64
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.node import Node
from halo.ir.stmt import NO_OP, Allocate, For, ForKind, IfThenElse, LetStmt, Stmt, Store, block
from halo.ir.types import Int
from halo.lowering.trim_no_ops import trim_no_ops

I32 = Int(32)
x, y, n, t = (Variable(I32, name) for name in "xynt")


def store(value: Expr, e: Expr) -> Stmt:
    return Store("out", value, Cast(Int(64), e))


def loop(
    v: Variable, start: Expr | int, extent: Expr | int, body: Stmt, kind: ForKind = ForKind.SERIAL
) -> For:
    lo, size = (i32(e) if isinstance(e, int) else e for e in (start, extent))
    return For(v.name, lo, size, kind, body)


def nodes(s: Node) -> list[Node]:
    return [s] + [m for c in s.children() for m in nodes(c)]


def check(s: Stmt, n: int = 5) -> Stmt:
    made = trim_no_ops(s)
    results = []
    for each in (s, made):
        out = np.full(256, -1, np.int32)
        args = (BufferArg("out", I32, (), True), ScalarArg("n", I32))
        execute(LoweredFunc("f", args, each), {"out": out, "n": n})
        results.append(out)
    np.testing.assert_array_equal(*results)
    return made


def has_test(s: Stmt) -> bool:
    return any(isinstance(m, IfThenElse) for m in nodes(s))


def test_statements_around_nothing_go() -> None:
    nothing = Allocate("a", I32, (i64(4),), IfThenElse(n > 3, NO_OP, NO_OP))
    s = loop(x, 0, n, LetStmt("t", x + 1, nothing))
    assert trim_no_ops(s) is NO_OP
    assert isinstance(trim_no_ops(block(s, store(n, i32(0)), s)), Store)


def test_a_test_of_a_constant_is_decided() -> None:
    one, two = store(n, i32(0)), store(n, i32(1))
    assert trim_no_ops(IfThenElse(TRUE, one, two)) is one
    assert trim_no_ops(IfThenElse(FALSE, one, two)) is two
    assert trim_no_ops(block(IfThenElse(FALSE, one), two)) is two


@pytest.mark.parametrize("extent", [0, 1, 4, 9])
def test_a_guarded_loop_runs_where_its_guard_holds(extent: int) -> None:
    for guard in (x < n, x >= 2, (x * 2 + 1 < n) & (x > 0), 7 - x * 3 >= n, x.__eq__(n - 2)):
        assert not has_test(check(loop(x, 0, extent, IfThenElse(guard, store(x, x)))))


def test_a_guard_through_a_let_is_seen() -> None:
    body = LetStmt("t", y * 4 + x, IfThenElse(t < n, store(t, t)))
    made = check(loop(y, 0, 3, loop(x, 0, 4, body)), n=6)
    assert not has_test(made)


def test_what_is_not_a_bound_of_the_variable_stays_a_test() -> None:
    data = Load(I32, "out", Cast(Int(64), x))
    made = check(loop(x, 0, 9, IfThenElse((x < n) & (data < 0) & Not(x * x > 9), store(x, x))))
    assert has_test(made)
    made = check(loop(x, 0, 9, IfThenElse(n > 3, store(x, x))))
    assert has_test(made)


def test_a_loop_with_an_else_case_or_of_another_kind_is_left() -> None:
    guarded = IfThenElse(x < n, store(x, x))
    for s in (
        loop(x, 0, 9, IfThenElse(x < n, store(x, x), store(n, x))),
        loop(x, 0, 8, guarded, ForKind.VECTORIZED),
    ):
        assert trim_no_ops(s) is s


def test_memory_that_nothing_reads_goes() -> None:
    def kept(inside: Stmt) -> Stmt:
        return loop(x, 0, 9, Allocate("a", I32, (i64(9),), inside))

    written, place = Store("a", x, Cast(Int(64), x)), Cast(Int(64), x)
    assert trim_no_ops(kept(written)) is NO_OP
    made = check(kept(block(written, store(x + 1, x))))
    assert str(made) == "for x in [0, 9):\n  out[int64(x)] = x + 1"
    read = check(kept(block(written, store(Load(I32, "a", place), x))))
    assert sum(isinstance(m, Store) for m in nodes(read)) == 2


@settings(max_examples=80, deadline=None)
@given(
    start=st.integers(-4, 4),
    extent=st.integers(0, 9),
    scale=st.integers(-4, 4),
    offset=st.integers(-12, 12),
    compare=st.sampled_from(["__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"]),
    negate=st.booleans(),
    size=st.integers(-6, 6),
)
def test_any_linear_guard_gives_the_same_stores(
    start: int, extent: int, scale: int, offset: int, compare: str, negate: bool, size: int
) -> None:
    guard = getattr(x * scale + offset, compare)(n * 2)
    body = IfThenElse(Not(guard) if negate else guard, store(x * 5, x + 100))
    check(loop(x, start, extent, body), n=size)
