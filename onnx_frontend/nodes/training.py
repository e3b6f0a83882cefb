"""The steps of optimizers: Momentum, Adagrad, Adam."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.ir.expr import Expr, Select, const
from halo.ir.operators import cast_to
from halo.lang.math import pow, sqrt
from halo.ops.build import computed
from halo.ops.tensor import OpInfo, OpKind, Tensor
from onnx_frontend.context import NodeContext, unequal
from onnx_frontend.registry import operator

DOMAIN = "ai.onnx.preview.training"

Step = Callable[[Expr, Expr, list[Expr]], list[Expr]]
"""From the learning rate, the number of steps so far (both in the cells' type) and the cells of
X, its gradient and the states to the new X and the new states."""


def _register(name: str, states: int, step: Callable[[NodeContext], Step]) -> None:
    @operator(name, since=1, domain=DOMAIN)
    def optimize(
        node: NodeContext, rate: Tensor, steps: Tensor, *given: Tensor
    ) -> tuple[Tensor, ...]:
        width = 2 + states
        if not given or len(given) % width:
            node.fail(f"{len(given)} tensors, not {width} for each that is optimized")
        count = len(given) // width
        for i, x in enumerate(given):
            if x.rank != given[i % count].rank:
                node.fail(f"its tensors have {x.rank} and {given[i % count].rank} axes")
        apply = step(node)
        made: list[Tensor] = []
        for number in range(1 + states):
            for i in range(count):
                own = [given[i + count * k] for k in range(width)]
                name = node.output(number * count + i)
                made.append(_updated(node, name, rate, steps, own, apply, number))
        return tuple(made)


def _updated(
    node: NodeContext,
    name: str,
    rate: Tensor,
    steps: Tensor,
    own: list[Tensor],
    apply: Step,
    number: int,
) -> Tensor:
    x = own[0]

    def cell(*coords: Any) -> Expr:
        r = cast_to(x.type, rate.at(*[0] * rate.rank))
        t = cast_to(x.type, steps.at(*[0] * steps.rank))
        return apply(r, t, [cast_to(x.type, v.at(*coords)) for v in own])[number]

    pairs = [pair for v in own[1:] for pair in zip(v.shape, x.shape, strict=True)]
    requires = unequal(node, pairs)
    op = OpInfo(OpKind.ELEMENTWISE, (*own, rate, steps), requires=requires)
    return computed(name, x.type, x.shape, cell, op)


def _momentum(node: NodeContext) -> Step:
    alpha, beta = node.number("alpha"), node.number("beta")
    decay, mode = node.number("norm_coefficient"), node.text("mode")
    if mode not in ("standard", "nesterov"):
        node.fail(f"mode {mode!r}", hint="it is standard or nesterov")

    def step(r: Expr, t: Expr, cells: list[Expr]) -> list[Expr]:
        x, g, v = cells
        slope = x * decay + g
        new = v * alpha + Select(t > 0, const(x.type, beta), const(x.type, 1)) * slope
        return [x - r * (slope + new * alpha if mode == "nesterov" else new), new]

    return step


def _adagrad(node: NodeContext) -> Step:
    decay, factor = node.number("norm_coefficient", 0.0), node.number("decay_factor", 0.0)
    epsilon = node.number("epsilon", 1e-6)

    def step(r: Expr, t: Expr, cells: list[Expr]) -> list[Expr]:
        x, g, h = cells
        slope = x * decay + g
        new = h + slope * slope
        return [x - r / (t * factor + 1.0) * slope / (sqrt(new) + epsilon), new]

    return step


def _adam(node: NodeContext) -> Step:
    alpha, beta = node.number("alpha", 0.9), node.number("beta", 0.999)
    decay, behind = node.number("norm_coefficient", 0.0), node.number("norm_coefficient_post", 0.0)
    epsilon = node.number("epsilon", 1e-6)

    def step(r: Expr, t: Expr, cells: list[Expr]) -> list[Expr]:
        x, g, v, h = cells
        one = const(x.type, 1)
        slope = x * decay + g
        first = v * alpha + slope * (1 - alpha)
        second = h * beta + slope * slope * (1 - beta)
        unbiased = sqrt(one - pow(const(x.type, beta), t)) / (one - pow(const(x.type, alpha), t))
        adjusted = Select(t > 0, r * unbiased, r)
        new = x - adjusted * (first / (sqrt(second) + epsilon))
        return [new * (1 - behind), first, second]

    return step


_register("Momentum", 1, _momentum)
_register("Adagrad", 1, _adagrad)
_register("Adam", 2, _adam)
