"""Random pipelines and random schedules for them, from any source of choices."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import numpy as np

import halo as hl
from halo.lowering.program import producers_of
from halo.schedule.state import pure_vars

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
HALO = 12
"""How far inputs reach beyond the largest output; no pipeline reads further."""


@dataclass
class RandomPipeline:
    """Stages in order, the last one is the output; `variables` are its coordinates."""

    stages: list[hl.Func]
    variables: tuple[hl.Var, hl.Var]
    sizes: tuple[int, int]
    users: dict[int, list[int]] = field(default_factory=dict)
    story: list[str] = field(default_factory=list)

    @property
    def output(self) -> hl.Func:
        return self.stages[-1]


def random_input(choose: Chooser, type_: hl.Type, sizes: tuple[int, int]) -> hl.Buffer:
    """Return an input that holds whatever a pipeline of output `sizes` can read."""
    rng = np.random.default_rng(choose.integer(0, 1 << 20))
    shape = (sizes[1] + 2 * HALO, sizes[0] + 2 * HALO)
    if type_.is_float:
        data = rng.normal(0, 20, shape).astype(np.float32)
    else:
        low, high = max(type_.min_value, -(1 << 31)), min(type_.max_value, (1 << 31) - 1)
        data = rng.integers(low, high, shape, endpoint=True).astype(type_.dtype)
    buffer = hl.Buffer(data)
    buffer.set_min([-HALO, -HALO])
    return buffer


def random_pipeline(choose: Chooser) -> RandomPipeline:
    """Return 2 to 5 stages of stencils, reductions, selects and casts over small images."""
    sizes = (choose.integer(1, 37), choose.integer(1, 19))
    x, y = hl.Var("x"), hl.Var("y")
    source = random_input(choose, choose.pick(TYPES), sizes)
    made = RandomPipeline([], (x, y), sizes)
    n = choose.integer(2, 5)
    for i in range(n):
        reach = made.stages if made.stages else []
        first: Any = (
            source if not reach else reach[choose.integer(max(0, len(reach) - 2), len(reach) - 1)]
        )
        if i == n - 1 and reach:
            first = reach[-1]
        second: Any = choose.pick([source, *reach])
        made.stages.append(_stage(choose, made, i == n - 1, first, second))
    return made


def _stage(choose: Chooser, p: RandomPipeline, is_output: bool, a: Any, b: Any) -> hl.Func:
    x, y = p.variables
    f = hl.Func(f"f{len(p.stages)}")
    kinds = ["point", "stencil", "select", "cast", "sum", "update", "row", "gather"]
    if not is_output or p.sizes[0] > 10:  # these write cells 0 to 9 at most
        kinds += ["scan", "histogram"]
    kind = choose.pick(kinds)
    p.story.append(kind)
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
            f[x, 0] = hl.cast(f.types()[0], b[x, dy]) + f[x, 0]
        case "histogram":
            r = hl.RDom([(0, choose.integer(1, 6)), (0, choose.integer(1, 4))])
            f[x, y] = hl.cast(hl.Int(32), 0)
            f[hl.clamp(hl.cast(hl.Int(32), a[r.x, r.y]), 0, 5), y] += 1 + r.x
        case _:
            where = hl.clamp(hl.cast(hl.Int(32), b[x, y]), -2, 3)
            f[x, y] = a[where, y] + a[x, y]
    return f


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


def random_schedule(choose: Chooser, p: RandomPipeline) -> None:
    """Give every stage of `p` random directives; they may turn out to be illegal together.

    Raises
    ------
    halo.errors.ScheduleError
        A directive cannot be applied.
    """
    loops: dict[str, list[str]] = {}
    for i in reversed(range(len(p.stages))):
        f = p.stages[i]
        users = _users(p, f)
        _place(choose, p, f, users, loops)
        loops[f.name()] = _schedule_pure(choose, f, p.variables)
        for k in range(f.num_update_definitions()):
            _schedule_update(choose, f, k, p.variables)
        if choose.integer(0, 5) == 0:
            f.reorder_storage(p.variables[1], p.variables[0])


def _users(p: RandomPipeline, f: hl.Func) -> list[hl.Func]:
    return [g for g in p.stages if g is not f and _reads(g, f)]


def _reads(g: hl.Func, f: hl.Func) -> bool:
    seen: set[str] = set()
    stack = [d for d in g.function.definitions]
    while stack:
        for producer in producers_of(stack.pop()):
            if producer.name == f.name():
                return True
            if producer.name not in seen and producer.name.startswith("sum"):
                seen.add(producer.name)
                stack.extend(producer.definitions)
    return False


def _place(
    choose: Chooser,
    p: RandomPipeline,
    f: hl.Func,
    users: list[hl.Func],
    loops: dict[str, list[str]],
) -> None:
    if f is p.output:
        return
    kind = choose.integer(0, 5)
    if kind == 0 and f.num_update_definitions() == 0:
        f.compute_inline()
        loops[f.name()] = []
    elif kind <= 3 and len(users) == 1 and loops.get(users[0].name()):
        names = loops[users[0].name()]
        at = choose.integer(0, len(names) - 1)
        f.compute_at(users[0], names[at])
        if choose.integer(0, 1):
            f.store_root() if choose.integer(0, 1) else f.store_at(
                users[0], names[choose.integer(0, at)]
            )
    else:
        f.compute_root()


def _schedule_pure(choose: Chooser, f: hl.Func, variables: tuple[hl.Var, hl.Var]) -> list[str]:
    """Schedule the pure stage; return its loops, outermost first."""
    x, y = variables
    tails = hl.TailStrategy  # those that need no more cells than there are
    tail = choose.pick([tails.Auto, tails.GuardWithIf, tails.ShiftInwards, tails.Predicate])
    n = choose.pick([2, 3, 4, 8, 16])
    match choose.integer(0, 7):
        case 0:
            return ["y", "x"]
        case 1:
            f.vectorize(x, n)
            return ["y"]
        case 2:
            f.split(x, "xo", "xi", n, tail).unroll("xi")
            return ["y", "xo"]
        case 3:
            f.tile(x, y, "xo", "yo", "xi", "yi", n, choose.pick([2, 3, 5]), tail=tail)
            if choose.integer(0, 1):
                f.vectorize("xi")
            if choose.integer(0, 1):
                f.parallel("yo")
            return ["yo", "xo"]
        case 4:
            f.reorder(y, x)
            if choose.integer(0, 1):
                f.vectorize(y, n, tail)
            return ["x"]
        case 5:
            f.fuse(x, y, "t").split("t", "to", "ti", n, tail)
            if choose.integer(0, 1):
                f.vectorize("ti")
            return ["to"]
        case 6:
            f.split(y, "yo", "yi", n, tail).split("yi", "ym", "yj", 2, tail).parallel("yo")
            return ["yo", "ym"]
        case _:
            f.split(x, "xo", "xi", n, tail).split("xo", "xp", "xq", 2, tail)
            f.reorder("xi", y, "xq", "xp").vectorize("xi")
            return ["xp", "xq", "y"]


def _schedule_update(
    choose: Chooser, f: hl.Func, index: int, variables: tuple[hl.Var, hl.Var]
) -> None:
    names = pure_vars(f.function, f.function.definitions[index + 1])
    stage = f.update(index)
    for v in variables:
        if v.name() not in names:
            continue
        match choose.integer(0, 4):
            case 0:
                stage.vectorize(v, choose.pick([2, 4, 8]))
            case 1:
                tails = hl.TailStrategy
                tail = choose.pick([tails.Auto, tails.Predicate, tails.ShiftInwardsAndBlend])
                stage.split(v, f"{v.name()}o", f"{v.name()}i", choose.pick([2, 3, 4]), tail)
            case 2:
                stage.unroll(v, 2)
            case 3:
                stage.parallel(v)
            case _:
                pass
