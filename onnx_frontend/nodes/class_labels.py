"""What the classifiers of the domain ai.onnx.ml share: labels, and scores of one class."""

from __future__ import annotations

import numpy as np

from halo.ir.operators import cast_to
from halo.ir.types import Int
from halo.ops import scores
from halo.ops.elementwise import elementwise
from halo.ops.tensor import Array, Tensor
from halo.ops.views import squeeze
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.labels import looked_up
from onnx_frontend.values import Value


def either(node: NodeContext, name: str) -> Array:
    """Return a list of floats, which may be given as a tensor instead; empty if it is not given."""
    if node.has(f"{name}_as_tensor"):
        return node.array(f"{name}_as_tensor").reshape(-1)
    return listed(node, name)


def listed(node: NodeContext, name: str) -> Array:
    """Return a list of floats; empty if it is not given."""
    return np.array(node.numbers(name, []), np.float32)


def class_labels(node: NodeContext, numbers: str) -> Array:
    """Return the labels of classes: strings, or what the attribute `numbers` lists.

    Raises
    ------
    ModelError
        There are none.
    """
    words = node.texts("classlabels_strings", [])
    made = np.array(words, object) if words else np.array(node.integers(numbers, []), np.int64)
    if not made.size:
        node.fail("it has no labels of classes")
    return made


def look_up_transform(node: NodeContext) -> str:
    """Return the attribute post_transform, which must be one that is known."""
    post = node.text("post_transform", "NONE")
    if post not in scores.TRANSFORMS:
        node.fail(f"post_transform {post!r}", hint=f"it is {', '.join(scores.TRANSFORMS)}")
    return post


def above(node: NodeContext, score: Tensor, threshold: float) -> Tensor:
    """Return whether a score (samples, 1) is above a threshold, as 0 or 1 (samples,)."""
    flags = elementwise(
        node.inner("flags"), lambda s: cast_to(Int(32), s > threshold), score, type=Int(32)
    )
    return squeeze(node.inner("above"), flags, [1])


def one_score(
    node: NodeContext, score: Tensor, labels: Array, post: str, threshold: float, positive: bool
) -> tuple[Value, Value]:
    """Return the labels and scores where there is one score (samples, 1), as onnxruntime has it.

    Of two labels it is that of the second (see `scores.of_two_classes`). A single label stands
    beside no other, so the results are the numbers 0 and 1; of the transforms only PROBIT counts.
    """
    best = above(node, score, threshold)
    if len(labels) == 2:
        if post == "PROBIT":
            node.unsupported("a post_transform of two classes with one score other than PROBIT")
        made = scores.of_two_classes(node.output(1), score, post, positive)
        return looked_up(node, best, labels), made
    if labels.dtype == object:
        node.unsupported("labels of more than one class, or numbers")
    made = elementwise(node.output(1), lambda s: scores.probit(s) if post == "PROBIT" else s, score)
    return looked_up(node, best, np.array([0, 1])), made
