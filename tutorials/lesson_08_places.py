"""Lesson 8: scheduling a pipeline of many stages.

Lesson 3 scheduled a producer and its consumer. Here is what larger pipelines need: several
consumers of one Func, stages that share loops, inputs that are staged, and places that are decided
later. `explain` says at any time what the schedule makes of each Func.
"""

import numpy as np
from pictures import picture_of_cells

import halo as hl

x, y = hl.vars("x y")
xo, yo, xi, yi = hl.vars("xo yo xi yi")
photo = np.random.default_rng(8).integers(0, 256, (50, 68), dtype=np.uint8)
source = hl.Buffer(photo, "photo")


def order_of(schedule):
    """Return when each cell of a Func of 16 by 8 is computed, under a schedule of it alone."""
    f, cells = hl.Func("f"), []
    f[x, y] = x + y
    schedule(f)
    f.trace_stores()
    f.jit_handlers().custom_trace = lambda e: cells.append(e.coordinates)
    f.realize([16, 8])
    when = np.zeros((8, 16), int)
    for step, (column, row) in enumerate(cells):
        when[row, column] = step
    return when


# The loops of one Func decide the order of its cells. A picture says it best; numbers do, too.
orders = {
    "as it is": order_of(lambda f: f),
    "reorder(y, x)": order_of(lambda f: f.reorder(y, x)),
    "tile(..., 4, 4)": order_of(lambda f: f.tile(x, y, xo, yo, xi, yi, 4, 4)),
    "split(y, ..., 2), reorder": order_of(lambda f: f.split(y, yo, yi, 2).reorder(yi, x, yo)),
}
assert orders["as it is"][1, 0] == 16 and orders["reorder(y, x)"][1, 0] == 1
assert orders["tile(..., 4, 4)"][:4, :4].max() == 15
picture_of_cells("lesson_08_places", orders, "step of the program")


def sharpen():
    """Return the stages of a filter: the source, its rows and columns smoothed, and the result."""
    wide, rows, blurred, sharp = hl.funcs("wide rows blurred sharp")
    wide[x, y] = hl.i16(source[x, y])
    rows[x, y] = wide[x, y] + 2 * wide[x + 1, y] + wide[x + 2, y]
    blurred[x, y] = (rows[x, y] + 2 * rows[x, y + 1] + rows[x, y + 2]) // 16
    sharp[x, y] = hl.u8_sat(2 * wide[x + 1, y + 1] - blurred[x, y])
    return wide, rows, blurred, sharp


expected = np.asarray(sharpen()[-1].realize([66, 48]))

# Each stage gets a place inside a stage that uses it, directly or not. Here the result is cut into
# strips of 8 rows, which threads share; within a strip `rows` slides, and `blurred` is a row.
wide, rows, blurred, sharp = sharpen()
sharp.split(y, yo, yi, 8).parallel(yo).vectorize(x, 16)
blurred.compute_at(sharp, yi).vectorize(x, 8)
rows.store_at(sharp, yo).compute_at(sharp, yi).vectorize(x, 8)
assert np.array_equal(sharp.realize([66, 48]), expected)
print(sharp.explain())
assert "computed in each iteration of sharp$1.s0.yi" in str(sharp.explain())

# A place must have all users of the Func inside. Two stages use `wide`, so a loop of one of them
# is refused, with the places that are legal.
try:
    wide.compute_at(blurred, y)
    sharp.realize([66, 48])
except hl.ScheduleError as error:
    print(error)
    assert "legal:" in str(error)
else:
    raise AssertionError("sharp uses wide as well, outside of blurred")

# `clone_in` gives one consumer a Func of its own, with its own place. Computing `wide` twice is
# cheap; keeping it for both would be dear.
wide, rows, blurred, sharp = sharpen()
blurred.compute_root()
wide.clone_in(rows).compute_at(blurred, y).vectorize(x, 8)
wide.compute_at(sharp, y)
assert np.array_equal(sharp.realize([66, 48]), expected)

# `in_` puts a copy between a Func, or an input, and a consumer, to be placed and laid out. This
# transposition reads columns. Staged through a tile, both sides are read and written along rows.
camera = hl.ImageParam(hl.UInt(8), 2, "camera")
turned = hl.Func("turned")
turned[x, y] = camera[y, x]
turned.tile(x, y, xo, yo, xi, yi, 16, 16).vectorize(xi, 16)
staged = camera.in_(turned)
staged.compute_at(turned, xo).vectorize(staged.args()[0], 16)
camera.set(source)
assert np.array_equal(turned.realize([50, 68]), photo.T)

# Two results of one input: `compute_with` runs their loops together, so that a row of the input is
# still in the cache when the second reads it. Both are outputs of one Pipeline.
dark, light = hl.funcs("dark light")
dark[x, y] = source[x, y] // 2
light[x, y] = 128 + source[x, y] // 2
light.compute_with(dark, y)
both = hl.Pipeline([dark, light])
both.print_loop_nest()
# prints
#   produce dark:
#     produce light:
#       for dark.s0.y.shared:
#         for dark.s0.x:
#           dark(...) = ...
#         for light.s0.x:
#           light(...) = ...
a, b = both.realize([68, 50])
assert np.array_equal(a, photo // 2) and np.array_equal(b, 128 + photo // 2)

# A stage that others write may leave its place open: a LoopLevel is a place that is set later.
place = hl.LoopLevel()
wide, rows, blurred, sharp = sharpen()
rows.compute_at(place)
blurred.compute_root()
place.set(hl.LoopLevel(blurred, y))
assert np.array_equal(sharp.realize([66, 48]), expected)

# Memory has its own directives. `hoist_storage` takes it once for many uses, `fold_storage` keeps
# a window of coordinates, `store_in` says what kind of memory, `align_storage` pads rows.
wide, rows, blurred, sharp = sharpen()
sharp.split(y, yo, yi, 8)
blurred.compute_at(sharp, yi).hoist_storage_root().store_in(hl.MemoryType.Heap)
rows.store_at(sharp, yo).compute_at(sharp, yi).fold_storage(y, 4).align_storage(x, 16)
assert np.array_equal(sharp.realize([66, 48]), expected)
for story in sharp.explain().stories:
    print(story.function.name, *story.storage, sep="\n  ")

# `async_` computes a Func on a thread of its own, ahead of who uses it. How far ahead is up to its
# memory: with `ring_buffer(3)` there are three windows, of which one is read, while the others are
# filled. With one thread, or where nothing can run beside it, it is computed where it stands; the
# cells are the same.
wide, rows, blurred, sharp = sharpen()
sharp.split(y, yo, yi, 8)
blurred.compute_at(sharp, yo).hoist_storage_root().ring_buffer(3).async_()
assert np.array_equal(sharp.realize([66, 48]), expected)
sharp.print_loop_nest()

# What was asked and has no effect says so. Nothing is dropped in silence.
wide.vectorize(x, 8)  # but `wide` is inlined
receipts = [r for r in sharp.receipts() if r.status.value == "without effect"]
assert receipts and all("inlined" in r.reason for r in receipts)
