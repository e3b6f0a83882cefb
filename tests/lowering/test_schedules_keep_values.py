"""Every directive gives the bits of the default schedule and of the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from kernel_table import (
    LANES,
    PURE,
    TYPES,
    UPDATES,
    Directives,
    blur,
    bools,
    clamped,
    histogram,
    reduction,
    source,
    triangle,
    typed,
)

import halo as hl
from halo.interpret import interpret

SIZES = [(0, 3), (1, 1), (5, 2), (16, 8), (37, 19)]
MINS = (-7, 3)


def run(f: hl.Func, size: tuple[int, int], mins: tuple[int, int] = MINS) -> np.ndarray[Any, Any]:
    out = hl.Buffer(f.types()[0], list(size))
    out.set_min(list(mins))
    f.realize(out)
    return np.array(out)


def agree(make: Callable[..., hl.Func], stage: Directives) -> None:
    scheduled, plain = make(stage), make()
    for size in SIZES:
        expected = interpret(plain, size, MINS)
        np.testing.assert_array_equal(run(plain, size), expected)
        np.testing.assert_array_equal(run(scheduled, size), expected)


@pytest.mark.parametrize("name", list(PURE))
def test_pure_stages_give_the_same_bits_however_scheduled(name: str) -> None:
    agree(blur, PURE[name])


@pytest.mark.parametrize("name", list(UPDATES))
def test_update_stages_give_the_same_bits_however_scheduled(name: str) -> None:
    agree(reduction, UPDATES[name])


def test_a_scan_runs_in_order() -> None:
    x, y = hl.Var("x"), hl.Var("y")
    inp = source()
    r = hl.RDom([(1, 9)])
    f = hl.Func("scan")
    f[x, y] = inp[x, y]
    f[r.x, y] = f[r.x - 1, y] + f[r.x, y]
    out = np.array(f.realize([10, 4]))
    expected = np.cumsum(np.array(inp)[20:24, 20:30], axis=1)
    np.testing.assert_array_equal(out, expected)


def test_a_histogram_of_clamped_data_fills_its_bins() -> None:
    out = np.array(histogram().realize([100]))
    data = np.clip(np.array(source(hl.UInt(8)))[22:33, 15:45], 0, 99)
    np.testing.assert_array_equal(out, np.bincount(data.ravel(), minlength=100))


def test_where_predicates_bound_the_cells_that_are_read() -> None:
    out = np.array(triangle().realize([10]))
    expected = [sum(i + j for j in range(10) if i + j < 10) for i in range(10)]
    np.testing.assert_array_equal(out, expected)


def test_tuples_and_argmin_agree_with_numpy() -> None:
    x = hl.Var("x")
    inp = source()
    r = hl.RDom([(0, 20)])
    best = hl.argmin(inp[x, r.x])
    f = hl.Func("f")
    f[x] = hl.Tuple(best[0], best[1])
    place, value = f.realize([13])
    data = np.array(inp)[20:40, 20:33]
    np.testing.assert_array_equal(np.array(place), data.argmin(axis=0))
    np.testing.assert_array_equal(np.array(value), data.min(axis=0))


def test_bound_promises_the_extent_and_refuses_another() -> None:
    x = hl.Var("x")
    f = hl.Func("f")
    f[x] = x * x
    f.bound(x, 0, 12).vectorize(x, 4)
    np.testing.assert_array_equal(np.array(f.realize([12])), np.arange(12) ** 2)
    with pytest.raises(hl.HaloError, match="f"):
        f.realize([16])


@pytest.mark.parametrize(
    "view",
    [lambda a: a[::-1], lambda a: a[:, ::-1], lambda a: a.T, lambda a: a[::2, ::3]],
    ids=["rows back", "columns back", "transposed", "steps"],
)
def test_inputs_may_have_any_strides(view: Callable[[Any], Any]) -> None:
    x, y = hl.Var("x"), hl.Var("y")
    array = view(np.arange(40 * 40, dtype=np.int32).reshape(40, 40))
    inp = hl.Buffer(array)
    f = hl.Func("f")
    f[x, y] = inp[x, y] * 2 + inp[x + 1, y]
    f.vectorize(x, 4)
    h, w = array.shape
    out = np.array(f.realize([w - 1, h]))
    np.testing.assert_array_equal(out, array[:, :-1] * 2 + array[:, 1:])


def test_a_broadcast_input_has_stride_zero() -> None:
    x, y = hl.Var("x"), hl.Var("y")
    array = np.broadcast_to(np.arange(9, dtype=np.int32)[:, None], (9, 11))
    inp = hl.Buffer(array)
    f = hl.Func("f")
    f[x, y] = inp[x, y] + x
    f.vectorize(x, 4)
    np.testing.assert_array_equal(np.array(f.realize([11, 9])), array + np.arange(11))


@pytest.mark.parametrize("type_", TYPES, ids=str)
@pytest.mark.parametrize("lanes", LANES)
def test_every_type_computes_as_the_interpreter_does(type_: hl.Type, lanes: int) -> None:
    f = typed(type_, lanes)
    out = hl.Buffer(type_, [23, 5])
    f.realize(out)
    np.testing.assert_array_equal(np.array(out), interpret(f, (23, 5)))


def test_bools_are_stored_as_zero_and_one() -> None:
    n = np.arange(21)
    np.testing.assert_array_equal(np.array(bools().realize([21])), (n % 3 == 0) & (n > 4))


def test_boundary_conditions_survive_vectors_and_tiles() -> None:
    array = np.random.default_rng(0).integers(0, 99, (13, 17)).astype(np.int32)
    f = clamped(array)
    p = np.pad(array, 1, mode="edge")
    np.testing.assert_array_equal(np.array(f.realize([17, 13])), p[:-2, :-2] + p[2:, 2:] * 3)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_data_in_an_index_wraps_as_it_does_elsewhere(power: int) -> None:
    x = hl.Var("x")
    table, cells, f = hl.Func("table"), hl.Func("cells"), hl.Func("f")
    table[x] = hl.cast(hl.UInt(16), x * 9001 - 1)
    cells[x] = x * 3 - 7
    value = hl.cast(hl.Int(32), table[x])
    product = value
    for _ in range(1, power):
        product = product * value
    f[x] = cells[hl.clamp(product + x - 5, -20, 30)]
    cells.compute_root()
    np.testing.assert_array_equal(np.array(f.realize([40])), interpret(f, (40,)))
