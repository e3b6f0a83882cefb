"""A clash is found exactly when trying every pair of iterations finds one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halo.ir.expr import Call, CallKind, Expr, Variable, i32
from halo.ir.interval import Interval
from halo.ir.operators import as_expr
from halo.ir.types import Int
from halo.polyhedral import Axis, Clash, Touch, Unproven, Work, fusion_clash, order_clash, question


def var(name: str) -> Variable:
    return Variable(Int(32), name)


def between(low: int | Expr, high: int | Expr) -> Interval:
    return Interval(as_expr(low), as_expr(high))


def data(*args: Expr, name: str = "in") -> Call:
    """A cell of an input: any value of its type."""
    return Call(Int(32), name, args, CallKind.IMAGE)


def at(*cell: int | Expr, array: str = "f") -> Touch:
    return Touch(array, tuple(map(as_expr, cell)))


def loop(name: str, at_once: bool = False) -> Axis:
    return Axis(name, var(name), var(name), at_once)


x, y, n, m = var("x"), var("y"), var("n"), var("m")
coefficients = st.tuples(*[st.integers(-2, 2)] * 3)


class Brute:
    """Works of x and y with affine cells, tried iteration by iteration."""

    def __init__(self, write: Sequence[int], read: Sequence[int], columns: int, rows: int) -> None:
        self.write, self.read = write, read
        self.points = [(i, j) for j in range(rows) for i in range(columns)]
        loops = {"y": between(0, rows - 1), "x": between(0, columns - 1)}
        self.work = Work(loops, (at(self._expr(write)),), (at(self._expr(read)),))

    @staticmethod
    def _expr(c: Sequence[int]) -> Expr:
        return x * c[0] + y * c[1] + c[2]

    @staticmethod
    def cell(c: Sequence[int], p: tuple[int, int]) -> int:
        return c[0] * p[0] + c[1] * p[1] + c[2]

    def meet(self, p: tuple[int, int], other: Brute, q: tuple[int, int]) -> bool:
        """Whether p of this and q of `other` touch one cell and one writes it."""
        w, v = self.cell(self.write, p), other.cell(other.write, q)
        return w in (v, other.cell(other.read, q)) or self.cell(self.read, p) == v

    def agrees(self, found: Clash, other: Brute) -> bool:
        """Whether the witness is real."""
        p, q = (found.first["x"], found.first["y"]), (found.second["x"], found.second["y"])
        mine = self.cell(self.write if found.writes[0] else self.read, p)
        its = other.cell(other.write if found.writes[1] else other.read, q)
        known = p in self.points and q in other.points
        return known and any(found.writes) and (mine,) == (its,) == found.cell


@settings(max_examples=60)
@given(coefficients, coefficients, st.integers(1, 4), st.integers(1, 4))
def test_iterations_at_once_clash_exactly_when_two_touch_one_cell(
    w: tuple[int, int, int], r: tuple[int, int, int], columns: int, rows: int
) -> None:
    b = Brute(w, r, columns, rows)
    expected = any(p[0] != q[0] and b.meet(p, b, q) for p in b.points for q in b.points)
    found = order_clash(b.work, [loop("x", at_once=True)])
    assert isinstance(found, Clash) == expected
    if isinstance(found, Clash):
        assert b.agrees(found, b) and found.first["x"] != found.second["x"]


@settings(max_examples=60)
@given(coefficients, coefficients, st.integers(1, 4), st.integers(1, 4))
def test_a_new_order_clashes_exactly_when_two_that_meet_change_places(
    w: tuple[int, int, int], r: tuple[int, int, int], columns: int, rows: int
) -> None:
    b = Brute(w, r, columns, rows)
    expected = any(
        p[::-1] < q[::-1] and q < p and b.meet(p, b, q) for p in b.points for q in b.points
    )
    found = order_clash(b.work, [loop("x"), loop("y")])
    assert isinstance(found, Clash) == expected
    if isinstance(found, Clash):
        p, q = found.first, found.second
        assert b.agrees(found, b) and (p["y"], p["x"]) < (q["y"], q["x"])


@settings(max_examples=60)
@given(coefficients, coefficients, st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_two_works_in_one_loop_clash_exactly_when_a_later_one_comes_first(
    w: tuple[int, int, int], r: tuple[int, int, int], columns: int, rows: int, at_once: bool
) -> None:
    a, b = Brute(w, r, columns, rows), Brute(r, w, rows, columns)
    expected = any(
        (p[1] != q[1] if at_once else q[1] < p[1]) and a.meet(p, b, q)
        for p in a.points
        for q in b.points
    )
    found = fusion_clash(a.work, b.work, [loop("y", at_once)])
    assert isinstance(found, Clash) == expected
    if isinstance(found, Clash):
        assert a.agrees(found, b)


def test_a_consumer_of_the_rows_above_can_share_the_loop_over_rows() -> None:
    rows = {"y": between(0, n), "x": between(0, m)}
    producer = Work(rows, (at(x, y, array="g"),))
    above = Work(rows, (at(x, y),), (at(x, y, array="g"), at(x + 1, y - 1, array="g")))
    below = Work(rows, (at(x, y),), (at(x, y + 1, array="g"),))
    assert fusion_clash(producer, above, [loop("y")]) is None
    found = fusion_clash(producer, below, [loop("y")])
    assert str(found) == (
        "iteration (y=1, x=0) writes g(0, 1), which iteration (y=0, x=0) reads when (m=0, n=1)"
    )


def test_a_shift_of_the_shared_loop_makes_room_for_a_consumer() -> None:
    rows = {"y": between(0, n)}
    producer, consumer = (
        Work(rows, (at(y, array="g"),)),
        Work(rows, (at(y),), (at(y + 1, array="g"),)),
    )
    assert fusion_clash(producer, consumer, [Axis("y", y, y + 1)]) is None
    assert isinstance(fusion_clash(producer, consumer, [Axis("y", y, y + 1, True)]), Clash) is False
    assert isinstance(fusion_clash(producer, consumer, [Axis("y", y, y, True)]), Clash)


def test_works_that_only_read_the_same_cells_do_not_clash() -> None:
    rows = {"y": between(0, n)}
    a, b = (
        Work(rows, (at(y),), (at(0, array="g"),)),
        Work(rows, (at(y, array="h"),), (at(0, array="g"),)),
    )
    assert fusion_clash(a, b, [loop("y", at_once=True)]) is None


def test_a_clash_names_the_least_iterations_and_the_cell() -> None:
    loops = {"x": between(0, n - 1), "y": between(0, m - 1)}
    found = order_clash(Work(loops, (at(x + y),)), [loop("x", at_once=True)])
    assert isinstance(found, Clash) and found.axis == "x"
    assert str(found) == ("iterations (x=0, y=1) and (x=1, y=0) both write f(1) when (m=2, n=2)")


def test_a_scan_clashes_with_its_own_reads() -> None:
    scan = Work({"x": between(1, n)}, (at(x),), (at(x - 1),))
    assert str(order_clash(scan, [loop("x", at_once=True)])) == (
        "iteration (x=1) writes f(1), which iteration (x=2) reads when (n=2)"
    )
    assert order_clash(scan, [loop("x")]) is None


def test_a_loop_around_keeps_iterations_apart() -> None:
    loops = {"y": between(0, 9), "x": between(0, 9)}
    work = Work(loops, (at(x),))
    assert order_clash(work, [loop("y"), loop("x", at_once=True)]) is None
    assert isinstance(order_clash(work, [loop("x"), loop("y", at_once=True)]), Clash)


def test_a_predicate_can_keep_iterations_apart() -> None:
    loops = {"x": between(0, 9), "y": between(0, 9)}
    work = Work(loops, (at(x + y),), predicate=y == 0)
    assert order_clash(work, [loop("x", at_once=True)]) is None


def test_a_cell_chosen_by_data_is_unproven_and_named() -> None:
    loops = {"x": between(0, 9), "y": between(0, 9)}
    bin = data(x, y)
    work = Work(loops, (at(bin, y),))
    assert order_clash(work, [loop("y", at_once=True)]) is None
    found = order_clash(work, [loop("x", at_once=True)])
    assert isinstance(found, Unproven) and found.culprit is bin


def test_data_at_one_place_is_one_value_unless_the_work_changes_it() -> None:
    loops = {"y": between(0, 9), "x": between(0, 3)}
    order = [loop("y"), loop("x", at_once=True)]
    assert order_clash(Work(loops, (at(data(y), x),)), order) is None
    assert order_clash(Work(loops, (at(data(y) // 8 + x),)), order) is None
    own = data(y, name="f")
    found = order_clash(Work(loops, (at(own // 8 + x),)), order)
    assert isinstance(found, Unproven)


def steps_needed(work: Work, axes: list[Axis], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many operations isl needs to answer."""

    def answers(steps: int) -> bool:
        with monkeypatch.context() as patched:
            patched.setattr(question, "_STEPS", steps)
            return not isinstance(order_clash(work, axes), Unproven)

    low, high = 0, 1 << 14
    assert answers(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if answers(middle) else (middle, high)
    return high


@pytest.mark.parametrize(
    ("write", "read", "axes"),
    [
        ((x, y), (x - 1, y + 1), [loop("x"), loop("y")]),
        ((x, y), (x - 1, y + 1), [loop("x", at_once=True)]),
        ((x * 2, y), (x * 2 + 1, y), [loop("x", at_once=True)]),
        ((x + y * 4,), (x + y * 4 + 7,), [loop("y"), loop("x", at_once=True)]),
    ],
)
def test_the_extents_do_not_matter_to_the_steps_of_isl(
    write: tuple[Expr, ...],
    read: tuple[Expr, ...],
    axes: list[Axis],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps, kinds = [], set()
    for extent in (10, 10**9):
        loops = {"y": between(0, extent - 1), "x": between(0, extent - 1)}
        work = Work(loops, (at(*write),), (at(*read),))
        kinds.add(type(order_clash(work, axes)))
        steps.append(steps_needed(work, axes, monkeypatch))
    assert len(kinds) == 1
    assert 0.8 < steps[0] / steps[1] < 1.25


def test_an_offset_that_is_not_known_is_a_parameter_of_the_clash() -> None:
    found = order_clash(
        Work({"x": between(0, 9)}, (at(x),), (at(x - n),)), [loop("x", at_once=True)]
    )
    assert isinstance(found, Clash) and found.parameters == {"n": 1}
    assert found.first["x"] == found.second["x"] - 1 == 0


def test_a_constant_is_a_cell_that_all_touch() -> None:
    found = order_clash(Work({"x": between(0, 9)}, (at(i32(3)),)), [loop("x", at_once=True)])
    assert str(found) == "iterations (x=0) and (x=1) both write f(3)"
