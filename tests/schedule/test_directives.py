"""Directives and schedules as data."""

from __future__ import annotations

import pytest

from halo.errors import ScheduleError, SourceLocation
from halo.ir.expr import Variable
from halo.ir.function import Parameter
from halo.ir.stmt import MemoryType
from halo.ir.types import Int
from halo.schedule.directives import (
    AlignBounds,
    AlignExtent,
    AlignStorage,
    Async,
    Bound,
    BoundExtent,
    BoundStorage,
    ComputeAt,
    ComputeInline,
    ComputeRoot,
    Directive,
    FoldStorage,
    Fuse,
    HoistStorage,
    HoistStorageRoot,
    Parallel,
    Precompute,
    Prefetch,
    Reorder,
    ReorderStorage,
    RingBuffer,
    Split,
    SplitStorage,
    StoreAt,
    StoreIn,
    StoreRoot,
    StreamStores,
    Unroll,
    Vectorize,
)
from halo.schedule.formula import Formula
from halo.schedule.receipts import Receipts, Status
from halo.schedule.schedule import Entry, Schedule
from halo.schedule.tail import TailStrategy

N = Formula.of(Variable(Int(32), "n", Parameter("n", Int(32))) + 1)
ALL: tuple[tuple[Directive, str], ...] = (
    (ComputeInline(), "compute_inline()"),
    (ComputeRoot(), "compute_root()"),
    (ComputeAt("g", "y"), "compute_at(g, y)"),
    (ComputeAt("g", "y", 2), "compute_at(g.update(1), y)"),
    (StoreRoot(), "store_root()"),
    (StoreAt("g", "y"), "store_at(g, y)"),
    (Split("x", "xo", "xi", 8), "split(x, xo, xi, 8)"),
    (
        Split("x", "xo", "xi", 8, TailStrategy.RoundUp),
        "split(x, xo, xi, 8, TailStrategy.RoundUp)",
    ),
    (Fuse("x", "y", "t"), "fuse(x, y, t)"),
    (Reorder(("y", "x")), "reorder(y, x)"),
    (Vectorize("x"), "vectorize(x)"),
    (Unroll("x"), "unroll(x)"),
    (Parallel("y"), "parallel(y)"),
    (Bound("x", 0, 10), "bound(x, 0, 10)"),
    (Bound("x", N, 10), "bound(x, n + 1, 10)"),
    (BoundExtent("x", 10), "bound_extent(x, 10)"),
    (BoundExtent("x", N), "bound_extent(x, n + 1)"),
    (AlignBounds("x", 8, 3), "align_bounds(x, 8, 3)"),
    (AlignExtent("x", 8), "align_extent(x, 8)"),
    (BoundStorage("x", 16), "bound_storage(x, 16)"),
    (BoundStorage("x", N), "bound_storage(x, n + 1)"),
    (FoldStorage("y", 4), "fold_storage(y, 4)"),
    (FoldStorage("y", 4, False), "fold_storage(y, 4, fold_forward=False)"),
    (HoistStorage("f", "y", 1), "hoist_storage(f.update(0), y)"),
    (HoistStorageRoot(), "hoist_storage_root()"),
    (RingBuffer(3), "ring_buffer(3)"),
    (Precompute(), "precompute()"),
    (StreamStores(), "stream_stores()"),
    (
        Prefetch("g", "x", "y", 2),
        "prefetch(g, x, y, 2, PrefetchBoundStrategy.GuardWithIf)",
    ),
    (Async(), "async_()"),
    (ReorderStorage(("y", "x")), "reorder_storage(y, x)"),
    (AlignStorage("x", 8), "align_storage(x, 8)"),
    (SplitStorage("x", "xo", "xi", 16), "split_storage(x, xo, xi, 16)"),
    (StoreIn(MemoryType.Stack), "store_in(MemoryType.Stack)"),
)
SCHEDULE = Schedule(tuple(Entry("f", i % 2, d) for i, (d, _) in enumerate(ALL)))


