"""Every form of ``tile``, and ``serial``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import halo as hl
from halo.ir.stmt import ForKind
from halo.schedule.directives import Split

x, y, z = hl.vars("x y z")
Guard, Round = hl.TailStrategy.GuardWithIf, hl.TailStrategy.RoundUp

FORMS: dict[str, Callable[[hl.Func], hl.Func]] = {
    "two loops": lambda f: f.tile(x, y, "xo", "yo", "xi", "yi", 8, 4),
    "two loops by name": lambda f: f.tile(
        x=x, y=y, xo="xo", yo="yo", xi="xi", yi="yi", xfactor=8, yfactor=4
    ),
    "lists": lambda f: f.tile([x, y], ["xo", "yo"], ["xi", "yi"], [8, 4]),
    "lists by name": lambda f: f.tile(
        previous=[x, y], outers=["xo", "yo"], inners=["xi", "yi"], factors=[8, 4]
    ),
    "lists, some by name": lambda f: f.tile(
        [x, y], ["xo", "yo"], inners=["xi", "yi"], factors=(8, 4)
    ),
}
SHORT_FORMS: dict[str, Callable[[hl.Func], hl.Func]] = {
    "two loops": lambda f: f.tile(x, y, "xi", "yi", 8, 4),
    "two loops by name": lambda f: f.tile(x, y, xi="xi", yi="yi", xfactor=8, yfactor=4),
    "lists": lambda f: f.tile([x, y], ["xi", "yi"], [8, 4]),
}


def plain() -> hl.Func:
    f = hl.Func("tiled")
    f[x, y, z] = x + y + z
    return f


def loops(f: hl.Func) -> list[str]:
    return [d.name for d in reversed(f.schedule_log.state.stages[0].dims)]


def tails(f: hl.Func) -> list[hl.TailStrategy]:
    return [s.tail for s in f.schedule_log.state.stages[0].splits if isinstance(s, Split)]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_tile_gives_the_same_loops(form: str) -> None:
    f = FORMS[form](plain())
    assert loops(f) == ["xi", "yi", "xo", "yo", "z"]
    assert [e.directive.source() for e in f.schedule_log.entries] == [
        "split(x, xo, xi, 8)",
        "split(y, yo, yi, 4)",
        "reorder(xi, yi, xo, yo)",
    ]


@pytest.mark.parametrize("form", SHORT_FORMS)
def test_without_outer_loops_tile_keeps_the_old_names(form: str) -> None:
    assert loops(SHORT_FORMS[form](plain())) == ["xi", "yi", "x", "y", "z"]


def test_tile_takes_any_number_of_loops() -> None:
    f = plain().tile([x, y, z], ["xi", "yi", "zi"], [8, 4, 2])
    assert loops(f) == ["xi", "yi", "zi", "x", "y", "z"]


def test_tile_takes_one_tail_strategy_for_all_loops_or_one_for_each() -> None:
    assert tails(plain().tile([x, y], ["xi", "yi"], [8, 4], Guard)) == [Guard, Guard]
    assert tails(plain().tile(x, y, "xi", "yi", 8, 4, tail=Round)) == [Round, Round]
    assert tails(plain().tile([x, y], ["a", "b"], ["c", "d"], [8, 4], [Guard, Round])) == [
        Guard,
        Round,
    ]


def test_serial_takes_back_what_a_loop_was() -> None:
    f = plain().parallel(y).serial(y)
    assert all(d.kind is ForKind.SERIAL for d in f.schedule_log.state.stages[0].dims)
    parallel, serial = f.receipts()
    assert parallel.reason == f"replaced by {f.name()}.serial(y)"
    assert (parallel.status.value, serial.status.value) == ("without effect", "applied")


def test_serial_of_a_serial_loop_is_without_effect() -> None:
    (receipt,) = plain().serial(y).receipts()
    assert receipt.status.value == "without effect"
    assert receipt.reason == "the loop over y is serial already"
