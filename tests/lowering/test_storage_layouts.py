"""Where cells lie in memory: it changes no value, and packed places are plain affine."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_table import TYPES

import halo as hl
from halo.interpret import interpret
from halo.ir.expr import Div, Load, Mod
from halo.ir.stmt import Allocate, MemoryType, Store
from halo.ir.substitute import walk
from halo.lowering import Request, lower
from halo.pipeline import DRIVER

x, y, c = hl.vars("x y c")
GUARD = hl.TailStrategy.GuardWithIf


FLOAT = hl.Float(32)


def doubled(name: str, type_: hl.Type = FLOAT) -> tuple[hl.Func, hl.Func, hl.ImageParam]:
    """Return g, which doubles an image of three dimensions, and f, which reads g twice."""
    image = hl.ImageParam(type_, 3, f"{name}_in")
    g, f = hl.Func(f"{name}_g"), hl.Func(f"{name}_f")
    g[x, y, c] = image[x, y, c] + image[x, y, c]
    f[x, y, c] = g[x, y, c] - g[x + 1, y, c]
    return g, f, image


def packed(g: hl.Func, f: hl.Func, n: int) -> None:
    """Store g as NCHWnc, and compute both in vectors of n channels."""
    g.compute_root().split_storage(c, "co", "ci", n).reorder_storage("ci", x, y, "co")
    for each in (g, f):
        each.split(c, "co", "ci", n, GUARD).reorder("ci", x, y, "co").vectorize("ci")


def allocations(f: hl.Func) -> list[Allocate]:
    body = lower(Request("f", [f.function], f.schedule())).func.body
    return [n for n in walk(body) if isinstance(n, Allocate)]


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("channels", [1, 7, 16, 33])
def test_packed_channels_hold_the_same_values(type_: hl.Type, channels: int) -> None:
    g, f, image = doubled("nchwc", type_)
    packed(g, f, 8)
    rng = np.random.default_rng(3)
    data = hl.Buffer(rng.integers(0, 50, (channels, 5, 9)).astype(type_.dtype), type=type_)
    data.set_min([-4, 2, -1])
    image.set(data)
    out = hl.Buffer(type_, [8, 5, channels])
    out.set_min([-4, 2, -1])
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), interpret(f, (8, 5, channels), (-4, 2, -1)))


def test_golden_packed_channels(golden: Callable[[str], None]) -> None:
    g, f, _ = doubled("packed")
    f.bound(x, 0, 30).bound(y, 0, 20).bound(c, 0, 64)
    packed(g, f, 16)
    loops = str(lower(Request("f", [f.function], f.schedule())).loops)
    golden(loops + "\n\n" + DRIVER.lowered_text([f.function], None))


def test_no_division_is_left_where_loops_are_split_like_the_storage(tmp_path: Path) -> None:
    g, f, image = doubled("affine")
    packed(g, f, 16)
    image.dim(2).set_bounds(0, 64)
    f.bound(c, 0, 64)
    body = lower(Request("f", [f.function], f.schedule())).func.body
    places = [n.index for n in walk(body) if isinstance(n, (Load, Store))]
    assert places
    assert [n for p in places for n in walk(p) if isinstance(n, (Div, Mod))] == []
    f.compile_to_c(str(tmp_path / "f.c"), [image], "f")
    kernel = (tmp_path / "f.c").read_text().rpartition("produce affine_g")[2]
    code = re.sub(r"/\*.*?\*/", "", kernel.split("*/", 1)[1], flags=re.S)
    assert "for (" in code
    assert re.findall(r"[^/*]/[^/*]|%|halo_(?:div|mod)\w*", code) == []


def test_golden_aligned_rows(golden: Callable[[str], None]) -> None:
    g, f, _ = doubled("aligned")
    f.bound(x, 0, 30).bound(y, 0, 20).bound(c, 0, 3)
    g.compute_at(f, c).align_storage(x, 16)
    golden(str(lower(Request("f", [f.function], f.schedule())).loops))
    assert "float32[32, 20, 1]" in DRIVER.lowered_text([f.function], None)


def test_alignment_of_an_inner_part_pads_each_block() -> None:
    g, f, _ = doubled("padded")
    f.bound(x, 0, 30).bound(y, 0, 20).bound(c, 0, 24)
    g.compute_root().split_storage(c, "co", "ci", 12).align_storage("ci", 16)
    (a,) = allocations(f)
    assert [str(e) for e in a.extents] == ["31", "20", "16", "2"]


@pytest.mark.parametrize("order", [("y", "c", "x"), ("c", "x"), ("c", "y", "x")])
def test_reordered_storage_lists_the_innermost_dimension_first(order: tuple[str, ...]) -> None:
    g, f, _ = doubled("order")
    f.bound(x, 0, 30).bound(y, 0, 20).bound(c, 0, 10)
    g.compute_root().reorder_storage(*order)
    extents = {"x": "31", "y": "20", "c": "10"}
    (a,) = allocations(f)
    shown = [str(e) for e in a.extents]
    assert [e for e in shown if e in [extents[n] for n in order]] == [extents[n] for n in order]


def tile(name: str, memory: MemoryType, n: int = 8) -> tuple[hl.Func, hl.Func]:
    """Return g, computed over tiles of n by 2 cells of f in `memory`."""
    g, f = hl.Func(f"{name}_g"), hl.Func(f"{name}_f")
    g[x, y] = x * y
    f[x, y] = g[x, y] + 1
    f.tile(x, y, "xo", "yo", "xi", "yi", n, 2, GUARD)
    g.compute_at(f, "xo").store_in(memory)
    return g, f


def status(f: hl.Func) -> tuple[str, str]:
    (found,) = [r for r in f.receipts() if r.entry.directive.method == "store_in"]
    return found.status.value, found.reason


@pytest.mark.parametrize("memory", [MemoryType.Auto, MemoryType.Heap, MemoryType.Stack], ids=repr)
def test_memory_of_every_kind_gives_the_same_values(memory: MemoryType) -> None:
    _, f = tile("kinds", memory)
    out = hl.Buffer(hl.Int(32), [13, 5])
    out.set_min([-6, -2])
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), interpret(f, (13, 5), (-6, -2)))
    assert status(f)[0] == "applied"


def test_storage_on_the_heap_is_not_taken_from_the_stack(tmp_path: Path) -> None:
    texts = {}
    for memory in (MemoryType.Heap, MemoryType.Stack):
        _, f = tile("where", memory, 64)
        f.compile_to_c(str(tmp_path / "f.c"), [], "f")
        texts[memory] = (tmp_path / "f.c").read_text()
    assert "halo_allocate(ctx" in texts[MemoryType.Heap].rpartition("int f(")[2]
    assert "halo_allocate(ctx" not in texts[MemoryType.Stack].rpartition("int f(")[2]


def test_registers_hold_what_is_accessed_at_constant_places() -> None:
    g, f = tile("promoted", MemoryType.Register)
    f.vectorize("xi").unroll("yi")
    g.vectorize(x).unroll(y)
    f.bound(x, 0, 32).bound(y, 0, 8)
    assert status(f) == ("applied", "")
    assert {a.memory for a in allocations(f)} == {MemoryType.Register}
    np.testing.assert_array_equal(np.array(f.realize([32, 8])), interpret(f, (32, 8)))


def test_what_cannot_live_in_registers_says_why_and_keeps_its_values() -> None:
    _, f = tile("kept", MemoryType.Register)
    how, why = status(f)
    assert how == "without effect"
    assert "not a constant place" in why
    assert {a.memory for a in allocations(f)} == {MemoryType.Auto}
    np.testing.assert_array_equal(np.array(f.realize([13, 5])), interpret(f, (13, 5)))


def test_registers_do_not_hold_what_has_no_constant_size() -> None:
    g, f = hl.funcs("g f")
    g[x] = x
    f[x] = g[x]
    g.compute_root().store_in(MemoryType.Register)
    how, why = status(f)
    assert how == "without effect"
    assert "not a constant" in why


def test_a_later_kind_of_memory_replaces_an_earlier_one() -> None:
    g, f = tile("again", MemoryType.Stack)
    g.store_in(MemoryType.Heap)
    first, second = [r for r in f.receipts() if r.entry.directive.method == "store_in"]
    assert (first.status.value, second.status.value) == ("without effect", "applied")
    assert "replaced by" in first.reason


@pytest.mark.parametrize(
    "directive",
    [
        lambda f: f.align_storage(x, 8),
        lambda f: f.split_storage(x, "xo", "xi", 8),
        lambda f: f.store_in(MemoryType.Stack),
        lambda f: f.reorder_storage(y, x),
    ],
    ids=["align", "split", "store_in", "reorder"],
)
def test_the_layout_of_an_output_is_the_callers(directive: Callable[[hl.Func], Any]) -> None:
    f = hl.Func("output")
    f[x, y] = x
    directive(f)
    (receipt,) = f.receipts()
    assert receipt.status.value == "without effect"
    assert "the caller's buffer" in receipt.reason
