"""Elementwise operations: each cell from the cells broadcast to its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from halo.ir.expr import Expr
from halo.ir.types import Type
from halo.ops.broadcast import broadcast_at, broadcast_shapes
from halo.ops.build import computed
from halo.ops.tensor import OpInfo, OpKind, Tensor

Cell = Callable[..., Expr]


def elementwise(
    name: str,
    cell: Cell,
    *inputs: Tensor,
    type: Type | None = None,
    attrs: Mapping[str, Any] | None = None,
) -> Tensor:
    """Return the tensor whose cells are `cell` of the inputs' cells, broadcast together.

    Parameters
    ----------
    name
        Name of the result.
    cell
        From one Expr per input to the cell of the result.
    inputs
        The operands.
    type
        Element type of the result; the first input's if not given. The cell is cast to it.
    attrs
        What `OpInfo.attrs` shall say.
    """
    shape, requires = broadcast_shapes(*[x.shape for x in inputs])
    op = OpInfo(OpKind.ELEMENTWISE, inputs, attrs=attrs or {}, requires=requires)

    def compute(*coords: Any) -> Expr:
        return cell(*[broadcast_at(x, coords) for x in inputs])

    return computed(name, type or inputs[0].type, shape, compute, op)
