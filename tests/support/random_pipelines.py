"""Random pipelines and random schedules for them, from any source of choices."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

import halo as hl

T = TypeVar("T")


class Chooser(Protocol):
    """A source of choices: hypothesis' data, or a seeded random generator."""

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        ...

    def pick(self, options: Sequence[T]) -> T:
        """Return one of `options`."""
        ...


class SeededChooser:
    """Choices from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        return self._random.choice(options)


TYPES = [hl.UInt(8), hl.Int(16), hl.Int(32), hl.Float(32)]
HALO = 80
"""How far inputs reach beyond the largest output; no pipeline reads further."""


@dataclass
class RandomPipeline:
    """Stages in order, the last one is the output; `variables` are its coordinates."""

    stages: list[hl.Func]
    variables: tuple[hl.Var, hl.Var]
    sizes: tuple[int, int]
    weight: hl.Param = field(default_factory=lambda: hl.Param(hl.Int(32), "weight", 3))
    story: list[str] = field(default_factory=list)

    @property
    def output(self) -> hl.Func:
        return self.stages[-1]

    def pipeline(self) -> hl.Pipeline:
        """Return the pipeline of the output alone."""
        return hl.Pipeline(self.output)

    def values(self) -> list[np.ndarray[Any, Any]]:
        """Return what the output's cells hold, an array for each element of a Tuple."""
        made = self.output.realize(list(self.sizes))
        return [np.array(b) for b in (made if isinstance(made, tuple) else (made,))]


def random_input(choose: Chooser, type_: hl.Type, sizes: tuple[int, int]) -> hl.Buffer:
    """Return an input that holds whatever a pipeline of output `sizes` can read."""
    rng = np.random.default_rng(choose.integer(0, 1 << 20))
    shape = (sizes[1] + 2 * HALO, sizes[0] + 2 * HALO)
    if type_.is_float():
        # Small integers: sums of them are exact, so that their order does not show.
        data = rng.integers(-20, 20, shape).astype(np.float32)
    else:
        low, high = max(type_.min_value, -(1 << 31)), min(type_.max_value, (1 << 31) - 1)
        data = rng.integers(low, high, shape, endpoint=True).astype(type_.dtype)
    buffer = hl.Buffer(data)
    buffer.set_min([-HALO, -HALO])
    return buffer


def random_pipeline(choose: Chooser) -> RandomPipeline:
    """Return 2 to 5 stages of stencils, reductions, Tuples, selects and casts on small images."""
    sizes = (choose.integer(1, 23), choose.integer(1, 13))
    x, y = hl.Var("x"), hl.Var("y")
    source = random_input(choose, choose.pick(TYPES), sizes)
    made = RandomPipeline([], (x, y), sizes)
    n = choose.integer(2, 5)
    for i in range(n):
        reach = made.stages
        first: Any = (
            source if not reach else reach[choose.integer(max(0, len(reach) - 2), len(reach) - 1)]
        )
        if i == n - 1 and reach:
            first = reach[-1]
        second: Any = choose.pick([source, *reach])
        made.stages.append(_stage(choose, made, i == n - 1, Cells(first), Cells(second)))
    return made


