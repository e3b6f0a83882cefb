"""Lesson 9: scheduling reductions.

An update definition runs over its reduction domain in order; lesson 4 wrote some. This lesson makes
them fast: loops that vectors and threads may share, `atomic`, `rfactor`, and domains with a
predicate. All names are Halide's: the lesson runs there with only its import changed.
"""

import numpy as np

import halo as hl

x, y, i, u = hl.Var("x"), hl.Var("y"), hl.Var("i"), hl.Var("u")
photo = np.random.default_rng(9).integers(0, 256, (120, 160), dtype=np.uint8)
source = hl.Buffer(photo)
r = hl.RDom([(0, 160), (0, 120)], "r")
counts = np.bincount(photo.ravel(), minlength=256)


def histogram():
    """Return a histogram, not scheduled: all bins 0, then each pixel adds to its bin."""
    f = hl.Func("histogram")
    f[i] = 0
    f[source[r.x, r.y]] += 1
    return f


# Each definition of a Func has a schedule of its own. `f` is the first, `f.update(0)` the next.
plain = histogram()
plain.vectorize(i, 8)
plain.update(0).unroll(r.x, 4)
assert np.array_equal(plain.realize([256]), counts)

# Pixels may not be counted by several threads at once: two of them may meet in one bin, read it,
# and both write one more. Such a schedule is refused.
try:
    histogram().update(0).parallel(r.y)
except hl.HalideError as error:
    print(error)
else:
    raise AssertionError("two rows may meet in a bin")

# The first way out: since adding may be done in any order, an addition that nobody interrupts
# will do. `atomic` makes it so.
counted = histogram()
counted.update(0).atomic().parallel(r.y)
assert np.array_equal(counted.realize([256]), counts)

# The second: a histogram for each row, and then the sum of these. `rfactor` makes that of the
# schedule; the algorithm stays as it is written. It returns the Func of the partial histograms,
# where r.y has become the Var u, a loop like any other.
halves = histogram()
partial = halves.update(0).rfactor(r.y, u)
partial.compute_root().vectorize(i, 8)
partial.update(0).parallel(u)
halves.update(0).vectorize(i, 8)
assert np.array_equal(halves.realize([256]), counts)

# One partial result for each row is many. With the rows in strips of 30 there are four.
ro, ri = hl.RVar("ro"), hl.RVar("ri")
strips = histogram()
partial = strips.update(0).split(r.y, ro, ri, 30).rfactor(ro, u)
partial.compute_root()
partial.update(0).parallel(u)
assert np.array_equal(strips.realize([256]), counts)

# A sum into one cell has no loop to vectorize but the one it sums over. Eight partial sums, one
# in each lane of a vector, and then their sum:
values = np.random.default_rng(9).standard_normal(1000).astype(np.float32)
numbers = hl.Buffer(values)
k = hl.RDom([(0, 1000)], "k")


def total():
    """Return the sum of all numbers, not scheduled."""
    f = hl.Func("total")
    f[()] = hl.f32(0)
    f[()] += numbers[k.x]
    return f


ko, ki = hl.RVar("ko"), hl.RVar("ki")
lanes = total()
partial = lanes.update(0).split(k.x, ko, ki, 8).rfactor(ki, u)
partial.compute_root().vectorize(u, 8)
partial.update(0).vectorize(u, 8)

# This adds floats in another order, and so rounds otherwise: the last bits may differ. Only
# directives that say so may do that; of integers no bit ever changes.
one_by_one, in_lanes = (float(np.asarray(f.realize([]))) for f in (total(), lanes))
assert abs(one_by_one - in_lanes) < 1e-3
assert abs(in_lanes - values.astype(np.float64).sum()) < 1e-3

# Shorter, if the order does not matter at all: `atomic` lets the loop itself be vectorized.
short = total()
short.update(0).atomic().vectorize(k.x, 8)
assert abs(float(np.asarray(short.realize([]))) - one_by_one) < 1e-3

# A running sum needs the cell before, so its loop over r stays in order, but rows have nothing
# to do with each other. The sums of all rectangles that begin at (0, 0), by two such passes:
s, t = hl.RDom([(1, 159)], "s"), hl.RDom([(1, 119)], "t")
area = hl.Func("area")
area[x, y] = hl.i32(source[x, y])
area[s.x, y] += area[s.x - 1, y]
area[x, t.x] += area[x, t.x - 1]
area.vectorize(x, 8)
area.update(0).parallel(y)
area.update(1).vectorize(x, 8)
assert np.array_equal(area.realize([160, 120]), photo.astype(np.int32).cumsum(0).cumsum(1))

# A predicate keeps some points of a domain. Its conditions may relate dimensions to each other,
# and to the cells of other Funcs: here the pairs of a triangle.
n = hl.RDom([(0, 10), (0, 10)], "n")
n.where(n.x < n.y)
pairs = hl.Func("pairs")
pairs[i] = 0
pairs[n.y - n.x] += 1
assert np.array_equal(pairs.realize([10]), [0, 9, 8, 7, 6, 5, 4, 3, 2, 1])

# An update need not be a sum. This one writes where the data says, and the last one to write wins,
# because a reduction domain has an order. That is part of the algorithm, and kept.
where = hl.Buffer(np.array([3, 1, 3, 0, 1], np.int32))
q = hl.RDom([(0, 5)], "q")
last = hl.Func("last")
last[i] = -1
last[hl.clamp(where[q.x], 0, 3)] = q.x
assert np.array_equal(last.realize([4]), [3, 4, -1, 2])
