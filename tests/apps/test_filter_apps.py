"""The apps of the benchmarks that filter by grids, recursion and weights, against numpy."""

from __future__ import annotations

import pytest
from app_checks import check_values
from apps import (
    bilateral_grid,
    camera_pipe,
    depthwise_separable_conv,
    iir_blur,
    lens_blur,
    nl_means,
)
from apps.app import App

PICTURES = [bilateral_grid.APP, nl_means.APP, iir_blur.APP, lens_blur.APP]


@pytest.mark.parametrize("app", PICTURES, ids=lambda app: app.name)
def test_it_gives_the_values_of_numpy(app: App) -> None:
    check_values(app, (17, 33))


@pytest.mark.long  # compilers take half a minute for it
def test_a_camera_gives_the_values_of_numpy() -> None:
    check_values(camera_pipe.APP)


def test_a_separable_convolution_gives_the_values_of_numpy() -> None:
    check_values(depthwise_separable_conv.APP)
