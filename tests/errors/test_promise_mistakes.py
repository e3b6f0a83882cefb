"""Promises about buffers that cannot be made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


def doubled(source: hl.ImageParam) -> hl.Func:
    f = hl.Func("doubled")
    f[x] = source[x] * 2
    return f


def source_of_int() -> hl.ImageParam:
    return hl.ImageParam(hl.Int(32), 1, "source")


def test_a_dimension_that_is_not_there(refused: Any) -> None:
    with refused(hl.DefinitionError, "1 dimensions", "none with number 1"):
        doubled(source_of_int()).output_buffer().dim(1)


def test_a_negative_extent(refused: Any) -> None:
    with refused(hl.BufferError, "dimension 0", "extent of -3", "0 or more"):
        source_of_int().dim(0).set_extent(-3)


def test_a_fraction_as_a_bound(refused: Any) -> None:
    with refused(hl.TypeMismatch, "min of dimension 0", "float32", "int32"):
        source_of_int().dim(0).set_min(0.5)


def test_an_extent_of_64_bits(refused: Any) -> None:
    with refused(hl.TypeMismatch, "extent of dimension 0", "int64", "not int32"):
        source_of_int().dim(0).set_extent(hl.i64(3))


def test_a_promise_that_depends_on_a_var(refused: Any) -> None:
    with refused(hl.DefinitionError, "cannot depend on x", "known on entry"):
        source_of_int().dim(0).set_extent(x + 1)


def test_a_promise_that_depends_on_a_cell(refused: Any) -> None:
    source = source_of_int()
    with refused(hl.DefinitionError, f"cannot depend on {source.name()}", "known on entry"):
        source.dim(0).set_extent(source[0])


def test_an_alignment_that_is_no_power_of_two(refused: Any) -> None:
    with refused(hl.BufferError, "24 bytes", "power of two"):
        source_of_int().set_host_alignment(24)


def test_the_buffer_of_a_func_that_is_not_defined(refused: Any) -> None:
    with refused(hl.DefinitionError, "no buffer before it is defined"):
        hl.Func("void").output_buffer()


def test_the_buffer_of_a_func_of_several_values(refused: Any) -> None:
    f = hl.Func("pair")
    f[x] = (x, x)
    with refused(hl.DefinitionError, "2 values", "output_buffers()"):
        f.output_buffer()


def test_an_estimate_for_a_var_that_is_no_dimension(refused: Any) -> None:
    with refused(hl.DefinitionError, "no dimension y", "dimensions are x"):
        doubled(source_of_int()).set_estimate(y, 0, 3)


def test_estimates_for_another_number_of_dimensions(refused: Any) -> None:
    with refused(hl.BufferError, "2 estimates", "1 dimensions"):
        source_of_int().set_estimates([(0, 3), (0, 3)])


def test_an_estimate_without_an_extent(refused: Any) -> None:
    with refused(hl.BufferError, "an estimate", "a min and an extent"):
        source_of_int().dim(0).set_estimate(0, None)


def test_the_size_of_a_func_that_is_no_output(refused: Any) -> None:
    source = source_of_int()
    f = doubled(source)
    g = hl.Func("g")
    g[x] = f[x]
    source.dim(0).set_extent(f.output_buffer().width())
    source.set(np.zeros(3, np.int32))
    with refused(hl.DefinitionError, f.name(), "no output here", "Pipeline"):
        g.realize([3])


@pytest.mark.parametrize(
    ("promise", "texts"),
    [
        (lambda d: d.set_min(1), ("min must be 1, got 0",)),
        (lambda d: d.set_extent(4), ("extent must be 4, got 3",)),
        (lambda d: d.set_stride(2), ("stride must be 2, got 1", "set_stride(None)")),
    ],
    ids=["min", "extent", "stride"],
)
def test_an_output_that_breaks_a_promise(promise: Any, texts: Any, refused: Any) -> None:
    source = source_of_int()
    f = doubled(source)
    source.set(np.zeros(9, np.int32))
    promise(f.output_buffer().dim(0))
    with refused(hl.BufferError, f"output '{f.name()}' dimension 0", *texts, here=False):
        f.realize([3])


def test_an_address_that_breaks_a_promise(refused: Any) -> None:
    source = source_of_int()
    f = doubled(source)
    source.set_host_alignment(64)
    source.set(hl.Buffer(hl.Int(32), [9]).cropped(0, 1, 8))
    out = hl.Buffer(hl.Int(32), [8])
    out.set_min([1])
    with refused(
        hl.BufferError, "multiple of 64 bytes", "4 past", "set_host_alignment(0)", here=False
    ):
        f.realize(out)
