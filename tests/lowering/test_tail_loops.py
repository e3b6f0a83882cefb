"""What each tail strategy makes of the loops: golden texts, regions, receipts."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pytest

import halo as hl
from halo.lowering import Request, lower

T = hl.TailStrategy
x, y = hl.vars("x y")
GIVEN = [t for t in T if t is not T.Auto]


def body(f: hl.Func) -> str:
    """Return what is computed, without the entry checks, the Funcs by their plain names."""
    text = str(lower(Request("tails", [f.function], f.schedule())).func.body)
    lines = [line for line in text.splitlines() if not re.match(r" *assert ", line)]
    return re.sub(r"\b(\w+)\$\d+\b", r"\1", "\n".join(lines))


def pure(tail: T) -> hl.Func:
    source = hl.ImageParam(hl.Int(32), 1, "source")
    f = hl.Func("out")
    g = hl.Func("g")
    g[x] = source[x] * 3
    f[x] = g[x]
    g.compute_root().vectorize(x, 8, tail)
    return f


def update(tail: T) -> hl.Func:
    source = hl.ImageParam(hl.Int(32), 1, "source")
    f = hl.Func("out")
    f[x] = 0
    f[x] = f[x] * 2 + source[x]
    f.update().vectorize(x, 8, tail)
    return f


@pytest.mark.parametrize("tail", GIVEN)
def test_golden_vectors_of_a_pure_definition(tail: T, golden: Callable[[str], None]) -> None:
    golden(body(pure(tail)))


@pytest.mark.parametrize("tail", [t for t in GIVEN if t is not T.ShiftInwards])
def test_golden_vectors_of_an_update(tail: T, golden: Callable[[str], None]) -> None:
    golden(body(update(tail)))


@pytest.mark.parametrize("tail", [t for t in GIVEN if t.name.startswith("Predicate")])
def test_a_predicated_loop_is_not_cut(tail: T) -> None:
    assert body(update(tail)).count("vectorize(x.v)") == 0  # lanes leave no loop
    assert body(update(tail)).count("for out.s1.x in") == 1


READS: dict[T, int] = {
    T.GuardWithIf: 13,
    T.Predicate: 13,
    T.PredicateLoads: 13,
    T.PredicateStores: 16,
    T.RoundUp: 16,
    T.RoundUpAndBlend: 16,
    T.ShiftInwardsAndBlend: 13,
}


@pytest.mark.parametrize("tail", READS)
def test_an_input_must_hold_what_the_tail_reads(tail: T) -> None:
    source = hl.ImageParam(hl.Int(32), 1, "source")
    f, g = hl.Func("f"), hl.Func("g")
    g[x] = 0
    g[x] = g[x] + source[x]
    f[x] = g[x]
    g.compute_root().update().vectorize(x, 8, tail)
    source.set(hl.Buffer(np.arange(READS[tail], dtype=np.int32)))
    np.testing.assert_array_equal(np.array(f.realize([13])), np.arange(13))
    source.set(hl.Buffer(np.arange(READS[tail] - 1, dtype=np.int32)))
    with pytest.raises(hl.BoundsError, match=f"cells 0 to {READS[tail] - 1} are needed"):
        f.realize([13])


@pytest.mark.parametrize("tail", [T.RoundUp, T.PredicateLoads, T.RoundUpAndBlend])
def test_a_buffer_for_an_output_must_hold_what_the_tail_stores(tail: T) -> None:
    f = hl.Func("f")
    f[x] = x
    f[x] += 1
    f.update().vectorize(x, 8, tail)
    f.realize(hl.Buffer(hl.Int(32), [16]))
    with pytest.raises(hl.BoundsError, match=r"output 'f.*cells 0 to 15 are needed"):
        f.realize(hl.Buffer(hl.Int(32), [13]))


@pytest.mark.parametrize("tail", T)
@pytest.mark.parametrize("n", [0, 1, 13, 16])
def test_an_output_made_by_realize_has_room_for_every_step(tail: T, n: int) -> None:
    f = hl.Func("f")
    f[x, y] = x * 2 + y
    if tail is not T.ShiftInwards:
        f[x, y] += 1
        f.update().vectorize(x, 8, tail)
        f.unroll(x, 3, T.RoundUp)
    else:
        f.vectorize(x, 8, tail)
    out = np.array(f.realize([n, 3]))
    expected = np.arange(n) * 2 + np.arange(3)[:, None] + (tail is not T.ShiftInwards)
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("tail", [T.RoundUp, T.PredicateLoads, T.PredicateStores])
@pytest.mark.parametrize("step", [5, 10, 12])
def test_storage_outside_has_room_for_the_steps_of_every_part(tail: T, step: int) -> None:
    source = hl.Buffer(np.arange(200, dtype=np.int32) ** 2)
    g, f = hl.Func("g"), hl.Func("f")
    g[x] = source[x] * 3
    f[x] = g[x] + g[x + 1]
    f.split(x, "xo", "xi", step, T.GuardWithIf)
    g.store_root().compute_at(f, "xo").split(x, "a", "b", 8, tail)
    cells = np.arange(200, dtype=np.int32) ** 2 * 3
    for n in (1, 59, 60, 61):
        np.testing.assert_array_equal(np.array(f.realize([n])), cells[:n] + cells[1 : n + 1])


@pytest.mark.parametrize("tail", [T.RoundUp, T.PredicateLoads, T.PredicateStores])
def test_storage_outside_has_room_where_a_third_func_stands_between(tail: T) -> None:
    source = hl.Buffer(np.arange(200, dtype=np.int32) ** 2)
    g, h, f = hl.Func("g"), hl.Func("h"), hl.Func("f")
    g[x] = source[x] * 3
    h[x] = g[x] + g[x + 1]
    f[x] = h[x] - h[x + 1]
    f.split(x, "xo", "xi", 10, T.GuardWithIf)
    h.compute_at(f, "xo")
    g.store_root().compute_at(f, "xo").split(x, "a", "b", 8, tail)
    cells = np.arange(200, dtype=np.int32) ** 2 * 3
    for n in (1, 59, 60, 61):
        expected = cells[:n] - cells[2 : n + 2]
        np.testing.assert_array_equal(np.array(f.realize([n])), expected)


@pytest.mark.parametrize("inner", [False, True])
def test_a_row_computed_inside_a_loop_over_rows_is_rounded_up_as_a_whole(inner: bool) -> None:
    source = hl.ImageParam(hl.Int(32), 2, "source")
    h, g, f = hl.Func("h"), hl.Func("g"), hl.Func("f")
    h[x, y] = source[x, y] * 3
    g[x, y] = h[x, y] + 1
    f[x, y] = g[x, y] - g[x, y + 1]
    g.store_root().compute_at(f, y)
    if inner:
        h.compute_at(g, y).vectorize(x, 8, T.RoundUp)
    else:
        g.vectorize(x, 8, T.RoundUp)
    cells = np.arange(3 * 16, dtype=np.int32).reshape(3, 16) ** 2
    source.set(hl.Buffer(cells))
    expected = (cells[:-1] - cells[1:])[:, :13] * 3
    np.testing.assert_array_equal(np.array(f.realize([13, 2])), expected)
    source.set(hl.Buffer(cells[:, :15].copy()))
    with pytest.raises(hl.BoundsError, match="cells 0 to 15 are needed"):
        f.realize([13, 2])


@pytest.mark.parametrize("tail", T)
def test_what_is_computed_inside_a_step_covers_what_the_step_reads(tail: T) -> None:
    source = hl.Buffer(np.arange(300, dtype=np.int32) % 97)
    g, f, out = hl.Func("g"), hl.Func("f"), hl.Func("out")
    g[x] = source[x] * 3
    f[x] = g[x] + g[x + 2]
    out[x] = f[x] - f[x + 1]
    f.compute_root().split(x, "xo", "xi", 8, tail).vectorize("xi")
    g.compute_at(f, "xo").vectorize(x, 4)
    cells = np.arange(300, dtype=np.int32) % 97 * 3
    sums = cells[:-2] + cells[2:]
    for n in (1, 7, 40, 45):
        np.testing.assert_array_equal(np.array(out.realize([n])), sums[:n] - sums[1 : n + 1])


def test_stores_to_cells_that_data_names_stay_inside_under_predicated_loads() -> None:
    places = np.array([5, 6, 7, 7, 5, 7], dtype=np.int32)
    source, r = hl.Buffer(places), hl.RDom([(0, 6)])
    h, f = hl.Func("h"), hl.Func("f")
    h[x, y] = 0
    h[x, hl.clamp(source[r], 5, 7)] += x + 1
    f[x, y] = h[x, y]
    h.compute_root().update().vectorize(x, 8, T.PredicateLoads)
    out = hl.Buffer(hl.Int(32), [13, 3])
    out.set_min([0, 5])
    f.realize(out)
    expected = np.array([2, 1, 3])[:, None] * (np.arange(13) + 1)
    np.testing.assert_array_equal(np.array(out), expected)


def test_several_values_in_a_cell_are_blended_each() -> None:
    for tail in (T.ShiftInwardsAndBlend, T.RoundUpAndBlend, T.PredicateStores):
        g, f = hl.Func("g"), hl.Func("f")
        g[x] = hl.Tuple(x, hl.f32(x) / 2)
        g[x] = hl.Tuple(g[x][0] + 1, g[x][1] * 3)
        f[x] = g[x][0] + hl.i32(g[x][1] * 2)
        g.compute_root().update().vectorize(x, 8, tail)
        np.testing.assert_array_equal(np.array(f.realize([21])), np.arange(21) * 4 + 1)


def tiled() -> tuple[hl.Func, hl.Func]:
    g, f = hl.Func("g"), hl.Func("f")
    g[x, y] = x * y + 1
    f[x, y] = g[x, y] - g[x, y + 1]
    f.tile(x, y, "xo", "yo", "xi", "yi", 8, 4).vectorize("xi").parallel("yo")
    return g, f


def test_fewer_cells_than_a_step_are_computed_by_one_loop_for_each_variable() -> None:
    _, f = tiled()
    few = body(f).split("else:")[1]
    assert re.findall(r"(for|parallel) (f\S+) in", few) == [
        ("parallel", "f.s0.y"),
        ("for", "f.s0.x"),
    ]


def test_fewer_cells_than_a_step_keep_the_loops_in_which_others_are_computed() -> None:
    g, f = tiled()
    g.compute_at(f, "xo")
    assert "f.s0.xo" in body(f).split("else:")[1]


@pytest.mark.parametrize("inside", [False, True])
def test_fewer_cells_than_a_step_have_the_same_values(inside: bool) -> None:
    g, f = tiled()
    if inside:
        g.compute_at(f, "xo")
    for w, h in ((3, 9), (20, 2), (1, 1), (0, 5), (8, 4)):
        expected = np.broadcast_to(-np.arange(w), (h, w))
        np.testing.assert_array_equal(np.array(f.realize([w, h])), expected)


def test_auto_says_what_it_is() -> None:
    f = hl.Func("f")
    f[x, y] = x + y
    f[x, y] += 1
    f.split(x, "xo", "xi", 8).split("xo", "a", "b", 3).split("xi", "c", "d", 4)
    f.update().split(y, "yo", "yi", 8)
    remarks = [r.reason for r in f.receipts()]
    assert remarks == [
        "the tail is ShiftInwards",
        "the tail is GuardWithIf",
        "",
        "the tail is GuardWithIf",
    ]


def test_a_tail_that_has_nothing_to_do_says_so() -> None:
    f = hl.Func("f")
    f[x] = x
    f.bound(x, 0, 32).split(x, "xo", "xi", 8, T.RoundUp)
    assert list(f.receipts())[-1].reason == "RoundUp has nothing to do: 8 divides the extent"


def test_a_blend_of_a_pure_definition_says_that_it_is_none() -> None:
    f = hl.Func("f")
    f[x] = x
    f.split(x, "xo", "xi", 8, T.RoundUpAndBlend)
    (receipt,) = f.receipts()
    assert receipt.reason == "a pure definition has nothing to blend: as RoundUp"


@pytest.mark.parametrize("tail", T)
def test_tails_survive_json(tail: T) -> None:
    f = hl.Func("f")
    f[x] = x
    schedule = f.split(x, "xo", "xi", 8, tail).schedule()
    assert hl.Schedule.from_json(schedule.to_json()) == schedule
