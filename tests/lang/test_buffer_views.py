"""Views of a Buffer: cropped, sliced, embedded, transposed, moved; copies; device questions."""

from __future__ import annotations

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


@pytest.fixture
def cube() -> hl.Buffer:
    """Cell (x, y, z) is x + 10*y + 100*z; the mins are -1, 2 and 5."""
    z, y, x = np.indices((2, 3, 4))
    b = hl.Buffer((x - 1 + 10 * (y + 2) + 100 * (z + 5)).astype(np.int32))
    b.set_min([-1, 2, 5])
    return b


def place(b: hl.Buffer) -> list[tuple[int, int]]:
    return [(m, n) for m, n, _ in b.place()]


def is_right(b: hl.Buffer, value) -> bool:
    seen = []
    b.for_each_element(lambda at: seen.append(b[at] == value(*at)))
    return len(seen) == b.number_of_elements() and all(seen)


def cell(x: int, y: int, z: int) -> int:
    return x + 10 * y + 100 * z


def test_elements_are_visited_with_dimension_0_fastest(cube: hl.Buffer) -> None:
    seen: list[tuple[int, ...]] = []
    cube.for_each_element(lambda at: seen.append(tuple(at)))
    assert seen[:5] == [(-1, 2, 5), (0, 2, 5), (1, 2, 5), (2, 2, 5), (-1, 3, 5)]
    assert is_right(cube, cell)


def test_a_crop_keeps_the_coordinates(cube: hl.Buffer) -> None:
    b = cube.cropped(0, 1, 2)
    assert place(b) == [(1, 2), (2, 3), (5, 2)] and is_right(b, cell)
    assert place(cube.cropped([(0, 2), (3, 1)])) == [(0, 2), (3, 1), (5, 2)]
    assert is_right(cube.cropped([(0, 2), (3, 1), (6, 1)]), cell)
    assert cube.cropped(1, 2, 0).number_of_elements() == 0


def test_a_slice_drops_the_dimension(cube: hl.Buffer) -> None:
    assert is_right(cube.sliced(1, 3), lambda x, z: cell(x, 3, z))
    assert place(cube.sliced(0)) == [(2, 3), (5, 2)]
    assert is_right(cube.sliced(0), lambda y, z: cell(-1, y, z))


def test_an_embedded_buffer_has_one_more_coordinate(cube: hl.Buffer) -> None:
    for d in range(4):
        b = cube.embedded(d, 7)
        assert b.dim(d).min() == 7 and b.dim(d).extent() == 1
        assert b.sliced(d).same_as(cube)
    assert place(cube.embedded(0))[0] == (0, 1)


def test_transposed_by_two_dimensions_or_by_an_order(cube: hl.Buffer) -> None:
    assert is_right(cube.transposed(0, 2), lambda z, y, x: cell(x, y, z))
    assert is_right(cube.transposed([1, 2, 0]), lambda y, z, x: cell(x, y, z))
    assert is_right(cube.reverse_axes(), lambda z, y, x: cell(x, y, z))
    assert np.asarray(cube.reverse_axes()).shape == (4, 3, 2)


def test_translated_by_one_dimension_or_by_a_list(cube: hl.Buffer) -> None:
    assert is_right(cube.translated(1, -5), lambda x, y, z: cell(x, y + 5, z))
    assert is_right(cube.translated([3, 1]), lambda x, y, z: cell(x - 3, y - 1, z))


def test_every_view_is_of_the_same_memory(cube: hl.Buffer) -> None:
    for b in (cube.cropped(0, 0, 1), cube.sliced(1), cube.embedded(0), cube.reverse_axes()):
        assert np.shares_memory(b.view(), cube.view()) and b.writable


@pytest.mark.parametrize(
    ("change", "like"),
    [
        (lambda b: b.crop(0, 1, 2), lambda b: b.cropped(0, 1, 2)),
        (lambda b: b.slice(1, 3), lambda b: b.sliced(1, 3)),
        (lambda b: b.embed(1, 9), lambda b: b.embedded(1, 9)),
        (lambda b: b.transpose(0, 1), lambda b: b.transposed(0, 1)),
        (lambda b: b.translate([1, 2, 3]), lambda b: b.translated([1, 2, 3])),
        (lambda b: b.add_dimension(), lambda b: b.embedded(3)),
    ],
    ids=["crop", "slice", "embed", "transpose", "translate", "add"],
)
def test_each_view_can_be_had_in_place(cube: hl.Buffer, change, like) -> None:
    wanted = like(cube)
    assert change(cube) is None
    assert cube.same_as(wanted)


def test_set_min_may_leave_the_last_dimensions(cube: hl.Buffer) -> None:
    cube.set_min([0])
    assert place(cube) == [(0, 4), (2, 3), (5, 2)]


