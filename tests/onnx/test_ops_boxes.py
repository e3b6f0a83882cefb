"""NonMaxSuppression, RoiAlign and MaxRoiPool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import helper
from runtime_nodes import Case, check_cases

from onnx_frontend import backend
from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(22)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]


def scalar(value: float, dtype: Any = np.float32) -> Array:
    return np.array([value], dtype)


def boxes(images: int, count: int, centred: int = 0) -> Array:
    first, size = RNG.uniform(size=(2, images, count, 2))
    parts = [first, 0.2 + 0.3 * size] if centred else [first, first + 0.1 + 0.4 * size]
    return np.concatenate(parts, axis=2).astype(np.float32)


@pytest.mark.parametrize("centred", [0, 1])
@pytest.mark.parametrize("most", [1, (1 << 63) - 1])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 17)])
def test_boxes_that_overlap_better_ones_go(
    check_compiled: Check, centred: int, most: int, shape: tuple[int, int, int]
) -> None:
    images, classes, count = shape
    scores = RNG.uniform(size=(images, classes, count)).astype(np.float32)
    given = boxes(images, count, centred)
    check_compiled(
        "NonMaxSuppression",
        given,
        scores,
        scalar(most, np.int64),
        scalar(0.3),
        None if most == 1 else scalar(0.4),
        center_point_box=centred,
    )


def test_corners_may_be_any_two_and_equal_scores_go_by_place(check_compiled: Check) -> None:
    given = boxes(1, 8)
    flipped = given[..., [2, 3, 0, 1]]
    scores = np.ones((1, 2, 8), np.float32)
    most = scalar(8, np.int64)
    (one,) = check_compiled("NonMaxSuppression", given, scores, most, scalar(0.5))
    (two,) = check_compiled("NonMaxSuppression", flipped, scores, most, scalar(0.5))
    np.testing.assert_array_equal(one, two)


def test_no_number_of_boxes_means_none(check_compiled: Check) -> None:
    scores = np.ones((1, 1, 4), np.float32)
    want = [np.zeros((0, 3), np.int64)]
    check_compiled("NonMaxSuppression", boxes(1, 4), scores, expected=want)
    none = np.zeros((1, 1, 0), np.float32)
    empty = np.zeros((1, 0, 4), np.float32)
    check_compiled("NonMaxSuppression", empty, none, scalar(3, np.int64), expected=want)


@pytest.mark.parametrize("mode", ["avg", "max"])
@pytest.mark.parametrize("coordinates", ["half_pixel", "output_half_pixel"])
@pytest.mark.parametrize("samples", [0, 1, 3])
def test_roi_align(check_compiled: Check, mode: str, coordinates: str, samples: int) -> None:
    x = RNG.uniform(size=(2, 3, 9, 7)).astype(np.float32)
    corners = np.sort(RNG.uniform(-2, 12, size=(4, 2, 2)), axis=1).reshape(4, 4)
    rois = corners.astype(np.float32)
    check_compiled(
        "RoiAlign",
        x,
        rois,
        np.array([0, 1, 1, 0], np.int64),
        rtol=1e-4,
        atol=1e-5,
        mode=mode,
        coordinate_transformation_mode=coordinates,
        sampling_ratio=samples,
        output_height=3,
        output_width=2,
        spatial_scale=0.7,
    )


def test_what_roi_align_does_not_know_is_refused(check_compiled: Check) -> None:
    x, rois, images = np.ones((1, 1, 4, 4), np.float32), np.ones((1, 4), np.float32), scalar(0)
    images = images.astype(np.int64)
    with pytest.raises(ModelError, match="mode 'sum'"):
        check_compiled("RoiAlign", x, rois, images, mode="sum", expected=[])
    with pytest.raises(ModelError, match="not 4, 2, 1"):
        check_compiled("RoiAlign", x[0], rois, images, expected=[])


def test_scores_for_other_boxes_are_refused(check_compiled: Check) -> None:
    with pytest.raises(ModelError, match="which must be equal"):
        scores = np.ones((1, 1, 5), np.float32)
        check_compiled("NonMaxSuppression", boxes(1, 4), scores, expected=[])


def test_the_largest_cells_in_bins_of_regions() -> None:
    x = RNG.normal(size=(2, 3, 11, 13)).astype(np.float32)
    rois = np.array(
        [
            [0, 0, 0, 12, 10],
            [1, 2.5, 1, 9, 7.4],
            [1, 3, 4, 3, 4],
            [0, -5, -3, 30, 20],
            [1, 9, 8, 2, 1],
            [0, 20, 20, 30, 30],
        ],
        np.float32,
    )
    cases = []
    for bins, scale in (([1, 1], 1.0), ([3, 2], 1.0), ([7, 7], 0.5), ([2, 4], 1.25)):
        given = {"pooled_shape": bins, "spatial_scale": scale}
        cases.append(Case("MaxRoiPool", (x, rois), given, domain=""))
    check_cases(*cases)


def test_no_regions_have_no_cells() -> None:
    node = helper.make_node("MaxRoiPool", ["x", "r"], ["y"], pooled_shape=[2, 3])
    x, none = np.zeros((1, 2, 4, 5), np.float32), np.zeros((0, 5), np.float32)
    (made,) = backend.run_node(node, [x, none])
    assert made.shape == (0, 2, 2, 3)


def test_bins_that_are_none_are_refused() -> None:
    node = helper.make_node("MaxRoiPool", ["x", "r"], ["y"], pooled_shape=[2, 0])
    with pytest.raises(ModelError, match="pooled_shape"):
        backend.run_node(node, [np.zeros((1, 2, 4, 5), np.float32), np.zeros((1, 5), np.float32)])
