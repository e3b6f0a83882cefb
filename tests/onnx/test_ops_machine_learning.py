"""Operators of ai.onnx.ml on numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learned_nodes import check_learned, learned_model, run_learned
from onnx import helper, numpy_helper

from halo.errors import BufferError
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


def numbers(dtype: Any) -> Array:
    return (RNG.normal(size=(6, 3)) * 4).astype(dtype)


TYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])


@TYPES
@pytest.mark.parametrize("size", [1, 3])
def test_features_are_scaled(dtype: Any, size: int) -> None:
    given = {"offset": [1.5, -2.0, 0.25][:size], "scale": [2.0, 0.5, -1.0][:size]}
    check_learned("Scaler", numbers(dtype), reference=dtype == np.float32, **given)


@TYPES
@pytest.mark.parametrize("norm", ["MAX", "L1", "L2"])
def test_rows_are_normalized(dtype: Any, norm: str) -> None:
    x = numbers(dtype)
    x[2] = 0
    check_learned("Normalizer", x, norm=norm)
    positive = np.abs(x)
    check_learned("Normalizer", positive, reference=dtype == np.float32, norm=norm)


@pytest.mark.parametrize("gone", [0.0, float("nan")])
@pytest.mark.parametrize("by", [[7.0], [7.0, 8.0, 9.0]])
def test_what_is_missing_is_put_in(gone: float, by: list[float]) -> None:
    x = numbers(np.float32)
    x[1, 0] = x[2] = gone
    given = {"replaced_value_float": gone, "imputed_value_floats": by}
    check_learned("Imputer", x, reference=True, **given)
    wide, double = x.astype(np.float64), ("DOUBLE",)
    check_learned("Imputer", wide, outputs=double, theirs=False, reference=True, **given)


@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_integers_are_put_in(dtype: Any) -> None:
    x = np.array([[1, -3, 5], [-3, 2, -3]], dtype)
    given = {"replaced_value_int64": -3, "imputed_value_int64s": [10, 20, 30]}
    outputs = (np.dtype(dtype).name.upper(),)
    theirs = dtype == np.int64  # onnxruntime has no other
    check_learned("Imputer", x, outputs=outputs, theirs=theirs, reference=True, **given)


def test_features_are_joined() -> None:
    parts = [numbers(d) for d in (np.float32, np.int64, np.float64, np.int32)]
    for widths in ([3, 3, 3, 3], [2, 4, 3, 1]):
        made = [
            check_learned("FeatureVectorizer", p, inputdimensions=[w])
            for p, w in zip(parts, widths, strict=True)
        ]
        model = learned_model("FeatureVectorizer", parts, ["FLOAT"], 1, inputdimensions=widths)
        (whole,) = run_learned(model, *parts)
        np.testing.assert_array_equal(whole, np.concatenate([m[0] for m in made], 1))
    check_learned("FeatureVectorizer", *[numbers(np.float32)] * 2, inputdimensions=[3, 1])


@TYPES
def test_categories_become_ones_among_zeros(dtype: Any) -> None:
    x = np.array([[3, 1], [8, 1], [5, 3]], dtype)
    theirs = dtype != np.int32  # which onnxruntime does not take
    check_learned("OneHotEncoder", x, cats_int64s=[1, 3, 8], theirs=theirs, reference=True)


def test_strings_become_ones_among_zeros() -> None:
    x = np.array(["a", "long word", "é", "no"], object)
    check_learned("OneHotEncoder", x, cats_strings=["é", "a", "b", "long word"], reference=True)


def test_an_unknown_category_may_be_refused() -> None:
    x = np.array([[3], [1]])
    check_learned("OneHotEncoder", x, cats_int64s=[1, 3], zeros=0, reference=True)
    with pytest.raises(BufferError, match="OneHotEncoder"):
        check_learned("OneHotEncoder", x, cats_int64s=[1, 4], zeros=0, theirs=False)


def test_categories_are_mapped() -> None:
    given = {"cats_int64s": [5, -1, 7], "cats_strings": ["five", "", "é"]}
    words = np.array([["é", "five"], ["", "six"]], object)
    check_learned("CategoryMapper", words, outputs=("INT64",), default_int64=-9, **given)
    codes = np.array([[7, 5], [-1, 6]])
    check_learned("CategoryMapper", codes, outputs=("STRING",), default_string="none", **given)


@pytest.mark.parametrize(
    ("op", "given", "message"),
    [
        ("Scaler", {"scale": [1.0, 2.0]}, "2 values of scale for 3 features"),
        ("Normalizer", {"norm": "L3"}, "norm 'L3'"),
        ("Imputer", {"imputed_value_int64s": [1]}, "no imputed values"),
        ("FeatureVectorizer", {"inputdimensions": [1, 2]}, "2 inputdimensions for 1"),
        ("OneHotEncoder", {}, "no categories"),
    ],
)
def test_attributes_that_do_not_fit_are_refused(op: str, given: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        check_learned(op, numbers(np.float32), **given)


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
        ({"post_transform": 5}, "post_transform"),
        ({"aggregate_function": 9}, "aggregate_function 9"),
    ],
)
def test_trees_that_make_no_sense_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        run("TreeEnsemble", SAMPLES, **ensemble(**changes))
