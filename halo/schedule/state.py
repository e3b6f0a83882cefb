"""What directives add up to: the loops, the place and the storage of one Func."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from halo.ir.expr import Expr, Variable
from halo.ir.function import Definition, Function
from halo.ir.memory import plain_layout
from halo.ir.stmt import ForKind, Partition
from halo.schedule.directives import ComputeWith, Fuse, Prefetch, Rename, Split
from halo.schedule.formula import Formula, Size
from halo.schedule.loop_level import INLINED, LoopLevel
from halo.schedule.memory import Bounds, Storage
from halo.schedule.schedule import Entry
from halo.schedule.traced import Traced


@dataclass(frozen=True, slots=True)
class Dim:
    """One loop of a stage.

    `is_rvar` holds if any reduction variable went into it. `note` is the directives it comes
    from, for the reader of generated code. `partition` is what may become of its ends.
    """

    name: str
    kind: ForKind = ForKind.SERIAL
    is_rvar: bool = False
    note: str = ""
    partition: Partition = Partition.Auto


@dataclass(frozen=True, slots=True)
class Ahead:
    """A prefetch, by the directive of `entry`."""

    directive: Prefetch
    entry: Entry = field(compare=False)


@dataclass(frozen=True, slots=True)
class StageSchedule:
    """The loops of one definition.

    Attributes
    ----------
    splits
        `Split` (its tail resolved, never Auto), `Fuse` and `Rename` in the order applied. A name
        made by one may be taken apart by a later one. `outer` or `inner` of a Split may have the
        name of its `old`: read from the last to the first, each defines its `old` from the others.
    dims
        The loops, outermost first.
    races_allowed
        Whether the user answers for iterations that run at once and may meet in a cell.
    special
        Loops for where a condition holds, in the order in which the conditions are asked.
    fail
        What to fail with where none holds; None: run the loops.
    fused
        The definition whose outer loops these run together with.
    atomic
        Whether its updates may run in any order, each as one step.
    prefetches
        What is read ahead.
    """

    splits: tuple[Split | Fuse | Rename, ...]
    dims: tuple[Dim, ...]
    races_allowed: bool = False
    special: tuple[tuple[Formula, StageSchedule], ...] = ()
    fail: str | None = None
    fused: ComputeWith | None = None
    atomic: bool = False
    prefetches: tuple[Ahead, ...] = ()

    def dim(self, name: str) -> Dim | None:
        """Return the loop over `name`, if there is one."""
        return next((d for d in self.dims if d.name == name), None)

    def with_dim(self, dim: Dim) -> StageSchedule:
        """Return this schedule with `dim` in place of the loop of that name."""
        dims = tuple(dim if d.name == dim.name else d for d in self.dims)
        return dataclasses.replace(self, dims=dims)

    def reordered(self, names: tuple[str, ...]) -> StageSchedule:
        """Return this schedule with the loops over `names` in that order, innermost first.

        The others keep their places.
        """
        rank = {name: i for i, name in enumerate(names)}
        named = [d for d in self.dims if d.name in rank]
        moved = iter(sorted(named, key=lambda d: -rank[d.name]))
        dims = tuple(next(moved) if d.name in rank else d for d in self.dims)
        return dataclasses.replace(self, dims=dims)

    def at(self, branch: tuple[Formula, ...]) -> StageSchedule:
        """Return the loops of a specialisation, named by its conditions, outermost first."""
        if not branch:
            return self
        return next(s for c, s in self.special if c == branch[0]).at(branch[1:])

    def conditions(self) -> Iterator[Expr]:
        """Yield the conditions of all specialisations."""
        for condition, special in self.special:
            yield condition.expr
            yield from special.conditions()

    def all_splits(self) -> Iterator[Split]:
        """Yield the splits of these loops and of their specialisations."""
        for variant in self.variants():
            yield from (s for s in variant.splits if isinstance(s, Split))

    def variants(self) -> Iterator[StageSchedule]:
        """Yield these loops, without their specialisations, and those of each of these."""
        return (loops for _, loops in self.branches())

    def branches(self) -> Iterator[tuple[tuple[Formula, ...], StageSchedule]]:
        """Yield `variants` with the conditions that each is for, the outermost first."""
        yield (), dataclasses.replace(self, special=(), fail=None)
        for condition, special in self.special:
            for deeper, loops in special.branches():
                yield (condition, *deeper), loops


@dataclass(frozen=True, slots=True)
class FuncSchedule:
    """How one Func is computed.

    Attributes
    ----------
    compute_level, store_level
        `compute_level` INLINED of a Func with updates means: computed in the innermost loop of
        each definition that uses it, because a reduction cannot be substituted. Before
        `resolve`, `store_level` INLINED means "where it is computed"; after it, it is concrete.
    storage
        How its cells lie in memory.
    bounds
        Pure variable -> what is known of the cells computed along it.
    traced
        Which events are reported.
    memoized
        The directive by which the cells are kept from one call to the next.
    asynchronous
        The directive by which it is computed on a thread of its own.
    stages
        One per definition.
    """

    compute_level: LoopLevel = INLINED
    store_level: LoopLevel = INLINED
    storage: Storage = field(default_factory=Storage)
    bounds: dict[str, Bounds] = field(default_factory=dict)
    traced: Traced = field(default_factory=Traced)
    memoized: Entry | None = field(default=None, compare=False)
    asynchronous: Entry | None = field(default=None, compare=False)
    stages: tuple[StageSchedule, ...] = ()

    def sizes(self, func: str) -> Iterator[tuple[str, Size, Entry]]:
        """Yield the sizes that directives give, with names for them and the directives."""
        for arg, bounds in self.bounds.items():
            yield from bounds.sizes(f"{func}.bound.{arg}")
        yield from self.storage.sizes(func)

    def alone(self) -> FuncSchedule:
        """Return this schedule for a Func that no loop of another definition has to do with."""
        stages = tuple(dataclasses.replace(s, fused=None) for s in self.stages)
        compute = INLINED if self.compute_level.is_at else self.compute_level
        return dataclasses.replace(self, stages=stages, compute_level=compute, store_level=INLINED)

    def with_stage(self, index: int, stage: StageSchedule) -> FuncSchedule:
        """Return this schedule with stage `index` replaced."""
        stages = (*self.stages[:index], stage, *self.stages[index + 1 :])
        return dataclasses.replace(self, stages=stages)


def pure_vars(function: Function, definition: Definition) -> tuple[str, ...]:
    """Return the pure variables that stand on the left of `definition`, in argument order."""
    return tuple(
        name
        for name, arg in zip(function.args, definition.args, strict=True)
        if isinstance(arg, Variable) and arg.name == name
    )


def initial_stage(function: Function, definition: Definition) -> StageSchedule:
    """Return the loops of `definition` before any directive.

    The first pure variable is innermost; reduction variables are inside the pure ones, the first
    innermost. An extern stage has no loops.
    """
    if definition.extern is not None:
        return StageSchedule((), ())
    rvars = [Dim(r.name, is_rvar=True) for r in definition.rvars]
    pure = [Dim(name) for name in pure_vars(function, definition)]
    return StageSchedule((), tuple(reversed([*rvars, *pure])))


def complete(state: FuncSchedule, function: Function) -> FuncSchedule:
    """Return `state` with stages for definitions it does not have yet; itself if it has all."""
    if len(state.stages) == len(function.definitions):
        return state
    added = [initial_stage(function, d) for d in function.definitions[len(state.stages) :]]
    storage = state.storage
    if not storage.layout:
        storage = dataclasses.replace(storage, layout=plain_layout(function.args))
    return dataclasses.replace(state, storage=storage, stages=(*state.stages, *added))


def initial(function: Function) -> FuncSchedule:
    """Return the schedule of `function` before any directive."""
    return complete(FuncSchedule(), function)


def roots(stage: StageSchedule, name: str) -> frozenset[str]:
    """Return the variables of the definition that the loop over `name` is part of."""
    names = {name}
    for s in reversed(stage.splits):
        if names & {*s.made}:
            names = (names - {*s.made}) | {*s.consumed}
    return frozenset(names)


def parts_of(stage: StageSchedule, index: int, name: str) -> set[str]:
    """Return the loops that `name`, a loop made by split number `index`, has become."""
    live = {name}
    for s in stage.splits[index + 1 :]:
        if live & {*s.consumed}:
            live = live - {*s.consumed} | {*s.made}
    return live


def known_extents(stage: StageSchedule, extents: dict[str, int]) -> dict[str, int]:
    """Return the extents of loops that are known, from those of the definition's variables.

    `inner` of a split has its factor, `outer` the steps it takes; a fused loop has the product.
    """
    known = dict(extents)
    for s in stage.splits:
        old = [known.pop(name, None) for name in s.consumed]
        sizes = [n for n in old if n is not None]
        if isinstance(s, Split):
            if sizes:
                known[s.outer] = -(-sizes[0] // s.factor)
            known[s.inner] = s.factor
        elif len(sizes) == len(old):
            known[s.made[0]] = math.prod(sizes)
    return known