class Cells:
    """Cells of a Func or Buffer as one value each, also where they are Tuples."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def __getitem__(self, place: Any) -> Any:
        cell = self._source[place]
        if isinstance(self._source, hl.Func) and self._source.outputs() > 1:
            return hl.cast(hl.Int(32), cell[0]) - hl.cast(hl.Int(32), cell[1])
        return cell


KINDS = (
    *("point", "stencil", "select", "cast", "sum", "update", "row", "gather", "weight", "down"),
    *("up", "turn", "tuple", "where", "product", "largest"),
)
NEEDS_SPACE = ("scan", "histogram", "pairs", "best")
"""These write cells 0 to 9 at most, which an output has to have."""


def _stage(choose: Chooser, p: RandomPipeline, is_output: bool, a: Any, b: Any) -> hl.Func:
    f = hl.Func(f"f{len(p.stages)}")
    kinds = KINDS
    if not is_output or p.sizes[0] > 10:
        kinds += NEEDS_SPACE
    kind = choose.pick(kinds)
    p.story.append(kind)
    if not _pure_stage(choose, p, kind, f, a, b):
        _stage_with_updates(choose, p, kind, f, a, b)
    return f


def _pure_stage(choose: Chooser, p: RandomPipeline, kind: str, f: hl.Func, a: Any, b: Any) -> bool:
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
        case "sum":
            r = hl.RDom([(0, choose.integer(1, 3)), (-1, choose.integer(1, 3))])
            f[x, y] = hl.sum(a[x + r.x - 1, y + r.y]) + b[x, y]
        case "gather":
            where = hl.clamp(hl.cast(hl.Int(32), b[x, y]), -2, 3)
            f[x, y] = a[where, y] + a[x, y]
        case "weight":
            f[x, y] = hl.cast(hl.Int(32), a[x, y]) * p.weight + hl.cast(hl.Int(32), b[x + dx, y])
        case "down":
            f[x, y] = a[2 * x + dx, y] + a[2 * x, y + dy]
        case "up":
            f[x, y] = a[x // 2, y] + a[(x + 1) // 2, y + dy]
        case "turn":
            f[x, y] = a[hl.clamp(y, 0, 12), hl.clamp(x, 0, 12)] + b[x, y + dy]
        case "tuple":
            f[x, y] = (hl.cast(hl.Int(32), a[x, y]) + x, hl.cast(hl.Int(16), b[x + dx, y]))
        case _:
            return False
    return True


def _stage_with_updates(
    choose: Chooser, p: RandomPipeline, kind: str, f: hl.Func, a: Any, b: Any
) -> None:
    x, y = p.variables
    match kind:
        case "update":
            r = hl.RDom([(-1, choose.integer(1, 3))])
            f[x, y] = b[x, y]
            f[x, y] += hl.cast(f.types()[0], a[x + r, y])
        case "scan":
            r = hl.RDom([(1, choose.integer(1, 9))])
            f[x, y] = a[x, y]
            f[r, y] = f[r - 1, y] + f[r, y]
        case "row":
            f[x, y] = a[x, y]
            f[x, 0] = hl.cast(f.types()[0], b[x, 1]) + f[x, 0]
        case "histogram":
            r = hl.RDom([(0, choose.integer(1, 6)), (0, choose.integer(1, 4))])
            f[x, y] = hl.cast(hl.Int(32), 0)
            f[hl.clamp(hl.cast(hl.Int(32), a[r.x, r.y]), 0, 5), y] += 1 + r.x
        case "where":
            r = hl.RDom([(0, choose.integer(1, 5)), (0, choose.integer(1, 4))])
            r.where(r.x + r.y < choose.integer(1, 7))
            f[x, y] = hl.cast(hl.Int(32), 1)
            f[x, y] += hl.cast(hl.Int(32), a[x + r.x, y - r.y])
        case "product":
            r = hl.RDom([(0, choose.integer(1, 4)), (0, choose.integer(1, 3))])
            f[x, y] = hl.cast(hl.Int(32), 0)
            f[x, y] += hl.cast(hl.Int(32), a[x + r.x, y]) * hl.cast(hl.Int(32), b[x, y + r.y])
        case "largest":
            r = hl.RDom([(-1, choose.integer(1, 6))])
            f[x, y] = a[x, y]
            f[x, y] = hl.max(f[x, y], hl.cast(f.types()[0], b[x, y + r]))
        case "pairs":
            r = hl.RDom([(0, choose.integer(1, 4))])
            f[x, y] = a[x, y]
            f[2 * r, y] = f[2 * r + 1, y] + hl.cast(f.types()[0], r)
        case "best":
            r = hl.RDom([(0, choose.integer(1, 8))])
            f[x, y] = (hl.cast(hl.Int(32), a[x, y]), 0)
            v = hl.cast(hl.Int(32), b[x + r, y])
            better = v > f[x, y][0]
            f[x, y] = (hl.select(better, v, f[x, y][0]), hl.select(better, r, f[x, y][1]))
        case _:
            raise AssertionError(kind)


def _combine(choose: Chooser, a: Any, b: Any) -> Any:
    a, b = hl.cast(hl.Int(32), a) if choose.integer(0, 3) == 0 else a + 0, b + 0
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
