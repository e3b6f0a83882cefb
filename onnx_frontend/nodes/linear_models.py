"""Linear models of the domain ai.onnx.ml."""

from __future__ import annotations

import numpy as np

from halo.ops import scores
from halo.ops.build import constant
from halo.ops.index import known
from halo.ops.matmul import gemm
from halo.ops.reduce import arg_reduce
from halo.ops.tensor import Array, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.class_labels import class_labels, listed, look_up_transform, one_score
from onnx_frontend.nodes.labels import looked_up
from onnx_frontend.nodes.machine_learning import DOMAIN, floats, samples
from onnx_frontend.registry import operator
from onnx_frontend.values import Value


@operator("LinearRegressor", since=1, domain=DOMAIN)
def linear_regressor(node: NodeContext, x: Tensor) -> Tensor:
    """Sums of features with weights, per target."""
    post = look_up_transform(node)
    made = _sums(node, x, node.integer("targets", 1), node.output() if post == "NONE" else "")
    return scores.transformed(node.output(), made, post)


@operator("LinearClassifier", since=1, domain=DOMAIN)
def linear_classifier(node: NodeContext, x: Tensor) -> tuple[Value, ...]:
    """The class with the largest sum of features with weights, and the scores.

    A single sum is the score of the second of two classes, which is taken above 0; the first has
    what is missing to 1. onnxruntime reads it so, too.
    """
    labels = class_labels(node, "classlabels_ints")
    post, width = look_up_transform(node), _classes(node, x, len(labels))
    name = node.output(1) if post == "NONE" and width > 1 else ""
    made = _sums(node, x, width, name)
    if width == 1:
        return one_score(node, made, labels, post, 0.0, True)
    if width != len(labels):
        node.fail(f"it has {len(labels)} labels for {width} classes")
    best = arg_reduce(node.inner("best"), made, "max", 1, keep_axes=False)
    return looked_up(node, best, labels), scores.transformed(node.output(1), made, post)


def _classes(node: NodeContext, x: Tensor, labels: int) -> int:
    """Return for how many classes there are weights."""
    given = len(node.numbers("intercepts", []))
    features = known(x.shape[-1]) if x.rank else None
    if given or not features:
        return given or labels
    return len(node.numbers("coefficients")) // features


def _sums(node: NodeContext, x: Tensor, width: int, name: str) -> Tensor:
    """Return ``x @ coefficients.T + intercepts`` for `width` columns."""
    return weighted(
        node,
        floats(node, samples(node, x)),
        listed(node, "coefficients"),
        listed(node, "intercepts"),
        width,
        name,
    )


def weighted(
    node: NodeContext, x: Tensor, weights: Array, added: Array, width: int, name: str = ""
) -> Tensor:
    """Return ``x @ weights.T + added`` for `width` columns; by default under a name of its own."""
    if width < 1 or not weights.size or weights.size % width:
        node.fail(f"it has {weights.size} coefficients for {width} columns")
    if added.size not in (0, 1, width):
        node.fail(f"it adds {added.size} numbers to {width} columns")
    table = constant(node.inner("weights"), weights.reshape(width, -1))
    bias = constant(node.inner("added"), np.resize(added, width)) if added.size else None
    return gemm(name or node.inner("sums"), x, table, bias, transpose_b=True)
