"""RNN, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from halo.ir.expr import Expr
from halo.ir.operators import as_expr, cast_to
from halo.ops import recurrent as ops
from halo.ops.index import index, times
from halo.ops.tensor import Tensor
from onnx_frontend.context import NodeContext
from onnx_frontend.nodes.layers import Layers, beginning
from onnx_frontend.registry import operator


@operator("RNN", since=1)
def rnn(
    node: NodeContext,
    x: Tensor,
    weights: Tensor,
    recurrence: Tensor,
    bias: Tensor | None = None,
    lengths: Tensor | None = None,
    initial: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """H = f(x W + H R + b)."""
    made = Layers(node, 1, x, weights, recurrence, bias, lengths)
    made.expect_state(initial)

    def layer(
        d: int, start: ops.Start, weight: ops.Weights, functions: Sequence[ops.Activation]
    ) -> ops.Layer:
        begin = beginning(made, d, start, [1])
        return ops.rnn(begin, weight, made.initial(initial, d), functions[0])

    return made.outputs(made.states(made.functions(1, ["Tanh"]), layer, initial), [1])


@operator("LSTM", since=1)
def lstm(
    node: NodeContext,
    x: Tensor,
    weights: Tensor,
    recurrence: Tensor,
    bias: Tensor | None = None,
    lengths: Tensor | None = None,
    initial: Tensor | None = None,
    initial_cell: Tensor | None = None,
    peepholes: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Long short-term memory."""
    made = Layers(node, 4, x, weights, recurrence, bias, lengths)
    made.expect_state(initial)
    made.expect_state(initial_cell)
    made.expect(peepholes, index(len(made.backward)), times(made.units, 3))

    def layer(
        d: int, start: ops.Start, weight: ops.Weights, functions: Sequence[ops.Activation]
    ) -> ops.Layer:
        def peephole(gate: int, j: Any) -> Expr:
            assert peepholes is not None
            return cast_to(made.wide, peepholes.at(d, as_expr(j) + made.units * gate))

        first = made.initial(initial, d), made.initial(initial_cell, d)
        look = None if peepholes is None else peephole
        begin = beginning(made, d, start, range(4, 8))
        return ops.lstm(begin, weight, first, look, functions, node.flag("input_forget"))

    functions = made.functions(3, ["Sigmoid", "Tanh", "Tanh"])
    return made.outputs(made.states(functions, layer, initial, initial_cell, peepholes), [5, 4])


@operator("GRU", since=1)
def gru(
    node: NodeContext,
    x: Tensor,
    weights: Tensor,
    recurrence: Tensor,
    bias: Tensor | None = None,
    lengths: Tensor | None = None,
    initial: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Gated recurrent units."""
    made = Layers(node, 3, x, weights, recurrence, bias, lengths)
    made.expect_state(initial)
    linear = node.flag("linear_before_reset")

    def layer(
        d: int, start: ops.Start, weight: ops.Weights, functions: Sequence[ops.Activation]
    ) -> ops.Layer:
        def behind(j: Any) -> Expr:
            return made.bias_at(d, 5, j)

        begin = beginning(made, d, start, [3, 4, 0 if linear else 5])
        first = made.initial(initial, d)
        return ops.gru(begin, weight, first, functions, behind if linear else None)

    functions = made.functions(2, ["Sigmoid", "Tanh"])
    return made.outputs(made.states(functions, layer, initial), [3])
