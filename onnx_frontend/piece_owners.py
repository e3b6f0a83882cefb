"""Which of many pieces, of which only a run tells how many and how long they are, a place is in."""

from __future__ import annotations

from typing import Any

from halo.ir.expr import const
from halo.ir.types import Int
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.index import ZERO, plus
from halo.ops.scan import running
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext


def owners(node: NodeContext, starts: Tensor, total: Any) -> Tensor:
    """Return for each place below `total` the number of the last piece that begins there or before.

    Parameters
    ----------
    starts
        Where each piece begins (int32, a vector): the first at 0, none before the one in front.

    Returns
    -------
    Tensor
        An int32 vector of `total` places, and one more behind them.
    """
    (k,) = axis_vars(1)
    size = plus(total, 1)
    name = node.inner("begin")
    acc = Func(f"{name}_acc")
    acc[k] = const(Int(32), 0)
    r = RDom([(0, starts.shape[0])])
    place = clamp(starts.at(r[0]), ZERO, total)
    acc[place] = call(acc, place) + 1
    # Nothing is read of starts where there are none.
    info = OpInfo(OpKind.SCATTER, (starts,), {"acc": acc}, {"of_none": True})
    begin = computed(name, Int(32), (size,), lambda i: call(acc, i), info)
    return running(node.inner("owners"), begin, 0, lambda a, b: a + b, -1)
