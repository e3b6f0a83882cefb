"""Tree ensembles of ai.onnx.ml in their classic form: trees that a search grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from learned_nodes import Array, check_learned, learned_model, run_learned
from onnx import numpy_helper

from onnx_frontend import compile
from onnx_frontend.errors import ModelError, UnsupportedOp

TRANSFORMS = ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"]
MODES = ["LEQ", "LT", "GTE", "GT", "EQ", "NEQ"]
SURE = MODES[:-1]
"""A missing value is unequal to all; but not in the standard's reference of these operators."""
FEATURES = 4


def grown(
    votes: str,
    columns: int,
    *,
    seed: int = 0,
    trees: int = 5,
    depth: int = 3,
    positive: bool = False,
    all_vote: bool = True,
    modes: list[str] = MODES,
) -> dict[str, Any]:
    """Return the attributes of random trees, whose leaves vote for `columns` targets or classes."""
    rng = np.random.default_rng(seed)
    names = ["treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids"]
    nodes: dict[str, list[Any]] = {f"nodes_{k}": [] for k in names}
    tracks: list[int] = []
    ballots: dict[str, list[Any]] = {
        f"{votes}_{k}": [] for k in ("treeids", "nodeids", "ids", "weights")
    }

    def grow(tree: int, number: int, left: int) -> int:
        """Add the nodes below `number`; return how many there are in the tree."""
        is_leaf = left == 0 or (left < depth and rng.random() < 0.2)
        row = len(tracks)
        tracks.append(int(rng.random() < 0.5))
        mode = "LEAF" if is_leaf else f"BRANCH_{rng.choice(modes)}"
        values = (tree, number, int(rng.integers(FEATURES)), float(rng.integers(-1, 2)), mode, 0, 0)
        for key, value in zip(nodes, values, strict=True):
            nodes[key].append(value)
        if is_leaf:
            for column in range(columns) if all_vote else [int(rng.integers(columns))]:
                weight = float(np.float32(rng.normal()))
                ballot = (tree, number, column, abs(weight) if positive else weight)
                for key, value in zip(ballots, ballot, strict=True):
                    ballots[key].append(value)
            return number + 1
        nodes["nodes_truenodeids"][row] = number + 1
        after = grow(tree, number + 1, left - 1)
        nodes["nodes_falsenodeids"][row] = after
        return grow(tree, after, left - 1)

    for tree in range(trees):
        grow(tree, 0, depth)
    return {**nodes, **ballots, "nodes_missing_value_tracks_true": tracks}


def samples(dtype: Any = np.float32, missing: bool = True) -> Array:
    """Return samples on and beside the thresholds, some with missing values."""
    rng = np.random.default_rng(3)
    x = rng.integers(-2, 3, (23, FEATURES)).astype(dtype)
    if np.issubdtype(dtype, np.floating):
        x[::3] += dtype(0.25)
        if missing:
            x[rng.random(x.shape) < 0.1] = np.nan
    return x


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.int64])
def test_every_type_of_features(dtype: Any) -> None:
    # onnxruntime has no regressor of integers, and the reference gives its sums in their type.
    floats = np.issubdtype(dtype, np.floating)
    check_learned(
        "TreeEnsembleRegressor",
        samples(dtype),
        theirs=floats,
        reference=dtype == np.float32,
        n_targets=3,
        **grown("target", 3, modes=SURE),
    )
    check_learned(
        "TreeEnsembleClassifier",
        samples(dtype),
        outputs=("INT64", "FLOAT"),
        reference=dtype == np.float32,
        classlabels_int64s=[7, -2, 4],
        **grown("class", 3, modes=SURE),
    )


@pytest.mark.parametrize("how", ["SUM", "AVERAGE", "MIN", "MAX"])
@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize("based", [False, True])
def test_votes_of_leaves_are_put_together(how: str, targets: int, based: bool) -> None:
    base = {"base_values": [0.5, -2.0, 0.25][:targets]} if based else {}
    given = {"aggregate_function": how, "n_targets": targets, **base}
    check_learned(
        "TreeEnsembleRegressor",
        samples(),
        reference=True,
        **given,
        **grown("target", targets, modes=SURE),
    )


