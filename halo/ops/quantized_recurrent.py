"""An LSTM whose recurrent weights are 8-bit numbers, and whose state is brought to such, too.

Before its product with the weights the hidden state of each sample becomes 8-bit codes, by the
range that it has at this time step. Codes less that of zero, and the sums of their products with
weights, are integers in float32; they are exact below 2**24, which is all that 258 units can reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from halo.ir.expr import Expr, Max, Min, const
from halo.ir.operators import as_expr
from halo.ops.recurrent import Activation, Column, Initial, Layer, Phase, Start, Weights

_CELL, _HIDDEN, _SUMS, _CODES, _STEP, _COLUMNS = 4, 5, 6, 10, 11, 12
Step = Callable[[int, Any], Expr]
"""From a gate and a unit of the result to the step of their weights."""
Range = Callable[[Expr, Expr], Expr]
Coding = Callable[[Expr, Expr, Expr], Expr]


def quantized_lstm(
    start: Start,
    weights: Weights,
    steps: Step,
    units: int,
    initial: tuple[Initial, Initial],
    peephole: Callable[[int, Any], Expr] | None,
    functions: Sequence[Activation],
    coupled: bool,
    step_between: Range,
    code_less_zero: Coding,
) -> Layer:
    """Return the layer `recurrent.lstm` of quantized weights.

    Its columns are a_i, a_o, a_f, a_c, C, H, the integer sum of each gate, the codes of H, and
    their step.

    Parameters
    ----------
    weights
        From a gate and two units to the code of the weight between them, less that of zero.
    step_between
        From the least and the greatest number to the step between codes.
    code_less_zero
        From a number, the least one and the step to its code less that of zero.
    """
    f, g, h = functions

    def gate(number: int, column: Column, cell: Expr | None, j: Expr) -> Expr:
        value = column(number) + column(_SUMS + number) * (column(_STEP) * steps(number, j))
        if peephole is not None and cell is not None:
            value = value + peephole(number if number < 3 else 0, j) * cell
        return value

    def cell_state(before: Column, here: Column, j: Expr) -> Expr:
        old = before(_CELL)
        enter = f(gate(0, before, old, j))
        forget = const(old.type, 1) - enter if coupled else f(gate(2, before, old, j))
        return forget * old + enter * g(gate(3, before, None, j))

    def hidden(before: Column, here: Column, j: Expr) -> Expr:
        return f(gate(1, before, here(_CELL), j)) * h(here(_CELL))

    phases = [Phase(_CELL, cell_state, last=True), Phase(_HIDDEN, hidden, last=True)]
    more, high, low = _extremes(units)

    def codes(before: Column, here: Column, j: Expr) -> Expr:
        step = step_between(here(low), here(high))
        return code_less_zero(here(_HIDDEN), here(low), step)

    def step(before: Column, here: Column, j: Expr) -> Expr:
        return step_between(here(low), here(high))

    phases += [*more, Phase(_CODES, codes), Phase(_STEP, step)]
    sums = range(_SUMS, _SUMS + 4)
    phases += [Phase(column, lambda before, here, j: here(_STEP) * 0.0) for column in sums]
    for number, column in enumerate(sums):

        def weight(k: Any, j: Any, number: int = number) -> Expr:
            return weights(number, k, j)

        phases.append(Phase(column, source=_CODES, weights=weight))
    starts: list[Any] = [_of(start, number) for number in range(4)]
    starts += [None] * (_COLUMNS - 4)
    return Layer(starts, {_CELL: initial[1], _HIDDEN: initial[0]}, phases, _HIDDEN)


def _of(start: Start, number: int) -> Callable[[Any, Any, Any], Expr]:
    return lambda n, t, j: start(number, n, t, j)


def _extremes(units: int) -> tuple[list[Phase], int, int]:
    """Return the phases after which two columns have the greatest and least of H everywhere.

    Each compares what stands twice as far apart as the one before, in a circle. A phase must not
    write where it reads, so each extreme takes turns between two of the columns of sums.
    """
    phases: list[Phase] = []
    found = [_HIDDEN, _HIDDEN]
    reach, turn = 1, 0
    while reach < units:
        for extreme, better in enumerate((Max, Min)):
            into = _SUMS + 2 * extreme + turn
            phases.append(Phase(into, _better(better, found[extreme], reach, units)))
            found[extreme] = into
        reach, turn = reach * 2, 1 - turn
    return phases, found[0], found[1]


def _better(better: Any, column: int, reach: int, units: int) -> Any:
    def make(before: Column, here: Column, j: Expr) -> Expr:
        other = (as_expr(j) + reach) % units
        made: Expr = better(here(column), here(column, other))
        return made

    return make
