"""Symbolic intervals of expressions and boxes of what is read."""

from __future__ import annotations

import pytest

from halo.ir import expr as E
from halo.ir.expr import Call, CallKind, Expr, Variable, const, i32, i64
from halo.ir.function import Parameter
from halo.ir.interval import Interval, bounds_of, boxes_touched, intersect, refine, union
from halo.ir.intrinsics import intrinsic, likely
from halo.ir.stmt import For, ForKind, IfThenElse, LetStmt, Provide
from halo.ir.types import Float, Int, UInt

x, y, z, w, h = [Variable(Int(32), n) for n in "xyzwh"]
SCOPE = {"x": Interval(i32(0), i32(7)), "z": Interval(i32(0), w - 1), "o": Interval(None, None)}
"""x in [0, 7], z in [0, w - 1], o anything; y, w and h stand for themselves."""

o = Variable(Int(32), "o")
byte = E.Load(UInt(8), "a", i64(0))
word = E.Load(Int(32), "a", i64(0))
real = E.Load(Float(32), "a", i64(0))
p = Variable(Float(32), "p")


def f32(value: float) -> Expr:
    return const(Float(32), value)


def ranged(low: float, high: float) -> Expr:
    return Variable(Float(32), "q", Parameter("q", Float(32), min=low, max=high))


def clamp(e: Expr, low: Expr, high: Expr) -> Expr:
    return E.Max(E.Min(e, high), low)


