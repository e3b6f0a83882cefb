"""`specialize` and `specialize_fail`: several loop nests for one definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.errors import ScheduleError
from halo.schedule.schedule import Schedule

x, y = hl.vars("x y")
DATA = np.arange(900, dtype=np.int32).reshape(30, 30)


class Case:
    """g over f over an image, with a Param as weight."""

    def __init__(self) -> None:
        self.weight = hl.Param(hl.Int(32), "weight")
        self.image = hl.ImageParam(hl.Int(32), 2, "image")
        self.image.set(DATA)
        self.f, self.g = hl.Func("f"), hl.Func("g")
        self.f[x, y] = self.image[x, y] * 2 + x
        self.g[x, y] = self.f[x, y] + self.f[x, y + 1] * self.weight

    def values(self, weight: int, width: int = 13, height: int = 5) -> np.ndarray[Any, Any]:
        self.weight.set(weight)
        return np.asarray(self.g.realize([width, height]))


@pytest.mark.parametrize("weight", [-3, 0, 3, 4, 7])
@pytest.mark.parametrize("size", [(13, 5), (1, 1), (8, 4)])
def test_every_branch_computes_the_same_values(weight: int, size: tuple[int, int]) -> None:
    plain, case = Case(), Case()
    case.f.compute_at(case.g, y)
    case.g.specialize(case.weight == 3).vectorize(x, 8).parallel(y)
    case.g.specialize((case.weight > 3) & (case.image.width() == 30)).unroll(x, 3)
    case.g.specialize(case.weight < 0).reorder(y, x)
    np.testing.assert_array_equal(case.values(weight, *size), plain.values(weight, *size))


def test_a_branch_begins_with_the_loops_as_they_are_then() -> None:
    case = Case()
    case.g.split(x, "xo", "xi", 4)
    special = case.g.specialize(case.weight == 1)
    case.g.vectorize("xi")
    special.unroll("xi")
    state = case.g.schedule_log.state.stages[0]
    assert [d.kind.value for d in state.dims] == ["for", "for", "vectorized"]
    assert [d.kind.value for d in state.special[0][1].dims] == ["for", "for", "unrolled"]
    np.testing.assert_array_equal(case.values(1), Case().values(1))


def test_branches_nest() -> None:
    case = Case()
    outer = case.g.specialize(case.weight > 0)
    outer.specialize(case.weight == 2).vectorize(x, 4)
    outer.parallel(y)
    for weight in (0, 1, 2):
        np.testing.assert_array_equal(case.values(weight), Case().values(weight))
    assert "specialize(weight" in str(case.g.schedule()).replace("$", "")


def test_updates_are_specialised_each_by_itself() -> None:
    weight = hl.Param(hl.Int(32), "w")
    f = hl.Func("f")
    r = hl.RDom([(0, 6)])
    f[x] = x
    f[x] += r.x * weight
    f.update(0).specialize(weight == 2).unroll(r.x)
    for value in (1, 2):
        weight.set(value)
        expected = np.arange(9) + 15 * value
        np.testing.assert_array_equal(np.asarray(f.realize([9])), expected)


def test_a_constant_in_the_condition_is_one_inside() -> None:
    size = hl.Param(hl.Int(32), "size")
    f = hl.Func("f")
    r = hl.RDom([(0, size)])
    f[x] = 0
    f[x] += r.x * x
    f.update(0).specialize(size == 3).unroll(r.x)
    assert [r.status.value for r in f.receipts()] == ["applied", "applied"]
    for value in (2, 3):
        size.set(value)
        expected = np.arange(5) * (value * (value - 1) // 2)
        np.testing.assert_array_equal(np.asarray(f.realize([5])), expected)


def test_the_same_condition_twice_is_one_branch() -> None:
    case = Case()
    case.g.specialize(case.weight == 3).vectorize(x, 4)
    case.g.specialize(case.weight == 3).parallel(y)
    assert len(case.g.schedule_log.state.stages[0].special) == 1
    np.testing.assert_array_equal(case.values(3), Case().values(3))


def test_what_no_branch_is_for_fails_with_the_message() -> None:
    case = Case()
    case.g.specialize(case.weight == 3).vectorize(x, 4)
    case.g.specialize_fail("the weight must be 3")
    np.testing.assert_array_equal(case.values(3), Case().values(3))
    with pytest.raises(hl.BufferError, match="the weight must be 3"):
        case.values(4)


def test_a_condition_on_a_param_that_nothing_else_uses() -> None:
    fast = hl.Param(hl.Bool(), "fast")
    f = hl.Func("f")
    f[x] = x * 2
    f.specialize(fast).vectorize(x, 4)
    for value in (False, True):
        fast.set(value)
        np.testing.assert_array_equal(np.asarray(f.realize([7])), np.arange(7) * 2)


def test_round_up_in_a_branch_grows_what_is_computed() -> None:
    case, plain = Case(), Case()
    case.f.compute_root()
    case.f.specialize(case.weight == 3).split(x, "xo", "xi", 8, hl.TailStrategy.RoundUp)
    case.f.compute_root().vectorize(x, 4)
    for weight in (3, 4):
        np.testing.assert_array_equal(case.values(weight), plain.values(weight))


def test_a_stored_specialisation_finds_its_params_again() -> None:
    case = Case()
    case.g.specialize(case.weight == 3).vectorize(x, 4)
    schedule = case.g.schedule()
    assert Schedule.from_json(schedule.to_json()) == schedule
    assert Schedule.from_json(schedule.to_json()).hash() == schedule.hash()


def test_a_condition_that_reads_cells_is_refused() -> None:
    case = Case()
    with pytest.raises(ScheduleError, match="not made of constants, parameters and sizes") as e:
        case.g.specialize(case.f[0, 0] == 3)
    assert "use numbers, Params" in str(e.value)


def test_a_condition_on_a_var_is_refused() -> None:
    with pytest.raises(ScheduleError, match="uses x, which has a value only inside loops"):
        Case().g.specialize(x == 3)


def test_a_condition_that_is_no_bool_is_refused() -> None:
    case = Case()
    with pytest.raises(ScheduleError, match="is no condition"):
        case.g.specialize(case.weight + 1)


def test_a_condition_on_an_rvar_is_refused() -> None:
    f, r = hl.Func("f"), hl.RDom([(0, 4)], "r")
    f[x] = x
    f[x] += r.x
    with pytest.raises(ScheduleError, match=r"uses r\.x, which has a value only inside loops"):
        f.specialize(r.x == 3)


def test_specialize_fail_alone_is_refused() -> None:
    with pytest.raises(ScheduleError, match=r"no specialize before it"):
        Case().g.specialize_fail("never")


def test_specialize_after_specialize_fail_is_refused() -> None:
    case = Case()
    case.g.specialize(case.weight == 3)
    case.g.specialize_fail("no")
    with pytest.raises(ScheduleError, match="put specialize_fail last"):
        case.g.specialize(case.weight == 4)


def test_a_branch_without_the_loop_of_a_producer_is_refused() -> None:
    case = Case()
    case.g.split(y, "yo", "yi", 4)
    special = case.g.specialize(case.weight == 3)
    special.fuse("yi", "yo", "t")
    case.f.compute_at(case.g, "yo")
    with pytest.raises(ScheduleError, match=r"specialize\(.* == 3\) has no loop yo"):
        case.values(3)


def test_a_parallel_loop_of_a_branch_inside_the_storage_is_refused() -> None:
    case = Case()
    case.f.store_root().compute_at(case.g, y)
    case.g.specialize(case.weight == 3).parallel(y)
    with pytest.raises(ScheduleError, match="would write the same storage"):
        case.values(3)


def test_a_branch_of_a_branch_without_the_loop_is_named_with_both_conditions() -> None:
    case = Case()
    case.f.compute_at(case.g, y)
    case.g.specialize(case.weight == 3).specialize(case.weight < 9).fuse(x, y, "t")
    with pytest.raises(ScheduleError, match=r"== 3\).specialize\(.* < 9\) has no loop y"):
        case.values(3)


def test_a_branch_without_the_loop_that_takes_the_memory_is_refused() -> None:
    case = Case()
    case.g.specialize(case.weight == 3).split(y, "yo", "yi", 4)
    case.f.compute_at(case.g, x).hoist_storage(case.g, y)
    with pytest.raises(ScheduleError, match=r"specialize\(.* == 3\) has no loop y"):
        case.values(3)
