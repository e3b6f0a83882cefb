"""Lesson 3: scheduling.

The schedule decides in which order cells are computed, where intermediate cells are kept, and what
runs in vectors and threads. It never changes a bit of the result, so one may try things out; what
cannot be done is refused with a reason.
"""

import numpy as np

import halo as hl

x, y = hl.vars("x y")
photo = np.random.default_rng(3).integers(0, 256, (66, 130), dtype=np.uint8)
source = hl.Buffer(photo)


def blur():
    """Return the two stages of a 3 x 3 blur, not scheduled."""
    blur_x, blur_y = hl.funcs("blur_x blur_y")
    blur_x[x, y] = (hl.u16(source[x, y]) + hl.u16(source[x + 1, y]) + hl.u16(source[x + 2, y])) // 3
    blur_y[x, y] = hl.u8((blur_x[x, y] + blur_x[x, y + 1] + blur_x[x, y + 2]) // 3)
    return blur_x, blur_y


# The default schedule puts everything into one loop nest: a Func is substituted where it is used.
# No memory for blur_x, but each of its cells is computed three times over.
blur_x, blur_y = blur()
expected = np.asarray(blur_y.realize([128, 64]))
blur_y.print_loop_nest()
# prints
#   produce blur_y:
#     for y:
#       for x:
#         blur_y(...) = ...

# The opposite: all of blur_x first, kept in memory. Nothing is computed twice, but the whole of
# blur_x goes out to memory and comes back.
blur_x, blur_y = blur()
blur_x.compute_root()
assert np.array_equal(blur_y.realize([128, 64]), expected)

# In between: for each row of blur_y compute the rows of blur_x that it needs. And since two of
# these three rows were computed for the row before, keep them: storage outside the loop over y,
# computation inside. halo sees that only one new row is needed each time, and that a buffer of a
# few rows is enough.
blur_x, blur_y = blur()
blur_x.store_root().compute_at(blur_y, y)
assert np.array_equal(blur_y.realize([128, 64]), expected)

# Loops can be taken apart. `split` makes two of one: x == xo * 16 + xi, with xi from 0 to 15.
# When 16 does not divide the extent, a tail strategy says what happens at the end; the automatic
# one is right. Then `reorder` names the loops from the innermost outwards.
xo, yo, xi, yi = hl.vars("xo yo xi yi")
blur_x, blur_y = blur()
blur_y.split(x, xo, xi, 16).split(y, yo, yi, 8).reorder(xi, yi, xo, yo)
assert np.array_equal(blur_y.realize([128, 64]), expected)
assert np.array_equal(blur_y.realize([100, 50]), expected[:50, :100])

# That is what `tile` does in one word. Of a tile's loops, the innermost becomes vector lanes, and
# the outermost is shared among threads.
blur_x, blur_y = blur()
blur_y.tile(x, y, xo, yo, xi, yi, 64, 16).vectorize(xi, 16).parallel(yo)
assert np.array_equal(blur_y.realize([128, 64]), expected)

# The schedule to take: tiles in parallel, and in each tile the part of blur_x that it needs,
# which stays in the cache. All in vectors.
blur_x, blur_y = blur()
blur_y.tile(x, y, xo, yo, xi, yi, 64, 16).vectorize(xi, 16).parallel(yo)
blur_x.compute_at(blur_y, xo).vectorize(x, 16)
assert np.array_equal(blur_y.realize([128, 64]), expected)
blur_y.print_loop_nest()
# prints
#   produce blur_y:
#     parallel y.yo:
#       for x.xo:
#         produce blur_x:
#           for y:
#             for x.x:
#               vectorized x.x.v in [0, 15]:
#                 blur_x(...) = ...
#         consume blur_x:
#           for y.yi in [0, 15]:
#             for x.xi.xi in [0, 3]:
#               vectorized x.xi.xi.v in [0, 15]:
#                 blur_y(...) = ...

# What has no meaning is refused, with the line it stands in and what would be legal instead.
z = hl.Var("z")
try:
    blur_y.vectorize(z, 8)
except hl.ScheduleError as error:
    print(error)
    assert "lesson_03_scheduling.py" in str(error) and "z" in str(error)
else:
    raise AssertionError("blur_y has no loop z")

# A schedule is data: it can be printed, kept as JSON, compared, and replayed.
schedule = blur_y.schedule_log.schedule()
print(schedule)
