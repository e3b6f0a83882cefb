"""Dropout and BatchNormalization in training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from onnx_frontend.errors import UnsupportedOp

RNG = np.random.default_rng(28)
Check = Callable[..., Any]
Array = np.ndarray[Any, Any]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("ratio", [0.0, 0.25, 0.75])
def test_cells_are_dropped_as_a_seed_tells(
    check_compiled: Check, dtype: type, ratio: float
) -> None:
    x = RNG.normal(size=(30, 41)).astype(dtype)
    part, training = np.array(ratio, np.float32), np.array(True)
    given = {"seed": 5, "outputs": 2, "opset": 13}
    kept = np.random.RandomState(5).uniform(size=x.shape) >= ratio
    want = np.where(kept, x / (1 - part).astype(dtype), 0).astype(dtype)
    check_compiled("Dropout", x, part, training, expected=[want, kept], rtol=1e-3, **given)
    still = [x, np.ones(x.shape, np.bool_)]
    check_compiled("Dropout", x, part, np.array(False), expected=still, **given)


def test_training_without_a_seed_is_refused(check_node: Check) -> None:
    x, part = np.ones((2, 3), np.float32), np.array(0.5, np.float32)
    with pytest.raises(UnsupportedOp, match="a seed"):
        check_node("Dropout", x, part, np.array(True), opset=13, expected=[])


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (4, 3), (1, 1, 7)])
def test_batches_are_normalized_by_their_own_statistics(
    check_node: Check, shape: tuple[int, ...]
) -> None:
    x = RNG.normal(size=shape).astype(np.float32)
    scale, bias, mean = (RNG.normal(size=shape[1]).astype(np.float32) for _ in range(3))
    variance = abs(RNG.normal(size=shape[1])).astype(np.float32)
    axes = tuple(a for a in range(len(shape)) if a != 1)
    own, around = x.mean(axes), x.var(axes)
    spread = [v.reshape(-1, *[1] * (len(shape) - 2)) for v in (own, around, scale, bias)]
    want = (x - spread[0]) / np.sqrt(spread[1] + 1e-3) * spread[2] + spread[3]
    statistics = [0.7 * mean + 0.3 * own, 0.7 * variance + 0.3 * around]
    check_node(
        "BatchNormalization",
        x,
        scale,
        bias,
        mean,
        variance,
        opset=15,
        outputs=3,
        rtol=1e-3,
        atol=1e-5,
        expected=[v.astype(np.float32) for v in (want, *statistics)],
        training_mode=1,
        momentum=0.7,
        epsilon=1e-3,
    )
