"""Kernels of the directives that `kernel_table` does not have: several Funcs, updates, Params."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from kernel_table import blur, histogram, source

import halo as hl

Maker = Callable[[], hl.Func]
X, Y = hl.Var("x"), hl.Var("y")


def scaled(stage: Callable[[hl.Func, hl.Param], Any]) -> hl.Func:
    """A stencil times a parameter, scheduled by conditions on that."""
    weight = hl.Param(hl.Int(32), "weight", 3)
    inp = source()
    f = hl.Func("scaled")
    f[X, Y] = (inp[X, Y] - inp[X + 1, Y - 1]) * weight
    stage(f, weight)
    return f


def specialized(f: hl.Func, weight: hl.Param) -> None:
    """Loops for one value, for a range of others, and for the rest."""
    f.specialize(weight == 3).vectorize(X, 8)
    f.specialize(weight > 5).parallel(Y)
    f.unroll(X, 3)


def together(stage: Callable[[hl.Func, hl.Func, hl.Func], Any]) -> hl.Func:
    """Two Funcs over neighbouring boxes, and their user."""
    inp = source()
    g, h, f = hl.Func("g"), hl.Func("h"), hl.Func("f")
    g[X, Y] = inp[X, Y] + X * Y
    h[X, Y] = inp[X + 1, Y] * 3 - Y
    f[X, Y] = g[X, Y] + h[X + 1, Y + 2] - h[X, Y - 1]
    stage(g, h, f)
    return f


def shared_loops(align: hl.LoopAlignStrategy) -> Maker:
    """Both run in one parallel loop, matched by `align`."""
    return lambda: together(
        lambda g, h, f: (
            g.compute_root().vectorize(X, 4).parallel(Y),
            h.compute_root().vectorize(X, 4).parallel(Y).compute_with(g, Y, align),
        )
    )


def shared_updates() -> hl.Func:
    """An update that runs in the loops of the next, in steps."""
    inp = source()
    g, f = hl.Func("g"), hl.Func("f")
    g[X, Y] = 1
    g[X, Y] += inp[X, Y]
    f[X, Y] = 2
    f[X, Y] += inp[X + 2, Y] + Y
    f[X, Y] -= g[X, Y]
    g.compute_root()
    for stage in (g.update(), f.update(0)):
        stage.split(Y, "yo", "yi", 4).vectorize(X, 4)
    g.update().compute_with(f.update(0), "yo")
    return f


def wrapped() -> hl.Func:
    """Tiles of an input and of a Func copied before they are used; a clone for one of two users."""
    image = hl.ImageParam(hl.Int(32), 2, "image")
    image.set(source())
    g, h, f = hl.Func("g"), hl.Func("h"), hl.Func("f")
    g[X, Y] = image[X, Y] * 2
    h[X, Y] = g[X, Y - 1] + g[X, Y + 1]
    f[X, Y] = h[X, Y] - g[X + 1, Y]
    f.tile(X, Y, "xo", "yo", "xi", "yi", 8, 4).parallel("yo")
    h.compute_at(f, "xo")
    g.clone_in(h).compute_at(f, "yo").vectorize(X, 4)
    g.compute_root().in_(f).compute_at(f, "xo").unroll(X, 2)
    image.in_(g).compute_at(g, Y).vectorize(hl._0, 8)
    return f


def several_counts() -> hl.Func:
    """A count and a largest place for each bin, which threads update together under a lock."""
    inp = source(hl.UInt(8))
    r = hl.RDom([(-5, 30), (2, 11)])
    h, f = hl.Func("counts"), hl.Func("both")
    h[X] = (0, -100)
    bin_ = hl.clamp(hl.i32(inp[r.x, r.y]), 0, 99)
    h[bin_] = (h[bin_][0] + 1, hl.max(h[bin_][1], r.x))
    f[X] = h[X][0] * 1000 + h[X][1]
    h.compute_root().update().atomic().parallel(r.y)
    return f


def taken_for_atomic() -> hl.Func:
    """A histogram whose operation the user vouches for."""
    h = histogram()
    h.update().atomic(override_associativity_test=True).parallel(h.rvars()[0])
    return h


def promised_apart() -> hl.Func:
    """Cells at places of a table: that no two are equal only the user knows."""
    places = hl.Buffer(np.random.default_rng(3).permutation(40).astype(np.int32))
    r = hl.RDom([(0, 40)])
    f = hl.Func("scattered")
    f[X] = -1
    f[hl.unsafe_promise_clamped(places[r.x], 0, 39)] = r.x * 7
    f.update().allow_race_conditions().parallel(r.x)
    return f


def many_vectors() -> hl.Func:
    """A product of matrices in a register tile of vectors in vectors."""
    inp = source(hl.Float(32))
    k = hl.RDom([(0, 17)], name="k")
    acc, f = hl.Func("acc"), hl.Func("product")
    acc[X, Y] = hl.f32(0)
    acc[X, Y] += inp[k, Y] * inp[X, k]
    f[X, Y] = acc[X, Y] * 2
    f.tile(X, Y, "xo", "yo", "xi", "yi", 16, 2).vectorize("xi", 8).parallel("yo")
    acc.compute_at(f, "xo").store_in(hl.MemoryType.Register)
    acc.vectorize(X, 8).unroll(X).unroll(Y)
    step = acc.update().reorder(X, Y, k.x).vectorize(X, 8)
    step.vectorize(X).vectorize(Y)
    return f


def weights() -> hl.Func:
    """A filter whose weights are packed when the code is made, and a table kept across calls."""
    inp = source()
    taps = hl.Buffer(np.arange(-7, 8, dtype=np.int32).reshape(3, 5))
    r = hl.RDom([(0, 5), (0, 3)])
    w, table, f = hl.Func("weights"), hl.Func("table"), hl.Func("filtered")
    w[X, Y] = taps[X, Y] * 3 + 1
    table[X, Y] = X * X - Y
    f[X, Y] = table[X, Y]
    f[X, Y] += inp[X + r.x, Y + r.y] * w[r.x, r.y]
    w.split_storage(X, "xo", "xi", 2).reorder_storage("xi", Y, "xo").precompute()
    table.compute_root().memoize().vectorize(X, 4)
    f.update().vectorize(X, 8).parallel(Y)
    return f


def traced() -> hl.Func:
    """All that can be reported, from several threads."""
    f = together(
        lambda g, h, f: (
            g.compute_at(f, Y).trace_loads().trace_stores().add_trace_tag("rows"),
            h.compute_root().vectorize(X, 4).trace_realizations(),
            f.parallel(Y).trace_stores(),
        )
    )
    hl.Pipeline(f).trace_pipeline()
    return f


LOOPS: dict[str, Callable[[hl.Func, hl.Func], Any]] = {
    "renamed": lambda g, f: f.split(X, "xo", "xi", 8).rename("xi", "lane").vectorize("lane"),
    "told to be serial": lambda g, f: f.parallel(Y).serial(Y).vectorize(X, 4),
    "inline": lambda g, f: (g.compute_root().compute_inline(), f.vectorize(X, 8)),
    "inline at once": lambda g, f: (g.eager_inline(), f.parallel(Y)),
    "without a schedule": lambda g, f: (g.compute_root().unscheduled(), f.parallel(Y)),
    "heap of a thread": lambda g, f: (
        f.tile(X, Y, "xo", "yo", "xi", "yi", 8, 4).parallel("yo"),
        g.compute_at(f, "xo").store_in(hl.MemoryType.Heap).vectorize(X, 4),
    ),
    "memory where it fits": lambda g, f: g.compute_at(f, Y).store_in(hl.MemoryType.Auto),
    "loops left whole": lambda g, f: (
        g.compute_root().never_partition_all().vectorize(X, 8),
        f.vectorize(X, 8, hl.TailStrategy.GuardWithIf).never_partition(X, Y),
    ),
    "loops always cut": lambda g, f: (
        g.compute_root().vectorize(X, 8, hl.TailStrategy.GuardWithIf).always_partition_all(),
        f.split(X, "xo", "xi", 5, hl.TailStrategy.GuardWithIf).always_partition("xo", "xi"),
    ),
    "loops cut as told": lambda g, f: (
        f.tile(X, Y, "xo", "yo", "xi", "yi", 8, 4, hl.TailStrategy.GuardWithIf),
        f.partition("xo", hl.Partition.Always).partition("yo", hl.Partition.Never),
        f.partition("yi", hl.Partition.Auto).parallel("yo"),
    ),
    "tasks of rows": lambda g, f: (f.parallel(Y, 4), g.compute_root().parallel(Y, 3)),
    "shifted tiles fused": lambda g, f: (
        f.tile(X, Y, "xo", "yo", "xi", "yi", 8, 4).vectorize("xi"),
        f.fuse("xo", "yo", "t").parallel("t"),
        g.compute_at(f, "t").vectorize(X, 4),
    ),
}
"""Schedules of g and f of `kernel_table.blur`."""


def bounded() -> hl.Func:
    """A Func of whose size all is promised."""
    f = blur(lambda g, f: g.compute_root())
    return f.bound(X, 0, 37).bound_extent(Y, 19).vectorize(X, 8).parallel(Y, 2)


KERNELS: dict[str, tuple[Maker, tuple[int, ...]]] = {
    **{f"blur, {n}": (lambda s=s: blur(s), (37, 19)) for n, s in LOOPS.items()},
    **{f"loops shared, {a.name}": (shared_loops(a), (37, 19)) for a in hl.LoopAlignStrategy},
    "specialized": (lambda: scaled(specialized), (37, 19)),
    "specialized or failing": (
        lambda: scaled(
            lambda f, w: (f.specialize(w == 3).parallel(Y), f.specialize_fail("weight is not 3"))
        ),
        (37, 19),
    ),
    "loops shared by updates": (shared_updates, (37, 19)),
    "wrapped": (wrapped, (37, 19)),
    "several counts": (several_counts, (100,)),
    "taken for atomic": (taken_for_atomic, (100,)),
    "promised apart": (promised_apart, (40,)),
    "vectors of vectors": (many_vectors, (32, 8)),
    "weights": (weights, (37, 19)),
    "traced": (traced, (13, 5)),
    "bounded": (bounded, (37, 19)),
}
"""Name -> what makes the pipeline, and a size of its output."""
