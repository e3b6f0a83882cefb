"""What simplify makes of small expressions: a table of rules by example."""

from __future__ import annotations

import pytest

from halo.ir import expr as E
from halo.ir.cross_lane import ReduceOp, Shuffle, VectorReduce
from halo.ir.expr import Expr, Variable, const, i32
from halo.ir.function import Parameter
from halo.ir.intrinsics import intrinsic, likely
from halo.ir.ranges import Interval
from halo.ir.simplify import can_prove, simplify
from halo.ir.types import Bool, Float, Int, Type, UInt

x, y, z, w, h = [Variable(Int(32), n) for n in "xyzwh"]
b, c = Variable(Bool(), "b"), Variable(Bool(), "c")
f, g = Variable(Float(32), "f"), Variable(Float(32), "g")
stride = Variable(Int(64), "stride")

SCOPE = {"x": Interval(i32(0), i32(7)), "z": Interval(i32(0), w - 1)}
"""x in [0, 7], z in [0, w - 1]; y, w and h are any indices."""


def data(name: str, type: Type) -> Variable:
    return Variable(type, name, Parameter(name, type))


p, q = data("p", Int(32)), data("q", Int(32))
u, v = data("u", UInt(8)), data("v", UInt(8))


def ramp(base: Expr, stride: int = 1, lanes: int = 8) -> Expr:
    return E.Ramp(base, const(base.type, stride), lanes)


def f32(value: float) -> Expr:
    return const(Float(32), value)


