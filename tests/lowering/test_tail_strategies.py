"""Every tail strategy on every kind of loop gives the bits of no schedule at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from batches import build, case, run_into

import halo as hl

T = hl.TailStrategy
x, y = hl.vars("x y")
data = np.random.default_rng(11).integers(-99, 99, 120).astype(np.int32)
MIN = -7


def source() -> hl.Buffer:
    b = hl.Buffer(data)
    b.set_min([-30])
    return b


@dataclass(frozen=True)
class Kind:
    """A kind of loop to split.

    `algorithm` makes a stage and what uses it; `before` brings the loop about; `stage` is the
    definition it is of; `old` is its name.
    """

    algorithm: Callable[[], tuple[hl.Func, hl.Func]]
    stage: int
    old: str
    before: Callable[[Any], object] = lambda s: None
    legal: tuple[T, ...] = tuple(T)


def pure(*more: hl.Var) -> tuple[hl.Func, hl.Func]:
    g, f = hl.Func("g"), hl.Func("f")
    inp = source()
    g[x, *more] = inp[x - 1] + inp[x + 1] * 3
    f[x, *more] = g[x, *more] + g[x + 1, *more] * 5
    return g, f


def update(*more: hl.Var) -> tuple[hl.Func, hl.Func]:
    g, f = hl.Func("g"), hl.Func("f")
    inp = source()
    g[x, *more] = inp[x]
    g[x, *more] = g[x, *more] * 2 + inp[x + 1]
    f[x, *more] = g[x, *more] + g[x + 1, *more] * 5
    return g, f


def reduction() -> tuple[hl.Func, hl.Func]:
    g, f = hl.Func("g"), hl.Func("f")
    inp = source()
    r = hl.RDom([(-1, 7)], "r")
    g[x] = inp[x]
    g[x] = g[x] * 3 + inp[x + r]
    f[x] = g[x] + g[x + 1] * 5
    return g, f


GUARDS = (T.Auto, T.GuardWithIf, T.Predicate)
UPDATES = tuple(t for t in T if t is not T.ShiftInwards)
SHIFTS = (*GUARDS, T.ShiftInwards, T.ShiftInwardsAndBlend)
BLEND = (*GUARDS, T.ShiftInwardsAndBlend)

KINDS: dict[str, Kind] = {
    "pure": Kind(pure, 0, "x"),
    "pure, outer of a guarded split": Kind(
        pure, 0, "o", lambda s: s.split(x, "o", "i", 2, T.GuardWithIf)
    ),
    "pure, outer of a rounded split": Kind(
        pure, 0, "o", lambda s: s.split(x, "o", "i", 2, T.RoundUp)
    ),
    "pure, outer of a shifted split": Kind(
        pure, 0, "o", lambda s: s.split(x, "o", "i", 2, T.ShiftInwards)
    ),
    "pure, inner": Kind(pure, 0, "i", lambda s: s.split(x, "o", "i", 6), SHIFTS),
    "pure, fused": Kind(lambda: pure(y), 0, "t", lambda s: s.fuse(x, y, "t"), SHIFTS),
    "update": Kind(update, 1, "x", legal=UPDATES),
    "update, outer of a guarded split": Kind(
        update, 1, "o", lambda s: s.split(x, "o", "i", 2), UPDATES
    ),
    "update, outer of stores predicated": Kind(
        update, 1, "o", lambda s: s.split(x, "o", "i", 2, T.PredicateStores), UPDATES
    ),
    "update, outer of loads predicated": Kind(
        update, 1, "o", lambda s: s.split(x, "o", "i", 2, T.PredicateLoads), UPDATES
    ),
    "update, outer of a blended shift": Kind(
        update, 1, "o", lambda s: s.split(x, "o", "i", 2, T.ShiftInwardsAndBlend), UPDATES
    ),
    "update, outer of a blended end": Kind(
        update, 1, "o", lambda s: s.split(x, "o", "i", 2, T.RoundUpAndBlend), UPDATES
    ),
    "update, inner": Kind(update, 1, "i", lambda s: s.split(x, "o", "i", 6), BLEND),
    "update, fused": Kind(lambda: update(y), 1, "t", lambda s: s.fuse(x, y, "t"), BLEND),
    "update beside a reduction": Kind(reduction, 1, "x", legal=UPDATES),
    "reduction": Kind(reduction, 1, "r", legal=GUARDS),
}
LOOPS: dict[str, Callable[[Any], object]] = {
    "serial": lambda s: None,
    "vectorized": lambda s: s.vectorize("b"),
    "unrolled": lambda s: s.unroll("b"),
    "parallel": lambda s: s.parallel("a"),
}
FACTORS = (1, 4, 5, 16)
SIZES = (0, 1, 4, 13, 16)


Choice = tuple[hl.TailStrategy, int, str]


def scheduled(kind: Kind, choice: Choice) -> hl.Func:
    """Return the output of a kind of pipeline, its loop split by factor and tail of `choice`."""
    tail, factor, loops = choice
    g, f = kind.algorithm()
    g.compute_root()
    stage = g.update(kind.stage - 1) if kind.stage else g
    kind.before(stage)
    old = g.rvars(0)[0].name() if kind.old == "r" else kind.old
    stage.split(old, "a", "b", factor, tail)
    LOOPS[loops](stage)
    return f


def is_legal(name: str, kind: Kind, choice: Choice) -> bool:
    tail, factor, loops = choice
    if factor > 1:
        if tail not in kind.legal or ("inner" in name and tail.shifts and factor > 6):
            return False
        if loops == "parallel" and tail.blends and kind.stage:
            return False
    if "blended" in name:
        return loops in ("serial", "unrolled") or (loops == "vectorized" and name.endswith("end"))
    alone = {"vectorized": 1, "parallel": 16}  # loops of one iteration depend on nothing
    return name != "reduction" or alone.get(loops, factor) == factor


CHOICES = [(t, n, how) for t in T for n in FACTORS for how in LOOPS]


def some(name: str) -> list[Choice]:
    """Return every tail and factor with one sort of loop; over all kinds each sort comes up."""
    shift = list(KINDS).index(name)
    sorts = list(LOOPS)
    pairs = [(t, n) for t in T for n in FACTORS]
    return [(t, n, sorts[(i + i // len(FACTORS) + shift) % 4]) for i, (t, n) in enumerate(pairs)]


def expected(name: str, n: int) -> np.ndarray[Any, Any]:
    def at(dx: int) -> np.ndarray[Any, Any]:
        first = MIN + 30 + dx
        return data[first : first + n + 1]

    if name.startswith("pure"):
        g = at(-1) + at(1) * 3
    elif name == "update beside a reduction" or name == "reduction":
        g = at(0)
        for i in range(-1, 6):
            g = g * 3 + at(i)
    else:
        g = at(0) * 2 + at(1)
    return g[:-1] + g[1:] * 5


def check(name: str, choices: list[Choice]) -> None:
    """Compare what `choices`, those that are legal, and no schedule compute with numpy."""
    kind = KINDS[name]
    legal = [c for c in choices if is_legal(name, kind, c)]
    size = (1, 3) if "fused" in name else (1,)
    cases = {str(c): case(f"k{i}", scheduled(kind, c), size) for i, c in enumerate(legal)}
    cases["no schedule"] = case("plain", unscheduled(kind), size)
    library = build(cases)
    for n in SIZES:
        wanted = expected(name, n)
        for choice, c in cases.items():
            out = hl.Buffer(c.type, [n, *size[1:]])
            out.set_min([MIN] * len(size))
            run_into(out, c, library)
            got = np.array(out)
            np.testing.assert_array_equal(got, np.broadcast_to(wanted, got.shape), f"{choice} {n}")


def unscheduled(kind: Kind) -> hl.Func:
    g, f = kind.algorithm()
    g.compute_root()
    return f


@pytest.mark.parametrize("name", KINDS)
def test_a_legal_tail_gives_the_bits_of_no_schedule(name: str) -> None:
    check(name, some(name))


@pytest.mark.long
@pytest.mark.parametrize("name", KINDS)
def test_every_legal_tail_gives_the_bits_of_no_schedule(name: str) -> None:
    check(name, CHOICES)


@pytest.mark.parametrize("name", KINDS)
def test_every_other_tail_is_refused_with_what_is_legal(name: str) -> None:
    kind = KINDS[name]
    for choice in CHOICES:
        if not is_legal(name, kind, choice):
            with pytest.raises(hl.ScheduleError, match=r"\n.*(legal|at the same time)"):
                scheduled(kind, choice)
