"""partition_loops: steady states without tests, and the same stores."""

from __future__ import annotations

import numpy as np
import pytest

from halo.ir.execute import execute
from halo.ir.expr import Cast, Expr, Load, Max, Min, Select, Variable, i32
from halo.ir.intrinsics import is_marked, likely, likely_if_innermost
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.node import Node
from halo.ir.stmt import For, ForKind, IfThenElse, LetStmt, Stmt, Store
from halo.ir.types import Int
from halo.lowering.partition_loops import partition_loops
from halo.lowering.trim_no_ops import trim_no_ops
from halo.lowering.unroll_loops import unroll_loops
from halo.lowering.vectorize_loops import vectorize_loops

I32 = Int(32)
x, y, r, n, w = (Variable(I32, name) for name in "xyrnw")


def load(name: str, e: Expr) -> Expr:
    return Load(I32, name, Cast(Int(64), e))


def store(value: Expr, e: Expr) -> Stmt:
    return Store("out", value, Cast(Int(64), e))


def loop(
    v: Expr, start: Expr | int, extent: Expr | int, body: Stmt, kind: ForKind = ForKind.SERIAL
) -> For:
    assert isinstance(v, Variable)
    lo = i32(start) if isinstance(start, int) else start
    return For(v.name, lo, i32(extent) if isinstance(extent, int) else extent, kind, body)


def clamp(e: Expr, lo: Expr | int, hi: Expr | int) -> Expr:
    bounds = [i32(b) if isinstance(b, int) else b for b in (lo, hi)]
    return Max(Min(e, bounds[1]), bounds[0])


def nodes(s: Node) -> list[Node]:
    return [s] + [m for c in s.children() for m in nodes(c)]


def run(s: Stmt, n: int, w: int, size: int = 400) -> np.ndarray:
    args = tuple(BufferArg(b, I32, (), b == "out") for b in ("out", "in"))
    scalars = (ScalarArg("n", I32), ScalarArg("w", I32))
    out = np.full(size, -1, np.int32)
    data = (np.arange(size, dtype=np.int32) * 37) % 23
    execute(LoweredFunc("f", args + scalars, s), {"out": out, "in": data, "n": n, "w": w})
    return out


def check(s: Stmt, n: int = 13, w: int = 9) -> Stmt:
    made = partition_loops(s)
    assert not any(is_marked(e) for e in nodes(made) if isinstance(e, Expr))
    expected = run(s, n, w)
    np.testing.assert_array_equal(run(made, n, w), expected)
    np.testing.assert_array_equal(run(trim_no_ops(made), n, w), expected)
    return made


def loops(s: Stmt, name: str = "x") -> list[For]:
    return [f for f in nodes(s) if isinstance(f, For) and f.name == name]


def is_plain(s: Node) -> bool:
    """Whether nothing in `s` tests or clamps."""
    return not any(isinstance(e, (Select, Min, Max, IfThenElse)) for e in nodes(s))


@pytest.mark.parametrize("extent", [0, 1, 2, 13])
@pytest.mark.parametrize("width", [0, 1, 9, 30])
def test_a_loop_with_a_padded_read_is_cut_in_three(extent: int, width: int) -> None:
    place = x - 1
    inside = likely(place >= 0) & likely(place < w)
    value = Select(inside, load("in", clamp(place, 0, w - 1)), i32(0))
    made = check(loop(x, 0, n, store(value, x)), extent, width)
    before, steady, after = loops(made)
    assert is_plain(steady.body)
    assert not is_plain(before.body) and not is_plain(after.body)


def test_pieces_that_are_known_to_be_empty_are_not_made() -> None:
    inside = likely(x >= 0) & likely(x < 20)
    made = check(loop(x, 0, 10, store(Select(inside, load("in", x), i32(0)), x)))
    assert [is_plain(f) for f in loops(made)] == [True]
    inside = likely(x >= 3) & likely(x < 20)
    made = check(loop(x, 0, 10, store(Select(inside, load("in", x), i32(0)), x)))
    assert [(f.min.value, f.extent.value) for f in loops(made)] == [(0, 3), (3, 7)]


