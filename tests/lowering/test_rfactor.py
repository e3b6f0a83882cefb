"""rfactor: a reduction in two gives what one gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reductions import TYPES, agree, operations, reduction

import halo as hl
from halo.pipeline import DRIVER

x, u, v = hl.vars("x u v")
ro, ri, t = hl.RVar("ro"), hl.RVar("ri"), hl.RVar("t")
Schedule = Callable[[hl.Func, hl.RDom], Any]


def lanes(f: hl.Func, r: hl.RDom) -> None:
    made = f.update().split(r.x, ro, ri, 4).rfactor(ri, u)
    made.compute_at(f, x).vectorize(u).update().vectorize(u)
    f.update().atomic().vectorize(ri)


def threads(f: hl.Func, r: hl.RDom) -> None:
    made = f.update().rfactor(r.y, u)
    made.compute_root().update().parallel(u).vectorize(x, 8)


def fused(f: hl.Func, r: hl.RDom) -> None:
    f.update().fuse(r.x, r.y, t).split(t, ro, ri, 8).rfactor(ro, u).compute_root()


def twice(f: hl.Func, r: hl.RDom) -> None:
    first = f.update().rfactor(r.y, u)
    second = first.update().rfactor(r.x, v)
    first.compute_root().vectorize(x, 4)
    second.compute_root().update().vectorize(v, 4)


def again(f: hl.Func, r: hl.RDom) -> None:
    f.update().rfactor([(r.x, u), (r.y, v)]).compute_root()
    f.update().rfactor(r.y, hl.Var("w")).compute_at(f, x)


SCHEDULES: dict[str, Schedule] = {
    "outer": lambda f, r: f.update().rfactor(r.y, u).compute_root(),
    "inner": lambda f, r: f.update().rfactor(r.x, u).compute_root(),
    "both": lambda f, r: f.update().rfactor([(r.x, u), (r.y, v)]).compute_root(),
    "both, the other way": lambda f, r: f.update().rfactor([(r.y, u), (r.x, v)]).compute_root(),
    "blocks": lambda f, r: f.update().split(r.x, ro, ri, 4).rfactor(ro, u).compute_root(),
    "in the innermost loop": lambda f, r: f.update().rfactor(r.x, u),
    "after vectorize": lambda f, r: f.update().vectorize(x, 4).rfactor(r.y, u).compute_root(),
    "after a split of x": lambda f, r: (
        f.update().split(x, "xo", "xi", 3).reorder(r.x, "xi", r.y, "xo").rfactor(r.y, u)
    ),
    "lanes": lanes,
    "threads": threads,
    "fused": fused,
    "twice": twice,
    "again": again,
}
FEW = ["outer", "lanes", "fused"]


def run(f: hl.Func, size: int = 21, low: int = -1) -> hl.Buffer:
    out = hl.Buffer(f.types()[0], [size])
    out.set_min([low])
    f.realize(out)
    return out


@pytest.mark.parametrize("where", [False, True], ids=["all", "where"])
@pytest.mark.parametrize("how", SCHEDULES)
def test_integers_keep_their_bits(how: str, where: bool) -> None:
    plain, _ = reduction("sub", hl.Int(16), where=where)
    f, r = reduction("sub", hl.Int(16), where=where)
    SCHEDULES[how](f, r)
    for size in (0, 1, 5, 21):
        agree(run(f, size), run(plain, size), "sub", 0)


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("how", FEW)
def test_every_operation_of_every_type_agrees(type_: hl.Type, how: str) -> None:
    ops = operations(type_)
    scheduled = [reduction(op, type_) for op in ops]
    for f, r in scheduled:
        SCHEDULES[how](f, r)
    got = hl.Pipeline([f for f, _ in scheduled]).realize([21])
    want = hl.Pipeline([reduction(op, type_)[0] for op in ops]).realize([21])
    for op, a, b in zip(ops, got, want, strict=True):
        agree(a, b, op, 13 * 7 + 1)


@pytest.mark.parametrize("extents", [(0, 5), (5, 0), (1, 1), (2, 3), (16, 8)])
@pytest.mark.parametrize("how", ["both", "lanes", "fused"])
def test_a_domain_of_any_size_agrees(how: str, extents: tuple[int, int]) -> None:
    plain, _ = reduction("min", hl.Int(32), extents)
    f, r = reduction("min", hl.Int(32), extents)
    SCHEDULES[how](f, r)
    agree(run(f), run(plain), "min", 0)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_floats_have_the_same_bits_with_any_number_of_threads(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    f, r = reduction("add", hl.Float(32))
    threads(f, r)
    monkeypatch.setenv("HALO_NUM_THREADS", "1")
    first = np.array(run(f))
    monkeypatch.setenv("HALO_NUM_THREADS", str(count))
    np.testing.assert_array_equal(np.array(run(f)), first)


@pytest.mark.parametrize("n", [0, 1, 7, 8, 20])
def test_a_domain_whose_size_is_known_when_it_runs_agrees(n: int) -> None:
    p = hl.Param(hl.Int(32), "n")
    inp = hl.Buffer(np.arange(100, dtype=np.int32) ** 2)
    r = hl.RDom([(3, p)], name="r")
    f = hl.Func("f")
    f[()] = 5
    f[()] += inp[r.x]
    f.update().split(r.x, ro, ri, 8).rfactor(ri, u).compute_root().update().vectorize(u, 8)
    p.set(n)
    assert int(f.realize()[()]) == 5 + int(np.sum(np.arange(3, 3 + n) ** 2))


def test_a_histogram_has_one_for_each_row() -> None:
    image = np.random.default_rng(3).integers(0, 50, (37, 53)).astype(np.uint8)
    inp, r = hl.Buffer(image), hl.RDom([(0, 53), (0, 37)], name="r")
    h = hl.Func("hist")
    h[x] = 0
    h[hl.clamp(hl.i32(inp[r.x, r.y]), 0, 49)] += 1
    rows = h.update().rfactor(r.y, u)
    rows.compute_root().update().parallel(u)
    h.update().vectorize(x, 8)
    out = np.array(h.realize([50]))
    np.testing.assert_array_equal(out, np.bincount(image.ravel(), minlength=50))
    assert [a.name() for a in rows.args()] == ["x", "u"]


def test_an_update_of_one_row_leaves_the_others_alone() -> None:
    y = hl.Var("y")
    inp, r = hl.Buffer(np.arange(60, dtype=np.int32)), hl.RDom([(0, 9)], name="r")
    f = hl.Func("row")
    f[x, y] = x + 10 * y
    f[x, 2] += inp[r.x + x]
    f.update().rfactor(r.x, u).compute_root()
    want = np.arange(5)[None, :] + 10 * np.arange(4)[:, None]
    want[2] += [sum(range(i, i + 9)) for i in range(5)]
    np.testing.assert_array_equal(np.array(f.realize([5, 4])), want)


def search(ties: bool) -> tuple[hl.Func, hl.RDom, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(5)
    values = rng.integers(0, 9 if ties else 2**30, (7, 13)).astype(np.int32)
    inp, r = hl.Buffer(values), hl.RDom([(0, 13), (0, 7)], name="r")
    f = hl.Func("best")
    f[()] = hl.Tuple(-1, -1, hl.i32(2**31 - 1))
    better = inp[r.x, r.y] < f[()][2]
    f[()] = hl.select(better, hl.Tuple(r.x, r.y, inp[r.x, r.y]), hl.Tuple(*f[()]))
    return f, r, values


@pytest.mark.parametrize("how", ["outer", "blocks", "both", "fused"])
def test_a_search_finds_the_best(how: str) -> None:
    f, r, values = search(ties=how == "outer")
    SCHEDULES[how](f, r)
    place_x, place_y, least = f.realize()
    at = np.unravel_index(values.argmin(), values.shape)
    found = (int(place_y[()]), int(place_x[()]))
    assert found == at and int(least[()]) == values.min()


def receipt(f: hl.Func) -> str:
    made = next(r for r in f.receipts() if r.entry.directive.method == "rfactor")
    assert made.status.value == "applied"
    return made.reason


def test_receipts_say_what_another_order_may_change() -> None:
    f, r = reduction("add", hl.Int(32))
    made = f.update().rfactor(r.x, u).compute_root()
    assert receipt(f) == f"through {made.name()}"
    f, r = reduction("add", hl.Float(32))
    made = f.update().rfactor(r.x, u)
    assert "computed in the innermost loop that uses it" in receipt(f)
    assert "last bits may differ" in receipt(f) and "the same in every run" in receipt(f)
    f, r, _ = search(ties=True)
    f.update().rfactor(r.x, u).compute_root()
    assert "of equal candidates another may be found" in receipt(f)
    f, r, _ = search(ties=True)
    made = f.update().rfactor(r.y, u).compute_root()
    assert receipt(f) == f"through {made.name()}"


def test_the_algorithm_stays_as_it_was_defined() -> None:
    f, r = reduction("add", hl.Int(32))
    before = f.function.definitions[1]
    f.update().rfactor(r.y, u).compute_root()
    run(f)
    assert f.function.definitions[1] is before
    assert f.rvars() != [] and len(f.rvars()) == 2


def test_directives_after_it_are_about_what_is_left() -> None:
    f, r = reduction("add", hl.Int(32))
    f.update().rfactor(r.y, u).compute_root()
    f.update().unroll(r.y)
    with pytest.raises(hl.ScheduleError, match=r"has no loop|no loop"):
        f.update().unroll(r.x)
    plain, _ = reduction("add", hl.Int(32))
    agree(run(f), run(plain), "add", 0)


def test_an_update_defined_after_it_comes_after_it() -> None:
    f, r = reduction("add", hl.Int(32))
    f.update().rfactor(r.y, u).compute_root()
    f[x] = f[x] * 2
    f.update(1).vectorize(x, 4)
    plain, _ = reduction("add", hl.Int(32))
    np.testing.assert_array_equal(np.array(run(f)), np.array(run(plain)) * 2)


def test_a_schedule_with_rfactor_is_data_for_the_same_algorithm_elsewhere() -> None:
    f, r = reduction("add", hl.Int(32))
    lanes(f, r)
    text = f.schedule().to_json()
    assert hl.Schedule.from_json(text) == f.schedule()
    assert "rfactor(ri, u)" in str(f.schedule())
    other, s = reduction("add", hl.Int(32))
    renamed = text.replace(f'"{r.x.name()}"', f'"{s.x.name()}"')
    other.apply_schedule(hl.Schedule.from_json(renamed), strict=True)
    assert len(other.schedule().entries) == len(f.schedule().entries)
    plain, _ = reduction("add", hl.Int(32))
    agree(run(other), run(plain), "add", 0)


def golden_dot(name: str) -> tuple[hl.Func, hl.RDom]:
    a, b = (hl.ImageParam(hl.Float(32), 1, f"{name}_{n}") for n in "ab")
    r = hl.RDom([(0, 100)], name=f"{name}_r")
    f = hl.Func(name)
    f[()] = hl.f32(0)
    f[()] += a[r.x] * b[r.x]
    return f, r


def test_what_it_makes_may_be_cloned() -> None:
    r = hl.RDom([(0, 6), (0, 4)])
    x, u = hl.vars("x u")

    def build() -> hl.Func:
        f = hl.Func("f")
        f[x] = 0
        f[x] += r.x * x + r.y
        return f

    f = build()
    made = f.update(0).rfactor(r.y, u)
    made.clone_in(f).compute_root()
    assert f"through a clone of {made.name()}" in str(f.receipts())
    np.testing.assert_array_equal(f.realize([7]), build().realize([7]))


def test_golden_a_dot_product_in_lanes_of_a_register(golden: Callable[[str], None]) -> None:
    f, r = golden_dot("dot")
    made = f.update().split(r.x, ro, ri, 8).rfactor(ri, u)
    made.compute_root().vectorize(u).update().vectorize(u)
    f.update().atomic().vectorize(ri)
    text = DRIVER.lowered_text([f.function], None)
    golden(text[text.index("allocate ") :])


def test_golden_loops_of_both_begin_as_those_of_the_update(golden: Callable[[str], None]) -> None:
    f, r = reduction("add", hl.Int(32))
    stage = f.update().split(x, "xo", "xi", 4).reorder(r.x, "xi", r.y, "xo").parallel("xo")
    stage.rfactor(r.y, u).compute_root()
    text = DRIVER.print_loop_nest([f.function], None)
    for name, short in ((r.x.name(), "r.x"), (r.y.name(), "r.y"), (f.name(), "f")):
        text = text.replace(name, short)
    golden(text)
