"""The loops of one definition, with what is computed inside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

from halo.ir.expr import FALSE, And, Expr, Variable, is_true
from halo.ir.function import Definition
from halo.ir.intrinsics import likely
from halo.ir.stmt import (
    AssertStmt,
    ErrorCode,
    For,
    IfThenElse,
    LetStmt,
    Provide,
    Stmt,
)
from halo.ir.substitute import substitute
from halo.lowering.bounds_inference import Box, Domain, rvar_interval
from halo.lowering.sites import ROOT, Site
from halo.lowering.specialize import values_given_by, with_values
from halo.lowering.splits import StageNest, undo_splits
from halo.lowering.surroundings import Frame, Surroundings
from halo.schedule.state import StageSchedule, pure_vars


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the loop nests of a stage."""

    func: str
    stage: int
    schedule: StageSchedule

    @property
    def prefix(self) -> str:
        """What the names of its loops begin with."""
        return f"{self.func}.s{self.stage}"


AtSite = Callable[[Site, Mapping[str, Box], Callable[[], Stmt]], Stmt]
"""Gives the inside of a site, from what is touched there and what makes the rest of it."""


class StageLoops:
    """Makes the loops of stages; `at_site` fills in what else is computed inside them."""

    def __init__(self, around: Surroundings, at_site: AtSite) -> None:
        self.around, self.at_site = around, at_site
        self.program, self.schedules = around.program, around.schedules

    def stage(self, name: str, index: int) -> Stmt:
        """Return the loops of definition `index` of Function `name` over its region here."""
        f = self.program.functions[name]
        d = self.program.definitions[name][index]
        domain = {v: self.around.current[name].stages[index][v] for v in pure_vars(f, d)}
        domain |= {r.name: rvar_interval(d, r.name) for r in d.rvars}
        return self._choice(Variant(name, index, self.schedules[name].stages[index]), domain)

    def _choice(self, v: Variant, domain: Domain) -> Stmt:
        """Return the loops of `v`, or of the first of its specialisations whose condition holds."""
        stage = v.schedule
        if stage.fail is None:
            made = self._either(v, domain)
        else:
            made = AssertStmt(FALSE, ErrorCode.BAD_PARAMETER, (stage.fail,))
        for condition, special in reversed(stage.special):
            values = values_given_by(condition.expr)
            lets = self.around.lets()
            inside = {name: with_values(r, values, lets) for name, r in domain.items()}
            chosen = self._choice(Variant(v.func, v.stage, special), inside)
            made = IfThenElse(condition.expr, substitute(chosen, values), made)
        return made

    def _either(self, v: Variant, domain: Domain) -> Stmt:
        """Return the loops of `v`, and those for too few cells behind a test where it needs one."""
        nest = undo_splits(v.prefix, v.schedule, domain, self.around.careful)
        fast = self._loops(v, nest, domain)
        if not nest.needs:
            return fast
        # Too few cells to shift a step inwards: guard every step, and keep that code small.
        self.around.careful = True
        slow = self._loops(v, undo_splits(v.prefix, v.schedule, domain, True), domain)
        self.around.careful = False
        return IfThenElse(likely(reduce(And, nest.needs)), fast, slow)

    def _loops(self, v: Variant, nest: StageNest, domain: Domain) -> Stmt:
        name, index = v.func, v.stage
        d = self.program.definitions[name][index]
        sites = self._sites(v)

        def inside(depth: int) -> Stmt:
            if depth + 1 < len(nest.loops):
                return loop(depth + 1)
            return self._provide(name, d, nest)

        def at(depth: int) -> Stmt:
            site = sites[depth] if depth >= 0 else ROOT
            if site is not ROOT and site in self.around.placement.inside:
                scope = nest.scope_at(depth, domain)
                owner = self.around.regions.touched_by(name, index, scope)
                owner.pop(name, None)
                return self.at_site(site, owner, lambda: inside(depth))
            return inside(depth)

        def bound(depth: int) -> Stmt:
            body = at(depth)
            conditions = [g.condition for g in nest.guards if g.depth == depth]
            if conditions:
                inside = reduce(And, conditions)
                body = IfThenElse(inside if self.around.careful else likely(inside), body)
            for b in reversed([b for b in nest.bindings if b.depth == depth]):
                body = LetStmt(b.name, b.value, body)
            return body

        def loop(depth: int) -> Stmt:
            spec = nest.loops[depth]
            serial = spec.kind.name in ("SERIAL", "UNROLLED")
            variable = Variable(spec.min.type, spec.name)
            frame = Frame(sites[depth], variable, serial, spec.min)
            frame.lets.extend((b.name, b.value) for b in nest.bindings if b.depth == depth)
            self.around.frames.append(frame)
            body = bound(depth)
            self.around.frames.pop()
            kind, note = spec.kind, spec.note
            return For(spec.name, spec.min, spec.extent, kind, body, note, spec.partition)

        return bound(-1)

    def _sites(self, v: Variant) -> list[Site]:
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
