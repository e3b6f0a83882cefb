"""Operators that only move strings: they move numbers, which say which string is where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import onnx

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr
from halo.ir.types import Int
from halo.ops.build import computed
from halo.ops.index import ONE, greatest, index, minus, plus, product, times
from halo.ops.reshape import reshape
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.text import BYTE
from onnx_frontend.context import NodeContext
from onnx_frontend.open_sequences import cell_at
from onnx_frontend.registry import Operator
from onnx_frontend.values import Text, Value

# fmt: off
MOVES = frozenset(
    {"Compress", "Concat", "DepthToSpace", "Expand", "Flatten", "Gather", "GatherElements",
     "GatherND", "OneHot", "Pad", "RandomNormalLike", "RandomUniformLike", "Reshape",
     "ReverseSequence", "Scatter", "ScatterElements", "ScatterND", "Shape", "Size", "Slice",
     "SpaceToDepth", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze", "Where"}
)
# fmt: on
"""Operators of ``ai.onnx`` that look at no cell of what they move."""


def move_strings(
    translate: Operator, context: NodeContext, operands: Sequence[Value | None]
) -> tuple[Value, ...]:
    """Return what `translate` makes of a node, some operands of which are strings.

    Raises
    ------
    Unsupported
        It does more than to move them.
    """
    node = context.node
    if node.domain or node.op_type not in MOVES or context.has("reduction"):
        context.unsupported("operands that are no strings")
    schema = onnx.defs.get_schema(node.op_type, context.opset, "")
    texts = [x for x in operands if isinstance(x, Text)]
    moved = {_type(schema.inputs, i) for i, x in enumerate(operands) if isinstance(x, Text)}
    names = tuple(name and f"{name}_places" for name in node.outputs)
    inner = context.standing_for(replace(node, outputs=names), context.opset)
    given = iter(_numbered(context, texts))
    made = translate(inner, *(next(given) if isinstance(x, Text) else x for x in operands))
    results: list[Value] = []
    for i, value in enumerate(made if isinstance(made, tuple) else (made,)):
        if isinstance(value, Tensor) and _type(schema.outputs, i) in moved:
            value = _strings(context, i, value, texts)
        results.append(value)
    return tuple(results)


def _type(ports: Sequence[Any], number: int) -> str:
    """Return the name of the type of operand or result `number`; the last may be several."""
    return str(ports[min(number, len(ports) - 1)].type_str)


def _begins(texts: Sequence[Text]) -> list[Expr]:
    """Return the number of the first string of each tensor; 0 is that of an empty string."""
    begins = [index(1)]
    for text in texts[:-1]:
        begins.append(plus(begins[-1], product(text.codes.shape[:-1])))
    return begins


def _numbered(context: NodeContext, texts: Sequence[Text]) -> list[Tensor]:
    """Return for each tensor of strings their numbers."""
    made: list[Tensor] = []
    for text, begin in zip(texts, _begins(texts), strict=True):
        shape = text.codes.shape[:-1]
        strides = [product(shape[a + 1 :]) for a in range(len(shape))]

        def cell(*at: Any, begin: Expr = begin, strides: Sequence[Expr] = strides) -> Expr:
            number = begin
            for c, stride in zip(at, strides, strict=True):
                number = plus(number, times(as_expr(c), stride))
            return number

        info = OpInfo(OpKind.VIEW, attrs={"what": "range"})
        made.append(computed(context.inner("places"), Int(32), shape, cell, info))
    return made


def _strings(context: NodeContext, number: int, places: Tensor, texts: Sequence[Text]) -> Text:
    """Return the strings whose numbers are `places`, as output `number`."""
    rows = [
        reshape(context.inner("rows"), t.codes, (product(t.codes.shape[:-1]), t.codes.shape[-1]))
        for t in texts
    ]
    begins = _begins(texts)
    longest = rows[0].shape[1]
    for x in rows[1:]:
        longest = greatest(longest, x.shape[1])

    def cell(*at: Any) -> Expr:
        *coords, i = at
        place, byte = as_expr(places.at(*coords)), as_expr(i)
        value: Expr = const(BYTE, 0)
        for x, begin in zip(rows, begins, strict=True):
            row = minus(place, begin)
            last = minus(x.shape[1], ONE)
            there = (row >= 0) & (row < x.shape[0]) & (byte <= last)
            held = cell_at(x, row, Select(byte <= last, byte, last))
            value = Select(there, held, value)
        return value

    info = OpInfo(OpKind.GATHER, (places, *rows))
    return Text(computed(context.output(number), BYTE, (*places.shape, longest), cell, info))