def test_a_leaf_may_vote_for_one_of_several_targets() -> None:
    trees = grown("target", 3, trees=9, all_vote=False)
    for how in ("SUM", "AVERAGE", "MIN", "MAX"):
        check_learned(
            "TreeEnsembleRegressor", samples(), aggregate_function=how, n_targets=3, **trees
        )


def test_base_values_count_for_targets_without_a_vote_too() -> None:
    trees = grown("target", 3, trees=2, all_vote=False, modes=SURE)
    check_learned(
        "TreeEnsembleRegressor",
        samples(),
        theirs=False,
        reference=True,
        n_targets=3,
        base_values=[1.0, 2.0, 3.0],
        **trees,
    )


@pytest.mark.parametrize("post", TRANSFORMS)
def test_sums_of_several_targets_are_transformed(post: str) -> None:
    given = {"n_targets": 3, "post_transform": post}
    check_learned("TreeEnsembleRegressor", samples(), **given, **grown("target", 3))


def test_of_one_target_it_is_transformed_too() -> None:
    x, trees = samples(), grown("target", 1)
    (plain,) = check_learned("TreeEnsembleRegressor", x, n_targets=1, **trees)
    # onnxruntime leaves it as it is, which the standard does not say.
    for post, want in (("LOGISTIC", 1 / (1 + np.exp(-plain))), ("SOFTMAX", np.ones_like(plain))):
        (made,) = check_learned(
            "TreeEnsembleRegressor", x, theirs=False, n_targets=1, post_transform=post, **trees
        )
        np.testing.assert_allclose(made, want, rtol=1e-5)


@pytest.mark.parametrize("post", TRANSFORMS)
@pytest.mark.parametrize("strings", [False, True])
def test_several_classes(post: str, strings: bool) -> None:
    labels: dict[str, Any] = {"classlabels_int64s": [7, -2, 4]}
    if strings:
        labels = {"classlabels_strings": ["a", "long word", "é"]}
    check_learned(
        "TreeEnsembleClassifier",
        samples(),
        outputs=("STRING" if strings else "INT64", "FLOAT"),
        post_transform=post,
        base_values=[0.1, -0.2, 0.3],
        **labels,
        **grown("class", 3),
    )


@pytest.mark.parametrize("post", TRANSFORMS[:-1])
@pytest.mark.parametrize("positive", [False, True])
@pytest.mark.parametrize("base", [[], [0.125]])
def test_two_classes_with_votes_for_one(post: str, positive: bool, base: list[float]) -> None:
    trees = grown("class", 1, positive=positive, modes=SURE)
    given: dict[str, Any] = {"base_values": base} if base else {}
    check_learned(
        "TreeEnsembleClassifier",
        samples(),
        outputs=("STRING", "FLOAT"),
        # The reference transforms and labels as onnxruntime does in this case only.
        reference=post == "LOGISTIC" and not positive and not base,
        post_transform=post,
        classlabels_strings=["no", "yes"],
        **given,
        **trees,
    )


@pytest.mark.parametrize("post", TRANSFORMS)
@pytest.mark.parametrize("positive", [False, True])
def test_two_classes_with_votes_for_the_second(post: str, positive: bool) -> None:
    trees = grown("class", 1, positive=positive)
    trees["class_ids"] = [1] * len(trees["class_ids"])
    labels = [10, 20]
    check_learned(
        "TreeEnsembleClassifier",
        samples(),
        outputs=("INT64", "FLOAT"),
        post_transform=post,
        classlabels_int64s=labels,
        **trees,
    )


def test_of_two_classes_with_votes_for_both_the_higher_score_wins() -> None:
    labels = {"classlabels_int64s": [10, 20]}
    label, scores = check_learned(
        "TreeEnsembleClassifier",
        samples(),
        outputs=("INT64", "FLOAT"),
        theirs=False,
        reference=True,
        **labels,
        **grown("class", 2, modes=SURE),
    )
    np.testing.assert_array_equal(label, np.where(scores[:, 1] > scores[:, 0], 20, 10))


