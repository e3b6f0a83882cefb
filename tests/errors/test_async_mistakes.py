"""Threads of their own for Funcs that cannot have one."""

from __future__ import annotations

from typing import Any

import halo as hl

x, y = hl.vars("x y")


def two_stages() -> tuple[hl.Func, hl.Func]:
    """Return g, and f, which reads it."""
    g, f = hl.funcs("g f")
    g[x, y] = x + y
    f[x, y] = g[x, y] + g[x, y + 1]
    return g, f


def test_an_inlined_func_has_nothing_to_run_on_a_thread(refused: Any) -> None:
    g, f = two_stages()
    g.async_()
    name = g.name()
    with refused(hl.ScheduleError, f"{name} has no place of its own", f"add {name}.compute_root()"):
        f.realize([4, 4])


def test_a_reduction_inside_its_users_has_no_place_of_its_own(refused: Any) -> None:
    g, f = hl.funcs("g f")
    r = hl.RDom([(0, 3)])
    g[x, y] = 0
    g[x, y] += r + x
    f[x, y] = g[x, y]
    g.async_()
    with refused(hl.ScheduleError, "has no place of its own where it is computed"):
        f.realize([4, 4])


def test_nothing_runs_beside_an_output(refused: Any) -> None:
    _, f = two_stages()
    f.async_()
    with refused(hl.ScheduleError, f"{f.name()} is an output", "async_() of a Func that it uses"):
        f.realize([4, 4])


def test_a_func_that_shares_its_loops_runs_on_their_thread(refused: Any) -> None:
    g, h, f = hl.funcs("g h f")
    g[x, y] = x + y
    h[x, y] = x - y
    f[x, y] = g[x, y] + h[x, y]
    g.compute_root().async_()
    h.compute_root()
    g.compute_with(h, y)
    with refused(
        hl.ScheduleError,
        f"{g.name()} is computed in one loop with {h.name()}, on one thread",
        "leave compute_with or async_ out",
    ):
        f.realize([4, 4])


def test_a_func_whose_loops_are_shared_runs_on_their_thread(refused: Any) -> None:
    g, h, f = hl.funcs("g h f")
    g[x, y] = x + y
    h[x, y] = x - y
    f[x, y] = g[x, y] + h[x, y]
    g.compute_root()
    h.compute_root().async_()
    g.compute_with(h, y)
    with refused(hl.ScheduleError, f"{h.name()} is computed in one loop with {g.name()}"):
        f.realize([4, 4])


def test_the_lanes_of_a_vector_wait_for_no_other_thread(refused: Any) -> None:
    g, f = two_stages()
    f.split(y, "yo", "yi", 4).reorder("yi", x, "yo").vectorize("yi")
    g.compute_at(f, "yi").async_()
    with refused(
        hl.ScheduleError,
        f"it is computed in the vectorized loop over yi of {f.name()}",
        f"legal: {g.name()}.compute_root(), {g.name()}.compute_at({f.name()}, yo)",
    ):
        f.realize([4, 4])
