"""Lesson 12: what happens at the end of a loop, loops for special cases, and promises.

Vectors have 8 cells and images have 1001. This lesson is about what a split does with the rest, and
about what you can tell halo so that there is none: sizes that are known, or usually so. What you
tell is checked at each call, so a promise that is not kept is an error and never a wrong result.
"""

from collections import Counter

import numpy as np
from pictures import picture_of_cells

import halo as hl

x, y = hl.vars("x y")
Tail = hl.TailStrategy
STRATEGIES = [
    Tail.GuardWithIf,
    Tail.ShiftInwards,
    Tail.RoundUp,
    Tail.PredicateLoads,
    Tail.PredicateStores,
]


def touched(tail):
    """Return how often each of 12 cells is read and stored when 11 are needed, in vectors of 4."""
    given, made, used = hl.funcs("given made used")
    given[x] = x * x
    made[x] = given[x] + 1
    used[x] = made[x]
    given.compute_root().trace_loads()
    made.compute_root().vectorize(x, 4, tail).trace_stores()
    counts = Counter()
    used.jit_handlers().custom_trace = lambda e: counts.update([(e.event, *e.coordinates)])
    assert np.array_equal(used.realize([11]), np.arange(11) ** 2 + 1)  # the same for each tail
    codes = hl.TraceEventCode.load, hl.TraceEventCode.store
    return [[counts[code, i] for i in range(12)] for code in codes]


# GuardWithIf asks what is still inside; where the loop can be cut, only its last step does.
# ShiftInwards moves the last step back, so that some cells are computed twice: no question at all,
# but only for definitions that may run twice. RoundUp just goes on: there has to be room, and halo
# makes it where it can. The two Predicates here guard one side only.
found = {tail: touched(tail) for tail in STRATEGIES}
once, beyond = [1] * 11 + [0], [1] * 12
assert found[Tail.GuardWithIf] == [once, once]
assert found[Tail.ShiftInwards] == [[1] * 7 + [2, 1, 1, 1, 0]] * 2
assert found[Tail.RoundUp] == [beyond, beyond]
assert found[Tail.PredicateLoads] == [once, beyond]
assert found[Tail.PredicateStores] == [beyond, once]
picture_of_cells(
    "lesson_12_promises",
    {title: [found[t][i] for t in STRATEGIES] for i, title in enumerate(["reads", "stores"])},
    ("not touched", "once", "twice"),
    ("cell", ""),
    [tail.name for tail in STRATEGIES],
)

# Without a strategy halo takes ShiftInwards for pure definitions and GuardWithIf for updates. One
# that would change the result is refused, with those that would not.
r = hl.RDom([(0, 11)], "r")
total = hl.Func("total")
total[x] = 0
total[x] += r.x
try:
    total.update(0).unroll(r.x, 4, Tail.RoundUp)
except hl.ScheduleError as error:
    print(error)
    assert "legal here" in str(error)
else:
    raise AssertionError("this would add numbers beyond the domain")

# If you know the size, say so: then there is no rest to care about. `bound` is a promise about
# what is asked for of a Func, set_bounds one about a buffer that comes in or goes out.
photo = np.random.default_rng(12).integers(0, 256, (20, 32), dtype=np.uint8)
source = hl.ImageParam(hl.UInt(8), 2, "source")
source.dim(0).set_bounds(0, 32)
twice = hl.Func("twice")
twice[x, y] = hl.u16(source[x, y]) * 2
twice.bound(x, 0, 32).vectorize(x, 16)
source.set(photo)
assert np.array_equal(twice.realize([32, 20]), photo.astype(np.uint16) * 2)
source.set(photo[:, :30])
try:
    twice.realize([32, 20])
except hl.HaloError as error:
    print(error)
    assert "32" in str(error)
else:
    raise AssertionError("this source is too narrow")

# A promise may be an expression. Here the width is a multiple of 16, whatever it is; and rows lie
# as far apart as they are wide.
even = hl.ImageParam(hl.UInt(8), 2, "even")
width = even.dim(0).extent()
even.dim(0).set_extent(width // 16 * 16)
even.dim(1).set_stride(width)
copied = hl.Func("copied")
copied[x, y] = even[x, y]
copied.align_bounds(x, 16).vectorize(x, 16)
even.set(photo)
assert np.array_equal(copied.realize([32, 20]), photo)

# `specialize` gives a case its own loops, chosen when the code runs. Nothing is promised: other
# cases have loops as well. The condition may be about Params and sizes.
step = hl.Param(hl.Int(32), "step", 1)
table = hl.ImageParam(hl.UInt(8), 1, "table")
picked = hl.Func("picked")
picked[x] = table[x * step] + 1
picked.specialize(step == 1).vectorize(x, 16)  # neighbours: whole vectors are loaded
table.set(photo.ravel())
for value in (1, 3):
    step.set(value)
    assert np.array_equal(picked.realize([200]), photo.ravel()[: 200 * value : value] + 1)
print(picked.explain())

# Cases that should not occur can be refused, so that no code is made for them.
halved = hl.Func("halved")
halved[x] = table[x] // 2
size = table.dim(0).extent()
halved.specialize(size == 640).unroll(x, 8)
halved.specialize(size > 1000).vectorize(x, 16)
halved.specialize_fail("tables have 640 cells, or many")
assert np.array_equal(halved.realize([640]), photo.ravel() // 2)
table.set(photo.ravel()[:99])
try:
    halved.realize([99])
except hl.HaloError as error:
    print(error)
    assert "tables have 640 cells" in str(error)
else:
    raise AssertionError("a table of 99 cells has no loops")
