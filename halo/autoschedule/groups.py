"""Which stored Funcs are computed inside the loops of another, tile by tile."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from halo.autoschedule.costs import (
    CHUNK,
    EXTRA,
    MEMORY,
    NEAR_CACHE,
    SMALL,
    STRIP,
    TASKS,
    WHOLE_STRIP,
)
from halo.autoschedule.index import Index
from halo.autoschedule.program import Func, Program, Stage
from halo.autoschedule.regions import Region, region_in
from halo.schedule.races import self_reads

_SUMMED = 8
"""Steps of a sum from which its results are worth keeping in registers."""


@dataclass(slots=True)
class Group:
    """A Func at root and what is computed inside its loops.

    Attributes
    ----------
    members, inside
        What slides along with its strips: the regions that one cell of `root` needs, the Funcs.
    rows
        Cells of a strip, along the second dimension; the first, where it has only one.
    total
        What is summed up in the registers of a tile of `root`.
    whole, turned
        What is computed for a whole strip before its rows, and whether they read it across.
    why
        For each Func inside, why it is there.
    """

    root: Func
    members: dict[str, Region] = field(default_factory=dict)
    inside: list[Func] = field(default_factory=list)
    rows: int = 0
    total: Func | None = None
    whole: Func | None = None
    turned: bool = False
    why: dict[str, str] = field(default_factory=dict)

    @property
    def along(self) -> str:
        """The variable that strips are cut along."""
        return self.root.args[min(1, len(self.root.args) - 1)]


def form_groups(program: Program) -> tuple[list[Group], dict[str, str]]:
    """Return the groups of what is not inlined, consumers first, and why Funcs are at root."""
    groups: dict[str, Group] = {}
    apart: dict[str, str] = {}
    homes: dict[str, Group] = {}
    for f in reversed(list(program.funcs.values())):
        if not f.users and not f.is_output:
            continue
        group, reason = _home(program, f, homes)
        if group is None:
            groups[f.name] = group = Group(f)
            apart[f.name] = reason
        homes[f.name] = group
    return list(groups.values()), apart


def _home(program: Program, f: Func, homes: dict[str, Group]) -> tuple[Group | None, str]:
    """Return the group that `f` is computed in, or None and why it stands alone."""
    if f.is_output:
        return None, "an output"
    if f.is_given:
        return None, "it has directives"
    around = {id(homes[g]): homes[g] for g, _ in f.users if g in homes}
    if len(around) != 1:
        return None, f"it is used in {len(around)} groups"
    (group,) = around.values()
    refused = _cannot_join(f, group)
    if refused:
        return None, refused
    region = region_in(program, f, group.root, group.members)
    if region is None:
        return None, f"a tile of {group.root.name} may need any cell of it"
    if not all(is_local(f, s) for s in f.stages[1:]):
        joined = _join_whole_strips(f, group, region)
        return (group, "") if joined else (None, "its updates reach other cells")
    if group.whole is not None:
        return None, f"{group.root.name} is computed strip by strip"
    if _is_total(f, group, region):
        group.total = f
        group.why[f.name] = "summed up in registers, tile by tile"
        return group, ""
    if group.total is not None:
        return None, f"{group.root.name} is computed in register tiles"
    refused = _join_strips(f, group, region)
    return (None, refused) if refused else (group, "")


def _cannot_join(f: Func, group: Group) -> str:
    root = group.root
    if root.is_given:
        return f"{root.name} has directives"
    if not root.is_pure or not root.args:
        return f"{root.name} has updates"
    if any(s.is_extern for s in f.stages):
        return "a C function computes it"
    return ""


def is_local(f: Func, stage: Stage) -> bool:
    """Whether update `stage` of `f` reads and writes the cell of its pure variables only."""
    return len(stage.own) == len(f.args)


def sums_up(f: Func) -> bool:
    """Whether `f` has one update, which goes on from the cell it writes, many times."""
    if len(f.stages) != 2 or not is_local(f, f.stages[1]):
        return False
    stage = f.stages[1]
    steps = math.prod(f.steps(stage, r) for r in stage.rvars)
    return bool(stage.rvars and steps >= _SUMMED and self_reads(f.function, stage.definition))


def _is_total(f: Func, group: Group, region: Region) -> bool:
    same = tuple(Index(((v, 1.0),)) for v in group.root.args)
    return region == same and sums_up(f) and not group.members and group.total is None


def _join_strips(f: Func, group: Group, region: Region) -> str:
    """Let `f` slide along with the strips of `group`, or return why not."""
    root = group.root
    if f.cells() * SMALL < root.cells():
        return f"it is small beside {root.name}"
    moved = {v for i in region for v in i.names()}
    inner = root.args[0]
    for v in root.args:
        if v not in moved and (v == group.along or v != inner) and root.extents[v] > 1:
            return f"it would be computed again for each {v} of {root.name}"
    if not set(moved) <= set(root.args):
        return f"what a tile of {root.name} needs of it depends on sizes"
    if len(root.args) > 1 and any(i.by(inner) and n for n, i in enumerate(region)):
        return f"{root.name} reads it across its rows"
    rows = _rows_for(f, group, region)
    if rows is None:
        return f"strips of {root.name} would compute much of it twice"
    kept = sum(_bytes_kept(root, g, group.members[g.name]) for g in group.inside)
    if kept + _bytes_kept(root, f, region) > NEAR_CACHE:
        return f"its rows do not fit into the cache beside the others of {root.name}"
    group.members[f.name] = region
    group.inside.append(f)
    group.rows = rows
    share = f"{_again(group, region, rows):.0%} of it twice" if _spread(group, region) else "once"
    group.why[f.name] = f"slides along in strips of {root.name}, computed {share}"
    return ""


def _join_whole_strips(f: Func, group: Group, region: Region) -> bool:
    """Let `f`, whose updates run along some dimensions, be computed for a strip at a time.

    So it can be where strips have nothing to do with each other: none needs a cell of another's,
    and no update reads across.
    """
    root = group.root
    if group.members or group.total is not None or group.whole is not None or len(root.args) < 2:
        return False
    own = set(f.args).intersection(*(s.own for s in f.stages[1:]))
    outside = [v for v in root.args[1:] if root.extents[v] > 1 or v == group.along]
    for v in outside:
        moved = [i for i, at in enumerate(region) if at.by(v)]
        if len(moved) != 1 or f.args[moved[0]] not in own:
            return False
        at = region[moved[0]]
        if at.names() != {v} or abs(at.by(v)) != 1 or at.low != at.high:
            return False
    for rows in WHOLE_STRIP:
        size = {group.along: float(rows), root.args[0]: root.extents[root.args[0]]}
        cells = [at.cells(size.get) or 1.0 for at in region]
        if math.prod(cells) * f.bytes <= NEAR_CACHE:
            group.rows, group.whole = rows, f
            group.why[f.name] = f"each strip of {root.name} is apart, and fits into the cache"
            group.turned = any(i and at.by(root.args[0]) for i, at in enumerate(region))
            return True
    return False


def _rows_for(f: Func, group: Group, region: Region) -> int | None:
    """Return the cells of a strip in which little of `f` is computed twice, None if there are none.

    Strips that `group` has already only grow, as long as there are enough of them.
    """
    root = group.root
    if len(root.args) == 1:
        return CHUNK if _again(group, region, CHUNK) <= EXTRA else None
    others = math.prod(n for v, n in root.extents.items() if v not in (root.args[0], group.along))
    length = root.extents[group.along]
    for rows in STRIP:
        if rows < group.rows or (rows > STRIP[0] and length / rows * others < TASKS / 2):
            continue
        again = _again(group, region, min(rows, max(length, 1.0)))
        saved = 2 * MEMORY * f.bytes
        if again <= EXTRA and again * sum(s.work for s in f.stages) <= saved:
            return rows
    return None


def _spread(group: Group, region: Region) -> float:
    """Return how many cells more than one row a row of the root needs, along the strips."""
    return max((i.high - i.low for i in region if i.by(group.along)), default=0.0)


def _again(group: Group, region: Region, rows: float) -> float:
    """Return which part of a member is computed in two strips of `rows` cells."""
    return max(
        ((i.high - i.low) / (abs(i.by(group.along)) * rows) for i in region if i.by(group.along)),
        default=0.0,
    )


def _bytes_kept(root: Func, f: Func, region: Region) -> float:
    """Return the bytes of `f` that a row of the root needs."""
    inner = root.args[0]
    if len(root.args) == 1:
        return f.bytes * CHUNK
    cells = (i.cells(lambda v: root.extents[v] if v == inner else None) or 1.0 for i in region)
    return f.bytes * math.prod(max(n, 1.0) for n in cells)
