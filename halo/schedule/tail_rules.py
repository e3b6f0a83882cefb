"""Which tail strategies are legal for a split, and which one Auto is."""

from __future__ import annotations

from dataclasses import dataclass

from halo.ir.expr import as_const
from halo.ir.function import Function
from halo.ir.stmt import ForKind
from halo.schedule.directives import Fuse, Split
from halo.schedule.refuse import refuse
from halo.schedule.schedule import Entry
from halo.schedule.state import FuncSchedule, StageSchedule, known_extents, parts_of, roots
from halo.schedule.tail import TailStrategy

_GUARDS = (TailStrategy.GuardWithIf, TailStrategy.Predicate)
_OVER = (TailStrategy.RoundUp, TailStrategy.PredicateLoads, TailStrategy.PredicateStores)
_PLAIN = {
    TailStrategy.ShiftInwardsAndBlend: TailStrategy.ShiftInwards,
    TailStrategy.RoundUpAndBlend: TailStrategy.RoundUp,
}


@dataclass(frozen=True, slots=True)
class _Loop:
    """What the loop to be split is, as far as tails depend on it.

    Attributes
    ----------
    pure
        Whether it is of the pure definition, whose cells may be computed twice.
    is_rvar
        Whether a reduction variable went into it.
    overrun_is_harmless
        Whether iterations beyond its end compute nothing, or cells that a larger region covers.
    extent
        Number of iterations, None if it is not known.
    factor
        Of the split.
    """

    pure: bool
    is_rvar: bool
    overrun_is_harmless: bool
    extent: int | None
    factor: int

    @property
    def has_a_step(self) -> bool:
        """Whether it may have as many iterations as one step."""
        return self.extent is None or self.extent >= self.factor

    @property
    def divides(self) -> bool:
        """Whether the factor is known to divide the extent: then there is no tail."""
        return self.factor == 1 or (self.extent is not None and self.extent % self.factor == 0)

    def legal(self) -> tuple[TailStrategy, ...]:
        """Return the strategies that change no bit, Auto not among them."""
        if self.is_rvar:
            return _GUARDS
        over = _OVER if self.overrun_is_harmless else ()
        if self.overrun_is_harmless:
            over = (*over, TailStrategy.RoundUpAndBlend)
        shifts: tuple[TailStrategy, ...] = ()
        if self.has_a_step:
            shifts = (TailStrategy.ShiftInwards,) if self.pure else ()
            shifts = (*shifts, TailStrategy.ShiftInwardsAndBlend)
        return (*_GUARDS, *over, *shifts)


def resolve_tail(
    state: FuncSchedule, function: Function, entry: Entry, split: Split, is_rvar: bool
) -> TailStrategy:
    """Return the tail strategy of `split`, never Auto, or refuse one that would be wrong.

    ========================= ============ ====================================================
    loop                      Auto         legal
    ========================= ============ ====================================================
    extent known, a multiple  GuardWithIf  all: there is no tail, the guard is always true
    reduction variable        GuardWithIf  GuardWithIf, Predicate
    pure, own variable        ShiftInwards all
    pure, outer part of a     GuardWithIf  all
    split of such a one
    pure, inner part, fused   GuardWithIf  GuardWithIf, Predicate, ShiftInwards[AndBlend]
    update, own variable or   GuardWithIf  all but ShiftInwards
    outer part
    update, inner or fused    GuardWithIf  GuardWithIf, Predicate, ShiftInwardsAndBlend
    ========================= ============ ====================================================

    What shifts needs a known extent, if it is known, of at least the factor. In the pure definition
    blending brings nothing, so it is left out. An inner part that ran over its end would run into
    the next step, and a fused loop into rows that no region covers; a reduction that ran over its
    domain, or through a part of it twice, would be another reduction.
    """
    loop = _loop_to_split(state, function, entry, split, is_rvar)
    if loop.divides:
        return TailStrategy.GuardWithIf
    if split.tail is TailStrategy.Auto:
        derived = any(split.old in s.made for s in state.stages[entry.stage].splits)
        shift = loop.pure and not derived and loop.has_a_step
        return TailStrategy.ShiftInwards if shift else TailStrategy.GuardWithIf
    legal = loop.legal()
    if split.tail not in legal:
        names = ", ".join(map(repr, legal))
        refuse(entry, function, _why_wrong(loop, split), f"legal here: {names}")
    return _PLAIN.get(split.tail, split.tail) if loop.pure else split.tail


