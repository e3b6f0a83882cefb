"""Recurrent layers: RNN, LSTM and GRU as one update definition that walks through time.

A Func ``acc`` has columns for gates and states at each time step. The steps of its RDom are, the
innermost first: the units of a column, the phases of a time step, time. A phase either makes a
column of a state from columns that are there, or adds to a gate the product of one unit of a state
with a row of weights, so that a matrix product is as many phases as there are units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from halo.ir.expr import Expr, Max, Select, const
from halo.ir.operators import as_expr, cast_to, eq
from halo.ir.types import Type
from halo.lang.func import Func
from halo.lang.operators import clamp
from halo.lang.rdom import RDom
from halo.ops.build import axis_vars, call, computed
from halo.ops.index import ONE, minus, plus
from halo.ops.tensor import OpInfo, OpKind, Tensor

Activation = Callable[[Expr], Expr]
Column = Callable[..., Expr]
"""From the number of a column to its cell at the time that is worked on, and at the unit that is,
or at the one given behind the number."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a time step.

    Attributes
    ----------
    column
        Which column it writes.
    make
        From columns of the time step before and of this one, and the unit, the cell of a state.
    fold
        Or: from columns of this time step, a step and the unit what becomes of the column then.
    steps
        How often it folds, as often as there are units if not told.
    last
        Whether it also runs behind the last time step, to hand on the state.
    """

    column: int
    make: Callable[[Column, Column, Expr], Expr] | None = None
    fold: Callable[[Column, Expr, Expr], Expr] | None = None
    steps: int | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One direction of a layer: its columns, their beginnings, and its phases in order.

    Attributes
    ----------
    start
        Per column its cell at (batch, time, unit) before anything is added; None: zero.
    initial
        Per column that is a state its cell at (batch, unit) before the first time step.
    state
        Which column is the hidden state.
    """

    start: Sequence[Callable[[Any, Any, Any], Expr] | None]
    initial: dict[int, Callable[[Any, Any], Expr]]
    phases: Sequence[Phase]
    state: int


@dataclass(frozen=True, slots=True)
class Extent:
    """The sizes of a layer: time steps, samples, units; and how long each sequence is, if told."""

    steps: Expr
    batch: Expr
    units: Expr
    length: Callable[[Any], Expr] | None = None


def run_layer(name: str, type: Type, layer: Layer, extent: Extent, *inputs: Tensor) -> Tensor:
    """Return the columns at (batch, time, column, unit), one time step more than there are.

    A state's column at time t is the state before step t; a sequence that is over keeps it.
    """
    steps, units = extent.steps, extent.units
    n, t, column, unit = (axis_vars(4)[i] for i in range(4))
    acc = Func(f"{name}_acc")
    inside = as_expr(t) < steps
    held_time = clamp(t, 0, minus(steps, 1))
    first: Expr = const(type, 0)
    for number, cell in enumerate(layer.start):
        if cell is not None:
            value = Select(inside, cell(n, held_time, unit), const(type, 0))
            first = Select(eq(column, number), value, first)
    acc[(unit, column, t, n)] = first
    counts = [_count(p, units) for p in layer.phases]
    ends: list[Expr] = []
    for count in counts:
        ends.append(plus(ends[-1], count) if ends else count)
    r = RDom([(0, units), (0, ends[-1]), (0, plus(steps, 1))])
    j, phase, time = (as_expr(v) for v in (r[0], r[1], r[2]))
    goes_on: Expr = time < steps
    for end, count, p in zip(ends, counts, layer.phases, strict=True):
        if p.last:
            goes_on = goes_on | ((phase >= end - count) & (phase < end))
    r.where(goes_on)

    def before(number: int, at: Any = None) -> Expr:
        return call(acc, n, Max(time - 1, as_expr(0)), number, j if at is None else at)

    def here(number: int, at: Any = None) -> Expr:
        return call(acc, n, time, number, j if at is None else at)

    def state(number: int, made: Expr) -> Expr:
        if extent.length is not None:
            made = Select(time - 1 < extent.length(n), made, before(number))
        if number not in layer.initial:
            return made
        return Select(eq(time, 0), cast_to(type, layer.initial[number](n, j)), made)

    made: list[Expr] = []
    for end, count, p in zip(ends, counts, layer.phases, strict=True):
        if p.make is not None:
            own = p.make(before, here, j)
            made.append(state(p.column, own) if p.last else own)
        else:
            assert p.fold is not None
            k = clamp(phase - (end - count), 0, minus(count, 1))
            made.append(p.fold(here, as_expr(k), j))
    target = _of_phase(phase, ends, [as_expr(p.column) for p in layer.phases])
    acc[(r[0], clamp(target, 0, len(layer.start) - 1), r[2], n)] = _of_phase(phase, ends, made)
    shape = (extent.batch, plus(steps, 1), as_expr(len(layer.start)), units)
    info = OpInfo(OpKind.RECURRENCE, inputs, {"acc": acc})
    return computed(name, type, shape, lambda *at: call(acc, *at), info)


