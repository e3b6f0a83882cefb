"""The loops of one definition, with what is computed inside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce

from halo.ir.case import Case
from halo.ir.expr import FALSE, And, Expr, is_true
from halo.ir.intrinsics import likely
from halo.ir.stmt import (
    AssertStmt,
    ErrorCode,
    For,
    IfThenElse,
    Provide,
    Stmt,
    block,
)
from halo.ir.substitute import substitute
from halo.lowering.atomic_updates import atomic_update
from halo.lowering.bounds_inference import Box, merge_boxes, rvar_interval
from halo.lowering.extern_stages import call_extern
from halo.lowering.predicates import guards_inside
from halo.lowering.prefetching import prefetches
from halo.lowering.reach import Ranges
from halo.lowering.shared_loops import Member, SharedLoop, Variant, with_bindings
from halo.lowering.sites import Site, loop_sites
from halo.lowering.specialize import values_given_by, with_values
from halo.lowering.splits import Guard, undo_splits
from halo.lowering.surroundings import Surroundings
from halo.lowering.tails import with_tails
from halo.schedule.fusion import Stage, clusters
from halo.schedule.plain import plain_loops
from halo.schedule.state import pure_vars

AtSite = Callable[[Site, Mapping[str, Box], Callable[[], Stmt]], Stmt]
"""Gives the inside of a site, from what is touched there and what makes the rest of it."""


class StageLoops:
    """Makes the loops of stages; `at_site` fills in what else is computed inside them."""

    def __init__(self, around: Surroundings, at_site: AtSite) -> None:
        self.around, self.at_site = around, at_site
        self.program, self.schedules = around.program, around.schedules
        self._case: tuple[Case, ...] = ()

    def together(self, stages: Sequence[Stage]) -> Stmt:
        """Return the loops of `stages`, definitions of Functions over their regions here.

        Several share their outermost loop, by ``compute_with``.
        """
        name = stages[0][0]
        first = self.program.definitions[name][0]
        if first.extern is not None:
            f = self.program.functions[name]
            return call_extern(f, first, self.around.current[name].stages[0])
        variants = [Variant(n, i, self.schedules[n].stages[i]) for n, i in stages]
        ranges = [self._ranges(n, i) for n, i in stages]
        if len(stages) == 1:
            return self._choice(variants[0], ranges[0])
        return self._either(variants, ranges)

    def _ranges(self, name: str, index: int) -> Ranges:
        f = self.program.functions[name]
        d = self.program.definitions[name][index]
        region = self.around.current[name]
        asked, reads = region.stages[index], region.reaches[index].reads
        rvars = {r.name: rvar_interval(d, r.name) for r in d.rvars}
        pure = pure_vars(f, d)
        return Ranges({v: asked[v] for v in pure} | rvars, {v: reads[v] for v in pure} | rvars)

    def _choice(self, v: Variant, ranges: Ranges) -> Stmt:
        """Return the loops of `v`, or of the first of its specialisations whose condition holds."""
        stage = v.schedule
        if stage.fail is None:
            made = self._either([v], [ranges])
        else:
            made = AssertStmt(FALSE, ErrorCode.BAD_PARAMETER, (stage.fail,))
        for condition, special in reversed(stage.special):
            values = values_given_by(condition.expr)
            names = self.around.names()
            inside = ranges.map(partial(with_values, values=values, names=names))
            outside = self._case
            self._case = (*outside, Case(v.func, v.stage, str(condition)))
            chosen = self._choice(Variant(v.func, v.stage, special), inside)
            self._case = outside
            made = IfThenElse(condition.expr, substitute(chosen, values), made)
        return made

    def _either(self, variants: Sequence[Variant], ranges: Sequence[Ranges]) -> Stmt:
        """Return the loops, and those for too few cells behind a test where they need one."""
        if self.around.careful and (plain := self._plain(variants)):
            variants = [plain]
        members = self._members(variants, ranges)
        fast = self._loops(members)
        needs = [n for m in members for n in m.nest.needs]
        if not needs:
            return fast
        return IfThenElse(likely(reduce(And, needs)), fast, self._for_few(variants, ranges))

    def _for_few(self, variants: Sequence[Variant], ranges: Sequence[Ranges]) -> Stmt:
        """Return loops for too few cells to shift a step inwards, and keep that code small."""
        if plain := self._plain(variants):
            return self._loops(self._members([plain], ranges))
        sites = [s for v in variants for s in self._sites(v)]
        with self.around.for_few(sites):  # other code lives in these loops: guard their steps
            return self._loops(self._members(variants, ranges))

    def _plain(self, variants: Sequence[Variant]) -> Variant | None:
        """Return the only one of `variants` in plain loops, if nothing else lives in its loops."""
        v = variants[0]
        inside = self.around.placement.inside
        if v.stage or len(variants) > 1 or not inside.keys().isdisjoint(self._sites(v)):
            return None
        f = self.program.functions[v.func]
        plain = plain_loops(f, self.program.definitions[v.func][0], v.schedule)
        return replace(v, schedule=plain)

    def _members(self, variants: Sequence[Variant], ranges: Sequence[Ranges]) -> list[Member]:
        made: list[Member] = []
        for v, r in zip(variants, ranges, strict=True):
            bounds = self.schedules[v.func].bounds
            units = {arg: b.modulus for arg, b in bounds.items()}
            nest = undo_splits(v.prefix, v.schedule, r.asked, self.around.careful, units)
            once = list(nest.store_once)
            sites, innermost = self._sites(v), self._innermost(v)
            inside = {i for i, s in enumerate(sites) if s in self.around.placement.inside}
            if innermost is not None:
                inside.add(len(sites) - 1)
            d = self.program.definitions[v.func][v.stage]
            where = guards_inside(d, nest, r.reads, inside) if inside else []
            made.append(Member(v, nest, r.reads, sites, innermost, where, once))
        return made

    def _has_others(self, sites: Sequence[Site], innermost: Site | None) -> bool:
        """Whether anything else is computed or stored at `sites`."""
        return innermost is not None or not self.around.placement.inside.keys().isdisjoint(sites)

    def _loops(self, members: Sequence[Member]) -> Stmt:
        body = self._inside(members, 0)
        if len(members) == 1:
            body = self._guarded(members[0].where_at(-1), body)
            return self._bound(members[0], -1, body)
        for m in members:
            m.guards.extend(m.guards_at(-1))
            body = with_bindings(m, -1, body)
        return body

    def _inside(self, members: Sequence[Member], depth: int) -> Stmt:
        """Return what `members` do inside the loops outside `depth`, all of which they share."""
        if len(members) == 1:
            return self._own(members[0], depth)
        by_stage = {m.stage: m for m in members}
        groups = clusters(list(by_stage), self.schedules, depth, self.around.must_precede)
        assert groups is not None  # checked when the schedule was resolved
        made: list[Stmt] = []
        for group in groups:
            if len(group) > 1:
                made.append(self._shared([by_stage[s] for s in group], depth))
            else:
                m = by_stage[group[0]]
                guards, m.guards = m.guards, []
                made.append(self._guarded(guards, self._own(m, depth)))
        return block(*made)

    def _own(self, m: Member, depth: int) -> Stmt:
        """Return the loops of `m` from `depth` inwards."""
        if depth == len(m.nest.loops):
            return self._provide(m)
        spec = m.nest.loops[depth]
        alone = not self._has_others(m.sites[depth:], m.innermost)
        asked = m.take_store_once(depth) if alone else m.where_at(depth)
        self.around.frames.append(m.frame(depth))
        body = self._guarded(asked, self._at([m], depth))
        self.around.frames.pop()
        body = self._bound(m, depth, body)
        kind, note = spec.kind, spec.note
        return For(spec.name, spec.min, spec.extent, kind, body, note, spec.partition, self._case)

    def _shared(self, members: Sequence[Member], depth: int) -> Stmt:
        """Return the loop at `depth` that runs all of `members`, each in its own range."""
        loop = SharedLoop(members, depth, self.around.names())
        self.around.frames.append(loop.frame)
        for m in members:
            self.around.frames[-1].lets.extend(m.bindings_at(depth))
            m.guards.extend((*loop.guards(m), *m.guards_at(depth)))
        body = self._at(members, depth)
        self.around.frames.pop()
        for m in reversed(members):
            body = with_bindings(m, depth, body)
        return loop.around(body, self._case)

    def _at(self, members: Sequence[Member], depth: int) -> Stmt:
        """Return the inside of the loop at `depth`, with what else is computed there."""
        sites = [members[0].sites[depth]]
        for m in members:
            if depth == len(m.nest.loops) - 1 and m.innermost is not None:
                sites.append(m.innermost)
        ahead = [s for m in members for s in prefetches(self.around, m, depth)]
        return block(*ahead, self._at_each(sites, members, depth))

    def _at_each(self, sites: Sequence[Site], members: Sequence[Member], depth: int) -> Stmt:
        if not sites:
            return self._inside(members, depth + 1)
        first, *rest = sites
        if first not in self.around.placement.inside:
            return self._at_each(rest, members, depth)
        owner: dict[str, Box] = {}
        for m in members:
            scope = m.nest.scope_at(depth, m.reads)
            merge_boxes(owner, self.around.regions.touched_by(*m.stage, scope))
        for m in members:
            owner.pop(m.variant.func, None)
        return self.at_site(first, owner, lambda: self._at_each(rest, members, depth))

    def _bound(self, m: Member, depth: int, body: Stmt) -> Stmt:
        return with_bindings(m, depth, self._guarded(m.guards_at(depth), body))

    def _guarded(self, guards: Sequence[Guard], body: Stmt) -> Stmt:
        usual = [g.condition for g in guards if g.cuts and not self.around.careful]
        plain = [g.condition for g in guards if not g.cuts or self.around.careful]
        conditions = [likely(reduce(And, usual)), *plain] if usual else plain
        return IfThenElse(reduce(And, conditions), body) if conditions else body

    def _sites(self, v: Variant) -> list[Site]:
        """Return the sites of the loops of `v`, outermost first."""
        plain = loop_sites(self.schedules, v.func, v.stage)
        names = [d.name for d in v.schedule.dims]
        if names == [s.var for s in plain]:
            return plain
        return [Site(v.func, v.stage, name) for name in names]

    def _innermost(self, v: Variant) -> Site | None:
        """Return the site inside all loops of the stage, if `v` has no loop of that name.

        What is computed in the innermost loop of the stage, wherever that is, is so in each of
        its specialisations.
        """
        plain = loop_sites(self.schedules, v.func, v.stage)
        names = {d.name for d in v.schedule.dims}
        return plain[-1] if plain and plain[-1].var not in names else None

    def _provide(self, m: Member) -> Stmt:
        def fill(e: Expr) -> Expr:
            return substitute(e, m.nest.values)

        v = m.variant
        f, d = self.program.functions[v.func], self.program.definitions[v.func][v.stage]
        streamed = self.schedules[v.func].storage.streamed
        args = tuple(map(fill, d.args))
        provide = Provide(v.func, tuple(map(fill, d.values)), args, streamed=streamed)
        if v.schedule.atomic:  # one step, which has to keep its form: all or nothing of it
            s = atomic_update(f, v.stage, v.schedule, provide)
            s = self._guarded([Guard(-1, c, False) for c in m.nest.own_conditions()], s)
            return s if is_true(d.predicate) else IfThenElse(fill(d.predicate), s)
        made = with_tails(f, provide, fill(d.predicate), m.nest)
        return self._guarded(m.store_once, made)
