"""atomic: vector lanes and threads that meet in a cell give what one after the other gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from reductions import TYPES, agree, operations, reduction

import halo as hl
from halo.pipeline import DRIVER

Schedule = Callable[[hl.Func, hl.RDom], Any]

SCHEDULES: dict[str, Schedule] = {
    "lanes": lambda f, r: f.update().atomic().vectorize(r.x, 4),
    "all lanes": lambda f, r: f.update().atomic().vectorize(r.x),
    "outer lanes": lambda f, r: f.update().atomic().vectorize(r.y, 8),
    "fused lanes": lambda f, r: f.update().atomic().fuse(r.x, r.y, "t").vectorize("t", 16),
    "lanes of both": lambda f, r: f.update().atomic().vectorize(r.x, 4).vectorize(r.y, 2),
    "lanes around x": lambda f, r: f.update().atomic().reorder("x", r.x).vectorize(r.x, 5),
    "lanes of x and r": lambda f, r: f.update().atomic().vectorize("x", 4).vectorize(r.x, 4),
    "threads": lambda f, r: f.update().atomic().parallel(r.y),
    "threads inside": lambda f, r: f.update().atomic().parallel(r.x, 3),
    "threads of lanes": lambda f, r: f.update().atomic().parallel(r.y).vectorize(r.x, 8),
    "threads of x lanes": lambda f, r: (
        f.update().atomic().reorder("x", r.x, r.y).parallel(r.y).vectorize("x", 8)
    ),
}
FEW = ["lanes", "threads", "threads of x lanes"]


def run(f: hl.Func, size: int = 21, low: int = -1) -> hl.Buffer:
    out = hl.Buffer(f.types()[0], [size])
    out.set_min([low])
    f.realize(out)
    return out


@pytest.fixture(params=[1, 2, 7])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("HALO_NUM_THREADS", str(request.param))
    return int(request.param)


@pytest.mark.parametrize("t", TYPES, ids=str)
@pytest.mark.parametrize("how", FEW)
def test_every_operation_of_every_type_agrees_with_the_default_schedule(
    t: hl.Type, how: str
) -> None:
    ops = operations(t)
    plain = [reduction(op, t)[0] for op in ops]
    scheduled = [reduction(op, t) for op in ops]
    for f, r in scheduled:
        SCHEDULES[how](f, r)
    got = hl.Pipeline([f for f, _ in scheduled]).realize([21])
    want = hl.Pipeline(plain).realize([21])
    for op, a, b in zip(ops, got, want, strict=True):
        agree(a, b, op, 13 * 7 + 1)
    assert {r.status.value for f, _ in scheduled for r in f.receipts()} == {"applied"}


@pytest.mark.parametrize("where", [False, True], ids=["all", "where"])
@pytest.mark.parametrize("how", SCHEDULES)
def test_integers_keep_their_bits_however_scheduled(how: str, where: bool) -> None:
    plain, _ = reduction("add", hl.Int(16), where=where)
    f, r = reduction("add", hl.Int(16), where=where)
    SCHEDULES[how](f, r)
    for size in (0, 1, 5, 21):
        agree(run(f, size), run(plain, size), "add", 0)


@pytest.mark.parametrize("extents", [(0, 5), (5, 0), (1, 1), (2, 3), (16, 8)])
@pytest.mark.parametrize("how", ["lanes", "fused lanes", "threads of lanes"])
def test_a_domain_of_any_size_agrees(how: str, extents: tuple[int, int]) -> None:
    plain, _ = reduction("xor", hl.UInt(8), extents)
    f, r = reduction("xor", hl.UInt(8), extents)
    SCHEDULES[how](f, r)
    agree(run(f), run(plain), "xor", 0)


@pytest.mark.parametrize("how", [h for h in SCHEDULES if "threads" in h])
def test_any_number_of_threads_gives_the_same_integers(how: str, threads: int) -> None:
    plain, _ = reduction("mul", hl.UInt(32))
    f, r = reduction("mul", hl.UInt(32))
    SCHEDULES[how](f, r)
    agree(run(f, 9), run(plain, 9), "mul", 0)


def test_lanes_of_floats_have_one_order() -> None:
    f, r = reduction("add", hl.Float(32))
    f.update().atomic().vectorize(r.x, 8)
    first = np.array(run(f))
    assert all(np.array_equal(np.array(run(f)), first) for _ in range(3))


def image() -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).integers(0, 50, (37, 53)).astype(np.uint8)


def histogram(t: hl.Type) -> tuple[hl.Func, hl.RDom]:
    x, inp = hl.Var("x"), hl.Buffer(image())
    r = hl.RDom([(0, 53), (0, 37)], name="r")
    h = hl.Func("hist")
    h[x] = hl.cast(t, 0)
    h[hl.clamp(hl.i32(inp[r.x, r.y]), 0, 49)] += hl.cast(t, 1)
    return h, r


@pytest.mark.parametrize(
    "t", [hl.Int(8), hl.UInt(16), hl.Int(32), hl.Float(16), hl.Float(64)], ids=str
)
def test_a_histogram_over_rows_in_parallel_counts_every_pixel(t: hl.Type, threads: int) -> None:
    h, r = histogram(t)
    h.update().atomic().parallel(r.y)
    want = np.bincount(image().ravel(), minlength=50).astype(t.dtype)
    np.testing.assert_array_equal(np.array(h.realize([50])), want)


def test_lanes_that_may_meet_in_a_cell_by_data_run_serially_and_the_receipt_says_so() -> None:
    h, r = histogram(hl.Int(32))
    h.update().atomic().vectorize(r.x, 8)
    np.testing.assert_array_equal(
        np.array(h.realize([50])), np.bincount(image().ravel(), minlength=50)
    )
    last = list(h.receipts())[-1]
    assert last.status.value == "without effect"
    assert "may meet in one cell of hist" in last.reason


def sums_and_counts() -> tuple[hl.Func, hl.RDom]:
    x, inp = hl.Var("x"), hl.Buffer(image())
    r = hl.RDom([(0, 53), (0, 37)], name="r")
    f = hl.Func("both")
    f[x] = hl.Tuple(hl.i32(0), hl.u64(0))
    at = hl.i32(inp[r.x, r.y]) % 5
    f[at] = hl.Tuple(f[at][0] + r.x * r.y, f[at][1] + hl.u64(1))
    return f, r


def test_cells_of_several_values_are_updated_under_a_lock(threads: int) -> None:
    f, r = sums_and_counts()
    f.update().atomic().parallel(r.y)
    bins = image() % 5
    products = np.outer(np.arange(37), np.arange(53))
    sums, counts = f.realize([5])
    assert np.array(sums).tolist() == [products[bins == b].sum() for b in range(5)]
    assert np.array(counts).tolist() == [np.sum(bins == b) for b in range(5)]


def test_lanes_of_cells_of_several_values_run_serially_and_the_receipt_says_so() -> None:
    x = hl.Var("x")
    r = hl.RDom([(0, 16)], name="r")
    f = hl.Func("pair")
    f[x] = hl.Tuple(0, 1)
    f[x] = hl.Tuple(f[x][0] + r.x, hl.max(f[x][1], r.x * x))
    f.update().atomic().vectorize(r.x, 8)
    sums, largest = f.realize([3])
    assert np.array(sums).tolist() == [120] * 3
    assert np.array(largest).tolist() == [1, 15, 30]
    last = list(f.receipts())[-1]
    assert last.status.value == "without effect"
    assert "runs serially: all lanes write the same cell" in last.reason


def test_a_search_in_parallel_finds_the_best(threads: int) -> None:
    values = np.random.default_rng(5).permutation(53 * 37).reshape(37, 53).astype(np.int32)
    inp = hl.Buffer(values)
    r = hl.RDom([(0, 53), (0, 37)], name="r")
    f = hl.Func("best")
    f[()] = hl.Tuple(0, 0, hl.i32(2**31 - 1))
    better = inp[r.x, r.y] < f[()][2]
    f[()] = hl.select(better, hl.Tuple(r.x, r.y, inp[r.x, r.y]), hl.Tuple(*f[()]))
    f.update().atomic().parallel(r.y)
    place_x, place_y, least = f.realize()
    at = np.unravel_index(values.argmin(), values.shape)
    assert (int(place_y[()]), int(place_x[()]), int(least[()])) == (*at, 0)


def test_an_update_that_is_not_recognised_runs_under_a_lock_on_the_users_word() -> None:
    x = hl.Var("x")
    r = hl.RDom([(0, 40)], name="r")
    f = hl.Func("f")
    f[x] = 1
    f[x] = (f[x] * 3 + 2) % 1000003 + 0 * r.x
    f.update().atomic(override_associativity_test=True).parallel(r.x)
    plain = 1
    for _ in range(40):
        plain = (plain * 3 + 2) % 1000003
    assert np.array(f.realize([3])).tolist() == [plain] * 3
    assert "on your word" in next(iter(f.receipts())).reason


def receipt(f: hl.Func) -> tuple[str, str]:
    made = next(r for r in f.receipts() if r.entry.directive.method == "atomic")
    return made.status.value, made.reason


def test_receipts_say_what_the_order_may_change() -> None:
    exact, r = reduction("add", hl.Int(32))
    exact.update().atomic().parallel(r.y)
    assert receipt(exact) == ("applied", "")
    lanes, r = reduction("add", hl.Float(32))
    lanes.update().atomic().vectorize(r.x, 4)
    assert receipt(lanes)[0] == "applied"
    assert "last bits may differ" in receipt(lanes)[1] and "in every run" in receipt(lanes)[1]
    threads, r = reduction("add", hl.Float(32))
    threads.update().atomic().parallel(r.y)
    assert "from run to run" in receipt(threads)[1] and "rfactor" in receipt(threads)[1]


def test_atomic_without_loops_that_meet_is_without_effect() -> None:
    f, _ = reduction("add", hl.Int(32))
    f.update().atomic().vectorize("x", 4)
    status, reason = receipt(f)
    assert status == "without effect" and "no loop whose iterations meet" in reason
    pure = hl.Func("pure")
    pure[hl.Var("x")] = 1
    pure.atomic()
    assert receipt(pure)[0] == "without effect"


def test_a_schedule_with_atomic_survives_json() -> None:
    f, r = reduction("add", hl.Int(32))
    f.update().atomic(True).parallel(r.y)
    schedule = f.schedule()
    assert hl.Schedule.from_json(schedule.to_json()) == schedule
    assert "atomic(override_associativity_test=True)" in str(schedule)


def lowered(f: hl.Func) -> str:
    """Return the loops, without the checks in front."""
    text = DRIVER.lowered_text([f.function], None)
    return text[text.index("produce ") :]


def golden_sum(name: str, t: hl.Type) -> tuple[hl.Func, hl.RDom]:
    x, inp = hl.Var("x"), hl.ImageParam(t, 2, f"{name}_in")
    r = hl.RDom([(0, 32), (0, 8)], name=f"{name}_r")
    f = hl.Func(name)
    f[x] = hl.cast(t, 0)
    f[x] += inp[x + r.x, r.y]
    f.bound(x, 0, 16)
    return f, r


def test_golden_lanes_combine_before_they_meet_the_cell(golden: Callable[[str], None]) -> None:
    f, r = golden_sum("lanes", hl.Float(32))
    f.update().atomic().vectorize(r.x, 8)
    golden(lowered(f))


def test_golden_threads_meet_in_atomic_updates(golden: Callable[[str], None]) -> None:
    f, r = golden_sum("threads", hl.Int(32))
    f.update().atomic().parallel(r.y)
    golden(lowered(f))


def test_golden_what_does_not_read_the_cell_is_computed_before_the_lock(
    golden: Callable[[str], None],
) -> None:
    x, inp = hl.Var("x"), hl.ImageParam(hl.Int(32), 1, "lock_in")
    r = hl.RDom([(0, 64)], name="lock_r")
    f = hl.Func("lock")
    f[x] = hl.Tuple(0, 0)
    f[x] = hl.Tuple(f[x][0] + inp[r.x] * inp[r.x + x], f[x][1] + 1)
    f.bound(x, 0, 4).update().atomic().parallel(r.x)
    golden(lowered(f))
