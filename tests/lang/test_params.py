"""Params and ImageParams: inputs that get their values later."""

import numpy as np
import pytest

import halo as hl


def test_param_is_a_variable_of_its_type():
    p = hl.Param(hl.UInt(8), "contrast", 3)
    assert (p + 1).type == hl.UInt(8)
    assert (p.name(), p.get()) == ("contrast", 3)


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


def test_the_range_is_kept_as_constants():
    p = hl.Param(hl.Float(32), "ranged", 1.0)
    assert not p.min_value().defined() and not p.max_value().defined()
    p.set_min_value(0.5)
    p.set_max_value(hl.f32(2.0))
    assert (str(p.min_value()), str(p.max_value())) == ("0.5f", "2.0f")
    p.set_range(None, None)
    assert not p.min_value().defined()


def test_estimates_are_kept():
    p = hl.Param(hl.UInt(8))
    assert p.estimate() is None
    p.set_estimate(7)
    assert p.estimate() == 7


TYPES = [hl.Int(8), hl.UInt(8), hl.Int(16), hl.UInt(16), hl.Int(32), hl.UInt(32), hl.Int(64)]


@pytest.mark.parametrize("type_", [*TYPES, hl.UInt(64), hl.Float(32), hl.Float(64)], ids=str)
def test_the_range_is_checked_when_it_runs(type_):
    x, f = hl.Var("x"), hl.Func("f")
    p = hl.Param(type_, "level", 5)
    f[x] = p + hl.cast(type_, x)
    p.set_range(2, 6)
    assert np.array(f.realize([2])).tolist() == [5, 6]
    p.parameter().value = 7
    with pytest.raises(hl.BufferError, match=r"parameter 'level\S*' is 7.*its range is \[2"):
        f.realize([2])


def test_one_side_of_a_range_is_checked_and_a_nan_keeps_none():
    x, f = hl.Var("x"), hl.Func("f")
    p = hl.Param(hl.Float(32), "gain", 5)
    f[x] = p * x
    p.set_max_value(6)
    assert np.array(f.realize([2])).tolist() == [0, 5]
    p.parameter().value = float("nan")
    with pytest.raises(hl.BufferError, match=r"its range is \[-inf, 6"):
        f.realize([2])


def test_a_range_that_changes_is_compiled_for():
    x, f = hl.Var("x"), hl.Func("f")
    p = hl.Param(hl.Int(32), "shift", 1, min=0, max=1)
    f[x] = hl.select(p > 1, 100, x)
    assert np.array(f.realize([2])).tolist() == [0, 1]
    p.set_range(0, 9)
    p.set(5)
    assert np.array(f.realize([2])).tolist() == [100, 100]


def test_a_range_bounds_what_is_read():
    x, f = hl.Var("x"), hl.Func("f")
    p = hl.Param(hl.Int(32), "offset", 2, min=0, max=3)
    f[x] = hl.Buffer(np.arange(8, dtype=np.int32))[x + p]
    assert np.array(f.realize([5])).tolist() == [2, 3, 4, 5, 6]
