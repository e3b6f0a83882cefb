"""The region each Function must cover, seen from a site: the union of what its users read.

A region comes from the users' definitions and regions, never from their split loops, so for
affine accesses it is exact under every schedule, and its cost does not depend on extents.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from halo.ir.equality import equal
from halo.ir.expr import (
    Call,
    CallKind,
    Div,
    Expr,
    Mod,
    Mul,
    Select,
    Variable,
    as_const,
    i32,
    is_false,
    is_true,
)
from halo.ir.function import Definition, Function, box_end
from halo.ir.interval import Interval, bounds_of, boxes_touched, refine, union
from halo.ir.simplify import Simplifier, simplify
from halo.ir.stmt import Stmt
from halo.ir.substitute import substitute
from halo.ir.types import Int
from halo.lowering.exact_boxes import ExactRanges, is_knotted, range_of
from halo.lowering.multiples import named_units
from halo.lowering.predicates import holds_somewhere
from halo.lowering.program import Program, calls_in, expressions_of
from halo.lowering.promises import Sizes, promise_checks, promised
from halo.lowering.reach import Domain, Reach, reach_of
from halo.lowering.splits import extent_of, last_of
from halo.lowering.unbounded import unbounded
from halo.polyhedral import image_box
from halo.schedule.state import FuncSchedule

Box = tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """What a Function must compute at a site.

    Attributes
    ----------
    stages
        Per stage, the range of each pure variable that is asked for; stage 0's covers the others'.
    reaches
        Per stage, the ranges for which it reads and stores, where steps run over the end.
    lets
        The names used in `stages` and `reaches`, outermost first.
    """

    stages: tuple[Domain, ...]
    reaches: tuple[Reach, ...]
    lets: tuple[tuple[str, Expr], ...]

    def box(self, args: tuple[str, ...]) -> Box:
        """Return the range of each dimension that is stored."""
        return tuple(self.reaches[0].stores[a] for a in args)

    def grows_along(self, arg: str) -> bool:
        """Whether the pure definition runs over its range along `arg`."""
        r, reach = self.stages[0][arg], self.reaches[0]
        return reach.reads[arg] is not r or reach.stores[arg] is not r

    def along(self, arg: str, r: Interval) -> Region:
        """Return the region of a Function of one stage with another range along `arg`.

        Requires: it does not grow along `arg`.
        """
        reach = self.reaches[0]
        reach = Reach({**reach.reads, arg: r}, {**reach.stores, arg: r})
        return Region(({**self.stages[0], arg: r},), (reach,), self.lets)


class Regions:
    """Works out regions for the Functions of one program."""

    def __init__(
        self, program: Program, schedules: Mapping[str, FuncSchedule], sizes: Sizes
    ) -> None:
        self.program = program
        self.schedules = schedules
        self.sizes = sizes
        self._names: dict[str, int] = {}

    def touched_by(self, name: str, stage: int, domain: Mapping[str, Interval]) -> dict[str, Box]:
        """Return what stage `stage` of `name` reads and writes while its variables run `domain`."""
        d = self.program.definitions[name][stage]
        return _touched(d, with_rvars(d, domain))

    def runs_somewhere(self, name: str, stage: int, domain: Mapping[str, Interval]) -> Expr:
        """Return a condition without which stage `stage` of `name` does nothing in `domain`."""
        d = self.program.definitions[name][stage]
        return holds_somewhere(d, with_rvars(d, domain))

    def at_root(self, name: str, domain: Domain) -> Region:
        """Return the region of an output: what its buffer says."""
        return self._staged(name, domain, None, domain)

    def region(self, name: str, need: Box, whole: Container[str]) -> Region:
        """Return the region of `name` at a site where its users read `need`.

        Parameters
        ----------
        whole
            The dimensions along which it is computed at once; else parts of it are, deeper.

        Raises
        ------
        BoundsError
            A user reads at an index whose range is not known.
        """
        f = self.program.functions[name]
        bounds = self.schedules[name].bounds
        domain: Domain = {}
        for i, (arg, r) in enumerate(zip(f.args, need, strict=True)):
            if arg in bounds:
                r = promised(r, bounds[arg], self.sizes, arg in whole)
            if r.min is None or r.max is None:
                raise unbounded(self.program, name, i)
            domain[arg] = Interval(simplify(r.min), simplify(r.max))
        return self._staged(name, domain, self._suffix(name), whole)

    def checks(self, name: str, need: Box) -> list[Stmt]:
        """Return the checks that what is promised of `name` holds all that its users read."""
        f = self.program.functions[name]
        wanted = dict(zip(f.args, need, strict=True))
        return promise_checks(f, wanted, self.schedules[name].bounds, self.sizes)

    def _suffix(self, name: str) -> str:
        n = self._names.get(name, 0)
        self._names[name] = n + 1
        return f".{n}" if n else ""

    def _staged(
        self, name: str, domain: Domain, suffix: str | None, whole: Container[str]
    ) -> Region:
        """Grow `domain`, from the last stage back to the first, by what later stages touch."""
        f = self.program.functions[name]
        definitions = self.program.definitions[name]
        schedule = self.schedules[name]
        names = _Names(suffix)
        stages: list[Domain] = []
        reaches: list[Reach] = []
        for i in reversed(range(len(definitions))):
            prefix = f"{name}.s{i}"
            units = {arg: b.modulus for arg, b in schedule.bounds.items()}
            domain = {
                arg: names.bound(f"{prefix}.{arg}", domain[arg], unit=units.get(arg, 1))
                for arg in f.args
            }
            reach = names.grown(prefix, reach_of(schedule.stages[i], domain, whole), domain)
            stages.append(domain)
            reaches.append(reach)
            if i:
                domain = self._before(f, definitions[i], reach, domain)
        return Region(tuple(reversed(stages)), tuple(reversed(reaches)), tuple(names.lets))

    def _before(self, f: Function, d: Definition, reach: Reach, after: Domain) -> Domain:
        own = _touched(d, refine(with_rvars(d, reach.reads), d.predicate)).get(f.name)
        written = _box_where(d.args, with_rvars(d, reach.stores), d.predicate)
        before: Domain = {}
        simplifier = Simplifier()
        for i, arg in enumerate(f.args):
            r = after[arg].union(written[i])
            r = r.union(own[i]) if own else r  # what it reads
            if r.min is None or r.max is None:
                raise unbounded(self.program, f.name, i, d)
            before[arg] = Interval(simplifier.simplify(r.min), simplifier.simplify(r.max))
        return before


class _Names:
    """Names for the ends of ranges, numbered by `suffix`; None: no names."""

    def __init__(self, suffix: str | None) -> None:
        self.suffix = suffix
        self.lets: list[tuple[str, Expr]] = []

    def _named(self, e: Expr, name: str, unit: int = 1) -> Expr:
        if self.suffix is None or not e.children():  # constants and variables need no name
            return e
        units = named_units(e, f"{name}{self.suffix}", unit)
        if units is not None:
            self.lets.append(units[0])
            return units[1]
        self.lets.append((f"{name}{self.suffix}", e))
        return Variable(Int(32), self.lets[-1][0])

    def bound(self, name: str, r: Interval, end: str = "max", unit: int = 1) -> Interval:
        """Return `r` with its ends named; min and extent may be known to be multiples of `unit`."""
        assert r.min is not None and r.max is not None
        if self.suffix is None:
            return r
        low = self._named(r.min, f"{name}.min", unit)
        extent = extent_of(r)
        if as_const(extent) is not None:  # keep it visible that the extent is constant,
            return Interval(low, simplify(last_of(low, extent)))
        if unit > 1 and as_const(simplify(Mod(extent, i32(unit)))) == 0:  # or a multiple
            steps = self._named(simplify(Div(extent, i32(unit))), f"{name}.steps")
            return Interval(low, simplify(last_of(low, Mul(steps, i32(unit)))))
        return Interval(low, self._named(r.max, f"{name}.{end}"))

    def grown(self, prefix: str, reach: Reach, domain: Domain) -> Reach:
        """Return `reach` with the ends named that are not those of `domain`."""
        reads, stores = dict(reach.reads), dict(reach.stores)
        for arg, r in domain.items():
            name = f"{prefix}.{arg}"
            shared = reads[arg] is stores[arg]
            if reads[arg] is not r:
                reads[arg] = self.bound(name, reads[arg], "end" if shared else "reads")
            if shared:
                stores[arg] = reads[arg]
            elif stores[arg] is not r:
                stores[arg] = self.bound(name, stores[arg], "stores")
        return Reach(reads, stores)


def with_rvars(d: Definition, domain: Mapping[str, Interval]) -> dict[str, Interval]:
    """Return `domain` with the reduction variables over their whole range, where it lacks them."""
    scope = dict(domain)
    for r in d.rvars:
        if r.name not in scope:
            scope[r.name] = rvar_interval(d, r.name)
    return scope


def rvar_interval(d: Definition, name: str) -> Interval:
    """Return the range of a reduction variable."""
    r = next(r for r in d.rvars if r.name == name)
    return Interval(simplify(r.min), simplify(r.min + r.extent - 1))


def _touched(d: Definition, scope: Mapping[str, Interval]) -> dict[str, Box]:
    if d.extern is not None:
        return extern_reads(d, scope)
    if not is_true(d.predicate):
        return _touched_where(d, scope)
    calls = calls_in(d)
    if any(is_knotted(a, scope) for c in calls for a in c.args):
        return _touched_exactly(calls, scope)
    return boxes_touched(expressions_of(d), scope)


def _touched_exactly(calls: Sequence[Call], scope: Mapping[str, Interval]) -> dict[str, Box]:
    """Return the boxes that `calls` read where indices use variables repeatedly."""
    merged: dict[str, Box] = {}
    ranges, simplifier = ExactRanges(scope), Simplifier()
    seen: set[tuple[str, tuple[int, ...]]] = set()
    for call in calls:
        box = tuple([ranges.of(a) for a in call.args])
        key = call.name, tuple(map(id, box))  # `ranges` keeps the intervals
        if key not in seen:
            seen.add(key)
            merge_boxes(merged, {call.name: box}, simplifier)
    return merged


def extern_reads(d: Definition, scope: Mapping[str, Interval]) -> dict[str, Box]:
    """Return what the C function behind `d` reads of each Func it is given."""
    merged: dict[str, Box] = {}
    for call, box in extern_boxes(d, scope):
        merge_boxes(merged, {call.name: box})
    return merged


def extern_boxes(d: Definition, scope: Mapping[str, Interval]) -> list[tuple[Call, Box]]:
    """Return each Func that the C function behind `d` is given, with the box that it reads."""
    assert d.extern is not None
    ends: dict[str, Expr] = {}
    for arg in d.args:
        assert isinstance(arg, Variable)
        r = scope[arg.name]
        assert r.min is not None and r.max is not None
        ends[box_end(arg.name, "min").name] = r.min
        ends[box_end(arg.name, "max").name] = r.max
    funcs = [c for c in d.whole_arguments() if c.kind is CallKind.FUNC]
    return [
        (call, tuple(Interval(substitute(a, ends), substitute(b, ends)) for a, b in box))
        for call, box in zip(funcs, d.extern.reads, strict=True)
    ]


def _touched_where(d: Definition, scope: Mapping[str, Interval]) -> dict[str, Box]:
    """Return the boxes over the points for which the predicate holds, exact where it is affine.

    The predicate itself is evaluated at every point.
    """
    merged = dict(boxes_touched(d.predicate, scope))
    for call in calls_in(d):
        merge_boxes(merged, {call.name: _box_where(call.args, scope, d.predicate)})
    return merged


def _box_where(args: tuple[Expr, ...], scope: Mapping[str, Interval], where: Expr) -> Box:
    """Return the values of `args` over the points of `scope` for which `where` holds."""
    if is_true(where):
        return tuple([range_of(arg, scope) for arg in args])
    refined = refine(scope, where)
    exact = image_box(args, scope, where)
    return tuple(
        [bounds_of(a, refined) if r is None else r for a, r in zip(args, exact, strict=True)]
    )


def needed_where(box: Box, needed: Expr, others: Expr) -> Box:
    """Return `box`, which is needed where `needed` holds, for its union with the boxes of others.

    It is then empty where only the others are needed, and may be anything where nothing is.
    """
    if is_true(needed) or is_false(others) or equal(needed, others):
        return box
    most, least = i32(Int(32).max_value), i32(Int(32).min_value)

    def end(e: Expr | None, nowhere: Expr) -> Expr | None:
        return None if e is None else Select(needed, e, nowhere)

    return tuple([Interval(end(r.min, most), end(r.max, least)) for r in box])


def merge_boxes(
    into: dict[str, Box], more: Mapping[str, Box], simplifier: Simplifier | None = None
) -> None:
    """Grow the boxes of `into` to hold those of `more`; `simplifier` remembers earlier ones."""
    for name, box in more.items():
        old = into.get(name)
        if old is not None:
            box = tuple([union(a, b, simplifier) for a, b in zip(old, box, strict=True)])
        into[name] = box
