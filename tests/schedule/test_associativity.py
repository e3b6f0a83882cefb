"""Which updates are recognised as associative, and what they combine a cell with."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.ir.arithmetic import reduce_lanes
from halo.ir.associative import identity, split_update
from halo.ir.cross_lane import ReduceOp
from halo.ir.expr import Variable, as_const, const
from halo.ir.simplify import simplify
from halo.ir.types import Bool, Float, Int, Type, UInt
from halo.schedule.associativity import Associative, recognise, why_not

x, y = hl.vars("x y")
Update = Callable[[hl.Func, hl.RDom], Any]


def updated(update: Update, start: Any = 0) -> hl.Func:
    f, r = hl.Func("f"), hl.RDom([(0, 9)], name="r")
    f[x] = start
    f[x] = update(f, r)
    return f


def found(update: Update, start: Any = 0) -> Associative | None:
    f = updated(update, start).function
    return recognise(f, f.definitions[1])


RECOGNISED: dict[str, tuple[Update, ReduceOp, str]] = {
    "a sum": (lambda f, r: f[x] + r.x, ReduceOp.ADD, "r"),
    "a sum written the other way round": (lambda f, r: r.x + f[x], ReduceOp.ADD, "r"),
    "a difference": (lambda f, r: f[x] - r.x, ReduceOp.ADD, "0 - r"),
    "several terms": (lambda f, r: r.x + f[x] - 3, ReduceOp.ADD, "r - 3"),
    "a product": (lambda f, r: f[x] * r.x * 2, ReduceOp.MUL, "r*2"),
    "a minimum": (lambda f, r: hl.min(f[x], r.x), ReduceOp.MIN, "r"),
    "a maximum": (lambda f, r: hl.max(r.x, f[x]), ReduceOp.MAX, "r"),
    "a minimum by select": (lambda f, r: hl.select(r.x < f[x], r.x, f[x]), ReduceOp.MIN, "r"),
    "a maximum by select": (lambda f, r: hl.select(f[x] >= r.x, f[x], r.x), ReduceOp.MAX, "r"),
    "bits and": (lambda f, r: f[x] & r.x, ReduceOp.AND, "r"),
    "bits or": (lambda f, r: f[x] | r.x, ReduceOp.OR, "r"),
    "bits xor": (lambda f, r: f[x] ^ r.x, ReduceOp.XOR, "r"),
    "a count": (
        lambda f, r: hl.select(r.x > 3, f[x] + 1, f[x]),
        ReduceOp.ADD,
        "select(r > 3, 1, 0)",
    ),
}


@pytest.mark.parametrize("what", RECOGNISED)
def test_an_update_by_one_operation_is_recognised(what: str) -> None:
    update, op, rest = RECOGNISED[what]
    made = found(update)
    assert made is not None
    assert made.ops == (op,) and made.doubt == ""
    assert re.sub(r"r(\$\d+)?\.x", "r", str(made.rest[0])) == rest


NOT: dict[str, tuple[Update, str]] = {
    "two operations": (lambda f, r: f[x] * 2 + r.x, "not known to combine the cell"),
    "a difference from the cell": (lambda f, r: r.x - f[x], "not known to combine"),
    "the cell twice": (lambda f, r: f[x] + f[x] * r.x, "not known to combine"),
    "nothing of the cell": (lambda f, r: r.x, "not known to combine"),
    "a condition on the cell": (lambda f, r: hl.select(f[x] > 3, f[x] + r.x, f[x]), "not known"),
    "a shift": (lambda f, r: f[x] << r.x, "not known to combine"),
    "a quotient": (lambda f, r: f[x] / (r.x + 1), "not known to combine"),
}


@pytest.mark.parametrize("what", NOT)
def test_another_update_is_not_recognised_and_the_reason_shows_it(what: str) -> None:
    update, reason = NOT[what]
    f = updated(update).function
    assert recognise(f, f.definitions[1]) is None
    assert reason in why_not(f, f.definitions[1])


def test_the_same_node_twice_is_not_one_old_value() -> None:
    old = Variable(Int(32), "old")
    is_old = lambda n: n is old  # noqa: E731
    assert split_update(old + old, is_old, is_old) is None


def test_a_read_of_another_cell_is_named() -> None:
    f, r = hl.Func("scan"), hl.RDom([(1, 9)], name="r")
    f[x] = 0
    f[r.x] = f[r.x - 1] + 1
    assert "scan" in why_not(f.function, f.function.definitions[1])
    assert "another cell than it writes" in why_not(f.function, f.function.definitions[1])


def test_float_updates_are_recognised_with_a_doubt() -> None:
    made = found(lambda f, r: f[x] + hl.f32(r.x), hl.f32(0))
    assert made is not None and "last bits may differ" in made.doubt


def test_a_multiply_add_is_a_sum() -> None:
    made = found(lambda f, r: f[x] + hl.f32(r.x) * hl.f32(x), hl.f32(0))
    assert made is not None and made.ops == (ReduceOp.ADD,)


def test_several_values_may_have_an_operation_each() -> None:
    f, r = hl.Func("f"), hl.RDom([(0, 9)])
    f[x] = hl.Tuple(0, 1)
    f[x] = hl.Tuple(f[x][0] + r.x, f[x][1] * r.x)
    made = recognise(f.function, f.function.definitions[1])
    assert made is not None and made.ops == (ReduceOp.ADD, ReduceOp.MUL)


def test_values_that_read_each_other_are_not_recognised() -> None:
    f, r = hl.Func("f"), hl.RDom([(0, 9)])
    f[x] = hl.Tuple(0, 1)
    f[x] = hl.Tuple(f[x][0] + f[x][1], f[x][1] + r.x)
    assert recognise(f.function, f.function.definitions[1]) is None


@pytest.mark.parametrize("search", [hl.argmin, hl.argmax])
def test_argmin_and_argmax_are_recognised_as_searches(search: Any) -> None:
    r = hl.RDom([(0, 9)], name="r")
    cell: Any = search(r.x * 37 % 11 + x)[0]
    f = cell.func
    made = recognise(f, f.definitions[1])
    assert made is not None and "equal candidates" in made.doubt
    t = Int(32)
    worst = t.max_value if search is hl.argmin else t.min_value
    assert as_const(made.identity[1]) == worst
    old, new = [(const(t, p), const(t, v)) for p, v in ((1, 5), (2, 7))]
    picked = [as_const(simplify(e)) for e in made.merge(old, new)]
    assert picked == ([1, 5] if search is hl.argmin else [2, 7])


def test_a_search_that_prefers_the_later_of_equals_is_not_recognised() -> None:
    f, r = hl.Func("f"), hl.RDom([(0, 9)])
    f[x] = hl.Tuple(0, 0)
    better = r.x * r.x <= f[x][1]
    f[x] = hl.select(better, hl.Tuple(r.x, r.x * r.x), hl.Tuple(*f[x]))
    assert recognise(f.function, f.function.definitions[1]) is None


BITS = (ReduceOp.AND, ReduceOp.OR, ReduceOp.XOR)
OPERANDS = [
    (op, t)
    for t in (Int(8), UInt(16), Int(64), Bool(), Float(16), Float(64))
    for op in ReduceOp
    if not (t.is_float() and op in BITS) and not (t.is_bool() and op not in BITS)
    if t == UInt(16) or op is not ReduceOp.SATURATING_ADD
]


@pytest.mark.parametrize(("op", "t"), OPERANDS, ids=str)
def test_a_value_combined_with_the_identity_stays_itself(op: ReduceOp, t: Type) -> None:
    values: list[Any] = [0, 1] if t.is_bool() else [0, 1, 100]
    if t.is_float():
        values = [-0.0, 0.0, 1.5, math.inf]
    none = as_const(identity(op, t))
    pairs = np.array([[v, none] for v in values], t.dtype)
    kept = reduce_lanes(op, t, pairs)
    np.testing.assert_array_equal(kept, pairs[:, 0])
    if t.is_float():
        np.testing.assert_array_equal(np.signbit(kept), np.signbit(pairs[:, 0]))
