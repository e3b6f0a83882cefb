"""Pipelines whose producers run beside their users, for tests of values, threads and sanitizers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import halo as hl

x, y = hl.vars("x y")
GUARD = hl.TailStrategy.GuardWithIf
Case = Callable[[Any], hl.Func]
"""Makes a pipeline from what it reads; all of it is int32 with two dimensions."""


def column(source: Any, updated: bool = False) -> tuple[hl.Func, hl.Func]:
    """Return g, which may have an update, and f, which reads three rows of it."""
    g, f = hl.funcs("g f")
    g[x, y] = source[x, y] * 3 + x
    if updated:
        g[x, y] += source[x + 1, y]
    f[x, y] = g[x, y - 1] + g[x + 1, y] * 5 - g[x, y + 1]
    return g, f


def tiles(source: Any, updated: bool = False) -> tuple[hl.Func, hl.Func]:
    """Return g, and f, which is computed in tiles."""
    g, f = column(source, updated)
    f.tile(x, y, "xo", "yo", "xi", "yi", 8, 4, GUARD)
    return g, f


def rows(source: Any) -> hl.Func:
    g, f = column(source)
    g.compute_at(f, y).store_root().async_()
    return f


def roomy_fold(source: Any) -> hl.Func:
    g, f = column(source)
    g.compute_at(f, y).store_root().fold_storage(y, 7).async_()
    return f


def backwards(source: Any) -> hl.Func:
    g, f = hl.funcs("g f")
    g[x, y] = source[x, -y] * 3 + x
    f[x, y] = g[x, -y] + g[x, 2 - y]
    g.compute_at(f, y).store_root().async_()
    return f


def again_in_each_tile(source: Any) -> hl.Func:
    g, f = tiles(source)
    g.compute_at(f, "yi").store_root().async_()
    return f


def tiles_in_a_row(source: Any) -> hl.Func:
    g, f = tiles(source)
    g.compute_at(f, "xo").store_at(f, "yo").async_()
    return f


def inside_parallel(source: Any) -> hl.Func:
    g, f = tiles(source)
    f.parallel("yo")
    g.compute_at(f, "yi").store_at(f, "yo").async_()
    return f


def ring(source: Any) -> hl.Func:
    g, f = tiles(source, updated=True)
    g.compute_at(f, "xo").hoist_storage_root().ring_buffer(3).async_()
    return f


def ring_in_threads(source: Any) -> hl.Func:
    g, f = tiles(source)
    f.parallel("yo")
    g.compute_at(f, "xo").hoist_storage(f, "yo").ring_buffer(2).vectorize(x, 4).async_()
    return f


def ring_of_windows(source: Any) -> hl.Func:
    g, f = tiles(source)
    g.compute_at(f, "yi").store_at(f, "xo").hoist_storage_root().ring_buffer(2).async_()
    return f


def ring_of_windows_under_a_predicate(source: Any) -> hl.Func:
    g, f = hl.funcs("g f")
    r = hl.RDom([(0, 3), (0, 4)], "r")
    r.where((r.y >= 1) & (r.x + r.y < 5))
    g[x, y] = source[x, y] * 3 + x
    f[x, y] = 0
    f[x, y] += g[x, r.y + r.x] - g[x, r.y + r.x + 1] * y
    f.update(0).reorder(x, y, r.x, r.y)
    g.compute_at(f.update(0), r.x).store_at(f.update(0), r.y).hoist_storage_root()
    g.ring_buffer(2).async_()
    return f


def two_producers(source: Any) -> hl.Func:
    g, h, f = hl.funcs("g h f")
    g[x, y] = source[x, y] * 3 + x
    h[x, y] = source[x, y] + y
    f[x, y] = g[x, y - 1] + h[x, y] - h[x + 1, y + 2]
    for one in (g, h):
        one.compute_at(f, y).store_root().async_()
    return f


def producer_of_a_producer(source: Any) -> hl.Func:
    g, h, f = hl.funcs("g h f")
    g[x, y] = source[x, y] * 3 + x
    h[x, y] = g[x, y] + g[x + 1, y]
    f[x, y] = h[x, y - 1] + h[x, y + 1]
    g.compute_at(f, y).store_root().async_()
    h.compute_at(f, y).store_root().async_()
    return f


def helper_in_the_loop(source: Any) -> hl.Func:
    g, h, f = hl.funcs("g h f")
    g[x, y] = source[x, y] * 3 + x
    h[x, y] = g[x, y] + g[x + 1, y]
    f[x, y] = h[x, y - 1] + h[x, y + 1]
    g.compute_at(f, y)
    h.compute_at(f, y).store_root().async_()
    return f


def at_root(source: Any) -> hl.Func:
    g, h, k, f = hl.funcs("g h k f")
    g[x, y] = source[x, y] * 3 + x
    h[x, y] = source[x, y] + y
    k[x, y] = h[x, y] * 2
    f[x, y] = g[x, y - 1] + k[x + 1, y]
    for one in (g, h, k):
        one.compute_root()
    g.async_()
    h.async_()
    return f


def parallel_at_root(source: Any) -> hl.Func:
    g, h, f = hl.funcs("g h f")
    g[x, y] = source[x, y] * 3 + x
    h[x, y] = source[x, y] + y
    f[x, y] = g[x, y - 1] + h[x + 1, y]
    g.compute_root().parallel(y).async_()
    h.compute_root().parallel(y)
    return f


def crossing(source: Any) -> hl.Func:
    a, b, c, d, f = hl.funcs("a b c d f")
    a[x, y] = source[x, y] * 3
    b[x, y] = source[x, y] + y
    c[x, y] = a[x, y] + b[x, y]
    d[x, y] = a[x, y] - b[x + 1, y]
    f[x, y] = c[x, y] * d[x, y] + a[x, y]
    for one in (a, b, c, d):
        one.compute_root()
    for one in (b, d):
        one.async_()
    return f


def specialized(source: Any) -> hl.Func:
    g, f = column(source)
    g.compute_at(f, y).store_root().async_()
    f.specialize(f.output_buffer().dim(0).extent() > 5).vectorize(x, 4)
    return f


CASES: dict[str, Case] = {
    f.__name__.replace("_", " "): f
    for f in (
        rows,
        roomy_fold,
        backwards,
        again_in_each_tile,
        tiles_in_a_row,
        inside_parallel,
        ring,
        ring_in_threads,
        ring_of_windows,
        ring_of_windows_under_a_predicate,
        two_producers,
        producer_of_a_producer,
        helper_in_the_loop,
        at_root,
        parallel_at_root,
        crossing,
        specialized,
    )
}


def failing_producer(source: Any) -> hl.Func:
    """Requires of a cell that the producer computes."""
    g, f = hl.funcs("g f")
    g[x, y] = hl.require(source[x, y] < 900, source[x, y], "too large:", source[x, y])
    f[x, y] = g[x, y - 1] + g[x, y + 1]
    g.compute_at(f, y).store_root().async_()
    return f


def failing_user(source: Any) -> hl.Func:
    """Requires of a cell that the user of the producer computes."""
    g, f = column(source)
    h = hl.Func("h")
    h[x, y] = f[x, y] + hl.require(source[x, y] < 900, source[x, y], "too large:", source[x, y])
    f.compute_at(h, y).store_root().async_()
    g.compute_at(h, y)
    return h


def failing_at_root(source: Any) -> hl.Func:
    """Requires of a cell that one of two producers computes."""
    g, h, f = hl.funcs("g h f")
    g[x, y] = source[x, y] * 3 + x
    h[x, y] = hl.require(source[x, y] < 900, source[x, y], "too large:", source[x, y])
    f[x, y] = g[x, y - 1] + h[x + 1, y]
    g.compute_root().async_()
    h.compute_root()
    return f


FAILURES: dict[str, Case] = {
    "producer": failing_producer,
    "user": failing_user,
    "at root": failing_at_root,
}
