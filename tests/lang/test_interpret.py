"""The interpreter gives what the definitions say."""

import numpy as np
import pytest

import halo as hl
from halo.interpret import interpret
from halo.ir.expr import Variable
from halo.ir.function import SymbolicSize

x, y = hl.vars("x y")


def value_of(e, sizes=(), mins=None):
    f = hl.Func()
    f[tuple([x, y][: len(sizes)])] = e
    return interpret(f, sizes, mins)


def test_pure_definition_is_evaluated_over_the_box():
    expected = np.fromfunction(lambda j, i: (i + 2) + 10 * (j - 1), (2, 3), dtype=np.int32)
    assert np.array_equal(value_of(x + 10 * y, [3, 2], [2, -1]), expected)


def test_producers_are_evaluated_where_they_are_read():
    f, g, h = hl.funcs("near far sum_of")
    f[x] = x * x
    g[x] = f[x - 100] + f[x + 100]
    h[x] = g[x] + f[0]
    n = np.arange(5)
    assert np.array_equal(interpret(h, [5]), (n - 100) ** 2 + (n + 100) ** 2)


def test_updates_run_in_the_order_of_the_domain():
    f = hl.Func("prefix")
    r = hl.RDom([(1, 9)])
    f[x] = x
    f[r] += f[r - 1]
    assert np.array_equal(interpret(f, [10]), np.cumsum(np.arange(10)))


def test_first_dimension_of_a_domain_is_innermost():
    f = hl.Func("last_writer")
    r = hl.RDom([(0, 3), (0, 2)])
    f[x] = -1
    f[0 * r.x] = r.x + 10 * r.y
    f[1 + 0 * r.x] = f[1] * 10 + r.x
    assert interpret(f, [2]).tolist() == [12, -1 * 10**6 + 12012]


def test_predicate_restricts_the_domain_and_what_is_read():
    data = hl.Buffer(np.arange(4, dtype=np.int32))
    f = hl.Func("triangle")
    r = hl.RDom([(0, 4)])
    r.where(r <= x)
    f[x] = 0
    f[x] += data[x - r]
    assert interpret(f, [4]).tolist() == [0, 1, 3, 6]


def test_predicate_that_reads_cells_is_respected():
    keep = hl.Func("keep")
    keep[x] = x % 2 == 0
    f = hl.Func("evens")
    r = hl.RDom([(0, 10)])
    r.where(keep[r])
    f[x] = 0
    f[x] += r
    assert interpret(f, [2]).tolist() == [20, 20]


def test_histogram_counts_outside_the_box_that_is_wanted():
    data = np.array([0, 7, 7, 3], np.uint8)
    f = hl.Func("histogram_of")
    r = hl.RDom([(0, 4)])
    f[x] = 0
    f[hl.i32(hl.Buffer(data)[r])] += 1
    assert interpret(f, [1], [7]).tolist() == [2]


def test_cells_at_places_that_depend_on_own_values_are_computed():
    f = hl.Func("chase")
    r = hl.RDom([(0, 5)])
    f[x] = x + 3
    f[0] = f[f[0] + 0 * r]
    assert interpret(f, [1]).tolist() == [18]


def test_table_look_up_reads_what_the_index_says():
    table, index, f = hl.funcs("table index looked_up")
    table[x] = x * x
    index[x] = 1000 * x
    f[x] = table[index[x]]
    assert interpret(f, [3]).tolist() == [0, 10**6, 4 * 10**6]


def test_tuple_elements_are_updated_together():
    f = hl.Func("fibonacci")
    r = hl.RDom([(0, 10)])
    f[()] = (0, 1)
    f[()] = (f[()][1] + 0 * r, f[()][0] + f[()][1])
    a, b = interpret(f, [])
    assert (int(a), int(b)) == (55, 89)


def test_several_funcs_are_interpreted_together():
    f, g = hl.funcs("both other")
    f[x] = x
    g[x] = f[x + 1]
    a, b = interpret([f, g], [2])
    assert (a.tolist(), b.tolist()) == ([0, 1], [1, 2])


def test_images_and_params_have_the_values_bound_now():
    image = hl.ImageParam(hl.UInt(8), 1, "img")
    p = hl.Param(hl.Int(32), "offset")
    f = hl.Func("bound_now")
    f[x] = image[x] + p + image.width()
    image.set(np.array([5, 6], np.uint8))
    p.set(-300)
    assert interpret(f, [2]).tolist() == [5 - 300 + 2, 6 - 300 + 2]


def test_reading_outside_an_image_is_an_error_with_the_coordinate():
    f = hl.Func("outside")
    data = hl.Buffer(np.zeros(4, np.float32), name="short")
    f[x] = data[x + 1]
    with pytest.raises(
        hl.BoundsError, match=r"short is read at 4 in dimension 0, outside \[0, 3\]"
    ):
        interpret(f, [4])


def test_branch_that_is_not_chosen_is_evaluated_too():
    data = hl.Buffer(np.zeros(4, np.float32))
    with pytest.raises(hl.BoundsError):
        value_of(hl.select(x < 4, data[x], 0.0), [5])


def test_unbound_inputs_are_errors():
    image, p = hl.ImageParam(hl.UInt(8), 1, "unset"), hl.Param(hl.Int(32), "unset_p")
    with pytest.raises(hl.BufferError, match="ImageParam unset has no Buffer"):
        value_of(image[x], [3])
    with pytest.raises(hl.BufferError, match="Param unset_p has no value"):
        value_of(x + p, [3])


def test_sizes_must_fit_the_dimensions():
    f = hl.Func("one_dim")
    f[x] = x
    with pytest.raises(hl.DefinitionError, match="one_dim has 1 dimensions, interpreted with 2"):
        interpret(f, [3, 3])


def test_region_that_cannot_be_computed_is_refused():
    f, g = hl.funcs("huge asks")
    f[x] = x
    g[x] = f[hl.select(x > 0, 1 << 30, 0)]
    with pytest.raises(hl.BoundsError, match="huge is needed from"):
        interpret(g, [2])


def test_empty_box_gives_an_empty_array():
    assert value_of(x + y, [0, 3]).shape == (3, 0)


def test_long_chains_are_evaluated_without_deep_recursion():
    e = hl.i32(x)
    for i in range(5000):
        e = e + (x if i % 2 else 1)
    assert value_of(e, [2]).tolist() == [2500, 2501 + 2500]


def test_diamonds_of_many_stages_take_linear_time():
    f = hl.Func()
    f[x] = x % 7
    for _ in range(40):
        g = hl.Func()
        g[x] = (f[x - 1] + f[x + 1]) % 1000
        f = g
    expected = np.arange(-40, 44) % 7
    for _ in range(40):
        expected = (expected[:-2] + expected[2:]) % 1000
    assert np.array_equal(interpret(f, [4]), expected)


def test_symbolic_sizes_have_the_values_given():
    n = Variable(hl.Int(32), "n", source=SymbolicSize("n", 1))
    f = hl.Func()
    f[x] = hl.sum(hl.RDom([(0, n)]) + x)
    assert interpret(f, [2], symbols={"n": 4}).tolist() == [6, 10]
    with pytest.raises(hl.BufferError, match="the size n has no value"):
        interpret(f, [2])
