"""Random integer expressions: simplify keeps their values, bounds_of holds them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halo.ir import expr as E
from halo.ir.expr import Expr, Variable, as_const, const, i32
from halo.ir.function import Parameter
from halo.ir.interval import Interval, bounds_of
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import euclid_div, euclid_mod
from halo.ir.simplify import simplify
from halo.ir.types import Int, Type, UInt

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
I32 = Int(32)
NARROW = [UInt(8), Int(16), UInt(16)]
RANGES = {"x": (0, 7), "y": (-5, 9), "z": (3, 3), "u": (-40, 40)}
TIED = {"v": ("u", 0, 6)}  # v lies in [u, u + 6]

OPERATORS: dict[type[Expr], Any] = {
    E.Add: lambda a, b: a + b,
    E.Sub: lambda a, b: a - b,
    E.Mul: lambda a, b: a * b,
    E.Div: euclid_div,
    E.Mod: euclid_mod,
    E.Min: min,
    E.Max: max,
}
COMPARISONS: dict[type[Expr], Any] = {
    E.LT: lambda a, b: a < b,
    E.LE: lambda a, b: a <= b,
    E.GT: lambda a, b: a > b,
    E.GE: lambda a, b: a >= b,
    E.EQ: lambda a, b: a == b,
    E.NE: lambda a, b: a != b,
}


def shift_left(t: Type, x: int, n: int) -> int:
    return x << n if 0 <= n < t.bits() else 0


INTRINSICS: dict[str, Any] = {
    "bitwise_and": lambda t, a, b: a & b,
    "bitwise_or": lambda t, a, b: a | b,
    "bitwise_xor": lambda t, a, b: a ^ b,
    "bitwise_not": lambda t, a: ~a,
    "shift_left": shift_left,
    "shift_right": lambda t, a, n: a >> min(n, t.bits()),
    "likely": lambda t, a: a,
    "absd": lambda t, a, b: abs(a - b),
}


def evaluate(e: Expr, values: Mapping[str, int]) -> int:
    """Return the value of the scalar integer expression `e`."""
    if isinstance(e, E.IntImm):
        return e.value
    if isinstance(e, Variable):
        return values[e.name]
    if isinstance(e, E.Let):
        return evaluate(e.body, {**values, e.name: evaluate(e.value, values)})
    args = [evaluate(c, values) for c in e.children()]
    if isinstance(e, E.Call):
        return e.type.wrap(INTRINSICS[e.name](e.type, *args))
    if isinstance(e, E.Cast):
        return e.type.wrap(args[0])
    if isinstance(e, E.Select):
        return args[1] if args[0] else args[2]
    if isinstance(e, E.And):
        return args[0] & args[1]
    if isinstance(e, E.Or):
        return args[0] | args[1]
    if isinstance(e, E.Not):
        return 1 - args[0]
    if type(e) in COMPARISONS:
        return int(COMPARISONS[type(e)](*args))
    return e.type.wrap(OPERATORS[type(e)](*args))


def parameter(name: str, type: Type) -> Variable:
    return Variable(type, name, Parameter(name, type))


def index_leaves() -> st.SearchStrategy[Expr]:
    names = st.sampled_from([*RANGES, *TIED])
    return st.one_of(names.map(lambda n: Variable(I32, n)), st.integers(-9, 40).map(i32))


def data_leaves(t: Type) -> st.SearchStrategy[Expr]:
    names = st.sampled_from([f"{t}.p", f"{t}.q"])
    low, high = t.min_value, t.max_value
    numbers = st.one_of(st.integers(0, 9), st.sampled_from([low, high, high // 3]))
    return st.one_of(names.map(lambda n: parameter(n, t)), numbers.map(lambda v: const(t, v)))


@st.composite
def integers_of(draw: Any, t: Type, depth: int, index: bool) -> Expr:
    """An integer expression of type `t`; made of index leaves only, or of data as well."""
    if depth == 0:
        return draw(index_leaves() if index else data_leaves(t))
    sub = integers_of(t, depth - 1, index)
    kind = draw(st.integers(0, 13))
    if kind < 7:
        cls = draw(st.sampled_from(list(OPERATORS)))
        b = draw(sub)
        if index and cls is E.Mul:
            b = i32(draw(st.integers(-4, 9)))
        elif cls in (E.Div, E.Mod) and draw(st.booleans()):
            b = const(t, draw(st.integers(1, 12)))
        return cls(draw(sub), b)  # type: ignore[call-arg]
    if kind == 7:
        return draw(integers_of(t, depth - 1, index))
    if kind == 8:
        return E.Select(draw(conditions(t, depth - 1, index)), draw(sub), draw(sub))
    if kind == 9:
        other = draw(st.sampled_from(NARROW if index else [*NARROW, I32]))
        return E.Cast(t, draw(integers_of(other, depth - 1, False)))
    if kind == 10:
        return intrinsic("likely", draw(sub))
    if kind == 11 and not index:
        name = draw(st.sampled_from(["bitwise_and", "bitwise_or", "bitwise_xor"]))
        return intrinsic(name, draw(sub), draw(sub))
    if kind == 12 and not index:
        name = draw(st.sampled_from(["shift_left", "shift_right"]))
        return intrinsic(name, draw(sub), const(t, draw(st.integers(0, t.bits() - 1))))
    value = draw(sub)
    name = draw(st.sampled_from(["a", "b"]))
    body = draw(sub)
    return E.Let(name, value, E.Add(body, Variable(t, name)))


@st.composite
def conditions(draw: Any, t: Type, depth: int, index: bool) -> Expr:
    """A scalar condition over integers of type `t`."""
    sub = integers_of(t, depth, index)
    kind = draw(st.integers(0, 6))
    if depth > 0 and kind < 2:
        inner = conditions(t, depth - 1, index)
        return draw(st.sampled_from([E.And, E.Or]))(draw(inner), draw(inner))
    if depth > 0 and kind == 2:
        return E.Not(draw(conditions(t, depth - 1, index)))
    return draw(st.sampled_from(list(COMPARISONS)))(draw(sub), draw(sub))


def scope() -> dict[str, Interval]:
    found = {n: Interval(i32(a), i32(b)) for n, (a, b) in RANGES.items()}
    for name, (base, low, high) in TIED.items():
        root = Variable(I32, base)
        found[name] = Interval(E.Add(root, i32(low)), E.Add(root, i32(high)))
    return found


@st.composite
def assignments(draw: Any) -> dict[str, int]:
    values = {n: draw(st.integers(a, b)) for n, (a, b) in RANGES.items()}
    for name, (base, low, high) in TIED.items():
        values[name] = values[base] + draw(st.integers(low, high))
    for t in [*NARROW, I32]:
        for n in ("p", "q"):
            ends = st.sampled_from([t.min_value, t.max_value])
            values[f"{t}.{n}"] = draw(st.one_of(st.integers(t.min_value, t.max_value), ends))
    return values


INDEX = st.one_of(integers_of(I32, 3, True), conditions(I32, 3, True))
DATA = st.sampled_from([*NARROW, I32]).flatmap(
    lambda t: st.one_of(integers_of(t, 3, False), conditions(t, 2, False))
)


def check_same(e: Expr, made: Expr, values: Mapping[str, int]) -> None:
    before, after = evaluate(e, values), evaluate(made, values)
    assert before == after, f"{e}\n  became {made}\n  {before} != {after}"


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(INDEX, st.lists(assignments(), min_size=3, max_size=3))
def test_simplified_index_expressions_keep_their_value(e: Expr, points: list[Any]) -> None:
    made = simplify(e, scope())
    for values in points:
        check_same(e, made, values)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(DATA, st.lists(assignments(), min_size=3, max_size=3))
def test_simplified_data_keeps_its_value_even_where_it_wraps(e: Expr, points: list[Any]) -> None:
    made = simplify(e, scope())
    for values in points:
        check_same(e, made, values)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(integers_of(I32, 3, True), st.lists(assignments(), min_size=3, max_size=3))
def test_bounds_hold_every_value_of_an_index_expression(e: Expr, points: list[Any]) -> None:
    found = bounds_of(e, {n: i for n, i in scope().items() if n != "u"})
    for values in points:
        check_within(e, found, values)


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(st.sampled_from(NARROW).flatmap(lambda t: integers_of(t, 3, False)), assignments())
def test_bounds_hold_every_value_of_narrow_data(e: Expr, values: dict[str, int]) -> None:
    check_within(e, bounds_of(e, {}), values)


def check_within(e: Expr, i: Interval, values: Mapping[str, int]) -> None:
    value = evaluate(e, values)
    if i.min is not None:
        assert evaluate(i.min, values) <= value, f"{e} = {value} is below {i}"
    if i.max is not None:
        assert value <= evaluate(i.max, values), f"{e} = {value} is above {i}"


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=SLOW)
@given(INDEX)
def test_simplify_is_done_after_one_run_on_most_and_never_grows(e: Expr) -> None:
    once = simplify(e, scope())
    twice = simplify(once, scope())
    assert len(str(twice)) <= len(str(once))
    assert as_const(once) is None or twice is once
