"""Regions are exact for affine accesses: no consumer makes its producer compute too much."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import halo as hl
from halo.ir.expr import Expr, IntImm, Variable, i32
from halo.ir.interval import Interval
from halo.ir.types import Int
from halo.lowering.exact_boxes import is_knotted, range_of

v, n = Variable(Int(32), "v"), Variable(Int(32), "n")


@pytest.mark.parametrize(
    ("index", "low", "high"),
    [
        (v % 4 - v / 4, -1, 3),
        (v - v / 2, 0, 4),
        (v / 4 * 4 + v % 4, 0, 7),
        (hl.min(v, 3) - v, -4, 0),
        (hl.select(v < 4, v, 7 - v), 0, 3),
    ],
    ids=str,
)
def test_an_index_in_which_a_variable_occurs_twice_has_its_exact_range(
    index: Expr, low: int, high: int
) -> None:
    r = range_of(index, {"v": Interval(i32(0), i32(7))})
    assert isinstance(r.min, IntImm) and isinstance(r.max, IntImm)
    assert (r.min.value, r.max.value) == (low, high)


def test_a_range_with_unknown_ends_is_exact_for_all_of_them() -> None:
    r = range_of(v - v / 2, {"v": Interval(n, n + 7)})
    assert (str(r.min), str(r.max)) == ("n - n/2", "n/2 + 4")


def test_plain_indices_and_data_are_not_asked_about() -> None:
    scope = {"v": Interval(i32(0), i32(7))}
    table = hl.Buffer(np.zeros(9, np.int32))
    x = hl.Var("v")
    for plain in (v * 2 + 1, v / 2 + n, v + v, table[x] - table[x + 1] + v, n / 2 - n):
        assert not is_knotted(hl.i32(plain), scope)


ACCESSES: dict[str, Any] = {
    "strided": lambda x, y: (2 * x + 1, 3 * y),
    "diagonal": lambda x, y: (x + y, x - y),
    "halved": lambda x, y: (x - x / 2, y),
    "phases": lambda x, y: (x / 4, x % 4 - x / 4 + y),
    "mirrored": lambda x, y: (9 - x, hl.max(x, 5) - x),
}


@pytest.mark.parametrize("name", list(ACCESSES))
def test_a_producer_computes_the_box_of_what_is_read(name: str) -> None:
    x, y = hl.vars("x y")
    g, f = hl.funcs("g f")
    marks: list[str] = []
    g[x, y] = hl.print(x, y)
    f[x, y] = g[ACCESSES[name](x, y)]
    g.compute_root()
    f.jit_handlers().custom_print = marks.append
    f.realize([9, 4])
    cells = [tuple(map(int, m.split())) for m in marks]
    read = numbers(name)
    for d in (0, 1):
        assert (min(c[d] for c in cells), max(c[d] for c in cells)) == (
            min(c[d] for c in read),
            max(c[d] for c in read),
        )


def numbers(name: str) -> list[tuple[int, int]]:
    """Return what is read, worked out with Python's integers."""
    points = [(x, y) for x in range(9) for y in range(4)]
    match name:
        case "strided":
            return [(2 * x + 1, 3 * y) for x, y in points]
        case "diagonal":
            return [(x + y, x - y) for x, y in points]
        case "halved":
            return [(x - x // 2, y) for x, y in points]
        case "phases":
            return [(x // 4, x % 4 - x // 4 + y) for x, y in points]
        case _:
            return [(9 - x, max(x, 5) - x) for x, y in points]


@settings(max_examples=60)
@given(st.integers(-3, 3), st.integers(-3, 3), st.sampled_from([2, 3, 4]), st.integers(-5, 5))
def test_quotients_and_remainders_of_one_variable_have_exact_ranges(
    a: int, b: int, d: int, low: int
) -> None:
    index = (v / d) * a + (v % d) * b
    r = range_of(index, {"v": Interval(i32(low), i32(low + 9))})
    values = [(k // d) * a + (k % d) * b for k in range(low, low + 10)]
    assert isinstance(r.min, IntImm) and isinstance(r.max, IntImm)
    assert (r.min.value, r.max.value) == (min(values), max(values))


def test_an_update_writes_the_box_of_the_points_its_predicate_keeps() -> None:
    f, x = hl.Func("f"), hl.Var("x")
    r = hl.RDom([(0, 10), (0, 10)])
    r.where(r.x < r.y)
    f[x] = 0
    f[r.y - r.x] += 1
    assert np.asarray(f.realize([10])).tolist() == [0, *range(9, 0, -1)]
    with pytest.raises(hl.BoundsError, match="cells 0 to 9 are needed, it has 0 to 8"):
        f.realize([9])
