"""Funcs of constants become arrays in the code, in the layout that the schedule says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kernel_table import TYPES

import halo as hl
from halo.interpret import interpret
from halo.ir.expr import Div, Load, Mod
from halo.ir.stmt import Allocate, Store
from halo.ir.substitute import walk
from halo.lowering import Lowered, Request, lower

x, y, n, k = hl.vars("x y n k")
INT = hl.Int(32)


def weights(type_: hl.Type = INT, shape: tuple[int, int] = (12, 20)) -> hl.Buffer:
    """Return a matrix of `shape`, the outer extent first, whose first cell is (-2, 1)."""
    rng = np.random.default_rng(11)
    made = hl.Buffer(rng.integers(0, 100, shape).astype(type_.dtype), "weights", type=type_)
    made.set_min([-2, 1])
    return made


def product(type_: hl.Type = INT, columns: int = 20) -> tuple[hl.Func, hl.Func, hl.ImageParam]:
    """Return w, twice the weights; f, an image multiplied by them; and the image."""
    matrix = weights(type_, (12, columns))
    image = hl.ImageParam(type_, 2, "image")
    w, f = hl.funcs("w f")
    r = hl.RDom([(0, 12)])
    w[n, k] = matrix[n - 2, k + 1] * hl.cast(type_, 2)
    f[n, y] = hl.cast(type_, 0)
    f[n, y] += image[r.x, y] * w[n, r.x]
    f.bound(n, 0, columns)
    rng = np.random.default_rng(5)
    image.set(hl.Buffer(rng.integers(0, 50, (5, 12)).astype(type_.dtype), type=type_))
    return w, f, image


def lowered(f: hl.Func) -> Lowered:
    return lower(Request("f", [f.function], f.schedule()))


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_precomputed_cells_are_those_computed(type_: hl.Type) -> None:
    w, f, _ = product(type_)
    w.precompute()
    np.testing.assert_array_equal(np.array(f.realize([20, 5])), interpret(f, (20, 5)))


@pytest.mark.parametrize("columns", [1, 7, 20, 33])
@pytest.mark.parametrize("tile", [1, 4, 8])
def test_packed_panels_are_laid_out_when_the_code_is_made(columns: int, tile: int) -> None:
    w, f, _ = product(INT, columns)
    w.split_storage(n, "no", "ni", tile).reorder_storage("ni", k, "no").precompute()
    (constant,) = lowered(f).constants
    packed = constant.data.reshape(-1, 12, tile)
    plain = interpret(w, (columns, 12))
    for at in range(columns):
        np.testing.assert_array_equal(packed[at // tile, :, at % tile], plain[:, at])
    np.testing.assert_array_equal(np.array(f.realize([columns, 5])), interpret(f, (columns, 5)))


def test_a_panel_is_read_without_division() -> None:
    w, f, _ = product(INT, 32)
    w.split_storage(n, "no", "ni", 8).reorder_storage("ni", k, "no").precompute()
    f.update().split(n, "no", "ni", 8).reorder("ni", "no", y).vectorize("ni")
    body = lowered(f).func.body
    places = [m.index for m in walk(body) if isinstance(m, (Load, Store))]
    assert [m for p in places for m in walk(p) if isinstance(m, (Div, Mod))] == []


def test_padding_of_aligned_rows_is_in_the_array() -> None:
    w, f, _ = product()
    w.align_storage(n, 32).precompute()
    (constant,) = lowered(f).constants
    assert constant.data.shape == (12 * 32,)
    np.testing.assert_array_equal(np.array(f.realize([20, 5])), interpret(f, (20, 5)))


def test_no_code_computes_what_is_precomputed_nor_what_only_it_needs() -> None:
    table, w, f = hl.funcs("table w f")
    table[x] = x * x + 1
    w[x] = table[x] + table[x + 1]
    f[x, y] = w[x] * y
    table.compute_root()
    w.precompute()
    f.bound(x, -3, 10)
    body = lowered(f).func.body
    assert [m for m in walk(body) if isinstance(m, Allocate)] == []
    reasons = {r.entry.func: r for r in f.receipts() if r.status.value == "without effect"}
    assert "needed only for what is precomputed" in reasons[table.name()].reason
    out = hl.Buffer(INT, [10, 4])
    out.set_min([-3, 2])
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), interpret(f, (10, 4), (-3, 2)))


def test_updates_reductions_and_tuples_are_precomputed() -> None:
    table, f = hl.funcs("table f")
    r = hl.RDom([(0, 9)])
    table[x] = (x, hl.f32(0))
    table[x] = (table[x][0] + r.x * x, table[x][1] + hl.sqrt(hl.f32(x * x + r.x)))
    f[x, y] = hl.f32(table[x][0]) * table[x + 1][1] + y
    table.precompute()
    f.bound(x, 0, 8)
    np.testing.assert_array_equal(np.array(f.realize([8, 3])), interpret(f, (8, 3)))
    assert len(lowered(f).constants) == 2


def test_a_wrapper_of_a_buffer_packs_it() -> None:
    matrix = weights()
    w, f = hl.funcs("w f")
    r = hl.RDom([(0, 12)])
    w[n, k] = matrix[n - 2, k + 1]
    f[n] = 0
    f[n] += w[n, r.x] * r.x
    w.compute_root()
    packed = w.in_(f)
    packed.split_storage(n, "no", "ni", 4).reorder_storage("ni", k, "no").precompute()
    f.bound(n, 0, 20)
    np.testing.assert_array_equal(np.array(f.realize([20])), interpret(f, (20,)))
    (constant,) = lowered(f).constants
    assert constant.data.shape == (240,)


def test_bound_says_which_cells_to_precompute_and_is_checked() -> None:
    table, f = hl.funcs("table f")
    table[x] = x * 3
    f[x] = table[x + 1]
    table.bound(x, -10, 50).precompute()
    out = hl.Buffer(INT, [20])
    out.set_min([-7])
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), (np.arange(20) - 6) * 3)
    with pytest.raises(hl.BoundsError, match="cells 1 to 45 are needed, it has -10 to 39"):
        f.realize([45])


def test_a_scalar_is_precomputed() -> None:
    total, f = hl.funcs("total f")
    r = hl.RDom([(0, 100)])
    total[()] = 0
    total[()] += r.x
    f[x] = total[()] + x
    total.precompute()
    np.testing.assert_array_equal(np.array(f.realize([3])), [4950, 4951, 4952])


@pytest.mark.parametrize("size", [12, 5000])
def test_the_c_holds_the_array(size: int, tmp_path: Path) -> None:
    table, f = hl.Func("table"), hl.Func("f")
    table[x] = x * x
    f[x] = table[x] + 1
    table.precompute()
    f.bound(x, 0, size)
    f.compile_to_c(str(tmp_path / "f.c"), [], "f")
    text = (tmp_path / "f.c").read_text()
    assert "halo_constant_table" in text
    assert (".incbin" in text) == (size == 5000)
    np.testing.assert_array_equal(np.array(f.realize([size])), np.arange(size) ** 2 + 1)


@pytest.mark.parametrize(
    ("give", "method"),
    [
        (lambda w: w.compute_root(), "compute_root"),
        (lambda w: w.vectorize(n, 4), "vectorize"),
        (lambda w: w.fold_storage(n, 64), "fold_storage"),
        (lambda w: w.store_in(hl.MemoryType.Heap), "store_in"),
    ],
)
def test_what_is_precomputed_has_no_loops_to_schedule(give: Any, method: str) -> None:
    w, f, _ = product()
    w.precompute()
    give(w)
    found = [r for r in f.receipts() if r.entry.directive.method == method]
    assert all(r.status.value == "without effect" for r in found)
    assert "is precomputed" in found[-1].reason
