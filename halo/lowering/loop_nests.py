"""Build the loops of a whole program from its definitions and resolved schedules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from halo.ir.expr import TRUE, Expr, Or, is_true
from halo.ir.simplify import simplify
from halo.ir.stmt import (
    IfThenElse,
    ProducerConsumer,
    Stmt,
    block,
)
from halo.lowering.bounds_inference import Box, Region
from halo.lowering.lets import with_lets
from halo.lowering.program import Program
from halo.lowering.promises import Sizes
from halo.lowering.run_ahead import Ahead
from halo.lowering.sites import ROOT, Placement, Site
from halo.lowering.stage_loops import StageLoops
from halo.lowering.surroundings import Surroundings
from halo.schedule.fusion import clusters, fused_funcs
from halo.schedule.state import FuncSchedule


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
    ahead
        Function on a thread of its own to how it keeps in step with its users.
    regions
        Function to what it covers, seen from outside all loops.
    sizes
        Those of `lets` that are known to lie within 2**30.
    """

    body: Stmt
    lets: list[tuple[str, Expr]]
    needed: dict[str, Box]
    ahead: dict[str, Ahead]
    regions: dict[str, Region]
    sizes: frozenset[str]


def build_loop_nests(
    program: Program,
    schedules: Mapping[str, FuncSchedule],
    placement: Placement,
    known: Mapping[str, Expr],
    sizes: Sizes,
) -> Nest:
    """Turn definitions into loops, each Function computed and stored where its schedule says.

    Requires: inlined Functions are substituted; schedules are legal.
    Ensures: every cell read was written before, by the same values as without any schedule; a
    Function computes at each site no more than its users there read, up to its splits' tails.

    Parameters
    ----------
    known
        Buffer fields whose value is known, by name.
    sizes
        The sizes that directives name.
    """
    around = Surroundings(program, schedules, placement, known, sizes)
    body = _Builder(around).at_site(ROOT, {}, lambda: block())
    return Nest(
        block(*sizes.checks, body),
        [*sizes.lets, *around.root_lets],
        around.needed,
        around.ahead,
        around.root_regions,
        frozenset(name for name, _ in sizes.lets),
    )


class _Builder:
    def __init__(self, around: Surroundings) -> None:
        self.around, self.program = around, around.program
        self.stages = StageLoops(around, self.at_site)

    def at_site(self, site: Site, owner: Mapping[str, Box], rest: Callable[[], Stmt]) -> Stmt:
        """Return the inside of `site`: what is computed and stored there, around `rest`."""
        p, around = self.around.placement, self.around
        inside = p.inside.get(site, [])
        if not inside and site is not ROOT:
            return rest()
        before = {name: around.current.get(name) for name in inside}
        lets = around.find_regions(site, inside, dict(owner))
        regions = {name: around.current[name] for name in p.stored_at.get(site, [])}
        needed_if = around.needed_if
        if site is ROOT:
            around.root_lets = lets
        if around.frames:
            around.frames[-1].lets.extend(lets)
        body = rest()
        here = [n for n in inside if n in regions or p.computed[n] == site]
        for group in reversed(fused_funcs(self.around.schedules, here)):
            made = [n for n in group if p.computed[n] == site]
            if made:
                needed = simplify(reduce(Or, [needed_if.get(n, TRUE) for n in made]))
                body = self._produced(made, needed, body)
            for name in reversed(group):
                if name in regions and name not in self.program.outputs:
                    body = around.realize(name, regions[name], body)
        body = around.with_memory(site, body)
        if site is not ROOT:
            body = with_lets([(n, around.marked.pop(n, value)) for n, value in lets], body)
        for name, old in before.items():
            if old is not None:
                around.current[name] = old
        return body

    def _produced(self, names: Sequence[str], needed: Expr, body: Stmt) -> Stmt:
        """Return the code that computes Functions which run together, and `body`, which uses them.

        Where `needed` does not hold, no user reads them, and their regions may be anywhere.
        Definitions that share no loop with another come in loops of their own.
        """
        stages = [(n, i) for n in names for i in range(len(self.program.definitions[n]))]
        groups = clusters(stages, self.around.schedules, 0, self.around.must_precede)
        assert groups is not None  # checked when the schedule was resolved
        made = block(*(self.stages.together(group) for group in groups))
        made = made if is_true(needed) else IfThenElse(needed, made)
        for name in reversed(names):
            made, body = ProducerConsumer(name, True, made), ProducerConsumer(name, False, body)
        checks = [check for name in names for check in self.around.checks.pop(name, [])]
        return block(*checks, made, body)
