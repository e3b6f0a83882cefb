"""Prefetches that have no meaning are refused."""

from __future__ import annotations

from typing import Any

import halo as hl

x, y = hl.vars("x y")


def two_stages() -> tuple[hl.Func, hl.Func]:
    g, f = hl.funcs("g f")
    g[x, y] = x + y
    f[x, y] = g[x, y] * 2
    return g, f


def test_only_what_is_read_is_prefetched(refused: Any) -> None:
    g, f = two_stages()
    other = hl.ImageParam(hl.Int(32), 2, "other")
    g.compute_root()
    f.prefetch(other, y, y, 1)
    with refused(
        hl.ScheduleError, f"does not read {other.name()} inside y", f"it reads there: {g.name()}"
    ):
        f.realize([4, 4])


def test_what_is_inlined_is_not_prefetched(refused: Any) -> None:
    g, f = two_stages()
    f.prefetch(g, y, y, 1)
    with refused(hl.ScheduleError, f"does not read {g.name()} inside y", "it reads there: nothing"):
        f.realize([4, 4])


def test_what_is_stored_deeper_inside_is_not_prefetched(refused: Any) -> None:
    g, f = two_stages()
    g.compute_at(f, x)
    f.prefetch(g, y, y, 1)
    with refused(hl.ScheduleError, "is stored inside the loop over x", f"{g.name()}.compute_root"):
        f.realize([4, 4])


def test_what_is_stored_inside_the_loop_is_not_prefetched(refused: Any) -> None:
    g, f = two_stages()
    g.compute_at(f, y)
    f.prefetch(g, y, y, 1)
    with refused(hl.ScheduleError, "is stored inside the loop over y", f"{g.name()}.compute_root"):
        f.realize([4, 4])


def test_a_prefetch_is_at_a_loop(refused: Any) -> None:
    g, f = two_stages()
    with refused(hl.ScheduleError, f"{f.name()} has no loop z", "innermost first: x, y"):
        f.prefetch(g, "z", y, 1)


def test_a_prefetch_from_a_loop_further_in_is_refused(refused: Any) -> None:
    g, f = two_stages()
    g.compute_root()
    f.prefetch(g, y, x, 1)
    with refused(hl.ScheduleError, "the loop over x is inside the one over y", "from one of y"):
        f.realize([4, 4])


def test_a_prefetch_at_a_loop_that_is_split_later_is_refused(refused: Any) -> None:
    g, f = two_stages()
    g.compute_root()
    f.prefetch(g, x, x, 1).split(x, "xo", "xi", 4)
    with refused(hl.ScheduleError, "x is no loop", "any more after"):
        f.realize([4, 4])


def test_a_prefetch_inside_vectors_is_refused(refused: Any) -> None:
    g, f = two_stages()
    g.compute_root()
    f.vectorize(x, 4).prefetch(g, "x.v", y, 1)
    with refused(hl.ScheduleError, "is vectorized", "loops around the vectors: y, x"):
        f.realize([8, 4])


def test_a_prefetch_is_some_iterations_ahead(refused: Any) -> None:
    g, f = two_stages()
    with refused(hl.ScheduleError, "an offset is a positive integer, not 0"):
        f.prefetch(g, y, y, 0)


def test_a_prefetch_has_a_strategy_there_is(refused: Any) -> None:
    g, f = two_stages()
    with refused(hl.ScheduleError, "'Clamp' is no strategy", "PrefetchBoundStrategy.Clamp"):
        f.prefetch(g, y, y, 1, "Clamp")  # type: ignore[arg-type]


def test_a_prefetch_is_of_something_with_a_name(refused: Any) -> None:
    _, f = two_stages()
    with refused(hl.ScheduleError, "not 3"):
        f.prefetch(3, y, y, 1)
