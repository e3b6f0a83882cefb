"""Lesson 13: proofs.

An update definition says in which order its iterations happen; a schedule gives them another order.
halo proves that the result stays the same, or shows two iterations that would change places, and
the cell in which they meet. What it cannot prove it does not guess: it says so, and what you may
add. The proofs are made by isl, a library for sets of integers, on the text of the indices.
"""

import time

import numpy as np

import halo as hl

x, y = hl.vars("x y")
r = hl.RDom([(1, 9)], "r")


def refused(schedule, *words):
    """Run `schedule`, which must be refused with a message that has all `words`; return it."""
    try:
        schedule()
    except hl.HaloError as error:
        print(error, end="\n\n")
        assert all(word in str(error) for word in words), error
        return str(error)
    raise AssertionError("this should have been refused")


def scan():
    """Return a running sum of each row."""
    f = hl.Func("scan")
    f[x, y] = x + y
    f[r.x, y] += f[r.x - 1, y]
    return f


# A running sum reads what the iteration before wrote. At once they may not run, and the message
# shows the first two that meet, the cell, and who writes. What it calls legal has been tried.
refused(
    lambda: scan().update(0).parallel(r.x),
    "iteration (y=0, r.x=1) writes scan(1, 0), which iteration (y=0, r.x=2) reads",
    "legal: scan.update(0).parallel(y)",
)
expected = np.asarray(scan().realize([10, 4]))
rows = scan()
rows.update(0).parallel(y)
assert np.array_equal(rows.realize([10, 4]), expected)

# It is not the form that decides, but whether two iterations meet. This update reads odd cells and
# writes even ones, so it may run in any order.
apart = hl.Func("apart")
apart[x] = x
apart[2 * r.x] = apart[2 * r.x + 1] * 10
apart.update(0).parallel(r.x)
assert np.array_equal(np.asarray(apart.realize([20]))[2::2], np.arange(3, 20, 2) * 10)

# Here four iterations are independent, and five are not: the fifth reads what the first wrote.
far = hl.Func("far")
far[x] = x
far[r.x + 4] = far[r.x] + 1
refused(lambda: far.update(0).vectorize(r.x, 8), "far.update(0).vectorize(r.x, 4)")
far.update(0).vectorize(r.x, 4)
assert np.array_equal(np.asarray(far.realize([14]))[5:], [2, 3, 4, 5, 3, 4, 5, 6, 4])

# The order of loops is a matter of proof, too. Each cell here is made of the one below and to the
# left; going through columns first would read cells before they are written.
q = hl.RDom([(1, 8), (1, 8)], "q")
slanted = hl.Func("slanted")
slanted[x, y] = x * y
slanted[q.x, q.y] = slanted[q.x + 1, q.y - 1] + 1
refused(lambda: slanted.update(0).reorder(q.y, q.x), "and the second would come first")

# Memory that is used in turn must hold all that is needed at once, and shared loops must keep what
# one definition reads of the other.
wide, blur = hl.funcs("wide blur")
wide[x, y] = x + y
blur[x, y] = wide[x, y] + wide[x, y + 1] + wide[x, y + 2]
wide.store_root().compute_at(blur, y).fold_storage(y, 2)
refused(lambda: blur.realize([8, 8]), "fold_storage", "3")

first, second, both = hl.funcs("first second both")
first[x, y] = x + y
second[x, y] = first[x, y + 1] * 2
both[x, y] = first[x, y] + second[x, y]
first.compute_root()
second.compute_root().compute_with(first, y)
refused(lambda: both.realize([8, 8]), "second", "first")

# The question is asked of the text of the indices, so extents do not matter.
for extent in (10, 10**9):
    huge = hl.RDom([(1, extent)], "huge")
    f = hl.Func("f")
    f[x] = x
    f[huge.x] = f[extent + 1 + huge.x] + 1
    start = time.perf_counter()
    f.update(0).parallel(huge.x)
    print(f"proven for {extent} iterations in {1e3 * (time.perf_counter() - start):.1f} ms")

# Where an index is data nothing can be proven; that is said, and what you may add. If you know that
# no two are equal, take it on yourself, and the receipt will say that you did.
where = hl.Buffer(np.random.default_rng(13).permutation(9).astype(np.int32), "where")
s = hl.RDom([(0, 9)], "s")


def scatter():
    """Return a Func that is filled in the order that the data says."""
    f = hl.Func("scatter")
    f[x] = 0
    f[hl.unsafe_promise_clamped(where[s.x], 0, 8)] = s.x
    return f


refused(lambda: scatter().update(0).parallel(s.x), "it is not proven", "allow_race_conditions()")
trusted = scatter()
trusted.update(0).allow_race_conditions().parallel(s.x)
assert np.array_equal(trusted.realize([9]), np.argsort(np.asarray(where)))
print(trusted.receipts(), end="\n\n")

# unsafe_promise_clamped is such a promise about a value: that it lies between two others, so that
# it is known which cells to compute. hl.clamp makes it true instead of believing it, and costs
# two comparisons. Without either the region is not known.
unknown, numbers = hl.funcs("unknown numbers")
numbers[x] = x
unknown[x] = numbers[where[x]]
numbers.compute_root()
refused(lambda: unknown.realize([9]), "where(x) has no bound", "clamp")

# A sum of floats may be reordered, but its last bits may change then, and the receipt of that
# directive says so. Of integers nothing changes.
p = hl.RDom([(0, 8), (0, 8)], "p")
mean = hl.Func("mean")
mean[x] = 0.0
mean[x] += hl.f32(1) / (1 + p.x + 8 * p.y)
mean.update(0).reorder(p.y, p.x)
(receipt,) = [t for t in mean.receipts() if t.entry.directive.method == "reorder"]
print(receipt.reason, end="\n\n")
assert "bits" in receipt.reason

# A read outside of an input is shown with the way that leads there, as `hl.why` shows it for any
# cell that you ask about.
tiny = hl.Buffer(np.zeros((4, 4), np.uint8), "tiny")
right, output = hl.funcs("right output")
right[x, y] = tiny[x + 1, y]
output[x, y] = right[x, y] + right[2 * x, y]
refused(lambda: output.realize([4, 4]), "tiny", "lesson_13_proofs.py", "reads")
print(hl.why(tiny, (3, 2), of=output, sizes=[2, 4]))
