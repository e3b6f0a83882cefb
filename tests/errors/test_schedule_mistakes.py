"""A directive that cannot be applied is refused where it stands, with what would be legal."""

from __future__ import annotations

from typing import Any

import halo as hl

x, y, z = hl.vars("x y z")


def two_stages() -> tuple[hl.Func, hl.Func]:
    """Return g and f, which reads it."""
    g, f = hl.funcs("g f")
    g[x, y] = x + y
    f[x, y] = g[x, y] + g[x, y + 1]
    return g, f


def test_a_directive_on_a_var_that_is_no_loop_names_the_loops(refused: Any) -> None:
    _, f = two_stages()
    with refused(hl.ScheduleError, f"{f.name()} has no loop z", "innermost first: x, y"):
        f.parallel(z)
        f.realize([4, 4])


def test_a_var_that_was_split_away_is_no_loop_any_more(refused: Any) -> None:
    _, f = two_stages()
    with refused(hl.ScheduleError, "x is no loop", "any more", "xi, xo, y"):
        f.split(x, "xo", "xi", 4).vectorize(x)
        f.realize([4, 4])


def test_computing_at_a_var_that_is_no_loop_lists_the_legal_places(refused: Any) -> None:
    g, f = two_stages()
    with refused(hl.ScheduleError, f"{f.name()} has no loop z", f"{g.name()}.compute_root()"):
        g.compute_at(f, z)
        f.realize([4, 4])


def test_computing_at_a_func_that_does_not_use_it_is_refused(refused: Any) -> None:
    g, f = two_stages()
    h = hl.Func("h")
    h[x, y] = x
    total = hl.Func("total")
    total[x, y] = f[x, y] + h[x, y]
    h.compute_root()
    with refused(hl.ScheduleError, f"{g.name()}.compute_at({h.name()}, x)", "legal:"):
        g.compute_at(h, x)
        total.realize([4, 4])


def test_the_definitions_that_use_a_func_are_named_each_with_its_line(refused: Any) -> None:
    g, f, h = hl.funcs("g f h")
    g[x, y] = x
    f[x, y] = g[x, y]
    f[x, 0] += g[x, 3]
    h[x, y] = f[x, y] + g[x, y]
    f.compute_root()
    texts = [
        f"{g.name()} is also used outside x of {f.name()}",
        f"legal: {g.name()}.compute_root()   used by: ",
        f"{f.name()} at test_schedule_mistakes.py:{f.function.definitions[0].where.line}",  # type: ignore[union-attr]
        f"{f.name()}.update(0) at test_schedule_mistakes.py:{f.function.definitions[1].where.line}",  # type: ignore[union-attr]
        f"{h.name()} at test_schedule_mistakes.py:{h.function.where.line}",  # type: ignore[union-attr]
    ]
    with refused(hl.ScheduleError, *texts):
        g.compute_at(f, x)
        h.realize([4, 4])


def test_a_factor_must_be_a_positive_integer(refused: Any) -> None:
    _, f = two_stages()
    with refused(hl.ScheduleError, "0"):
        f.vectorize(x, 0)
        f.realize([4, 4])


def test_a_race_between_threads_is_refused(refused: Any) -> None:
    r = hl.RDom([(1, 9)], "r")
    f = hl.Func("scan")
    f[x] = x
    f[r.x] = f[r.x - 1] + f[r.x]
    with refused(hl.ScheduleError, "r"):
        f.update(0).parallel(r.x)
        f.realize([10])


def test_a_schedule_before_the_definition_is_refused(refused: Any) -> None:
    with refused(hl.ScheduleError, "not defined"):
        hl.Func("later").parallel(y)
