"""What every app of the benchmarks has to stand: the values of numpy, at sizes nothing divides."""

from __future__ import annotations

import numpy as np
from apps.app import App, Size

import halo as hl


def check_values(app: App, *sizes: Size) -> None:
    """Compare the scheduled `app` with numpy at its small size and at `sizes`."""
    compiled = app.compile(hl)
    for size in (app.small, *sizes):
        inputs = app.inputs(np.random.default_rng(size[0]), size)
        found, expected = app.run(hl, compiled, inputs), app.expected(*inputs)
        assert found.shape == expected.shape
        off = app.difference(found, expected)
        assert off <= app.tolerance, f"at {size} off by {off:.3g} of the largest value"
