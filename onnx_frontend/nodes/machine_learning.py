"""Operators of the domain ai.onnx.ml that prepare features."""

from __future__ import annotations

import numpy as np

from halo.ir.expr import Expr, Select, const
from halo.ir.intrinsics import intrinsic
from halo.ir.operators import cast_to, eq
from halo.ir.types import Float
from halo.ops import gather, views
from halo.ops.build import constant
from halo.ops.elementwise import elementwise
from halo.ops.index import ZERO, known, least, minus, product
from halo.ops.pad import pad
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.tensor import Array, Tensor
from onnx_frontend.context import NodeContext
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
    rows = views.unsqueeze(node.inner("rows"), x, [0]) if x.rank == 1 else x
    flat = reshape(node.inner("flat"), places, (product(places.shape),))
    return gather.gather(node.output(), rows, flat, rows.rank - 1)


def floats(node: NodeContext, x: Tensor) -> Tensor:
    """Return `x` in float32, in which these operators compute."""
    return elementwise(node.inner("floats"), lambda v: cast_to(Float(32), v), x, type=Float(32))


def samples(node: NodeContext, x: Tensor) -> Tensor:
    """Return `x` as rows of features; a vector is one of them."""
    if x.rank == 1:
        return views.unsqueeze(node.inner("rows"), x, [0])
    if x.rank != 2:
        node.fail(f"its input has {x.rank} axes, not 2")
    return x


def _per_feature(node: NodeContext, x: Tensor, values: Array, what: str) -> Tensor:
    """Return numbers for each feature, the last axis of `x`; or one for all."""
    width = known(x.shape[-1]) if x.rank else 1
    if values.size not in (1, width) and (width is not None or not values.size):
        node.fail(f"it has {values.size} values of {what} for {width} features")
    return constant(node.inner(what), values)


@operator("Scaler", since=1, domain=DOMAIN)
def scale(node: NodeContext, x: Tensor) -> Tensor:
    """Features less an offset, times a scale."""
    offset = np.array(node.numbers("offset", [0.0]), np.float32)
    factor = np.array(node.numbers("scale", [1.0]), np.float32)
    by = [_per_feature(node, x, v, w) for v, w in ((offset, "offset"), (factor, "scale"))]
    return elementwise(
        node.output(),
        lambda v, o, s: (cast_to(Float(32), v) - o) * s,
        x,
        *by,
        type=Float(32),
    )


@operator("Normalizer", since=1, domain=DOMAIN)
def normalize(node: NodeContext, x: Tensor) -> Tensor:
    """Rows divided by their largest cell, the sum of their sizes, or their length."""
    norm = node.text("norm", "MAX")
    how = {"MAX": "max", "L1": "l1", "L2": "l2"}.get(norm)
    if how is None:
        node.fail(f"norm {norm!r}", hint="it is MAX, L1 or L2")
    wide = floats(node, x)
    divisor = reduce(node.inner("norm"), wide, how, [-1], keep_axes=True)
    return elementwise(node.output(), lambda v, d: Select(eq(d, 0), v, v / d), wide, divisor)


@operator("Imputer", since=1, domain=DOMAIN)
def impute(node: NodeContext, x: Tensor) -> Tensor:
    """Cells that have one value replaced by another, of each feature."""
    if x.type.is_float():
        given = np.array(node.numbers("imputed_value_floats", []), x.type.dtype)
        gone: float = node.number("replaced_value_float", 0.0)
    else:
        given = np.array(node.integers("imputed_value_int64s", []), x.type.dtype)
        gone = node.integer("replaced_value_int64", 0)
    if not given.size:
        node.fail("it has no imputed values of the type of its input")
    values = _per_feature(node, x, given, "imputed")

    def cell(v: Expr, other: Expr) -> Expr:
        found = intrinsic("is_nan", v) if gone != gone else eq(v, const(v.type, gone))
        return Select(found, other, v)

    return elementwise(node.output(), cell, x, values)


@operator("FeatureVectorizer", since=1, domain=DOMAIN)
def join_features(node: NodeContext, *inputs: Tensor) -> Tensor:
    """The features of all inputs side by side, of each as many as told."""
    wanted = node.integers("inputdimensions", [known(x.shape[-1]) or -1 for x in inputs])
    if len(wanted) != len(inputs) or min(wanted) < 0:
        node.fail(f"it has {len(wanted)} inputdimensions for {len(inputs)} inputs")
    parts: list[Tensor] = []
    for x, width in zip(inputs, wanted, strict=True):
        rows = samples(node, x)
        kept = least(rows.shape[1], width)
        cut = views.slice_axis(node.inner("cut"), floats(node, rows), 1, ZERO, kept)
        filled = pad(node.inner("filled"), cut, [ZERO, ZERO], [ZERO, minus(width, kept)])
        parts.append(filled)
    return views.concat(node.output(), parts, 1)
