"""Directives on the loops of one definition: what they give, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from halo.errors import ScheduleError
from halo.ir.stmt import ForKind
from halo.ir.types import Float
from halo.lang.casts import cast
from halo.lang.func import Func
from halo.lang.operators import max as maximum
from halo.lang.rdom import RDom
from halo.lang.var import Var
from halo.schedule.directives import Fuse, Split
from halo.schedule.state import StageSchedule, known_extents
from halo.schedule.tail import TailStrategy

x, y, xo, xi, yo, yi, t = (Var(n) for n in ("x", "y", "xo", "xi", "yo", "yi", "t"))
Auto, Shift = TailStrategy.Auto, TailStrategy.ShiftInwards
Guard, Round = TailStrategy.GuardWithIf, TailStrategy.RoundUp


def pure() -> Func:
    f = Func("f")
    f[x, y] = x + y
    return f


def summed(float_type: bool = False, extent: int = 12) -> tuple[Func, RDom]:
    f, r = Func("f"), RDom([(0, extent), (0, 5)], "r")
    f[x, y] = cast(Float(32), 0) if float_type else 0
    f[x, y] += cast(Float(32), r.x + r.y) if float_type else r.x + r.y
    return f, r


def stage(f: Func, index: int = 0) -> StageSchedule:
    return f.schedule_log.state.stages[index]


def loops(f: Func, index: int = 0) -> list[str]:
    return [d.name for d in reversed(stage(f, index).dims)]


def split_of(f: Func, index: int = 0) -> Split:
    last = stage(f, index).splits[-1]
    assert isinstance(last, Split)
    return last


def test_loops_of_a_pure_definition_have_the_first_variable_innermost() -> None:
    assert loops(pure()) == ["x", "y"]


def test_loops_of_an_update_have_reduction_variables_inside_pure_ones() -> None:
    f, r = summed()
    assert loops(f, 1) == [r.x.name(), r.y.name(), "x", "y"]


def test_split_puts_the_inner_loop_inside_the_outer() -> None:
    f = pure().split(x, xo, xi, 8)
    assert loops(f) == ["xi", "xo", "y"]


def test_vectorize_by_a_factor_keeps_the_name_for_the_outer_loop() -> None:
    f = pure().vectorize(x, 8)
    assert loops(f) == ["x.v", "x", "y"]
    assert stage(f).dims[-1].kind is ForKind.VECTORIZED
    assert split_of(f).factor == 8


def test_unroll_and_vectorize_of_the_same_loop_do_not_collide() -> None:
    f = pure().vectorize(x, 8).unroll(x, 2).unroll(x, 2)
    assert loops(f) == ["x.v", "x.u", "x.u1", "x", "y"]


def test_parallel_with_a_task_size_runs_the_outer_loop_in_parallel() -> None:
    f = pure().parallel(y, 4)
    assert loops(f) == ["x", "y.t", "y"]
    assert stage(f).dims[0].kind is ForKind.PARALLEL


def test_tile_is_two_splits_and_a_reorder() -> None:
    tiled = pure().tile(x, y, xo, yo, xi, yi, 8, 4)
    assert loops(tiled) == ["xi", "yi", "xo", "yo"]
    short = pure().tile(x, y, xi, yi, 8, 4, Guard)
    assert loops(short) == ["xi", "yi", "x", "y"]
    assert split_of(short).tail is Guard


def test_reorder_keeps_loops_that_are_not_named_in_their_places() -> None:
    f = pure().split(x, xo, xi, 8).reorder(y, xi)
    assert loops(f) == ["y", "xo", "xi"]


def test_reorder_takes_a_list() -> None:
    assert loops(pure().reorder([y, x])) == ["y", "x"]


def test_fuse_replaces_two_loops_by_one() -> None:
    f = pure().fuse(x, y, t)
    assert loops(f) == ["t"]
    assert stage(f).splits == (Fuse("x", "y", "t"),)


def test_variables_may_be_given_by_name() -> None:
    assert loops(pure().split("x", "xo", "xi", 8)) == ["xi", "xo", "y"]


def test_a_loop_notes_the_directives_it_comes_from() -> None:
    f = pure().split(x, xo, xi, 8).vectorize(xi)
    assert stage(f).dims[-1].note == f"{f.name()}.split(x, xo, xi, 8).vectorize(xi)"


def test_auto_shifts_a_dimension_of_the_pure_definition_inwards() -> None:
    assert split_of(pure().split(x, xo, xi, 8)).tail is Shift


def test_auto_guards_a_loop_that_an_earlier_split_made() -> None:
    f = pure().split(x, xo, xi, 8).split(xo, "a", "b", 4)
    assert split_of(f).tail is Guard


@pytest.mark.parametrize("tail", TailStrategy)
def test_where_the_extent_is_a_known_multiple_any_tail_is_the_guard(tail: TailStrategy) -> None:
    f = pure().split(x, xo, xi, 32).split(xi, "a", "b", 8, tail)
    assert split_of(f).tail is Guard


def test_auto_guards_an_update() -> None:
    f, _ = summed()
    f.update().split(x, xo, xi, 8)
    assert split_of(f, 1).tail is Guard


@pytest.mark.parametrize("factor", [4, 5])
def test_auto_guards_a_reduction_variable(factor: int) -> None:
    f, r = summed(extent=12)
    f.update().split(r.x, xo, xi, factor)
    assert split_of(f, 1).tail is Guard


@pytest.mark.parametrize("tail", [Round, Shift])
def test_a_reduction_variable_that_does_not_divide_takes_the_guard_only(tail: TailStrategy) -> None:
    f, r = summed(extent=12)
    with pytest.raises(ScheduleError, match="legal here"):
        f.update().split(r.x, xo, xi, 5, tail)


def test_auto_guards_a_bound_dimension_smaller_than_the_factor() -> None:
    f = pure().bound(x, 0, 5).split(x, xo, xi, 8)
    assert split_of(f).tail is Guard


def test_round_up_is_allowed_for_pure_variables_of_an_update() -> None:
    f, _ = summed()
    f.update().split(x, xo, xi, 8, Round)
    assert split_of(f, 1).tail is Round


def test_extents_of_split_and_fused_loops_are_known_from_their_factors() -> None:
    f = pure().split(x, xo, xi, 8).split(y, yo, yi, 4).reorder(xi, yi, xo, yo).fuse(xi, yi, t)
    assert known_extents(stage(f), {"x": 20}) == {"xo": 3, "t": 32}


REFUSED: dict[str, tuple[Callable[[Func], object], str]] = {
    "an unknown loop": (lambda f: f.vectorize("z"), "f has no loop z.*\n.*innermost first: x, y"),
    "a loop that was split": (
        lambda f: f.split(x, xo, xi, 8).unroll(x),
        r"x is no loop of f any more after f.split\(x, xo, xi, 8\)",
    ),
    "a factor of zero": (lambda f: f.split(x, xo, xi, 0), "positive integer, not 0"),
    "a factor that is no integer": (lambda f: f.split(x, xo, xi, 2.5), "integer, not 2.5"),
    "one name for both parts": (lambda f: f.split(x, xi, xi, 8), "outer and inner are both xi"),
    "a name in use": (lambda f: f.split(x, y, xi, 8), "uses the name y already"),
    "a name that was in use": (
        lambda f: f.split(x, xo, xi, 8).split(xo, "x", "a", 2),
        "uses the name x already",
    ),
    "a split of vector lanes": (
        lambda f: f.vectorize(x).split(x, xo, xi, 8),
        "x is vectorized and has no loop to split",
    ),
    "fusing a loop with itself": (lambda f: f.fuse(x, x, t), "with itself"),
    "fusing in the wrong order": (
        lambda f: f.fuse(y, x, t),
        "the loop over y is not directly inside the one over x",
    ),
    "fusing what is not adjacent": (
        lambda f: f.split(x, xo, xi, 8).fuse(xi, y, t),
        "reorder them before fuse",
    ),
    "fusing a parallel loop": (lambda f: f.parallel(y).fuse(x, y, t), "y is parallel already"),
    "a loop named twice": (lambda f: f.reorder(x, y, x), "x is named twice"),
    "vectorizing twice": (lambda f: f.vectorize(x).vectorize(x), "x is vectorized already"),
    "unrolling a parallel loop": (lambda f: f.parallel(y).unroll(y), "y is parallel already"),
    "an update that is not there": (
        lambda f: f.schedule_log.add(1, Split("x", "xo", "xi", 2)),
        r"f has no update\(0\)",
    ),
    "shifting a short loop": (
        lambda f: f.split(x, xo, xi, 3).split(xi, "a", "b", 4, Shift),
        r"ShiftInwards needs xi to have at least 4 iterations \(its extent is 3\)",
    ),
    "rounding up a derived loop": (
        lambda f: f.split(x, xo, xi, 8).split(xi, "a", "b", 3, Round),
        r"over the end of xi \(its extent is 8\)",
    ),
    "a bound of no dimension": (lambda f: f.bound("z", 0, 3), "no dimension z"),
    "an empty bound": (lambda f: f.bound(x, 0, 0), "must be positive"),
    "a bound that is no constant": (lambda f: f.bound(x, 0, y), "has a value only inside loops"),
    "storage of no dimension": (lambda f: f.reorder_storage(y, xo), "no dimension xo"),
    "storage named twice": (lambda f: f.reorder_storage(y, y), "named twice"),
    "tile without factors": (lambda f: f.tile(x, y, xi, yi), "tile does not take 4 arguments"),
    "a variable that is none": (lambda f: f.unroll(3), "takes Vars and RVars, not 3"),
    "computing inside itself": (lambda f: f.compute_at(f, x), "inside itself"),
    "a site that is no Func": (lambda f: f.compute_at(3, x), "3 is neither a Func nor an update"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_directive_without_meaning_is_refused_with_the_line_that_gave_it(what: str) -> None:
    f = Func("f")
    f[x, y] = x + y
    give, message = REFUSED[what]
    with pytest.raises(ScheduleError, match=message.replace("f.split", r"f\S*.split")) as error:
        _with_name_f(lambda: give(f), f)
    assert error.value.where is not None
    assert error.value.where.file == __file__


def _with_name_f(give: Callable[[], object], f: Func) -> None:
    """Call `give`; the unique name of `f` in its error becomes plain ``f``."""
    try:
        give()
    except ScheduleError as e:
        message, hint = (s.replace(f.name(), "f") for s in (e.message, e.hint))
        raise ScheduleError(message, where=e.where, hint=hint) from None


def test_a_refused_directive_leaves_the_schedule_as_it_was() -> None:
    f = pure()
    before = f.schedule_log.state
    with pytest.raises(ScheduleError):
        f.tile(x, y, xi, yi, 8, 0)
    assert f.schedule_log.state == before
    assert not f.schedule_log.entries


def test_directives_before_an_update_hold_after_it() -> None:
    f, r = Func("f"), RDom([(0, 3)])
    f[x, y] = 0
    f.split(x, xo, xi, 8)
    f[x, y] += r.x
    f.update().unroll(r.x)
    assert loops(f) == ["xi", "xo", "y"]
    assert stage(f, 1).dims[-1].kind is ForKind.UNROLLED


def test_reorder_storage_permutes_the_named_dimensions() -> None:
    f = Func("f")
    f[x, y, t] = x
    f.reorder_storage(t, x)
    assert [d.name for d in f.schedule_log.state.storage.layout] == ["t", "y", "x"]


@pytest.mark.parametrize("mark", ["vectorize", "parallel"])
def test_a_sum_cannot_run_its_reduction_variable_at_once(mark: str) -> None:
    f, r = summed()
    with pytest.raises(ScheduleError, match=r"both write .* and they would run at once") as error:
        getattr(f.update(), mark)(r.x)
    assert f"legal: {f.name()}.update(0).{mark}(x), " in error.value.hint


@pytest.mark.parametrize("mark", ["vectorize", "parallel"])
def test_a_reduction_variable_that_is_a_coordinate_may_run_at_once(mark: str) -> None:
    f, r = Func("f"), RDom([(0, 8)])
    f[x, y] = 0
    f[r.x, y] = f[r.x, y] * 2
    getattr(f.update(), mark)(r.x)


def test_a_scan_cannot_run_at_once() -> None:
    f, r = Func("f"), RDom([(1, 8)])
    f[x, y] = 0
    f[r.x, y] = f[r.x - 1, y] + 1
    with pytest.raises(ScheduleError, match=r"writes .* which iteration .* reads"):
        f.update().parallel(r.x)
    f.update().parallel(y)


def test_an_integer_sum_may_be_reordered() -> None:
    f, r = summed()
    f.update().reorder(r.y, r.x)
    assert loops(f, 1)[:2] == [r.y.name(), r.x.name()]


def test_a_scan_keeps_the_order_of_its_parts() -> None:
    f, r = Func("f"), RDom([(1, 8)])
    f[x, y] = 0
    f[r.x, y] = f[r.x - 1, y] + 1
    with pytest.raises(ScheduleError, match="the second would come first"):
        f.update().split(r.x, xo, xi, 2).reorder(xo, xi)
    f.update().reorder(y, xi, xo)
    assert loops(f, 1) == ["y", "xi", "xo"]


def test_the_last_writer_of_a_cell_stays_the_last() -> None:
    f, r = Func("f"), RDom([(0, 8), (0, 5)])
    f[x, y] = 0
    f[x, y] = f[x, y] * 2 + r.x + r.y
    with pytest.raises(ScheduleError, match=r"both write .* and the second would come first"):
        f.update().reorder(r.y, r.x)


def test_a_sum_of_several_terms_may_be_reordered() -> None:
    f, r = Func("f"), RDom([(0, 8), (0, 5)])
    f[x, y] = 0
    f[x, y] = r.x + f[x, y] - r.y + 1
    f.update().reorder(r.y, r.x)


def test_subtracting_the_old_value_keeps_its_order() -> None:
    f, r = Func("f"), RDom([(0, 8), (0, 5)])
    f[x, y] = 0
    f[x, y] = r.x * r.y - f[x, y]
    with pytest.raises(ScheduleError, match=r"both write .* and the second would come first"):
        f.update().reorder(r.y, r.x)


def test_a_maximum_of_integers_may_be_reordered() -> None:
    f, r = Func("f"), RDom([(0, 8), (0, 5)])
    f[x, y] = 0
    f[x, y] = maximum(f[x, y], r.x * r.y)
    f.update().reorder(r.y, r.x)


def visits(s: StageSchedule, domain: dict[str, int]) -> Iterator[tuple[int, ...]]:
    """Yield the points of `domain` that the loops of `s` run, in order, all mins being 0."""
    ranges = dict(domain)
    sizes: list[dict[str, int]] = []
    for step in s.splits:
        sizes.append(dict(ranges))
        if isinstance(step, Fuse):
            ranges[step.fused] = ranges.pop(step.inner) * ranges.pop(step.outer)
        else:
            n = ranges.pop(step.old)
            ranges[step.outer], ranges[step.inner] = -(-n // step.factor), step.factor
    points: list[dict[str, int]] = [{}]
    for d in s.dims:
        points = [{**p, d.name: i} for p in points for i in range(ranges[d.name])]
    for p in points:
        inside = True
        for step, size in zip(reversed(s.splits), reversed(sizes), strict=True):
            if isinstance(step, Fuse):
                fused = p.pop(step.fused)
                p[step.outer], p[step.inner] = divmod(fused, size[step.inner])
                continue
            base, n = p.pop(step.outer) * step.factor, size[step.old]
            if step.tail is Shift:
                base = min(base, n - step.factor)
            old = base + p.pop(step.inner)
            inside = inside and not (step.tail is Guard and old >= n)
            p[step.old] = old
        if inside:
            yield tuple(p[name] for name in domain)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_splits_fusions_and_orders_visit_every_point_of_the_domain(data: st.DataObject) -> None:
    f = pure()
    for i in range(data.draw(st.integers(1, 4))):
        names = loops(f)
        if len(names) > 1 and data.draw(st.booleans()):
            f.reorder(*data.draw(st.permutations(names)))
            at = data.draw(st.integers(0, len(names) - 2))
            f.fuse(loops(f)[at], loops(f)[at + 1], f"t{i}")
        else:
            old = data.draw(st.sampled_from(names))
            f.split(old, f"o{i}", f"i{i}", data.draw(st.integers(1, 4)))
    domain = {"x": data.draw(st.integers(4, 9)), "y": data.draw(st.integers(4, 9))}
    seen = set(visits(stage(f), domain))
    assert seen == {(i, j) for i in range(domain["x"]) for j in range(domain["y"])}
