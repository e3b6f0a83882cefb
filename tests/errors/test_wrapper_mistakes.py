"""Wrappers and clones that mean nothing."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


@pytest.fixture
def chain() -> tuple[hl.Func, hl.Func, hl.Func]:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x + y
    g[x, y] = f[x, y] + 1
    h[x, y] = g[x, y] + 1
    f.compute_root()
    g.compute_root()
    return f, g, h


def test_a_wrapper_for_a_func_that_is_no_consumer(refused, chain) -> None:
    f, g, h = chain
    f.in_(h)
    with refused(hl.ScheduleError, "does not use", "legal:", f".in_({g.name()})"):
        h.realize([4, 4])


def test_a_wrapper_for_the_func_itself(refused, chain) -> None:
    f, g, h = chain
    f.in_(f)
    with refused(hl.ScheduleError, "between itself and its own cells", f".in_({g.name()})"):
        h.realize([4, 4])


def test_a_clone_of_an_output_for_itself(refused, chain) -> None:
    h = chain[2]
    h.clone_in(h)
    with refused(hl.ScheduleError, "between itself and its own cells", "leave this out"):
        h.realize([4, 4])


def test_a_wrapper_for_what_is_no_func(refused, chain) -> None:
    with refused(hl.ScheduleError, "in_(...) takes Funcs, not 3", "in_([g, h])"):
        chain[0].in_(3)


def test_a_clone_for_nobody(refused, chain) -> None:
    with refused(hl.ScheduleError, "names no consumer", "clone_in(g)"):
        chain[0].clone_in([])


def test_a_clone_for_a_func_that_is_no_consumer(refused, chain) -> None:
    f, _, h = chain
    f.clone_in(h)
    with refused(hl.ScheduleError, "does not use", "clone_in("):
        h.realize([4, 4])


def test_a_buffer_is_wrapped_for_funcs_that_read_it(refused) -> None:
    data = hl.Buffer(np.arange(9, dtype=np.int32), "data")
    f, g = hl.funcs("f g")
    f[x] = data[x]
    g[x] = f[x] + 1
    with refused(hl.ScheduleError, f"{data.name()}.in_(...) takes Funcs, not 3", ".in_([g, h])"):
        data.in_(3)
    f.compute_root()
    data.in_(g)
    with refused(hl.ScheduleError, "does not use", f"legal: {data.name()}.in_({f.name()})"):
        g.realize([3])