def test_expressions_see_a_buffer_that_moved() -> None:
    b = hl.Buffer(np.arange(4, dtype=np.int32))
    f = hl.Func("seen")
    f[x] = b[x + 1]
    assert np.asarray(f.realize([3])).tolist() == [1, 2, 3]
    b.translate(0, 1)
    assert np.asarray(f.realize([3])).tolist() == [0, 1, 2]
    b.crop(0, 2, 2)
    with pytest.raises(hl.BoundsError, match="cells 1 to 3 are needed, it has 2 to 3"):
        f.realize([3])


def test_a_copy_keeps_values_place_and_storage_order() -> None:
    b = hl.Buffer(hl.UInt(8), [3, 4, 2], [2, 0, 1], "pixels")
    b.set_min([1, 2, 0])
    b[2, 3, 1] = 9
    c = b.copy()
    assert c.place() == b.place() and not c.same_as(b)
    assert c[2, 3, 1] == 9 and c.address % 64 == 0
    assert not np.shares_memory(c.view(), b.view())


def test_copy_from_takes_what_both_have() -> None:
    a, b = hl.Buffer(hl.Int(32), [3, 4]), hl.Buffer(hl.Int(32), [5, 5])
    a.fill(1)
    b.set_min([2, -1])
    b.copy_from(a)
    array = np.zeros((5, 5), np.int32)
    array[1:5, 0:1] = 1
    assert np.array_equal(np.asarray(b), array)
    b.set_min([50, 50])
    b.copy_from(a)  # nothing in common
    assert np.array_equal(np.asarray(b), array)


def test_copy_from_overlapping_memory_takes_the_old_values() -> None:
    array = np.arange(6, dtype=np.int32)
    whole, moved = hl.Buffer(array), hl.Buffer(array).translated([1])
    whole.copy_from(moved)
    assert array.tolist() == [0, 0, 1, 2, 3, 4]


def test_all_equal_compares_as_the_type_holds_values() -> None:
    b = hl.Buffer(hl.Float(16), [3])
    b.fill(0.1)
    assert b.all_equal(0.1) and not b.all_equal(0.2)
    assert hl.Buffer(hl.Int(8), [0]).all_equal(3)


@pytest.mark.parametrize("type", [hl.UInt(8), hl.Int(64), hl.Float(32), hl.BFloat(16), hl.Bool()])
def test_fill_and_elements_work_on_every_type(type: hl.Type) -> None:
    b = hl.Buffer(type, [2, 3])
    b.fill(1)
    b[1, 2] = 0
    assert [b[0, 0], b[1, 2]] == [1, 0] and not b.all_equal(1)


def test_new_buffers_of_a_shape_or_layout() -> None:
    pixels = hl.Buffer.make_interleaved(hl.UInt(8), 5, 6, 3, "rgb")
    assert pixels.strides == (3, 15, 1) and pixels.shape == (5, 6, 3)
    pixels.set_min([7, 0, 0])
    other = hl.Buffer.make_with_shape_of(pixels, "like")
    assert other.place() == pixels.place() and other.all_equal(0) and other.name() == "like"
    scalar = hl.Buffer.make_scalar(hl.Int(16))
    scalar[()] = 4
    assert scalar.dimensions() == 0 and scalar[()] == 4


def test_halides_forms_of_the_constructor() -> None:
    array = np.zeros((3, 4), np.uint8)
    assert hl.Buffer(array, "first").name() == "first"
    assert hl.Buffer(array, "second", False).shape == (3, 4)
    ordered = hl.Buffer(hl.UInt(8), [3, 4], [1, 0], "third")
    assert ordered.strides == (4, 1) and ordered.name() == "third"
    assert hl.Buffer(hl.UInt(8), [3, 4], "fourth").name() == "fourth"
    assert hl.Buffer(type=hl.UInt(8), sizes=[2]).shape == (2,)
    named = hl.Buffer(array)
    named.set_name("fifth")
    assert named.name() == "fifth" and named.defined()


def test_lists_are_coordinates_too(cube: hl.Buffer) -> None:
    cube[[0, 3, 6]] = 5
    assert cube[[0, 3, 6]] == 5 == cube[0, 3, 6]
    assert cube.contains([0, 3, 6]) and cube.contains(0, 3, 6) and not cube.contains([9, 3, 6])
    flat = cube.sliced(2)
    assert str(flat[[x, y]]) == str(flat[x, y])


def test_there_is_no_device(cube: hl.Buffer) -> None:
    assert not (cube.has_device_allocation() or cube.host_dirty() or cube.device_dirty())
    assert cube.copy_to_host() == cube.device_sync() == cube.device_free() == 0
    cube.set_host_dirty()
    cube.set_device_dirty(False)
    cube.device_deallocate()
    assert is_right(cube, cell)


def test_allocate_gives_new_memory(cube: hl.Buffer) -> None:
    before, where = cube.view(), cube.place()
    cube.allocate()
    assert cube.all_equal(0) and cube.place() == where
    assert not np.shares_memory(before, cube.view())
