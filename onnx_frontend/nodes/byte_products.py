"""Products with constant 8-bit weights, four at a time: the instructions that machines have."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.ir.expr import Expr, const
from halo.ir.operators import cast_to
from halo.ops.build import constant
from halo.ops.bytes_in_words import WORD, add_products, lift, weight_words, words_along
from halo.ops.conv import Products, conv
from halo.ops.elementwise import elementwise
from halo.ops.matmul import Sums, matmul
from halo.ops.tensor import Array, Tensor
from halo.ops.window import WindowAxis
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.scaled import is_scalar, shifted

_FEW = 3
"""Numbers to be summed from which on four at a time are less work."""


def small_weights(node: NodeContext, w: Tensor, zero: Tensor | None, axis: int) -> Array | None:
    """Return w - zero if it is known and fits into int8."""
    if w.constant is None or (zero is not None and zero.constant is None):
        return None
    made = shifted(node, "w", w, zero, axis).constant
    assert made is not None
    fits = not made.size or (made.min() >= -128 and made.max() <= 127)
    return made.astype(np.int8) if fits else None


def _zero(node: NodeContext, x: Tensor, zero: Tensor | None) -> Expr | None:
    """Return the code of zero among the lifted ones, as int32; None: it is not the same for all."""
    if zero is None:
        return const(WORD, lift(x))
    if not is_scalar(zero):
        return None
    return cast_to(WORD, zero.at(*[0] * zero.rank)) + lift(x)


def _is_small(x: Tensor) -> bool:
    return x.type.is_integral and x.type.bits() == 8 and x.constant is None


def multiplied(
    node: NodeContext, name: str, a: Tensor, b: Tensor, a_zero: Tensor | None, b_zero: Tensor | None
) -> Tensor | None:
    """Return the int32 product of `a` and a constant matrix; None where it is not made so."""
    zero = _zero(node, a, a_zero) if _is_small(a) and a.rank else None
    if zero is None or b.rank != 2:
        return None
    weights = small_weights(node, b, b_zero, -1)
    if weights is None or weights.shape[0] < _FEW:
        return None
    words = words_along(node.inner("words"), a, a.rank - 1)
    packed = constant(node.inner("packed"), weight_words(weights, 0))
    # Each product has the zero point too much: of a column that is a number.
    less = constant(node.inner("less"), weights.sum(0, dtype=np.int32))

    def start(column: Any) -> Expr:
        return const(WORD, 0) - zero * less.at(column)

    made = matmul(name, words, packed, WORD, Sums(start, add_products))
    made.op = made.op.reading(less, *([] if a_zero is None else [a_zero]))
    return made


def _beginnings(
    node: NodeContext, sums: Array, x: Tensor, zero: Tensor | None, bias: Tensor | None
) -> Tensor:
    """Return the bias less the zero point times the `sums` of weights, per channel, as int32."""
    given = [t for t in (zero, bias) if t is not None]
    if all(t.constant is not None for t in given):
        values = [t.constant.reshape(-1).astype(np.int64) for t in given if t.constant is not None]
        lifted = (values[0] if zero is not None else 0) + lift(x)
        if bias is not None and len(values[-1]) != len(sums):
            node.fail(f"its bias has {len(values[-1])} numbers, not one for each of {len(sums)}")
        made = (values[-1] if bias is not None else 0) - lifted * sums.astype(np.int64)
        return constant(node.inner("first"), made.astype(np.int32))

    def start(count: Expr, *rest: Expr) -> Expr:
        lifted = (cast_to(WORD, rest[0]) if zero is not None else const(WORD, 0)) + lift(x)
        return (rest[-1] if bias is not None else const(WORD, 0)) - lifted * count

    less = constant(node.inner("less"), sums)
    return elementwise(node.inner("first"), start, less, *given, type=WORD)


def convolved_words(
    node: NodeContext,
    name: str,
    x: Tensor,
    w: Tensor,
    zeros: tuple[Tensor | None, Tensor | None],
    bias: Tensor | None,
    axes: tuple[WindowAxis, ...],
) -> Tensor | None:
    """Return the int32 convolution with constant weights; None where it is not made so."""
    zero = _zero(node, x, zeros[0]) if _is_small(x) else None
    weights = None if zero is None else small_weights(node, w, zeros[1], 0)
    if zero is None or weights is None or weights.shape[1] < _FEW:
        return None
    words = words_along(node.inner("words"), x, 1)
    packed = constant(node.inner("packed"), weight_words(weights, 1))
    sums = weights.sum(tuple(range(1, weights.ndim)), dtype=np.int32)
    first = _beginnings(node, sums, x, zeros[0], bias)
    around = zero * const(WORD, 0x01010101)
    made = conv(name, words, packed, first, axes, 1, WORD, Products(add_products, around))
    made.op = made.op.reading(*([] if zeros[0] is None else [zeros[0]]))
    return made
