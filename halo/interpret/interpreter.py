"""The interpreter: realizes Functions over boxes, producers whenever they are read."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from halo.errors import BoundsError
from halo.interpret.arithmetic import Array, held_dtype
from halo.interpret.boxes import Box, box_around
from halo.interpret.extern import call_extern
from halo.interpret.inputs import constant, image_cells
from halo.interpret.stages import PlannedStage, consumers_first, plan_stage
from halo.ir.expr import Call, Variable
from halo.ir.function import Definition, Function, Image, box_end
from halo.ir.intrinsics import is_undefined

_MOST_CELLS = 1 << 28


class _Grow(Exception):
    """A Function reads or writes cells of its own outside the box it is computed on."""

    def __init__(self, box: Box) -> None:
        self.box = box


class Realization:
    """The cells of a Function in a box, an array per Tuple element; axis i is dimension i."""

    __slots__ = ("arrays", "box")

    def __init__(self, function: Function, box: Box) -> None:
        if math.prod(box.shape) > _MOST_CELLS:
            raise BoundsError(
                f"{function.name} is needed from {list(box.mins)} to {list(box.maxs)}: "
                "too many cells to interpret",
                where=function.where,
                hint="clamp the coordinates it is read at",
            )
        self.box = box
        self.arrays = [np.zeros(box.shape, held_dtype(t)) for t in function.types]

    def index(self, coordinates: Sequence[Array], mask: Array | None) -> tuple[Any, ...]:
        """Return `coordinates` as an index of the arrays, any index where `mask` is false."""
        index: list[Array] = []
        for c, low, high in zip(coordinates, self.box.mins, self.box.maxs, strict=True):
            inside = c if mask is None else np.clip(c, low, max(low, high))
            index.append(inside.astype(np.int64) - low)
        return tuple(index)


class Interpreter:
    """Realizes Functions with the images and parameters bound now, and `symbols` as sizes."""

    def __init__(self, symbols: Mapping[str, int] | None = None) -> None:
        self.symbols: Mapping[str, int] = symbols or {}
        self._done: dict[str, Realization] = {}
        self._hints: dict[str, Box] = {}
        self._stages: dict[str, list[PlannedStage]] = {}

    def realize(self, outputs: Sequence[Function], box: Box) -> list[Realization]:
        """Return the cells of each of `outputs` in `box` at least."""
        self._foresee(list(outputs), box)
        return [self.require(f, box) for f in outputs]

    def require(self, function: Function, box: Box) -> Realization:
        """Return the cells of `function` in `box` at least, computing what is not there yet."""
        done = self._done.get(function.name)
        if done is not None and (box.is_empty or done.box.contains(box)):
            return done
        if done is not None:
            box = box.union(done.box)
        box = box.union(self._hints.get(function.name))
        while True:
            try:
                made = self._compute(function, box)
                break
            except _Grow as grow:
                box = box.union(grow.box)
        self._done[function.name] = made
        return made

    def stages(self, function: Function) -> list[PlannedStage]:
        """Return the definitions of `function`, prepared."""
        if function.name not in self._stages:
            count = len(function.definitions)
            self._stages[function.name] = [plan_stage(function, i) for i in range(count)]
        return self._stages[function.name]

    def _foresee(self, outputs: list[Function], box: Box) -> None:
        """Find the boxes that can be told without computing, so that each is computed once."""
        hints = dict.fromkeys([f.name for f in outputs], box)
        for function in consumers_first(outputs):
            own = hints.get(function.name)
            if own is None or own.is_empty or math.prod(own.shape) > _MOST_CELLS:
                continue
            for stage in reversed(self.stages(function)):
                for name, needed in self._reads(function, stage, own):
                    hints[name] = needed.union(hints.get(name))
                own = hints[function.name]
        self._hints = hints

    def _reads(self, function: Function, stage: PlannedStage, own: Box) -> list[tuple[str, Box]]:
        if not stage.foreseen:
            return []
        points = _grid(function.args, own.mins, own.maxs, len(stage.definition.rvars))
        context = _Evaluation(self, function, stage.definition, points)
        ranges = _ranges(stage, context)
        if any(len(r) == 0 for r in ranges):
            return []
        count = len(function.args)
        for i, (v, r) in enumerate(zip(stage.definition.rvars, ranges, strict=True)):
            shape = [1] * (count + len(ranges))
            shape[count + i] = len(r)
            points[v.name] = np.arange(r.start, r.stop, dtype=np.int32).reshape(shape)
        mask = stage.quiet.run(context)[0] if stage.quiet else None
        found: list[tuple[str, Box]] = []
        for read in stage.accesses:
            needed = box_around(read.coordinates.run(context), mask)
            if needed is not None:
                found.append((read.function.name, needed))
        return found

    def _compute(self, function: Function, box: Box) -> Realization:
        made = Realization(function, box)
        if box.is_empty:
            return made
        for i, stage in enumerate(self.stages(function)):
            if stage.definition.extern is not None:
                self._call(function, stage, made)
                continue
            points = _grid(function.args, box.mins, box.maxs, 0)
            context = _Evaluation(self, function, stage.definition, points, made)
            if i == 0:
                results = stage.everything.run(context)
                for k in _stored(stage.definition):
                    made.arrays[k][...] = results[k]
            else:
                _update(stage, context, made)
        return made

    def _call(self, function: Function, stage: PlannedStage, made: Realization) -> None:
        """Have an extern stage compute the cells of `made`."""
        ends = {
            box_end(a, what).name: np.asarray(value, np.int32)
            for a, low, high in zip(function.args, made.box.mins, made.box.maxs, strict=True)
            for what, value in (("min", low), ("max", high))
        }
        context = _Evaluation(self, function, stage.definition, ends)
        numbers, reads = stage.everything.run(context), stage.bounds.run(context)
        values = call_extern(function, stage.definition, made.box, numbers, reads, self._cells)
        for array, value in zip(made.arrays, values, strict=True):
            array[...] = value

    def _cells(self, function: Function, box: Box) -> list[Array]:
        found = self.require(function, box)
        parts = tuple(
            slice(low - have, high + 1 - have)
            for low, high, have in zip(box.mins, box.maxs, found.box.mins, strict=True)
        )
        return [a[parts] for a in found.arrays]


class _Evaluation:
    """The evaluation of one definition of `function` at `points`; a `Context` for plans."""

    def __init__(
        self,
        interpreter: Interpreter,
        function: Function,
        definition: Definition,
        points: dict[str, Array],
        own: Realization | None = None,
    ) -> None:
        self.interpreter = interpreter
        self.function = function
        self.definition = definition
        self.points: Mapping[str, Array] = points
        self.own = own
        self.mask: Array | None = None

    def constant(self, variable: Variable) -> Any:
        return constant(variable, self.interpreter.symbols)

    def cells(self, call: Call, coordinates: Sequence[Array], where: Array | None) -> Array:
        mask = where if self.mask is None else self.mask if where is None else self.mask & where
        if isinstance(call.func, Image):
            return image_cells(call.func, coordinates, mask, self.definition.where)
        assert isinstance(call.func, Function)
        needed = box_around(coordinates, mask)
        if call.func is self.function and self.own is not None:
            source = self.own
            if needed is not None and not source.box.contains(needed):
                raise _Grow(needed)
        elif needed is not None:
            source = self.interpreter.require(call.func, needed)
        if needed is None:
            return np.zeros((), held_dtype(call.type))
        array = source.arrays[call.value_index]
        return np.asarray(array[source.index(coordinates, mask)])


def _update(stage: PlannedStage, context: _Evaluation, made: Realization) -> None:
    """Carry out an update definition: point after point of its domain, the first RVar fastest."""
    d = stage.definition
    left = {a.name for a in d.args if isinstance(a, Variable)}
    pure = {name: p for name, p in context.points.items() if name in left}
    ranges = _ranges(stage, context)
    count = len(d.values)
    for point in itertools.product(*reversed(ranges)):
        rvars = zip(d.rvars, reversed(point), strict=True)
        context.points = {**pure, **{v.name: np.asarray(p, np.int32) for v, p in rvars}}
        context.mask = None
        if stage.predicate is not None:
            context.mask = np.asarray(stage.predicate.run(context)[0])
            if not context.mask.any():
                continue
        results = stage.everything.run(context)
        values = {k: results[k] for k in _stored(d)}
        _write(made, values, results[count:], context.mask)


def _write(
    made: Realization, values: dict[int, Array], args: list[Array], mask: Array | None
) -> None:
    needed = box_around(args, mask)
    if needed is None:
        return
    if not made.box.contains(needed):
        raise _Grow(needed)
    index = np.broadcast_arrays(*made.index(args, mask)) if args else []
    shape = index[0].shape if args else ()
    chosen = tuple(index)
    if mask is not None:
        keep = np.broadcast_to(mask, shape)
        chosen = tuple(i[keep] for i in index)
    for k, value in values.items():
        new = np.broadcast_to(value, shape)
        made.arrays[k][chosen] = new if mask is None else new[np.broadcast_to(mask, shape)]


def _stored(d: Definition) -> list[int]:
    """Return the numbers of the values that are stored: those that are not undef."""
    return [k for k, v in enumerate(d.values) if not is_undefined(v)]


def _ranges(stage: PlannedStage, context: _Evaluation) -> list[range]:
    """Return the values of each RVar."""
    bounds = [int(b) for b in stage.bounds.run(context)]
    return [range(low, low + n) for low, n in zip(bounds[::2], bounds[1::2], strict=True)]


def _grid(
    names: tuple[str, ...], mins: Sequence[int], maxs: Sequence[int], more: int
) -> dict[str, Array]:
    """Return the coordinates of a box's cells, variable i along axis i, and `more` axes of 1."""
    points: dict[str, Array] = {}
    for i, name in enumerate(names):
        shape = [1] * (len(names) + more)
        shape[i] = max(maxs[i] - mins[i] + 1, 0)
        points[name] = np.arange(mins[i], maxs[i] + 1, dtype=np.int32).reshape(shape)
    return points
