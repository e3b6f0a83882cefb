"""What `auto_schedule` makes of typical pipelines: the same values, legal, and told in words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from auto_kernels import GOLDEN, KERNELS, blur

import halo as hl
from halo.schedule.receipts import Status

x, y, z = hl.vars("x y z")
AVX2 = hl.Target("x86-64-v3")


@pytest.fixture(autouse=True)
def quick_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    # The bits are the same at any level of optimisation.
    monkeypatch.setenv("HALO_CFLAGS", f"-O0 {os.environ.get('HALO_CFLAGS', '')}".strip())


def values(name: str, sizes: tuple[int, ...], scheduled: bool) -> np.ndarray[Any, Any]:
    kernel = KERNELS[name]
    f, source = kernel.pipeline()
    if scheduled:
        f.auto_schedule()
    source.set(kernel.cells(sizes))
    return np.asarray(f.realize(list(sizes)))


def sizes_of(name: str) -> list[tuple[int, ...]]:
    if name == "matmul":
        return [(256, 192)]
    if name == "separable":
        return [(16, 1), (16, 77)]
    if name == "colours":
        return [(1, 1, 3), (77, 70, 3)]
    if name == "line":
        return [(1,), (5,), (9000,)]
    if name == "unsharp":
        return [(90, 80, 3), (1, 1, 1)]
    return [(1, 1), (3, 40), (77, 70)]


@pytest.mark.parametrize("name", KERNELS)
def test_no_value_changes(name: str) -> None:
    for sizes in sizes_of(name):
        plain, scheduled = (values(name, sizes, s) for s in (False, True))
        assert plain.tobytes() == scheduled.tobytes(), sizes


@pytest.mark.parametrize("name", KERNELS)
def test_all_directives_have_an_effect_and_each_func_a_reason(name: str) -> None:
    f, _ = KERNELS[name].pipeline()
    schedule = f.auto_schedule(AVX2)
    receipts = f.receipts()
    assert {r.status for r in receipts} == {Status.APPLIED}, str(receipts)
    assert [r.entry for r in receipts if r.entry in schedule.entries]
    reasons = {e.func for e in schedule.entries if e.why}
    assert reasons == {e.func for e in schedule.entries}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name: str, golden: Callable[[str], None]) -> None:
    f, _ = KERNELS[name].pipeline()
    lines = [f"{e.source()}{'  # ' if e.why else ''}{e.why}" for e in f.auto_schedule(AVX2).entries]
    golden(re.sub(r"\$\d+", "", "\n".join(lines)))


def test_the_schedule_is_a_value() -> None:
    f, _ = KERNELS["harris"].pipeline()
    made = f.auto_schedule()
    assert made == f.schedule()
    stored = hl.Schedule.from_json(made.to_json())
    assert stored == made and stored.hash() == made.hash()
    again, _ = KERNELS["harris"].pipeline()
    again.apply_schedule(stored, strict=True)
    assert len(again.schedule().entries) == len(made.entries)


def test_running_sums_of_columns_are_computed_strip_by_strip() -> None:
    f, _ = KERNELS["columns turned"].pipeline()
    text = re.sub(r"\$\d+", "", str(f.auto_schedule(AVX2)))
    assert "sums.compute_at(exchanged, y)" in text and "exchanged.reorder(xv, yi, x)" in text


def test_sums_whose_steps_need_cells_of_their_own_are_summed_up_step_by_step() -> None:
    f, _ = KERNELS["shifted"].pipeline()
    made = f.auto_schedule(AVX2)
    text = re.sub(r"\$\d+", "", str(made))
    assert "total.compute_at(mean, x)" in text
    assert "total.update(0).reorder(xv, c, x, y, s.x, s.y)" in text
    for name in ("weight", "unlike"):
        assert f"{name}.compute_at(total.update(0), s.x)" in text
    assert "computed for each step of total" in " ".join(e.why for e in made.entries)


def test_small_pictures_are_not_summed_up_step_by_step() -> None:
    f, _ = KERNELS["shifted"].pipeline()
    text = re.sub(r"\$\d+", "", str(f.auto_schedule(AVX2, [30, 20])))
    assert "weight" in text and "total.update(0), s.x" not in text


def test_what_a_register_tile_sums_up_is_computed_for_it() -> None:
    f, _ = KERNELS["separable"].pipeline()
    made = f.auto_schedule(AVX2)
    text = re.sub(r"\$\d+", "", str(made))
    assert "mixed.compute_at(result, y)" in text and "each.compute_at(result, y)" in text
    assert "each.update(0).unroll(r.x)" in text
    assert "each tile of result" in " ".join(e.why for e in made.entries)


def test_tiles_that_would_compute_it_again_read_it_from_root() -> None:
    source = hl.ImageParam(hl.Float(32), 2, "source")
    g, total, wide = hl.funcs("g total wide")
    k = hl.RDom([(0, 256)], name="k")
    g[x, y] = hl.sqrt(source[x, y]) + hl.sqrt(source[x, y] + 1)
    total[x, y] = 0.0
    total[x, y] += source[x, k.x] * g[k.x, y]
    wide[x, y] = total[x, y] + 1
    wide.bound(x, 0, 256).bound(y, 0, 192)
    made = wide.auto_schedule(AVX2)
    (placed,) = [e for e in made.entries if e.func == g.name() and e.why]
    assert placed.directive.source() == "compute_root()"
    assert "would compute much of it twice" in placed.why


def test_planes_read_one_by_one_are_written_out_and_all_of_a_row_computed_together() -> None:
    f, _ = KERNELS["colours"].pipeline()
    made = f.auto_schedule(AVX2)
    text = re.sub(r"\$\d+", "", str(made))
    assert "plane.compute_at(result, yi)" in text
    assert "plane.reorder(xv, c, x, y)" in text and "plane.unroll(c)" in text
    assert "result.reorder(xv, c, x, yi, y)" in text and "result.unroll(c)" in text
    assert "for all c of a row" in " ".join(e.why for e in made.entries)


def test_what_would_only_fill_memory_is_computed_again() -> None:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    source = hl.ImageParam(hl.Float(32), 3, "source")
    f[x, y, z] = hl.sqrt(source[x, y, z]) + 1
    g[x, y, z] = f[x, y, z] / f[x, y, 3]
    h[x, y] = f[x, y, 0] + 1
    made = hl.Pipeline([g, h]).auto_schedule(estimates=None)
    (only,) = [e for e in made.entries if e.func == f.name()]
    assert only.directive.source() == "compute_inline()"
    assert "through memory" in only.why


def test_it_is_explained() -> None:
    f, _ = KERNELS["blur"].pipeline()
    f.auto_schedule(AVX2)
    text = str(f.explain())
    assert "because: an output" in text
    assert "because: each cell is read 3 times" in text


def test_what_is_scheduled_stays_so() -> None:
    f, source = KERNELS["blur"].pipeline()
    g, h = hl.Func("g"), hl.Func("h")
    g[x, y] = f[x, y] * f[x, y] / 3 + f[x + 1, y] / 5 + f[x, y + 1]
    h[x, y] = g[x, y] + g[x, y + 2] + g[x + 2, y]
    g.compute_root().unroll(x, 2)
    mine = h.schedule().entries
    made = h.auto_schedule(AVX2)
    assert {e.func for e in made.entries}.isdisjoint({g.name()})
    assert tuple(e for e in h.schedule().entries if e.func == g.name()) == mine
    source.set(KERNELS["blur"].cells((90, 90)))
    scheduled = np.asarray(h.realize([70, 70]))
    plain, source = KERNELS["blur"].pipeline()
    g, h = hl.Func("g"), hl.Func("h")
    g[x, y] = plain[x, y] * plain[x, y] / 3 + plain[x + 1, y] / 5 + plain[x, y + 1]
    h[x, y] = g[x, y] + g[x, y + 2] + g[x + 2, y]
    source.set(KERNELS["blur"].cells((90, 90)))
    np.testing.assert_array_equal(np.asarray(h.realize([70, 70])), scheduled)


def test_what_a_directive_names_is_left_alone() -> None:
    f, g, h, k = hl.Func("f"), hl.Func("g"), hl.Func("h"), hl.Func("k")
    f[x, y] = x * y % 7
    g[x, y] = f[x, y] * f[x + 1, y] / 3
    k[x, y] = hl.sin(x * y)
    h[x, y] = g[x, y] + g[x + 1, y] * g[x, y + 1] / 3 + hl.i32(k[x, y] + k[x + 1, y])
    f.compute_at(h, y)  # so g, which is between the two, can only be inlined
    made = h.auto_schedule()
    assert {e.func for e in made.entries} == {g.name(), k.name()}
    assert [str(e.directive.source()) for e in made.entries if e.func == g.name()] == [
        "compute_inline()"
    ]
    assert {r.status for r in h.receipts()} == {Status.APPLIED}


def test_a_second_time_there_is_nothing_left() -> None:
    f, _ = KERNELS["harris"].pipeline()
    assert f.auto_schedule().entries
    before = f.schedule()
    assert f.auto_schedule() == hl.Schedule() and f.schedule() == before


def test_promises_are_made_use_of() -> None:
    source = hl.ImageParam(hl.UInt(16), 2, "source")
    f = blur(source)
    f.bound(x, 0, 4)
    made = f.auto_schedule(AVX2)
    assert "split(x, x, xv, 4)" in str(made)
    assert not any("bound" in e.source() for e in made.entries)


def test_estimates_decide_whether_threads_are_worth_it() -> None:
    large, small, told = (KERNELS["blur"].pipeline()[0] for _ in range(3))
    assert "parallel" in str(large.auto_schedule(estimates=[4000, 3000]))
    assert "parallel" not in str(small.auto_schedule(estimates=[20, 20]))
    told.set_estimates([(0, 20), (0, 20)])
    assert "parallel" not in str(told.auto_schedule())


def test_estimates_for_other_dimensions() -> None:
    f, _ = KERNELS["blur"].pipeline()
    with pytest.raises(hl.ScheduleError, match="3 estimates for the 2 dimensions") as caught:
        f.auto_schedule(estimates=[3, 4, 5])
    assert caught.value.where is not None and caught.value.where.file == __file__
    assert "extent along each of x, y" in str(caught.value)


def test_extern_stages_and_what_they_are_given() -> None:
    def twice(given: hl.Buffer, out: hl.Buffer) -> None:
        out.view()[...] = 2 * np.asarray(given)[: out.view().shape[0]]

    def make() -> hl.Func:
        f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
        f[x] = x * 3 + 1
        g.define_extern("twice", [f], hl.Int(32), [x], implementation=twice)
        h[x] = g[x] + g[x + 1]
        return h

    plain, scheduled = make(), make()
    scheduled.auto_schedule()
    expected = np.asarray(plain.realize([100]))
    np.testing.assert_array_equal(np.asarray(scheduled.realize([100])), expected)


def test_outputs_that_read_each_other_and_one_without_dimensions() -> None:
    def make() -> hl.Pipeline:
        f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
        f[x, y] = x * y + 3
        g[x, y] = f[x, y] * f[x + 1, y] % 11 + f[x, y + 1]
        f2 = hl.Func("f2")
        f2[x, y] = g[x, y] + 1
        h[()] = 5
        h[()] += 1
        return hl.Pipeline([g, f2])

    plain, scheduled = make(), make()
    scheduled.auto_schedule()
    for a, b in zip(plain.realize([50, 40]), scheduled.realize([50, 40]), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    single = hl.Func("single")
    single[()] = 5
    single[()] += 1
    single.auto_schedule()
    assert int(np.asarray(single.realize([]))) == 6


def test_a_sum_of_floats_keeps_its_order() -> None:
    f, _ = KERNELS["matmul"].pipeline()
    f.auto_schedule()
    assert not [r for r in f.receipts() if "bits" in r.reason]
