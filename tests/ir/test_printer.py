"""The text form of the IR."""

from __future__ import annotations

import pytest

from halo.ir import expr as E
from halo.ir.cross_lane import ReduceOp, Shuffle, VectorReduce
from halo.ir.expr import Call, CallKind, Expr, Variable, const, i32, i64
from halo.ir.growing import Grow, Growing
from halo.ir.printer import to_text
from halo.ir.stmt import (
    Allocate,
    AssertStmt,
    Block,
    ErrorCode,
    Evaluate,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    MemoryType,
    ProducerConsumer,
    Provide,
    Realize,
    Stmt,
    Store,
)
from halo.ir.types import Bool, Float, Int, UInt

x, y = Variable(Int(32), "x"), Variable(Int(32), "y")
b = Variable(Bool(), "b")

EXPRS = [
    (x + y * 3, "x + y*3"),
    ((x + y) * 3, "(x + y)*3"),
    (x - (y - 2), "x - (y - 2)"),
    (x - y - 2, "x - y - 2"),
    (x * (y // 4), "x*(y/4)"),
    (x // 4 % 3, "x/4%3"),
    (E.And(E.Or(b, x < y), E.Not(b)), "(b || x < y) && !b"),
    (E.Or(E.And(b, b), b), "b && b || b"),
    (E.Not(x < y), "!(x < y)"),
    (E.Min(x, E.Max(y, i32(0))), "min(x, max(y, 0))"),
    (E.Select(b, x, y), "select(b, x, y)"),
    (E.TRUE, "true"),
    (i64(7), "7"),
    (const(UInt(8), 7), "uint8(7)"),
    (const(Float(32), 0.5), "0.5f"),
    (const(Float(64), 0.5), "0.5"),
    (const(Float(16), 0.5), "float16(0.5)"),
    (E.Cast(UInt(8), x + 1), "uint8(x + 1)"),
    (E.Reinterpret(Float(32), x), "reinterpret<float32>(x)"),
    (E.Ramp(x, i32(1), 8), "ramp(x, 1, 8)"),
    (E.Broadcast(x, 8), "x8(x)"),
    (Shuffle((E.Ramp(x, i32(1), 4),), (0, 2)), "shuffle(ramp(x, 1, 4); 0, 2)"),
    (VectorReduce(ReduceOp.ADD, E.Broadcast(x, 8), 2), "reduce_add<2>(x8(x))"),
    (E.Let("t", x, Variable(Int(32), "t") + 1), "let t = x in t + 1"),
    (E.Let("t", i64(1), y), "let t: int64 = 1 in y"),
    (E.Let("t", x, y) + 1, "(let t = x in y) + 1"),
    (E.Load(Float(32), "f", i64(3)), "f[3]"),
    (E.Load(Float(32), "f", i64(3), b) * 2.0, "(f[3] if b)*2.0f"),
    (Call(Int(32), "f", (x, y), CallKind.FUNC), "f(x, y)"),
    (Call(Int(32), "f", (x, y), CallKind.FUNC, value_index=1), "f(x, y).1"),
]


@pytest.mark.parametrize(("e", "text"), EXPRS, ids=[t for _, t in EXPRS])
def test_an_expression_is_printed_with_the_parentheses_it_needs(e: Expr, text: str) -> None:
    assert str(e) == text
    assert repr(e) == text


def test_a_loop_nest_is_printed_as_loops() -> None:
    write = Provide("f", (x + y,), (x, y))
    rows = For("x", i32(0), i32(16), ForKind.VECTORIZED, write, "f.vectorize(x, 16)")
    low, size = Variable(Int(32), "f.y.min"), Variable(Int(32), "h")
    nest = For("y", low, size, ForKind.PARALLEL, rows)
    s: Stmt = Realize("f", (Int(32),), ((i32(0), i32(16)), (low, size)), nest)
    s = LetStmt("f.y.min", y - 1, ProducerConsumer("f", True, s))
    assert to_text(s) == (
        "let f.y.min = y - 1\n"
        "produce f:\n"
        "  realize f: int32 [0, 16) x [f.y.min, f.y.min + h)\n"
        "  parallel y in [f.y.min, f.y.min + h):\n"
        "    vectorized x in [0, 16):  # f.vectorize(x, 16)\n"
        "      f(x, y) = x + y"
    )


def test_flat_memory_and_branches_are_printed() -> None:
    first = Store("f", x, i64(0), b)
    second = Evaluate(Call(Int(32), "run", (x,), CallKind.EXTERN))
    branch = IfThenElse(b, first, IfThenElse(x < y, second, Block(())))
    check = AssertStmt(x < y, ErrorCode.BAD_EXTENT, ("extent is ", x))
    s = Allocate("f", Int(32), (i64(4), i64(2)), Block((check, branch)), MemoryType.Stack)
    assert to_text(s, indent=1) == (
        "  allocate f: int32[4, 2] in stack\n"
        '  assert x < y else bad_extent("extent is ", x)\n'
        "  if b:\n"
        "    f[0] = x where b\n"
        "  elif x < y:\n"
        "    run(x)\n"
        "  else:\n"
        "    pass"
    )


def test_memory_that_grows_is_printed() -> None:
    body = For("x", i32(0), y, ForKind.SERIAL, Block((Grow("g", i64(4)), Store("g", x, i64(3)))))
    assert to_text(Growing("g", Int(32), body)) == (
        "growing g: int32[]\nfor x in [0, y):\n  grow g to 4\n  g[3] = x"
    )


def test_an_expression_that_shares_too_much_is_elided() -> None:
    e: Expr = x
    for _ in range(100):
        e = e + e
    assert len(str(e)) < 1_000_000


def test_a_deep_chain_of_lets_is_printed() -> None:
    e: Expr = x
    for i in range(5000):
        e = E.Let(f"t{i}", x, e)
    assert str(e).count("let") == 5000
