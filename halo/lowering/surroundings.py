"""Regions at the sites of a nest under construction: what each Function covers where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from halo.ir.expr import FALSE, TRUE, Add, And, Expr, Or, Select, Sub, Variable, i32, is_true
from halo.ir.function import output_buffer
from halo.ir.interval import Interval
from halo.ir.intrinsics import likely
from halo.ir.lowered import Field, buffer_field
from halo.ir.simplify import Simplifier, simplify
from halo.ir.stmt import ForKind, MemoryType, Realize, Stmt, block
from halo.ir.substitute import substitute
from halo.ir.types import Int
from halo.lowering.bounds_inference import Box, Region, Regions, merge_boxes, needed_where
from halo.lowering.extern_stages import seen_by_extern_stages
from halo.lowering.few_cells import without_windows
from halo.lowering.hoisted_storage import Frame, hoisted, taken_outside
from halo.lowering.kept_cells import kept_extent
from halo.lowering.multiples import named_units
from halo.lowering.names import Lets
from halo.lowering.parts import Parts
from halo.lowering.program import Program, producers_of
from halo.lowering.promises import Sizes, promised_output
from halo.lowering.reach import Domain
from halo.lowering.run_ahead import Ahead, Window, fold_factor_ahead, ring, window
from halo.lowering.sites import ROOT, Placement, Site
from halo.lowering.sliding_window import fold_factor
from halo.lowering.splits import known_end
from halo.lowering.storage_folding import check_fold
from halo.lowering.window_choice import choose_window
from halo.schedule.directives import handle_source
from halo.schedule.fusing import must_precede
from halo.schedule.state import FuncSchedule


def _later_likely(e: Expr) -> Expr:
    """Return `e`, a choice by whether the iteration is the first, with the other side marked."""
    return Select(e.condition, e.true_value, likely(e.false_value)) if isinstance(e, Select) else e


class Surroundings:
    """Where a builder of loops is: the loops around it, and the regions in force there.

    Attributes
    ----------
    needed
        Image or output to the box that is read or written.
    root_lets
        Names in terms of outputs and parameters, outermost first.
    root_regions
        Function to its region outside all loops.
    current
        Function to its region here.
    frames
        The loops around, outermost first.
    checks
        Function to what is to be checked where it is computed.
    needed_if
        Function to the condition without which nothing that is inside the loops around reads it.
    ahead
        Function on a thread of its own, stored outside the loop it is computed in, to how it keeps
        in step with its users.
    marked
        Name bound inside a loop to its value, marked likely as it is in all iterations but the
        first; worth code of its own where a loop that computes what is new vanishes by it.
    careful
        Whether each step of a split is guarded, because a buffer may be smaller than one.
    """

    def __init__(
        self,
        program: Program,
        schedules: Mapping[str, FuncSchedule],
        placement: Placement,
        known: Mapping[str, Expr],
        sizes: Sizes,
    ) -> None:
        self.program, self.schedules = program, schedules
        self.known, self.sizes = known, sizes
        self.regions = Regions(program, schedules, sizes)
        self.checks: dict[str, list[Stmt]] = {}
        self.needed_if: dict[str, Expr] = {}
        self.needed: dict[str, Box] = {}
        self.root_lets = Lets()
        self.root_regions: dict[str, Region] = {}
        self.current: dict[str, Region] = {}
        self.frames: list[Frame] = []
        self.folds: dict[str, list[tuple[int, int]]] = {}
        self.slid: dict[str, str] = {}
        self.marked: dict[str, Expr] = {}
        self.outside: dict[str, Region] = {}
        self.stored_regions: dict[str, Region] = {}
        self.users: dict[str, list[tuple[Realize, tuple[Expr, ...]]]] = {}
        self.careful = False
        self._place(placement)
        self.ahead: dict[str, Ahead] = {}
        self.windows: dict[str, list[Window | str]] = {}
        self.unfolded = seen_by_extern_stages(program)
        self.must_precede = must_precede(program.with_own_definitions())
        self.simplifier = Simplifier()
        self._reads = {
            name: {p.name for d in stages for p in producers_of(d)}
            for name, stages in program.definitions.items()
        }

    def find_regions(self, site: Site, inside: list[str], touched: dict[str, Box]) -> Lets:
        """Work out the region of each Function in `inside`, users first; return their lets."""
        lets = Lets()
        outputs = self.program.outputs
        self.needed_if = dict.fromkeys(touched, TRUE)
        for name in reversed(inside if site is ROOT else self._relevant(site, inside)):
            here = self.placement.computed[name] == site
            if name in outputs:
                region = self.regions.at_root(name, self._output_domain(name))
            else:
                whole = self.parts.whole_along(name, site)
                region = self.regions.region(name, touched[name], whole)
            lets.extend(region.lets)
            if self.placement.stored[name] == site:
                self.stored_regions[name] = region
            if self.placement.hoisted.get(name) == site:
                self.outside[name] = region
            if here and name not in outputs:
                self.checks[name] = [
                    *self.regions.checks(name, touched[name]),
                    *self._fold_checks(name, region, lets),
                ]
            if here:
                region = self._slide(name, region, lets)
            self.current[name] = region
            for i, reach in enumerate(region.reaches):
                self._merge_reads(name, i, reach.reads, touched, site)
        if site is ROOT:
            self.root_regions = dict(self.current)
            self.needed = {n: b for n, b in touched.items() if n not in self.program.functions}
            for name in outputs:
                box = self.current[name].box(self.program.functions[name].args)
                merged = {name: box}
                if name in touched:
                    merge_boxes(merged, {name: touched[name]})
                self.needed[name] = merged[name]
        return lets

    def _merge_reads(
        self, name: str, stage: int, domain: Domain, touched: dict[str, Box], site: Site
    ) -> None:
        """Add to `touched` what a stage reads while its variables run `domain`."""
        read = self.regions.touched_by(name, stage, domain)
        if site is not ROOT:  # what lies outside all loops is there whether it is needed or not
            own = self.needed_if.get(name, TRUE)
            runs = simplify(And(own, self.regions.runs_somewhere(name, stage, domain)))
            for p, box in read.items():
                before = self.needed_if.get(p, FALSE)
                if not is_true(before) or not is_true(runs):
                    read[p] = needed_where(box, runs, before)
                    if p in touched:
                        touched[p] = needed_where(touched[p], before, runs)
                    self.needed_if[p] = simplify(Or(before, runs))
        merge_boxes(touched, read, self.simplifier)

    def _relevant(self, site: Site, inside: list[str]) -> list[str]:
        """Return the Functions of `inside` with a place at `site`, and what uses these.

        What is deeper inside and used by none of them is looked at where it is computed.
        """
        p = self.placement
        found: set[str] = set()
        for name in inside:
            here = site in (p.computed[name], p.stored[name], p.hoisted.get(name))
            if here or not found.isdisjoint(self._reads[name]):
                found.add(name)
        return [name for name in inside if name in found]

    def _output_domain(self, name: str) -> Domain:
        f = self.program.functions[name]
        buffer = output_buffer(name, 0, len(f.types))
        domain: Domain = {}
        for i, arg in enumerate(f.args):
            low = substitute(buffer_field(buffer, Field.MIN, i), self.known)
            extent = substitute(buffer_field(buffer, Field.EXTENT, i), self.known)
            box = Interval(low, simplify(Sub(Add(low, extent), i32(1))))
            domain[arg] = promised_output(box, self.schedules[name].bounds.get(arg), self.sizes)
        return domain

    def _slide(self, name: str, region: Region, lets: Lets) -> Region:
        """Leave out what an earlier iteration around `name` computed, if storage lasts."""
        frames = self.frames_inside(self.placement.stored[name])
        if not frames:
            return region
        if len(self.program.definitions[name]) > 1:
            self._note_window(name, "it has updates, so that all of it is computed each time")
            return region
        known = [*(frame.lets for frame in frames), lets]
        args = self.program.functions[name].args
        ahead = self.schedules[name].asynchronous is not None
        storage = self.schedules[name].storage
        kept = not storage.folds and storage.memory in (MemoryType.Auto, MemoryType.Heap)
        found = None
        if is_true(self.needed_if.get(name, TRUE)):
            outwards, before = kept and not ahead, self.slid.get(name)
            domain = region.stages[0]
            found = choose_window(self.program, args, domain, frames, known, outwards, before)
        if found is None or region.grows_along(found[0]):
            self.folds.setdefault(name, []).append((-1, 0))
            self._note_window(name, "its cells do not move one way with a serial loop")
            return region
        arg, new, frame = found
        self.slid[name] = arg
        parallel_between = any(not f.serial for f in frames[: frames.index(frame)])
        r, forward = region.stages[0][arg], isinstance(new.min, Select)
        if not ahead:
            factor = fold_factor(r, known)
        else:
            self._note_window(name, window(args.index(arg), r, frames, frame, known, forward))
            factor = fold_factor_ahead(r, frame, known, forward)
        if parallel_between or name in self.unfolded or self._in_ring(name):
            factor = 0
        self.folds.setdefault(name, []).append((args.index(arg), factor))
        what = f"{name}.{arg}.new{len(self.folds[name])}"
        part = self._named(what, new, self._unit(name, arg), lets)
        if not self.careful and self._is_innermost(frames[-1].site):
            self.marked[lets[-1][0]] = _later_likely(lets[-1][1])
        return region.along(arg, part)

    def _is_innermost(self, site: Site) -> bool:
        """Whether the loop of `site` has none of its stage's inside, but those written out."""
        dims = self.schedules[site.func].stages[site.stage].dims
        at = next((i for i, d in enumerate(dims) if d.name == site.var), len(dims))
        written_out = (ForKind.VECTORIZED, ForKind.UNROLLED)
        return at < len(dims) and all(d.kind in written_out for d in dims[at + 1 :])

    def _unit(self, name: str, arg: str) -> int:
        """Return what the ends of `name` along `arg` are multiples of, up to a constant."""
        bounds = self.schedules[name].bounds.get(arg)
        return 1 if bounds is None else bounds.modulus

    def _note_window(self, name: str, found: Window | str) -> None:
        if self.schedules[name].asynchronous is not None:
            self.windows.setdefault(name, []).append(found)

    def _in_ring(self, name: str) -> bool:
        """Whether it runs on a thread of its own, ahead by the parts of a ring buffer."""
        return self.schedules[name].asynchronous is not None and self._slots(name) > 1

    def _named(self, what: str, new: Interval, unit: int, lets: Lets) -> Interval:
        """Return `new` with the end that depends on the iteration bound to the name `what`."""
        low, high = known_end(new.min), known_end(new.max)
        end = low if isinstance(low, Select) else high
        let, named = named_units(end, what, unit) or ((what, end), Variable(Int(32), what))
        lets.append(let)
        return Interval(named, high) if end is low else Interval(low, named)

    def _fold_checks(self, name: str, region: Region, lets: Lets) -> list[Stmt]:
        """Return the checks that circular buffers hold what is needed where `name` is computed."""
        f = self.program.functions[name]
        inside = self.frames_inside(self.placement.stored[name])
        loop = "whoever uses it"
        if inside:
            site = inside[-1].site
            loop = f"one iteration of {site.var} of {handle_source(site.func, site.stage)}"
        made: list[Stmt] = []
        for arg, fold in self.schedules[name].storage.folds.items():
            live = region.reaches[0].stores[arg]
            made += check_fold(f, fold, arg, live, [*self.names(), lets], loop)
        return made

    def frames_inside(self, site: Site) -> list[Frame]:
        """Return the loops inside `site`, down to where the builder is."""
        at = next((i for i, f in enumerate(self.frames) if f.site == site), -1)
        return self.frames[at + 1 :]

    def realize(self, name: str, region: Region, body: Stmt) -> Stmt:
        """Return `body` inside the storage of `name`, which covers `region`."""
        f = self.program.functions[name]
        storage = self.schedules[name].storage
        bounds: list[tuple[Expr, Expr]] = []
        checks: list[Stmt] = []
        for arg, r in zip(f.args, region.box(f.args), strict=True):
            extent, more = kept_extent(f, storage, arg, r, self.names(), self.sizes)
            bounds.append((known_end(r.min), extent))
            checks.extend(more)
        folds = [0] * f.dimensions
        votes = self.folds.pop(name, [])
        if votes and len({d for d, _ in votes}) == 1 and all(n > 0 for _, n in votes):
            folds[votes[0][0]] = max(n for _, n in votes)
        for arg, fold in storage.folds.items():
            folds[f.args.index(arg)] = fold.factor
        layout, memory = storage.layout, storage.memory
        made = Realize(name, f.types, tuple(bounds), body, layout, tuple(folds), memory)
        if name in self.placement.hoisted:
            between = self.frames_inside(self.placement.hoisted[name])
            outside = self.outside[name].box(f.args)
            user = hoisted(made, self._slots(name), between, outside)
            self.users.setdefault(name, []).append(user)
            made = user[0]
        if self.schedules[name].asynchronous is not None:
            self._note_ahead(name, folds)
        return block(*checks, made)

    def _note_ahead(self, name: str, folds: Sequence[int]) -> None:
        """Note how `name`, whose storage is here, keeps in step with its users."""
        found, args = self.windows.pop(name, []), self.program.functions[name].args
        if self._in_ring(name):
            parts = [ring(self._slots(name), self.frames_inside(self.placement.hoisted[name]))]
            if found and any(folds):
                parts[0].why_not = "fold_storage keeps some of the cells of a part only"
        else:
            parts = [
                Ahead(why_not=w) if isinstance(w, str) else w.ahead(args[w.axis], folds[w.axis])
                for w in found
            ]
        for part in parts:
            self.ahead.setdefault(name, Ahead(part.ring)).join(part)

    def _slots(self, name: str) -> int:
        hoist = self.schedules[name].storage.hoist
        return hoist.slots if hoist else 1

    def with_memory(self, site: Site, body: Stmt) -> Stmt:
        """Return `body` inside the memory that is taken at `site` for storage further in."""
        for name, at in self.placement.hoisted.items():
            if at == site:
                body = taken_outside(body, self.users.pop(name, []), self._slots(name))
        return body

    @contextmanager
    def for_few(self, sites: Sequence[Site]) -> Iterator[None]:
        """Make the loops at `sites`, and what is inside, right for any number of cells."""
        placement = self.placement
        self.careful = True
        self._place(without_windows(self.program, self.schedules, placement, sites))
        yield
        self.careful = False
        self._place(placement)

    def _place(self, placement: Placement) -> None:
        self.placement = placement
        self.parts = Parts(self.program, self.schedules, placement)

    def names(self) -> list[Lets]:
        """Return the names bound around here, those outside all loops first."""
        return [self.root_lets, *(frame.lets for frame in self.frames)]
