"""Ensembles of decision trees of the domain ai.onnx.ml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from halo.ir.types import Float
from halo.ops import scores, trees
from halo.ops.index import choose, index, less
from halo.ops.reduce import arg_reduce
from halo.ops.tensor import Array, Tensor
from halo.ops.views import slice_axis
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.nodes.class_labels import (
    above,
    class_labels,
    either,
    look_up_transform,
    one_score,
)
from onnx_frontend.nodes.labels import looked_up
from onnx_frontend.nodes.machine_learning import DOMAIN, floats, samples
from onnx_frontend.registry import operator
from onnx_frontend.values import Value

_HOW = ("average", "sum", "min", "max")


@operator("TreeEnsemble", since=5, domain=DOMAIN)
def tree_ensemble(node: NodeContext, x: Tensor) -> Tensor:
    """What the leaves say that each sample comes to in trees."""
    modes = node.array("nodes_modes").astype(np.int32).reshape(-1)
    targets = _places(node, "leaf_targetids")
    ensemble = trees.Trees(
        _places(node, "nodes_featureids"),
        modes,
        node.array("nodes_splits").reshape(-1),
        _members(node, modes),
        _encoded(node, "true"),
        _encoded(node, "false"),
        np.array(node.integers("nodes_missing_value_tracks_true", [0] * len(modes)), np.bool_),
        _roots(node),
        np.arange(len(targets)),
        targets,
        node.array("leaf_weights").reshape(-1),
    )
    how, post = node.integer("aggregate_function", 1), node.integer("post_transform", 0)
    if not 0 <= how < len(_HOW):
        node.fail(f"aggregate_function {how}")
    if not 0 <= post < len(scores.TRANSFORMS):
        node.fail(f"post_transform {post}")
    width = node.integer("n_targets")
    return _regressed(node, x, ensemble, width, _HOW[how], None, scores.TRANSFORMS[post])


@operator("TreeEnsembleRegressor", since=1, domain=DOMAIN)
def tree_regressor(node: NodeContext, x: Tensor) -> Tensor:
    """What the leaves say that each sample comes to in trees, per target."""
    how = node.text("aggregate_function", "SUM").lower()
    if how not in _HOW:
        node.fail(f"aggregate_function {how.upper()!r}", hint="it is SUM, AVERAGE, MIN or MAX")
    width = node.integer("n_targets")
    base = either(node, "base_values")
    if base.size not in (0, 1, width):
        node.fail(f"it has {base.size} base_values for {width} targets")
    added = np.resize(base, width) if base.size else None
    post = look_up_transform(node)
    return _regressed(node, x, classic(node, "target"), width, how, added, post)


def _regressed(
    node: NodeContext,
    x: Tensor,
    ensemble: trees.Trees,
    width: int,
    how: str,
    base: Array | None,
    post: str,
) -> Tensor:
    found = _walked(node, x, ensemble, width)
    name = node.inner("score") if post != "NONE" else node.output()
    type = None if node.node.op_type == "TreeEnsemble" else Float(32)
    made = trees.aggregated(name, found, ensemble, width, how, base, type)
    return scores.transformed(node.output(), made, post)


@operator("TreeEnsembleClassifier", since=1, domain=DOMAIN)
def tree_classifier(node: NodeContext, x: Tensor) -> tuple[Value, ...]:
    """The class with the highest score in trees, and the scores.

    Where the leaves vote for the first of two classes only, their sum is the score of the *second*:
    it is taken above 0, or above a half if no vote is negative. onnxruntime reads it so, too.
    """
    labels = class_labels(node, "classlabels_int64s")
    post, ensemble = look_up_transform(node), classic(node, "class")
    base, voted = either(node, "base_values"), {int(k) for k in ensemble.targets}
    single = len(labels) == 1 or (len(labels) == 2 and voted == {0})
    width = 1 if single else len(labels)
    if base.size not in (0, width):
        node.unsupported(f"{width} base_values, not {base.size}")
    found = _walked(node, x, ensemble, width)
    name = node.output(1) if post == "NONE" and not single else node.inner("score")
    total = trees.aggregated(
        name, found, ensemble, width, "sum", base if base.size else None, Float(32)
    )
    positive = bool((ensemble.weights >= 0).all())
    if single:
        return one_score(node, total, labels, post, 0.5 if positive else 0.0, positive)
    if len(labels) == 2 and voted == {1}:
        threshold = 0.5 if positive else 0.0
        second = slice_axis(node.inner("second"), total, 1, index(1), index(1))
        best = above(node, second, threshold)
    else:
        best = arg_reduce(node.inner("best"), total, "max", 1, keep_axes=False)
    made = scores.transformed(node.output(1), total, post)
    return looked_up(node, best, labels), made


def classic(node: NodeContext, votes: str) -> trees.Trees:
    """Return the trees of a node that lists the nodes and the votes ("class", "target") of all."""
    tree, own = (node.integers(f"nodes_{k}", []) for k in ("treeids", "nodeids"))
    modes = [_MODES.get(m, -1) for m in node.texts("nodes_modes", [])]
    columns = {
        "features": _places(node, "nodes_featureids", []),
        "splits": either(node, "nodes_values"),
        "missing": np.array(
            node.integers("nodes_missing_value_tracks_true", [0] * len(tree)), np.bool_
        ),
    }
    yes, no = (node.integers(f"nodes_{k}nodeids", []) for k in ("true", "false"))
    sizes = [len(own), len(modes), len(yes), len(no), *(len(c) for c in columns.values())]
    if set(sizes) != {len(tree)}:
        node.fail("its lists of nodes are not equally long")
    if -1 in modes:
        node.fail("a mode of a node is not known", hint=f"there are {', '.join(_MODES)}")
    inner: Array = np.array([m != _LEAF for m in modes], np.bool_)
    # A leaf k is -1 - k, another node its number.
    code = np.where(inner, np.cumsum(inner) - 1, -np.cumsum(np.logical_not(inner))).astype(np.int32)
    known = {key: int(c) for key, c in zip(zip(tree, own, strict=True), code, strict=True)}

    def followed(ids: Sequence[int]) -> Array:
        pairs = [(t, n) for t, n, keep in zip(tree, ids, inner, strict=True) if keep]
        if any(p not in known for p in pairs):
            node.fail("a node is followed by one that does not exist")
        return np.array([known[p] for p in pairs], np.int32)

    first = {t: i for i, t in reversed(list(enumerate(tree)))}
    roots = code[sorted(first.values())]
    voters, targets, weights = _votes_of(node, votes, known)
    return trees.Trees(
        columns["features"][inner],
        np.array(modes, np.int32)[inner],
        columns["splits"][inner],
        [[] for _ in range(int(inner.sum()))],
        followed(yes),
        followed(no),
        columns["missing"][inner],
        roots,
        voters,
        targets,
        weights,
    )


_LEAF = -2
_MODES = {
    "BRANCH_LEQ": trees.LEQ,
    "BRANCH_LT": trees.LT,
    "BRANCH_GTE": trees.GTE,
    "BRANCH_GT": trees.GT,
    "BRANCH_EQ": trees.EQUAL,
    "BRANCH_NEQ": trees.UNEQUAL,
    "LEAF": _LEAF,
}


def _votes_of(
    node: NodeContext, votes: str, known: Mapping[tuple[int, int], int]
) -> tuple[Array, Array, Array]:
    """Return of each vote the leaf, the target and the weight; only leaves have votes."""
    tree, own, target = (node.integers(f"{votes}_{k}", []) for k in ("treeids", "nodeids", "ids"))
    weights = either(node, f"{votes}_weights")
    if not len(tree) == len(own) == len(target) == len(weights):
        node.fail(f"its lists of votes ({votes}_ids and others) are not equally long")
    voters = np.array([-1 - known.get(p, 0) for p in zip(tree, own, strict=True)], np.int64)
    kept = voters >= 0
    return voters[kept], _places(node, f"{votes}_ids")[kept], weights[kept]


def _walked(node: NodeContext, x: Tensor, ensemble: trees.Trees, width: int) -> Tensor:
    """Return the leaf that each sample comes to in each tree."""
    rows = samples(node, x)
    if not rows.type.is_float():
        rows = floats(node, rows)
    ensemble = replace(ensemble, splits=ensemble.splits.astype(rows.type.dtype))
    _check(node, ensemble, width)
    asked = int(ensemble.features.max(initial=-1)) + 1
    found = trees.leaves(node.inner("leaves"), rows, ensemble)
    too_few = choose(less(rows.shape[1], asked), index(1), index(0))
    found.op = replace(found.op, requires=unequal(node, [(too_few, index(0))]))
    return found


def _encoded(node: NodeContext, side: str) -> Array:
    """Return the nodes that follow on one side; a leaf k as -1 - k."""
    follow = _places(node, f"nodes_{side}nodeids")
    is_leaf = np.array(node.integers(f"nodes_{side}leafs"), np.bool_)
    if follow.shape != is_leaf.shape:
        node.fail(f"it has {len(follow)} nodes_{side}nodeids and {len(is_leaf)} nodes_{side}leafs")
    return np.where(is_leaf, -1 - follow, follow).astype(np.int32)


def _places(node: NodeContext, name: str, default: Sequence[int] | None = None) -> Array:
    """Return integers that tell features, nodes, leaves or targets; some may mean none."""
    given = node.integers(name, default)
    if not all(-1 << 31 <= v < 1 << 31 for v in given):
        node.fail(f"its {name} have one that does not fit 32 bits")
    return np.array(given, np.int32)


def _roots(node: NodeContext) -> Array:
    """Return where the trees begin; a tree of a leaf only has a node that leads to it twice."""
    roots = _places(node, "tree_roots")
    yes, no = _encoded(node, "true"), _encoded(node, "false")
    if len(yes) != len(no):
        node.fail("its lists of nodes or of leaves are not equally long")
    if roots.size and not (roots.min() >= 0 and roots.max() < len(yes)):
        node.fail("a root is no node")
    only = (yes[roots] < 0) & (yes[roots] == no[roots])
    return np.where(only, yes[roots], roots).astype(np.int32)


def _members(node: NodeContext, modes: Array) -> list[list[float]]:
    """Return the numbers that each node looks for: they are listed in the order of such nodes."""
    sets: list[list[float]] = [[] for _ in modes]
    wanting = [i for i, mode in enumerate(modes) if mode == trees.MEMBER]
    if not wanting:
        return sets
    number = 0
    for value in node.array("membership_values").reshape(-1).tolist():
        if np.isnan(value):
            number += 1
        elif number < len(wanting):
            sets[wanting[number]].append(value)
    if number != len(wanting):
        node.fail(f"membership_values are for {number} nodes, not {len(wanting)}")
    return sets


def _check(node: NodeContext, t: trees.Trees, width: int) -> None:
    count, leafs = len(t.modes), int(t.voters.max(initial=-1)) + 1
    columns = (t.features, t.splits, t.if_true, t.if_false, t.missing)
    if any(len(c) != count for c in columns) or len(t.weights) != len(t.targets):
        node.fail("its lists of nodes or of leaves are not equally long")
    follow = np.concatenate([t.if_true, t.if_false, t.roots])
    own = node.node.op_type == "TreeEnsemble"
    if follow.size and (follow.max() >= count or (own and follow.min() < -leafs)):
        node.fail("a node is followed by one that does not exist")
    if t.depth() > count:
        node.fail("its nodes go round in a circle")
    if t.modes.size and not (t.modes.min() >= 0 and t.modes.max() <= trees.MEMBER):
        node.fail("a mode is not known")
    if t.targets.size and not (t.targets.min() >= 0 and t.targets.max() < width):
        node.fail(f"a leaf votes for one of {width} that does not exist")
    if t.features.min(initial=0) < 0:
        node.fail("a node asks a feature before the first")
