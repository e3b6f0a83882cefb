"""Vectorised loops around others: copies of vectors, inside the loops they enclose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kernel_table import Directives, blur, reduction, rvars

import halo as hl
from halo.interpret import interpret
from halo.ir.expr import Add, Cast, Expr, Load, Mul, Variable, i32, i64
from halo.ir.stmt import Allocate, For, ForKind, IfThenElse, LetStmt, Stmt, Store, block
from halo.ir.substitute import walk
from halo.ir.types import Int
from halo.lowering.jam_vectors import jam_vectors
from halo.pipeline import DRIVER

I32 = Int(32)
SIZES = [(0, 3), (1, 1), (5, 2), (16, 8), (37, 19)]
MINS = (-7, 3)

NESTED: dict[str, Directives] = {
    "two factors": lambda g, f: f.vectorize("x", 8).vectorize("y", 4),
    "a tile": lambda g, f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 4).vectorize("xi").vectorize("yi")
    ),
    "the other way round": lambda g, f: f.vectorize("y", 4).vectorize("x", 8).reorder("y.v", "x.v"),
    "odd lanes": lambda g, f: f.vectorize("x", 3).vectorize("y", 5),
    "guarded": lambda g, f: f.vectorize("x", 4, hl.TailStrategy.GuardWithIf).vectorize(
        "y", 2, hl.TailStrategy.GuardWithIf
    ),
    "split lanes": lambda g, f: (
        f.split("x", "x", "a", 8).split("a", "a", "b", 4).vectorize("b").vectorize("a")
    ),
    "around unrolled": lambda g, f: f.vectorize("x", 4).vectorize("y", 4).unroll("x", 2),
    "parallel outside": lambda g, f: f.vectorize("x", 4).vectorize("y", 4).parallel("y"),
    "a vectorized producer inside": lambda g, f: (
        f.vectorize("y", 2),
        g.compute_at(f, "y.v").vectorize("x", 4),
    ),
    "a producer of scalars inside": lambda g, f: (
        f.vectorize("x", 4).vectorize("y", 2),
        g.compute_at(f, "y.v"),
    ),
    "both stages": lambda g, f: (
        f.vectorize("x", 8).vectorize("y", 2),
        g.compute_at(f, "y").vectorize("x", 4).vectorize("y", 2),
    ),
}


def run(f: hl.Func, size: tuple[int, ...]) -> np.ndarray[Any, Any]:
    out = hl.Buffer(f.types()[0], list(size))
    out.set_min(list(MINS))
    f.realize(out)
    return np.array(out)


@pytest.mark.parametrize("name", NESTED)
def test_nested_vectors_give_the_bits_of_the_default_schedule(name: str) -> None:
    scheduled = blur(NESTED[name])
    for size in SIZES:
        np.testing.assert_array_equal(run(scheduled, size), interpret(blur(), size, MINS))


def test_nested_vectors_of_an_update_stay_around_its_reduction() -> None:
    def stage(g: hl.Func, f: hl.Func) -> None:
        g.compute_root()
        g.update(0).reorder("x", "y", *rvars(g)).vectorize("x", 4).vectorize("y", 2)

    scheduled = reduction(stage)
    for size in SIZES:
        np.testing.assert_array_equal(run(scheduled, size), interpret(reduction(), size, MINS))


def test_the_receipt_of_the_outer_vector_says_what_it_became() -> None:
    f = blur(NESTED["two factors"])
    outer = [r for r in f.receipts() if r.entry.directive.source() == "vectorize(y.v)"]
    assert [(r.status.value, r.reason) for r in outer] == [
        ("applied", "as 4 copies of the vectors of the loops inside it")
    ]


def test_golden_nested_vectors_share_the_loop_between_them(golden: Callable[[str], None]) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    a = hl.ImageParam(hl.Float(32), 2, "jam_a")
    r = hl.RDom([(0, 16)], name="jam_r")
    f = hl.Func("jam_f")
    f[x, y] = hl.f32(0)
    f[x, y] += a[x, r.x] * a[r.x, y]
    f.bound(x, 0, 64).bound(y, 0, 8).compute_root()
    f.update().vectorize(x, 8).vectorize(y, 2).reorder("x.v", r.x, "y.v", x, y)
    text = DRIVER.lowered_text([f.function], None)
    golden(text[text.index("produce ") :])


def v(name: str) -> Expr:
    return Variable(I32, name)


def at(e: Expr) -> Expr:
    return Cast(Int(64), e)


def nest(body: Stmt) -> Stmt:
    return For("y", i32(0), i32(3), ForKind.VECTORIZED, body)


def vector(body: Stmt) -> For:
    return For("x", i32(0), i32(8), ForKind.VECTORIZED, body)


STORE = Store("out", v("x"), at(Add(Mul(v("y"), i32(8)), v("x"))))


def shape(s: Stmt) -> list[str]:
    """Return the loops and stores of `s`, parents first."""
    return [n.name for n in walk(s) if isinstance(n, (For, Store))]


def test_a_loop_between_the_two_stays_one() -> None:
    r = For("r", i32(0), v("n"), ForKind.SERIAL, vector(STORE))
    assert shape(jam_vectors(nest(r))) == ["r", "x", "out", "out", "out"]


def test_a_loop_whose_bounds_differ_by_iteration_is_copied_whole() -> None:
    r = For("r", i32(0), v("y"), ForKind.SERIAL, vector(STORE))
    assert shape(jam_vectors(nest(r))) == ["r", "x", "out"] * 3


def test_each_iteration_has_an_allocation_of_its_own() -> None:
    body = Allocate("t", I32, (i64(8),), vector(STORE))
    assert sum(isinstance(n, Allocate) for n in walk(jam_vectors(nest(body)))) == 3


def test_a_let_of_indices_goes_into_the_copies() -> None:
    body = LetStmt("base", Mul(v("y"), i32(8)), vector(Store("out", v("x"), at(v("base")))))
    made = jam_vectors(nest(body))
    assert shape(made) == ["x", "out", "out", "out"]
    assert not any(isinstance(n, LetStmt) for n in walk(made))


def test_a_let_that_reads_memory_is_copied_where_it_stands() -> None:
    body = LetStmt("old", Load(I32, "out", at(v("y"))), vector(Store("out", v("old"), at(v("y")))))
    assert shape(jam_vectors(nest(body))) == ["x", "out"] * 3


def test_a_condition_that_differs_by_iteration_is_tested_for_each() -> None:
    body = block(IfThenElse(v("y") < v("n"), vector(STORE)), vector(STORE))
    made = jam_vectors(nest(body))
    assert sum(isinstance(n, IfThenElse) for n in walk(made)) == 3
    assert shape(made) == ["x", "out"] * 3 + ["x", "out", "out", "out"]


def test_an_outer_loop_of_unknown_extent_is_left_alone() -> None:
    s = For("y", i32(0), v("n"), ForKind.VECTORIZED, vector(STORE))
    assert jam_vectors(s) is s
