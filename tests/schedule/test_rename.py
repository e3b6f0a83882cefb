"""`rename`: a loop by another name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl

x, y, u, v = hl.vars("x y u v")
Give = Callable[[hl.Func], object]


def build() -> hl.Func:
    f = hl.Func("f")
    r = hl.RDom([(0, 4), (1, 3)], "r")
    f[x, y] = x * 3 - y
    f[x, y] += r.x * y + r.y
    return f


def values(f: hl.Func, width: int, height: int) -> np.ndarray[Any, Any]:
    user = hl.Func("user")  # an output is as large as its buffer, also where a step runs over
    user[x, y] = f[x, y]
    f.compute_root()
    out = hl.Buffer(hl.Int(32), [width, height])
    out.set_min([-2, 3])
    user.realize(out)
    return np.array(out)


CASES: dict[str, Give] = {
    "a dimension": lambda f: f.rename(x, u),
    "then split": lambda f: f.rename(x, u).split(u, "uo", "ui", 4).vectorize("ui"),
    "then rounded up": lambda f: f.rename(x, u).split(u, "uo", "ui", 4, hl.TailStrategy.RoundUp),
    "the outer part of a split": lambda f: f.split(x, "xo", "xi", 3).rename("xo", u).parallel(u),
    "the inner part of a split": lambda f: f.split(x, "xo", "xi", 3).rename("xi", u).unroll(u),
    "a part that runs over": lambda f: (
        f.split(x, "xo", "xi", 3, hl.TailStrategy.RoundUp)
        .rename("xo", u)
        .split(u, "uo", "ui", 2, hl.TailStrategy.RoundUp)
    ),
    "a fused loop": lambda f: f.fuse(x, y, "t").rename("t", u).split(u, "uo", "ui", 5),
    "then fused": lambda f: f.rename(x, u).rename(y, v).fuse(u, v, "t"),
    "and back": lambda f: f.rename(x, u).rename(u, v),
    "an RVar": lambda f: f.update(0).rename(f.rvars(0)[0], u).unroll(u),
    "an RVar, reordered": lambda f: f.update(0).rename(f.rvars(0)[0], u).reorder(f.rvars(0)[1], u),
    "an RVar, split": lambda f: f.update(0).rename(f.rvars(0)[0], u).split(u, "uo", "ui", 3),
    "an RVar, atomic": lambda f: f.update(0).rename(f.rvars(0)[0], u).atomic().vectorize(u),
    "an RVar, in two": lambda f: f.update(0).rename(f.rvars(0)[0], u).rfactor(u, v),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (8, 4)])
def test_a_renamed_loop_computes_the_same(case: str, size: tuple[int, int]) -> None:
    f = build()
    CASES[case](f)
    np.testing.assert_array_equal(values(f, *size), values(build(), *size))


def test_a_place_is_named_by_the_new_name() -> None:
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = x + y
    g[x, y] = f[x, y] * 2
    g.rename(y, v)
    f.compute_at(g, v)
    np.testing.assert_array_equal(
        np.asarray(g.realize([3, 2])), 2 * np.add.outer(np.arange(2), np.arange(3))
    )


def test_a_new_name_stands_in_the_nest(capsys: pytest.CaptureFixture[str]) -> None:
    f = build()
    f.rename(x, u)
    f.print_loop_nest()
    assert ".s0.u:" in capsys.readouterr().out


def test_it_comes_back_from_json() -> None:
    f = build()
    f.rename(x, u)
    assert hl.Schedule.from_json(f.schedule().to_json()) == f.schedule()
