"""isl's answers agree with trying every point of a small domain."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halo.ir.expr import (
    TRUE,
    Call,
    CallKind,
    Cast,
    Div,
    Expr,
    IntImm,
    Let,
    Max,
    Min,
    Mod,
    Mul,
    Select,
    Variable,
    i32,
)
from halo.ir.function import Parameter
from halo.ir.interval import Interval
from halo.ir.intrinsics import intrinsic, likely
from halo.ir.operators import euclid_div, euclid_mod
from halo.ir.types import Bool, Float, Int, UInt
from halo.polyhedral import (
    Affine,
    affine_from_expr,
    always_true,
    image_box,
)


def var(name: str) -> Variable:
    return Variable(Int(32), name)


def between(low: int | Expr, high: int | Expr) -> Interval:
    return Interval(
        i32(low) if isinstance(low, int) else low, i32(high) if isinstance(high, int) else high
    )


def data(*args: Expr, type: Any = Int(32)) -> Call:
    """A cell of an input: any value of its type."""
    return Call(type, "in", args, CallKind.IMAGE)


x, y, n, m = var("x"), var("y"), var("n"), var("m")

EVALUATE: dict[str, Callable[..., Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": euclid_div,
    "Mod": euclid_mod,
    "Min": min,
    "Max": max,
    "LT": lambda a, b: a < b,
    "LE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GE": lambda a, b: a >= b,
    "EQ": lambda a, b: a == b,
    "NE": lambda a, b: a != b,
    "And": lambda a, b: a and b,
    "Or": lambda a, b: a or b,
    "Not": lambda a: not a,
    "Select": lambda c, a, b: a if c else b,
}


def evaluate(e: Expr, values: Mapping[str, int]) -> Any:
    if isinstance(e, IntImm):
        return e.value
    if isinstance(e, Variable):
        return values[e.name]
    return EVALUATE[type(e).__name__](*[evaluate(c, values) for c in e.children()])


SIZES = {"x": range(-3, 5), "y": range(0, 6)}
RANGES = {"x": between(-3, 4), "y": between(0, 5)}


def points() -> Iterator[dict[str, int]]:
    for values in itertools.product(*SIZES.values()):
        yield dict(zip(SIZES, values, strict=True))


small = st.integers(-7, 7).map(i32)
integers = st.recursive(
    st.sampled_from([x, y]) | small,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] + p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] - p[1]),
        st.tuples(inner, small).map(lambda p: Mul(*p)),
        st.tuples(inner, small).map(lambda p: Div(*p)),
        st.tuples(inner, small).map(lambda p: Mod(*p)),
        st.tuples(inner, inner).map(lambda p: Min(*p)),
        st.tuples(inner, inner).map(lambda p: Max(*p)),
        st.tuples(inner, inner, inner, inner).map(lambda p: Select(p[0] < p[1], p[2], p[3])),
    ),
    max_leaves=6,
)
comparisons = st.tuples(integers, integers, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]))
COMPARE: dict[str, Callable[[Expr, Expr], Expr]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
conditions = st.recursive(
    comparisons.map(lambda p: COMPARE[p[2]](p[0], p[1])),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: p[0] & p[1]),
        st.tuples(inner, inner).map(lambda p: p[0] | p[1]),
        inner.map(lambda c: ~c),
    ),
    max_leaves=3,
)


@settings(max_examples=150)
@given(conditions)
def test_a_condition_is_always_true_exactly_when_it_holds_at_every_point(condition: Expr) -> None:
    answer = always_true(condition, RANGES)
    if answer is not None:  # only if the question was too hard
        assert answer == all(evaluate(condition, p) for p in points())


@settings(max_examples=100)
@given(integers)
def test_the_image_of_a_domain_is_bounded_by_its_least_and_greatest_value(e: Expr) -> None:
    (box,) = image_box((e,), RANGES)
    if box is not None:
        values = [evaluate(e, p) for p in points()]
        assert box.min is not None and box.max is not None
        assert (evaluate(box.min, {}), evaluate(box.max, {})) == (min(values), max(values))


@settings(max_examples=60)
@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(1, 4), st.integers(-4, 4))
def test_an_image_with_symbolic_ends_is_exact_for_every_value_of_them(
    a: int, b: int, divisor: int, low: int
) -> None:
    e = (x * a + y * b) // divisor
    (box,) = image_box((e,), {"x": between(n, m), "y": between(n, n + 2)})
    assert box is not None and box.min is not None and box.max is not None
    for high in range(low, low + 4):
        ends = {"n": low, "m": high}
        values = [
            evaluate(e, {"x": i, "y": j}) for i in range(low, high + 1) for j in range(low, low + 3)
        ]
        assert evaluate(box.min, ends) == min(values)
        assert evaluate(box.max, ends) == max(values)


def test_a_condition_is_proven_over_symbolic_ranges() -> None:
    tile = {"xo": between(0, (n + 7) // 8 - 1), "xi": between(0, 7), "n": Interval(i32(8), None)}
    shifted = Min(var("xo") * 8, n - 8) + var("xi")
    assert always_true((shifted >= 0) & (shifted < n), tile) is True
    assert always_true(var("xo") * 8 + var("xi") < n, tile) is False


def test_the_extents_do_not_matter_to_the_cost() -> None:
    huge = {"x": between(0, 2_000_000_000), "y": between(0, 2_000_000_000)}
    assert always_true(x % 7 + y % 5 <= 10, huge) is True


def test_data_that_is_not_affine_is_an_unknown_of_its_type() -> None:
    pixel = Cast(Int(32), data(x, type=UInt(8)))
    assert always_true((pixel >= 0) & (pixel <= 255), {}) is True
    assert always_true(pixel - pixel == 0, {}) is True
    assert always_true(pixel < 255, {}) is None
    assert always_true(x * y >= 0, {"x": between(0, 3), "y": between(0, 3)}) is None


def test_data_may_wrap_and_indices_may_not() -> None:
    assert always_true(x + 1 > x, {}) is True
    pixel = data(x)
    assert always_true(pixel + 1 > pixel, {}) is None
    clamped = Max(Min(pixel, n), i32(0))
    assert always_true(clamped + 1 > clamped, {}) is True


def test_a_parameter_wraps_unless_its_range_is_known() -> None:
    p = Variable(Int(32), "p", Parameter("p", Int(32)))
    assert always_true(p + 1 > p, {}) is None
    assert always_true(p + 1 > p, {"p": between(0, 100)}) is True


def test_marks_and_promises_are_seen_through() -> None:
    promised = intrinsic("promise_clamped", data(x), i32(0), n)
    assert always_true(likely(promised <= n), {"n": Interval(i32(0), None)}) is True


def test_a_let_stands_for_its_value() -> None:
    inside = Let("t", x + 1, Let("x", var("t") * 2, var("x") - var("t")))
    assert always_true(inside == x + 1, {}) is True


def test_bools_are_conditions() -> None:
    flag = Variable(Bool(), "flag")
    assert always_true(flag | ~flag, {}) is True
    assert always_true(flag, {}) is False
    assert always_true(TRUE, {}) is True
    assert always_true(Select(flag, x, x + 1) >= x, {}) is True


@pytest.mark.parametrize("e", [data(x, type=Float(32)) < data(y, type=Float(32))])
def test_a_condition_on_floats_is_not_known(e: Expr) -> None:
    assert always_true(e, {}) is None


def test_an_affine_expression_is_its_constant_and_terms() -> None:
    assert affine_from_expr((x + 2) * 3 - y, {"x", "y"}) == Affine(6, {"x": 3, "y": -1})
    assert affine_from_expr((x * 4 + 8) // 4, {"x"}) == Affine(2, {"x": 1})
    assert affine_from_expr(x - x, {"x"}) == Affine(0, {})


@pytest.mark.parametrize("e", [x // 2, x * y, x + n, data(x), Min(x, y)], ids=str)
def test_what_is_not_affine_in_the_variables_has_no_terms(e: Expr) -> None:
    assert affine_from_expr(e, {"x", "y"}) is None


@settings(max_examples=60)
@given(integers, conditions)
def test_a_condition_narrows_the_image_to_the_points_where_it_holds(e: Expr, where: Expr) -> None:
    (box,) = image_box((e,), RANGES, where)
    values = [evaluate(e, p) for p in points() if evaluate(where, p)]
    if box is not None:
        assert box.min is not None and box.max is not None
        assert (evaluate(box.min, {}), evaluate(box.max, {})) == (min(values), max(values))


def test_an_image_without_bounds_is_none() -> None:
    assert image_box((x, data(x)), {"x": Interval(i32(0), None)}) == (None, None)


def test_too_hard_a_question_is_not_answered() -> None:
    names = [var(f"v{i}") for i in range(40)]
    e: Expr = i32(0)
    for i, v in enumerate(names):
        e = Max(e, v * (i + 2) // 7 + Min(v, names[i - 1] % 5))
    assert always_true(e >= 5, {}) is None
