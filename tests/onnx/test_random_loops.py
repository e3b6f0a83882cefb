"""Loops drawn at random, whose states change their sizes, side by side with onnxruntime."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from random_loops import random_loop

from onnx_frontend import compile

SIZES = [(2, 3, 3), (1, 1, 0), (4, 2, 2), (1, 2, 5)]
"""Rows of ``x`` and of ``z``, and how many steps."""


def check(seed: int) -> None:
    model = random_loop(seed)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    compiled = compile(model)
    rng = np.random.default_rng(seed)
    for a, b, n in SIZES:
        x, z = (rng.normal(size=(rows, 3)).astype(np.float32) for rows in (a, b))
        feeds = {"x": x, "z": z, "n": np.array(n)}
        made = compiled.run(feeds)
        for output, want in zip(model.graph.output, session.run(None, feeds), strict=True):
            got = made[output.name]
            if want.size or got.size:  # of what is never gathered onnxruntime knows no sizes
                assert got.shape == want.shape
                scale = np.abs(want[np.isfinite(want)]).max(initial=1)
                np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("seed", range(6))
def test_what_a_loop_hands_on_may_change_its_sizes(seed: int) -> None:
    check(seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6, 80))
def test_many_loops_hand_on_what_changes_its_sizes(seed: int) -> None:
    check(seed)
