"""The local Laplacian filter of the benchmarks, against numpy and itself without a schedule."""

from __future__ import annotations

import numpy as np
import pytest
from app_checks import check_values
from apps.app import Array, Program
from apps.local_laplacian import build, inputs, of_depth, schedule

import halo as hl


def test_it_is_the_filter_of_the_paper() -> None:
    check_values(of_depth(4))


@pytest.fixture(scope="module")
def serial() -> Program:
    """The filter with its pyramids stored, one cell after the other."""
    app = build(hl, depth=3)
    for f in (app.remap, *app.remapped, *app.bright, *app.result):
        f.compute_root()
    return app


@pytest.fixture(scope="module")
def scheduled() -> Program:
    app = build(hl, depth=3)
    schedule(hl, app, fine=2)
    return app


def run(app: Program, size: int) -> Array:
    given = inputs(np.random.default_rng(0), (size, size))
    for parameter, value in zip(app.arguments, given, strict=True):
        parameter.set(hl.Buffer(value) if isinstance(value, np.ndarray) else value)
    out = hl.Buffer(np.zeros_like(given[0]))
    app.output.realize(out)
    return np.asarray(out)


@pytest.mark.parametrize("size", [1, 2, 33])
def test_vectors_and_threads_keep_its_bits(size: int, serial: Program, scheduled: Program) -> None:
    np.testing.assert_array_equal(run(scheduled, size), run(serial, size))
