"""An LSTM whose recurrent weights are 8-bit numbers, and whose state is brought to such, too.

Before its product with the weights the hidden state of each sample becomes 8-bit codes, by the
range that it has at this time step. Codes less that of zero, and the sums of their products with
weights, are integers in float32; they are exact below 2**24, which is all that 258 units can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from halo.ir.expr import Expr, Max, Min
from halo.ir.operators import as_expr
from halo.ops.recurrent import (
    Activation,
    Column,
    Initial,
    Layer,
    Phase,
    Start,
    Weights,
    add_product,
    lstm,
)

_HIDDEN, _SUMS, _CODES, _STEP, _ZERO, _HIGH, _LOW, _COLUMNS = 5, 6, 10, 11, 12, 13, 15, 17
Step = Callable[[int, Any], Expr]
"""From a gate and a unit of the result to the step of their weights."""
Coding = tuple[
    Callable[[Expr, Expr], Expr], Callable[[Expr, Expr], Expr], Callable[[Expr, Expr, Expr], Expr]
]
"""How numbers become codes: from the least and greatest to the step; from the least and the step to
the code of zero; from a number, the step and the code of zero to its code."""


def quantized_lstm(
    start: Start,
    weights: Weights,
    steps: Step,
    units: int,
    initial: tuple[Initial, Initial],
    peephole: Callable[[int, Any], Expr] | None,
    functions: Sequence[Activation],
    coupled: bool,
    coding: Coding,
) -> Layer:
    """Return the layer `recurrent.lstm` of quantized weights.

    Its columns are those of the LSTM, the integer sum of each gate, the codes of H, their step
    and the code of zero, and two each for the greatest and the least of H, the same for all units.
    What several phases need has a column of its own, because they would all compute it.

    Parameters
    ----------
    weights
        From a gate and two units to the code of the weight between them, less that of zero.
    """
    plain = lstm(start, weights, initial, peephole, functions, coupled)
    step_between, zero_between, code_of = coding

    def step(before: Column, here: Column, j: Expr) -> Expr:
        return step_between(here(_LOW), here(_HIGH))

    def zero(before: Column, here: Column, j: Expr) -> Expr:
        return zero_between(here(_LOW), here(_STEP))

    def code(before: Column, here: Column, j: Expr) -> Expr:
        return code_of(here(_HIDDEN), here(_STEP), here(_ZERO)) - here(_ZERO)

    def scaled(gate: int) -> Callable[[Column, Column, Expr], Expr]:
        def make(before: Column, here: Column, j: Expr) -> Expr:
            return here(gate) + here(_SUMS + gate) * (here(_STEP) * steps(gate, j))

        return make

    phases = [
        *plain.phases[:2],
        *_extreme(Max, _HIGH, units),
        *_extreme(Min, _LOW, units),
        Phase(_STEP, step),
        Phase(_ZERO, zero),
        Phase(_CODES, code),
        *(add_product(gate, _CODES, weights, _SUMS + gate) for gate in range(4)),
        *(Phase(gate, scaled(gate)) for gate in range(4)),
    ]
    starts = [*plain.start, *[None] * (_COLUMNS - len(plain.start))]
    return replace(plain, start=starts, phases=phases)


def _extreme(better: Any, column: int, units: int) -> list[Phase]:
    """Return the phases after which `column` has the extreme of H and zero, which it begins with.

    The column behind it first gets the extremes of every 16th unit, 16 neighbours at a time.
    """
    block = next(n for n in (16, 8, 4, 2, 1) if units % n == 0)

    def fold_blocks(here: Column, k: Expr, j: Expr) -> Expr:
        made: Expr = better(here(column + 1), here(_HIDDEN, k * block + as_expr(j) % block))
        return made

    def fold_places(here: Column, k: Expr, j: Expr) -> Expr:
        made: Expr = better(here(column), here(column + 1, k))
        return made

    return [
        Phase(column + 1, fold=fold_blocks, steps=units // block),
        Phase(column, fold=fold_places, steps=block),
    ]
