"""Lesson 7: pipelines of several stages: which cells are computed, when, and how often.

A consumer asks its producer for cells. This lesson looks at what halo makes of that: the region of
each stage, the time at which each row is computed, windows that slide, and storage that is used in
turn. With matplotlib it draws what it found.
"""

from collections import Counter

import numpy as np
from pictures import picture_of_cells

import halo as hl

x, y = hl.vars("x y")
HEIGHT, WIDTH = 8, 6
source = hl.Buffer(np.random.default_rng(7).integers(0, 256, (HEIGHT + 2, WIDTH), dtype=np.uint8))


def pipeline():
    """Return a producer, and a consumer that reads three of its rows."""
    rows, mean = hl.funcs("rows mean")
    rows[x, y] = hl.u16(source[x, y]) * 2
    mean[x, y] = (rows[x, y] + rows[x, y + 1] + rows[x, y + 2]) // 3
    return rows, mean


def watch(rows, mean):
    """Realize `mean`; return its cells, and what was stored in which order: (Func, x, y)."""
    stores = []
    for f in (rows, mean):
        f.trace_stores()
    mean.jit_handlers().custom_trace = lambda e: stores.append((e.func, *e.coordinates))
    return np.asarray(mean.realize([WIDTH, HEIGHT])), stores


def rows_in_time(stores, rows):
    """Return which Func works on which row at each step: 0 for `rows`, 1 for the other, else -1."""
    steps = [(func, row) for func, column, row in stores if column == 0]
    table = np.full((HEIGHT + 2, len(steps)), -1)
    for step, (func, row) in enumerate(steps):
        table[row, step] = 0 if func == rows.name() else 1
    return table


# Without a schedule, `rows` is substituted into `mean`. It has no cells of its own, so nothing is
# stored but the result, and its formula is evaluated three times for each cell of that.
rows, mean = pipeline()
expected, stores = watch(rows, mean)
assert len(stores) == WIDTH * HEIGHT
assert hl.why(rows, (3, 4), of=mean, sizes=[WIDTH, HEIGHT]).times == 3
pictures = {"inlined": rows_in_time(stores, rows)}

# compute_root: all of it first. How much is "all"? Nobody said; halo derives it: for the 8 rows of
# `mean` the 10 rows from 0 to 9.
rows, mean = pipeline()
rows.compute_root()
found, stores = watch(rows, mean)
assert np.array_equal(found, expected)
assert {row for func, _, row in stores if func == rows.name()} == set(range(HEIGHT + 2))
assert all(n == 1 for n in Counter(stores).values())
pictures["compute_root"] = rows_in_time(stores, rows)

# compute_at: the three rows that a row of `mean` needs, just before it. Little is stored at a time,
# but what two rows of `mean` both need is computed twice, in the middle three times.
rows, mean = pipeline()
rows.compute_at(mean, y)
found, stores = watch(rows, mean)
assert np.array_equal(found, expected)
assert Counter(stores)[(rows.name(), 0, 4)] == 3 and Counter(stores)[(rows.name(), 0, 0)] == 1
pictures["compute_at"] = rows_in_time(stores, rows)

# Storage further out than computation: the window of three rows slides. What is already there is
# not computed again, so each step computes one new row, but the first, which needs all three.
rows, mean = pipeline()
rows.store_root().compute_at(mean, y)
found, stores = watch(rows, mean)
assert np.array_equal(found, expected)
assert all(n == 1 for n in Counter(stores).values())
order = [(func == rows.name(), row) for func, column, row in stores if column == 0]
assert order[:6] == [(True, 0), (True, 1), (True, 2), (False, 0), (True, 3), (False, 1)]
pictures["store_root, compute_at"] = rows_in_time(stores, rows)

picture_of_cells("lesson_07_windows", pictures, ("rows", "mean"), ("step of the program", "row"))

# `explain` says the same in words. Of 10 rows no more than three are needed at once, so that is how
# many are kept: 4 here, because the place in a power of two is found without dividing.
print(mean.explain())
assert "4 in turn of" in str(mean.explain())

# `why` asks about a single cell: through which definitions is it needed, and how often does this
# schedule compute it? The answer has the line of each definition.
answer = hl.why(rows, (3, 4), of=mean, sizes=[WIDTH, HEIGHT])
print(answer)
assert answer.times == 1 and "lesson_07_windows.py" in str(answer)

# It may be asked of an input, too, and costs the same for any size.
big = hl.ImageParam(hl.UInt(8), 2, "big")
near, far = hl.funcs("near far")
near[x, y] = big[x, y] // 2
far[x, y] = near[x - 1, y] + near[x + 1, y]
near.store_root().compute_at(far, x)
print(hl.why(big, (500_000, 7), of=far, sizes=[1_000_000, 1_000_000]))

# Regions follow the algorithm wherever it leads: here a Func at half the size, and one whose
# coordinate is data. A byte is known to lie in 0 ... 255, so 256 cells of `curve` are enough.
half, curve, out = hl.funcs("half curve out")
half[x, y] = hl.u8((hl.u16(source[2 * x, y]) + source[2 * x + 1, y]) // 2)
curve[x] = hl.u8(255 - x)
out[x, y] = curve[half[x, y]]
half.compute_root()
curve.compute_root()
stored = Counter()
for f in (half, curve):
    f.trace_stores()
out.jit_handlers().custom_trace = lambda e: stored.update([e.func])
out.realize([3, 5])
assert stored == {half.name(): 3 * 5, curve.name(): 256}
