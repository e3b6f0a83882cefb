"""Every directive gets a receipt."""

from __future__ import annotations

import pytest

import halo as hl


def two_stages() -> tuple[hl.Func, hl.Func]:
    x = hl.Var("x")
    g, f = hl.Func("rg"), hl.Func("rf")
    g[x] = x * 2
    f[x] = g[x] + g[x + 1]
    return g, f


def test_each_directive_has_a_receipt_with_the_line_it_stands_on() -> None:
    g, f = two_stages()
    g.compute_root().vectorize("x", 4)
    f.parallel("x")
    receipts = list(f.receipts())
    assert [r.status.value for r in receipts] == ["applied"] * len(receipts)
    assert {r.entry.func for r in receipts} == {g.name(), f.name()}
    assert all("test_receipts.py" in str(r.entry.where) for r in receipts)


def test_a_directive_that_a_later_one_undoes_is_without_effect() -> None:
    g, f = two_stages()
    g.compute_root().compute_inline()
    statuses = {r.entry.directive.method: r.status.value for r in f.receipts()}
    assert statuses["compute_root"] == "without effect"


@pytest.mark.parametrize("how", ["vectorize", "unroll"])
def test_a_loop_without_constant_extent_is_said_to_stay_serial(how: str) -> None:
    _, f = two_stages()
    getattr(f, how)("x")
    (receipt,) = f.receipts()
    assert receipt.status.value == "without effect"
    assert f"{how}(x, factor)" in receipt.reason


@pytest.mark.parametrize("how", ["vectorize", "unroll"])
def test_a_bound_loop_is_vectorized_or_unrolled_whole(how: str) -> None:
    _, f = two_stages()
    f.bound("x", 0, 8)
    getattr(f, how)("x")
    assert all(r.status.value == "applied" for r in f.receipts())


def test_a_schedule_survives_json_and_renaming() -> None:
    g, f = two_stages()
    g.compute_at(f, "x")
    f.split("x", "xo", "xi", 8)
    schedule = f.schedule()
    assert hl.Schedule.from_json(schedule.to_json()) == schedule
    assert "split(x, xo, xi, 8)" in str(schedule)


def test_an_illegal_level_is_refused_where_it_was_asked_for() -> None:
    g, f = two_stages()
    g.compute_at(f, "z")
    with pytest.raises(hl.ScheduleError, match=r"test_receipts.py:\d+.*(?s:.)*legal:"):
        f.receipts()
