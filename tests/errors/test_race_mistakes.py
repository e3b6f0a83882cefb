"""A schedule that breaks a dependence is refused with two iterations and the cell they clash on."""

from __future__ import annotations

from typing import Any

import pytest

import halo as hl

x, y = hl.vars("x y")


def update(rows: int = 1) -> tuple[hl.Func, hl.RDom, str]:
    """Return a Func with its pure definition, a domain, and the name of the update to come."""
    f, r = hl.Func("f"), hl.RDom([(1, 9), (1, rows)] if rows > 1 else [(1, 9)], "r")
    f[x, y] = x + y
    return f, r, f"{f.name()}.update(0)"


def names(r: hl.RDom) -> list[str]:
    return [v.name() for v in r]


def test_a_scan_in_parallel_shows_who_writes_and_who_reads(refused: Any) -> None:
    f, r, u = update()
    f[r.x, y] = f[r.x - 1, y] * 2
    (a,) = names(r)
    texts = [
        f"{u}.parallel({a}): iteration (y=0, {a}=1) writes {f.name()}(1, 0), "
        f"which iteration (y=0, {a}=2) reads, and they would run at once",
        f"legal: {u}.parallel(y)",
        f"{u} defined at test_race_mistakes.py:",
        f"{f.name()}({a}, y) = {f.name()}({a} - 1, y)*2",
    ]
    with refused(hl.ScheduleError, *texts):
        f.update().parallel(r.x)


def test_an_update_in_place_shows_who_reads_and_who_writes(refused: Any) -> None:
    f, r, _ = update()
    f[r.x, y] = f[r.x + 1, y] * 2
    (a,) = names(r)
    text = f"iteration (y=0, {a}=1) reads {f.name()}(2, 0), which iteration (y=0, {a}=2) writes"
    with refused(hl.ScheduleError, text):
        f.update().vectorize(r.x)


def test_a_mirror_in_place_clashes_across_its_middle(refused: Any) -> None:
    f, r, _ = update()
    f[r.x, y] = f[10 - r.x, y] + 1
    with refused(hl.ScheduleError, f"writes {f.name()}(1, 0)", f"{names(r)[0]}=9) reads"):
        f.update().parallel(r.x)


def test_iterations_that_all_write_one_cell_both_write(refused: Any) -> None:
    f, r, _ = update()
    f[3, y] = f[3, y] * 2 + r.x
    (a,) = names(r)
    text = f"iterations (y=0, {a}=1) and (y=0, {a}=2) both write {f.name()}(3, 0)"
    with refused(hl.ScheduleError, text):
        f.update().parallel(r.x)


def test_what_a_distance_allows_is_offered(refused: Any) -> None:
    f, r, u = update()
    f[r.x + 4, y] = f[r.x, y] + 1
    (a,) = names(r)
    with refused(hl.ScheduleError, f"legal: {u}.vectorize(y), {u}.vectorize({a}, 4)"):
        f.update().vectorize(r.x, 8)
    f.update().vectorize(r.x, 4)


def test_a_split_that_is_too_wide_is_offered_narrower(refused: Any) -> None:
    f, r, u = update()
    f[r.x + 2, y] = f[r.x, y] + 1
    (a,) = names(r)
    with refused(hl.ScheduleError, f"{u}.split({a}, o, i, 2).vectorize(i)"):
        f.update().split(r.x, "o", "i", 4).vectorize("i")


def test_a_reorder_that_turns_a_dependence_round_is_refused(refused: Any) -> None:
    f, r, u = update(rows=4)
    f[r.x, r.y] = f[r.x + 1, r.y - 1] + 1
    a, b = names(r)
    texts = [
        f"iteration ({a}=2, {b}=1) writes {f.name()}(2, 1), which iteration ({a}=1, {b}=2) reads,",
        "and the second would come first",
        f"legal: {u}.reorder({a}, {b})",
    ]
    with refused(hl.ScheduleError, *texts):
        f.update().reorder(r.y, r.x)


def test_a_wavefront_keeps_its_loops_from_running_at_once(refused: Any) -> None:
    f, r, _ = update(rows=4)
    f[r.x, r.y] = f[r.x - 1, r.y] + f[r.x, r.y - 1]
    f.update().reorder(r.y, r.x)
    for v in r:
        with refused(hl.ScheduleError, "and they would run at once"):
            f.update().parallel(v)


def test_a_fused_loop_shows_the_iterations_in_its_variables(refused: Any) -> None:
    f, r, _ = update(rows=4)
    f[r.x, r.y] = f[r.x, r.y - 1] + 1
    a, b = names(r)
    with refused(hl.ScheduleError, f"iteration ({a}=1, {b}=1) writes", f"({a}=1, {b}=2) reads"):
        f.update().fuse(r.x, r.y, "t").parallel("t")


def test_moving_a_parallel_loop_outwards_is_checked_again(refused: Any) -> None:
    f, r, _ = update(rows=4)
    f[r.x, y] = f[r.x, y] * 2 + r.y
    f.update().parallel(r.x)
    g, q, _ = update(rows=4)
    g[q.x + q.y, y] = g[q.x + q.y, y] * 2
    g.update().parallel(q.x)
    with refused(hl.ScheduleError, "they would run at once", "legal:"):
        g.update().reorder(q.y, q.x)