@pytest.mark.parametrize(("directive", "text"), ALL, ids=[t for _, t in ALL])
def test_a_directive_prints_as_the_user_types_it(directive: Directive, text: str) -> None:
    assert directive.source() == text


def test_an_entry_of_an_update_names_the_update() -> None:
    assert Entry("f", 1, Vectorize("x")).source() == "f.update(0).vectorize(x)"


def test_a_schedule_comes_back_from_json_equal() -> None:
    assert Schedule.from_json(SCHEDULE.to_json()) == SCHEDULE


def test_the_line_of_a_directive_is_not_part_of_its_identity() -> None:
    here = Schedule((Entry("f", 0, ComputeRoot(), SourceLocation("a.py", 1)),))
    there = Schedule((Entry("f", 0, ComputeRoot(), SourceLocation("b.py", 2)),))
    assert here == there
    assert here.hash() == there.hash()


def test_different_schedules_have_different_hashes() -> None:
    assert SCHEDULE.hash() != Schedule(SCHEDULE.entries[1:]).hash()


def test_the_hash_is_the_same_in_every_process() -> None:
    made = Schedule((Entry("f", 0, Vectorize("x")),)).hash()
    assert made == "bd8107a7bcd34844b16f8df94dd39315eb95ac46c76c8e68f9e98390ecbf27c0"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "not a schedule in JSON"),
        ("[]", "version None"),
        ('{"version": 99, "entries": []}', "version 99"),
        ('{"version": 1}', "without a list of entries"),
        ('{"version": 1, "entries": [3]}', "has the entry 3"),
        ('{"version": 1, "entries": [{"func": "f", "stage": -1}]}', "an entry for 'f'"),
        ('{"version": 1, "entries": [{"func": "f", "stage": 0, "do": "burn"}]}', "'burn'"),
        (
            '{"version": 1, "entries": [{"func": "f", "stage": 0, "do": "unroll", "var": 3}]}',
            "a stored unroll",
        ),
    ],
)
def test_what_is_no_stored_schedule_is_refused(text: str, what: str) -> None:
    with pytest.raises(ScheduleError, match=what):
        Schedule.from_json(text)


def test_renaming_reaches_both_the_func_and_the_site() -> None:
    schedule = Schedule((Entry("g", 0, ComputeAt("f", "y")), Entry("f", 0, Parallel("y"))))
    assert str(schedule.renamed({"f": "a", "g": "b"})) == "b.compute_at(a, y)\na.parallel(y)"


def test_for_function_keeps_the_directives_of_one_func() -> None:
    schedule = Schedule((Entry("g", 0, ComputeRoot()), Entry("f", 0, Parallel("y"))))
    assert str(schedule.for_function("f")) == "f.parallel(y)"


def test_a_diff_shows_what_only_one_schedule_has() -> None:
    a = Schedule((Entry("f", 0, ComputeRoot()), Entry("f", 0, Vectorize("x"))))
    b = Schedule((Entry("f", 0, ComputeRoot()), Entry("f", 0, Unroll("x"))))
    assert a.diff(b).splitlines() == ["- f.vectorize(x)", "+ f.unroll(x)"]
    assert a.diff(a) == ""


def test_receipts_print_as_a_table() -> None:
    receipts = Receipts()
    receipts.add(Entry("f", 0, ComputeRoot(), SourceLocation("a.py", 1)), Status.APPLIED)
    receipts.add(Entry("g", 0, Vectorize("x")), Status.WITHOUT_EFFECT, "g is inlined")
    assert str(receipts).splitlines() == [
        "applied         f.compute_root()  a.py:1",
        "without effect  g.vectorize(x)            g is inlined",
    ]


def test_a_later_receipt_for_an_entry_replaces_the_earlier() -> None:
    receipts = Receipts()
    entry = Entry("f", 0, Vectorize("x"))
    receipts.add(entry, Status.APPLIED)
    receipts.add(entry, Status.WITHOUT_EFFECT, "one iteration")
    assert [r.reason for r in receipts] == ["one iteration"]
