"""Prefetches: the box that a later iteration reads, and the cache lines that it lies in."""

from __future__ import annotations

from functools import reduce

from halo.ir.expr import LE, Add, And, Call, Expr, Max, Min, Variable, as_const, i32
from halo.ir.function import Function, Image
from halo.ir.interval import Interval
from halo.ir.lowered import Field, buffer_field
from halo.ir.simplify import simplify
from halo.ir.stmt import IfThenElse, Prefetch, Stmt
from halo.ir.substitute import substitute
from halo.ir.types import Int, Type
from halo.lowering.names import Lets
from halo.lowering.program import calls_in
from halo.lowering.shared_loops import Member
from halo.lowering.splits import extent_of, known_end, last_of
from halo.lowering.surroundings import Surroundings
from halo.schedule.directives import PrefetchBoundStrategy, handle_source
from halo.schedule.refuse import refuse
from halo.schedule.state import Ahead

LINE_BYTES = 64
"""Bytes of a cache line."""


def prefetches(around: Surroundings, m: Member, depth: int) -> list[Stmt]:
    """Return the prefetches of `m` that belong inside its loop `depth`.

    Example: ``f.prefetch(g, y, y, 2)`` -> ``if y + 2 <= last: prefetch g over what y + 2 reads``.

    Raises
    ------
    ScheduleError
        The stage does not read it there, or it is stored inside the loop.
    """
    here = m.variant.schedule.dims[depth].name
    ahead = [a for a in m.variant.schedule.prefetches if a.directive.at == here]
    return [_prefetch(around, m, depth, a) for a in ahead]


def _prefetch(around: Surroundings, m: Member, depth: int, a: Ahead) -> Stmt:
    names = [dim.name for dim in m.variant.schedule.dims]
    loop = m.nest.loops[names.index(a.directive.from_)]
    later = Add(Variable(Int(32), loop.name), i32(a.directive.offset))
    bindings = Lets([(b.name, b.value) for b in m.nest.bindings if b.depth <= depth])

    def moved(e: Expr | None) -> Expr:
        return simplify(substitute(bindings.inline(known_end(e)), {loop.name: later}))

    read = _box_read(around, m, depth, a)
    box = [Interval(moved(r.min), moved(r.max)) for r in read]
    if a.directive.strategy is PrefetchBoundStrategy.Clamp:
        box = [
            _within(r, of) for r, of in zip(box, _extents(around, a.directive.data), strict=True)
        ]
    types, steps = _memory(around, m, a.directive.data)
    bounds = tuple((known_end(r.min), extent_of(r)) for r in box)
    made: Stmt = Prefetch(a.directive.data, types, bounds, steps)
    conditions: list[Expr] = [LE(known_end(r.min), known_end(r.max)) for r in box]
    if a.directive.strategy is PrefetchBoundStrategy.GuardWithIf:
        conditions = [LE(later, last_of(loop.min, loop.extent))]
    elif a.directive.strategy is PrefetchBoundStrategy.NonFaulting:
        conditions = []
    return IfThenElse(reduce(And, conditions), made) if conditions else made


def _box_read(around: Surroundings, m: Member, depth: int, a: Ahead) -> tuple[Interval, ...]:
    name, data = m.variant.func, a.directive.data
    function = around.program.functions[name]
    read = around.regions.touched_by(*m.stage, m.nest.scope_at(depth, m.reads))
    read.pop(name, None)
    stage = handle_source(name, m.variant.stage)
    if data not in read:
        known = ", ".join(read) or "nothing"
        what = f"{stage} does not read {data} inside {a.directive.at}"
        refuse(a.entry, function, what, f"it reads there: {known}")
    stored = around.placement.stored.get(data)
    first = [dim.name for dim in m.variant.schedule.dims].index(a.directive.from_)
    if stored is not None and stored in (*m.sites[first:], m.innermost):
        what = f"{data} is stored inside the loop over {stored.var}, and not there yet"
        refuse(a.entry, function, what, f"legal: what is stored outside, {data}.compute_root()")
    box = read[data]
    if any(r.min is None or r.max is None for r in box):
        refuse(a.entry, function, f"the cells of {data} that are read have no bound")
    return box


def _within(r: Interval, of: Interval) -> Interval:
    low, high = known_end(of.min), known_end(of.max)
    return Interval(Max(known_end(r.min), low), Min(known_end(r.max), high))


def _extents(around: Surroundings, data: str) -> list[Interval]:
    """Return what there is of `data` along each dimension."""
    region = around.stored_regions.get(data)
    if region is not None:
        return list(region.box(around.program.functions[data].args))
    image = around.program.images()[data]
    ends = []
    for d in range(image.dimensions):
        low, n = buffer_field(data, Field.MIN, d), buffer_field(data, Field.EXTENT, d)
        ends.append(Interval(low, last_of(low, n)))
    return ends


def _memory(around: Surroundings, m: Member, data: str) -> tuple[tuple[Type, ...], tuple[int, ...]]:
    """Return the types of `data`, and how many cells a cache line holds along each dimension."""
    d = around.program.definitions[m.variant.func][m.variant.stage]
    call: Call = next(c for c in calls_in(d) if c.name == data)
    source = call.func
    if isinstance(source, Image):
        steps = [1] * source.dimensions
        for i, dim in enumerate(source.dims):
            if dim.stride is not None and as_const(dim.stride) == 1:
                steps[i] = max(1, LINE_BYTES // source.type.bytes())
        return (source.type,), tuple(steps)
    assert isinstance(source, Function)
    steps = [1] * source.dimensions
    types = around.program.functions[data].types
    layout = around.schedules[data].storage.layout
    if layout and layout[0].divisor == 1:
        line = max(1, LINE_BYTES // max(t.bytes() for t in types))
        steps[layout[0].dimension] = min(line, layout[0].modulus or line)
    return types, tuple(steps)
