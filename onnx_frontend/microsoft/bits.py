"""Weights of a few bits: MatMulNBits."""

from __future__ import annotations

from typing import Any

import numpy as np

from halo.ir.expr import Expr, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.ops.build import computed, constant
from halo.ops.elementwise import elementwise
from halo.ops.functions import sum_type
from halo.ops.index import index, known
from halo.ops.matmul import matmul
from halo.ops.tensor import Array, OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.domain import microsoft
from onnx_frontend.nodes.scaled import PRODUCTS, READERS


def unpacked(packed: Array, bits: int) -> Array:
    """Return the numbers of `bits` in each byte along the last axis, the low bits first."""
    per_byte = 8 // bits
    parts = [(packed >> (bits * i)) & ((1 << bits) - 1) for i in range(per_byte)]
    return np.stack(parts, axis=-1).reshape(*packed.shape[:-1], -1)


def bits_at(bits: int, packed: Tensor, *place: Any) -> Expr:
    """Return number ``place[-1]`` of `bits` along the last axis of bytes, as int32."""
    per_byte = 8 // bits
    at = as_expr(place[-1])
    byte = cast_to(Int(32), packed.at(*place[:-1], at / per_byte))
    return (byte >> (at % per_byte * bits)) & ((1 << bits) - 1)


@microsoft("MatMulNBits")
def matmul_n_bits(
    node: NodeContext,
    a: Tensor,
    b: Tensor,
    scales: Tensor,
    zeros: Tensor | None = None,
    groups: Tensor | None = None,
    bias: Tensor | None = None,
) -> Tensor:
    """The product with a matrix of numbers of few bits, a block of a column having a scale."""
    bits, block = node.integer("bits", 4), node.integer("block_size")
    n, k = node.integer("N"), node.integer("K")
    if bits not in (2, 4, 8):
        node.unsupported(f"numbers of 2, 4 or 8 bits, not {bits}")
    if block < 16 or block & (block - 1):
        node.fail(f"its block_size is {block}", hint="a power of two, 16 or more")
    if groups is not None:
        node.unsupported("no g_idx, which is deprecated")
    if node.integer("weight_prepacked", 0):
        node.unsupported("weights that are not prepacked for another machine")
    blocks = -(-k // block)
    _check(node, b, (n, blocks, block * bits // 8))
    if a.rank < 1 or known(a.shape[-1]) not in (None, k):
        node.fail(f"its input has rows of {known(a.shape[-1])}, K is {k}")
    if zeros is not None:
        _check_zeros(node, zeros, n, blocks if zeros.type.is_float() else -(-blocks * bits // 8))
    weights = _weights(node, b, scales, zeros, (n, k, bits, block))
    made = matmul(node.output() if bias is None else node.inner("product"), a, weights)
    if bias is None:
        return made
    return elementwise(node.output(), lambda v, w: v + w, made, bias)


def _check(node: NodeContext, b: Tensor, wanted: tuple[int, int, int]) -> None:
    sizes = tuple(known(d) for d in b.shape)
    if sizes != wanted:
        node.fail(f"its weights are of shape {sizes}, not {wanted}")


def _check_zeros(node: NodeContext, zeros: Tensor, n: int, row: int) -> None:
    sizes = tuple(known(d) for d in zeros.shape)
    if sizes not in ((n, row), (n * row,)):
        node.fail(f"its zero points are of shape {sizes}, not {(n, row)}")


def _weights(
    node: NodeContext,
    b: Tensor,
    scales: Tensor,
    zeros: Tensor | None,
    sizes: tuple[int, int, int, int],
) -> Tensor:
    """Return the matrix (k, n), which its reader decodes where it reads it."""
    n, k, bits, block = sizes
    blocks = -(-k // block)
    wide = sum_type(scales.type)
    middle = 1 << (bits - 1)
    codes = _turned_codes(node, b, k, bits)
    rows = _turned_scales(node, scales, n, blocks)

    def zero_at(column: Any, group: Any) -> Expr:
        if zeros is None:
            return const(wide, middle)
        if zeros.type.is_float():
            place = (column, group) if zeros.rank == 2 else (as_expr(column) * blocks + group,)
            return cast_to(wide, zeros.at(*place))
        packed = -(-blocks * bits // 8)
        if zeros.rank == 2:
            return cast_to(wide, bits_at(bits, zeros, column, group))
        per_byte = 8 // bits
        byte = cast_to(Int(32), zeros.at(as_expr(column) * packed + as_expr(group) / per_byte))
        return cast_to(wide, (byte >> (as_expr(group) % per_byte * bits)) & ((1 << bits) - 1))

    def cell(row: Any, column: Any) -> Expr:
        group = as_expr(row) / block
        if codes is not None:
            code: Expr = cast_to(Int(32), codes.at(row, column))
        else:
            code = bits_at(bits, b, column, group, as_expr(row) % block)
        step = rows.at(group, column) if rows is not None else scales.at(column, group)
        return (cast_to(wide, code) - zero_at(column, group)) * cast_to(wide, step)

    read = (codes or b, rows or scales, *([] if zeros is None else [zeros]))
    op = OpInfo(OpKind.ELEMENTWISE, read, attrs={"joins": READERS | PRODUCTS})
    return computed(node.inner("weights"), scales.type, (index(k), index(n)), cell, op)


def _turned_codes(node: NodeContext, b: Tensor, k: int, bits: int) -> Tensor | None:
    if b.constant is None:
        return None
    flat = unpacked(b.constant.reshape(b.constant.shape[0], -1), bits)[:, :k]
    return constant(node.inner("codes"), np.ascontiguousarray(flat.T))


def _turned_scales(node: NodeContext, scales: Tensor, n: int, blocks: int) -> Tensor | None:
    if scales.constant is None:
        if scales.rank != 2:
            node.unsupported(f"scales of 2 axes, not {scales.rank}")
        return None
    turned = scales.constant.reshape(n, blocks).T
    return constant(node.inner("steps"), np.ascontiguousarray(turned))