SUMS = [
    (y + 3 - y, "3"),
    (y + w - y, "w"),
    (y * 2 + 3 * y, "y*5"),
    (y - (y - 3), "3"),
    ((y + 3) + (w + 4), "w + y + 7"),
    (3 + y, "y + 3"),
    (w - y + y, "w"),
    (0 - y, "0 - y"),
    ((y + 3) * 8, "y*8 + 24"),
    (y * 8 * 4, "y*32"),
    (y * 0, "0"),
    (y * 1, "y"),
    (y // 8 * 8 + y % 8, "y"),
    (y - y // 8 * 8, "y%8"),
    (y + x * 16 + 2, "x*16 + y + 2"),
    (p + q - p, "q"),
    (p + p, "p*2"),
    (u + v - u, "v"),
]

QUOTIENTS = [
    ((y * 8 + 3) // 8, "y"),
    ((y * 8 + x) // 8, "y"),
    ((y * 8 + w) // 8, "w/8 + y"),
    ((y * 4) // 8, "y/2"),
    ((y * 8) // 4, "y*2"),
    ((y + 16) // 8, "y/8 + 2"),
    ((y // 4) // 8, "y/32"),
    ((y // 4 + 3) // 2, "(y + 4)/8 + 1"),
    (x // 8, "0"),
    ((p * 8) // 8, "p*8/8"),
    ((p // 4) // 8, "p/32"),
    (y // 1, "y"),
    (E.Div(y, i32(0)), "0"),
    ((y * 8 + x) % 8, "x"),
    ((y * 8 + w) % 8, "w%8"),
    (x % 8, "x"),
    ((y % 16) % 8, "y%8"),
    ((y * 4 + 1) % 8, "y%2*4 + 1"),
    (y % 1, "0"),
    ((p * 8) % 8, "p*8%8"),
]

MINIMA = [
    (E.Min(y, y + 3), "y"),
    (E.Max(y, y + 3), "y + 3"),
    (E.Min(E.Min(y, i32(4)), i32(7)), "min(y, 4)"),
    (E.Max(E.Min(y, i32(4)), i32(7)), "7"),
    (E.Max(y + 2, w + 2), "max(y, w) + 2"),
    (E.Min(y, y + z), "y"),
    (E.Min(y, y + x), "y"),
    (E.Min(z, w - 1), "z"),
    (E.Min(i32(4), y), "min(y, 4)"),
    (E.Min(y, y), "y"),
    (E.Max(f, f), "f"),
    (E.Min(p, p + 3), "min(p, p + 3)"),
    (E.Min(E.Min(y, w), y), "min(y, w)"),
]

CONDITIONS = [
    (y + 3 < y + 5, "true"),
    (y + 1 < 4, "y < 3"),
    (y > w, "w < y"),
    (y >= w, "w <= y"),
    (y * 8 < w * 8 + 3, "y <= w"),
    (y * 2 < 7, "y < 4"),
    (y - 3 < w, "y < w + 3"),
    (E.LT(i32(3), y), "3 < y"),
    (x < 8, "true"),
    (x > 7, "false"),
    (z < w, "true"),
    ((y + 7) // 8 * 8 >= y, "true"),
    (E.Min(y, w) <= w, "true"),
    (E.Max(E.Min(y, w), i32(0)) >= 0, "true"),
    (E.EQ(y * 2, w * 2 + 1), "false"),
    (E.EQ(p + 3, p + 3), "true"),
    (p + 1 < p + 2, "p + 1 < p + 2"),
    (u + 1 < u + 2, "u + uint8(1) < u + uint8(2)"),
    (E.And(x < 3, x < 5), "x < 3"),
    (E.Or(x < 3, x < 5), "x < 5"),
    (E.And(y < 3, y >= 3), "false"),
    (E.Or(y < 3, y >= 3), "true"),
    (E.And(b, E.TRUE), "b"),
    (E.Not(E.Not(b)), "b"),
    (E.Not(y < w), "w <= y"),
    (E.Not(f < g), "!(f < g)"),
    (E.Select(y < y + 1, y, w), "y"),
    (E.Select(b, y, y), "y"),
    (E.Select(E.Not(b), y, w), "select(b, w, y)"),
    (E.Select(b, E.TRUE, c), "b || c"),
    (likely(x < 8), "true"),
]

FLOATS = [
    (f * 1.0, "f"),
    (f + 0.0, "f + 0.0f"),
    (f + -0.0, "f"),
    (f - 0.0, "f"),
    (f * 0.0, "f*0.0f"),
    (f - f, "f - f"),
    (E.Add(f32(1.5), f32(2.0)), "3.5f"),
    (E.Mul(f32(0.1), f32(0.1)), "0.010000000707805157f"),
    (E.Div(f32(1.0), f32(0.0)), "1.0f/0.0f"),
    (intrinsic("floor", f32(-1.5)), "-2.0f"),
]

CASTS = [
    (E.Cast(Int(32), const(UInt(8), 200)), "200"),
    (E.Cast(UInt(8), i32(300)), "uint8(44)"),
    (E.Cast(Int(32), f32(-2.7)), "-2"),
    (E.Cast(UInt(8), f32(300.0)), "uint8(255)"),
    (E.Cast(Int(64), E.Cast(Int(32), u)), "int64(u)"),
    (E.Cast(UInt(8), E.Cast(Int(32), u)), "u"),
    (E.Cast(Int(32), E.Cast(UInt(8), p)), "int32(uint8(p))"),
    (E.Cast(UInt(8), E.Cast(UInt(16), p)), "uint8(p)"),
]

VECTORS = [
    (E.Add(E.Broadcast(y, 8), E.Broadcast(w, 8)), "x8(w + y)"),
    (E.Add(ramp(y), E.Broadcast(w, 8)), "ramp(w + y, 1, 8)"),
    (E.Mul(ramp(y), E.Broadcast(i32(3), 8)), "ramp(y*3, 3, 8)"),
    (E.Div(ramp(y * 8), E.Broadcast(i32(8), 8)), "x8(y)"),
    (E.Mod(ramp(y * 8), E.Broadcast(i32(8), 8)), "ramp(0, 1, 8)"),
    (E.Div(ramp(y * 8, 8), E.Broadcast(i32(8), 8)), "ramp(y, 1, 8)"),
    (E.Div(ramp(y), E.Broadcast(i32(8), 8)), "ramp(y, 1, 8)/x8(8)"),
    (E.LT(ramp(i32(0)), E.Broadcast(i32(8), 8)), "x8(true)"),
    (E.LT(ramp(z), E.Broadcast(w + 7, 8)), "x8(true)"),
    (E.LT(ramp(y), E.Broadcast(w, 8)), "ramp(y, 1, 8) < x8(w)"),
    (E.Ramp(y, i32(0), 4), "x4(y)"),
    (E.Cast(Int(64, 8), ramp(y)), "ramp(int64(y), 1, 8)"),
    (Shuffle((ramp(y),), (2, 4, 6)), "ramp(y + 2, 2, 3)"),
    (VectorReduce(ReduceOp.ADD, E.Broadcast(y, 8), 1), "y*8"),
]

LETS = [
    (E.Let("a", y + 1, Variable(Int(32), "a") * 2), "y*2 + 2"),
    (E.Let("a", y * w * h, i32(3)), "3"),
    (E.Let("a", y * w * h, Variable(Int(32), "a") + 1), "y*w*h + 1"),
    (E.Let("y", y + 1, E.Let("y", y + 1, y)), "y + 2"),
]

DATA_BITS = [
    (intrinsic("bitwise_and", u, const(UInt(8), 255)), "u"),
    (intrinsic("bitwise_or", u, const(UInt(8), 0)), "u"),
    (intrinsic("shift_left", i32(3), i32(2)), "12"),
    (intrinsic("promise_clamped", p, i32(0), w), "promise_clamped(p, 0, w)"),
]

ALL = [
    *SUMS,
    *QUOTIENTS,
    *MINIMA,
    *CONDITIONS,
    *FLOATS,
    *CASTS,
    *VECTORS,
    *LETS,
    *DATA_BITS,
]


@pytest.mark.parametrize(("e", "text"), ALL, ids=[str(e) for e, _ in ALL])
def test_an_expression_becomes_its_simple_form(e: Expr, text: str) -> None:
    assert str(simplify(e, SCOPE)) == text


@pytest.mark.parametrize(("e", "text"), ALL, ids=[str(e) for e, _ in ALL])
def test_the_simple_form_is_left_as_the_same_object(e: Expr, text: str) -> None:
    once = simplify(e, SCOPE)
    assert simplify(once, SCOPE) is once


def test_a_condition_that_may_fail_is_not_proved() -> None:
    assert not can_prove(y < w)
    assert can_prove(y < w + 1, {"y": Interval(None, w)})


def test_data_that_may_wrap_is_not_taken_for_an_index() -> None:
    assert not can_prove(p < p + 1)
    assert can_prove(y < y + 1)


def test_narrow_sums_are_compared_once_widening_shows_that_they_do_not_wrap() -> None:
    wide = E.Cast(Int(32), u)
    assert can_prove(wide + 1 > wide)
    assert not can_prove(u + 1 > u)


def test_bounds_of_outer_loops_reach_inner_ones() -> None:
    scope = {"y": Interval(i32(0), h - 1), "x": Interval(y * 8, y * 8 + 7)}
    assert can_prove(x < h * 8, scope)
    assert can_prove(x >= 0, scope)


def test_a_value_promised_to_be_clamped_lies_in_its_range() -> None:
    assert can_prove(intrinsic("promise_clamped", p, i32(0), w - 1) < w)


def test_a_shared_expression_of_great_depth_is_simplified_in_linear_time() -> None:
    e: Expr = data("p", Int(32))
    for _ in range(200):
        e = E.Max(e * e, e)
    assert simplify(e) is not None


def test_a_long_sum_is_simplified_without_exhausting_the_stack() -> None:
    e: Expr = i32(0)
    for i in range(3000):
        e = E.Add(e, data(f"p{i}", Int(32)))
    assert simplify(e) is not None
