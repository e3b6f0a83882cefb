"""Which Funcs are computed wherever they are read."""

from __future__ import annotations

from halo.autoschedule.costs import CHEAP, MEMORY, STORE
from halo.autoschedule.program import Func, Program
from halo.ir.expr import Call, CallKind, Cast, Max, Min, Select
from halo.ir.substitute import find, walk

_FEW = 2
"""Cells that what is cheap reads at most."""
_NEARLY = 1.25
"""How often a cell is computed where it is computed once but for the margins of tiles."""
_SEVERAL = 3
"""Times up to which also what reads other Funcs may be computed instead of stored at root."""
_OFTEN = 16
"""From here on even a clamped coordinate is worth a copy."""
_MOST_READS = 200


def why_inline(program: Program, f: Func) -> str:
    """Return why `f` is best computed where it is read; empty: it is not.

    Once it is stored, each read costs an operation, and the store some; computed again it costs
    its own work at each read.
    """
    if not _may_inline(program, f):
        return ""
    times = _times(program, f)
    reads = len(f.stages[0].reads)
    work = f.stages[0].work + reads
    if times <= _NEARLY:
        return f"each cell is read once, {_operations(work)} there"
    if work <= CHEAP and reads <= _FEW and (times < _OFTEN or _is_plain(f)):
        return f"{_operations(work)}, no more than to load it"
    if times * work <= work + STORE + times:
        return f"{_operations(work)} {times:.3g} times cost less than to store it"
    return ""


def why_inline_after_all(program: Program, f: Func) -> str:
    """Return why `f`, which no group has room for, is not stored at root either; empty: it is.

    There its cells go through memory, to be written and to be read.
    """
    if not _may_inline(program, f):
        return ""
    times = _times(program, f)
    if times > _SEVERAL and any(r.is_func for r in f.stages[0].reads):
        return ""  # what it reads would be read as often, and had to be at root in its place
    again = (times - 1) * (f.stages[0].work + len(f.stages[0].reads))
    if again > f.bytes * MEMORY:
        return ""
    return f"{_operations(again)} more cost less than to send {f.bytes} bytes through memory"


def why_not_inline(program: Program, f: Func) -> str:
    """Return why `f` is not computed where it is read, as a clause."""
    if not f.is_pure:
        return "it has updates" if not f.stages[0].is_extern else "a C function computes it"
    work = f.stages[0].work + len(f.stages[0].reads)
    return f"each cell is read {_times(program, f):.3g} times and costs {_operations(work)}"


def _may_inline(program: Program, f: Func) -> bool:
    """Whether `f` has a value that can stand where it is read, and may."""
    if f.is_output or f.is_given or not f.is_pure or not f.args or _is_given_whole(program, f):
        return False
    places = sum(len(s.reads_of(f.name)) for _, s in program.stages_reading(f))
    return places * len(f.stages[0].reads) <= _MOST_READS


def _operations(work: float) -> str:
    return "1 operation" if work == 1 else f"{work:.3g} operations"


def _times(program: Program, f: Func) -> float:
    """Return how often a cell of `f` is computed if it is where it is read."""
    total = 0.0
    for g, stage in program.stages_reading(f):
        per_read = max(1.0, g.iterations(stage) / max(f.cells(), 1.0))
        if per_read < _NEARLY:
            per_read = 1.0
        total += len(stage.reads_of(f.name)) * per_read
    return total


def _is_given_whole(program: Program, f: Func) -> bool:
    return any(stage.is_extern for _, stage in program.stages_reading(f))


def _is_plain(f: Func) -> bool:
    """Whether it only renames cells: no clamped coordinates, no choice between values."""
    d = f.stages[0].definition
    value = d.values[0]
    while isinstance(value, Cast):
        value = value.value
    cell = isinstance(value, Call) and value.kind in (CallKind.FUNC, CallKind.IMAGE)
    choices = [n for n in walk(d.values) if isinstance(n, (Min, Max, Select))]
    return len(d.values) == 1 and cell and not choices and bool(find(d.values, Call))
