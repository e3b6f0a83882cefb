"""Operators of ai.onnx.ml on numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from onnx import helper, numpy_helper

from onnx_frontend import backend
from onnx_frontend.errors import ModelError

RNG = np.random.default_rng(29)
Array = np.ndarray[Any, Any]


def run(op: str, *inputs: Array, version: int = 5, **attributes: Any) -> Array:
    names = [f"x{i}" for i in range(len(inputs))]
    node = helper.make_node(op, names, ["y"], domain="ai.onnx.ml", **attributes)
    (made,) = backend.run_node(node, list(inputs), opset_version=version)
    assert isinstance(made, np.ndarray)
    return made


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_binarizer(dtype: type) -> None:
    x = np.array([[-1, 0, 2], [3, 1, 5]], dtype)
    np.testing.assert_array_equal(run("Binarizer", x, threshold=1.0), (x > 1).astype(dtype))


@pytest.mark.parametrize("shape", [(4,), (2, 4), (2, 3, 4)])
def test_features_are_picked(shape: tuple[int, ...]) -> None:
    x = RNG.normal(size=shape).astype(np.float32)
    places = np.array([[3, 0, 3]], np.int64)
    want = x[..., places[0]]
    made = run("ArrayFeatureExtractor", x, places)
    np.testing.assert_array_equal(made, want[None] if len(shape) == 1 else want)


def ensemble(**changes: Any) -> dict[str, Any]:
    """Return two trees: x0 <= 1 ? (x1 in {2, 5} ? a : b) : c, and a leaf only."""
    nan = float("nan")
    given: dict[str, Any] = {
        "nodes_featureids": [0, 1, 0],
        "nodes_modes": np.array([0, 6, 0], np.uint8),
        "nodes_splits": np.array([1, 0, 0], np.float32),
        "nodes_truenodeids": [1, 0, 3],
        "nodes_trueleafs": [0, 1, 1],
        "nodes_falsenodeids": [2, 1, 3],
        "nodes_falseleafs": [1, 1, 1],
        "membership_values": np.array([2, 5, nan], np.float32),
        "leaf_targetids": [0, 1, 0, 1],
        "leaf_weights": np.array([1, 10, 100, 1000], np.float32),
        "tree_roots": [0, 2],
        "n_targets": 2,
        "aggregate_function": 1,
    }
    given |= changes
    return {
        k: numpy_helper.from_array(v, k) if isinstance(v, np.ndarray) else v
        for k, v in given.items()
    }


SAMPLES = np.array([[0, 2], [1, 3], [2, 5], [1, 5], [np.nan, 2]], np.float32)
FOUND = [(0, 1), (1, 10), (0, 100), (0, 1), (0, 100)]


@pytest.mark.parametrize("how", [0, 1])
def test_samples_walk_down_trees(how: int) -> None:
    made = run("TreeEnsemble", SAMPLES, **ensemble(aggregate_function=how))
    want = np.zeros((5, 2), np.float32)
    for row, (target, weight) in zip(want, FOUND, strict=True):
        row[target] += weight
        row[1] += 1000
    np.testing.assert_allclose(made, want if how else want / 2)


def test_the_largest_or_smallest_leaf_may_count() -> None:
    whole = ensemble(leaf_targetids=[0, 0, 0, 0], n_targets=1)
    weights = np.array([w for _, w in FOUND], np.float32)[:, None]
    made = run("TreeEnsemble", SAMPLES, **whole | {"aggregate_function": 2})
    np.testing.assert_array_equal(made, np.minimum(weights, 1000))
    made = run("TreeEnsemble", SAMPLES, **whole | {"aggregate_function": 3})
    np.testing.assert_array_equal(made, np.full((5, 1), 1000))


def test_a_missing_value_may_count_as_true() -> None:
    made = run("TreeEnsemble", SAMPLES, **ensemble(nodes_missing_value_tracks_true=[1, 0, 0]))
    np.testing.assert_array_equal(made[4], [1, 1000])


@pytest.mark.parametrize("mode", range(6))
def test_every_comparison(mode: int) -> None:
    tree = ensemble(
        nodes_modes=np.array([mode, 0, 0], np.uint8),
        nodes_trueleafs=[1, 1, 1],
        nodes_truenodeids=[0, 0, 3],
        nodes_falsenodeids=[1, 1, 3],
        tree_roots=[0],
    )
    x = np.array([[0.0, 0], [1, 0], [2, 0]], np.float32)
    tests = [np.less_equal, np.less, np.greater_equal, np.greater, np.equal, np.not_equal]
    held = tests[mode](x[:, 0], 1)
    want = np.where(held[:, None], [[1, 0]], [[0, 10]])
    np.testing.assert_array_equal(run("TreeEnsemble", x, **tree), want)


def test_results_may_be_transformed() -> None:
    sums = run("TreeEnsemble", SAMPLES, **ensemble(leaf_weights=np.ones(4, np.float32)))
    small = ensemble(leaf_weights=np.ones(4, np.float32), post_transform=2)
    np.testing.assert_allclose(run("TreeEnsemble", SAMPLES, **small), 1 / (1 + np.exp(-sums)), 1e-5)
    soft = ensemble(leaf_weights=np.ones(4, np.float32), post_transform=1)
    powers = np.exp(sums)
    want = powers / powers.sum(1, keepdims=True)
    np.testing.assert_allclose(run("TreeEnsemble", SAMPLES, **soft), want, 1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes_truenodeids": [9, 0, 3]}, "does not exist"),
        ({"nodes_truenodeids": [0, 0, 3]}, "in a circle"),
        ({"nodes_featureids": [0, 1]}, "equally long"),
        ({"tree_roots": [7]}, "a root is no node"),
        ({"membership_values": np.array([2, 5], np.float32)}, "for 0 nodes, not 1"),
        ({"post_transform": 4}, "post_transform"),
        ({"aggregate_function": 9}, "aggregate_function 9"),
    ],
)
def test_trees_that_make_no_sense_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        run("TreeEnsemble", SAMPLES, **ensemble(**changes))
