"""Lesson 2: stencils, boundary conditions, images.

A stencil computes a cell from its neighbours. At the edge of an image some of them do not exist;
this lesson shows what halo does about that, and how to write a pipeline of several stages.
"""

import numpy as np

import halo as hl

x, y = hl.vars("x y")
rng = np.random.default_rng(2)
photo = rng.integers(0, 256, (32, 48), dtype=np.uint8)

# An ImageParam stands for an image that is only known when the pipeline runs: its type and the
# number of its dimensions are fixed, its size is not.
source = hl.ImageParam(hl.UInt(8), 2, "source")
source.set(hl.Buffer(photo))

# A blur in two stages, each a mean of three. The sum of three bytes does not fit into a byte, so
# it is computed in 16 bits.
wide, blur_x, blur_y = hl.funcs("wide blur_x blur_y")
wide[x, y] = hl.u16(source[x, y])
blur_x[x, y] = (wide[x - 1, y] + wide[x, y] + wide[x + 1, y]) // 3
blur_y[x, y] = hl.u8((blur_x[x, y - 1] + blur_x[x, y] + blur_x[x, y + 1]) // 3)


def mean_of_three(a, axis):
    """Return the means of neighbours along `axis`, two fewer than there are cells."""
    a = np.moveaxis(a.astype(np.uint16), axis, 0)
    return np.moveaxis((a[:-2] + a[1:-1] + a[2:]) // 3, 0, axis)


expected = mean_of_three(mean_of_three(photo, 1), 0)

# A cell of blur_y needs the source one to each side. So the pipeline has a result for the cells
# 1 ... 46 by 1 ... 30, and for no others: a Buffer placed at (1, 1) asks for exactly those.
inner = hl.Buffer(hl.UInt(8), [46, 30])
inner.set_min([1, 1])
blur_y.realize(inner)
assert np.array_equal(inner, expected)

# Asking for more is an error, and not a read outside the image. halo found out which cells of
# every stage are needed; the check happens once, before anything runs.
try:
    blur_y.realize([48, 32])
except hl.HalideError as error:
    assert "source" in str(error)
else:
    raise AssertionError("this reads outside the source")

# A boundary condition makes a Func that has values everywhere. repeat_edge takes the nearest cell
# inside; there are also constant_exterior, repeat_image, mirror_image and mirror_interior.
safe = hl.BoundaryConditions.repeat_edge(source)
smooth_x, smooth = hl.funcs("smooth_x smooth")
smooth_x[x, y] = (hl.u16(safe[x - 1, y]) + hl.u16(safe[x, y]) + hl.u16(safe[x + 1, y])) // 3
smooth[x, y] = hl.u8((smooth_x[x, y - 1] + smooth_x[x, y] + smooth_x[x, y + 1]) // 3)
padded = np.pad(photo, 1, mode="edge")
assert np.array_equal(smooth.realize([48, 32]), mean_of_three(mean_of_three(padded, 1), 0))

# Another picture, of another size: the same pipeline.
small = photo[:10, :12]
source.set(hl.Buffer(small))
padded = np.pad(small, 1, mode="edge")
assert np.array_equal(smooth.realize([12, 10]), mean_of_three(mean_of_three(padded, 1), 0))
source.set(hl.Buffer(photo))

# Coordinates may depend on data. Here a curve of 256 cells is looked up for every pixel; halo
# knows that a byte lies in 0 ... 255, so it knows how much of the curve to compute.
i = hl.Var("i")
curve, toned = hl.funcs("curve toned")
curve[i] = hl.u8(255.0 * hl.pow(hl.f32(i) / 255.0, 0.5) + 0.5)
curve.compute_root()  # once for all pixels, instead of again for each: see lesson 3
toned[x, y] = curve[source[x, y]]
table = np.floor(255.0 * np.sqrt(np.arange(256) / 255.0) + 0.5).astype(int)
difference = np.asarray(toned.realize([48, 32])).astype(int) - table[photo]
assert np.abs(difference).max() <= 1

# Colour is a third dimension. numpy images usually come as (height, width, colour); with
# reverse_axes=False the Buffer keeps that order of the axes and is indexed [y, x, c].
colour = rng.integers(0, 256, (32, 48, 3), dtype=np.uint8)
c = hl.Var("c")
pixels = hl.Buffer(colour, reverse_axes=False)
wide_pixels, grey = hl.funcs("wide_pixels grey")
wide_pixels[y, x, c] = hl.u32(pixels[y, x, c])
red, green, blue = (wide_pixels[y, x, i] for i in range(3))
grey[x, y] = hl.u8((red * 77 + green * 150 + blue * 29) // 256)
weights = np.array([77, 150, 29], np.uint32)
assert np.array_equal(grey.realize([48, 32]), (colour.astype(np.uint32) @ weights) // 256)