def tail_remark(state: FuncSchedule, function: Function, entry: Entry, split: Split) -> str:
    """Return what to know of the tail of `split`, the directive of `entry`, given in `state`."""
    dim = state.stages[entry.stage].dim(split.old)
    assert dim is not None
    loop = _loop_to_split(state, function, entry, split, dim.is_rvar)
    if split.tail is TailStrategy.Auto:
        if loop.divides:
            return ""
        return f"the tail is {resolve_tail(state, function, entry, split, dim.is_rvar).name}"
    if loop.divides:
        return f"{split.tail.name} has nothing to do: {split.factor} divides the extent"
    if loop.pure and split.tail.blends:
        return f"a pure definition has nothing to blend: as {_PLAIN[split.tail].name}"
    return ""


def _loop_to_split(
    state: FuncSchedule, function: Function, entry: Entry, split: Split, is_rvar: bool
) -> _Loop:
    stage = state.stages[entry.stage]
    extents = known_extents(stage, _root_extents(state, function, entry.stage))
    return _Loop(
        pure=entry.stage == 0,
        is_rvar=is_rvar,
        overrun_is_harmless=_overrun_is_harmless(stage, split.old),
        extent=extents.get(split.old),
        factor=split.factor,
    )


def _why_wrong(loop: _Loop, split: Split) -> str:
    """Return why the tail strategy of `split` is wrong for `loop`."""
    known = f" (its extent is {loop.extent})" if loop.extent is not None else ""
    tail, old = split.tail.name, split.old
    if loop.is_rvar:
        if split.tail.shifts:
            return f"{tail} would visit points twice: {old} is a reduction variable"
        return f"{tail} would run over the end of {old}{known}, which is a reduction variable"
    if not split.tail.shifts:
        what = "is made by an earlier split or fuse"
        return f"{tail} would run over the end of {old}{known}, which {what}"
    if not loop.has_a_step:
        return f"{tail} needs {old} to have at least {loop.factor} iterations{known}"
    return f"{tail} computes cells twice, which an update definition must not"


def _overrun_is_harmless(stage: StageSchedule, name: str) -> bool:
    """Whether iterations of loop `name` beyond its end do no harm.

    So it is for a variable of the definition, whose region grows, and for the outer part of a
    split: its steps beyond the end are guarded, or they run over the end of what was split.
    """
    for s in reversed(stage.splits):
        if name not in s.made:
            continue
        if isinstance(s, Fuse) or (isinstance(s, Split) and name == s.inner):
            return False
        if isinstance(s, Split) and not s.tail.runs_over:
            return True
        name = s.consumed[0]
    return True


def check_blends(stage: StageSchedule, function: Function, entry: Entry) -> None:
    """Refuse `entry` if it left loops at the same time in which a blended cell is another's.

    A blend writes cells back that belong to other steps. If these run at the same time, what they
    wrote is lost.
    """
    for i, s in enumerate(stage.splits):
        if not isinstance(s, Split) or not s.tail.blends:
            continue
        variables = roots(stage, s.inner)
        steps = parts_of(stage, i, s.outer)
        for d in stage.dims:
            parallel = d.kind is ForKind.PARALLEL and not variables.isdisjoint(roots(stage, d.name))
            lanes = d.kind is ForKind.VECTORIZED and s.tail.shifts and d.name in steps
            if parallel or lanes:
                refuse(
                    entry,
                    function,
                    f"{s.tail.name} of {s.old} writes cells of other steps back, and the loop over "
                    f"{d.name} is {d.kind.value}: what these wrote meanwhile would be lost",
                    f"legal: serial({d.name}), or {TailStrategy.GuardWithIf!r} for the split of "
                    f"{s.old}",
                )


def _root_extents(state: FuncSchedule, function: Function, stage: int) -> dict[str, int]:
    known = {n: b.extent for n, b in state.bounds.items() if isinstance(b.extent, int)}
    for r in function.definitions[stage].rvars:
        extent = as_const(r.extent)
        if isinstance(extent, int):
            known[r.name] = extent
    return known
