"""common_subexpressions: one statement computes one thing once."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from halo.ir.execute import execute
from halo.ir.expr import Broadcast, Cast, Expr, Let, Load, Max, Ramp, Select, Variable, i32, i64
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.node import Node
from halo.ir.stmt import For, ForKind, IfThenElse, LetStmt, Stmt, Store, block
from halo.ir.types import Int
from halo.lowering.common_subexpressions import common_subexpressions

I32 = Int(32)
x, n, w = (Variable(I32, name) for name in "xnw")


def load(e: Expr) -> Expr:
    return Load(I32, "in", Cast(Int(64), e))


def store(value: Expr, e: Expr) -> Stmt:
    return Store("out", value, Cast(Int(64), e))


def nodes(s: Node) -> list[Node]:
    return [s] + [m for c in s.children() for m in nodes(c)]


def run(s: Stmt, n: int = 5, w: int = 9) -> np.ndarray:
    args = tuple(BufferArg(b, I32, (), b == "out") for b in ("out", "in"))
    scalars = (ScalarArg("n", I32), ScalarArg("w", I32))
    out = np.full(64, -1, np.int32)
    values = {"out": out, "in": np.arange(64, dtype=np.int32) * 7, "n": n, "w": w}
    execute(LoweredFunc("f", args + scalars, s), values)
    return out


def check(s: Stmt) -> Stmt:
    made = common_subexpressions(s)
    np.testing.assert_array_equal(run(made), run(s))
    return made


def lets(s: Stmt) -> list[LetStmt]:
    return [m for m in nodes(s) if isinstance(m, LetStmt)]


def test_the_largest_repeated_expression_gets_the_name() -> None:
    def part() -> Expr:
        return load(n * 4 + w) - w

    made = check(store(part() * part(), n))
    assert len(lets(made)) == 1
    assert sum(isinstance(m, Load) for m in nodes(made)) == 1


def test_parts_that_are_used_elsewhere_too_get_a_name_of_their_own() -> None:
    a = n * 4 + w
    made = check(store(load(a) * load(a) + (n * 4 + w), n))
    assert len(lets(made)) == 2


def test_what_is_cheap_is_repeated() -> None:
    s = store((n + 1) * (n + 1), n)
    assert check(s) is s


def test_statements_do_not_share_because_a_store_may_come_between() -> None:
    def read() -> Expr:
        return Load(I32, "out", i64(3))

    s = block(store(read() + 1, i32(3)), store(read() + 2, i32(4)))
    assert check(s) is s


def test_the_base_of_a_ramp_is_shared_and_the_ramp_stays() -> None:
    def ramp() -> Expr:
        return Ramp(Cast(Int(64), n * 2 + w), i64(1), 4)

    v = Load(I32.with_lanes(4), "in", ramp())
    made = check(Store("out", v * Broadcast(w, 4), ramp()))
    assert sum(isinstance(m, Ramp) for m in nodes(made)) == 2
    assert [m.value.type for m in lets(made)] == [Int(64)]


def test_lets_inside_expressions_are_opened() -> None:
    t = Variable(I32, "t")
    e = Let("t", n * w + 1, t * t) + Let("t", n * w + 2, t * t)
    made = check(store(e, n))
    assert not any(isinstance(m, Let) for m in nodes(made))


def test_a_condition_and_the_bounds_of_a_loop_are_shared_too() -> None:
    a, b = n * 3 + w, n * 3 + w
    body = IfThenElse((a > 4) & (b < 90), store(x, x))
    made = check(For("x", n * 2 - 5, (n * 2 - 5) * 2, ForKind.SERIAL, body))
    assert len(lets(made)) == 2


_LEAVES = st.sampled_from([n, w, i32(3), i32(-2), x])
_EXPRS = st.recursive(
    _LEAVES,
    lambda e: st.one_of(
        st.tuples(e, e).map(lambda p: p[0] + p[1]),
        st.tuples(e, e).map(lambda p: p[0] * p[1]),
        st.tuples(e, e).map(lambda p: Max(p[0], p[1])),
        st.tuples(e, e).map(lambda p: Select(p[0] < p[1], p[0], p[1] - 1)),
        e.map(lambda a: load(a % 64)),
        e.map(lambda a: a * a + a),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(_EXPRS)
def test_values_do_not_change(e: Expr) -> None:
    check(For("x", i32(0), i32(3), ForKind.SERIAL, store(e, x)))
