"""Updates in which a Var stands in other coordinates as well as at its own place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret

x, y, z = hl.vars("x y z")


def _cells(*sizes: int) -> np.ndarray:
    """Return what `x + 10 * y + 100 * z` is, indexed in the order of Funcs."""
    weights = 10 ** np.arange(len(sizes))
    grid = np.indices(sizes)
    return np.tensordot(weights, grid, 1).astype(np.int32)


def diagonal() -> tuple[hl.Func, np.ndarray]:
    f = hl.Func("diagonal")
    f[x, y] = x + 10 * y
    f[x, x + 1] = 1000 + x
    expected = _cells(7, 9)
    for i in range(7):
        expected[i, i + 1] = 1000 + i
    return f, expected


def halved() -> tuple[hl.Func, np.ndarray]:
    f = hl.Func("halved")
    f[x, y] = x + 10 * y
    f[y / 2, y] = f[0, y] * 17
    expected = _cells(7, 9)
    for j in range(9):
        expected[j // 2, j] = expected[0, j] * 17
    return f, expected


def histograms() -> tuple[hl.Func, np.ndarray]:
    data = hl.Buffer(hl.Int(32), [8, 9])
    for j in range(9):
        for i in range(8):
            data[i, j] = (i * 5 + j * 3) % 8
    f = hl.Func("histograms")
    r = hl.RDom([(0, 8)])
    f[x, y] = 0
    f[hl.clamp(data[r, y], 0, 7), y] += r + 1
    expected = np.zeros((8, 9), np.int32)
    for j in range(9):
        for i in range(8):
            expected[data[i, j], j] += i + 1
    return f, expected


def third_of_two() -> tuple[hl.Func, np.ndarray]:
    f = hl.Func("third_of_two")
    f[x, y, z] = x + 10 * y + 100 * z
    f[x, y, hl.clamp(x * y % 5, 0, 4)] += 7
    expected = _cells(6, 5, 5)
    for i in range(6):
        for j in range(5):
            expected[i, j, i * j % 5] += 7
    return f, expected


PROGRAMS = pytest.mark.parametrize("program", [diagonal, halved, histograms, third_of_two])


@PROGRAMS
def test_values_are_those_of_the_loops(program: Callable[[], tuple[hl.Func, np.ndarray]]) -> None:
    f, expected = program()
    interpreted = interpret(f, list(expected.shape))
    np.testing.assert_array_equal(np.asarray(f.realize(list(expected.shape))).T, expected)
    np.testing.assert_array_equal(np.asarray(interpreted).T, expected)


@PROGRAMS
@pytest.mark.parametrize(
    "schedule",
    [
        lambda u, v: u.vectorize(v, 4, hl.TailStrategy.GuardWithIf),
        lambda u, v: u.vectorize(v, 4, hl.TailStrategy.Predicate),
        lambda u, v: u.split(v, "o", "i", 3).parallel("o"),
        lambda u, v: u.parallel(v),
        lambda u, v: u.unroll(v, 2),
    ],
    ids=["guard", "predicate", "split", "parallel", "unroll"],
)
def test_the_loop_of_such_a_var_may_be_scheduled(
    program: Callable[[], tuple[hl.Func, np.ndarray]],
    schedule: Callable[[hl.Stage, str], hl.Stage],
) -> None:
    f, expected = program()
    at_home = "y" if f.name().startswith(("halved", "histograms")) else "x"
    schedule(f.update(), at_home)
    np.testing.assert_array_equal(np.asarray(f.realize(list(expected.shape))).T, expected)


@pytest.mark.parametrize(
    "place",
    [
        lambda f, g: f.compute_root(),
        lambda f, g: f.compute_at(g, y),
        lambda f, g: f.compute_at(g, x),
        lambda f, g: f.store_root().compute_at(g, y),
    ],
    ids=["root", "at y", "at x", "slides"],
)
def test_a_producer_computes_what_such_an_update_writes(
    place: Callable[[hl.Func, hl.Func], hl.Func],
) -> None:
    f, _ = diagonal()
    g = hl.Func("g")
    g[x, y] = f[x, y] - f[x + 1, y]
    place(f, g)
    cells = _cells(8, 9)
    for i in range(8):
        cells[i, i + 1] = 1000 + i
    expected = cells[:-1] - cells[1:]
    np.testing.assert_array_equal(np.asarray(g.realize([7, 9])).T, expected)


def test_rows_of_histograms_are_factored() -> None:
    f, expected = histograms()
    r = f.rvars()[0]
    u = hl.Var("u")
    f.update().rfactor(r, u).compute_root().update().vectorize(u, 4).parallel(y)
    np.testing.assert_array_equal(np.asarray(f.realize(list(expected.shape))).T, expected)