def _count(phase: Phase, units: Expr) -> Expr:
    if phase.make is not None:
        return ONE
    return units if phase.steps is None else as_expr(phase.steps)


def _of_phase(phase: Expr, ends: Sequence[Expr], made: Sequence[Expr]) -> Expr:
    """Return that of `made` whose phase it is, found by halves."""
    if len(made) == 1:
        return made[0]
    half = len(made) // 2
    first, rest = (
        _of_phase(phase, ends[:half], made[:half]),
        _of_phase(phase, ends[half:], made[half:]),
    )
    return Select(phase < ends[half - 1], first, rest)


Weights = Callable[[int, Any, Any], Expr]
"""From a gate, a unit of the state and a unit of the result to the weight between them."""
Start = Callable[[int, Any, Any, Any], Expr]
"""From a gate, batch, time and unit to what the input and the bias make of it."""
Initial = Callable[[Any, Any], Expr]


def add_product(number: int, source: int, weights: Weights, column: int | None = None) -> Phase:
    """Return the phase that adds the state in column `source` to a gate."""
    into = number if column is None else column

    def fold(here: Column, k: Expr, j: Expr) -> Expr:
        return here(into) + here(source, k) * weights(number, k, j)

    return Phase(into, fold=fold)


def _starts(start: Start, gates: int, more: int) -> list[Any]:
    def of(gate: int) -> Callable[[Any, Any, Any], Expr]:
        return lambda n, t, j: start(gate, n, t, j)

    return [*(of(gate) for gate in range(gates)), *[None] * more]


def rnn(start: Start, weights: Weights, initial: Initial, f: Activation) -> Layer:
    """``H = f(a)``; its columns are a and H."""

    def hidden(before: Column, here: Column, j: Expr) -> Expr:
        return f(before(0))

    phases = (Phase(1, hidden, last=True), add_product(0, 1, weights))
    return Layer(_starts(start, 1, 1), {1: initial}, phases, 1)


def lstm(
    start: Start,
    weights: Weights,
    initial: tuple[Initial, Initial],
    peephole: Callable[[int, Any], Expr] | None,
    functions: Sequence[Activation],
    coupled: bool,
) -> Layer:
    """``C = f(a_f) C + f(a_i) g(a_c)``, ``H = f(a_o) h(C)``; a_i, a_o, a_f, a_c, C, H.

    Parameters
    ----------
    peephole
        From the number of a gate (i, o, f) and a unit to the weight of C in it.
    coupled
        Whether the forget gate is 1 less the input gate.
    """
    f, g, h = functions

    def through(gate: int, value: Expr, cell: Expr, j: Expr) -> Expr:
        return f(value if peephole is None else value + peephole(gate, j) * cell)

    def cell_state(before: Column, here: Column, j: Expr) -> Expr:
        old = before(4)
        enter = through(0, before(0), old, j)
        forget = const(old.type, 1) - enter if coupled else through(2, before(2), old, j)
        return forget * old + enter * g(before(3))

    def hidden(before: Column, here: Column, j: Expr) -> Expr:
        return through(1, before(1), here(4), j) * h(here(4))

    phases = (
        Phase(4, cell_state, last=True),
        Phase(5, hidden, last=True),
        *(add_product(gate, 5, weights) for gate in range(4)),
    )
    return Layer(_starts(start, 4, 2), {4: initial[1], 5: initial[0]}, phases, 5)


def gru(
    start: Start,
    weights: Weights,
    initial: Initial,
    functions: Sequence[Activation],
    linear: Callable[[Any], Expr] | None,
) -> Layer:
    """``H = (1 - f(a_z)) g(a_h) + f(a_z) H``; the columns are a_z, a_r, a_h, H and one more.

    The last is ``f(a_r) H``, which goes through the weights of a_h; or, if `linear` is given,
    what these make of H, beginning with the bias `linear`, and ``f(a_r)`` is a factor of that.
    """
    f, g = functions

    def hidden(before: Column, here: Column, j: Expr) -> Expr:
        update, value = f(before(0)), before(2)
        if linear is not None:
            value = value + f(before(1)) * before(4)
        return (const(update.type, 1) - update) * g(value) + update * before(3)

    def reset(before: Column, here: Column, j: Expr) -> Expr:
        return f(here(1)) * here(3)

    starts = _starts(start, 3, 2)
    phases = [Phase(3, hidden, last=True), add_product(0, 3, weights), add_product(1, 3, weights)]
    if linear is None:
        phases += [Phase(4, reset), add_product(2, 4, weights)]
    else:
        bias = linear
        starts[4] = lambda n, t, j: bias(j)
        phases.append(add_product(2, 3, weights, column=4))
    return Layer(starts, {3: initial}, phases, 3)
