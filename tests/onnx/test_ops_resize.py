"""Resize, GridSample and AffineGrid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import helper
from onnx.reference import ReferenceEvaluator

from halo.errors import BufferError
from onnx_frontend import backend
from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(19)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]
NONE = np.zeros(0, np.float32)


def floats(*shape: int) -> Array:
    return np.asarray(RNG.normal(size=shape), np.float32)


def scales(*values: float) -> Array:
    return np.array(values, np.float32)


def sizes(*values: int) -> Array:
    return np.array(values, np.int64)


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize(
    "coordinates",
    ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"],
)
@pytest.mark.parametrize("by", [(1, 1, 2, 3), (1, 1, 0.6, 0.4), (1, 1, 1.3, 0.2)])
def test_resize_by_scales(
    check_node: Check, mode: str, coordinates: str, by: tuple[float, ...]
) -> None:
    check_node(
        "Resize",
        floats(1, 2, 5, 6),
        NONE,
        scales(*by),
        opset=19,
        constants=[1, 2],
        symbolic=False,
        mode=mode,
        coordinate_transformation_mode=coordinates,
    )


@pytest.mark.parametrize("nearest", ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"])
@pytest.mark.parametrize("size", [1, 2, 4, 7, 10])
def test_which_cell_is_nearest(check_node: Check, nearest: str, size: int) -> None:
    check_node(
        "Resize",
        floats(4, 1),
        None,
        None,
        sizes(size, 1),
        opset=19,
        constants=[3],
        mode="nearest",
        nearest_mode=nearest,
    )


@pytest.mark.parametrize("mode", ["linear", "cubic"])
@pytest.mark.parametrize("drop", [0, 1])
@pytest.mark.parametrize("size", [(2, 3), (9, 4), (1, 12)])
def test_antialias_averages_over_what_shrinks(
    check_node: Check, mode: str, drop: int, size: tuple[int, int]
) -> None:
    check_node(
        "Resize",
        floats(7, 11),
        None,
        None,
        sizes(*size),
        opset=19,
        constants=[3],
        symbolic=False,
        atol=5e-6,
        mode=mode,
        antialias=1,
        exclude_outside=drop,
    )


@pytest.mark.parametrize("policy", ["stretch", "not_larger", "not_smaller"])
def test_an_aspect_ratio_may_be_kept(check_node: Check, policy: str) -> None:
    check_node(
        "Resize",
        floats(1, 2, 4, 6),
        None,
        None,
        sizes(7, 8),
        opset=19,
        constants=[3],
        symbolic=False,
        mode="linear",
        axes=[2, 3],
        keep_aspect_ratio_policy=policy,
    )


def test_cubic_takes_its_coefficient_and_may_drop_what_lies_outside(check_node: Check) -> None:
    check_node(
        "Resize",
        floats(1, 1, 4, 4),
        None,
        scales(1, 1, 2, 0.8),
        opset=13,
        constants=[2],
        symbolic=False,
        mode="cubic",
        cubic_coeff_a=-0.5,
        exclude_outside=1,
    )


def resized(x: Array, *rest: Array | None, opset: int = 19, **attributes: Any) -> None:
    """Compare with the reference, all operands being data of a run."""
    names = ["" if r is None else f"x{i}" for i, r in enumerate((x, *rest))]
    node = helper.make_node("Resize", names, ["y"], **attributes)
    given = [x, *(r for r in rest if r is not None)]
    (made,) = backend.run_node(node, given, opset_version=opset)
    feeds = dict(zip([n for n in names if n], given, strict=True))
    (want,) = ReferenceEvaluator(node).run(None, feeds)
    assert made.dtype == x.dtype
    assert made.shape == want.shape
    np.testing.assert_allclose(made, want.astype(x.dtype), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_scales_and_sizes_may_be_data(mode: str) -> None:
    x = floats(1, 2, 4, 5)
    resized(x, None, scales(1, 1, 2.5, 0.7), mode=mode)
    resized(x, None, None, sizes(1, 2, 3, 9), mode=mode)
    resized(
        x, None, None, sizes(5, 3), mode=mode, axes=[3, 2], keep_aspect_ratio_policy="not_larger"
    )
    if mode != "nearest":
        resized(x, None, scales(1, 1, 0.3, 0.7), mode=mode, antialias=1)


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
def test_a_region_is_cropped_and_filled_outside(mode: str) -> None:
    roi = np.array([0, 0, -0.2, 0.3, 1, 1, 0.9, 1.4], np.float32)
    resized(
        floats(1, 2, 4, 5),
        roi,
        None,
        sizes(1, 2, 3, 6),
        mode=mode,
        coordinate_transformation_mode="tf_crop_and_resize",
        extrapolation_value=7.0,
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.uint8, np.int32, np.int64])
def test_cells_may_be_of_any_number(dtype: type) -> None:
    x = (RNG.uniform(0, 100, size=(3, 4))).astype(dtype)
    resized(x, None, None, sizes(5, 2), mode="nearest")
    if np.dtype(dtype).kind == "f":
        node = helper.make_node("Resize", ["x", "", "", "s"], ["y"], mode="linear")
        (made,) = backend.run_node(node, [x, sizes(5, 3)], opset_version=19)
        (wide,) = backend.run_node(node, [x.astype(np.float64), sizes(5, 3)], opset_version=19)
        np.testing.assert_allclose(made, wide, rtol=2 * np.finfo(dtype).eps)


def test_nothing_is_left_where_a_scale_leaves_nothing() -> None:
    resized(floats(2, 3), None, scales(0.4, 1), mode="linear")
    resized(floats(1, 1), None, scales(3, 2), mode="cubic")


def test_resize_before_version_11_rounds_down(check_node: Check) -> None:
    x = floats(1, 1, 3, 4)
    want = x[:, :, [0, 0, 1, 1, 2, 2]][..., [0, 2]]
    by = scales(1, 1, 2, 0.5)
    check_node("Resize", x, by, opset=10, constants=[1], symbolic=False, expected=[want])
    check_node("Upsample", x, by, opset=9, constants=[1], symbolic=False, expected=[want])
    numbers = [float(s) for s in by]
    check_node("Upsample", x, opset=7, scales=numbers, symbolic=False, expected=[want])


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"mode": "spline"}, "mode 'spline'"),
        ({"nearest_mode": "up"}, "nearest mode 'up'"),
        ({"coordinate_transformation_mode": "corner"}, "coordinate_transformation_mode"),
        ({"coordinate_transformation_mode": "tf_crop_and_resize"}, "region of interest"),
        ({"keep_aspect_ratio_policy": "wide"}, "keep_aspect_ratio_policy"),
        ({"axes": [0]}, "2 sizes for 1 axes"),
    ],
)
def test_what_resize_does_not_know_is_refused(attributes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        resized(floats(2, 3), None, None, sizes(3, 3), **attributes)


@pytest.mark.parametrize("mode", ["nearest", "linear", "cubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [0, 1])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 2, 6), (1, 1, 3, 2, 4)])
def test_grid_sample(
    check_node: Check, mode: str, padding: str, align: int, shape: tuple[int, ...]
) -> None:
    axes = len(shape) - 2
    grid = RNG.uniform(-1.8, 1.8, size=(shape[0], *[3] * axes, axes)).astype(np.float32)
    check_node(
        "GridSample",
        floats(*shape),
        grid,
        opset=20,
        symbolic=mode == "linear",
        rtol=1e-4,
        atol=1e-5,
        mode=mode,
        padding_mode=padding,
        align_corners=align,
    )


def test_grid_sample_far_outside_reads_nothing_else() -> None:
    node = helper.make_node("GridSample", ["x", "g"], ["y"])
    grid = np.array([[[[1e30, 0], [-1e30, 1e30], [np.inf, -np.inf], [0, 0]]]], np.float32)
    (made,) = backend.run_node(node, [np.ones((1, 1, 3, 3), np.float32), grid])
    np.testing.assert_array_equal(made.reshape(-1), [0, 0, 0, 1])


def test_a_grid_that_does_not_fit_is_refused(check_node: Check) -> None:
    with pytest.raises(ModelError, match="a grid of shape"):
        check_node("GridSample", floats(1, 1, 3, 3), floats(1, 2, 2, 3), opset=20, expected=[NONE])
    with pytest.raises(ModelError, match="padding 'wrap'"):
        x, grid = floats(1, 1, 3, 3), floats(1, 2, 2, 2)
        check_node("GridSample", x, grid, opset=20, expected=[NONE], padding_mode="wrap")


@pytest.mark.parametrize("align", [0, 1])
@pytest.mark.parametrize("size", [(2, 3, 4, 5), (1, 1, 2, 3, 4)])
def test_affine_grid(check_node: Check, align: int, size: tuple[int, ...]) -> None:
    axes = len(size) - 2
    theta = floats(size[0], axes, axes + 1)
    (made,) = check_node(
        "AffineGrid",
        theta,
        sizes(*size),
        opset=20,
        constants=[1],
        symbolic=False,
        rtol=1e-4,
        align_corners=align,
    )
    assert made.shape == (size[0], *size[2:], axes)


def test_of_no_cells_only_none_can_be_made() -> None:
    node = helper.make_node("Resize", ["x", "", "", "s"], ["y"], mode="linear")
    with pytest.raises(BufferError, match="must be equal"):
        backend.run_node(node, [np.zeros((0, 3), np.float32), sizes(2, 3)], opset_version=19)
    (made,) = backend.run_node(node, [np.zeros((0, 3), np.float32), sizes(0, 6)], opset_version=19)
    assert made.shape == (0, 6)
