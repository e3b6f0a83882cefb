"""Support vector machines of the domain ai.onnx.ml."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import cast_to
from halo.ir.types import Float, Int
from halo.lang.math import exp, tanh
from halo.ops import functions as f
from halo.ops import pairwise, scores
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.index import index
from halo.ops.matmul import Sums, matmul
from halo.ops.reduce import arg_reduce
from halo.ops.tensor import Array, Tensor
from halo.ops.views import slice_axis, squeeze
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.class_labels import class_labels, listed, look_up_transform
from onnx_frontend.nodes.labels import looked_up
from onnx_frontend.nodes.linear_models import weighted
from onnx_frontend.nodes.machine_learning import DOMAIN, floats, samples
from onnx_frontend.registry import operator
from onnx_frontend.values import Value

_MOST_CLASSES = 32
"""Of which probabilities are computed: the work in one step grows with their square."""


@operator("SVMRegressor", since=1, domain=DOMAIN)
def svm_regressor(node: NodeContext, x: Tensor) -> Tensor:
    """Kernels of a sample and the support vectors, summed with weights; or which side it is on."""
    post, supports = look_up_transform(node), node.integer("n_supports", 0)
    rows, coefficients = floats(node, samples(node, x)), listed(node, "coefficients")
    if supports:
        rows = _kernels(node, rows, supports)
    made = weighted(node, rows, coefficients, listed(node, "rho")[:1], 1)
    if node.flag("one_class"):
        side = elementwise(node.inner("side"), _side, made)
        return scores.transformed(node.output(), side, post)
    return scores.transformed(node.output(), made, post)


def _side(v: Expr) -> Expr:
    return Select(v > 0, const(v.type, 1), const(v.type, -1))


@operator("SVMClassifier", since=1, domain=DOMAIN)
def svm_classifier(node: NodeContext, x: Tensor) -> tuple[Value, ...]:
    """The class that wins most comparisons with others, and scores.

    The scores are those of the pairs of classes; or probabilities of the classes, if prob_a and
    prob_b are given. Without support vectors each class has a linear score.
    """
    labels, post = class_labels(node, "classlabels_ints"), look_up_transform(node)
    rows = floats(node, samples(node, x))
    each = node.integers("vectors_per_class", [])
    if not sum(each):
        return _linear(node, rows, labels, post)
    count = len(labels)
    if len(each) != count or count < 2:
        node.fail(f"it has {len(each)} vectors_per_class for {count} classes")
    kernels = _kernels(node, rows, sum(each))
    pairs = _pair_scores(node, kernels, each)
    votes = pairwise.votes(node.inner("votes"), pairs, count)
    best = arg_reduce(node.inner("best"), votes, "max", 1, keep_axes=False)
    return looked_up(node, best, labels), _scores(node, pairs, count, post)


def _scores(node: NodeContext, pairs: Tensor, count: int, post: str) -> Tensor:
    """Return the scores (samples, pairs), or (samples, classes)."""
    a, b = node.numbers("prob_a", []), node.numbers("prob_b", [])
    needed = len(pairwise.pairs_of(count))
    if len(a) != len(b) or len(a) not in (0, needed):
        node.fail(f"it has {len(a)} prob_a and {len(b)} prob_b for {needed} pairs of classes")
    if a:
        if count > _MOST_CLASSES:
            node.unsupported(f"probabilities of at most {_MOST_CLASSES} classes")
        each = pairwise.pair_probabilities(node.inner("pair_probabilities"), pairs, a, b)
        made = pairwise.probabilities(node.inner("probabilities"), each, count)
        return scores.transformed(node.output(1), made, post)
    if count > 2:
        return scores.transformed(node.output(1), pairs, post)
    if post == "PROBIT":
        node.unsupported("a post_transform of two classes with one score other than PROBIT")
    # As onnxruntime has it: the second class has the score, although a positive one is the first's.
    return scores.of_two_classes(node.output(1), pairs, post, post != "NONE")


def _linear(node: NodeContext, x: Tensor, labels: Array, post: str) -> tuple[Value, ...]:
    """A score for each class by weights of the features."""
    coefficients = listed(node, "coefficients")
    made = weighted(node, x, coefficients, listed(node, "rho")[:1], len(labels))
    best = arg_reduce(node.inner("best"), made, "max", 1, keep_axes=False)
    if len(labels) == 2:
        best = _second_wins(node, made, bool((coefficients >= 0).all()))
    return looked_up(node, best, labels), scores.transformed(node.output(1), made, post)


def _second_wins(node: NodeContext, made: Tensor, positive: bool) -> Tensor:
    """Return 1 for the second of two classes: if its score is larger, or the larger is high.

    High is at least a half where all weights are `positive`, else above 0, as in onnxruntime.
    """
    first, second = (
        slice_axis(node.inner(role), made, 1, index(i), index(1))
        for i, role in enumerate(("first", "second"))
    )

    def cell(a: Expr, b: Expr) -> Expr:
        top = f.larger(a, b)
        return cast_to(Int(32), (top >= 0.5 if positive else top > 0) | (b > a))

    flags = elementwise(node.inner("flags"), cell, first, second, type=Int(32))
    return squeeze(node.inner("best"), flags, [1])


def _kernels(node: NodeContext, x: Tensor, supports: int) -> Tensor:
    """Return the kernel of each sample and each support vector (samples, supports)."""
    vectors = listed(node, "support_vectors")
    if not vectors.size or vectors.size % supports:
        node.fail(f"it has {vectors.size} numbers for {supports} support vectors")
    gamma, offset, degree = ([*node.numbers("kernel_params", []), 0.0, 0.0, 0.0])[:3]
    kind = node.text("kernel_type", "LINEAR")
    if kind == "RBF":
        columns = constant(node.inner("vectors"), vectors.reshape(supports, -1).T.copy())
        squares = Sums(lambda _: const(Float(32), 0), lambda t, a, b: t + (a - b) * (a - b))
        made = matmul(node.inner("distances"), x, columns, sums=squares)
    else:
        made = weighted(node, x, vectors, np.zeros(0, np.float32), supports)
    kernels: dict[str, Callable[[Expr], Expr]] = {
        "LINEAR": lambda v: v,
        "POLY": lambda v: f.power(v * gamma + offset, const(v.type, degree)),
        "SIGMOID": lambda v: tanh(v * gamma + offset),
        "RBF": lambda v: exp(v * -gamma),
    }
    if kind not in kernels:
        node.fail(f"kernel_type {kind!r}", hint=f"it is {', '.join(kernels)}")
    return elementwise(node.inner("kernels"), kernels[kind], made)


def _pair_scores(node: NodeContext, kernels: Tensor, each: Sequence[int]) -> Tensor:
    """Return the score of each pair of classes: above 0 the first wins (samples, pairs).

    The coefficients (classes - 1, supports) of a vector are for its class against the others.
    """
    supports, pairs = sum(each), pairwise.pairs_of(len(each))
    given, rho = listed(node, "coefficients"), listed(node, "rho")
    if given.size != (len(each) - 1) * supports or rho.size < len(pairs):
        node.fail(f"it has {given.size} coefficients and {rho.size} rho for {len(pairs)} pairs")
    rows = given.reshape(len(each) - 1, supports)
    owner = np.repeat(np.arange(len(each)), each)
    table = np.zeros((len(pairs), supports), np.float32)
    for number, (i, j) in enumerate(pairs):
        table[number] = np.where(owner == i, rows[j - 1], np.where(owner == j, rows[i], 0))
    return weighted(node, kernels, table, rho[: len(pairs)], len(pairs))
