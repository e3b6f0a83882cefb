"""Lesson 15: where cells lie in memory, and a fast matrix product.

An algorithm names cells by coordinates; where they lie is a matter of the schedule. So a product of
matrices is written once, in its natural form, and stored as the processor likes to read it. This
lesson shows layouts as pictures of memory, weights that are packed when the code is made, and a
tile of results that lives in registers.
"""

import ctypes
import time

import numpy as np
from pictures import picture_of_cells

import halo as hl

x, y, k = hl.vars("x y k")
xo, xi, yo, yi = hl.vars("xo xi yo yi")
N = 8


def places(layout):
    """Return where each of 8 by 8 cells lies in memory, in elements, under a schedule `layout`."""
    f, g = hl.funcs("f g")
    f[x, y] = x + N * y
    g[x, y] = f[x, y] + 1
    f.compute_root().store_in(hl.MemoryType.Heap)
    layout(f)
    blocks = []

    def malloc(size):  # memory of ours, to look at afterwards what lies where
        blocks.append(ctypes.create_string_buffer(size + 64))
        return (ctypes.addressof(blocks[0]) + 63) // 64 * 64

    handlers = g.jit_handlers()
    handlers.custom_malloc, handlers.custom_free = malloc, lambda address: None
    expected = np.arange(1, N * N + 1).reshape(N, N)
    assert np.array_equal(g.bound(x, 0, N).bound(y, 0, N).realize([N, N]), expected)
    start = -ctypes.addressof(blocks[0]) % 64
    stored = np.frombuffer(blocks[0], np.int32, N * N, start)
    place = np.empty(N * N, int)
    place[stored] = np.arange(N * N)  # the number in a cell says which cell it is
    return place.reshape(N, N)


# Rows one after the other; columns one after the other; panels of four columns; tiles of 4 by 4.
# The algorithm is the same each time, and so are the results.
layouts = {
    "rows": places(lambda f: f),
    "reorder_storage(y, x)": places(lambda f: f.reorder_storage(y, x)),
    "split_storage(x, ..., 4)": places(
        lambda f: f.split_storage(x, xo, xi, 4).reorder_storage(xi, y, xo)
    ),
    "both split": places(
        lambda f: (
            f.split_storage(x, xo, xi, 4)
            .split_storage(y, yo, yi, 4)
            .reorder_storage(xi, yi, xo, yo)
        )
    ),
}
assert layouts["rows"][1, 0] == N and layouts["reorder_storage(y, x)"][1, 0] == 1
assert list(layouts["split_storage(x, ..., 4)"][1]) == [4, 5, 6, 7, 36, 37, 38, 39]
assert layouts["both split"][:4, :4].max() == 15
picture_of_cells("lesson_15_packed_storage", layouts, "place in memory")

# A product of matrices, to be made fast: c = a * w, where w are weights that never change. In its
# plain form each step of the sum reads a cell of w one row further down: a cache line for a number.
SIZE = 384
rng = np.random.default_rng(15)
weights = rng.standard_normal((SIZE, SIZE)).astype(np.float32)
given = rng.standard_normal((SIZE, SIZE)).astype(np.float32)
a = hl.ImageParam(hl.Float(32), 2, "a")
a.set(given)
W = hl.Buffer(weights, "W")
r = hl.RDom([(0, SIZE)], "r")


def product():
    """Return the stages of the product: the weights, the sums, and the result."""
    w, total, c = hl.funcs("w total c")
    w[x, k] = W[x, k]
    total[x, y] = hl.f32(0)
    total[x, y] += a[r.x, y] * w[x, r.x]
    c[x, y] = total[x, y]
    return w, total, c


def seconds(f):
    """Return the least time of three runs, and the result."""
    out = hl.Buffer(hl.Float(32), [SIZE, SIZE])
    f.realize(out)  # compiles
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        f.realize(out)
        taken.append(time.perf_counter() - start)
    return min(taken), np.asarray(out)


_, total, plain = product()
total.compute_root()
slow, expected = seconds(plain)

# A tile of 4 rows by 32 columns of the result is summed up at once: for each step one vector of
# weights is read per 8 columns, and one number of `a` per row. Unrolled, the cells of the tile have
# constant places, so that they are variables of the C and live in registers. `store_in` asks for
# that, and its receipt would say why not.
w, total, c = product()
c.bound(x, 0, SIZE).bound(y, 0, SIZE)
c.tile(x, y, xi, yi, 32, 4).vectorize(xi, 8).unroll(xi).unroll(yi).parallel(y)
total.compute_at(c, x).store_in(hl.MemoryType.Register)
total.vectorize(x, 8).unroll(x).unroll(y)
total.update(0).split(x, xo, xi, 8).reorder(xi, xo, y, r.x)
total.update(0).vectorize(xi).unroll(xo).unroll(y)

# The weights of such a tile are 32 columns, from the first row to the last. Packed in panels of 32,
# they are read from one end to the other. `precompute` does that when the code is made: w is an
# array in the code, in this layout, and nothing of it is left to do at run time.
w.split_storage(x, xo, xi, 32).reorder_storage(xi, k, xo).precompute()
receipts = c.receipts(strict=True)
assert {t.status.value for t in receipts} == {"applied"}
assert "precomputed" in str(c.explain())
fast, found = seconds(c)
assert np.array_equal(found, expected)  # the same bits
assert np.allclose(found, given @ weights, rtol=1e-3, atol=1e-3)
flops = 2 * SIZE**3
print(f"as it is {flops / slow / 1e9:.1f}, packed and tiled {flops / fast / 1e9:.1f} GFLOP/s")
print(c.explain())

# Packing at run time is a stage like any other. `in_` puts it between an input and its reader: here
# `a` in panels of 4 rows, so that the four numbers of a step lie side by side.
panels = a.in_(total)
column, row = panels.args()
panels.compute_root().split_storage(row, yo, yi, 4).reorder_storage(yi, column, yo)
assert np.array_equal(seconds(c)[1], expected)
