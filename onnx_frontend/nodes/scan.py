"""Running sums and products."""

from __future__ import annotations

import operator as python
from collections.abc import Callable

from halo.ir.expr import Expr
from halo.ops.reshape import reshape
from halo.ops.run_time_axes import around
from halo.ops.scan import running
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.registry import operator


def _register(name: str, since: int, combine: Callable[[Expr, Expr], Expr], start: int) -> None:
    @operator(name, since=since)
    def apply(node: NodeContext, x: Tensor, axis: Tensor) -> Tensor:
        exclusive, reverse = node.flag("exclusive"), node.flag("reverse")
        fixed = node.known_constants(axis)
        if fixed is not None:
            return running(node.output(), x, fixed[0], combine, start, exclusive, reverse)
        place = node.scalar(axis, "an axis")
        split, _ = around(node.inner("split"), x, place)
        made = running(node.inner("sums"), split, 1, combine, start, exclusive, reverse)
        return reshape(node.output(), made, x.shape)


_register("CumSum", 11, python.add, 0)
_register("CumProd", 26, python.mul, 1)
