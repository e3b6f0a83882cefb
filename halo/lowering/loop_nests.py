"""Build the loops of a whole program from its definitions and resolved schedules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from halo.ir.expr import FALSE, Add, And, Expr, Sub, Variable, i32, is_true
from halo.ir.function import Definition
from halo.ir.interval import Interval
from halo.ir.intrinsics import likely
from halo.ir.lowered import Field, buffer_field
from halo.ir.simplify import simplify
from halo.ir.stmt import (
    AssertStmt,
    ErrorCode,
    For,
    IfThenElse,
    LetStmt,
    MemoryType,
    ProducerConsumer,
    Provide,
    Realize,
    Stmt,
    block,
)
from halo.ir.substitute import substitute
from halo.lowering.bounds_inference import Box, Domain, Region, Regions, merge_boxes, rvar_interval
from halo.lowering.program import Program
from halo.lowering.sites import ROOT, Placement, Site
from halo.lowering.sliding_window import Slide, fold_factor, greatest_extent, slide
from halo.lowering.specialize import values_given_by, with_values
from halo.lowering.splits import StageNest, extent_of, known_end, undo_splits
from halo.schedule.state import FuncSchedule, StageSchedule, pure_vars


def output_buffer(name: str, value_index: int, values: int) -> str:
    """Return the name of the buffer that holds value `value_index` of output `name`."""
    return name if values == 1 else f"{name}.{value_index}"


@dataclass(frozen=True, slots=True)
class Nest:
    """The loops of a program.

    Attributes
    ----------
    body
        Statement at stage "loops".
    lets
        Names that `body` and `needed` use, outermost first, in terms of outputs and parameters.
    needed
        Image or output to the box that is read or written.
    """

    body: Stmt
    lets: list[tuple[str, Expr]]
    needed: dict[str, Box]


def with_lets(lets: Sequence[tuple[str, Expr]], body: Stmt) -> Stmt:
    """Return `body` inside `lets`, the first outermost."""
    for name, value in reversed(lets):
        body = LetStmt(name, value, body)
    return body


def build_loop_nests(
    program: Program,
    schedules: Mapping[str, FuncSchedule],
    placement: Placement,
    known: Mapping[str, Expr],
) -> Nest:
    """Turn definitions into loops, each Function computed and stored where its schedule says.

    Requires: inlined Functions are substituted; schedules are legal.
    Ensures: every cell read was written before, by the same values as without any schedule; a
    Function computes at each site no more than its users there read, up to its splits' tails.

    Parameters
    ----------
    known
        Buffer fields whose value is known, by name.
    """
    builder = _Builder(program, schedules, placement, known)
    body = builder.at_site(ROOT, {}, lambda: block())
    return Nest(body, builder.root_lets, builder.needed)


@dataclass(slots=True, eq=False)
class _Frame:
    """An enclosing loop: what sliding over it needs to know."""

    site: Site
    loop: Variable
    serial: bool
    min: Expr
    lets: list[tuple[str, Expr]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Variant:
    """One of the loop nests of a stage."""

    func: str
    stage: int
    schedule: StageSchedule

    @property
    def prefix(self) -> str:
        """What the names of its loops begin with."""
        return f"{self.func}.s{self.stage}"


class _Builder:
    def __init__(
        self,
        program: Program,
        schedules: Mapping[str, FuncSchedule],
        placement: Placement,
        known: Mapping[str, Expr],
    ) -> None:
        self.program, self.schedules, self.placement = program, schedules, placement
        self.known = known
        self.regions = Regions(program, schedules)
        self.needed: dict[str, Box] = {}
        self.root_lets: list[tuple[str, Expr]] = []
        self.current: dict[str, Region] = {}
        self.frames: list[_Frame] = []
        self.folds: dict[str, list[tuple[int, int]]] = {}
        self.careful = False

    def at_site(self, site: Site, owner: Mapping[str, Box], rest: Callable[[], Stmt]) -> Stmt:
        """Return the inside of `site`: what is computed and stored there, around `rest`."""
        p = self.placement
        inside = p.inside.get(site, [])
        if not inside and site is not ROOT:
            return rest()
        before = {name: self.current.get(name) for name in inside}
        lets = self._find_regions(site, inside, dict(owner))
        regions = {name: self.current[name] for name in p.stored_at.get(site, [])}
        if site is ROOT:
            self.root_lets = lets
        if self.frames:
            self.frames[-1].lets.extend(lets)
        body = rest()
        for name in reversed([n for n in inside if n in regions or p.computed[n] == site]):
            if p.computed[name] == site:
                consume = ProducerConsumer(name, False, body)
                body = block(ProducerConsumer(name, True, self._produce(name)), consume)
            if name in regions and name not in self.program.outputs:
                body = self._realize(name, regions[name], body)
        if site is not ROOT:
            body = with_lets(lets, body)
        for name, old in before.items():
            if old is not None:
                self.current[name] = old
        return body

    def _find_regions(
        self, site: Site, inside: list[str], touched: dict[str, Box]
    ) -> list[tuple[str, Expr]]:
        """Work out the region of each Function in `inside`, users first; return their lets."""
        lets: list[tuple[str, Expr]] = []
        outputs = self.program.outputs
        for name in reversed(inside):
            if name in outputs:
                region = self.regions.at_root(name, self._output_domain(name))
            else:
                region = self.regions.region(name, touched[name])
            lets.extend(region.lets)
            if self.placement.computed[name] == site:
                region = self._slide(name, region, lets)
            self.current[name] = region
            for i, domain in enumerate(region.stages):
                merge_boxes(touched, self.regions.touched_by(name, i, domain))
        if site is ROOT:
            self.needed = {n: b for n, b in touched.items() if n not in self.program.functions}
            for name in outputs:
                box = self.current[name].box(self.program.functions[name].args)
                merged = {name: box}
                if name in touched:
                    merge_boxes(merged, {name: touched[name]})
                self.needed[name] = merged[name]
        return lets

    def _output_domain(self, name: str) -> Domain:
        f = self.program.functions[name]
        buffer = output_buffer(name, 0, len(f.types))
        domain: Domain = {}
        for i, arg in enumerate(f.args):
            low = substitute(buffer_field(buffer, Field.MIN, i), self.known)
            extent = substitute(buffer_field(buffer, Field.EXTENT, i), self.known)
            if arg in self.schedules[name].bounds:
                first, n = self.schedules[name].bounds[arg]
                domain[arg] = Interval(i32(first), i32(first + n - 1))
            else:
                domain[arg] = Interval(low, simplify(Sub(Add(low, extent), i32(1))))
        return domain

    def _slide(self, name: str, region: Region, lets: list[tuple[str, Expr]]) -> Region:
        """Leave out what an earlier iteration around `name` computed, if storage lasts."""
        frames = self._frames_inside(self.placement.stored[name])
        if not frames or len(self.program.definitions[name]) > 1:
            return region
        known = [let for frame in frames for let in frame.lets] + lets
        args = self.program.functions[name].args
        found: Slide | None = None
        for frame in reversed(frames):
            slid = slide(args, region.stages[0], frame.loop, frame.min, known)
            if slid.depends:
                found = slid if frame.serial else None
                break
        outer = frames[: frames.index(frame)] if found else frames
        parallel_between = any(not f.serial for f in outer)
        if found is None or found.arg is None:
            self.folds.setdefault(name, []).append((-1, 0))
            return region
        factor = 0 if parallel_between else fold_factor(region.stages[0][found.arg], known)
        self.folds.setdefault(name, []).append((args.index(found.arg), factor))
        new = f"{name}.{found.arg}.new{len(self.folds[name])}"
        lets.append((new, found.new_min))
        stage = dict(region.stages[0])
        stage[found.arg] = Interval(Variable(found.new_min.type, new), stage[found.arg].max)
        return Region((stage,), region.lets)

    def _frames_inside(self, site: Site) -> list[_Frame]:
        """Return the loops inside `site`, down to where the builder is."""
        at = next((i for i, f in enumerate(self.frames) if f.site == site), -1)
        return self.frames[at + 1 :]

    def _realize(self, name: str, region: Region, body: Stmt) -> Stmt:
        f = self.program.functions[name]
        bounds = tuple((known_end(r.min), self._extent(name, r)) for r in region.box(f.args))
        folds = [0] * f.dimensions
        votes = self.folds.pop(name, [])
        if votes and len({d for d, _ in votes}) == 1 and all(n > 0 for _, n in votes):
            folds[votes[0][0]] = max(n for _, n in votes)
        storage = self.schedules[name].storage
        return Realize(name, f.types, bounds, body, storage.layout, tuple(folds), storage.memory)

    def _extent(self, name: str, r: Interval) -> Expr:
        """Return the number of cells to keep of `r`: a constant where the memory needs one."""
        extent = extent_of(r)
        if self.schedules[name].storage.memory in (MemoryType.Stack, MemoryType.Register):
            known = greatest_extent(r, [let for frame in self.frames for let in frame.lets])
            return extent if known is None else i32(max(known, 0))
        return extent

    def _produce(self, name: str) -> Stmt:
        stages = self.program.definitions[name]
        return block(*(self._stage(name, i) for i in range(len(stages))))

    def _stage(self, name: str, index: int) -> Stmt:
        f = self.program.functions[name]
        d = self.program.definitions[name][index]
        domain = {v: self.current[name].stages[index][v] for v in pure_vars(f, d)}
        domain |= {r.name: rvar_interval(d, r.name) for r in d.rvars}
        return self._choice(_Variant(name, index, self.schedules[name].stages[index]), domain)

    def _choice(self, v: _Variant, domain: Domain) -> Stmt:
        """Return the loops of `v`, or of the first of its specialisations whose condition holds."""
        stage = v.schedule
        if stage.fail is None:
            made = self._either(v, domain)
        else:
            made = AssertStmt(FALSE, ErrorCode.BAD_PARAMETER, (stage.fail,))
        for condition, special in reversed(stage.special):
            values = values_given_by(condition.expr)
            lets = [*self.root_lets, *(let for frame in self.frames for let in frame.lets)]
            inside = {name: with_values(r, values, lets) for name, r in domain.items()}
            chosen = self._choice(_Variant(v.func, v.stage, special), inside)
            made = IfThenElse(condition.expr, substitute(chosen, values), made)
        return made

    def _either(self, v: _Variant, domain: Domain) -> Stmt:
        """Return the loops of `v`, and those for too few cells behind a test where it needs one."""
        nest = undo_splits(v.prefix, v.schedule, domain, self.careful)
        fast = self._loops(v, nest, domain)
        if not nest.needs:
            return fast
        # Too few cells to shift a step inwards: guard every step, and keep that code small.
        self.careful = True
        slow = self._loops(v, undo_splits(v.prefix, v.schedule, domain, True), domain)
        self.careful = False
        return IfThenElse(likely(reduce(And, nest.needs)), fast, slow)

    def _loops(self, v: _Variant, nest: StageNest, domain: Domain) -> Stmt:
        name, index = v.func, v.stage
        d = self.program.definitions[name][index]
        sites = self._sites(v)

        def inside(depth: int) -> Stmt:
            if depth + 1 < len(nest.loops):
                return loop(depth + 1)
            return self._provide(name, d, nest)

        def at(depth: int) -> Stmt:
            site = sites[depth] if depth >= 0 else ROOT
            if site is not ROOT and site in self.placement.inside:
                scope = nest.scope_at(depth, domain)
                owner = self.regions.touched_by(name, index, scope)
                owner.pop(name, None)
                return self.at_site(site, owner, lambda: inside(depth))
            return inside(depth)

        def bound(depth: int) -> Stmt:
            body = at(depth)
            conditions = [g.condition for g in nest.guards if g.depth == depth]
            if conditions:
                inside = reduce(And, conditions)
                body = IfThenElse(inside if self.careful else likely(inside), body)
            for b in reversed([b for b in nest.bindings if b.depth == depth]):
                body = LetStmt(b.name, b.value, body)
            return body

        def loop(depth: int) -> Stmt:
            spec = nest.loops[depth]
            serial = spec.kind.name in ("SERIAL", "UNROLLED")
            variable = Variable(spec.min.type, spec.name)
            frame = _Frame(sites[depth], variable, serial, spec.min)
            frame.lets.extend((b.name, b.value) for b in nest.bindings if b.depth == depth)
            self.frames.append(frame)
            body = bound(depth)
            self.frames.pop()
            kind, note = spec.kind, spec.note
            return For(spec.name, spec.min, spec.extent, kind, body, note, spec.partition)

        return bound(-1)

    def _sites(self, v: _Variant) -> list[Site]:
        """Return the sites of the loops of `v`, outermost first.

        What is computed in the innermost loop of the stage, wherever that is, is so in each of
        its specialisations.
        """
        innermost = [d.name for d in self.schedules[v.func].stages[v.stage].dims][-1:]
        names = [d.name for d in v.schedule.dims]
        if names and not set(innermost) <= set(names):
            names[-1:] = innermost
        return [Site(v.func, v.stage, name) for name in names]

    def _provide(self, name: str, d: Definition, nest: StageNest) -> Stmt:
        def fill(e: Expr) -> Expr:
            return substitute(e, nest.values)

        s: Stmt = Provide(name, tuple(map(fill, d.values)), tuple(map(fill, d.args)))
        if not is_true(d.predicate):
            s = IfThenElse(fill(d.predicate), s)
        return s
