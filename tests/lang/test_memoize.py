"""Memoized Funcs: computed once for what they depend on, and never wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import halo as hl
from codegen import MemoizationCache
from halo.interpret import interpret

x, y = hl.vars("x y")


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    hl.memoization_cache_cleanup()
    yield
    hl.memoization_cache_set_size(1 << 26)
    hl.memoization_cache_cleanup()


class Pair:
    """A Func h of a Func g, which tells whenever it is computed and depends on n and k."""

    def __init__(self, schedule: Callable[[hl.Func, hl.Func], object] | None = None) -> None:
        self.n = hl.Param(hl.Int(32), "n", 5)
        self.k = hl.Param(hl.Float(32), "k", 1.5)
        self.g, self.h = hl.Func("g"), hl.Func("h")
        told = hl.print_when((x == 0) & (y == 0), x, "computed")
        self.g[x, y] = hl.f32(told) * self.k + self.n + y
        self.h[x, y] = self.g[x, y] + self.g[x, y + 1]
        if schedule is not None:
            schedule(self.g, self.h)
        self.times = 0
        self.h.jit_handlers().custom_print = self._count

    def _count(self, line: str) -> None:
        self.times += 1

    def run(self, size: tuple[int, int] = (3, 2)) -> np.ndarray:
        """Realize, and check the values against their formula."""
        found = np.array(self.h.realize(list(size)))
        i, j = np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32)[:, None]
        expected = 2 * (i * self.k.get() + self.n.get() + j) + 1
        np.testing.assert_array_equal(found, expected.astype(np.float32))
        return found


def memoized(g: hl.Func, h: hl.Func) -> None:
    g.compute_root().memoize()


def test_a_second_call_takes_what_the_first_computed() -> None:
    p = Pair(memoized)
    p.run()
    p.run()
    assert p.times == 1


def test_another_value_of_a_param_is_computed_and_both_are_kept() -> None:
    p = Pair(memoized)
    for n, k in ((5, 1.5), (6, 1.5), (5, 2.0), (5, 1.5), (6, 1.5), (5, 2.0)):
        p.n.set(n)
        p.k.set(k)
        p.run()
    assert p.times == 3


def test_another_box_is_computed() -> None:
    p = Pair(memoized)
    for size in ((3, 2), (2, 3), (3, 2), (1, 1), (1, 1)):
        p.run(size)
    assert p.times == 3


SCHEDULES: dict[str, Callable[[hl.Func, hl.Func], object]] = {
    "rows": lambda g, h: g.compute_at(h, y).memoize(),
    "rows in parallel": lambda g, h: (g.compute_at(h, y).memoize(), h.parallel(y).vectorize(x, 4)),
    "cells": lambda g, h: g.compute_at(h, x).memoize(),
    "packed": lambda g, h: g.compute_root().split_storage(x, x, hl.Var("xi"), 4).memoize(),
    "aligned": lambda g, h: g.compute_root().align_storage(x, 16).vectorize(x, 8).memoize(),
    "rounded": lambda g, h: g.compute_root().vectorize(x, 8, hl.TailStrategy.RoundUp).memoize(),
}


@pytest.mark.parametrize("name", list(SCHEDULES))
@pytest.mark.parametrize("size", [(5, 3), (1, 1), (0, 2), (19, 4)])
def test_values_are_right_under_any_schedule_the_first_and_the_second_time(
    name: str, size: tuple[int, int]
) -> None:
    p = Pair(SCHEDULES[name])
    p.run(size)
    before = p.times
    p.run(size)
    assert p.times == before
    p.n.set(-3)
    p.run(size)


@pytest.mark.parametrize("tail", [hl.TailStrategy.PredicateLoads, hl.TailStrategy.RoundUp])
def test_cells_beyond_those_asked_for_are_no_answer(tail: hl.TailStrategy) -> None:
    rows = hl.Buffer(np.arange(12, dtype=np.int32).reshape(4, 3))
    f, g, yo, yi = hl.Func("f"), hl.Func("g"), hl.Var("yo"), hl.Var("yi")
    f[x, y] = hl.memoize_tag(rows[x, y] + 1, 7)
    g[x, y] = f[x, y] * 2
    f.compute_root().split(y, yo, yi, 2, tail).memoize()
    for height in (1, 2, 3, 4, 3):
        expected = (np.arange(12, dtype=np.int32).reshape(4, 3)[:height] + 1) * 2
        np.testing.assert_array_equal(np.array(g.realize([3, height])), expected)


def test_two_funcs_of_one_formula_do_not_share() -> None:
    a, b = Pair(memoized), Pair(memoized)
    a.run()
    b.run()
    assert (a.times, b.times) == (1, 1)


def test_values_of_a_tuple_are_kept_together() -> None:
    p = hl.Param(hl.Float(64), "p", 0.25)
    g, h = hl.Func("g"), hl.Func("h")
    g[x] = hl.Tuple(hl.u8(x), p * x)
    h[x] = g[x][0] + g[x][1]
    g.compute_root().memoize()
    for value in (0.25, -0.0, 0.0, 0.25):
        p.set(value)
        expected = np.arange(5) + value * np.arange(5)
        np.testing.assert_array_equal(np.array(h.realize([5])), expected)


def test_an_update_and_what_it_reads_are_part_of_the_key() -> None:
    n = hl.Param(hl.Int(32), "n", 3)
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x] = x * n
    g[x] = 0
    r = hl.RDom([(0, n)])
    g[x] += f[r.x] + x
    h[x] = g[x]
    g.compute_root().memoize()
    for value in (3, 4, 3):
        n.set(value)
        np.testing.assert_array_equal(np.array(h.realize([4])), interpret(h, [4]))


def test_a_tag_stands_for_an_image() -> None:
    image, version = hl.ImageParam(hl.Int(32), 1, "image"), hl.Param(hl.Int(32), "version", 1)
    g, h = hl.Func("g"), hl.Func("h")
    g[x] = hl.memoize_tag(image[x], version) * 2
    h[x] = g[x] + 1
    g.compute_root().memoize()
    image.set(hl.Buffer(np.arange(4, dtype=np.int32)))
    np.testing.assert_array_equal(np.array(h.realize([4])), [1, 3, 5, 7])
    np.testing.assert_array_equal(interpret(h, [4]), [1, 3, 5, 7])
    image.set(hl.Buffer(np.zeros(4, np.int32)))
    np.testing.assert_array_equal(np.array(h.realize([4])), [1, 3, 5, 7])  # as the tag says
    version.set(2)
    np.testing.assert_array_equal(np.array(h.realize([4])), [1, 1, 1, 1])


def test_a_tag_changes_nothing_without_memoize() -> None:
    f = hl.Func("f")
    f[x] = hl.memoize_tag(hl.clamp(x, 0, 3), 1) + 1
    source = hl.Buffer(np.arange(5, dtype=np.uint8))
    g = hl.Func("g")
    g[x] = source[hl.memoize_tag(x, 7)]
    np.testing.assert_array_equal(np.array(f.realize([5])), [1, 2, 3, 4, 4])
    np.testing.assert_array_equal(np.array(g.realize([5])), np.arange(5))


def test_what_is_kept_under_a_key_is_evicted() -> None:
    p = Pair(lambda g, h: g.compute_root().memoize(hl.EvictionKey(7)))
    q = Pair(lambda g, h: g.compute_root().memoize(8))
    for pair in (p, q):
        pair.run()
    hl.memoization_cache_evict(7)
    for pair in (p, q):
        pair.run()
    assert (p.times, q.times) == (2, 1)


def test_a_cache_of_no_bytes_keeps_nothing() -> None:
    hl.memoization_cache_set_size(0)
    p = Pair(memoized)
    p.run()
    p.run()
    assert p.times == 2


def test_the_cells_used_longest_ago_go_first() -> None:
    hl.memoization_cache_set_size(3 * 3 * 4 + 3 * 3 * 4)  # two boxes of g
    p = Pair(memoized)
    for n in (1, 2, 1, 3, 1, 2):  # the 3 drops the 2
        p.n.set(n)
        p.run()
    assert p.times == 4


def test_an_output_is_not_kept_and_its_receipt_says_so() -> None:
    f = hl.Func("f")
    f[x] = x
    f.memoize()
    (receipt,) = f.receipts()
    assert (receipt.status.value, "caller's buffer" in receipt.reason) == ("without effect", True)


def test_the_directive_is_stored_and_replayed() -> None:
    p = Pair(lambda g, h: g.compute_root().memoize(9))
    schedule = p.h.schedule()
    assert type(schedule).from_json(schedule.to_json()) == schedule
    assert f"{p.g.name()}.memoize(9)" in str(schedule)


def test_the_c_has_sizes_in_64_bits(tmp_path: Path) -> None:
    g, h = hl.Func("g"), hl.Func("h")
    g[x] = x
    h[x] = g[x] + g[x + 1]
    g.compute_root().memoize()
    h.compile_to_c(tmp_path / "h.c")
    (line,) = [s for s in (tmp_path / "h.c").read_text().splitlines() if "_bytes[]" in s]
    assert "int64_t" in line


def test_the_cache_counts_what_it_holds() -> None:
    cache = MemoizationCache(100)
    assert len(cache) == 0
    cache.evict(1)
    cache.clear()
    cache.set_size(0)
    assert len(cache) == 0
