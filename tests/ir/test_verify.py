"""What the verifier refuses."""

from __future__ import annotations

import pytest

from halo.errors import InternalError
from halo.ir import expr as E
from halo.ir.expr import Call, CallKind, Variable, i32, i64
from halo.ir.growing import Grow, Growing
from halo.ir.stmt import Block, For, ForKind, IfThenElse, LetStmt, Provide, Stmt, Store
from halo.ir.types import Bool, Float, Int
from halo.ir.verify import Stage, verify

x, y = Variable(Int(32), "x"), Variable(Int(32), "y")
vector = E.Broadcast(x, 4)
cell = Call(Int(32), "g", (x,), CallKind.FUNC)
flat = Store("f", x, i64(0))


def loop(kind: ForKind, body: Stmt) -> Stmt:
    return For("x", i32(0), i32(4), kind, body)


GOOD: list[tuple[Stmt, Stage]] = [
    (loop(ForKind.VECTORIZED, Provide("f", (cell,), (x,))), "loops"),
    (loop(ForKind.UNROLLED, flat), "flat"),
    (loop(ForKind.PARALLEL, LetStmt("y", x, Store("f", y, i64(0)))), "final"),
    (Growing("f", Int(32), loop(ForKind.SERIAL, Block((Grow("f", i64(1)), flat)))), "final"),
    (Growing("f", Int(32), Block((Growing("f", Int(32), Block(())), Grow("f", i64(1))))), "flat"),
    (loop(ForKind.SERIAL, Store("f", E.Let("t", x, Variable(Int(32), "t")), i64(0))), "final"),
]

BAD: list[tuple[Stmt, Stage, str]] = [
    (flat, "loops", "flat memory before"),
    (Store("f", cell, i64(0)), "flat", "cell of a Func"),
    (Provide("f", (x,), (x,)), "flat", "cell of a Func"),
    (loop(ForKind.VECTORIZED, flat), "final", "left to vectorise"),
    (loop(ForKind.UNROLLED, flat), "final", "left to vectorise"),
    (Store("f", x, i32(0)), "flat", "not int64"),
    (Store("f", vector, i64(0)), "flat", "lanes"),
    (Store("f", x, i64(0), E.Broadcast(E.TRUE, 4)), "flat", "predicate"),
    (Store("f", E.Load(Float(32), "g", x), i64(0)), "flat", "not int64"),
    (IfThenElse(x, flat), "flat", "predicate of type int32"),
    (Store("f", y, i64(0)), "flat", "nothing binds"),
    (Block((LetStmt("y", x, flat), Store("f", y, i64(0)))), "flat", "nothing binds"),
    (Store("f", E.Let("y", x, x) + y, i64(0)), "flat", "nothing binds"),
    (Block((Block(()), flat)), "flat", "block directly inside"),
    (Store("f", E.Select(x, x, x), i64(0)), "flat", "select"),
    (Growing("f", Int(32), flat), "loops", "flat memory before"),
    (Growing("f", Int(32, 4), flat), "flat", "lanes"),
    (Growing("f", Int(32), Grow("f", x)), "flat", "not int64"),
    (Growing("f", Int(32), Grow("f", E.Broadcast(i64(1), 4))), "flat", "lanes"),
    (Growing("f", Int(32), Grow("x", i64(1))), "flat", "no growing array"),
    (Block((Growing("f", Int(32), flat), Grow("f", i64(1)))), "flat", "no growing array"),
    (For("i", i64(0), i64(4), ForKind.SERIAL, flat), "flat", "not int32"),
]


@pytest.mark.parametrize(("s", "stage"), GOOD)
def test_well_formed_statements_pass(s: Stmt, stage: Stage) -> None:
    verify(s, stage, free=())


@pytest.mark.parametrize(("s", "stage", "text"), BAD)
def test_a_broken_statement_is_refused_with_the_reason(s: Stmt, stage: Stage, text: str) -> None:
    with pytest.raises(InternalError, match=text):
        verify(s, stage, free={"x"})


def test_any_variable_is_allowed_where_no_free_ones_are_given() -> None:
    verify(Store("f", y, i64(0), E.LT(x, y)), "final")
    assert E.LT(x, y).type == Bool()
