"""`compute_with`: definitions that share loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl
from halo.errors import ScheduleError
from halo.schedule.schedule import Schedule

x, y = hl.vars("x y")
Array = np.ndarray[Any, Any]


def pair() -> tuple[hl.Func, hl.Func, hl.Func]:
    """Return f and g, which have nothing to do with each other, and h, which reads both."""
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x * 3 + y
    g[x, y] = x - y * 5
    h[x, y] = f[x, y] + f[x + 1, y + 2] * g[x - 3, y] - g[x, y - 1]
    f.compute_root()
    g.compute_root()
    return f, g, h


def values(h: hl.Func, width: int = 7, height: int = 9, min: tuple[int, int] = (0, 0)) -> Array:
    out = hl.Buffer(hl.Int(32), [width, height])
    out.set_min(list(min))
    h.realize(out)
    return np.array(out)


SIZES = [(7, 9, (0, 0)), (1, 1, (0, 0)), (8, 4, (-5, 3)), (5, 1, (-2, -9))]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("var", ["x", "y"])
@pytest.mark.parametrize("align", list(hl.LoopAlignStrategy))
def test_sharing_loops_keeps_the_values(
    size: tuple[int, int, tuple[int, int]], var: str, align: hl.LoopAlignStrategy
) -> None:
    f, g, h = pair()
    g.compute_with(f, var, align)
    np.testing.assert_array_equal(values(h, *size), values(pair()[2], *size))


def test_a_shared_loop_stands_once_in_the_nest(capsys: pytest.CaptureFixture[str]) -> None:
    f, g, h = pair()
    g.compute_with(f, y)
    h.print_loop_nest()
    nest = capsys.readouterr().out
    assert nest.count("for ") == 1 + 2 + 2  # one loop over y for both, x of each, two of h
    assert str(h.receipts()).count("applied") == 3


def test_inner_loops_may_differ_below_the_shared_one() -> None:
    f, g, h = pair()
    f.vectorize(x, 4)
    g.split(x, "xo", "xi", 3).unroll("xi")
    g.compute_with(f, y)
    np.testing.assert_array_equal(values(h), values(pair()[2]))


def test_a_shared_loop_may_be_parallel() -> None:
    f, g, h = pair()
    f.parallel(y)
    g.parallel(y).compute_with(f, y)
    np.testing.assert_array_equal(values(h), values(pair()[2]))


def test_split_loops_are_shared() -> None:
    f, g, h = pair()
    for func in (f, g):
        func.split(y, "yo", "yi", 4)
    g.compute_with(f, "yo")
    np.testing.assert_array_equal(values(h), values(pair()[2]))
    np.testing.assert_array_equal(values(h, 3, 1), values(pair()[2], 3, 1))


def test_shifted_steps_are_shared() -> None:
    f, g, h = pair()
    f.split(x, "xo", "xi", 4).reorder("xi", y, "xo")
    g.split(x, "xo", "xi", 4, hl.TailStrategy.GuardWithIf).reorder("xi", y, "xo")
    g.compute_with(f, y)
    for width in (1, 3, 4, 9):
        np.testing.assert_array_equal(values(h, width), values(pair()[2], width))


def test_two_outputs_share_their_loops() -> None:
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = x + y
    g[x, y] = x * y
    g.compute_with(f, x)
    a, b = hl.Pipeline([f, g]).realize([5, 4])
    grid = np.mgrid[0:4, 0:5]
    np.testing.assert_array_equal(np.asarray(a), grid[1] + grid[0])
    np.testing.assert_array_equal(np.asarray(b), grid[1] * grid[0])


def test_three_share_a_chain_of_loops() -> None:
    funcs = [hl.Func(n) for n in ("a", "b", "c")]
    total = hl.Func("total")
    for i, f in enumerate(funcs):
        f[x, y] = x * (i + 1) - y
        f.compute_root()
    a, b, c = funcs
    total[x, y] = a[x, y] + b[x + 1, y] + c[x, y + 1]
    expected = values(total)
    b.compute_with(a, x)
    c.compute_with(b, y)
    np.testing.assert_array_equal(values(total), expected)


def test_what_both_read_is_computed_in_the_shared_loop() -> None:
    source, f, g, h = (hl.Func(n) for n in ("source", "f", "g", "h"))
    source[x, y] = x * x + y
    f[x, y] = source[x, y] + source[x, y + 1]
    g[x, y] = source[x + 1, y] * 2
    h[x, y] = f[x, y] - g[x, y + 3]
    f.compute_root()
    g.compute_root()
    expected = values(h)
    g.compute_with(f, y)
    source.compute_at(f, y)
    np.testing.assert_array_equal(values(h), expected)


def test_what_only_one_reads_is_computed_in_the_shared_loop() -> None:
    source, f, g, h = (hl.Func(n) for n in ("source", "f", "g", "h"))
    image = hl.ImageParam(hl.Int(32), 2, "image")
    source[x, y] = image[x, y] * 2
    f[x, y] = source[x, y] + 1
    g[x, y] = x - y
    h[x, y] = f[x, y] - g[x, y + 3] + g[x, y - 2]
    f.compute_root()
    g.compute_root()
    data = np.arange(63, dtype=np.int32).reshape(9, 7)
    image.set(data)  # no row more than f reads, though g runs over rows above and below
    expected = values(h)
    g.compute_with(f, y)
    source.compute_at(g, y)
    np.testing.assert_array_equal(values(h), expected)


def test_a_chain_is_computed_in_loops_that_are_shared_at_a_place() -> None:
    e, m, f, g, h = (hl.Func(n) for n in "emfgh")
    e[x, y] = x * y
    m[x, y] = e[x, y] + e[x, y + 1]
    g[x, y] = x - y
    f[x, y] = m[x, y] + m[x + 1, y]
    h[x, y] = g[x, y] + f[x, y]  # g is found before all that f needs
    expected = values(h)
    f.compute_at(h, y).compute_with(g, x)
    g.compute_at(h, y)
    m.compute_at(f, x)
    e.compute_at(m, x)
    np.testing.assert_array_equal(values(h), expected)


def test_updates_share_loops_with_updates() -> None:
    r = hl.RDom([(0, 4)])

    def build() -> tuple[hl.Func, hl.Func, hl.Func]:
        f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
        f[x, y] = x
        f[x, y] += r.x * y
        g[x, y] = y
        g[x, y] -= r.x * x
        h[x, y] = f[x, y] + g[x, y]
        f.compute_root()
        g.compute_root()
        return f, g, h

    f, g, h = build()
    g.compute_with(f, x)
    g.update(0).compute_with(f.update(0), r.x)
    np.testing.assert_array_equal(values(h), values(build()[2]))


def test_a_pointwise_consumer_shares_the_loops_of_what_it_reads() -> None:
    def build() -> tuple[hl.Func, hl.Func]:
        f, g = hl.Func("f"), hl.Func("g")
        f[x, y] = x * 3 + y
        g[x, y] = f[x, y] * 2 + f[x, y - 1]
        f.compute_root()
        return f, g

    f, g = build()
    g.compute_with(f, y)
    np.testing.assert_array_equal(values(g), values(build()[1]))


def test_two_updates_of_one_func_share_loops() -> None:
    def build() -> hl.Func:
        f = hl.Func("f")
        f[x, y] = x
        f[x, y] += y * 3
        f[x, y] *= x + y
        return f

    f = build()
    f.update(1).compute_with(f.update(0), x)
    np.testing.assert_array_equal(values(f), values(build()))


def test_it_comes_back_from_json() -> None:
    f, g, h = pair()
    g.compute_with(f, y, [(y, hl.LoopAlignStrategy.AlignEnd)])
    schedule = h.schedule()
    assert Schedule.from_json(schedule.to_json()) == schedule
    assert "compute_with(" in str(schedule)
    assert "[(y, LoopAlignStrategy.AlignEnd)]" in str(schedule)


def test_a_consumer_that_reads_ahead_is_refused() -> None:
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = x * 3 + y
    g[x, y] = f[x, y + 1]
    f.compute_root()
    g.compute_with(f, y)
    with pytest.raises(ScheduleError, match="not every dependence is kept") as error:
        g.realize([4, 4])
    assert "iteration (x=0, y=1) writes" in str(error.value)
    assert "iteration (x=0, y=0) reads" in str(error.value)
    assert "in loops of its own" in str(error.value)


def test_a_consumer_whose_iterations_are_shifted_is_refused() -> None:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x * 3 + y
    g[x, y] = f[x, y]
    h[x, y] = g[x, y] + f[x, y - 1]  # f has a row more at the start than g
    f.compute_root()
    g.compute_root()
    g.compute_with(f, y, hl.LoopAlignStrategy.AlignStart)
    with pytest.raises(ScheduleError, match="known only when it runs") as error:
        values(h)
    assert "LoopAlignStrategy.NoAlign" in str(error.value)
    g.compute_with(f, y)
    f2, g2, h2 = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f2[x, y] = x * 3 + y
    g2[x, y] = f2[x, y]
    h2[x, y] = g2[x, y] + f2[x, y - 1]
    np.testing.assert_array_equal(values(h), values(h2))


def test_a_consumer_that_shares_an_outer_part_of_its_loop_is_refused() -> None:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x * 3 + y
    g[x, y] = f[x, y] * 2
    h[x, y] = g[x, y] + f[x, y]
    f.compute_root()
    g.split(y, y, "yi", 4)  # its loop over y counts steps of 4 rows
    g.compute_root().compute_with(f, y)
    with pytest.raises(ScheduleError, match="proven for unsplit loops only"):
        values(h)


def test_what_is_computed_in_a_shared_loop_is_needed_in_each_iteration() -> None:
    def build() -> tuple[list[hl.Func], hl.RDom]:
        p, f, g, h = hl.funcs("p f g h")
        r = hl.RDom([(0, 5)], "r")
        r.where(r.x > 2)
        p[x, y] = x * 6 - y
        for each in (f, g):
            each[x, y] = 0
            each[x, y] += p[x + r.x, y]
            each.compute_root()
        h[x, y] = f[x, y] - g[x, y + 1]
        return [p, f, g, h], r

    (p, f, g, h), r = build()
    g.update(0).compute_with(f.update(0), r.x)
    p.compute_at(f.update(0), r.x)
    with pytest.raises(ScheduleError, match=r"leaves out iterations by RDom\.where") as error:
        values(h)
    assert f"{p.name()}.compute_root()" in str(error.value)
    p.compute_at(f.update(0), x)  # all that is left out is inside
    np.testing.assert_array_equal(values(h), values(build()[0][3]))
    p.compute_root()
    np.testing.assert_array_equal(values(h), values(build()[0][3]))


def test_another_place_is_refused() -> None:
    f, g, h = pair()
    g.compute_at(h, y).compute_with(f, y)
    with pytest.raises(ScheduleError, match="not computed at the same place"):
        values(h)


def test_a_place_inside_the_shared_loop_itself_is_refused() -> None:
    f, g = hl.Func("f"), hl.Func("g")
    f[x, y] = x * 3 + y
    g[x, y] = f[x, y]
    f.compute_at(g, y)
    g.compute_with(f, y)
    with pytest.raises(ScheduleError, match="shares the loops of") as error:
        g.realize([4, 4])
    assert "compute_root()" in str(error.value)


def test_an_inlined_partner_is_refused() -> None:
    f, g, h = pair()
    f.compute_inline()
    g.compute_with(f, y)
    with pytest.raises(ScheduleError, match="is inlined") as error:
        values(h)
    assert "compute_root()" in str(error.value)


def test_other_loops_are_refused() -> None:
    f, g, h = pair()
    g.reorder(y, x).compute_with(f, y)
    with pytest.raises(ScheduleError, match="the loops from the outermost to y differ: x, y here"):
        values(h)


def test_loops_of_another_kind_are_refused() -> None:
    f, g, h = pair()
    g.parallel(y).compute_with(f, y)
    with pytest.raises(ScheduleError, match="parallel y here, y there"):
        values(h)


def test_a_vectorized_loop_is_refused() -> None:
    f, g, h = pair()
    f.vectorize(x, 4)
    g.vectorize(x, 4).compute_with(f, "x.v")
    with pytest.raises(ScheduleError, match="is vectorized and cannot be shared"):
        values(h)


def test_a_loop_that_is_not_there_is_refused() -> None:
    f, g, _ = pair()
    with pytest.raises(ScheduleError, match="has no loop z"):
        g.compute_with(f, "z")


def test_itself_is_refused() -> None:
    f, _, _ = pair()
    with pytest.raises(ScheduleError, match="cannot be computed with itself"):
        f.compute_with(f, y)


def test_a_circle_is_refused() -> None:
    f, g, h = pair()
    g.compute_with(f, y)
    f.compute_with(g, y)
    with pytest.raises(ScheduleError, match="goes round in a circle"):
        values(h)


def test_crossed_updates_are_refused() -> None:
    f, g, h = hl.Func("f"), hl.Func("g"), hl.Func("h")
    f[x, y] = x
    f[x, y] += y
    g[x, y] = y
    g[x, y] -= x
    h[x, y] = f[x, y] + g[x, y]
    f.compute_root()
    g.compute_root()
    g.compute_with(f.update(0), x)
    g.update(0).compute_with(f, x)
    with pytest.raises(ScheduleError, match="crossed order"):
        values(h)


def test_a_third_func_between_is_refused() -> None:
    f, m, g = hl.Func("f"), hl.Func("m"), hl.Func("g")
    f[x, y] = x
    m[x, y] = f[x, y] + 1
    g[x, y] = m[x, y] * 2
    f.compute_root()
    m.compute_root()
    g.compute_with(f, y)
    with pytest.raises(ScheduleError, match="a third Func needs one of the two"):
        values(g)


def test_specialisations_are_refused() -> None:
    wide = hl.Param(hl.Bool(), "wide")
    wide.set(True)
    f, g, h = pair()
    f.specialize(wide).vectorize(x, 4)
    g.compute_with(f, y)
    with pytest.raises(ScheduleError, match="has specialisations"):
        values(h)


def test_a_bad_alignment_is_refused() -> None:
    f, g, _ = pair()
    with pytest.raises(ScheduleError, match="does not say how a loop is aligned"):
        g.compute_with(f, y, [(y, 3)])
