"""Schedules as values: kept, tried, and given to the same or to another algorithm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.schedule.receipts import Status

x, y = hl.vars("x y")


def build() -> tuple[hl.Func, hl.Func, hl.Func]:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    r = hl.RDom([(0, 4)])
    f[x, y] = x * 3 + y
    g[x, y] = 0
    g[x, y] += f[x + r.x, y]
    h[x, y] = g[x, y] + f[x, y + 1]
    return f, g, h


def values(h: hl.Func) -> np.ndarray[Any, Any]:
    return np.asarray(h.realize([7, 5]))


PLAIN = values(build()[2])


def test_a_schedule_is_replayed_on_the_same_algorithm_built_again(tmp_path: Path) -> None:
    f, g, h = build()
    f.compute_root().vectorize(x, 4)
    g.compute_root()
    g.update(0).unroll("x", 2)
    f.in_(h).compute_at(h, y)
    h.schedule().save(tmp_path / "s.json")
    again = build()[2]
    again.apply_schedule(hl.Schedule.load(tmp_path / "s.json"))
    plain = [e.source().replace("$", "") for e in h.schedule().entries]
    assert len(plain) == len(again.schedule().entries)
    np.testing.assert_array_equal(values(again), PLAIN)
    assert {r.status for r in again.receipts()} == {Status.APPLIED}


def test_a_wrapper_made_by_a_replay_is_the_one_that_in_gives() -> None:
    f, g, h = build()
    f.compute_root()
    g.compute_root()
    f.in_(h).compute_at(h, y)
    f2, _, h2 = build()
    h2.apply_schedule(h.schedule())
    made = f2.in_(h2)
    made.vectorize(x, 4)
    assert str(h2.receipts()).count("in_(") == 1
    np.testing.assert_array_equal(values(h2), PLAIN)


def test_what_is_placed_at_a_wrapper_is_placed_at_the_one_made_again() -> None:
    f, g, h = build()
    g.compute_root()
    f.in_(h).compute_root()
    f.clone_in(f.in_(h)).compute_at(f.in_(h), y)
    again = build()[2]
    again.apply_schedule(h.schedule())
    assert {r.status for r in again.receipts()} == {Status.APPLIED}
    np.testing.assert_array_equal(values(again), PLAIN)


def test_a_clone_is_replayed() -> None:
    f, g, h = build()
    f.compute_root()
    g.compute_root()
    f.clone_in(h).compute_root().vectorize(x, 4)
    again = build()[2]
    again.apply_schedule(h.schedule())
    np.testing.assert_array_equal(values(again), PLAIN)


def test_a_directive_may_name_what_a_later_one_makes() -> None:
    def outputs() -> tuple[hl.Func, hl.Func, hl.Func]:
        f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
        f[x, y] = x * 3 + y
        g[x, y] = x - y
        h[x, y] = f[x, y] + g[x, y]
        return f, g, h

    f, g, h = outputs()
    copy = f.clone_in(h).compute_root()
    g.compute_root().compute_with(copy, y)  # what h reads last is visited first
    again = outputs()[2]
    again.apply_schedule(hl.Schedule.from_json(h.schedule().to_json()))
    assert {r.status for r in again.receipts()} == {Status.APPLIED}
    np.testing.assert_array_equal(values(again), values(outputs()[2]))


def test_a_wrapper_may_stand_in_a_clone_that_a_later_directive_makes() -> None:
    f, g, h = (hl.Func(n) for n in "fgh")
    f[x, y] = x * 3 + y
    g[x, y] = f[x, y] * 2
    h[x, y] = g[x, y] + f[x, y + 1]
    plain = values(h)
    copy = g.clone_in(h).compute_root()
    f.in_(copy).compute_root()
    again = h.schedule()
    np.testing.assert_array_equal(values(h), plain)
    h.apply_schedule(again)


def test_reduction_loops_that_are_shared_have_the_names_of_the_pipeline_they_are_given_to() -> None:
    def two() -> tuple[hl.Func, hl.Func, hl.Func, hl.RVar]:
        f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
        r = hl.RDom([(0, 4)])
        for each in (f, g):
            each[x, y] = x - y
            each[x, y] += r.x * x
            each.compute_root()
        h[x, y] = f[x, y] + g[x, y]
        return f, g, h, r.x

    f, g, h, r = two()
    g.update(0).compute_with(f.update(0), r, [(r, hl.LoopAlignStrategy.AlignEnd)])
    again = two()[2]
    again.apply_schedule(h.schedule())
    np.testing.assert_array_equal(values(again), values(two()[2]))


def specialised(weight: hl.Param, source: hl.Buffer) -> tuple[hl.Func, hl.Func]:
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = source[x, y] * weight
    g[x, y] = f[x, y] + f[x, y + 1]
    return f, g


def given() -> tuple[hl.Param, hl.Buffer]:
    return hl.Param(hl.Int(32), "weight", 3), hl.Buffer(
        np.arange(100, dtype=np.int32).reshape(10, 10)
    )


@pytest.mark.parametrize("stored", [False, True])
def test_params_and_sizes_are_those_of_the_pipeline_they_are_given_to(stored: bool) -> None:
    weight, source = given()
    f, g = specialised(weight, source)
    f.compute_root().specialize(weight > 2).vectorize(x, 4)
    width = g.output_buffer().dim(0).extent()
    g.specialize(width >= 8).vectorize(x, 8)
    g.bound_extent(y, g.output_buffer().dim(1).extent())
    schedule = g.schedule()
    other, image = given()
    again = specialised(other, image)[1]
    again.apply_schedule(hl.Schedule.from_json(schedule.to_json()) if stored else schedule)
    assert {r.status for r in again.receipts()} == {Status.APPLIED}
    other.set(5)
    expected = specialised(other, image)[1].realize([9, 7])
    np.testing.assert_array_equal(again.realize([9, 7]), expected)
    arguments = {a.name for a in again.infer_arguments()}
    assert other.name() in arguments and weight.name() not in arguments


def test_what_is_prefetched_is_found_again() -> None:
    weight, source = given()
    f, g = specialised(weight, source)
    f.compute_root().prefetch(source, y, y, 2)
    g.prefetch(f, y, y, 1)
    again = specialised(*given())[1]
    again.apply_schedule(hl.Schedule.from_json(g.schedule().to_json()))
    assert {r.status for r in again.receipts()} == {Status.APPLIED}


def test_a_stored_directive_with_a_formula_can_be_refused_by_itself() -> None:
    weight, source = given()
    f, g = specialised(weight, source)
    f.compute_root().specialize(weight > 2)
    stored = hl.Schedule.from_json(f.schedule().to_json())
    g.compute_root()
    once, twice = stored.entries[-1], f.schedule().entries[0]
    f.specialize_fail("no such weight")
    receipts = g.check_schedule(f.schedule() + hl.Schedule((once, twice)))
    assert [r.status for r in receipts].count(Status.REFUSED) == 1


def test_a_name_that_is_no_param_or_size_is_refused_with_those_there_are() -> None:
    n, p = hl.Param(hl.Int(32), "n"), hl.Param(hl.Int(32), "p")
    r = hl.RDom([(0, 4)], "r")
    f, g = hl.funcs("f g")
    for h in (f, g):
        h[x] = p
        h[x] += r.x
    f.specialize(n == 3)
    stored = hl.Schedule.from_json(f.schedule().to_json())
    with pytest.raises(hl.ScheduleError, match="no Param or size n here") as caught:
        g.apply_schedule(stored.renamed({f.name(): g.name()}))
    sizes = ", ".join(f"{g.name()}.{what}.0" for what in ("min", "extent", "stride"))
    assert caught.value.hint == f"known: p, {sizes}"


def test_a_schedule_fits_another_algorithm_with_the_same_stages() -> None:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x - y
    g[x, y] = f[x, y] * 2
    h[x, y] = g[x, y] + g[x + 1, y]
    expected = values(h)
    donor_f, donor_g, donor_h = build()
    donor_f.compute_root().vectorize(x, 4)
    donor_g.compute_root()
    h.apply_schedule(donor_h.schedule())
    assert "vectorize" in str(h.schedule())
    np.testing.assert_array_equal(values(h), expected)


def test_all_of_a_schedule_is_given_or_nothing() -> None:
    f, g, h = build()
    f.compute_root()
    g.compute_root().split(x, "xo", "xi", 4)
    schedule = h.schedule()
    g.reorder("xi", "xo")
    other = build()
    other[1].split(x, "left", "right", 4)  # now g has no loop x to split
    before = other[2].schedule()
    with pytest.raises(hl.ScheduleError, match="x is no loop of"):
        other[2].apply_schedule(schedule)
    assert other[2].schedule() == before


def test_checking_tells_of_refused_directives_and_gives_none() -> None:
    f, g, h = build()
    f.compute_root()
    g.compute_root()
    schedule = h.schedule()
    other = build()[2]
    receipts = other.check_schedule(schedule + schedule.renamed({f.name(): "nobody"}))
    statuses = [r.status for r in receipts]
    assert statuses.count(Status.REFUSED) == 1
    assert "there is no Func nobody here" in str(receipts)
    assert not other.schedule().entries


def test_checking_its_own_schedule_is_the_default() -> None:
    f, g, h = build()
    f.compute_at(h, x)  # also used by g
    g.compute_root()
    receipts = h.check_schedule()
    refused = [r for r in receipts if r.status is Status.REFUSED]
    assert [r.entry.directive.method for r in refused] == ["compute_at"]
    assert "legal:" in refused[0].reason


def test_strict_makes_a_directive_without_effect_an_error() -> None:
    f, _, h = build()
    f.vectorize(x, 4)  # of a Func that is inlined
    assert Status.WITHOUT_EFFECT in {r.status for r in h.receipts()}
    with pytest.raises(hl.ScheduleError, match="without effect, which strict does not allow"):
        h.receipts(strict=True)


def test_strict_replay_refuses_what_has_no_effect() -> None:
    f, _, h = build()
    f.vectorize(x, 4)
    other = build()[2]
    with pytest.raises(hl.ScheduleError, match="is inlined and has no loops"):
        other.apply_schedule(h.schedule(), strict=True)
    assert not other.schedule().entries


def test_equal_schedules_of_different_programs_have_one_hash_when_renamed() -> None:
    a, b = build(), build()
    for f, g, _ in (a, b):
        f.compute_at(g, y)
        g.compute_root()
    names = {m.name(): n.name() for n, m in zip(a, b, strict=True)}
    assert b[2].schedule().renamed(names).hash() == a[2].schedule().hash()


def test_the_difference_of_two_schedules_is_readable() -> None:
    f, g, h = build()
    f.compute_root()
    first = h.schedule()
    g.compute_root()
    assert first.diff(h.schedule()) == f"+ {g.name()}.compute_root()"
    assert first.diff(first) == ""


def test_a_file_that_is_no_schedule_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(hl.ScheduleError, match="is not a schedule in JSON"):
        hl.Schedule.load(path)


def test_formulas_are_replayed() -> None:
    wide = hl.Param(hl.Int(32), "wide", 3)

    def one() -> hl.Func:
        f = hl.Func("f")
        f[x] = x * wide
        return f

    f, other = one(), one()
    f.specialize(wide == 3).vectorize(x, 4)
    other.apply_schedule(hl.Schedule.from_json(f.schedule().to_json()))
    np.testing.assert_array_equal(np.asarray(other.realize([6])), np.arange(6) * 3)
    assert "specialize(" in str(other.receipts())
