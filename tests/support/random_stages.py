"""Kinds of stages of random pipelines: what each computes from two others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import halo as hl

if TYPE_CHECKING:
    from random_pipelines import Chooser, RandomPipeline

TYPES = [
    *(hl.UInt(8), hl.Int(16), hl.Int(32), hl.Float(32)),
    *(hl.Int(8), hl.UInt(16), hl.UInt(32), hl.Float(64)),
]
_PURE = (
    *("point", "point", "stencil", "select", "cast", "sum", "gather", "weight", "down", "up"),
    *("turn", "tuple", "highest", "noise", "fixed", "tagged", "tagged"),
)
_UPDATED = ("update", "where", "windows", "product", "largest", "twice")
_ROOM = {
    "row": (1, 1),
    "scan": (10, 1),
    "rows": (1, 7),
    "histogram": (6, 1),
    "pairs": (8, 1),
    "best": (1, 1),
}
"""The cells from (0, 0) on that these write."""
_INSIDE = ("table", "table", "table", "deep", "deep update")
"""These have other dimensions, or no cells beyond a few, and cannot be the output."""
KINDS = (*_PURE, *_UPDATED, *_ROOM, *_INSIDE)


def room_needed(kind: str) -> tuple[int, int] | None:
    """Return the cells from (0, 0) on that an output of `kind` has to have; None: it cannot be."""
    return None if kind in _INSIDE else _ROOM.get(kind, (0, 0))


class Cells:
    """Cells of a Func or Buffer as one value each, whatever their dimensions and values."""

    def __init__(self, p: RandomPipeline, source: Any, summed: bool) -> None:
        self._source = source
        self._summed = summed
        func = isinstance(source, hl.Func)
        self._kind = p.story[p.stages.index(source)] if func else ""

    def __getitem__(self, place: Any) -> Any:
        x, y = place
        f = self._source
        if self._kind == "table":
            return f[hl.clamp(x, 0, 7), hl.clamp(y, 0, 5)]
        if self._kind.startswith("deep"):
            if self._summed:
                k = hl.RDom([(0, 3)])
                return hl.sum(k, f[x, y, k])
            return f[x, y, 0] - f[x, y, 2]
        cell = f[x, y]
        if isinstance(f, hl.Func) and f.outputs() > 1:
            return hl.cast(hl.Int(32), cell[0]) - hl.cast(hl.Int(32), cell[1])
        return cell


def add_stage(choose: Chooser, p: RandomPipeline, kind: str, first: Any, second: Any) -> hl.Func:
    """Return a Func of `kind` that reads `first` and `second`, and tell it in ``p.story``."""
    f = hl.Func(f"f{len(p.stages)}")
    a, b = (Cells(p, s, bool(choose.integer(0, 1))) for s in (first, second))
    if not (_pure(choose, p, kind, f, a, b) or _of_cells(choose, p, kind, f, a, b)):
        made = _with_updates(choose, p, kind, f, a, b) or _in_place(choose, p, kind, f, a, b)
        assert made, kind
    p.story.append(kind)
    return f


def _int(e: Any) -> Any:
    return hl.cast(hl.Int(32), e)


def _like(f: hl.Func, e: Any) -> Any:
    return hl.cast(f.types()[0], e)


def _pure(choose: Chooser, p: RandomPipeline, kind: str, f: hl.Func, a: Any, b: Any) -> bool:
    x, y = p.variables
    dx, dy = choose.integer(-1, 1), choose.integer(-1, 1)
    match kind:
        case "point":
            f[x, y] = _combine(choose, a[x, y], b[x, y])
        case "stencil":
            f[x, y] = a[x - 1, y] + a[x + dx, y + dy] * 3 + a[x, y + 1]
        case "select":
            f[x, y] = hl.select(a[x, y] > 3, a[x + dx, y], a[x, y + dy])
        case "cast":
            f[x, y] = hl.cast(choose.pick(TYPES), a[x, y]) + hl.cast(choose.pick(TYPES), x + y)
        case "weight":
            f[x, y] = _int(a[x, y]) * p.weight + _int(b[x + dx, y])
        case "down":
            f[x, y] = a[2 * x + dx, y] + a[2 * x, y + dy]
        case "up":
            f[x, y] = a[x // 2, y] + a[(x + 1) // 2, y + dy]
        case "tuple":
            f[x, y] = (_int(a[x, y]) + x, hl.cast(hl.Int(16), b[x + dx, y]))
        case "noise":
            f[x, y] = _int(a[x, y]) ^ hl.random_int(choose.integer(0, 9))
        case "fixed":
            t = choose.pick([hl.UInt(8), hl.Int(16)])
            low = hl.saturating_cast(t, a[x, y])
            f[x, y] = hl.rounding_halving_add(low, hl.saturating_cast(t, b[x, y + dy]))
        case "tagged":
            f[x, y] = hl.memoize_tag(a[x, y] + b[x, y], choose.integer(0, 1 << 30))
        case "table":
            f[x, y] = hl.cast(choose.pick(TYPES), x * 5 - y * y + dx)
        case _:
            return False
    return True


def _of_cells(choose: Chooser, p: RandomPipeline, kind: str, f: hl.Func, a: Any, b: Any) -> bool:
    x, y = p.variables
    match kind:
        case "sum":
            r = hl.RDom([(0, choose.integer(1, 3)), (-1, choose.integer(1, 3))])
            f[x, y] = hl.sum(r, a[x + r.x - 1, y + r.y]) + b[x, y]
        case "highest":
            r = hl.RDom([(0, choose.integer(1, 4))])
            f[x, y] = hl.maximum(r, a[x, y + r]) - hl.argmax(r, _int(b[x + r, y]))[0]
        case "gather":
            f[x, y] = a[hl.clamp(_int(b[x, y]), -2, 3), y] + a[x, y]
        case "turn":
            dy = choose.integer(-1, 1)
            f[x, y] = a[hl.clamp(y, 0, 12), hl.clamp(x, 0, 12)] + b[x, y + dy]
        case "deep" | "deep update":
            c = hl.Var("c")
            f[x, y, c] = _int(a[x, y]) * (c + 1) + _int(b[x, y + c])
            if kind == "deep update":
                r = hl.RDom([(-1, choose.integer(1, 3))])
                f[x, y, c] += _int(a[x + r, y]) * c
        case _:
            return False
    return True


def _with_updates(
    choose: Chooser, p: RandomPipeline, kind: str, f: hl.Func, a: Any, b: Any
) -> bool:
    x, y = p.variables
    match kind:
        case "update":
            r = hl.RDom([(-1, choose.integer(1, 3))])
            f[x, y] = b[x, y]
            f[x, y] += _like(f, a[x + r, y])
        case "twice":
            f[x, y] = a[x, y]
            f[x, y] += _like(f, b[x, y])
            f[x, y] = f[x, y] * 3 + _like(f, x - y)
        case "where":
            r = hl.RDom([(0, choose.integer(1, 5)), (0, choose.integer(1, 4))])
            r.where(_predicate(choose, r, x, y))
            f[x, y] = hl.cast(hl.Int(32), 1)
            f[x, y] += _int(a[x + r.x, y - r.y])
        case "windows":
            r = hl.RDom([(0, choose.integer(1, 5)), (0, choose.integer(1, 4))])
            r.where(_predicate(choose, r, x, y))
            f[x, y] = hl.cast(hl.Int(32), 1)
            f[x, y] += _int(a[r.x, r.y]) - _int(a[r.x + 1, r.y]) * y - _int(a[r.x, r.y + 1])
            if choose.integer(0, 1):
                f.update(0).reorder(x, y, r.x, r.y)
        case "product":
            r = hl.RDom([(0, choose.integer(1, 4)), (0, choose.integer(1, 3))])
            f[x, y] = hl.cast(hl.Int(32), 0)
            f[x, y] += _int(a[x + r.x, y]) * _int(b[x, y + r.y])
        case "largest":
            r = hl.RDom([(-1, choose.integer(1, 6))])
            f[x, y] = a[x, y]
            f[x, y] = hl.max(f[x, y], _like(f, b[x, y + r]))
        case "best":
            r = hl.RDom([(0, choose.integer(1, 8))])
            f[x, y] = (_int(a[x, y]), 0)
            v = _int(b[x + r, y])
            better = v > f[x, y][0]
            f[x, y] = (hl.select(better, v, f[x, y][0]), hl.select(better, r, f[x, y][1]))
        case _:
            return False
    return True


def _predicate(choose: Chooser, r: hl.RDom, x: hl.Var, y: hl.Var) -> hl.Expr:
    """Return a predicate: of the first iterations, of the last, of those between, or of cells."""
    n = choose.integer(1, 7)
    few = [r.x + r.y < n, r.x + r.y >= n - 2, (r.y >= n - 3) & (r.y <= n - 1), r.x + y <= n]
    return choose.pick([*few, (r.x >= r.y) & (r.x <= n - r.y), x - r.y >= n - 4])


def _in_place(choose: Chooser, p: RandomPipeline, kind: str, f: hl.Func, a: Any, b: Any) -> bool:
    """Define what writes some cells, at coordinates of its own."""
    x, y = p.variables
    f[x, y] = hl.cast(hl.Int(32), 0) if kind == "histogram" else a[x, y]
    match kind:
        case "row":
            f[x, 0] = _like(f, b[x, 1]) + f[x, 0]
        case "scan":
            r = hl.RDom([(1, choose.integer(1, 9))])
            f[r, y] = f[r - 1, y] + f[r, y]
        case "rows":
            r = hl.RDom([(1, choose.integer(1, 6))])
            f[x, r] = f[x, r - 1] * 2 + _like(f, b[x, r])
        case "histogram":
            r = hl.RDom([(0, choose.integer(1, 6)), (0, choose.integer(1, 4))])
            f[hl.clamp(_int(a[r.x, r.y]), 0, 5), y] += 1 + r.x
        case "pairs":
            r = hl.RDom([(0, choose.integer(1, 4))])
            f[2 * r, y] = f[2 * r + 1, y] + _like(f, r)
        case _:
            return False
    return True


def _combine(choose: Chooser, a: Any, b: Any) -> Any:
    a, b = _int(a) if choose.integer(0, 3) == 0 else a + 0, b + 0
    match choose.integer(0, 7):
        case 0:
            return a + b
        case 1:
            return a - b
        case 2:
            return a * b
        case 3:
            return hl.min(a, b)
        case 4:
            return hl.max(a, b)
        case 5:
            return a / b
        case 6:
            return a % b
        case _:
            return hl.absd(a, b)
