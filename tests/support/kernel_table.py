"""Pipelines and schedules shared by the tests of values and the tests of the emitted C."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import halo as hl

Directives = Callable[[hl.Func, hl.Func], Any]
"""Schedules a producer g and its consumer f."""


INT = hl.Int(32)


def source(type_: hl.Type = INT) -> hl.Buffer:
    """Return an input that reaches well beyond what the tests read, at negative coordinates."""
    rng = np.random.default_rng(7)
    b = hl.Buffer(rng.integers(0, 120, (60, 80)).astype(type_.dtype))
    b.set_min([-20, -20])
    return b


def blur(stage: Directives | None = None) -> hl.Func:
    """Two stencils, one after the other."""
    x, y = hl.Var("x"), hl.Var("y")
    inp = source()
    g, f = hl.Func("g"), hl.Func("f")
    g[x, y] = inp[x - 1, y] + inp[x, y] * 2 + inp[x + 1, y]
    f[x, y] = g[x, y - 1] - g[x, y + 1] / 3
    if stage is not None:
        stage(g, f)
    return f


T = hl.TailStrategy
PURE: dict[str, Directives] = {
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
    "predicate": lambda g, f: f.vectorize("x", 8, T.Predicate),
    "predicate loads": lambda g, f: g.compute_root().vectorize("x", 8, T.PredicateLoads),
    "predicate stores": lambda g, f: g.compute_at(f, "y").vectorize("x", 8, T.PredicateStores),
    "round up in tile": lambda g, f: g.compute_at(f, "y").split("x", "xo", "xi", 5, T.RoundUp),
    "storage order": lambda g, f: g.compute_root().reorder_storage("y", "x").vectorize("x", 4),
    "aligned rows": lambda g, f: g.compute_root().align_storage("x", 8).vectorize("x", 4),
    "aligned rows on the stack": lambda g, f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 4, 2, T.GuardWithIf),
        g.compute_at(f, "xo").align_storage("x", 8).store_in(hl.MemoryType.Stack),
    ),
    "aligned bounds": lambda g, f: (
        g.compute_at(f, "y").align_bounds("x", 8, 3).align_extent("y", 2).vectorize("x", 8)
    ),
    "aligned root": lambda g, f: g.compute_root().align_bounds("x", 4).align_bounds("y", 3, 1),
    "more storage": lambda g, f: g.compute_root().bound_storage("x", 64).bound_storage("y", 32),
    "folded rows": lambda g, f: g.store_root().compute_at(f, "y").fold_storage("y", 3),
    "folded rows of a tile": lambda g, f: (
        f.split("y", "yo", "yi", 4).parallel("yo"),
        g.store_at(f, "yo").compute_at(f, "yi").fold_storage("y", 5).vectorize("x", 4),
    ),
    "folded columns": lambda g, f: (
        f.reorder("y", "x"),
        g.store_root().compute_at(f, "x").fold_storage("x", 2).vectorize("y", 4),
    ),
    "folded and packed": lambda g, f: (
        g.store_root()
        .compute_at(f, "y")
        .fold_storage("y", 4)
        .split_storage("y", "yo", "yi", 2)
        .reorder_storage("yi", "x", "yo")
    ),
    "hoisted memory": lambda g, f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 4),
        g.compute_at(f, "xo").vectorize("x", 4).hoist_storage_root(),
    ),
    "hoisted memory of threads": lambda g, f: (
        f.split("y", "yo", "yi", 4, T.GuardWithIf).parallel("yo"),
        g.store_at(f, "yi").compute_at(f, "x").hoist_storage(f, "yo").vectorize("x", 4),
    ),
    "buffers in a ring": lambda g, f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 4, T.GuardWithIf).parallel("yo"),
        g.compute_at(f, "xo").hoist_storage(f, "yo").ring_buffer(3).split_storage("x", "a", "b", 4),
    ),
    "streamed": lambda g, f: (
        g.compute_root().align_storage("x", 16).stream_stores().vectorize("x", 16),
        f.stream_stores().vectorize("x", 4).parallel("y"),
    ),
    "prefetched": lambda g, f: (
        g.compute_root().align_storage("x", 16),
        f.split("x", "xo", "xi", 4, T.GuardWithIf).vectorize("xi"),
        f.prefetch(g, "xo", "xo", 3).prefetch(g, "y", "y", 1, hl.PrefetchBoundStrategy.Clamp),
        f.prefetch(g, "xo", "y", 2, hl.PrefetchBoundStrategy.NonFaulting),
    ),
    "rows on a thread": lambda g, f: g.compute_at(f, "y").store_root().async_(),
    "ring on a thread": lambda g, f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 4, T.GuardWithIf),
        g.compute_at(f, "xo").hoist_storage_root().ring_buffer(3).vectorize("x", 4).async_(),
    ),
    "packed columns": lambda g, f: (
        g.compute_root().split_storage("x", "xo", "xi", 4).reorder_storage("xi", "y", "xo"),
        g.split("x", "xo", "xi", 4, T.GuardWithIf).reorder("xi", "y", "xo").vectorize("xi"),
        f.split("x", "xo", "xi", 4, T.GuardWithIf).reorder("xi", "y", "xo").vectorize("xi"),
    ),
    "packed twice": lambda g, f: (
        g.compute_root()
        .split_storage("x", "x", "xi", 12)
        .split_storage("xi", "xi", "xl", 3)
        .split_storage("y", "yo", "yi", 2)
        .reorder_storage("xl", "yi", "xi", "x", "yo")
        .align_storage("yi", 3)
        .vectorize("x", 4)
    ),
    "packed in a row": lambda g, f: g.compute_at(f, "y").split_storage("x", "xo", "xi", 5),
    "parallel producer": lambda g, f: g.compute_root().parallel("y"),
    "fused producer": lambda g, f: g.compute_at(f, "y").fuse("x", "y", "t").vectorize("t", 4),
}


def reduction(stage: Directives | None = None) -> hl.Func:
    """A stage with two updates, the first of them a reduction."""
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
    """Return the names of the reduction variables of the first update of `g`."""
    return [r.name for r in g.function.definitions[1].rvars]


UPDATES: dict[str, Directives] = {
    "compute_root": lambda g, f: g.compute_root(),
    "vectorize": lambda g, f: (g.compute_root().vectorize("x", 4), g.update(0).vectorize("x", 4)),
    "unroll": lambda g, f: (g.compute_root(), g.update(0).unroll("x", 3), g.update(1).unroll("y")),
    "parallel": lambda g, f: (
        g.compute_root(),
        g.update(0).parallel("y"),
        g.update(1).parallel("x"),
    ),
    "split guard": lambda g, f: (
        g.compute_root(),
        g.update(1).split("x", "xo", "xi", 5, T.GuardWithIf).reorder("y", "xi", "xo"),
    ),
    "register tile": lambda g, f: (
        f.tile("x", "y", "xo", "yo", "xi", "yi", 8, 2).vectorize("xi", 4).unroll("xi").unroll("yi"),
        g.compute_at(f, "xo").unroll("x").unroll("y"),
        g.update(0).reorder("x", "y", *rvars(g)).unroll("x").unroll("y"),
    ),
    "blended shift": lambda g, f: (
        g.compute_root(),
        g.update(0).vectorize("x", 8, T.ShiftInwardsAndBlend),
        g.update(1).split("y", "yo", "yi", 4, T.ShiftInwardsAndBlend),
    ),
    "blended end": lambda g, f: (
        g.compute_root(),
        g.update(0).vectorize("x", 8, T.PredicateStores),
        g.update(1).vectorize("x", 4, T.RoundUpAndBlend),
    ),
    "in a row": lambda g, f: (g.compute_at(f, "y"), g.update(0).vectorize("x", 8)),
}

TYPES = [
    *[hl.Int(b) for b in (8, 16, 32, 64)],
    *[hl.UInt(b) for b in (8, 16, 32, 64)],
    hl.Float(16),
    hl.Float(32),
    hl.Float(64),
    hl.BFloat(16),
]
LANES = [1, 4, 7]


def typed(type_: hl.Type, lanes: int) -> hl.Func:
    """Arithmetic, comparison and choice in one type, in vectors of `lanes`."""
    x, y = hl.Var("x"), hl.Var("y")
    f = hl.Func("f")
    a = hl.cast(type_, x * 37 - y * 11)
    b = hl.cast(type_, y * 5 + 3)
    f[x, y] = hl.select(a > b, a * b - a, hl.max(a, b) + a / b)
    if lanes > 1:
        f.vectorize("x", lanes)
    return f


def histogram() -> hl.Func:
    """Counts of 100 values of an image, whose cells choose where to add."""
    x = hl.Var("x")
    inp = source(hl.UInt(8))
    r = hl.RDom([(-5, 30), (2, 11)])
    h = hl.Func("hist")
    h[x] = 0
    h[hl.clamp(hl.cast(hl.Int(32), inp[r.x, r.y]), 0, 99)] += 1
    return h


def parallel_histogram() -> hl.Func:
    """The histogram with rows of the image in parallel."""
    h = histogram()
    h.update().atomic().parallel(h.rvars()[1])
    return h


def lanes_and_threads() -> hl.Func:
    """Sums whose lanes meet in a cell, and so do threads; with a vector of cells under a lock."""
    x = hl.Var("x")
    inp = source()
    r = hl.RDom([(0, 13), (-3, 20)])
    f, g = hl.Func("sums"), hl.Func("bits")
    f[x] = 0
    f[x] += inp[x + r.x, r.y]
    f.update().atomic().parallel(r.y).vectorize(r.x, 4)
    g[x] = inp[x, 0]
    g[x] ^= inp[x + r.x, r.y] * f[x]
    g.update().atomic().reorder(x, r.x, r.y).parallel(r.y).vectorize(x, 4)
    f.compute_root()
    return g


def factored() -> hl.Func:
    """Sums by lanes of a register, and those by rows in parallel."""
    x, u, v = hl.Var("x"), hl.Var("u"), hl.Var("v")
    inp = source()
    r = hl.RDom([(-3, 21), (0, 11)])
    f = hl.Func("factored")
    f[x] = 1
    f[x] += inp[x + r.x, r.y] * 3
    rows = f.update().rfactor(r.y, u)
    lanes = rows.update().split(r.x, "ro", "ri", 4).rfactor("ri", v)
    lanes.compute_at(rows, u).vectorize(v).update().vectorize(v)
    rows.compute_root().update().parallel(u).atomic().vectorize("ri")
    return f


def triangle() -> hl.Func:
    """A sum over half a square; nothing outside 0..9 may be read."""
    x = hl.Var("x")
    small = hl.Buffer(np.arange(10, dtype=np.int32))
    r = hl.RDom([(0, 10), (0, 10)])
    r.where(r.x + r.y < 10)
    f = hl.Func("triangle")
    f[x] = 0
    f[r.x] += small[r.x + r.y]
    return f


def bools() -> hl.Func:
    """Vectors of bools, stored as bytes."""
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = (x % 3 == 0) & (x > 4)
    return f.vectorize(x, 8)


def clamped(array: np.ndarray[Any, Any]) -> hl.Func:
    """Tiles of vectors over an image that repeats its edge."""
    x, y = hl.Var("x"), hl.Var("y")
    edge = hl.BoundaryConditions.repeat_edge(hl.Buffer(array))
    f = hl.Func("f")
    f[x, y] = edge[x - 1, y - 1] + edge[x + 1, y + 1] * 3
    f.tile(x, y, "xo", "yo", "xi", "yi", 8, 4).vectorize("xi").parallel("yo")
    return f


KERNELS: dict[str, tuple[Callable[[], hl.Func], tuple[int, ...]]] = {
    **{f"blur, {n}": (lambda s=s: blur(s), (37, 19)) for n, s in PURE.items()},
    **{f"reduction, {n}": (lambda s=s: reduction(s), (37, 19)) for n, s in UPDATES.items()},
    **{f"{t}x{n}": (lambda t=t, n=n: typed(t, n), (23, 5)) for t in TYPES for n in LANES},
    "histogram": (histogram, (100,)),
    "histogram in parallel": (parallel_histogram, (100,)),
    "lanes and threads that meet": (lanes_and_threads, (21,)),
    "sums in parts": (factored, (21,)),
    "triangle": (triangle, (10,)),
    "bools": (bools, (21,)),
    "clamped": (lambda: clamped(np.arange(221, dtype=np.int32).reshape(13, 17)), (17, 13)),
}
"""Name -> what makes the pipeline, and a size of its output."""
