"""Over which of several loops a window slides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from halo.ir.expr import Select, is_true
from halo.ir.interval import Interval
from halo.ir.substitute import uses_variable
from halo.lowering.hoisted_storage import Frame
from halo.lowering.names import Names, inline
from halo.lowering.program import Program
from halo.lowering.sliding_window import greatest_extent, slide


def choose_window(
    program: Program,
    args: Sequence[str],
    domain: Mapping[str, Interval],
    frames: Sequence[Frame],
    names: Names,
    outwards: bool,
    before: str | None,
) -> tuple[str, Interval, Frame] | None:
    """Return along what the region `domain` slides, the new part, and over which of `frames`.

    Requires: if `outwards`, storage keeps the whole region that the loops between visit.
    Ensures: None if it does not slide. Else it is over the innermost loop that the region depends
    on or, if `outwards`, over one outside of it where less of the region is new each time. The
    loops between do the same in each of its iterations: what one of theirs finds computed is what
    the same one computed before. If it slid along `before` where the same Function is computed for
    other cells, then here too if it may, so that circular buffers agree.

    Example: rows [y, y + 2] and columns [16 x, 16 x + 15], over y and inside it over x -> over y,
    since over x all is new each time.
    """
    best: tuple[str, Interval, Frame] | None = None
    least: float | None = None  # how much of it is new with `best`, once that is asked

    def share(arg: str, new: Interval, _: Frame) -> float | None:
        return 0 if arg == before else _share_of_new(arg, new, domain, names)

    for at in reversed(range(len(frames))):
        frame = frames[at]
        if best is not None and not _same_each_time(program, frames[at + 1 :], frame, names):
            break
        slid = slide(args, domain, frame.loop, frame.min, names)
        if not slid.depends:
            continue
        if slid.arg is None or not frame.serial or frame.gaps:
            if best is None:
                return None
            continue
        found = slid.arg, slid.new, frame
        if best is None:
            if not outwards:
                return found
            best = found
            continue
        if least is None and (least := share(*best)) is None:
            return best
        some = share(*found)
        if some is not None and some < least:
            best, least = found, some
    return best


def _share_of_new(
    arg: str, new: Interval, domain: Mapping[str, Interval], names: Names
) -> float | None:
    """Return how much of the region is new in an iteration, None where no constants bound it."""
    low, high = new.min, new.max
    if isinstance(low, Select):
        low = low.false_value
    elif isinstance(high, Select):
        high = high.false_value
    some = greatest_extent(Interval(low, high), names)
    whole = greatest_extent(domain[arg], names)
    return None if some is None or not whole else some / whole


def _same_each_time(program: Program, inner: Sequence[Frame], outer: Frame, names: Names) -> bool:
    """Whether the loops `inner` are the same in each iteration of `outer`, and leave none out."""
    for frame in inner:
        d = program.definitions[frame.site.func][frame.site.stage]
        ends = (inline(e, names) for e in (frame.min, frame.extent))
        if not frame.serial or frame.gaps or not is_true(d.predicate):
            return False
        if any(uses_variable(e, outer.loop.name) for e in ends):
            return False
    return True
