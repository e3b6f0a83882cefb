"""Lesson 6: places of Buffers, and other views of their memory.

A Func has cells at every integer coordinate; a Buffer holds those of one box, and the box may begin
anywhere. This lesson moves, cuts and turns Buffers, none of which copies a cell. Everything here
has Halide's names: the lesson runs there with only its import changed.
"""

import numpy as np

import halo as hl

x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")
ramp = hl.Func("ramp")
ramp[x, y] = x + 100 * y

# `realize([w, h])` computes the box that begins at (0, 0). For another one, make the Buffer
# first, say where it lies, and have it filled.
window = hl.Buffer(hl.Int(32), [5, 3])
window.set_min([-2, 10])
ramp.realize(window)
assert (window.left(), window.right(), window.top(), window.bottom()) == (-2, 2, 10, 12)
assert window[-2, 10] == 998 and window[2, 12] == 1202

# The array behind it knows nothing of places: its axes begin at 0, as always in numpy.
assert np.asarray(window)[0, 0] == 998

# A dimension is told by three numbers: its first coordinate, how many there are, and how many
# elements apart neighbours lie in memory.
assert [(window.dim(i).min(), window.dim(i).extent(), window.dim(i).stride()) for i in (0, 1)] == [
    (-2, 5, 1),
    (10, 3, 5),
]

# Inputs have places, too. Here the cells of an image are asked for under the coordinates of a
# camera that looked at a part of a large scene.
seen = hl.Buffer(np.arange(12, dtype=np.int32).reshape(3, 4))
seen.set_min([640, 480])
twice = hl.Func("twice")
twice[x, y] = 2 * seen[x, y]
part = hl.Buffer(hl.Int(32), [2, 2])
part.set_min([641, 481])
twice.realize(part)
assert np.array_equal(part, [[10, 12], [18, 20]])
try:
    twice.realize([4, 3])  # the cells (0 ... 3, 0 ... 2), of which seen has none
except hl.HalideError as error:
    print(error)
else:
    raise AssertionError("those cells are not in the Buffer")

# A big result can be computed piece by piece: `cropped` gives a Buffer on a part of the memory,
# which keeps its coordinates. So each piece lands where it belongs.
whole = hl.Buffer(hl.Int(32), [64, 48])
for top in range(0, 48, 16):
    for left in range(0, 64, 32):
        ramp.realize(whole.cropped([(left, 32), (top, 16)]))
assert np.array_equal(whole, np.arange(64) + 100 * np.arange(48)[:, None])

# `translated` moves the grid under the memory, `sliced` takes one coordinate of a dimension and
# drops it, `embedded` gives one back, `transposed` names the dimensions in another order.
moved = whole.translated([10, 0])
assert moved[10, 0] == whole[0, 0] and moved.left() == 10
row = whole.sliced(1, 7)
assert row.dimensions() == 1 and row[3] == 703
page = row.embedded(1, 7)
assert page.dimensions() == 2 and page[3, 7] == 703
turned = whole.transposed(0, 1)
assert turned[7, 3] == whole[3, 7] and (turned.width(), turned.height()) == (48, 64)

# They are all one memory: what is written through one is seen through the others.
row[3] = -1
assert whole[3, 7] == moved[13, 7] == turned[7, 3] == -1
row[3] = 703

# A Func fills a view as it fills any Buffer: here a column of a matrix, whose cells lie 64
# elements apart. `realize` sees that by itself; Halide, and code that is compiled before there are
# Buffers (lesson 10), want to be told, because neighbours in x usually lie side by side.
line = hl.Func("line")
line[x] = -x
line.output_buffer().dim(0).set_stride(64)
line.realize(whole.sliced(0, 5))
assert np.array_equal(np.asarray(whole)[:, 5], -np.arange(48))

# How pixels with colours lie in memory is a matter of strides. Planes, one after the other:
planar = hl.Buffer(hl.UInt(8), [4, 3, 3])
assert [planar.dim(i).stride() for i in range(3)] == [1, 4, 12]
# or the colours of a pixel side by side, as most files have them:
mixed = hl.Buffer.make_interleaved(hl.UInt(8), 4, 3, 3)
assert [mixed.dim(i).stride() for i in range(3)] == [3, 12, 1]

# The algorithm does not mind which.
colours = hl.Func("colours")
colours[x, y, c] = hl.u8(10 * x + y + 100 * c)
colours.realize(planar)
striped = hl.Func("striped")
striped[x, y, c] = hl.u8(10 * x + y + 100 * c)
striped.output_buffer().dim(0).set_stride(3)
striped.output_buffer().dim(2).set_stride(1)
striped.realize(mixed)
for place in [(0, 0, 0), (3, 2, 1), (1, 2, 2)]:
    assert planar[place] == mixed[place]

# `copy_from` copies the cells that both have, by coordinates, whatever the memory looks like.
target = hl.Buffer(hl.UInt(8), [2, 2, 3])
target.set_min([1, 1, 0])
target.copy_from(planar)
assert target[2, 2, 2] == planar[2, 2, 2]
target.fill(7)
assert target.all_equal(7) and planar[2, 2, 2] != 7  # this one is a copy

# How large must an input be? Ask the pipeline, by the output you want.
source = hl.ImageParam(hl.Int(32), 2, "source")
wide = hl.Func("wide")
wide[x, y] = source[x - 2, y] + source[x + 2, y + 1]
wide.infer_input_bounds([100, 50])
needed = source.get()
assert (needed.left(), needed.right(), needed.top(), needed.bottom()) == (-2, 101, 0, 50)
