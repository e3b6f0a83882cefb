"""The apps of the benchmarks that work on pictures, as they are scheduled, against numpy."""

from __future__ import annotations

import pytest
from app_checks import check_values
from apps import blur
from apps.app import App


@pytest.mark.parametrize("app", [blur.APP], ids=lambda app: app.name)
def test_it_gives_the_values_of_numpy(app: App) -> None:
    check_values(app, (17, 33))
