"""in_units: what is a multiple of a number up to a constant, and the same value in such units."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import halo as hl
from halo.ir.expr import EQ, Add, Expr, Max, Min, Mul, Select, Sub, Variable, as_const, i32
from halo.ir.simplify import simplify
from halo.ir.substitute import substitute
from halo.ir.types import Int
from halo.lowering.multiples import in_units

x, y = Variable(Int(32), "x"), Variable(Int(32), "y")


@pytest.mark.parametrize(
    ("e", "unit", "units", "rest"),
    [
        (x * 4 + 6, 4, "x + 1", 2),
        (x * 4 - 3, 4, "x - 1", 1),
        (x * 6 + y * 2, 2, "x*3 + y", 0),
        (Min(x * 4, y * 4 + 4), 4, "min(x, y + 1)", 0),
        (Select(EQ(x, y), x * 2 + 1, y * 4 - 1), 2, "select(x == y, x, y*2 - 1)", 1),
        (i32(-5), 4, "-2", 3),
    ],
    ids=str,
)
def test_multiples_are_found(e: Expr, unit: int, units: str, rest: int) -> None:
    found = in_units(e, unit)
    assert found is not None
    assert (str(simplify(found[0])), found[1]) == (units, rest)


@pytest.mark.parametrize("e", [x, x * 4 + y, x * 3, Min(x * 4, x * 4 + 1), x * y], ids=str)
def test_others_are_not(e: Expr) -> None:
    assert in_units(hl.i32(e), 4) is None


def _draw(draw: random.Random, depth: int) -> Expr:
    if depth == 0:
        return draw.choice([i32(draw.randrange(-20, 20)), x * 4, y * 6, x * 2 + 1, y])
    a, b = _draw(draw, depth - 1), _draw(draw, depth - 1)
    made = [Add(a, b), Sub(a, b), Min(a, b), Max(a, b), Mul(a, i32(draw.randrange(-4, 5)))]
    return draw.choice([*made, Select(EQ(x, y), a, b)])


def test_units_and_the_rest_make_the_value() -> None:
    draw, found = random.Random(0), 0
    for _ in range(2000):
        e, unit = _draw(draw, draw.randrange(4)), draw.choice([2, 3, 4, 8])
        units = in_units(e, unit)
        if units is None:
            continue
        found += 1
        values = {"x": i32(draw.randrange(-9, 9)), "y": i32(draw.randrange(-9, 9))}
        whole, part = (as_const(simplify(substitute(n, values))) for n in (e, units[0]))
        assert part is not None
        assert whole == part * unit + units[1]
    assert found > 300


def test_halves_of_an_aligned_region_have_constant_sizes(tmp_path: Path) -> None:
    a, b = hl.Var("a"), hl.Var("b")
    half, whole, out = hl.Func("half"), hl.Func("whole"), hl.Func("out")
    half[a] = a * 3
    whole[a] = half[a // 2] + half[a // 2 + 1]
    out[a] = whole[a] + whole[a + 1]
    whole.compute_root().align_bounds(a, 2).split(a, b, a, 16)
    half.compute_at(whole, b)
    out.compile_to_lowered_stmt(str(tmp_path / "out.txt"), [])
    assert "allocate half: int32[9]\n" in (tmp_path / "out.txt").read_text()
