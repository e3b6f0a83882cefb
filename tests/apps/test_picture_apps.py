"""The apps of the benchmarks that work on pictures, as they are scheduled, against numpy."""

from __future__ import annotations

import pytest
from app_checks import check_values
from apps import blur, harris, hist, interpolate, max_filter, stencil_chain, unsharp
from apps.app import App

APPS = [
    *(m.APP for m in (blur, harris, hist, max_filter, unsharp)),
    interpolate.of_levels(5),
    stencil_chain.of_stages(8),
]


@pytest.mark.parametrize("app", APPS, ids=lambda app: app.name)
def test_it_gives_the_values_of_numpy(app: App) -> None:
    check_values(app, (17, 33))
