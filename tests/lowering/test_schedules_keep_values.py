"""Every directive gives the bits of the default schedule and of the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret

SIZES = [(0, 3), (1, 1), (5, 2), (16, 8), (37, 19)]
MINS = (-7, 3)


def source(type_: hl.Type = hl.Int(32)) -> hl.Buffer:
    """An input that reaches well beyond what the tests read, at negative coordinates."""
    rng = np.random.default_rng(7)
    b = hl.Buffer(rng.integers(0, 120, (60, 80)).astype(type_.dtype))
    b.set_min([-20, -20])
    return b


def blur(stage: Callable[[hl.Func, hl.Func], Any] | None = None) -> hl.Func:
    x, y = hl.Var("x"), hl.Var("y")
    inp = source()
    g, f = hl.Func("g"), hl.Func("f")
    g[x, y] = inp[x - 1, y] + inp[x, y] * 2 + inp[x + 1, y]
    f[x, y] = g[x, y - 1] - g[x, y + 1] / 3
    if stage is not None:
        stage(g, f)
    return f


def run(f: hl.Func, size: tuple[int, int], mins: tuple[int, int] = MINS) -> np.ndarray[Any, Any]:
    out = hl.Buffer(f.types()[0], list(size))
    out.set_min(list(mins))
    f.realize(out)
    return np.array(out)


def agree(make: Callable[..., hl.Func], stage: Callable[[hl.Func, hl.Func], Any]) -> None:
    scheduled, plain = make(stage), make()
    for size in SIZES:
        expected = interpret(plain, size, MINS)
        np.testing.assert_array_equal(run(plain, size), expected)
        np.testing.assert_array_equal(run(scheduled, size), expected)


T = hl.TailStrategy
PURE: dict[str, Callable[[hl.Func, hl.Func], Any]] = {
    "split shift": lambda g, f: f.split("x", "xo", "xi", 4, T.ShiftInwards),
    "split guard": lambda g, f: f.split("x", "xo", "xi", 4, T.GuardWithIf),
    "split of split": lambda g, f: f.split("x", "xo", "xi", 6).split("xi", "xa", "xb", 4),
    "outer split": lambda g, f: f.split("y", "yo", "yi", 3).split("yo", "ya", "yb", 2),
    "fuse": lambda g, f: f.fuse("x", "y", "t").split("t", "to", "ti", 5).parallel("to"),
    "reorder": lambda g, f: f.reorder("y", "x"),
    "tile": lambda g, f: f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 4).parallel("yo"),
    "vectorize": lambda g, f: f.vectorize("x", 8),
    "vectorize guard": lambda g, f: f.vectorize("x", 8, T.GuardWithIf),
    "vectorize odd lanes": lambda g, f: f.vectorize("x", 3),
    "vectorize y": lambda g, f: f.reorder("y", "x").vectorize("y", 4),
    "unroll": lambda g, f: f.unroll("x", 3).unroll("y", 2),
    "parallel": lambda g, f: f.parallel("y"),
    "compute_root": lambda g, f: g.compute_root().vectorize("x", 4),
    "compute_at y": lambda g, f: g.compute_at(f, "y").vectorize("x", 4),
    "compute_at x": lambda g, f: g.compute_at(f, "x"),
    "compute_at tile": lambda g, f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 4).vectorize("xi", 4),
        g.compute_at(f, "xo").vectorize("x", 4),
    ),
    "sliding window": lambda g, f: g.store_root().compute_at(f, "y"),
    "sliding window in strips": lambda g, f: (
        f.split("y", "yo", "yi", 4).parallel("yo"),
        g.store_at(f, "yo").compute_at(f, "yi").vectorize("x", 8),
    ),
    "sliding along x": lambda g, f: g.store_root().compute_at(f, "x"),
    "round up inside": lambda g, f: g.compute_root().vectorize("x", 8, T.RoundUp),
    "round up in tile": lambda g, f: g.compute_at(f, "y").split("x", "xo", "xi", 5, T.RoundUp),
    "storage order": lambda g, f: g.compute_root().reorder_storage("y", "x").vectorize("x", 4),
    "parallel producer": lambda g, f: g.compute_root().parallel("y"),
    "fused producer": lambda g, f: g.compute_at(f, "y").fuse("x", "y", "t").vectorize("t", 4),
}


@pytest.mark.parametrize("name", list(PURE))
def test_pure_stages_give_the_same_bits_however_scheduled(name: str) -> None:
    agree(blur, PURE[name])


def reduction(stage: Callable[[hl.Func, hl.Func], Any] | None = None) -> hl.Func:
    x, y = hl.Var("x"), hl.Var("y")
    inp = source()
    r = hl.RDom([(0, 3), (-1, 2)], name="r")
    g, f = hl.Func("g"), hl.Func("f")
    g[x, y] = inp[x, y] + 1
    g[x, y] += inp[x + r.x, y + r.y] * g[x, y]
    g[x, y] = hl.max(g[x, y], 7) - inp[x, y]
    f[x, y] = g[x, y] + g[x + 1, y]
    if stage is not None:
        stage(g, f)
    return f


def rvars(g: hl.Func) -> list[str]:
    return [r.name for r in g.function.definitions[1].rvars]


UPDATES: dict[str, Callable[[hl.Func, hl.Func], Any]] = {
    "compute_root": lambda g, f: g.compute_root(),
    "vectorize": lambda g, f: (g.compute_root().vectorize("x", 4), g.update(0).vectorize("x", 4)),
    "unroll": lambda g, f: (g.compute_root(), g.update(0).unroll("x", 3), g.update(1).unroll("y")),
    "parallel": lambda g, f: (g.compute_root(), g.update(0).parallel("y"), g.update(1).parallel("x")),
    "split guard": lambda g, f: (
        g.compute_root(),
        g.update(1).split("x", "xo", "xi", 5, T.GuardWithIf).reorder("y", "xi", "xo"),
    ),
    "register tile": lambda g, f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 2).vectorize("xi", 4).unroll("xi").unroll("yi"),
        g.compute_at(f, "xo").unroll("x").unroll("y"),
        g.update(0).reorder("x", "y", *rvars(g)).unroll("x").unroll("y"),
    ),
    "in a row": lambda g, f: (g.compute_at(f, "y"), g.update(0).vectorize("x", 8)),
}


@pytest.mark.parametrize("name", list(UPDATES))
def test_update_stages_give_the_same_bits_however_scheduled(name: str) -> None:
    agree(reduction, UPDATES[name])


def test_a_scan_runs_in_order() -> None:
    x, y = hl.Var("x"), hl.Var("y")
    inp = source()
    r = hl.RDom([(1, 9)])
    f = hl.Func("scan")
    f[x, y] = inp[x, y]
    f[r.x, y] = f[r.x - 1, y] + f[r.x, y]
    out = np.array(f.realize([10, 4]))
    expected = np.cumsum(np.array(inp)[20:24, 20:30], axis=1)
    np.testing.assert_array_equal(out, expected)


def test_a_histogram_of_clamped_data_fills_its_bins() -> None:
    x = hl.Var("x")
    inp = source(hl.UInt(8))
    r = hl.RDom([(-5, 30), (2, 11)])
    h = hl.Func("hist")
    h[x] = 0
    h[hl.clamp(hl.cast(hl.Int(32), inp[r.x, r.y]), 0, 99)] += 1
    out = np.array(h.realize([100]))
    data = np.clip(np.array(inp)[22:33, 15:45], 0, 99)
    np.testing.assert_array_equal(out, np.bincount(data.ravel(), minlength=100))


def test_where_predicates_bound_the_cells_that_are_read() -> None:
    x = hl.Var("x")
    small = hl.Buffer(np.arange(10, dtype=np.int32))  # nothing outside 0..9 may be read
    r = hl.RDom([(0, 10), (0, 10)])
    r.where(r.x + r.y < 10)
    f = hl.Func("triangle")
    f[x] = 0
    f[r.x] += small[r.x + r.y]
    out = np.array(f.realize([10]))
    expected = [sum(i + j for j in range(10) if i + j < 10) for i in range(10)]
    np.testing.assert_array_equal(out, expected)


def test_tuples_and_argmin_agree_with_numpy() -> None:
    x = hl.Var("x")
    inp = source()
    r = hl.RDom([(0, 20)])
    best = hl.argmin(inp[x, r.x])
    f = hl.Func("f")
    f[x] = hl.Tuple(best[0], best[1])
    place, value = f.realize([13])
    data = np.array(inp)[20:40, 20:33]
    np.testing.assert_array_equal(np.array(place), data.argmin(axis=0))
    np.testing.assert_array_equal(np.array(value), data.min(axis=0))


def test_bound_promises_the_extent_and_refuses_another() -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = x * x
    f.bound(x, 0, 12).vectorize(x, 4)
    np.testing.assert_array_equal(np.array(f.realize([12])), np.arange(12) ** 2)
    with pytest.raises(hl.HaloError, match="f"):
        f.realize([16])


@pytest.mark.parametrize(
    "view",
    [lambda a: a[::-1], lambda a: a[:, ::-1], lambda a: a.T, lambda a: a[::2, ::3]],
    ids=["rows back", "columns back", "transposed", "steps"],
)
def test_inputs_may_have_any_strides(view: Callable[[Any], Any]) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    array = view(np.arange(40 * 40, dtype=np.int32).reshape(40, 40))
    inp = hl.Buffer(array)
    f = hl.Func("f")
    f[x, y] = inp[x, y] * 2 + inp[x + 1, y]
    f.vectorize(x, 4)
    h, w = array.shape
    out = np.array(f.realize([w - 1, h]))
    np.testing.assert_array_equal(out, array[:, :-1] * 2 + array[:, 1:])


def test_a_broadcast_input_has_stride_zero() -> None:
    x, y = hl.Var("x"), hl.Var("y")
    array = np.broadcast_to(np.arange(9, dtype=np.int32)[:, None], (9, 11))
    inp = hl.Buffer(array)
    f = hl.Func("f")
    f[x, y] = inp[x, y] + x
    f.vectorize(x, 4)
    np.testing.assert_array_equal(np.array(f.realize([11, 9])), array + np.arange(11))


TYPES = [
    *[hl.Int(b) for b in (8, 16, 32, 64)],
    *[hl.UInt(b) for b in (8, 16, 32, 64)],
    hl.Float(16),
    hl.Float(32),
    hl.Float(64),
    hl.BFloat(16),
]


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("lanes", [1, 4, 7])
def test_every_type_computes_as_the_interpreter_does(type_: hl.Type, lanes: int) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    f = hl.Func("f")
    a = hl.cast(type_, x * 37 - y * 11)
    b = hl.cast(type_, y * 5 + 3)
    f[x, y] = hl.select(a > b, a * b - a, hl.max(a, b) + a / b)
    if lanes > 1:
        f.vectorize(x, lanes)
    out = hl.Buffer(type_, [23, 5])
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), interpret(f, (23, 5)))


def test_bools_are_stored_as_zero_and_one() -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = (x % 3 == 0) & (x > 4)
    f.vectorize(x, 8)
    n = np.arange(21)
    np.testing.assert_array_equal(np.array(f.realize([21])), (n % 3 == 0) & (n > 4))


def test_boundary_conditions_survive_vectors_and_tiles() -> None:
    x, y = hl.Var("x"), hl.Var("y")
    array = np.random.default_rng(0).integers(0, 99, (13, 17)).astype(np.int32)
    clamped = hl.BoundaryConditions.repeat_edge(hl.Buffer(array))
    f = hl.Func("f")
    f[x, y] = clamped[x - 1, y - 1] + clamped[x + 1, y + 1] * 3
    f.tile(x, y, "xo", "yo", "xi", "yi", 8, 4).vectorize("xi").parallel("yo")
    p = np.pad(array, 1, mode="edge")
    np.testing.assert_array_equal(np.array(f.realize([17, 13])), p[:-2, :-2] + p[2:, 2:] * 3)
