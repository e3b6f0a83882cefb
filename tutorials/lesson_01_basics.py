"""Lesson 1: Func, Var, realize.

An array program in halo has two halves. The *algorithm* says what each cell of each array is; the
*schedule* says when and where cells are computed. This lesson writes algorithms only: without a
schedule halo picks plain loops, and the result is the same for every schedule anyway.

Run it with ``python tutorials/lesson_01_basics.py``. The assertions say what you would see.
"""

import numpy as np

import halo as hl

# A Func is an array that has a value at *every* integer coordinate. A Var names a coordinate; it
# has no value of its own.
x, y = hl.Var("x"), hl.Var("y")
gradient = hl.Func("gradient")

# This is the whole definition: the cell at (x, y) is x + 10 * y.
gradient[x, y] = x + 10 * y

# Nothing was computed so far. `realize` names a box, here 8 cells in x and 4 in y from (0, 0) on;
# halo writes C for that box, has it compiled, runs it, and returns the cells in a Buffer.
image = gradient.realize([8, 4])
assert image.width() == 8 and image.height() == 4
assert image[3, 2] == 23

# A Buffer is memory that numpy can look at without copying. Mind the order of the axes: x comes
# first in halo, but it is the last axis in numpy, the one whose cells are neighbours in memory.
array = np.asarray(image)
assert array.shape == (4, 8)
assert array[2, 3] == 23
assert np.array_equal(array, np.arange(8) + 10 * np.arange(4)[:, None])

# Coordinates are int32, so this Func is, too. `cast` (or hl.u8, hl.f32, ...) changes the type;
# integers wrap around when they do not fit, as unsigned bytes do in C.
assert gradient.type() == hl.Int(32)
bytes_ = hl.Func("bytes_")
bytes_[x, y] = hl.u8(gradient[x, y] * 10)
assert bytes_.realize([8, 4])[7, 3] == 370 % 256

# Python's operators build expressions; so do select, min, max, clamp, abs and the functions of
# mathematics. They cannot stand in an `if`: the choice is made for each cell, by `select`.
pattern = hl.Func("pattern")
pattern[x, y] = hl.select(
    (x + y) % 2 == 0, hl.sqrt(hl.f32(x)), x < y, -1.0, hl.clamp(hl.f32(x - y), 0.0, 2.0)
)
cells = np.asarray(pattern.realize([6, 6]))
assert cells[0, 4] == 2.0  # x + y is even: the square root of x
assert cells[5, 0] == -1.0  # x < y
assert cells[0, 5] == 2.0  # 5 - 0, clamped
try:
    if x < y:
        pass
except hl.HaloError as error:
    assert "halo.select" in str(error)
else:
    raise AssertionError("an expression has no truth before it runs")

# Integer division rounds so that the remainder is never negative. That is what one wants of
# coordinates: x // 8 is the same tile for x = -8 ... -1, and x % 8 the place in it.
tiles = hl.Func("tiles")
tiles[x] = ((x - 8) // 8, (x - 8) % 8)  # a cell may hold several values
tile, place = tiles.realize([16])
assert np.array_equal(tile, np.repeat([-1, 0], 8))
assert np.array_equal(place, np.tile(np.arange(8), 2))

# Input comes from Buffers over any array, and from Params, whose value may change from one run to
# the next without compiling again.
photo = np.random.default_rng(1).integers(0, 200, (4, 8), dtype=np.uint8)
source = hl.Buffer(photo)
offset = hl.Param(hl.UInt(8), "offset")
brighter = hl.Func("brighter")
brighter[x, y] = source[x, y] + offset
for value in (10, 50):
    offset.set(value)
    assert np.array_equal(brighter.realize([8, 4]), photo + np.uint8(value))

# To fill memory of your own, give `realize` a Buffer. Nothing is copied.
mine = np.zeros((4, 8), np.uint8)
brighter.realize(hl.Buffer(mine))
assert np.array_equal(mine, photo + 50)
