"""What `realize` tells of the time it took."""

from __future__ import annotations

import halo as hl

x = hl.Var("x")


def test_compiling_counts_for_the_call_that_compiles() -> None:
    f = hl.Func("f")
    f[x] = x + 1
    f.realize([4])
    first = f.realize_times()
    assert first.lowering > 0 and first.code > 0 and first.run > 0
    f.realize([40])
    assert f.realize_times().compile == 0


def test_each_target_is_compiled_for_by_itself() -> None:
    f = hl.Func("f")
    f[x] = x + 2
    f.realize([4])
    f.realize([4], hl.Target("x86-64-linux" if hl.get_host_target().machine == "x86-64" else ""))
    again = f.realize_times()
    assert (again.compile > 0) == (hl.get_host_target().machine == "x86-64")


def test_the_times_of_a_pipeline_are_those_of_its_first_output() -> None:
    f, g = hl.funcs("f g")
    f[x], g[x] = x, 2 * x
    p = hl.Pipeline([f, g])
    p.realize([4])
    assert p.realize_times() is f.realize_times()
