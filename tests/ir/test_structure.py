"""Structural equality, keys, substitution and free variables."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.equality import StructuralKeys, equal
from halo.ir.expr import Call, CallKind, Expr, Variable, const, i32, i64
from halo.ir.stmt import For, ForKind, IfThenElse, LetStmt, Provide, Store
from halo.ir.substitute import calls_of, find, free_variables, substitute, uses_variable, walk
from halo.ir.types import Float, Int, UInt

x, y = Variable(Int(32), "x"), Variable(Int(32), "y")


def deep(leaf: Expr) -> Expr:
    e = leaf
    for _ in range(200):
        e = e * e + e
    return e


def test_equal_structures_are_equal_whoever_made_them() -> None:
    assert equal(x + y * 3, Variable(Int(32), "x") + Variable(Int(32), "y") * 3)
    assert not equal(x + y, y + x)
    assert not equal(i32(1), i64(1))
    assert not equal(x + y, x - y)


def test_shared_structures_are_compared_in_linear_time() -> None:
    assert equal(deep(x), deep(Variable(Int(32), "x")))
    assert not equal(deep(x), deep(y))


def test_floats_are_equal_when_their_bits_are() -> None:
    nan = const(Float(32), float("nan"))
    assert equal(nan, const(Float(32), float("nan")))
    assert not equal(const(Float(32), 0.0), const(Float(32), -0.0))


def test_fields_of_several_children_are_kept_apart() -> None:
    assert not equal(Provide("f", (x, y), (x,)), Provide("f", (x,), (y, x)))
    assert not equal(Store("f", x, i64(0), x < y), Store("f", x, i64(0)))


def test_structural_keys_are_the_same_for_equal_nodes_only() -> None:
    keys = StructuralKeys()
    assert keys.key(deep(x)) == keys.key(deep(Variable(Int(32), "x")))
    assert keys.key(x + y) != keys.key(y + x)
    assert keys.key(const(UInt(8), 1)) != keys.key(const(UInt(16), 1))


def test_substitution_replaces_free_variables() -> None:
    assert str(substitute(x + y * x, {"x": i32(3)})) == "3 + y*3"


def test_substitution_of_nothing_returns_the_same_object() -> None:
    e = deep(x)
    assert substitute(e, {"y": i32(1)}) is e
    s = LetStmt("a", x, For("i", x, y, ForKind.SERIAL, Store("f", x, i64(0))))
    assert substitute(s, {"z": i32(1)}) is s


def test_substitution_respects_what_is_bound_inside() -> None:
    one = {"x": i32(1)}
    assert str(substitute(E.Let("x", x + 1, x * 2), one)) == "let x = 1 + 1 in x*2"
    s = For("x", x, y, ForKind.SERIAL, Store("f", x, i64(0)))
    assert str(substitute(s, one)) == "for x in [1, 1 + y):\n  f[0] = x"
    assert str(substitute(E.Let("x", x, x), one)) == "let x = 1 in x"


def test_free_variables_leave_out_what_is_bound_inside() -> None:
    s = LetStmt("a", x, For("i", y, x, ForKind.SERIAL, Store("f", Variable(Int(32), "a"), i64(0))))
    assert free_variables(s) == {"x", "y"}
    assert free_variables(E.Let("x", x, x)) == {"x"}
    assert free_variables(E.Let("x", y, x)) == {"y"}
    assert uses_variable(s, "x") and not uses_variable(s, "a")


def test_a_walk_visits_each_distinct_node_once() -> None:
    assert len(list(walk(deep(x)))) == 401
    assert len(find(deep(x), Variable)) == 1


def test_the_calls_of_a_statement_are_found() -> None:
    call = Call(Int(32), "g", (x,), CallKind.FUNC)
    s = IfThenElse(call < y, Provide("f", (call,), (x,)))
    assert calls_of(s) == [call]
