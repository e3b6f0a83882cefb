"""Recurrent layers: what RNN, LSTM and GRU have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Int, Type
from halo.lang.math import exp, tanh
from halo.lang.operators import clamp
from halo.ops import functions as f
from halo.ops import recurrent as ops
from halo.ops.build import computed, constant
from halo.ops.index import index, known, minus, product, same, times
from halo.ops.matmul import gemm
from halo.ops.reshape import reshape
from halo.ops.tensor import OpInfo, OpKind, Tensor
from halo.ops.views import transpose
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.control_flow import place_of

_DIRECTIONS = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}

_FUNCTIONS: dict[str, tuple[float | None, float | None, Callable[[Expr, float, float], Expr]]] = {
    "relu": (None, None, lambda x, a, b: f.relu(x)),
    "tanh": (None, None, lambda x, a, b: tanh(x)),
    "sigmoid": (None, None, lambda x, a, b: f.sigmoid(x)),
    "affine": (1.0, 0.0, lambda x, a, b: x * a + b),
    "leakyrelu": (0.01, None, lambda x, a, b: f.leaky_relu(x, a)),
    "thresholdedrelu": (1.0, None, lambda x, a, b: Select(x >= a, x, const(x.type, 0))),
    "scaledtanh": (1.0, 1.0, lambda x, a, b: tanh(x * b) * a),
    "hardsigmoid": (0.2, 0.5, f.hard_sigmoid),
    "elu": (1.0, None, lambda x, a, b: Select(x >= 0, x, (exp(x) - 1.0) * a)),
    "softsign": (None, None, lambda x, a, b: f.softsign(x)),
    "softplus": (None, None, lambda x, a, b: f.softplus(x)),
}
"""By name in small letters: the defaults of alpha and beta, if there are any, and the function."""


class Layers:
    """The operands of a recurrent node, and what its directions have in common."""

    def __init__(
        self,
        node: NodeContext,
        gates: int,
        x: Tensor,
        weights: Tensor,
        recurrence: Tensor,
        bias: Tensor | None,
        lengths: Tensor | None,
    ) -> None:
        direction = node.text("direction", "forward")
        if direction not in _DIRECTIONS:
            node.fail(f"direction {direction!r}", hint=f"known are {', '.join(_DIRECTIONS)}")
        if [t.rank for t in (x, weights, recurrence)] != [3, 3, 3]:
            node.fail("its input and weights do not have 3 axes each")
        self.node, self.gates, self.backward = node, gates, _DIRECTIONS[direction]
        self.batch_first = node.flag("layout")
        self.wide: Type = f.sum_type(x.type)
        self.x = transpose(node.inner("x"), x, (1, 0, 2)) if self.batch_first else x
        self.weights, self.recurrence, self.bias = weights, recurrence, bias
        self.lengths = lengths
        self.units = recurrence.shape[2]
        self.steps, self.batch = self.x.shape[:2]
        self.requires: tuple[tuple[Expr, Expr], ...] = ()
        self._check(node)

    def expect(self, x: Tensor | None, *sizes: Expr) -> None:
        """Note which sizes an operand must have, if it is given."""
        if x is None:
            return
        if x.rank != len(sizes):
            self.node.fail(f"its operand {x.name} has {x.rank} axes, not {len(sizes)}")
        self.requires += unequal(self.node, zip(x.shape, sizes, strict=True))

    def expect_state(self, x: Tensor | None) -> None:
        """Note which sizes a state before the first step must have."""
        d = index(len(self.backward))
        outer = (self.batch, d) if self.batch_first else (d, self.batch)
        self.expect(x, *outer, self.units)

    def _check(self, node: NodeContext) -> None:
        rows = times(self.units, self.gates)
        wanted = (index(len(self.backward)), rows)
        for t in (self.weights, self.recurrence):
            for own, size in zip(t.shape, wanted, strict=False):
                if known(own) is not None and known(size) is not None and not same(own, size):
                    node.fail(f"its weights {t.name} do not fit {known(size)}")
        d = index(len(self.backward))
        self.expect(self.recurrence, d, rows, self.units)
        self.expect(self.weights, d, rows, self.x.shape[2])
        self.expect(self.bias, d, times(rows, 2))
        self.expect(self.lengths, self.batch)
        size = self.units
        if node.has("hidden_size") and known(size) not in (None, node.integer("hidden_size")):
            node.fail(f"hidden_size is not {known(size)}, as its weights tell")

    def extent(self) -> ops.Extent:
        """Return the sizes of a layer."""
        return ops.Extent(
            self.steps, self.batch, self.units, None if self.lengths is None else self.length
        )

    def length(self, n: Any) -> Expr:
        """Return how long sequence `n` is."""
        if self.lengths is None:
            return self.steps
        return as_expr(clamp(cast_to(Int(32), self.lengths.at(n)), 0, self.steps))

    def step(self, n: Any, t: Any, backward: bool) -> Expr:
        """Return the place in time of step `t`, or the step of a place."""
        if not backward:
            return as_expr(t)
        length = self.length(n)
        return Select(as_expr(t) < length, length - 1 - t, as_expr(t))

    def gate_inputs(self, d: int) -> tuple[Tensor, ops.Start]:
        """Return x W of direction `d`, as (time * batch, gates * units), and how to read it."""
        flat = reshape(
            self.node.inner(f"flat_{d}"), self.x, (product(self.x.shape[:2]), self.x.shape[2])
        )
        own = part(self.node, self.weights, d)
        made = gemm(self.node.inner(f"inputs_{d}"), flat, own, None, transpose_b=True)
        backward = self.backward[d]

        def start(gate: int, n: Any, t: Any, j: Any) -> Expr:
            place = clamp(self.step(n, t, backward), 0, minus(self.steps, 1))
            row = place * self.batch + n
            return cast_to(self.wide, made.at(row, as_expr(j) + self.units * gate))

        return made, start

    def rows(self, d: int) -> tuple[Tensor, ops.Weights]:
        """Return the recurrent weights of direction `d`, as (unit, gates * units)."""
        own = part(self.node, self.recurrence, d)
        name = self.node.inner(f"rows_{d}")
        if own.constant is not None:
            turned = constant(name, np.ascontiguousarray(own.constant.T))
        else:
            op = OpInfo(OpKind.TABLE, (own,))
            shape = (own.shape[1], own.shape[0])
            turned = computed(name, own.type, shape, lambda k, j: own.at(j, k), op)

        def weight(gate: int, k: Any, j: Any) -> Expr:
            return cast_to(self.wide, turned.at(k, as_expr(j) + self.units * gate))

        return turned, weight

    def tables(self, d: int) -> tuple[Tensor, ...]:
        """Return what else the layer of direction `d` reads."""
        return ()

    def bias_at(self, d: int, number: int, j: Any) -> Expr:
        """Return bias `number` of direction `d`: those of the input first."""
        if self.bias is None:
            return const(self.wide, 0)
        return cast_to(self.wide, self.bias.at(d, as_expr(j) + self.units * number))

    def initial(self, given: Tensor | None, d: int) -> ops.Initial:
        """Return how to read a state before the first step."""

        def read(n: Any, j: Any) -> Expr:
            if given is None:
                return const(self.wide, 0)
            place = (n, d, j) if self.batch_first else (d, n, j)
            return cast_to(self.wide, given.at(*place))

        return read

    def functions(
        self, count: int, defaults: Sequence[str], held: int | None = None
    ) -> list[list[ops.Activation]]:
        """Return the activation functions of each direction; the first `held` of them clip."""
        node = self.node
        names = node.texts("activations", list(defaults) * len(self.backward))
        if len(names) != count * len(self.backward):
            node.fail(f"{len(names)} activations for {count * len(self.backward)}")
        alphas, betas = (iter(node.numbers(f"activation_{v}", [])) for v in ("alpha", "beta"))
        limit = node.number("clip") if node.has("clip") else None
        clips = [limit if held is None or i % count < held else None for i in range(len(names))]
        made = [
            _function(node, name, alphas, betas, clip)
            for name, clip in zip(names, clips, strict=True)
        ]
        return [made[i : i + count] for i in range(0, len(made), count)]

    def states(
        self,
        functions: Sequence[Sequence[ops.Activation]],
        layer: Callable[..., ops.Layer],
        *given: Tensor | None,
    ) -> list[Tensor]:
        """Return the columns of each direction, from its layer and what that reads.

        `layer` is called with the direction, how to read the gates' inputs and the weights, and
        the functions.
        """
        made: list[Tensor] = []
        for d, own in enumerate(functions):
            inputs, start = self.gate_inputs(d)
            rows, weight = self.rows(d)
            found = layer(d, start, weight, own)
            read = (self.bias, self.lengths, *given, *self.tables(d))
            data = [t for t in read if t is not None]
            name = self.node.inner(f"states_{d}")
            made.append(ops.run_layer(name, self.wide, found, self.extent(), inputs, rows, *data))
        return made

    def outputs(self, states: Sequence[Tensor], columns: Sequence[int]) -> tuple[Tensor, ...]:
        """Return all states in time and, per number of `columns`, the last of them."""
        node, directions = self.node, len(self.backward)

        def along(t: Any, d: Any, n: Any, j: Any) -> Expr:
            parts = []
            for state, backward in zip(states, self.backward, strict=True):
                step = self.step(n, t, backward)
                there = state.at(n, step + 1, columns[0], j)
                if self.lengths is not None:
                    there = Select(as_expr(t) < self.length(n), there, const(self.wide, 0))
                parts.append(there)
            return parts[0] if directions == 1 else Select(eq(d, 0), parts[0], parts[1])

        def final(column: int) -> Callable[..., Expr]:
            def cell(d: Any, n: Any, j: Any) -> Expr:
                parts = [state.at(n, self.steps, column, j) for state in states]
                return parts[0] if directions == 1 else Select(eq(d, 0), parts[0], parts[1])

            return cell

        more = () if self.lengths is None else (self.lengths,)
        op = OpInfo(OpKind.STENCIL, (*states, *more), requires=self.requires)
        d, cells = index(directions), [final(column) for column in columns]
        if self.batch_first:
            whole: tuple[Expr, ...] = (self.batch, self.steps, d, self.units)
            last: tuple[Expr, ...] = (self.batch, d, self.units)
            cells = [lambda n, t, d, j: along(t, d, n, j), *map(_turned, cells)]
        else:
            whole, last = (self.steps, d, self.batch, self.units), (d, self.batch, self.units)
            cells = [along, *cells]
        made = [
            computed(node.output(i), self.x.type, last if i else whole, cell, op)
            for i, cell in enumerate(cells)
        ]
        return tuple(made[: max(node.outputs, 1)])


def _turned(cell: Callable[..., Expr]) -> Callable[..., Expr]:
    return lambda n, d, j: cell(d, n, j)


def part(node: NodeContext, x: Tensor, d: int) -> Tensor:
    """Return direction `d` of weights."""
    if x.constant is not None:
        return constant(node.inner(f"{d}"), x.constant[d])
    return place_of(node.inner(f"{d}"), x, 0, d)


def _function(
    node: NodeContext, name: str, alphas: Any, betas: Any, limit: float | None
) -> ops.Activation:
    if name.lower() not in _FUNCTIONS:
        node.fail(f"activation {name!r}", hint=f"known are {', '.join(_FUNCTIONS)}")
    first, second, apply = _FUNCTIONS[name.lower()]
    alpha = 0.0 if first is None else next(alphas, first)
    beta = 0.0 if second is None else next(betas, second)

    def activation(x: Expr) -> Expr:
        held = x if limit is None else f.clip(x, -limit, limit)
        return apply(held, alpha, beta)

    return activation


def beginning(made: Layers, d: int, start: ops.Start, rows: Sequence[int]) -> ops.Start:
    """Return `start` with the bias of each gate: its own, and the one `rows` behind, if any."""

    def begin(gate: int, n: Any, t: Any, j: Any) -> Expr:
        total = start(gate, n, t, j) + made.bias_at(d, gate, j)
        return total + made.bias_at(d, rows[gate], j) if rows[gate] else total

    return begin
