"""What simplify makes of statements."""

from __future__ import annotations

from halo.ir import expr as E
from halo.ir.expr import Expr, Variable, const, i32, i64
from halo.ir.growing import Grow, Growing
from halo.ir.simplify import simplify
from halo.ir.stmt import (
    NO_OP,
    Allocate,
    AssertStmt,
    Block,
    ErrorCode,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    ProducerConsumer,
    Provide,
    Stmt,
    Store,
)
from halo.ir.types import Bool, Int

n, y = Variable(Int(32), "n"), Variable(Int(32), "y")


def var(name: str) -> Variable:
    return Variable(Int(32), name)


def store(value: Expr, index: int = 0, name: str = "f") -> Stmt:
    return Store(name, value, i64(index))


def loop(name: str, low: Expr, extent: Expr, body: Stmt) -> For:
    return For(name, low, extent, ForKind.SERIAL, body)


def test_a_loop_of_no_iterations_is_nothing() -> None:
    assert simplify(loop("i", y, i32(0), store(n))) is not None
    assert str(simplify(loop("i", y, i32(0), store(n)))) == "pass"


def test_a_loop_of_one_iteration_is_its_body() -> None:
    assert str(simplify(loop("i", y + 1, i32(1), store(var("i"))))) == "f[0] = y + 1"


def test_a_loop_variable_is_known_to_lie_in_its_range() -> None:
    body = store(E.Select(var("i") < n, E.Max(var("i"), i32(0)), i32(-1)))
    assert "f[0] = i" in str(simplify(loop("i", i32(0), n, body)))


def test_a_branch_sees_its_condition() -> None:
    inner = IfThenElse(y < n + 2, store(i32(1)), store(i32(2)))
    made = simplify(IfThenElse(y < n, inner, inner))
    text = "if y < n:\n  f[0] = 1\nelif y < n + 2:\n  f[0] = 1\nelse:\n  f[0] = 2"
    assert str(made) == text


def test_a_constant_condition_leaves_one_branch() -> None:
    assert str(simplify(IfThenElse(y < y + 1, store(i32(1)), store(i32(2))))) == "f[0] = 1"
    assert str(simplify(IfThenElse(y > y + 1, store(i32(1))))) == "pass"


def test_cheap_lets_are_inlined_and_unused_ones_dropped() -> None:
    s = LetStmt("a", y + 1, LetStmt("b", y * n, LetStmt("c", y / n, store(var("a") + var("b")))))
    assert str(simplify(s)) == "let b = y*n\nf[0] = b + y + 1"


def test_a_let_of_memory_is_not_moved_behind_a_store() -> None:
    read = E.Load(Int(32), "f", i64(0))
    s = LetStmt("old", read, Block((store(i32(1)), store(var("old"), 1))))
    assert simplify(s) is s


def test_lets_of_data_are_not_taken_for_indices() -> None:
    read = E.Load(Int(32), "f", i64(0))
    test = E.Select(var("old") < var("old") + 1, i32(1), i32(2))
    assert "select(old < old + 1, 1, 2)" in str(simplify(LetStmt("old", read, store(test))))


def test_an_inner_name_that_shadows_an_outer_one_is_renamed() -> None:
    s = LetStmt("a", y + 1, loop("y", i32(0), n, store(var("a") + y)))
    text = "for y.1 in [0, n):\n  f[0] = y + y.1 + 1"
    assert str(simplify(s)) == text


def test_what_does_nothing_goes() -> None:
    assert str(simplify(ProducerConsumer("f", True, Block((NO_OP, NO_OP))))) == "pass"
    assert str(simplify(AssertStmt(y < y + 1, ErrorCode.BAD_EXTENT, ("never",)))) == "pass"
    assert str(simplify(LetStmt("a", y * n, NO_OP))) == "pass"


def test_an_allocation_that_nothing_uses_is_dropped() -> None:
    assert str(simplify(Allocate("g", Int(32), (i64(4),), store(y)))) == "f[0] = y"
    used = Allocate("f", Int(32), (i64(4),), store(y))
    assert simplify(used) is used


def test_an_array_that_grows_goes_where_nothing_uses_it() -> None:
    assert str(simplify(Growing("g", Int(32), store(y)))) == "f[0] = y"
    assert str(simplify(Growing("g", Int(32), NO_OP))) == "pass"
    grown = Growing("g", Int(32), Block((Grow("g", i64(1)), store(y))))
    assert simplify(grown) is grown
    around = Allocate("f", Int(32), (i64(4),), grown)
    assert simplify(around) is around


def test_constant_predicates_are_resolved() -> None:
    assert str(simplify(Store("f", y, i64(0), y < y + 1))) == "f[0] = y"
    assert str(simplify(Provide("f", (y,), (y,), y > y + 1))) == "pass"
    always = const(Bool(4), True)
    made = simplify(Store("f", E.Broadcast(y, 4), E.Ramp(i64(0), i64(1), 4), always))
    assert str(made) == "f[ramp(0, 1, 4)] = x4(y)"


def test_what_is_simple_stays_the_same_object() -> None:
    s = loop("i", y, n, Block((store(var("i")), store(var("i") + n, 1))))
    assert simplify(s) is s


def test_a_chain_of_thousands_of_lets_does_not_exhaust_the_stack() -> None:
    s: Stmt = store(var("t2999"))
    for i in reversed(range(3000)):
        before: Expr = n if i == 0 else var(f"t{i - 1}")
        s = LetStmt(f"t{i}", before * before, s)
    assert str(simplify(s)).count("let") == 3000


ZERO, SQUARE = i32(0), y * y
PLAIN = store(y - y + n)  # given as simplified before, which shows whether it is looked at
BEFORE = LetStmt("a", SQUARE, loop("i", ZERO, n, Block((PLAIN, store(var("a"))))))


def around(body: Stmt, *, value: Expr = SQUARE, low: Expr = ZERO) -> Stmt:
    more = Block((body, store(var("a") + y - y)))
    return LetStmt("a", value, loop("i", low, n, more))


def test_what_was_simplified_before_is_taken_as_it_is() -> None:
    for s in (around(PLAIN), loop("j", y, n, around(PLAIN)), around(loop("j", y, n, PLAIN))):
        made = str(simplify(s, None, before=BEFORE))
        assert "f[0] = y - y + n" in made
        assert made.endswith("f[0] = a")


def test_where_more_is_known_what_was_simplified_before_is_so_again() -> None:
    for s in (
        around(PLAIN, value=n * n),
        around(PLAIN, low=y),
        around(IfThenElse(y <= 0, PLAIN)),
    ):
        assert "f[0] = n" in str(simplify(s, None, before=BEFORE))


def test_a_let_that_is_inlined_goes_into_what_was_simplified_before() -> None:
    old = store(var("a") * n)
    assert str(simplify(LetStmt("a", y + 0, old), None, before=old)) == "f[0] = y*n"
