"""GatherBlockQuantized: rows of a table of few bits, decoded where they are taken."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import Expr, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Int
from halo.ops.build import computed
from halo.ops.encoded import ENCODINGS, decode
from halo.ops.functions import sum_type
from halo.ops.gather import place_along
from halo.ops.index import ceil_div, known, times
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import normal_axis
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.microsoft.bits import bits_at
from onnx_frontend.microsoft.domain import microsoft


@microsoft("GatherBlockQuantized", codes=True)
def gather_block_quantized(
    node: NodeContext, data: Tensor, indices: Tensor, scales: Tensor, zeros: Tensor | None = None
) -> Tensor:
    """Slices at places along an axis, of which each block along another has a scale."""
    axis = normal_axis(node.integer("gather_axis", 0), data.rank)
    along = normal_axis(node.integer("quantize_axis", 1), data.rank)
    block, bits = node.integer("block_size", 128), node.integer("bits", 4)
    packed = data.encoding is None
    if block < 16 or block & (block - 1):
        node.unsupported("a block_size that is a power of two, 16 or more")
    if packed and (bits not in (2, 4, 8) or axis != 0 or along == axis):
        node.unsupported("bytes of numbers of 2, 4 or 8 bits, taken along the first axis")
    if not packed and not ENCODINGS[data.encoding or ""].is_integer:
        node.unsupported("numbers that are integers")
    if scales.rank != data.rank:
        node.fail(f"its data has {data.rank} axes, its scales {scales.rank}")
    if zeros is not None and zeros.rank != data.rank:
        node.fail(f"its data has {data.rank} axes, its zero points {zeros.rank}")
    own = data if packed else decode(node.inner("numbers"), data)
    middle = own_zeros = None
    if zeros is not None:
        own_zeros = zeros if packed else decode(node.inner("zeros"), zeros)
    elif packed:
        middle = 1 << (bits - 1)
    per_byte = 8 // bits if packed else 1
    size = times(data.shape[-1], per_byte) if packed else data.shape[-1]
    whole = (*data.shape[:-1], size)

    def number(x: Tensor, place: list[Any]) -> Expr:
        return bits_at(bits, x, *place) if packed else cast_to(Int(32), x.at(*place))

    def cell(*coords: Any) -> Expr:
        taken = coords[axis : axis + indices.rank]
        index = place_along(indices.at(*taken), whole[axis])
        place: list[Any] = [*coords[:axis], index, *coords[axis + indices.rank :]]
        group = list(place)
        group[along] = as_expr(place[along]) / block
        held = [
            const(Int(32), 0) if known(d) == 1 else g
            for g, d in zip(group, scales.shape, strict=True)
        ]
        wide = sum_type(scales.type)
        value = number(own, place)
        if own_zeros is not None:
            value = value - number(own_zeros, group)
        elif middle is not None:
            value = value - middle
        return cast_to(wide, value) * cast_to(wide, scales.at(*held))

    shape = (*whole[:axis], *indices.shape, *whole[axis + 1 :])
    blocks = [ceil_div(d, block) if a == along else d for a, d in enumerate(whole)]
    pairs = [(s, b) for s, b in zip(scales.shape, blocks, strict=True) if known(s) != 1]
    if own_zeros is not None:
        held_in = [*blocks[:-1], ceil_div(blocks[-1], per_byte)]
        pairs += zip(own_zeros.shape, held_in, strict=True)
    read = (own, indices, scales, *([] if own_zeros is None else [own_zeros]))
    info = OpInfo(OpKind.GATHER, read, requires=unequal(node, pairs))
    return computed(node.output(), scales.type, shape, cell, info)
