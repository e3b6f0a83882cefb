"""The best schedules of the apps give the bits that the apps have without a schedule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest
from apps import (
    bilateral_grid,
    blur,
    camera_pipe,
    conv_layer,
    harris,
    hist,
    iir_blur,
    interpolate,
    lens_blur,
    local_laplacian,
    mat_mul,
    max_filter,
    nl_means,
    unsharp,
)
from apps.app import App, Array, Program, Size

import halo as hl

PICTURES = [m.APP for m in (bilateral_grid, blur, unsharp, harris, hist, iir_blur, nl_means)]
LARGE = [m.APP for m in (max_filter, lens_blur, local_laplacian, interpolate, camera_pipe)]


def check_bits(app: App, *sizes: Size) -> None:
    """Compare `app` in its best schedule with itself, each Func stored, at `sizes`."""
    plain = app.build(hl)
    for f in funcs_of(plain):
        f.compute_root()
    best, serial = app.compile_best(), plain.compile()
    for size in sizes:
        given = app.inputs(np.random.default_rng(size[0]), size)
        found, wanted = (bits(app.run(hl, run, given)) for run in (best, serial))
        np.testing.assert_array_equal(found, wanted)


def funcs_of(app: Program) -> Iterator[Any]:
    """Yield the Funcs of `app` that have names there, but the output."""
    for found in app.funcs.values():
        several = found if isinstance(found, Iterable) and not isinstance(found, hl.RDom) else ()
        yield from (f for f in (found, *several) if isinstance(f, hl.Func) and f is not app.output)


def bits(a: Array) -> Array:
    return a.view(np.dtype(f"u{a.itemsize}"))


@pytest.mark.parametrize("app", PICTURES, ids=lambda app: app.name)
def test_pictures_keep_their_bits(app: App) -> None:
    check_bits(app, (17, 33), (333, 139))


@pytest.mark.long  # compilers take half a minute for each
@pytest.mark.parametrize("app", LARGE, ids=lambda app: app.name)
def test_large_programs_keep_their_bits(app: App) -> None:
    check_bits(app, (61, 47), (261, 57))


@pytest.mark.parametrize("size", [70, 518], ids=["as it is", "packed"])
def test_a_product_of_matrices_keeps_its_bits(size: int) -> None:
    check_bits(mat_mul.of_size(size), (size, size))


def test_a_convolution_keeps_its_bits() -> None:
    size = 64, 13, 7, 2
    check_bits(conv_layer.of_size(size), size)