def test_an_extent_that_is_not_known_is_part_of_the_witness(refused: Any) -> None:
    f, n = hl.Func("f"), hl.Param(hl.Int(32), "n")
    r = hl.RDom([(0, n)], "r")
    f[x] = x
    f[r.x] = f[r.x + 1] + 1
    with refused(hl.ScheduleError, f"writes when ({n.name()}=2)"):
        f.update().parallel(r.x)


def test_an_index_that_is_data_is_named_with_what_to_add(refused: Any) -> None:
    f, r, u = update()
    bins = hl.ImageParam(hl.Int(32), 1, "bins")
    f[bins[r.x], y] = f[bins[r.x], y] * 2
    texts = [
        f"it is not proven that its iterations touch different cells of {f.name()}",
        f"one depends on {bins.name()}({names(r)[0]}), which is not affine",
        f"legal: {u}.parallel(y)",
        "halo.clamp(...) or halo.unsafe_promise_clamped(...)",
        f"{u}.allow_race_conditions() before it",
    ]
    with refused(hl.ScheduleError, *texts):
        f.update().parallel(r.x)
    f.update().allow_race_conditions().parallel(r.x)


def test_a_product_of_variables_is_not_affine(refused: Any) -> None:
    f, r, _ = update(rows=4)
    f[r.x * r.y, y] = 1
    a, b = names(r)
    with refused(hl.ScheduleError, f"one depends on {a}*{b}, which is not affine"):
        f.update().parallel(r.x)


def test_a_new_order_of_cells_chosen_by_data_is_not_proven(refused: Any) -> None:
    f, r, _ = update(rows=4)
    bins = hl.ImageParam(hl.Int(32), 2, "bins")
    f[bins[r.x, r.y], y] = r.x + r.y
    with refused(hl.ScheduleError, "it is not proven", "which is not affine"):
        f.update().reorder(r.y, r.x)


@pytest.mark.parametrize("mark", ["parallel", "vectorize"])
def test_a_race_that_is_allowed_stands_in_the_receipt(mark: str) -> None:
    f, r, _ = update()
    f[3, y] = 7 + 0 * r.x
    getattr(f.update().allow_race_conditions(), mark)(r.x)
    allowed, raced = f.receipts()
    assert (allowed.status.value, allowed.reason) == ("applied", "")
    assert raced.reason.startswith("a race that was allowed: iterations (y=0, ")
    assert raced.reason.endswith(f"both write {f.name()}(3, 0)")


def test_allowing_races_where_there_are_none_is_without_effect() -> None:
    f, r, _ = update()
    f[r.x, y] = f[r.x, y] + 1
    f.update().allow_race_conditions().parallel(r.x)
    allowed, parallel = f.receipts()
    assert allowed.status.value == "without effect"
    assert "no two iterations at once" in allowed.reason
    assert parallel.reason == ""


def test_allowing_races_does_not_allow_an_order_that_is_proven_wrong(refused: Any) -> None:
    f, r, _ = update(rows=4)
    f[r.x, r.y] = f[r.x + 1, r.y - 1] + 1
    with refused(hl.ScheduleError, "the second would come first"):
        f.update().allow_race_conditions().reorder(r.y, r.x)


@pytest.mark.parametrize("extent", [10, 10**9])
def test_the_extent_matters_neither_to_the_verdict_nor_to_the_witness(
    extent: int, refused: Any
) -> None:
    f, r = hl.Func("f"), hl.RDom([(0, extent), (0, extent)], "r")
    f[x, y] = 0
    f[r.x * 2, r.y] = f[r.x * 2 + 1, r.y - 1] + 1
    f.update().parallel(r.x).reorder(r.y, r.x)
    g, q = hl.Func("g"), hl.RDom([(0, extent), (0, extent)], "q")
    g[x, y] = 0
    g[q.x, q.y] = g[q.x + 3, q.y - 1] + 1
    a, b = names(q)
    text = f"({a}=3, {b}=0) writes {g.name()}(3, 0), which iteration ({a}=0, {b}=1) reads"
    with refused(hl.ScheduleError, text):
        g.update().reorder(q.y, q.x)


@pytest.mark.parametrize("bounded", ["clamp", "unsafe_promise_clamped"])
def test_an_index_that_is_clamped_is_not_to_be_clamped_again(bounded: str) -> None:
    at = hl.ImageParam(hl.Int(32), 1, "at")
    f, r, u = update(rows=4)
    f[getattr(hl, bounded)(at[r.x], 0, 99), y] = r.x * r.y
    with pytest.raises(hl.ScheduleError, match="it is not proven") as caught:
        f.update().parallel(r.x)
    hint = str(caught.value.hint).splitlines()[0]
    assert f"{u}.allow_race_conditions() before it" in hint and "clamp" not in hint


@pytest.mark.parametrize("bounded", ["clamp", "unsafe_promise_clamped"])
def test_an_index_with_bounds_can_be_proven(bounded: str, refused: Any) -> None:
    at = hl.ImageParam(hl.Int(32), 1, "at")
    f, r, _ = update(rows=4)
    f[at[r.y] + r.x, y] = r.x * r.y
    with refused(hl.ScheduleError, "it is not proven", "halo.clamp(...)"):
        f.update().parallel(r.x)
    g, q, _ = update(rows=4)
    g[getattr(hl, bounded)(at[q.y], 0, 99) + q.x, y] = q.x * q.y
    g.update().parallel(q.x)
