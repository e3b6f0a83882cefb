"""Lesson 4: reductions.

A pure definition gives every cell at once. An *update definition* then changes cells, in a loop
over a reduction domain: sums, histograms, scans, matrix products.
"""

import numpy as np

import halo as hl

x, y = hl.vars("x y")
rng = np.random.default_rng(4)
photo = rng.integers(0, 256, (40, 60), dtype=np.uint8)
source = hl.Buffer(photo)

# An RDom is a box of coordinates: pairs of a first value and a number of values. r.x and r.y are
# its dimensions; r.x runs fastest.
r = hl.RDom([(0, 60), (0, 40)], "r")

# A histogram: all bins are 0; then for each pixel the bin it names is increased.
i = hl.Var("i")
histogram = hl.Func("histogram")
histogram[i] = 0
histogram[source[r.x, r.y]] += 1
assert np.array_equal(histogram.realize([256]), np.bincount(photo.ravel(), minlength=256))

# The order of an RDom is part of the algorithm, so a cell may be computed from the one before.
s = hl.RDom([(1, 255)], "s")
cumulative = hl.Func("cumulative")
cumulative[i] = histogram[i]
cumulative[s.x] = cumulative[s.x] + cumulative[s.x - 1]
histogram.compute_root()
assert np.array_equal(
    cumulative.realize([256]), np.cumsum(np.bincount(photo.ravel(), minlength=256))
)

# The two together equalise the brightness of the picture.
equalised = hl.Func("equalised")
equalised[x, y] = hl.u8(cumulative[source[x, y]] * 255 // (60 * 40))
cumulative.compute_root()
total = np.cumsum(np.bincount(photo.ravel(), minlength=256))
assert np.array_equal(equalised.realize([60, 40]), total[photo] * 255 // 2400)

# Where a reduction is only part of an expression, it can be written inline.
k = hl.RDom([(-1, 3), (-1, 3)], "k")
safe = hl.BoundaryConditions.constant_exterior(source, 0)
box = hl.Func("box")
box[x, y] = hl.sum(hl.i32(safe[x + k.x, y + k.y]))
padded = np.pad(photo.astype(np.int32), 1)
windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
assert np.array_equal(box.realize([60, 40]), windows.sum((2, 3)))

brightest = hl.Func("brightest")
brightest[x, y] = hl.maximum(safe[x + k.x, y + k.y])
assert np.array_equal(brightest.realize([60, 40]), windows.max((2, 3)))

# A predicate keeps only some points of the domain: here those of a disc.
disc = hl.RDom([(-2, 5), (-2, 5)], "disc")
disc.where(disc.x * disc.x + disc.y * disc.y <= 4)
count = hl.Func("count")
count[()] = 0
count[()] += hl.select(disc.x > -9, 1, 0)
assert count.realize()[()] == 13

# A matrix product. The pure coordinates of the left side are loops, too; the schedule of an update
# definition is its own, reached by update(0). Here it is computed in vectors of 8 columns, several
# rows at a time, and the loops over the columns run inside the one over k.
a = rng.standard_normal((32, 48)).astype(np.float32)
b = rng.standard_normal((48, 64)).astype(np.float32)
A, B = hl.Buffer(a), hl.Buffer(b)
n = hl.RDom([(0, 48)], "n")
product = hl.Func("product")
product[x, y] = 0.0
product[x, y] += A[n.x, y] * B[x, n.x]
plain = np.asarray(product.realize([64, 32])).copy()
assert np.allclose(plain, a @ b, rtol=1e-4, atol=1e-4)

fast = hl.Func("fast")
fast[x, y] = 0.0
fast[x, y] += A[n.x, y] * B[x, n.x]
xi, yi = hl.vars("xi yi")
fast.vectorize(x, 8)
fast.update(0).tile(x, y, xi, yi, 16, 4).reorder(xi, yi, n.x, x, y).vectorize(xi, 8).parallel(y)
assert np.array_equal(fast.realize([64, 32]), plain)  # the very same bits

# A cell may have several values. Here the place and the value of the largest number of each row
# are found together; that is what hl.argmax does.
j = hl.RDom([(0, 48)], "j")
best = hl.Func("best")
best[y] = (0, A[0, y])
best[y] = (hl.select(A[j.x, y] > best[y][1], j.x, best[y][0]), hl.max(best[y][1], A[j.x, y]))
place, value = best.realize([32])
assert np.array_equal(place, a.argmax(1)) and np.array_equal(value, a.max(1))

found = hl.Func("found")
found[y] = hl.argmax(A[j.x, y])
assert np.array_equal(found.realize([32])[0], a.argmax(1))