def test_a_negative_min_and_a_negative_coefficient_are_solved() -> None:
    place = 5 - x * 2
    for lo in (-3, 2, 9):
        inside = likely(place >= 0) & likely(place < w)
        value = Select(inside, load("in", clamp(place, 0, w - 1)), i32(7))
        made = check(loop(x, lo, n, store(value, x + 4)), 12, 9)
        assert any(is_plain(f.body) for f in loops(made))


def test_the_likely_operand_of_a_clamp_is_taken_in_the_steady_state() -> None:
    value = load("in", clamp(likely(x - 2), 0, w - 1))
    made = check(loop(x, 0, n, store(value, x)))
    assert [is_plain(f.body) for f in loops(made)] == [False, True, False]


def test_a_select_with_one_likely_side_takes_that_side() -> None:
    value = Select((x < 2) | (x >= w), i32(0), likely(load("in", x)))
    made = check(loop(x, 0, n, store(value, x)))
    assert [is_plain(f.body) for f in loops(made)] == [False, True, False]


def test_the_worst_iteration_of_the_loops_inside_decides() -> None:
    place = x + r - 1
    inside = likely(place >= 0) & likely(place < w)
    body = store(load("out", x) + Select(inside, load("in", clamp(place, 0, w - 1)), i32(0)), x)
    made = check(loop(x, 0, n, loop(r, 0, 3, body, ForKind.UNROLLED)), 13, 9)
    assert [is_plain(f.body) for f in loops(made)] == [False, True, False]


@pytest.mark.parametrize("extent", [1, 7, 8, 9, 16, 29])
def test_a_guarded_split_has_whole_vectors_in_the_steady_state(extent: int) -> None:
    base = Variable(I32, "base")
    at = base + x
    guarded = IfThenElse(likely(at < n), store(load("in", at) * 3, at))
    inner = loop(x, 0, 8, guarded, ForKind.VECTORIZED)
    s = loop(y, 0, (n + 7) / 8, LetStmt("base", y * 8, inner))
    made = check(s, extent)
    steady, tail = loops(made, "y")
    assert is_plain(steady) and not is_plain(tail)
    vectors = vectorize_loops(made)
    np.testing.assert_array_equal(run(vectors, extent, 9), run(s, extent, 9))
    stores = [m for m in nodes(vectors) if isinstance(m, Store)]
    assert [m.predicate is None for m in stores] == [True, False]


def test_a_parallel_loop_tests_in_each_iteration() -> None:
    inside = likely(x >= 1) & likely(x < w)
    value = Select(inside, load("in", x), i32(0))
    made = check(loop(x, 0, n, store(value, x), ForKind.PARALLEL))
    (only,) = loops(made)
    assert isinstance(only.body, IfThenElse) and is_plain(only.body.then_case)


def test_a_loop_around_loops_tests_and_the_loop_inside_is_cut() -> None:
    at_x, at_y = x - 1, y - 1
    inside = likely(at_x >= 0) & likely(at_x < w) & likely(at_y >= 0) & likely(at_y < w)
    place = clamp(at_y, 0, w - 1) * w + clamp(at_x, 0, w - 1)
    body = store(Select(inside, load("in", place), i32(0)), y * n + x)
    made = check(loop(y, 0, n, loop(x, 0, n, body)), 13, 11)
    (outer,) = loops(made, "y")
    assert isinstance(outer.body, IfThenElse)
    assert [is_plain(f) for f in loops(outer.body.then_case)] == [False, True, False]
    assert len(loops(outer.body.else_case)) == 3  # small enough to be cut as well
    assert len(loops(partition_loops(loop(y, 0, n, loop(x, 0, n, body)), small=0))) == 4


def test_a_fused_loop_tests_what_it_was_fused_from() -> None:
    of = LetStmt("x", Variable(I32, "f") % n, LetStmt("y", Variable(I32, "f") / n, _padded_cell()))
    made = check(loop(Variable(I32, "f"), 0, n * n, of, ForKind.PARALLEL), 11, 9)
    test = next(m for m in nodes(made) if isinstance(m, IfThenElse))
    assert is_plain(test.then_case)


def _padded_cell() -> Stmt:
    inside = likely(x >= 1) & likely(x < w) & likely(y >= 1) & likely(y < w)
    place = clamp(y, 1, w - 1) * 16 + clamp(x, 1, w - 1)
    return store(Select(inside, load("in", place), i32(0)), y * n + x)


