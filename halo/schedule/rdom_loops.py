"""The reduction variables of a definition in terms of the loops that splits and fusions made."""

from __future__ import annotations

from dataclasses import dataclass, field

from halo.ir.expr import LE, Add, Div, Expr, Mod, Mul, Sub, Variable, as_const, i32
from halo.ir.function import Definition
from halo.ir.simplify import simplify
from halo.ir.types import Int
from halo.schedule.directives import Fuse, Rename, Split
from halo.schedule.state import StageSchedule

Step = Split | Fuse | Rename


@dataclass(slots=True)
class RDomLoops:
    """What the splits and fusions of reduction variables come to.

    Attributes
    ----------
    ranges
        Loop to its min and extent.
    values
        Reduction variable of the definition to its value.
    guards
        What must hold for an iteration to be in the domain.
    pure
        The splits and fusions of pure variables, in order.
    mixed
        A fusion of a reduction variable with a pure one, if there is any; then the rest is empty.
    """

    ranges: dict[str, tuple[Expr, Expr]] = field(default_factory=dict)
    values: dict[str, Expr] = field(default_factory=dict)
    guards: list[Expr] = field(default_factory=list)
    pure: list[Step] = field(default_factory=list)
    mixed: Fuse | None = None


def rdom_loops(definition: Definition, stage: StageSchedule) -> RDomLoops:
    """Undo what `stage` did to the reduction variables of `definition`.

    ``old == outer*factor + inner + min``, guarded where the factor may not divide the extent;
    ``inner == fused % extent + min``, ``outer == fused / extent + min``.
    """
    made = RDomLoops()
    ranges = {r.name: (r.min, r.extent) for r in definition.rvars}
    steps: list[tuple[Step, list[tuple[Expr, Expr]]]] = []
    for s in stage.splits:
        old = s.consumed
        known = [name for name in old if name in ranges]
        if not known:
            made.pure.append(s)
        elif len(known) < len(old):
            assert isinstance(s, Fuse)
            return RDomLoops(mixed=s)
        else:
            parts = [ranges.pop(name) for name in old]
            ranges.update(_ranges(s, parts))
            steps.append((s, parts))
    made.ranges = ranges
    values: dict[str, Expr] = {name: Variable(Int(32), name) for name in ranges}
    for s, parts in reversed(steps):
        _undo(s, parts, values, made.guards)
    made.values = values
    return made


def _ranges(s: Step, parts: list[tuple[Expr, Expr]]) -> dict[str, tuple[Expr, Expr]]:
    extents = [extent for _, extent in parts]
    if isinstance(s, Rename):
        return {s.new: parts[0]}
    if isinstance(s, Fuse):
        return {s.fused: (i32(0), simplify(Mul(extents[0], extents[1])))}
    steps = simplify(Div(Add(extents[0], i32(s.factor - 1)), i32(s.factor)))
    return {s.outer: (i32(0), steps), s.inner: (i32(0), i32(s.factor))}


def _undo(
    s: Step,
    parts: list[tuple[Expr, Expr]],
    values: dict[str, Expr],
    guards: list[Expr],
) -> None:
    if isinstance(s, Rename):
        values[s.old] = values.pop(s.new)
        return
    if isinstance(s, Fuse):
        fused, ((outer_min, _), (low, extent)) = values.pop(s.fused), parts
        values[s.inner] = simplify(Add(Mod(fused, extent), low))
        values[s.outer] = simplify(Add(Div(fused, extent), outer_min))
        return
    low, extent = parts[0]
    outer, inner = values.pop(s.outer), values.pop(s.inner)
    place = Add(Mul(outer, i32(s.factor)), inner)
    values[s.old] = simplify(Add(place, low))
    if as_const(simplify(Mod(extent, i32(s.factor)))) != 0:
        guards.append(simplify(LE(place, Sub(extent, i32(1)))))
