"""An LSTM whose recurrent weights are 8-bit numbers, and whose state is brought to such, too.

Before its product with the weights the hidden state of each sample becomes 8-bit codes, by the
range that it has at this time step. Four of them stand in a word and are multiplied at once with
four weights; columns of words and of their sums have int32 bits where others have floats.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from halo.ir.expr import Expr, Max, Min, Reinterpret, const
from halo.ir.operators import as_expr, cast_to
from halo.ir.types import Float
from halo.lang.operators import clamp
from halo.ops.bytes_in_words import WORD, add_products
from halo.ops.recurrent import Activation, Column, Initial, Layer, Phase, Start, lstm

_HIDDEN, _SUMS, _CODES, _STEP, _ZERO = 5, 6, 10, 11, 12
_HIGH, _LOW, _WORDS, _COLUMNS = 13, 15, 17, 18
_FLOAT = Float(32)
Words = Callable[[int, Any, Any], Sequence[Expr]]
"""From a gate, a word and a unit of the result to words of signed weights, which add up."""
Of = Callable[[int, Any], Expr]
"""From a gate and a unit of the result to a number of theirs."""
Coding = tuple[
    Callable[[Expr, Expr], Expr], Callable[[Expr, Expr], Expr], Callable[[Expr, Expr, Expr], Expr]
]
"""How numbers become codes: from the least and greatest to the step; from the least and the step to
the code of zero; from a number, the step and the code of zero to its code."""


def quantized_lstm(
    start: Start,
    words: Words,
    sums: Of,
    steps: Of,
    units: int,
    initial: tuple[Initial, Initial],
    peephole: Callable[[int, Any], Expr] | None,
    functions: Sequence[Activation],
    coupled: bool,
    coding: Coding,
) -> Layer:
    """Return the layer `recurrent.lstm` of quantized weights.

    Its columns are those of the LSTM, the integer sum of each gate, the codes of H, their step
    and the code of zero, two each for the greatest and the least of H, the same for all units, and
    words of codes. What several phases need has a column of its own, because they would all
    compute it.

    Parameters
    ----------
    words
        The recurrent weights less the code of zero.
    sums, steps
        The sum of the weights, and the step between their codes.
    """
    plain = lstm(start, _none, initial, peephole, functions, coupled)
    step_between, zero_between, code_of = coding

    def step(before: Column, here: Column, j: Expr) -> Expr:
        return step_between(here(_LOW), here(_HIGH))

    def zero(before: Column, here: Column, j: Expr) -> Expr:
        return zero_between(here(_LOW), here(_STEP))

    def code(before: Column, here: Column, j: Expr) -> Expr:
        return code_of(here(_HIDDEN), here(_STEP), here(_ZERO))

    def word(before: Column, here: Column, j: Expr) -> Expr:
        made: Expr = const(WORD, 0)
        for i in range(4):  # beyond the last unit weights are zero
            place = clamp(as_expr(j) * 4 + i, 0, units - 1)
            made = made | (cast_to(WORD, here(_CODES, place)) << (8 * i))
        return Reinterpret(_FLOAT, made)

    def fold(gate: int) -> Callable[[Column, Expr, Expr], Expr]:
        def add(here: Column, k: Expr, j: Expr) -> Expr:
            total: Expr = Reinterpret(WORD, here(_SUMS + gate))
            for weights in words(gate, k, j):
                total = add_products(total, Reinterpret(WORD, here(_WORDS, k)), weights)
            return Reinterpret(_FLOAT, total)

        return add

    def scaled(gate: int) -> Callable[[Column, Column, Expr], Expr]:
        def make(before: Column, here: Column, j: Expr) -> Expr:
            total = Reinterpret(WORD, here(_SUMS + gate))
            exact = total - cast_to(WORD, here(_ZERO)) * sums(gate, j)
            return here(gate) + cast_to(_FLOAT, exact) * (here(_STEP) * steps(gate, j))

        return make

    phases = [
        *plain.phases[:2],
        *_extreme(Max, _HIGH, units),
        *_extreme(Min, _LOW, units),
        Phase(_STEP, step),
        Phase(_ZERO, zero),
        Phase(_CODES, code),
        Phase(_WORDS, word),
        *(Phase(_SUMS + gate, fold=fold(gate), steps=-(-units // 4)) for gate in range(4)),
        *(Phase(gate, scaled(gate)) for gate in range(4)),
    ]
    starts = [*plain.start, *[None] * (_COLUMNS - len(plain.start))]
    return replace(plain, start=starts, phases=phases)


def _none(gate: int, k: Any, j: Any) -> Expr:
    """Stand for the weights of phases that are left out."""
    return const(_FLOAT, 0)


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
