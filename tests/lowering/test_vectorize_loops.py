"""vectorize_loops: what runs afterwards gives what the loop gave."""

from __future__ import annotations

import numpy as np
import pytest

from halo.ir.cross_lane import VectorReduce
from halo.ir.execute import execute
from halo.ir.expr import (
    GE,
    LT,
    Add,
    And,
    Call,
    CallKind,
    Cast,
    Expr,
    IntImm,
    Let,
    Load,
    Min,
    Mul,
    Ramp,
    Select,
    Sub,
    Variable,
    i32,
    i64,
)
from halo.ir.intrinsics import likely
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.node import Node
from halo.ir.stmt import (
    Allocate,
    Atomic,
    Evaluate,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    Stmt,
    Store,
    block,
)
from halo.ir.types import Int
from halo.lowering.outcome import Outcome
from halo.lowering.vectorize_loops import vectorize_loops

I32, I64 = Int(32), Int(64)


def v(name: str) -> Expr:
    return Variable(I32, name)


def at(e: Expr) -> Expr:
    return Cast(I64, e)


def load(name: str, e: Expr) -> Expr:
    return Load(I32, name, at(e))


def loop(name: str, start: Expr | int, extent: Expr | int, body: Stmt, kind: ForKind) -> Stmt:
    lo = i32(start) if isinstance(start, int) else start
    n = i32(extent) if isinstance(extent, int) else extent
    return For(name, lo, n, kind, body)


def vector(name: str, start: Expr | int, extent: Expr | int, body: Stmt) -> Stmt:
    return loop(name, start, extent, body, ForKind.VECTORIZED)


def serial(name: str, start: Expr | int, extent: Expr | int, body: Stmt) -> Stmt:
    return loop(name, start, extent, body, ForKind.SERIAL)


def nodes(s: Node) -> list[Node]:
    return [s] + [n for c in s.children() for n in nodes(c)]


def run(s: Stmt, n: int, size: int = 64) -> np.ndarray:
    buffers = (BufferArg(b, I32, (), b == "out") for b in ("out", "in"))
    args = (*buffers, ScalarArg("n", I32))
    out = np.full(size, -1, np.int32)
    data = (np.arange(size, dtype=np.int32) * 37) % 23
    execute(LoweredFunc("f", args, s), {"out": out, "in": data, "n": n})
    return out


def check(s: Stmt, n: int = 13, kinds: tuple[type, ...] = ()) -> Stmt:
    made = vectorize_loops(s)
    assert not any(isinstance(x, For) and x.kind is ForKind.VECTORIZED for x in nodes(made))
    np.testing.assert_array_equal(run(made, n), run(s, n))
    for kind in kinds:
        assert any(isinstance(x, kind) for x in nodes(made))
    return made


def has_loop(s: Stmt) -> bool:
    return any(isinstance(x, For) for x in nodes(s))


@pytest.mark.parametrize("extent", [0, 1, 3, 8])
@pytest.mark.parametrize("start", [0, 5])
def test_a_dense_loop_becomes_one_vector_store(extent: int, start: int) -> None:
    x = v("x")
    body = Store("out", Add(load("in", Add(x, i32(2))), x), at(x))
    made = check(vector("x", start, extent, body))
    assert not has_loop(made)


def test_a_dense_access_has_a_ramp_of_stride_one_over_a_scalar_base() -> None:
    x = Add(Mul(v("y"), i32(8)), v("x"))
    s = serial("y", 0, 4, vector("x", 0, 8, Store("out", load("in", x), at(x))))
    made = check(s)
    ramps = [r for r in nodes(made) if isinstance(r, Ramp)]
    assert {r.stride.value for r in ramps if isinstance(r.stride, IntImm)} == {1}
    assert all(r.type.element == I64 for r in ramps)


def test_reversed_and_strided_accesses_are_ramps_too() -> None:
    x = v("x")
    back = Sub(i32(20), x)
    body = Store("out", load("in", back), at(Mul(x, i32(3))))
    made = check(vector("x", 0, 8, body))
    strides = {r.stride.value for r in nodes(made) if isinstance(r, Ramp)}
    assert strides == {-1, 3}


def test_a_condition_that_differs_by_lane_predicates_loads_and_stores() -> None:
    x = v("x")
    far = Select(LT(x, v("n")), x, i32(10_000))
    body = IfThenElse(likely(LT(x, v("n"))), Store("out", load("in", far), at(x)))
    for n in (0, 3, 8, 9):
        check(vector("x", 0, 8, body), n)


def test_an_else_case_runs_where_the_condition_does_not_hold() -> None:
    x = v("x")
    body = IfThenElse(
        LT(load("in", x), i32(9)),
        IfThenElse(GE(x, i32(2)), Store("out", i32(1), at(x)), Store("out", i32(2), at(x))),
        Store("out", load("in", x), at(x)),
    )
    check(vector("x", 0, 16, body))


def test_a_scalar_load_under_a_lane_condition_is_not_made_where_no_lane_wants_it() -> None:
    x = v("x")
    body = IfThenElse(LT(Add(x, i32(100)), v("n")), Store("out", load("in", i32(900)), at(x)))
    check(vector("x", 0, 4, body), n=3)


def test_an_invariant_condition_stays_a_branch() -> None:
    body = IfThenElse(LT(v("n"), i32(5)), Store("out", v("n"), at(v("x"))))
    for n in (3, 7):
        check(vector("x", 2, 4, body), n, kinds=(IfThenElse,))