def test_a_condition_on_data_or_on_a_parameter_is_left_to_run_time() -> None:
    value = Select(likely(load("in", x) < 5), load("in", x), i32(0))
    made = check(loop(x, 0, n, store(value, x)))
    assert len(loops(made)) == 1


def test_one_node_used_under_two_loops_is_decided_for_both() -> None:
    test = likely(x + r < w)
    body = store(Select(test, load("in", x + r), load("out", x)), x)
    from halo.ir.stmt import block

    both = block(loop(r, 0, 2, body), loop(r, 0, 5, body))
    check(loop(x, 0, n, both), 13, 9)


def test_code_without_marks_comes_back_as_the_same_object() -> None:
    s = loop(x, 0, n, store(Select(x < w, load("in", x), i32(0)), x))
    assert partition_loops(s) is s


def test_unrolled_and_vectorized_pieces_agree_with_the_loop() -> None:
    place = x * 4 + r - 2
    inside = likely(place >= 0) & likely(place < w)
    body = store(Select(inside, load("in", clamp(place, 0, w - 1)), i32(0)), x * 4 + r)
    for kind in (ForKind.UNROLLED, ForKind.VECTORIZED):
        s = loop(x, 0, n, loop(r, 0, 4, body, kind))
        made = vectorize_loops(unroll_loops(check(s, 7, 20)))
        np.testing.assert_array_equal(run(made, 7, 20), run(s, 7, 20))


def test_steps_moved_back_inside_are_taken_at_their_worst() -> None:
    # steps of 4 over 6 cells, the second moved back to cell 2, read one cell further
    base = Variable(I32, "base")
    read = Max(Min(likely(base + r + 1), n - 1), i32(0))
    cell = store(load("in", read), base + r)
    start = Min(x * 4, i32(2)) + y * 6
    s = loop(y, 0, 3, loop(x, 0, 2, LetStmt("base", start, loop(r, 0, 4, cell))))
    made = check(s, n=18)
    (outer,) = loops(made, "y")
    assert isinstance(outer.body, IfThenElse)
    assert str(outer.body.condition) == "y < (n - 1)/6"
    assert not any(isinstance(e, (Max, IfThenElse)) for e in nodes(outer.body.then_case))


def test_steps_that_a_last_one_is_moved_back_for_have_loops_of_their_own() -> None:
    start = Min(likely_if_innermost(x * 4), n - 4)
    inner = loop(
        r,
        0,
        4,
        store(load("in", Variable(I32, "base") + r), Variable(I32, "base") + r),
        ForKind.UNROLLED,
    )
    made = check(loop(x, 0, (n + 3) / 4, LetStmt("base", start, inner)), n=13)
    steady, tail = loops(made)
    assert is_plain(steady.body) and not is_plain(tail.body)


def test_what_is_likely_if_innermost_cuts_no_loop_around_another() -> None:
    start = Min(likely_if_innermost(x * 4), n - 4)
    inner = loop(r, 0, 4, store(load("in", Variable(I32, "base") + r), Variable(I32, "base") + r))
    made = check(loop(x, 0, (n + 3) / 4, LetStmt("base", start, inner)), n=13)
    (only,) = loops(made)
    assert isinstance(only.body, LetStmt) and isinstance(only.body.value, Min)


def test_what_all_iterations_but_the_first_do_is_known_in_these() -> None:
    new = LetStmt("new", Select(x == 2, x, likely(x + 2)), _rows_up_to(x + 2))
    first, rest = loops(check(loop(x, 2, n, new)))
    assert [f.extent.value for f in loops(rest, "r")] == [1]
    assert not is_plain(first.body) and is_plain(rest.body)


def _rows_up_to(last: Expr) -> Stmt:
    """Return a loop over what is from ``new`` to `last`."""
    new = Variable(I32, "new")
    return loop(r, new, last - new + 1, store(load("in", r), r))


def test_a_short_loop_whose_body_is_one_guard_is_shortened_without_a_test() -> None:
    guarded = IfThenElse(likely(x <= 0), store(load("in", x), x))
    made = trim_no_ops(partition_loops(loop(x, 0, 4, guarded)))
    assert not [m for m in nodes(made) if isinstance(m, IfThenElse)]
    np.testing.assert_array_equal(
        run(made, 9, 5), run(loop(x, 0, 1, store(load("in", x), x)), 9, 5)
    )
