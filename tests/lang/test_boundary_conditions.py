"""Boundary conditions are numpy's ways of padding."""

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.intrinsics import is_intrinsic
from halo.lang.walk import nodes

x, y = hl.vars("x y")
BC = hl.BoundaryConditions
MODES = [
    (BC.repeat_edge, "edge"),
    (BC.repeat_image, "wrap"),
    (BC.mirror_image, "symmetric"),
    (BC.mirror_interior, "reflect"),
]


@pytest.fixture
def picture():
    return np.arange(20, dtype=np.int32).reshape(4, 5) ** 2


@pytest.mark.parametrize(("condition", "mode"), MODES)
@pytest.mark.parametrize("margin", [1, 3, 13])
def test_image_is_extended_as_numpy_pads(condition, mode, margin, picture):
    f = condition(hl.Buffer(picture))
    got = interpret(f, [5 + 2 * margin, 4 + 2 * margin], [-margin, -margin])
    assert np.array_equal(got, np.pad(picture, margin, mode=mode))


@pytest.mark.parametrize(("condition", "mode"), MODES)
def test_bounds_may_start_anywhere(condition, mode, picture):
    b = hl.Buffer(picture)
    b.set_min([-3, 10])
    got = interpret(condition(b), [9, 8], [-5, 8])
    assert np.array_equal(got, np.pad(picture, 2, mode=mode))


def test_constant_exterior_pads_with_the_constant(picture):
    f = BC.constant_exterior(hl.Buffer(picture), -1)
    got = interpret(f, [9, 8], [-2, -2])
    assert np.array_equal(got, np.pad(picture, 2, constant_values=-1))


def test_image_param_has_the_bounds_of_the_buffer_bound_to_it(picture):
    image = hl.ImageParam(hl.Int(32), 2)
    f = BC.repeat_edge(image)
    image.set(picture)
    assert np.array_equal(interpret(f, [7, 6], [-1, -1]), np.pad(picture, 1, mode="edge"))


def test_func_takes_bounds_and_leaves_dimensions_open():
    f = hl.Func()
    f[x, y] = x + 10 * y
    g = BC.repeat_edge(f, [(0, 3), (None, None)])
    assert interpret(g, [5, 2], [-1, 4]).tolist() == [[40, 40, 41, 42, 42], [50, 50, 51, 52, 52]]
    h = BC.constant_exterior(f, 7, [(0, 2)])
    assert interpret(h, [4, 1], [-1, 4]).tolist() == [[7, 40, 41, 7]]


def test_tuples_have_a_constant_each():
    f = hl.Func()
    f[x] = (x, hl.f32(x))
    g = BC.constant_exterior(f, (5, 0.5), [(0, 2)])
    a, b = interpret(g, [4], [-1])
    assert (a.tolist(), b.tolist()) == ([5, 0, 1, 5], [0.5, 0.0, 1.0, 0.5])


@pytest.mark.parametrize("condition", [m[0] for m in MODES])
def test_inside_is_marked_as_likely(condition, picture):
    f = condition(hl.Buffer(picture))
    assert any(is_intrinsic(e, "likely") for e in nodes(f.value()))
