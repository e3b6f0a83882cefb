"""The local Laplacian filter of the benchmarks, against numpy and itself without a schedule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from apps.local_laplacian import FINE, LocalLaplacian, local_laplacian, schedule

import halo as hl

LEVELS, ALPHA, BETA = 5, 0.3, 0.8
Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Cells:
    """The cells of a Func around a picture: the first axes are y and x, both from `low` on."""

    values: Array
    low: int

    def halved(self) -> Cells:
        low, high = -(-(self.low + 1) // 2), (self.low + self.values.shape[0] - 3) // 2
        at = 2 * np.arange(low, high + 1) - self.low
        a = self.values
        a = (a[:, at - 1] + 3 * (a[:, at] + a[:, at + 1]) + a[:, at + 2]) / 8
        return Cells((a[at - 1] + 3 * (a[at] + a[at + 1]) + a[at + 2]) / 8, low)

    def doubled(self) -> Cells:
        low, high = 2 * (self.low + 1), 2 * (self.low + self.values.shape[0] - 2) + 1
        x = np.arange(low, high + 1)
        near, far = x // 2 - self.low, x // 2 - 1 + 2 * (x % 2) - self.low
        a = 0.25 * self.values[:, far] + 0.75 * self.values[:, near]
        return Cells(0.25 * a[far] + 0.75 * a[near], low)

    def where(self, other: Cells) -> Array:
        """Return the values where `other`, which is smaller, has cells."""
        first, size = other.low - self.low, other.values.shape[0]
        return self.values[first : first + size, first : first + size]


def expected(picture: Array, depth: int) -> Array:
    """Return the filtered `picture` (c, y, x), square, in double precision."""
    around = 8 << depth
    edges = ((0, 0), (around, around), (around, around))
    colours = np.moveaxis(np.pad(picture, edges, mode="edge") / 65535, 0, -1)
    grey = Cells(colours @ [0.299, 0.587, 0.114], -around)
    k = np.arange(LEVELS)
    entry = np.clip((grey.values * (LEVELS - 1) * FINE).astype(int), 0, (LEVELS - 1) * FINE)
    distance = (entry[..., None] - FINE * k) / FINE
    level = k / (LEVELS - 1)
    detail = ALPHA * distance * np.exp(-(distance**2) / 2)
    remapped = [Cells(BETA * (grey.values[..., None] - level) + level + detail, -around)]
    bright = [grey]
    for _ in range(depth - 1):
        remapped.append(remapped[-1].halved())
        bright.append(bright[-1].halved())
    result = blended(remapped[-1], bright[-1])
    for j in reversed(range(depth - 1)):
        coarse = remapped[j + 1].doubled()
        step = blended(Cells(remapped[j].where(coarse) - coarse.values, coarse.low), bright[j])
        result = result.doubled()
        result.values += step.where(result)
    inside = Cells(np.empty(picture.shape[1:]), 0)
    ratio = (colours + 0.01) / (grey.values[..., None] + 0.01)
    ratio = Cells(ratio, -around).where(inside)
    return np.moveaxis(np.clip(result.where(inside)[..., None] * ratio, 0, 1) * 65535, -1, 0)


def blended(steps: Cells, bright: Cells) -> Cells:
    position = bright.where(steps) * (LEVELS - 1)
    below = np.clip(position.astype(int), 0, LEVELS - 2)
    weight = position - below
    low, high = (np.take_along_axis(steps.values, b[..., None], -1) for b in (below, below + 1))
    return Cells((1 - weight) * low[..., 0] + weight * high[..., 0], steps.low)


def picture_of(size: int) -> Array:
    y, x = np.mgrid[:size, :size]
    smooth = 0.5 + 0.4 * np.sin(x / 9 + np.arange(3)[:, None, None]) * np.cos(y / 7)
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, (3, size, size))
    return np.asarray((smooth + noise).clip(0, 1) * 65535, np.uint16)


def run(app: LocalLaplacian, picture: Array) -> Array:
    source, levels, alpha, beta = app.arguments
    source.set(hl.Buffer(picture))
    levels.set(LEVELS)
    alpha.set(ALPHA)
    beta.set(BETA)
    out = hl.Buffer(np.zeros_like(picture))
    app.output.realize(out)
    return np.asarray(out)


def test_it_is_the_filter_of_the_paper() -> None:
    picture = picture_of(75)
    app = local_laplacian(hl, depth=4)
    schedule(hl, app, fine=2)
    error = np.abs(run(app, picture) - expected(picture, 4))
    assert error.max() < 2


@pytest.fixture(scope="module")
def serial() -> LocalLaplacian:
    """The filter with its pyramids stored, one cell after the other."""
    app = local_laplacian(hl, depth=3)
    for f in (app.remap, *app.remapped, *app.bright, *app.result):
        f.compute_root()
    return app


@pytest.fixture(scope="module")
def scheduled() -> LocalLaplacian:
    app = local_laplacian(hl, depth=3)
    schedule(hl, app, fine=2)
    return app


@pytest.mark.parametrize("size", [1, 2, 33])
def test_vectors_and_threads_keep_its_bits(
    size: int, serial: LocalLaplacian, scheduled: LocalLaplacian
) -> None:
    picture = picture_of(size)
    np.testing.assert_array_equal(run(scheduled, picture), run(serial, picture))
