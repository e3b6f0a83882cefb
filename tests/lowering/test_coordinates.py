"""Coordinates that do not fit into 32 bits are refused when a pipeline is called, never wrapped."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import halo as hl
from halo.errors import BoundsError, BufferError, HaloError
from halo.lowering.coordinates import FREE

MOST, LEAST = 2**31 - 1, -(2**31)
x, y, i = hl.Var("x"), hl.Var("y"), hl.Var("i")


Schedule = Callable[[hl.Func, hl.Func], object]


def _root(t: hl.Func, f: hl.Func) -> None:
    t.compute_root()


def _vectors(t: hl.Func, f: hl.Func) -> None:
    t.compute_root()
    f.vectorize(x, 8)


def _at(t: hl.Func, f: hl.Func) -> None:
    xo = hl.Var("xo")
    f.split(x, xo, x, 4)
    t.compute_at(f, xo)


def looked_up(index: hl.Expr, schedule: Schedule = _root) -> hl.Func:
    """Return f(x) = 3*index, read from stored cells of t."""
    t, f = hl.Func("t"), hl.Func("f")
    t[i] = hl.i64(i) * 3
    f[x] = t[index]
    schedule(t, f)
    return f


def cells(f: hl.Func, n: int = 5, low: int = 0) -> list[int]:
    out = hl.Buffer(hl.Int(64), [n], "out")
    out.set_min([low])
    f.realize(out)
    return np.asarray(out).tolist()


def test_a_region_that_a_parameter_makes_too_large_is_refused() -> None:
    data = hl.Buffer(np.array([5, -7, MOST, LEAST, 3], np.int32), "data")
    p = hl.Param(hl.Int(32), "p", 5)
    f = looked_up(hl.clamp(data[x], -p, p))
    assert cells(f) == [15, -15, 15, -15, 9]
    for value, what in ((MOST, "0 - p is -2147483647"), (LEAST, "0 - p is 2147483648")):
        p.set(value)
        with pytest.raises(BoundsError, match=f"coordinates of t: {what}"):
            cells(f)
    p.set(2**30)
    with pytest.raises(BoundsError, match=r"t\.s0\.i\.max - t\.s0\.i\.min is 2147483648"):
        cells(f)


@pytest.mark.parametrize("step", [0.0, float("inf"), float("nan"), 1e-30])
def test_a_float_step_without_end_is_refused(step: float) -> None:
    s = hl.Param(hl.Float(32), "s", step)
    f = looked_up(hl.cast(hl.Int(32), x / s))
    with pytest.raises(BoundsError, match="coordinates of t"):
        cells(f)
    s.set(-0.5)
    assert cells(f) == [0, -6, -12, -18, -24]


def test_a_sum_inside_an_index_may_not_wrap() -> None:
    # In 32 bits 5*p wraps, and the clamp would give the other end than the one that is stored.
    p = hl.Param(hl.Int(32), "p", 2)
    f = looked_up(hl.clamp(x * p, 0, 10))
    assert cells(f, 1, low=5) == [30]
    p.set(2**29)
    with pytest.raises(BoundsError, match=r"f\.min\.0\*p is 2684354560"):
        cells(f, 1, low=5)


def test_a_reduction_of_parameter_extent() -> None:
    n = hl.Param(hl.Int(32), "n", 3)
    r, g, f = hl.RDom([(0, n)], "r"), hl.Func("g"), hl.Func("f")
    g[x] = hl.i64(x)
    f[x] = hl.i64(0)
    f[x] += g[r.x + x]
    g.compute_root()
    assert cells(f) == [3, 6, 9, 12, 15]
    for empty in (0, -5):
        n.set(empty)
        assert cells(f) == [0] * 5
    for value in (MOST, LEAST):
        n.set(value)
        with pytest.raises(BoundsError, match="coordinates of "):
            cells(f)


def test_a_predicate_may_not_wrap() -> None:
    p = hl.Param(hl.Int(32), "p", 3)
    r, g, f = hl.RDom([(0, 10)], "r"), hl.Func("g"), hl.Func("f")
    r.where(r.x + p < 9)
    g[x] = hl.i64(x)
    f[x] = hl.i64(0)
    f[x] += g[r.x + x]
    g.compute_root()
    assert cells(f, 2) == [15, 21]
    p.set(MOST)
    with pytest.raises(BoundsError, match="coordinates of f"):
        cells(f)


def test_what_becomes_a_narrow_integer_may_wrap(tmp_path: Path) -> None:
    f = looked_up(hl.i32(hl.u16(x * 9001 - 1)) % 50)
    assert checks(f, [], tmp_path) == []
    low = 2**20
    wanted = [3 * ((c * 9001 - 1) % 2**16 % 50) for c in range(low, low + 5)]
    assert cells(f, low=low) == wanted


def test_an_update_may_not_write_beyond_32_bits() -> None:
    p = hl.Param(hl.Int(32), "p", 3)
    r, g, f = hl.RDom([(0, 3)], "r"), hl.Func("g"), hl.Func("f")
    g[x] = hl.i64(0)
    g[r.x + p] += hl.i64(1)
    f[x] = g[x]
    g.compute_root()
    assert cells(f) == [0, 0, 0, 1, 1]
    p.set(MOST)
    with pytest.raises(BoundsError, match="coordinates of g"):
        cells(f)


def test_a_product_of_sizes_is_formed_in_64_bits() -> None:
    w = hl.ImageParam(hl.UInt(8), 1, "w")
    w.set(hl.Buffer(hl.UInt(8), [4], "four"))
    t, f = hl.Func("t"), hl.Func("f")
    t[i] = hl.i64(i)
    f[x, y] = t[x + y * w.width()]
    t.compute_root()
    out = hl.Buffer(hl.Int(64), [4, 2], "out")
    f.realize(out)
    assert np.asarray(out).ravel().tolist() == list(range(8))
    out.set_min([0, 2**29])
    with pytest.raises(BoundsError, match=r"f\.min\.1\*w\.extent\.0 is 2147483648"):
        f.realize(out)


def test_an_input_is_not_read_where_an_index_wraps() -> None:
    image = hl.ImageParam(hl.Int(64), 1, "image")
    image.set(hl.Buffer(np.arange(8), "eight"))
    f = hl.Func("f")
    f[x] = image[x * 4]
    assert cells(f, 2) == [0, 4]
    with pytest.raises(BufferError, match="output 'f' dimension 0: its cells must lie between"):
        cells(f, 1, low=2**30)  # 4*2**30 is 0 in 32 bits


def test_buffers_stay_clear_of_the_last_numbers() -> None:
    f = looked_up(x + 10)
    with pytest.raises(BufferError, match="output 'f': min 2147483638 of dimension 0"):
        cells(f, low=MOST - 9)
    assert cells(f, low=FREE - 5)[0] == 3 * (FREE + 5)
    with pytest.raises(BufferError, match="does not fit into 32 bits"):
        cells(f, low=FREE - 4)


def checks(f: hl.Func, arguments: list[hl.Param], folder: Path) -> list[str]:
    """Return the conditions on coordinates under which `f` runs."""
    f.compile_to_lowered_stmt(str(folder / "f.txt"), arguments)
    lines = (folder / "f.txt").read_text().splitlines()
    mine = [a.strip() for a in lines if "its cells must lie" in a or "overflow(" in a]
    return [a.removeprefix("assert ").split(" else ")[0] for a in mine]


def test_stencils_need_no_checks(tmp_path: Path) -> None:
    a, b, c = hl.Func("a"), hl.Func("b"), hl.Func("c")
    a[x, y] = x + y
    b[x, y] = a[x - 1, y] + a[x + 1, y]
    c[x, y] = b[x, y - 1] + b[x, y + 1] + a[x, y + 2]
    a.compute_root()
    b.compute_at(c, y)
    assert checks(c, [], tmp_path) == []


def test_scaled_coordinates_bound_the_output(tmp_path: Path) -> None:
    # f reaches to 2*M + 10 of g, which may be 2**31 - 2**16 at most.
    assert checks(looked_up(x * 2 + 10), [], tmp_path) == [
        "-1073709051 <= f.min.0 && f.extent.0 + f.min.0 <= 1073709051"
    ]


def test_a_parameter_is_looked_at_in_64_bits(tmp_path: Path) -> None:
    p = hl.Param(hl.Int(32), "p")
    assert checks(looked_up(x + p), [p], tmp_path) == [
        "-2147418112 <= int64(f.min.0) + int64(p) && int64(f.min.0) + int64(p) <= 2147418112",
        "-2147418111 <= int64(f.extent.0) + int64(f.min.0) + int64(p) && "
        "int64(f.extent.0) + int64(f.min.0) + int64(p) <= 2147418113",
    ]
    p.set_range(-5, 1000)
    assert checks(looked_up(x + p), [p], tmp_path) == []


_Exact = Callable[[dict[str, int]], int]
_VALUES = [0, 1, -1, 5, 100, 2**16, -(2**16), 2**30, MOST, LEAST, MOST - 8, LEAST + 3]
_MINS = [0, -3, 5, 1000, LEAST + 9, MOST - 20, 2**30, -(2**30), 2**26, 2**20]
_CONSTANTS = [0, 1, 2, 3, 7, -1, -5, 100, 2**20, 2**30]


def _quotient(a: int, b: int) -> int:
    if b == 0:
        return 0
    q = a // b
    return q + 1 if a - q * b < 0 else q


def _draw(draw: random.Random, depth: int, leaves: dict[str, hl.Expr]) -> tuple[hl.Expr, _Exact]:
    """Return an index expression, and its value over the integers."""
    if depth == 0 or draw.random() < 0.15:
        if draw.random() < 0.25:
            c = draw.choice(_CONSTANTS)
            return hl.i32(c), lambda v: c
        name = draw.choice(["x", *leaves])
        return hl.i32(leaves[name]), lambda v: v[name]
    (a, f), (b, g) = _draw(draw, depth - 1, leaves), _draw(draw, depth - 1, leaves)
    made: list[tuple[hl.Expr, _Exact]] = [
        (a + b, lambda v: f(v) + g(v)),
        (a - b, lambda v: f(v) - g(v)),
        (a * b, lambda v: f(v) * g(v)),
        (hl.min(a, b), lambda v: min(f(v), g(v))),
        (hl.max(a, b), lambda v: max(f(v), g(v))),
        (a // b, lambda v: _quotient(f(v), g(v))),
        (a % b, lambda v: f(v) - _quotient(f(v), g(v)) * g(v) if g(v) else 0),
        (hl.clamp(a, -20, 20), lambda v: max(min(f(v), 20), -20)),
        (hl.select(a < b, a, b), lambda v: min(f(v), g(v))),
    ]
    return draw.choice(made + made[:3])


@pytest.mark.parametrize("schedule", [_root, _vectors, _at])
@pytest.mark.parametrize(
    "seeds",
    [range(8), *(pytest.param(range(s, s + 40), marks=pytest.mark.long) for s in (40, 80, 120))],
    ids=lambda s: f"{s.start}-{s.stop}",
)
def test_what_is_not_refused_is_right(seeds: range, schedule: Schedule) -> None:
    refused = right = 0
    for seed in seeds:
        draw = random.Random(seed)
        p, q = hl.Param(hl.Int(32), "p"), hl.Param(hl.Int(32), "q")
        index, exact = _draw(draw, draw.randrange(1, 5), {"x": x, "p": p, "q": q})
        clamped = draw.random() < 0.6
        f = looked_up(hl.clamp(index, -30, 30) if clamped else index, schedule)
        for _ in range(4):
            values = {name: draw.choice(_VALUES) for name in "pq"}
            p.set(values["p"])
            q.set(values["q"])
            low, n = draw.choice(_MINS), draw.choice([1, 7, 9])
            expected = [exact({"x": c, **values}) for c in range(low, low + n)]
            expected = [3 * (max(min(v, 30), -30) if clamped else v) for v in expected]
            try:
                found = cells(f, n, low)
            except HaloError as error:
                assert isinstance(error, (BoundsError, BufferError, MemoryError)), error
                refused += 1
            else:
                assert found == expected, (seed, values, low, n)
                right += 1
    assert refused >= len(seeds)
    assert right >= len(seeds)
