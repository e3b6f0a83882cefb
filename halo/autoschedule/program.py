"""A pipeline as the scheduler sees it: what each definition reads where, and what a cell costs."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from halo.autoschedule.costs import operations
from halo.autoschedule.index import Index, Indices
from halo.ir.expr import Call, CallKind, Expr, as_const
from halo.ir.function import Definition, Function, Image
from halo.ir.substitute import walk
from halo.ir.types import Type
from halo.schedule.directives import AlignBounds, AlignExtent, Bound, BoundExtent
from halo.schedule.legality import call_graph
from halo.schedule.races import is_own_coordinate, self_reads
from halo.schedule.schedule import Schedule
from halo.schedule.state import pure_vars

_PROMISES = (Bound, BoundExtent, AlignBounds, AlignExtent)
_USUAL = (1536, 1536, 4)
"""Cells taken for granted along a dimension of which nothing is known."""
_READS = 400
"""Most places that a definition may read, with what is inlined into it."""


@dataclass(frozen=True, slots=True)
class Read:
    """A cell that a definition reads, of a Func or of an image."""

    name: str
    at: tuple[Index | None, ...]
    is_func: bool

    def put(self, places: Mapping[str, Index | None]) -> Read:
        """Return this with `places` for the variables they name."""
        at = tuple(None if i is None else i.put(places) for i in self.at)
        return Read(self.name, at, self.is_func)


@dataclass(slots=True)
class Stage:
    """A definition, what is inlined included.

    Attributes
    ----------
    pure, rvars
        Its variables, those of the first dimension and the innermost first.
    reads
        What it reads, each place once; cells of its own Func are not among them.
    work
        Operations for one cell.
    bits
        Of the widest value that it computes with.
    """

    definition: Definition
    pure: tuple[str, ...]
    rvars: tuple[str, ...]
    reads: dict[Read, None]
    work: float
    bits: int
    own: tuple[str, ...] = ()
    """Pure variables of which different values have nothing to do with each other."""

    @property
    def is_extern(self) -> bool:
        return self.definition.extern is not None

    def reads_of(self, name: str) -> list[Read]:
        """Return the reads of Func `name`."""
        return [r for r in self.reads if r.is_func and r.name == name]

    def put_inline(self, f: Func) -> None:
        """Compute what is read of `f` here."""
        made: dict[Read, None] = {}
        for read in self.reads:
            if not read.is_func or read.name != f.name:
                made[read] = None
                continue
            places = dict(zip(f.function.args, read.at, strict=True))
            made.update((r.put(places), None) for r in f.stages[0].reads)
        self.work += f.stages[0].work * len(self.reads_of(f.name))
        self.bits = max(self.bits, f.stages[0].bits)
        self.reads = made


@dataclass(slots=True)
class Func:
    """A Function with its stages.

    Attributes
    ----------
    extents
        How many cells are needed along each dimension, about.
    known
        Which of the extents are promised.
    is_output, is_given
        Whether its cells leave, and whether the user scheduled it.
    users
        The definitions that read it: names of Funcs and numbers of stages.
    """

    function: Function
    stages: list[Stage]
    is_output: bool
    is_given: bool
    known: dict[str, int]
    extents: dict[str, float] = field(default_factory=dict)
    users: dict[tuple[str, int], None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.function.name

    @property
    def args(self) -> tuple[str, ...]:
        return self.function.args

    @property
    def is_pure(self) -> bool:
        return len(self.stages) == 1 and not self.stages[0].is_extern

    @property
    def is_cell_by_cell(self) -> bool:
        """Whether its updates read and write the cell of their pure variables only."""
        return all(len(s.own) == len(self.args) for s in self.stages[1:])

    @property
    def bytes(self) -> int:
        """Bytes of a cell."""
        return sum(t.bytes() for t in self.function.types)

    def cells(self) -> float:
        """Return how many cells it has."""
        return math.prod(self.extents.values())

    def steps(self, stage: Stage, name: str) -> float:
        """Return how many values variable `name` of `stage` takes."""
        for r in stage.definition.rvars:
            if r.name == name:
                size = as_const(r.extent)
                return float(_USUAL[0] if size is None else max(size, 1))
        return self.extents[name]

    def known_steps(self, stage: Stage) -> int:
        """Return how many steps the sums of `stage` have, 0 where that depends on sizes."""
        return math.prod(int(as_const(r.extent) or 0) for r in stage.definition.rvars)

    def iterations(self, stage: Stage) -> float:
        """Return how often `stage` runs."""
        return math.prod(self.steps(stage, v) for v in (*stage.pure, *stage.rvars))


@dataclass(slots=True)
class Program:
    """The Funcs of a pipeline, producers first."""

    funcs: dict[str, Func]

    def inline(self, f: Func) -> None:
        """Compute `f` where it is read."""
        for user, stage in f.users:
            self.funcs[user].stages[stage].put_inline(f)
        for name in {r.name for r in f.stages[0].reads if r.is_func}:
            users = self.funcs[name].users
            users.pop((f.name, 0), None)
            users.update(f.users)
        f.users.clear()

    def stages_reading(self, f: Func) -> Iterator[tuple[Func, Stage]]:
        """Yield the stages that read `f`, with their Funcs."""
        for user, stage in f.users:
            yield self.funcs[user], self.funcs[user].stages[stage]


def read_program(
    functions: Mapping[str, Function],
    outputs: Sequence[str],
    schedule: Schedule,
    sizes: Mapping[str, Sequence[int | None]],
) -> Program:
    """Return what there is to know of `functions`; `sizes` are those of outputs, where known."""
    order = call_graph(functions, outputs).order
    touched = _given(schedule)
    funcs = {
        name: Func(
            functions[name],
            [_stage(functions[name], d) for d in functions[name].definitions],
            name in outputs,
            name in touched,
            _promised(schedule, name),
        )
        for name in order
    }
    for f in funcs.values():
        for i, stage in enumerate(f.stages):
            for read in stage.reads:
                if read.is_func:
                    funcs[read.name].users[f.name, i] = None
    made = Program(funcs)
    for name in reversed(order):
        f = funcs[name]
        f.extents = _output_extents(f, sizes.get(name, ())) if f.is_output else _needed(made, f)
    return made


def _given(schedule: Schedule) -> Collection[str]:
    """Return the Funcs that directives of the user are about or name."""
    found: set[str] = set()
    for e in schedule.entries:
        if not isinstance(e.directive, _PROMISES):
            found.update((e.func, *e.directive.names()))
    return found


def _promised(schedule: Schedule, name: str) -> dict[str, int]:
    """Return the extents that directives promise of Func `name`."""
    promises = (e.directive for e in schedule.entries if e.func == name)
    return {
        d.var: d.extent
        for d in promises
        if isinstance(d, (Bound, BoundExtent)) and isinstance(d.extent, int)
    }


def _stage(f: Function, d: Definition) -> Stage:
    pure = pure_vars(f, d)
    rvars = tuple(r.name for r in d.rvars)
    own = tuple(v for v in pure if is_own_coordinate(f, d, v)) if d.rvars or pure else ()
    loops = {*pure, *rvars}
    indices = Indices(loops.__contains__)
    reads: dict[Read, None] = {}
    for n in walk((*d.values, *d.args, d.predicate)):
        if isinstance(n, Call) and n.kind in (CallKind.FUNC, CallKind.IMAGE) and n.name != f.name:
            at = tuple(map(indices.of, n.args))
            if len(reads) < _READS:
                reads[Read(n.name, at, n.kind is CallKind.FUNC)] = None
    if d.extern is not None:
        whole = [c for c in d.whole_arguments()]
        reads = {Read(c.name, (None,) * _rank(c), c.kind is CallKind.FUNC): None for c in whole}
    work = _work(d.values) + len(self_reads(f, d))
    bits = max((t.bits() for t in _types(d.values)), default=8)
    return Stage(d, pure, rvars, reads, work, bits, own)


def _rank(call: Call) -> int:
    return call.func.dimensions if call.func is not None else 0


def _work(values: Sequence[Expr]) -> float:
    """Return the operations of `values` that depend on cells, and their math functions."""
    counted: dict[int, bool] = {}

    def visit(e: Expr) -> bool:
        """Count what is below `e`; return whether it depends on a cell."""
        known = counted.get(id(e))
        if known is not None:
            return known
        if isinstance(e, Call) and e.kind in (CallKind.FUNC, CallKind.IMAGE):
            depends = True
        else:
            below = [visit(c) for c in e.children() if isinstance(c, Expr)]
            depends = any(below) or (isinstance(e, Call) and e.kind is CallKind.MATH)
        counted[id(e)] = depends
        if depends:
            total[0] += operations(e)
        return depends

    total = [0.0]
    for v in values:
        visit(v)
    return total[0]


def _types(values: Sequence[Expr]) -> Iterator[Type]:
    stack: list[Expr] = list(values)
    seen: set[int] = set()
    while stack:
        e = stack.pop()
        if id(e) in seen:
            continue
        seen.add(id(e))
        yield e.type
        if not (isinstance(e, Call) and e.kind in (CallKind.FUNC, CallKind.IMAGE)):
            stack.extend(c for c in e.children() if isinstance(c, Expr))


def _output_extents(f: Func, sizes: Sequence[int | None]) -> dict[str, float]:
    found: dict[str, float] = {}
    for i, v in enumerate(f.args):
        told = [f.known.get(v), sizes[i] if i < len(sizes) else None, _from_inputs(f, v)]
        size = next((n for n in told if n is not None), _USUAL[min(i, 2)])
        found[v] = float(max(size, 1))
    return found


def _from_inputs(f: Func, v: str) -> int | None:
    """Return the size of an image along which `v` runs, where it is known."""
    for c in (n for d in f.function.definitions for n in walk(d.values)):
        if isinstance(c, Call) and isinstance(c.func, Image):
            for i, a in enumerate(c.args):
                at = Indices(v.__eq__).of(a)
                size = _image_extent(c.func, i)
                if at is not None and at.scale == ((v, 1.0),) and size is not None:
                    return size
    return None


def _image_extent(image: Image, i: int) -> int | None:
    """Return the size of an image along a dimension: promised, that of its Buffer, or typical."""
    promised, estimate = image.dims[i].extent, image.estimates.get(i, (None, None))[1]
    told = [promised, estimate]
    known = [int(n) for e in told if e is not None and (n := as_const(e)) is not None]
    if known:
        return known[0]
    return int(image.buffer.dim(i).extent()) if image.buffer is not None else None


def _needed(program: Program, f: Func) -> dict[str, float]:
    found = {v: 1.0 for v in f.args}
    for g, stage in program.stages_reading(f):
        loops = (*stage.pure, *stage.rvars)
        for i, v in enumerate(f.args):
            places = [r.at[i] for r in stage.reads_of(f.name)]
            found[v] = max(found[v], cells_along(g, stage, loops, places, _USUAL[min(i, 2)]))
    return {v: float(f.known.get(v, n)) for v, n in found.items()}


def cells_along(
    g: Func,
    stage: Stage,
    loops: Collection[str],
    places: Sequence[Index | None],
    otherwise: float,
) -> float:
    """Return how many cells lie in `places` while `loops` of `stage` of `g` run."""
    known = [p for p in places if p is not None]
    if not known or len(known) < len(places):
        return otherwise
    both: Index | None = known[0]
    for p in known[1:]:
        both = None if both is None else both.union(p)
    steps = lambda v: g.steps(stage, v) if v in loops else None  # noqa: E731
    if both is None:
        return max(p.cells(steps) or 1 for p in known)
    return both.cells(steps) or 1
