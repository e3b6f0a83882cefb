"""Lesson 11: looking inside: print, require, tracing, the profiler, and stages of your own.

What runs is compiled code, so a debugger of Python sees nothing of it. These are the ways to look
in: lines that cells print, conditions they must keep, events for loads and stores, a table of
times. And this is how to put in what the language does not say: a stage that a C or Python function
computes.
"""

import numpy as np

import halo as hl

x, y = hl.vars("x y")

# hl.print has the value of its first argument, and prints all of them when it is evaluated. Lines
# go to sys.stdout, or to a handler of yours.
lines = []
squares = hl.Func("squares")
squares[x] = hl.print(x * x, "is the square of", x)
squares.jit_handlers().custom_print = lines.append
squares.realize([3])
assert lines == ["0 is the square of 0\n", "1 is the square of 1\n", "4 is the square of 2\n"]

# Mostly one looks for one cell among many: print_when.
lines = []
product = hl.Func("product")
product[x, y] = hl.print_when((x == 3) & (y == 2), x * y, "at", x, y)
product.jit_handlers().custom_print = lines.append
product.realize([100, 100])
assert lines == ["6 at 3 2\n"]

# hl.require is a condition that must hold wherever the cell is evaluated. If it does not, the call
# ends with your text as its error; also in C.
divisor = hl.Param(hl.Int(32), "divisor")
share = hl.Func("share")
share[x] = hl.require(divisor != 0, x / divisor, "the divisor is", divisor)
divisor.set(2)
assert np.array_equal(share.realize([5]), [0, 0, 1, 1, 2])
divisor.set(0)
try:
    share.realize([5])
except hl.HaloError as error:
    print(error)
    assert "the divisor is 0" in str(error)
else:
    raise AssertionError("a requirement was not kept")

# Tracing reports what happens to the cells of a Func in the order in which it happens: loads,
# stores, the life of its memory. By default each event is a printed line.
rows, total = hl.funcs("rows total")
rows[x, y] = x + 10 * y
total[x, y] = rows[x, y] + rows[x, y + 1]
rows.compute_at(total, y).trace_stores().trace_loads().trace_realizations()
total.realize([2, 1])
# prints
#   Begin realization rows.0(0, 2, 0, 2)
#   Produce rows.0(0, 2, 0, 2)
#   Store rows.0(0, 0) = 0
#   Store rows.0(1, 0) = 1
#   ...
#   Load rows.0(0, 0) = 0
#   Load rows.0(0, 1) = 10
#   ...
events = []
total.jit_handlers().custom_trace = events.append
total.realize([2, 2])
kinds = [event.event for event in events if event.func == rows.name()]
assert kinds[0] == hl.TraceEventCode.begin_realization
assert kinds.count(hl.TraceEventCode.store) == 2 * 4  # two rows for each row of `total`
assert kinds.count(hl.TraceEventCode.load) == 2 * 4
first = next(event for event in events if event.event is hl.TraceEventCode.store)
assert (first.coordinates, first.value) == ((0, 0), 0)

# The profiler tells where the time goes and how much memory there is. It is a feature of the
# target, so code without it has no clock in it.
waves, smooth = hl.funcs("waves smooth")
waves[x, y] = hl.sin(hl.f32(x)) * hl.cos(hl.f32(y))
smooth[x, y] = (waves[x - 1, y] + waves[x, y] + waves[x + 1, y]) / 3
waves.compute_at(smooth, y)
smooth.realize([640, 480], hl.Target("host-profile"))
report = smooth.profile_report()
assert report[waves.name()].calls == 480 and report.runs == 1
slowest = max(report.funcs, key=lambda f: f.seconds)
print("most of the time goes into", slowest.name)


# An extern stage is a Func whose cells a function of yours computes: here in Python, on Buffers.
# It is called for each box that the schedule computes; `bounds` says what it reads for that box.
def middle(given, size, out):
    """Take the median of `size` cells of a row, as no expression does."""
    row = given.numpy()
    windows = np.lib.stride_tricks.sliding_window_view(row, size, axis=1)
    out.numpy()[...] = np.median(windows, axis=2)


photo = np.random.default_rng(11).integers(0, 256, (24, 40), dtype=np.uint8)
source = hl.Buffer(photo)
doubled, median, result = hl.funcs("doubled median result")
doubled[x, y] = source[x, y] // 2
median.define_extern(
    "middle",
    [doubled, 5],
    hl.UInt(8),
    [x, y],
    implementation=middle,
    bounds=lambda columns, rows: [[(columns[0], columns[1] + 4), rows]],
)
result[x, y] = median[x, y] + 1
median.compute_at(result, y)
doubled.compute_at(result, y)
windows = np.lib.stride_tricks.sliding_window_view(photo // 2, 5, axis=1)
assert np.array_equal(result.realize([36, 24]), np.median(windows, axis=2).astype(np.uint8) + 1)

# In C the function has the form of all that halo compiles: a context, the inputs, the outputs.
# Its text can be given, or the path of a library that has it; compiled to C, it is linked.
TEXT = """
int32_t flip_bits(halo_context *ctx, const halo_buffer *in, const halo_buffer *out) {
    (void)ctx;
    const int32_t *from = in->host;
    int32_t *to = out->host;
    for (int64_t i = 0; i < out->dim[0].extent; ++i)
        to[i * out->dim[0].stride] = ~from[i * in->dim[0].stride];
    return 0;
}
"""
numbers, flipped = hl.funcs("numbers flipped")
numbers[x] = x
flipped.define_extern("flip_bits", [numbers], hl.Int(32), [x], implementation=TEXT)
assert np.array_equal(flipped.realize([4]), [-1, -2, -3, -4])

# What takes long and does not change from call to call can be kept: `memoize` asks for nothing but
# that, and finds out by itself on which Params the cells depend.
lines = []
scale = hl.Param(hl.Int(32), "scale")
dear, used = hl.funcs("dear used")
dear[x] = hl.print_when(x == 0, x * scale, "computed")
used[x] = dear[x] + 1
dear.compute_root().memoize()
used.jit_handlers().custom_print = lines.append
for value in (3, 3, 4, 3):
    scale.set(value)
    assert np.array_equal(used.realize([4]), np.arange(4) * value + 1)
assert len(lines) == 2  # once for 3, once for 4