def test_lets_that_differ_by_lane_become_vectors() -> None:
    t, x = v("t"), v("x")
    body = LetStmt("t", load("in", x), Store("out", Add(t, Mul(t, x)), at(x)))
    made = check(vector("x", 0, 8, body))
    assert any(isinstance(s, LetStmt) and s.value.type.lanes() == 8 for s in nodes(made))


def test_a_let_that_is_a_ramp_keeps_a_scalar_base() -> None:
    body = LetStmt("t", Add(Mul(v("n"), i32(2)), v("x")), Store("out", i32(3), at(v("t"))))
    made = check(vector("x", 0, 8, body))
    assert all(s.value.type.is_scalar() for s in nodes(made) if isinstance(s, LetStmt))


def test_a_let_may_hide_the_loop_variable() -> None:
    body = LetStmt("t", v("x"), LetStmt("x", i32(5), Store("out", v("x"), at(v("t")))))
    check(vector("x", 0, 8, body))
    value = Let("x", i32(4), Add(v("x"), i32(1)))
    check(vector("x", 0, 8, Store("out", Add(value, v("x")), at(v("x")))))


def test_an_allocation_inside_gets_an_element_for_each_lane() -> None:
    x, r = v("x"), v("r")
    fill = serial("r", 0, 3, Store("t", Mul(r, x), at(r)))
    use = Store("out", Add(Load(I32, "t", i64(2)), Load(I32, "t", i64(1))), at(x))
    made = check(vector("x", 0, 8, Allocate("t", I32, (i64(3),), block(fill, use))))
    assert [a.extents[0].value for a in nodes(made) if isinstance(a, Allocate)] == [8]


def test_an_inner_serial_loop_keeps_its_bounds_and_gets_a_vector_body() -> None:
    x, r = v("x"), v("r")
    body = Store("out", Add(load("out", x), load("in", Add(x, r))), at(x))
    made = check(vector("x", 0, 8, serial("r", 0, v("n"), body)))
    assert [f.name for f in nodes(made) if isinstance(f, For)] == ["r"]


def test_an_inner_loop_whose_extent_differs_by_lane_makes_the_loop_serial() -> None:
    body = serial("r", 0, v("x"), Store("out", v("r"), at(v("x"))))
    made = check(vector("x", 0, 8, body))
    assert "differ by lane" in next(f.note for f in nodes(made) if isinstance(f, For))


def test_lanes_that_write_one_cell_in_turn_run_serially() -> None:
    zero = i32(0)
    body = Store("out", Sub(load("in", v("x")), load("out", zero)), at(zero))
    assert has_loop(check(vector("x", 0, 8, body)))
    assert has_loop(check(vector("x", 0, 8, Store("out", v("x"), at(zero)))))


def test_lanes_that_combine_with_one_cell_are_combined_first() -> None:
    body = Store("out", Add(load("out", i32(0)), load("in", v("x"))), at(i32(0)))
    made = check(vector("x", 0, 8, body), kinds=(VectorReduce,))
    assert not has_loop(made)


@pytest.mark.parametrize("n", [0, 5, 8])
def test_lanes_that_a_condition_leaves_out_do_not_count(n: int) -> None:
    body = Store("out", Add(load("out", i32(0)), load("in", v("x"))), at(i32(0)))
    guarded = vector("x", 0, 8, IfThenElse(LT(v("x"), v("n")), body))
    assert not has_loop(check(guarded, n, kinds=(VectorReduce,)))


def test_lanes_that_may_meet_by_data_run_serially() -> None:
    at_data = at(load("in", v("x")))
    body = Store("out", Add(Load(I32, "out", at_data), i32(1)), at_data)
    outcome = Outcome()
    made = vectorize_loops(vector("x", 0, 8, Atomic("out", body, False, False)), outcome)
    assert "may meet in one cell of out" in outcome.serial["x", ()]
    assert has_loop(made) and not any(isinstance(n, Atomic) for n in nodes(made))


def test_a_cell_written_with_one_value_by_all_lanes_is_written_once() -> None:
    assert not has_loop(check(vector("x", 0, 8, Store("out", v("n"), i64(0)))))


def test_a_loop_of_unknown_extent_runs_serially() -> None:
    assert has_loop(check(vector("x", 0, v("n"), Store("out", i32(1), at(v("x"))))))


def test_a_call_of_a_c_function_makes_the_loop_serial() -> None:
    made = vectorize_loops(
        vector("x", 0, 4, Evaluate(Call(I32, "c_function", (v("x"),), CallKind.EXTERN)))
    )
    assert has_loop(made)


def test_a_gather_has_a_vector_index_and_min_clamps_lane_by_lane() -> None:
    x = v("x")
    index = Min(load("in", x), i32(7))
    check(vector("x", 0, 8, Store("out", load("in", index), at(x))))


def test_conditions_nest() -> None:
    x = v("x")
    inner = IfThenElse(And(LT(x, v("n")), GE(x, i32(1))), Store("out", x, at(x)))
    check(vector("x", 0, 8, IfThenElse(LT(load("in", x), i32(15)), inner)), n=6)


def test_code_without_vectorized_loops_comes_back_as_the_same_object() -> None:
    s = serial("x", 0, 4, Store("out", v("x"), at(v("x"))))
    assert vectorize_loops(s) is s
