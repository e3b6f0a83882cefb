"""Extents as expressions: evaluation, JSON form, text, products that cannot overflow."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from halo.errors import InternalError
from halo.ir.expr import And, Cast, Expr, Select, Variable, i32, i64
from halo.ir.intrinsics import likely
from halo.ir.types import Bool, Int
from onnx_frontend.extents import (
    LARGEST,
    describe,
    evaluate,
    product,
    saturating_product,
    symbols_of,
    to_serial,
    value_of,
    widen,
)

W = Variable(Int(32), "W")
N = Variable(Int(32), "N")


def test_an_extent_survives_json() -> None:
    e = (W + 2 * 1 - 3) / 2 + 1
    serial = json.loads(json.dumps(to_serial(e)))
    assert evaluate(serial, {"W": 49}) == (49 + 2 - 3) // 2 + 1


def test_division_rounds_down_for_negative_numerators() -> None:
    assert value_of((W - 4) / 3, {"W": 2}) == -1


def test_a_select_takes_the_side_its_condition_names() -> None:
    e = Select(W > 7, i32(1), W)
    assert [value_of(e, {"W": w}) for w in (8, 7)] == [1, 7]


def test_extents_read_like_formulas() -> None:
    assert describe(to_serial((W + 1) / 2)) == "(W + 1) / 2"
    assert describe(to_serial(W)) == "W"
    assert describe(12) == "12"


def test_a_node_that_no_extent_is_made_of_is_a_bug() -> None:
    with pytest.raises(InternalError, match="not an extent"):
        to_serial(likely(W))


def test_a_size_may_be_taken_for_a_condition_and_a_condition_for_a_size() -> None:
    e = Select(And(W > 1, Cast(Bool(), N)), Cast(Int(32), N > 2) + 5, W)
    for w, n in ((2, 4), (2, 2), (2, 0), (1, 4)):
        want = 5 + (n > 2) if w > 1 and n else w
        values = {"W": w, "N": n}
        assert value_of(e, values) == value_of(widen(e), values) == want
    assert widen(e).type == Int(64)


def test_widening_computes_in_64_bits() -> None:
    wide = widen(W * 65536)
    assert wide.type == Int(64)
    assert list(symbols_of(wide)) == ["W"]


def test_products_gather_constants() -> None:
    assert str(product([i32(3), W, i32(4), i32(1)])) == str(widen(i64(12)) * widen(W))
    assert value_of(product([]), {}) == 1


@given(st.lists(st.integers(1, LARGEST), max_size=6))
def test_a_saturating_product_is_exact_or_too_large(values: list[int]) -> None:
    names = [f"s{i}" for i in range(len(values))]
    factors: list[Expr] = [Variable(Int(32), n) for n in names]
    exact = 1
    for v in values:
        exact *= v
    got = value_of(saturating_product(factors), dict(zip(names, values, strict=True)))
    assert got == exact if exact <= LARGEST else got > LARGEST


def serials() -> st.SearchStrategy[Any]:
    leaf = st.integers(-5, 9) | st.sampled_from(["W", "N"])
    ops = st.sampled_from(["+", "-", "*", "/", "%", "min", "max"])
    return st.recursive(leaf, lambda s: st.tuples(ops, s, s).map(list), max_leaves=6)


@given(serials(), st.integers(1, 50), st.integers(1, 50))
def test_every_extent_can_be_described_and_evaluated(serial: Any, w: int, n: int) -> None:
    assert isinstance(evaluate(serial, {"W": w, "N": n}), int)
    assert describe(serial)
