"""Memory that is taken further out than the storage in it, once for many uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.stmt import Allocate, For, HoistedStorage, Realize
from halo.ir.substitute import walk
from halo.lowering import Lowered, Request, lower
from halo.pipeline import DRIVER

x, y = hl.vars("x y")
GUARD = hl.TailStrategy.GuardWithIf


def tiles(name: str) -> tuple[hl.Func, hl.Func]:
    """Return g, computed for each tile of f, which reads it at five places."""
    g, f = hl.Func(f"{name}_g"), hl.Func(f"{name}_f")
    g[x, y] = x * 5 - y * y
    f[x, y] = g[x, y] + g[x - 1, y] + g[x + 1, y] - g[x, y - 1] - g[x, y + 1]
    f.tile(x, y, "xo", "yo", "xi", "yi", 8, 4, GUARD)
    g.compute_at(f, "xo")
    return g, f


def run(f: hl.Func, size: tuple[int, int], mins: tuple[int, int]) -> np.ndarray[Any, Any]:
    out = hl.Buffer(hl.Int(32), list(size))
    out.set_min(list(mins))
    f.realize(out)
    return np.array(out)


def lowered(f: hl.Func) -> Lowered:
    return lower(Request("f", [f.function], f.schedule()))


def loops_around(f: hl.Func) -> list[str]:
    """Return the loops around the memory of its producer, outermost first."""
    body = lowered(f).loops
    takes = [n for n in walk(body) if isinstance(n, HoistedStorage)]
    (one,) = takes or [n for n in walk(body) if isinstance(n, Realize)]
    loops = [n for n in walk(body) if isinstance(n, For) and any(m is one for m in walk(n))]
    return [n.name.rpartition(".")[2] for n in loops]


HOISTS: dict[str, Callable[[hl.Func, hl.Func], Any]] = {
    "root": lambda g, f: g.hoist_storage_root(),
    "yo": lambda g, f: g.hoist_storage(f, "yo"),
    "level": lambda g, f: g.hoist_storage(hl.LoopLevel(f, "yo")),
    "ring": lambda g, f: g.hoist_storage_root().ring_buffer(2),
    "ring of threads": lambda g, f: (
        f.parallel("yo"),
        g.hoist_storage(f, "yo").ring_buffer(5),
    ),
    "stored further out": lambda g, f: (
        g.compute_at(f, "yi").store_at(f, "xo").hoist_storage(f, "yo").vectorize(x, 4)
    ),
    "folded": lambda g, f: (
        g.compute_at(f, "yi").store_at(f, "xo").fold_storage(y, 3).hoist_storage_root()
    ),
    "packed": lambda g, f: (
        g.split_storage(x, "a", "b", 4).reorder_storage("b", y, "a").hoist_storage_root()
    ),
    "stack": lambda g, f: g.store_in(hl.MemoryType.Stack).hoist_storage_root().ring_buffer(2),
}


@pytest.mark.parametrize("name", list(HOISTS))
@pytest.mark.parametrize("size", [(1, 1), (0, 3), (8, 4), (21, 11)])
@pytest.mark.parametrize("mins", [(0, 0), (-13, 6)])
def test_memory_taken_further_out_holds_the_same_values(
    name: str, size: tuple[int, int], mins: tuple[int, int]
) -> None:
    g, f = tiles("values")
    HOISTS[name](g, f)
    np.testing.assert_array_equal(run(f, size, mins), interpret(f, size, mins))
    ignored = [r.reason for r in f.receipts() if r.status.value != "applied"]
    assert [reason for reason in ignored if not reason.startswith("replaced by")] == []


@pytest.mark.parametrize("name", ["root", "yo", "ring of threads"])
def test_memory_is_taken_outside_the_loop_named(name: str) -> None:
    g, f = tiles("place")
    before = loops_around(f)
    HOISTS[name](g, f)
    assert before == ["yo", "xo"]
    assert loops_around(f) == ([] if name == "root" else ["yo"])


def test_golden_hoisted_ring(golden: Callable[[str], None]) -> None:
    g, f = tiles("ring")
    f.bound(x, 0, 64).bound(y, 0, 32)
    g.hoist_storage_root().ring_buffer(3)
    golden(str(lowered(f).loops) + "\n\n" + DRIVER.print_loop_nest([f.function], None))


def test_the_memory_is_as_large_as_the_largest_use() -> None:
    g, f = hl.funcs("g f")
    g[x, y] = x + y
    f[x, y] = g[x, y] + g[2 * x, y]
    g.compute_at(f, y).hoist_storage_root()
    h = hl.Func("triangle")
    h[x, y] = f[x, y]
    f.compute_root()
    (own, _) = [n for n in walk(lowered(h).func.body) if isinstance(n, Allocate)][::-1]
    assert len(own.extents) == 2
    np.testing.assert_array_equal(run(h, (9, 5), (-4, 1)), interpret(h, (9, 5), (-4, 1)))


def test_memory_for_cells_of_several_values_is_hoisted_whole() -> None:
    g, f = hl.funcs("g f")
    g[x, y] = (x + y, hl.f32(x) * 2.0)
    f[x, y] = g[x, y][0] + hl.i32(g[x + 1, y][1])
    g.compute_at(f, y).hoist_storage_root().ring_buffer(4)
    np.testing.assert_array_equal(run(f, (7, 9), (-3, 2)), interpret(f, (7, 9), (-3, 2)))


def test_memory_taken_where_the_storage_is_changes_nothing() -> None:
    g, f = tiles("same")
    g.hoist_storage(f, "xo")
    (receipt,) = [r for r in f.receipts() if r.entry.directive.method == "hoist_storage"]
    assert receipt.status.value == "without effect"
    assert "where the storage is" in receipt.reason


def test_parts_of_a_ring_are_memoized_each() -> None:
    g, f = tiles("memo")
    g.hoist_storage_root().ring_buffer(3).memoize()
    for _ in range(2):
        np.testing.assert_array_equal(run(f, (21, 11), (-3, 4)), interpret(f, (21, 11), (-3, 4)))