@pytest.mark.parametrize("post", ["NONE", "LOGISTIC", "PROBIT"])
def test_a_single_class_is_there_or_not(post: str) -> None:
    check_learned(
        "TreeEnsembleClassifier",
        samples(),
        outputs=("INT64", "FLOAT"),
        post_transform=post,
        classlabels_int64s=[5],
        **grown("class", 1),
    )


def test_numbers_may_be_doubles_in_tensors() -> None:
    trees = grown("target", 2)
    for name in ("nodes_values", "target_weights"):
        value = np.array(trees.pop(name), np.float64)
        trees[f"{name}_as_tensor"] = numpy_helper.from_array(value, name)
    base = numpy_helper.from_array(np.array([0.1, 0.2]), "base")
    x = samples(np.float64)
    given = {"n_targets": 2, "base_values_as_tensor": base, "version": 3}
    check_learned("TreeEnsembleRegressor", x, **given, **trees)


def test_a_tree_may_be_one_leaf() -> None:
    trees = grown("target", 1, trees=2, depth=0, modes=SURE)
    check_learned("TreeEnsembleRegressor", samples(), reference=True, n_targets=1, **trees)


def test_a_vector_is_one_sample() -> None:
    trees, x = grown("target", 2), samples()
    model = learned_model("TreeEnsembleRegressor", [x], ["FLOAT"], 1, n_targets=2, **trees)
    (want,) = run_learned(model, x)
    del model.graph.input[0].type.tensor_type.shape.dim[0]
    np.testing.assert_array_equal(compile(model).run({"x0": x[1]})["y0"], want[1:2])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes_truenodeids": [9, 0, 0]}, "does not exist"),
        ({"nodes_truenodeids": [0, 0, 0]}, "in a circle"),
        ({"nodes_modes": ["BRANCH_LEQ", "LEAF"]}, "equally long"),
        ({"nodes_modes": ["BRANCH", "LEAF", "LEAF"]}, "mode of a node"),
        ({"target_ids": [0]}, "lists of votes"),
        ({"target_ids": [0, 4]}, "one of 2 that does not exist"),
        ({"base_values": [1.0, 2.0, 3.0]}, "3 base_values for 2 targets"),
        ({"aggregate_function": "MEDIAN"}, "aggregate_function 'MEDIAN'"),
        ({"post_transform": "LOG"}, "post_transform 'LOG'"),
        ({"nodes_featureids": [-1, 0, 0]}, "before the first"),
        ({"nodes_featureids": [1 << 40, 0, 0]}, "does not fit 32 bits"),
        ({"target_ids": [0, -1 << 40]}, "does not fit 32 bits"),
    ],
)
def test_trees_without_sense_are_refused(changes: dict[str, Any], message: str) -> None:
    stump = {
        "nodes_treeids": [0, 0, 0],
        "nodes_nodeids": [0, 1, 2],
        "nodes_featureids": [0, 0, 0],
        "nodes_values": [0.0, 0.0, 0.0],
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0],
        "target_treeids": [0, 0],
        "target_nodeids": [1, 2],
        "target_ids": [0, 1],
        "target_weights": [1.0, 2.0],
    }
    with pytest.raises(ModelError, match=message):
        check_learned("TreeEnsembleRegressor", samples(), n_targets=2, **{**stump, **changes})


def test_what_has_no_agreed_meaning_is_refused() -> None:
    binary = {"classlabels_int64s": [0, 1], "outputs": ("INT64", "FLOAT"), **grown("class", 1)}
    with pytest.raises(UnsupportedOp, match="other than PROBIT"):
        check_learned("TreeEnsembleClassifier", samples(), post_transform="PROBIT", **binary)
    with pytest.raises(UnsupportedOp, match="1 base_values, not 2"):
        check_learned("TreeEnsembleClassifier", samples(), base_values=[1.0, 2.0], **binary)
