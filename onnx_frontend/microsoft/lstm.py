"""DynamicQuantizeLSTM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Float, Int
from halo.lang.operators import clamp
from halo.ops import recurrent as ops
from halo.ops.build import computed, constant
from halo.ops.bytes_in_words import weight_words
from halo.ops.elementwise import elementwise
from halo.ops.index import floor_div, index, known, minus, product, times
from halo.ops.quantized_recurrent import quantized_lstm
from halo.ops.reduce import reduce
from halo.ops.reshape import reshape
from halo.ops.tensor import Array, OpInfo, OpKind, Tensor
from halo.ops.views import transpose
from onnx_frontend.context import NodeContext
from onnx_frontend.microsoft.domain import microsoft, rank_of
from onnx_frontend.nodes.dynamic import (
    code_of,
    dynamically_quantized,
    step_between,
    zero_between,
)
from onnx_frontend.nodes.integer_products import products
from onnx_frontend.nodes.layers import Layers, beginning, part
from onnx_frontend.nodes.scaled import shifted


class _Quantized(Layers):
    """Directions whose weights are 8-bit numbers: (direction, input, gates * units)."""

    def __init__(
        self,
        node: NodeContext,
        x: Tensor,
        weights: tuple[Tensor, Tensor, Tensor],
        recurrence: tuple[Tensor, Tensor, Tensor],
        bias: Tensor | None,
        lengths: Tensor | None,
    ) -> None:
        for t in (x, weights[0], recurrence[0]):
            rank_of(node, f"operand {t.name}", t, 3)
        if x.type != Float(32):
            node.unsupported(f"an input of float32, not {x.type}")
        turned, back = _turned(node, weights[0]), _turned(node, recurrence[0])
        super().__init__(node, 4, x, turned, back, bias, lengths)
        self.given, self.state_weights = weights, recurrence
        self.words: dict[int, tuple[Tensor, int, Tensor]] = {}
        self.codes = dynamically_quantized(node.inner, self.x, counted=self._within_lengths())
        for _, step, zero in (weights, recurrence):
            for values in (step, zero):
                rank_of(node, f"operand {values.name}", values, 1, 2)
                sizes = (index(len(self.backward)), times(self.units, 4))[: values.rank]
                self.expect(values, *sizes)

    def _within_lengths(self) -> Tensor | None:
        """Return the input with zeros behind the end of the longest sequence, if that is told."""
        x, lengths = self.x, self.lengths
        if lengths is None:
            return None
        longest = reduce(self.node.inner("longest"), lengths, "max", [0], keep_axes=False)

        def cell(t: Any, n: Any, i: Any) -> Expr:
            inside = as_expr(t) < cast_to(Int(32), longest.at())
            return Select(inside, x.at(t, n, i), const(x.type, 0))

        op = OpInfo(OpKind.ELEMENTWISE, (x, longest))
        return computed(self.node.inner("within"), x.type, x.shape, cell, op)

    def gate_inputs(self, d: int) -> tuple[Tensor, ops.Start]:
        node = self.node
        codes, step, zero = self.codes
        flat = reshape(node.inner(f"flat_{d}"), codes, (product(codes.shape[:2]), codes.shape[2]))
        own, steps, zeros = (part(node, t, d) for t in self.given)
        sums = products(node, node.inner(f"sums_{d}"), flat, own, zero, zeros)
        made = elementwise(
            node.inner(f"inputs_{d}"),
            lambda v, p, q: cast_to(self.wide, v) * (p * q),
            sums,
            step,
            steps,
            type=self.wide,
        )
        backward = self.backward[d]

        def start(gate: int, n: Any, t: Any, j: Any) -> Expr:
            place = clamp(self.step(n, t, backward), 0, minus(self.steps, 1))
            return made.at(place * self.batch + n, as_expr(j) + self.units * gate)

        return made, start

    def rows(self, d: int) -> tuple[Tensor, ops.Weights]:
        """Return the recurrent weights of direction `d`, four units in a word.

        Where weights less zero are more than signed 8-bit numbers, they are sums of such, and the
        words of all terms stand below each other.
        """
        own, _, zeros = (part(self.node, t, d) for t in self.state_weights)
        moved = shifted(self.node, f"moved_{d}", own, zeros, -1).constant
        if moved is None:
            self.node.unsupported("recurrent weights that are known")
        rest = moved.astype(np.int32)
        less = constant(self.node.inner(f"less_{d}"), rest.sum(0, dtype=np.int32))
        terms: list[Array] = []
        while not terms or rest.any():
            terms.append(weight_words(np.clip(rest, -128, 127), 0))
            rest = rest - np.clip(rest, -128, 127)
        words = constant(self.node.inner(f"rows_{d}"), np.concatenate(terms))
        self.words[d] = words, len(terms), less
        return words, lambda gate, k, j: words.at(k, as_expr(j) + self.units * gate)

    def tables(self, d: int) -> tuple[Tensor, ...]:
        return (self.words[d][2], self.state_weights[1])

    def words_of(self, d: int, gate: int, k: Any, j: Any) -> list[Expr]:
        """Return the words of recurrent weights of a gate and unit, one of each term."""
        words, count, _ = self.words[d]
        step = floor_div(words.shape[0], count)
        place = as_expr(j) + self.units * gate
        return [words.at(as_expr(k) + step * i, place) for i in range(count)]

    def sum_of(self, d: int, gate: int, j: Any) -> Expr:
        """Return the sum of the recurrent weights of a gate and unit."""
        return self.words[d][2].at(as_expr(j) + self.units * gate)

    def step_of(self, d: int, gate: int, j: Any) -> Expr:
        """Return the step of the recurrent weights of a gate and unit."""
        steps = self.state_weights[1]
        return steps.at(d) if steps.rank == 1 else steps.at(d, as_expr(j) + self.units * gate)


def _turned(node: NodeContext, x: Tensor) -> Tensor:
    if x.constant is not None:
        return constant(node.inner("turned"), np.ascontiguousarray(x.constant.transpose(0, 2, 1)))
    return transpose(node.inner("turned"), x, (0, 2, 1))


@microsoft("DynamicQuantizeLSTM")
def dynamic_quantize_lstm(
    node: NodeContext,
    x: Tensor,
    weights: Tensor,
    recurrence: Tensor,
    bias: Tensor | None,
    lengths: Tensor | None,
    initial: Tensor | None,
    initial_cell: Tensor | None,
    peepholes: Tensor | None,
    w_scale: Tensor,
    w_zero: Tensor,
    r_scale: Tensor,
    r_zero: Tensor,
) -> tuple[Tensor, ...]:
    """LSTM of 8-bit weights; the input and, at each step, the state are brought to 8 bits."""
    own = (weights, w_scale, w_zero), (recurrence, r_scale, r_zero)
    made = _Quantized(node, x, *own, bias, lengths)
    made.expect_state(initial)
    made.expect_state(initial_cell)
    made.expect(peepholes, index(len(made.backward)), times(made.units, 3))
    units = known(made.units)
    if units is None:
        node.unsupported("weights of which it is known how many units they have")

    def layer(
        d: int, start: ops.Start, weight: ops.Weights, functions: Sequence[ops.Activation]
    ) -> ops.Layer:
        def peephole(gate: int, j: Any) -> Expr:
            assert peepholes is not None
            return peepholes.at(d, as_expr(j) + made.units * gate)

        return quantized_lstm(
            beginning(made, d, start, range(4, 8)),
            lambda gate, k, j: made.words_of(d, gate, k, j),
            lambda gate, j: made.sum_of(d, gate, j),
            lambda gate, j: made.step_of(d, gate, j),
            units,
            (made.initial(initial, d), made.initial(initial_cell, d)),
            None if peepholes is None else peephole,
            functions,
            node.flag("input_forget"),
            (step_between, zero_between, code_of),
        )

    # As onnxruntime has it, gates are clipped and the state of the cell is not.
    functions = made.functions(3, ["Sigmoid", "Tanh", "Tanh"], held=2)
    states = made.states(functions, layer, initial, initial_cell, peepholes)
    return made.outputs(states, [5, 4])
