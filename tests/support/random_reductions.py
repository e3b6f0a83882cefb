"""Random integer reductions under random schedules, with `atomic` and `rfactor` among them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import numpy as np
from reductions import OPERATIONS, source

import halo as hl

TYPES = (hl.Int(16), hl.UInt(8), hl.Int(32))
KINDS = ("one dimension", "two dimensions", "places by data", "several values")
DIRECTIVES = ("split", "fuse", "reorder", "lanes", "unroll", "parallel", "rfactor", "rfactor")


@dataclass(frozen=True)
class Reduction:
    """What to compute; `func` makes it anew each time."""

    op: str
    type: hl.Type
    kind: str
    extents: tuple[int, int]
    where: bool

    def func(self) -> hl.Func:
        x, y, inp = hl.Var("x"), hl.Var("y"), source(self.type)
        r = hl.RDom([(-2, self.extents[0]), (3, self.extents[1])], name="r")
        if self.where:
            r.where((r.x + 2 * r.y) % 3 != 0)
        op, new, f = OPERATIONS[self.op], inp[x + r.x, r.y], hl.Func("f")
        if self.kind == "one dimension":
            f[x] = inp[x, 2]
            f[x] = op(f[x], new)
        elif self.kind == "two dimensions":
            f[x, y] = inp[x, 2] + hl.cast(self.type, y)
            f[x, y] = op(f[x, y], new * hl.cast(self.type, y + 1))
        elif self.kind == "places by data":
            f[x] = inp[x, 2]
            place = hl.i32(inp[r.x, r.y]) % 5
            f[place] = op(f[place], inp[r.x, r.y])
        else:
            f[x] = hl.Tuple(inp[x, 2], hl.i32(7))
            f[x] = hl.Tuple(op(f[x][0], new), f[x][1] + r.x * x)
        return f


@dataclass
class RandomSchedule:
    """Gives directives to `func` and to what `rfactor` makes of it; refused ones leave no trace."""

    func: hl.Func
    rng: random.Random
    reduced: list[hl.Func] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    _count: int = 0

    def give(self, count: int) -> None:
        """Try `count` directives."""
        self.reduced.append(self.func)
        if self.rng.random() < 0.8:
            self.func.update().atomic()
        for _ in range(count):
            f, what = self.rng.choice(self.reduced), self.rng.choice(DIRECTIVES)
            self._count += 1
            try:
                self._one(f, what)
            except hl.ScheduleError:
                continue
            self.story.append(f"{f.name()}: {what}")

    def _one(self, f: hl.Func, what: str) -> None:
        stage, loops, n, rng = f.update(), self._loops(f), self._count, self.rng
        if not loops:
            return
        name = rng.choice(loops)
        if what == "split":
            stage.split(name, f"a{n}", f"b{n}", rng.randint(1, 5))
        elif what == "fuse" and len(loops) > 1:
            at = rng.randrange(len(loops) - 1)
            stage.fuse(loops[at], loops[at + 1], f"t{n}")
        elif what == "reorder":
            stage.reorder(*rng.sample(loops, len(loops)))
        elif what == "lanes":
            stage.vectorize(name, rng.choice([None, 2, 3, 8]))
        elif what == "unroll":
            stage.unroll(name, rng.choice([2, 3]))
        elif what == "parallel":
            stage.parallel(name)
        elif what == "rfactor":
            self._factor(f, rng.sample(loops, min(len(loops), rng.choice([1, 1, 2]))))

    def _factor(self, f: hl.Func, loops: list[str]) -> None:
        pairs = [(name, f"u{self._count}_{i}") for i, name in enumerate(loops)]
        made = f.update().rfactor(pairs)
        if self.rng.random() < 0.7:
            made.compute_root()
        self.reduced.append(made)

    def _loops(self, f: hl.Func) -> list[str]:
        return [d.name for d in reversed(f.schedule_log.state.stages[1].dims)]


def check(seed: int) -> None:
    """Compare one random reduction under a random schedule with the default schedule."""
    rng = random.Random(seed)
    reduction = Reduction(
        rng.choice(["add", "sub", "mul", "min", "max", "xor"]),
        rng.choice(TYPES),
        rng.choice(KINDS),
        (rng.randint(1, 9), rng.randint(1, 6)),
        rng.random() < 0.3,
    )
    schedule = RandomSchedule(reduction.func(), rng)
    schedule.give(rng.randint(1, 7))
    size = 5 if reduction.kind == "places by data" else rng.choice([1, 5, 9])
    sizes = [size, 3] if reduction.kind == "two dimensions" else [size]
    got, want = schedule.func.realize(sizes), reduction.func().realize(sizes)
    several = isinstance(want, tuple)
    for a, b in zip(got if several else [got], want if several else [want], strict=True):
        message = f"seed {seed}: {reduction}\n{schedule.func.schedule()}"
        np.testing.assert_array_equal(np.array(a), np.array(b), err_msg=message)
