"""Whether the loops of a stage keep every dependence of its definition, asked of isl."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce

from halo.ir.expr import GE, LE, Add, And, Div, Expr, Mod, Mul, Sub, Variable, i32
from halo.ir.function import Function
from halo.ir.interval import Interval
from halo.ir.simplify import simplify
from halo.ir.stmt import ForKind
from halo.ir.substitute import find, substitute
from halo.ir.types import Int
from halo.polyhedral import Axis, Clash, Touch, Unproven, Work, order_clash
from halo.schedule.directives import Fuse, Rename, Split
from halo.schedule.races import Order, reduction_order, self_reads
from halo.schedule.state import Dim, StageSchedule, initial_stage, pure_vars

AT_ONCE = (ForKind.PARALLEL, ForKind.VECTORIZED)
"""Kinds of loops whose iterations run at the same time."""


def stage_clash(function: Function, index: int, stage: StageSchedule) -> Clash | Unproven | None:
    """Return two iterations of definition `index` that `stage` runs in an order that matters.

    None if it is proven that of any two iterations that touch the same cell, where one writes
    it, the one that the definition has earlier comes first; or if the definition combines what
    they write in any order, and they run one by one. The pure definition writes each cell once
    and reads none of its own.
    """
    if index == 0:
        return None
    any_order = reduction_order(function, function.definitions[index]) is not Order.FIXED
    axes = [
        replace(axis, free=any_order and not axis.at_once)
        for axis in axes_of(function, index, stage)
    ]
    return order_clash(work_of(function, index), axes)


def work_of(function: Function, index: int) -> Work:
    """Return the iterations of definition `index` over its own variables.

    They touch cells of `function` only; pure variables take every value from their min.
    """
    d = function.definitions[index]
    loops = {dim.name: _range(function, index, dim) for dim in initial_stage(function, d).dims}
    writes = (Touch(function.name, tuple(map(_index, d.args))),)
    reads = [Touch(function.name, tuple(map(_index, c.args))) for c in self_reads(function, d)]
    promises = _promises((*d.args, *(a for r in reads for a in r.cell)))
    return Work(loops, writes, tuple(reads), reduce(And, promises, _index(d.predicate)))


def axes_of(function: Function, index: int, stage: StageSchedule) -> list[Axis]:
    """Return the loops of `stage`, outermost first, as values of the definition's variables."""
    digits = _digits(function, index, stage)
    return [
        Axis(dim.name, value, value, dim.kind in AT_ONCE)
        for dim in stage.dims
        for value, _ in digits[dim.name]
    ]


def _range(function: Function, index: int, dim: Dim) -> Interval:
    for r in function.definitions[index].rvars:
        if r.name == dim.name:
            return Interval(_index(r.min), _index(Sub(Add(r.min, r.extent), i32(1))))
    return Interval(_first(dim.name), None)


def _first(pure: str) -> Expr:
    """Return the least value of a pure variable, which is known when the pipeline is lowered."""
    return Variable(Int(32), f"{pure}.min")


def _index(e: Expr) -> Expr:
    """Return `e` with its parameters as index variables: coordinates stay clear of overflow."""
    found = [v for v in find(e, Variable) if v.param is not None and v.type == Int(32)]
    return substitute(e, {v.name: Variable(v.type, v.name) for v in found})


def _promises(exprs: tuple[Expr, ...]) -> list[Expr]:
    """Return what the user promised of the parameters in `exprs`."""
    made: list[Expr] = []
    for v in find(exprs, Variable):
        if v.param is not None and v.type == Int(32):
            plain = Variable(v.type, v.name)
            made.extend(GE(plain, i32(int(x))) for x in (v.param.min,) if x is not None)
            made.extend(LE(plain, i32(int(x))) for x in (v.param.max,) if x is not None)
    return made


Digits = list[tuple[Expr, Expr]]
"""A loop as numbers from 0 that are compared one after the other, each with its extent."""


def _digits(function: Function, index: int, stage: StageSchedule) -> dict[str, Digits]:
    """Return each loop of `stage` in terms of the definition's variables.

    A fused loop keeps the two that it is made of until it is split.
    """
    d = function.definitions[index]
    digits: dict[str, Digits] = {}
    for name in pure_vars(function, d):
        extent = Variable(Int(32), f"{name}.extent")
        digits[name] = [(Sub(Variable(Int(32), name), _first(name)), extent)]
    for r in d.rvars:
        digits[r.name] = [(Sub(Variable(Int(32), r.name), _index(r.min)), _index(r.extent))]
    for s in stage.splits:
        if isinstance(s, Fuse):
            inner, outer = digits.pop(s.inner), digits.pop(s.outer)
            digits[s.fused] = outer + inner
        elif isinstance(s, Rename):
            digits[s.new] = digits.pop(s.old)
        else:
            digits.update(_split(s, digits.pop(s.old)))
    return digits


def _split(s: Split, digits: Digits) -> dict[str, Digits]:
    """Return outer and inner of a number; where extents are not known, isl will not know it."""
    (value, extent), *rest = digits
    for v, e in rest:
        value, extent = Add(Mul(value, e), v), simplify(Mul(extent, e))
    factor = i32(s.factor)
    steps = simplify(Div(Add(extent, i32(s.factor - 1)), factor))
    return {s.outer: [(Div(value, factor), steps)], s.inner: [(Mod(value, factor), factor)]}
