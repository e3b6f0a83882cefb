"""The apps of the benchmarks that work on matrices and tensors, as scheduled, against numpy."""

from __future__ import annotations

import pytest
from app_checks import check_values
from apps import conv_layer, mat_mul
from apps.app import App

APPS = [conv_layer.of_size((64, 11, 7, 2)), mat_mul.of_size(256)]


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_it_gives_the_values_of_numpy(app: App) -> None:
    check_values(app)
