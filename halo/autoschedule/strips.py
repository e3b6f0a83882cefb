"""What slides along with the strips of a root, or is computed for a whole strip at a time."""

from __future__ import annotations

import math
from collections.abc import Collection

from halo.autoschedule.costs import (
    CHUNK,
    EXTRA,
    MEMORY,
    NEAR_CACHE,
    SHORT,
    SMALL,
    STRIP,
    TASKS,
    WHOLE_STRIP,
)
from halo.autoschedule.group import Group
from halo.autoschedule.program import Func
from halo.autoschedule.regions import Region


def join_strips(f: Func, group: Group, region: Region) -> str:
    """Let `f` slide along with the strips of `group`, or return why not."""
    root = group.root
    short, refused = _short(f, group, region)
    if refused:
        return refused
    inner = root.args[0]
    if not {v for i in region for v in i.names()} <= set(root.args):
        return f"what a tile of {root.name} needs of it depends on sizes"
    if len(root.args) > 1 and any(i.by(inner) and n for n, i in enumerate(region)):
        return f"{root.name} reads it across its rows"
    rows = _rows_for(f, group, region, short)
    if rows is None:
        return f"strips of {root.name} would compute much of it twice"
    kept = [(g, group.members[g.name]) for g in group.inside] + [(f, region)]
    if sum(_bytes_kept(root, g, at, short) for g, at in kept) > NEAR_CACHE:
        return f"its rows do not fit into the cache beside the others of {root.name}"
    group.members[f.name] = region
    group.inside.append(f)
    group.rows, group.short = rows, short
    share = f"{_again(group, region, rows):.0%} of it twice" if _spread(group, region) else "once"
    told = f", for all {', '.join(short)} of a row" if short else ""
    group.why[f.name] = f"slides along in strips of {root.name}{told}, computed {share}"
    return ""


def _short(f: Func, group: Group, region: Region) -> tuple[tuple[str, ...], str]:
    """Return the variables of the root of which all values are to be computed for a row.

    These are few, and `f` is not another for each. Instead of them, also why that cannot be.
    """
    root, short = group.root, list(group.short)
    moved = {v for i in region for v in i.names()}
    for v in root.args:
        still = v not in moved and (v == group.along or v != root.args[0]) and root.extents[v] > 1
        if not still or v in short:
            continue
        if v == group.along or root.extents[v] > SHORT:
            return (), f"it would be computed again for each {v} of {root.name}"
        short.append(v)
    together = math.prod(root.extents[v] for v in short)
    if f.cells() * SMALL < root.cells() / together:
        return (), f"it is small beside {root.name}"
    return tuple(v for v in root.args if v in short), ""


def join_whole_strips(f: Func, group: Group, region: Region) -> bool:
    """Let `f`, whose updates run along some dimensions, be computed for a strip at a time.

    So it can be where strips have nothing to do with each other: none needs a cell of another's,
    and no update reads across.
    """
    root = group.root
    if (
        group.members
        or group.stepped is not None
        or group.total is not None
        or group.whole is not None
        or len(root.args) < 2
    ):
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


def _rows_for(f: Func, group: Group, region: Region, short: Collection[str]) -> int | None:
    """Return the cells of a strip in which little of `f` is computed twice, None if there are none.

    Strips that `group` has already only grow, as long as there are enough of them.
    """
    root = group.root
    if len(root.args) == 1:
        return CHUNK if _again(group, region, CHUNK) <= EXTRA else None
    inside = (root.args[0], group.along, *short)
    others = math.prod(n for v, n in root.extents.items() if v not in inside)
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


def _bytes_kept(root: Func, f: Func, region: Region, short: Collection[str]) -> float:
    """Return the bytes of `f` that a row of the root needs."""
    inner = root.args[0]
    if len(root.args) == 1:
        return f.bytes * CHUNK
    row = {v: root.extents[v] for v in (inner, *short)}
    cells = (i.cells(row.get) or 1.0 for i in region)
    return f.bytes * math.prod(max(n, 1.0) for n in cells)
