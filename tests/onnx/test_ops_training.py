"""Momentum, Adagrad and Adam against the published equations in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import helper

from onnx_frontend import backend
from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(26)
DOMAIN = "ai.onnx.preview.training"
Array = np.ndarray[Any, Any]


def run(op: str, steps: int, given: list[Array], outputs: int, **attributes: Any) -> Any:
    names = [f"x{i}" for i in range(2 + len(given))]
    node = helper.make_node(
        op, names, [f"y{i}" for i in range(outputs)], domain=DOMAIN, **attributes
    )
    scalars = [np.array(0.1, np.float32), np.array(steps, np.int64)]
    return backend.run_node(node, [*scalars, *given])


def tensors(count: int, *shape: int) -> list[Array]:
    return [RNG.uniform(0.1, 1, size=shape).astype(np.float32) for _ in range(count)]


@pytest.mark.parametrize("mode", ["standard", "nesterov"])
@pytest.mark.parametrize("steps", [0, 3])
def test_momentum_of_two_tensors(mode: str, steps: int) -> None:
    (x, g, v), (p, q, w) = tensors(3, 2, 3), tensors(3, 4)
    given = {"alpha": 0.9, "beta": 0.7, "norm_coefficient": 0.01, "mode": mode}
    made = run("Momentum", steps, [x, p, g, q, v, w], 4, **given)
    for i, (a, b, c) in enumerate(((x, g, v), (p, q, w))):
        slope = 0.01 * a + b
        new = 0.9 * c + (0.7 if steps else 1) * slope
        by = slope + 0.9 * new if mode == "nesterov" else new
        np.testing.assert_allclose(made[i], a - 0.1 * by, rtol=1e-5)
        np.testing.assert_allclose(made[2 + i], new, rtol=1e-5)


def test_adagrad() -> None:
    x, g, h = tensors(3, 5)
    made = run("Adagrad", 4, [x, g, h], 2, decay_factor=0.2, norm_coefficient=0.1)
    slope = 0.1 * x + g
    new = h + slope * slope
    rate = 0.1 / (1 + 4 * 0.2)
    np.testing.assert_allclose(made[0], x - rate * slope / (np.sqrt(new) + 1e-6), rtol=1e-5)
    np.testing.assert_allclose(made[1], new, rtol=1e-5)


@pytest.mark.parametrize("steps", [0, 2])
def test_adam(steps: int) -> None:
    x, g, v, h = tensors(4, 1, 3)
    given = {"alpha": 0.8, "beta": 0.95, "norm_coefficient": 0.1, "norm_coefficient_post": 0.01}
    made = run("Adam", steps, [x, g, v, h], 3, **given)
    slope = 0.1 * x + g
    first, second = 0.8 * v + 0.2 * slope, 0.95 * h + 0.05 * slope * slope
    rate = 0.1 * np.sqrt(1 - 0.95**steps) / (1 - 0.8**steps) if steps else 0.1
    new = 0.99 * (x - rate * first / (np.sqrt(second) + 1e-6))
    for value, want in zip(made, (new, first, second), strict=True):
        np.testing.assert_allclose(value, want, rtol=1e-4)


def test_tensors_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ModelError, match="not 3 for each"):
        run("Adagrad", 0, tensors(4, 2), 2)
    with pytest.raises(ModelError, match="mode 'fast'"):
        given = {"alpha": 0.9, "beta": 0.7, "norm_coefficient": 0.01, "mode": "fast"}
        run("Momentum", 0, tensors(3, 2), 2, **given)
