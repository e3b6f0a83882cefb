"""Places that are not known, or cannot be."""

from __future__ import annotations

import pytest

import halo as hl

x, y = hl.vars("x y")


@pytest.fixture
def chain() -> tuple[hl.Func, hl.Func]:
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = x * 3 + y
    g[x, y] = f[x, y] + f[x, y + 1]
    return f, g


def test_a_level_that_is_never_set(refused, chain) -> None:
    f, g = chain
    f.compute_at(hl.LoopLevel())
    with refused(hl.ScheduleError, "compute_at(level): the LoopLevel has not been set", "set("):
        g.realize([4, 4])


def test_a_level_set_to_one_that_is_not_set(refused) -> None:
    with refused(hl.ScheduleError, "this LoopLevel has not been set", "level.set("):
        hl.LoopLevel().set(hl.LoopLevel())


def test_a_level_of_what_is_no_func(refused) -> None:
    with refused(hl.ScheduleError, "3 is neither a Func nor an update", "g.compute_at(f, x)"):
        hl.LoopLevel(3, x)


def test_eager_inline_of_a_func_with_updates(refused, chain) -> None:
    f, _ = chain
    h = hl.Func("h")
    h[x] = 0
    h[x] += f[x, x]
    with refused(hl.ScheduleError, "has updates and cannot be substituted", "compute_root()"):
        h.eager_inline()


def test_eager_inline_of_an_output(refused, chain) -> None:
    _, g = chain
    g.eager_inline()
    with refused(hl.ScheduleError, "is an output and has to be stored"):
        g.realize([4, 4])


def test_unscheduled_after_directives(refused, chain) -> None:
    _, g = chain
    g.parallel(y)
    with refused(hl.ScheduleError, "its loops have been scheduled already", "leave this out"):
        g.unscheduled()


def test_compute_with_of_a_place_that_is_no_loop(refused, chain) -> None:
    f, _ = chain
    with refused(hl.ScheduleError, "compute_with needs a loop of another definition"):
        f.compute_with(hl.LoopLevel.root())


def test_a_level_of_an_update_that_is_not_around_all_uses_is_named(refused) -> None:
    f, g = hl.funcs("f g")
    f[x, y] = x + y
    g[x, y] = f[x, y]
    g[x, y] += f[x, y + 1]
    f.compute_at(g.update(0), x)
    with refused(hl.ScheduleError, f"{f.name()} is also used outside x of {g.name()}.update(0)"):
        g.realize([4, 4])