CASES = [
    (y, "[y, y]"),
    (y * w + 3, "[y*w + 3, y*w + 3]"),
    (x + 1, "[1, 8]"),
    (x - z, "[1 - w, 7]"),
    (x * 2 - z * 3, "[3 - w*3, 14]"),
    (x * -2, "[-14, 0]"),
    (x - x, "[0, 0]"),
    (z * 8 + x, "[0, w*8 - 1]"),
    (x * y, "[min(y*7, 0), max(y*7, 0)]"),
    (x // 3, "[0, 2]"),
    (x // -3, "[-2, 0]"),
    (x // y, "[-7, 7]"),
    (z % 8, "[0, min(w - 1, 7)]"),
    ((x + 8) % 8, "[0, 7]"),
    ((y * 8 + x) % 8, "[0, 7]"),
    (o % 5, "[0, 4]"),
    (E.Min(o, i32(3)), "[-inf, 3]"),
    (clamp(o, i32(0), w - 1), "[0, max(w - 1, 0)]"),
    (clamp(word, i32(0), i32(9)), "[0, 9]"),
    (word, "[-inf, inf]"),
    (byte, "[uint8(0), uint8(255)]"),
    (E.Cast(Int(32), byte) + 1, "[1, 256]"),
    (byte + 1, "[uint8(0), uint8(255)]"),
    (byte // 2, "[uint8(0), uint8(127)]"),
    (E.Cast(UInt(8), x * 100), "[uint8(0), uint8(255)]"),
    (E.Cast(UInt(8), x * 10), "[uint8(0), uint8(70)]"),
    (E.Cast(Int(64), z), "[0, int64(w - 1)]"),
    (E.Select(y < 3, x, y), "[min(y, 0), max(y, 7)]"),
    (E.Let("t", x + 1, Variable(Int(32), "t") * 2), "[2, 16]"),
    (E.Ramp(x, i32(2), 4), "[0, 13]"),
    (E.Broadcast(x, 4), "[0, 7]"),
    (likely(x), "[0, 7]"),
    (intrinsic("promise_clamped", word, i32(0), w), "[0, w]"),
    (intrinsic("bitwise_and", word, i32(15)), "[0, 15]"),
    (intrinsic("shift_right", x * 4, i32(2)), "[0, 7]"),
    (intrinsic("shift_left", x, i32(2)), "[0, 28]"),
    (intrinsic("abs", x - 10), "[uint32(3), uint32(10)]"),
    (E.Cast(Int(32), clamp(real, f32(0.0), f32(255.5))), "[0, 255]"),
    (E.Cast(Int(32), real), "[-inf, inf]"),
    (
        E.Div(clamp(real, f32(-1.0), f32(2.0)), p),
        "[select(0.0f < p && p < inff, -1.0f/p, select(p < 0.0f && -inff < p, 2.0f/p, -inff)), "
        "select(0.0f < p && p < inff, 2.0f/p, select(p < 0.0f && -inff < p, -1.0f/p, inff))]",
    ),
    (
        E.Mul(clamp(real, f32(-1.0), f32(2.0)), p),
        "[select(0.0f < p && p < inff, p*-1.0f, select(p < 0.0f && -inff < p, p*2.0f, -inff)), "
        "select(0.0f < p && p < inff, p*2.0f, select(p < 0.0f && -inff < p, p*-1.0f, inff))]",
    ),
    (E.Div(p, clamp(real, f32(-1.0), f32(2.0))), "[-inf, inf]"),
    (E.Div(clamp(real, f32(-1.0), f32(2.0)), ranged(0.5, 4.0)), "[-1.0f/q, 2.0f/q]"),
    (E.Mul(clamp(real, f32(-1.0), f32(2.0)), ranged(-4.0, -0.5)), "[q*2.0f, q*-1.0f]"),
    (
        E.Div(clamp(real, f32(-1.0), f32(2.0)), ranged(0.0, 4.0)),
        "[select(0.0f < q && q < inff, -1.0f/q, select(q < 0.0f && -inff < q, 2.0f/q, -inff)), "
        "select(0.0f < q && q < inff, 2.0f/q, select(q < 0.0f && -inff < q, -1.0f/q, inff))]",
    ),
    (E.Cast(Int(32), E.Mul(E.Cast(Float(32), x), f32(0.5))), "[0, 3]"),
    (E.Cast(Int(32), intrinsic("floor", E.Cast(Float(32), x) - 0.5)), "[-1, 6]"),
]


@pytest.mark.parametrize(("e", "text"), CASES, ids=[str(e) for e, _ in CASES])
def test_the_bounds_of_an_expression_are_small_and_tight(e: Expr, text: str) -> None:
    assert str(bounds_of(e, SCOPE)) == text


def test_unions_and_intersections_are_simplified() -> None:
    a, b = Interval(y, y + 3), Interval(y + 1, y + 5)
    assert str(union(a, b)) == "[y, y + 5]"
    assert str(intersect(a, b)) == "[y + 1, y + 3]"
    assert str(union(a, Interval(None, y))) == "[-inf, y + 3]"
    assert str(intersect(a, Interval(None, y))) == "[y, y]"


def read(*args: Expr) -> Expr:
    return Call(Int(32), "g", args, CallKind.FUNC)


def boxes(node: object, **kwargs: bool) -> dict[str, str]:
    found = boxes_touched(node, SCOPE, **kwargs)  # type: ignore[arg-type]
    return {n: " x ".join([str(i) for i in box]) for n, box in found.items()}


def test_the_box_of_a_stencil_holds_all_its_cells() -> None:
    assert boxes(read(x - 1, z) + read(x + 1, z + 2)) == {"g": "[-1, 8] x [0, w + 1]"}


def test_an_index_that_is_read_bounds_a_gather_by_its_clamp() -> None:
    index = E.Max(E.Min(read(x), w - 1), i32(0))
    image = Call(Int(32), "im", (index,), CallKind.IMAGE)
    assert boxes(image) == {"g": "[0, 7]", "im": "[0, max(w - 1, 0)]"}


def test_branches_of_a_select_count_whole_unless_asked() -> None:
    e = E.Select(x < 3, read(x), i32(0))
    assert boxes(e) == {"g": "[0, 7]"}
    assert boxes(e, refine_selects=True) == {"g": "[0, 2]"}


def test_predicates_and_branches_narrow_what_is_read() -> None:
    s = Provide("f", (read(x),), (x,), x < 5)
    assert boxes(s) == {"g": "[0, 4]"}
    assert boxes(IfThenElse(x >= 2, s)) == {"g": "[2, 4]"}


def test_loops_and_lets_inside_a_statement_bound_their_variables() -> None:
    i, t = Variable(Int(32), "i"), Variable(Int(32), "t")
    body = LetStmt("t", i * 2, Provide("f", (read(t, i + x),), (i,)))
    assert boxes(For("i", y, h, ForKind.SERIAL, body)) == {
        "g": "[y*2, h*2 + y*2 - 2] x [y, h + y + 6]"
    }


def test_a_condition_narrows_the_variables_it_is_linear_in() -> None:
    found = refine(SCOPE, E.And(x * 2 < y, likely(z >= y)))
    assert str(found["x"]) == "[0, min((y + 1)/2 - 1, 7)]"
    assert str(found["z"]) == "[max(y, 0), w - 1]"
    assert found["o"] is SCOPE["o"]


def test_a_shift_to_the_right_leaves_few_bits_of_anything() -> None:
    word, signed = Variable(UInt(32), "word"), Variable(Int(32), "signed")
    scope = {"word": Interval(None, None), "signed": Interval(None, None)}
    assert str(bounds_of(word >> 8, scope)) == "[uint32(0), uint32(16777215)]"
    assert str(bounds_of(signed >> 28, scope)) == "[-8, 7]"
    assert str(bounds_of(signed >> 0, scope)) == "[-inf, inf]"
