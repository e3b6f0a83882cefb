"""A pipeline that prints, requires, traces, memoizes, calls C and is profiled, all at once.

As a program, ``watched_pipeline.py`` realizes it in several sizes and checks what comes out.
"""

from __future__ import annotations

import numpy as np

import halo as hl

TARGET = "host-profile-trace_realizations"
DOUBLED = """
int32_t doubled(halo_context *ctx, const halo_buffer *in, int32_t by, const halo_buffer *out) {
    (void)ctx;
    for (int64_t y = 0; y < out->dim[1].extent; ++y)
        for (int64_t x = 0; x < out->dim[0].extent; ++x)
            ((int32_t *)out->host)[x * out->dim[0].stride + y * out->dim[1].stride] =
                ((int32_t *)in->host)[x * in->dim[0].stride + y * in->dim[1].stride] * by;
    return 0;
}
"""


def watched() -> tuple[hl.Func, hl.Param]:
    """Return h(x, y) = 2*n*(x + y) + n*(x + y + 1), and n."""
    x, y = hl.vars("x y")
    n = hl.Param(hl.Int(32), "n", 3)
    g, f, h = hl.Func("g"), hl.Func("f"), hl.Func("h")
    g[x, y] = hl.print_when(x < 0, hl.require(n > 0, x + y, "n is", n, hl.f32(n) / 2), "not told")
    f.define_extern("doubled", [g, n], hl.Int(32), [x, y], implementation=DOUBLED)
    h[x, y] = f[x, y] * 2 + f[x + 1, y]
    g.compute_root().vectorize(x, 8).memoize().trace_stores().add_trace_tag("inner")
    f.compute_at(h, y).trace_realizations()
    h.parallel(y).vectorize(x, 4, hl.TailStrategy.GuardWithIf).trace_stores()
    return h, n


def main() -> None:
    """Realize it, twice in each size."""
    h, n = watched()
    events: list[hl.TraceEvent] = []
    h.jit_handlers().custom_trace = events.append
    h.jit_handlers().custom_print = lambda line: None
    for size in ((1, 1), (13, 3), (0, 2), (13, 3), (64, 7)):
        i, j = np.arange(size[0]), np.arange(size[1])[:, None]
        events.clear()
        found = np.array(h.realize(list(size), hl.Target(TARGET)))
        np.testing.assert_array_equal(found, 2 * n.get() * (i + j) + n.get() * (i + j + 1))
        stores = [e for e in events if e.func == h.name() and e.event is hl.TraceEventCode.store]
        assert len(stores) == size[0] * size[1]
    n.set(0)
    try:
        h.realize([3, 3], hl.Target(TARGET))
    except hl.HaloError as error:
        assert "n is 0 0.000000" in str(error)
    else:
        raise AssertionError("a requirement that does not hold passed")


if __name__ == "__main__":
    main()
