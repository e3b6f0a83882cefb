"""Operators of the domain ai.onnx.ml on numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from halo.ir.operators import cast_to
from halo.ops import functions as f
from halo.ops import gather, trees
from halo.ops.elementwise import elementwise
from halo.ops.index import choose, index, less, product
from halo.ops.reshape import reshape
from halo.ops.softmax import softmax
from halo.ops.tensor import Array, Tensor
from halo.ops.views import unsqueeze
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.registry import operator

DOMAIN = "ai.onnx.ml"


@operator("Binarizer", since=1, domain=DOMAIN)
def binarize(node: NodeContext, x: Tensor) -> Tensor:
    """1 where a cell is above a threshold, else 0."""
    threshold = node.number("threshold", 0.0)
    return elementwise(node.output(), lambda v: cast_to(x.type, v > threshold), x)


@operator("ArrayFeatureExtractor", since=1, domain=DOMAIN)
def pick_features(node: NodeContext, x: Tensor, places: Tensor) -> Tensor:
    """Cells at places along the last axis."""
    rows = unsqueeze(node.inner("rows"), x, [0]) if x.rank == 1 else x
    flat = reshape(node.inner("flat"), places, (product(places.shape),))
    return gather.gather(node.output(), rows, flat, rows.rank - 1)


_HOW = ("average", "sum", "min", "max")


@operator("TreeEnsemble", since=5, domain=DOMAIN)
def tree_ensemble(node: NodeContext, x: Tensor) -> Tensor:
    """What the leaves say that each sample comes to in trees."""
    if x.rank != 2:
        node.fail(f"its input has {x.rank} axes, not 2")
    modes = node.array("nodes_modes").astype(np.int32).reshape(-1)
    splits = node.array("nodes_splits").reshape(-1)
    ensemble = trees.Trees(
        np.array(node.integers("nodes_featureids"), np.int32),
        modes,
        splits.astype(x.type.dtype),
        _members(node, modes),
        _encoded(node, "true"),
        _encoded(node, "false"),
        np.array(node.integers("nodes_missing_value_tracks_true", [0] * len(modes)), np.bool_),
        _roots(node),
        np.array(node.integers("leaf_targetids"), np.int32),
        node.array("leaf_weights").reshape(-1),
    )
    _check(node, ensemble)
    how, post = node.integer("aggregate_function", 1), node.integer("post_transform", 0)
    if not 0 <= how < len(_HOW):
        node.fail(f"aggregate_function {how}")
    if post not in (0, 1, 2):
        node.unsupported("a post_transform of NONE, SOFTMAX or LOGISTIC")
    asked = int(ensemble.features.max(initial=-1)) + 1
    found = trees.leaves(node.inner("leaves"), x, ensemble)
    too_few = choose(less(x.shape[1], asked), index(1), index(0))
    found.op = replace(found.op, requires=unequal(node, [(too_few, index(0))]))
    targets = node.integer("n_targets")
    name = node.inner("total") if post else node.output()
    made = trees.aggregated(name, found, ensemble, targets, _HOW[how])
    if post == 1:
        return softmax(node.output(), made, [1])
    return elementwise(node.output(), f.sigmoid, made) if post else made


def _encoded(node: NodeContext, side: str) -> Array:
    """Return the nodes that follow on one side; a leaf k as -1 - k."""
    follow = np.array(node.integers(f"nodes_{side}nodeids"), np.int32)
    is_leaf = np.array(node.integers(f"nodes_{side}leafs"), np.bool_)
    if follow.shape != is_leaf.shape:
        node.fail(f"it has {len(follow)} nodes_{side}nodeids and {len(is_leaf)} nodes_{side}leafs")
    return np.where(is_leaf, -1 - follow, follow).astype(np.int32)


def _roots(node: NodeContext) -> Array:
    """Return where the trees begin; a tree of a leaf only has a node that leads to it twice."""
    roots = np.array(node.integers("tree_roots"), np.int32)
    yes, no = _encoded(node, "true"), _encoded(node, "false")
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


def _check(node: NodeContext, t: trees.Trees) -> None:
    count, leafs = len(t.modes), len(t.targets)
    columns = (t.features, t.splits, t.if_true, t.if_false, t.missing)
    if any(len(c) != count for c in columns) or len(t.weights) != leafs:
        node.fail("its lists of nodes or of leaves are not equally long")
    follow = np.concatenate([t.if_true, t.if_false, t.roots])
    if follow.size and (follow.max() >= count or follow.min() < -leafs):
        node.fail("a node is followed by one that does not exist")
    if t.depth() > count:
        node.fail("its nodes go round in a circle")
    if t.modes.size and not (t.modes.min() >= 0 and t.modes.max() <= trees.MEMBER):
        node.fail("a mode is not known")
