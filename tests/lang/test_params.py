"""Params and ImageParams: inputs that get their values later."""

import numpy as np
import pytest

import halo as hl


def test_param_is_a_variable_of_its_type():
    p = hl.Param(hl.UInt(8), "gain", 3)
    assert (p + 1).type == hl.UInt(8)
    assert (p.name(), p.get()) == ("gain", 3)


def test_param_rounds_to_its_type():
    p = hl.Param(hl.Float(32))
    p.set(0.1)
    assert p.get() == float(np.float32(0.1))


def test_param_takes_its_value_in_place_of_the_name():
    assert hl.Param(hl.Int(32), 7).get() == 7


@pytest.mark.parametrize(
    ("value", "error", "match"),
    [
        (256, hl.BufferError, "of type uint8 cannot hold 256"),
        (1.5, hl.BufferError, "cannot hold 1.5"),
        (99, hl.BufferError, r"99 is outside the range \[0, 10\]"),
        ("3", hl.TypeMismatch, "'3' is no number"),
    ],
)
def test_param_refuses_what_does_not_fit(value, error, match):
    p = hl.Param(hl.UInt(8), min=0, max=10)
    with pytest.raises(error, match=match):
        p.set(value)


def test_image_param_gives_bounds_as_expressions():
    image = hl.ImageParam(hl.Float(32), 2, "input_image")
    assert str(image.width()) == "input_image.extent.0"
    assert str(image.dim(1).min()) == "input_image.min.1"
    assert str(image.bottom()) == "input_image.min.1 + input_image.extent.1 - 1"
    assert image.dim(1).stride().type == hl.Int(64)


def test_dimension_0_has_stride_1_unless_taken_back():
    image = hl.ImageParam(hl.Float(32), 2, "planar")
    assert str(image.dim(0).stride()) == "1"
    image.dim(0).set_stride(None)
    assert str(image.dim(0).stride()) == "planar.stride.0"


def test_promises_replace_the_expressions():
    image = hl.ImageParam(hl.Float(32), 2)
    image.dim(0).set_bounds(0, 64).dim(1).set_min(3).set_extent(5).set_stride(64)
    assert [str(e) for e in (image.left(), image.right(), image.bottom())] == ["0", "63", "7"]


def test_image_param_binds_arrays_and_buffers_without_a_copy():
    image = hl.ImageParam(hl.Float(32), 1)
    array = np.zeros(4, np.float32)
    image.set(array)
    bound = image.get()
    assert bound is not None and np.shares_memory(np.asarray(bound), array)
    image.reset()
    assert image.get() is None


@pytest.mark.parametrize(
    ("use", "error", "match"),
    [
        (lambda i: i.set(np.zeros(4)), hl.TypeMismatch, "given a Buffer of float64"),
        (lambda i: i.set(np.zeros(4, np.float32)), hl.BufferError, "a Buffer of 1"),
        (lambda i: i.dim(2), hl.DefinitionError, "has 2 dimensions and none with number 2"),
        (lambda i: i[hl.Var()], hl.DefinitionError, "used with 1 coordinates"),
        (lambda i: i[0.5, 0], hl.TypeMismatch, "coordinate 0 of"),
        (lambda i: i.dim(0).set_min(0.5), hl.TypeMismatch, "has type float32, not int32"),
    ],
)
def test_image_param_refuses_misuse(use, error, match):
    with pytest.raises(error, match=match):
        use(hl.ImageParam(hl.Float(32), 2))
