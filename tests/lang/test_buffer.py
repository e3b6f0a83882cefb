"""Buffers share memory with arrays, whatever their layout, and know their place on the grid."""

import ctypes

import numpy as np
import pytest

import halo as hl


@pytest.fixture
def grid():
    return np.arange(12, dtype=np.int16).reshape(3, 4)


def test_dimension_0_is_the_last_axis(grid):
    b = hl.Buffer(grid)
    assert (b.width(), b.height(), b.channels()) == (4, 3, 1)
    assert b[1, 2] == grid[2, 1]
    assert b.dim(0).stride() == 1 and b.dim(1).stride() == 4


def test_reverse_axes_false_keeps_the_order_of_numpy(grid):
    b = hl.Buffer(grid, reverse_axes=False)
    assert b[1, 2] == grid[1, 2]
    assert np.asarray(b).shape == grid.shape


def test_writing_an_element_writes_the_array(grid):
    b = hl.Buffer(grid)
    b[3, 0] = -7
    assert grid[0, 3] == -7


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[:, ::-1],
        lambda a: a[::2, 1::2],
        lambda a: a.T,
        lambda a: np.broadcast_to(a[:1], (3, 4)),
        lambda a: a[:0],
        lambda a: a[1, 2, ...],
    ],
    ids=["negative", "step", "transposed", "zero", "empty", "scalar"],
)
def test_any_strides_are_taken_without_a_copy(grid, view):
    a = view(grid)
    b = hl.Buffer(a)
    assert b.address == a.ctypes.data
    assert b.strides == tuple(s // 2 for s in reversed(a.strides))
    assert np.array_equal(np.asarray(b), a)


def test_asarray_gives_the_very_memory(grid):
    assert np.shares_memory(np.asarray(hl.Buffer(grid)), grid)


def test_dlpack_goes_in_and_out_without_a_copy(grid):
    class OnlyDlpack:
        def __dlpack__(self, **options):
            return grid.__dlpack__(**options)

        def __dlpack_device__(self):
            return grid.__dlpack_device__()

    b = hl.Buffer(OnlyDlpack())
    assert np.shares_memory(np.from_dlpack(b), grid)


def test_buffer_protocol_and_array_interface_are_taken_without_a_copy(grid):
    class OnlyInterface:
        __array_interface__ = grid.__array_interface__

    raw = bytearray(b"abc")
    b = hl.Buffer(raw)
    b[0] = ord("x")
    assert raw == b"xbc"
    assert hl.Buffer(OnlyInterface()).address == grid.ctypes.data
    numbers = (ctypes.c_int * 3)(1, 2, 3)
    assert hl.Buffer(numbers)[2] == 3


def test_min_moves_the_coordinates(grid):
    b = hl.Buffer(grid)
    b.set_min([10, -1])
    assert b[10, -1] == grid[0, 0]
    assert (b.left(), b.right(), b.top(), b.bottom()) == (10, 13, -1, 1)
    moved = b.translated([-10, 1])
    assert moved[0, 0] == grid[0, 0]


def test_coordinates_outside_are_refused(grid):
    b = hl.Buffer(grid)
    with pytest.raises(hl.BoundsError, match=r"coordinate 4 of dimension 0 is outside \[0, 4\)"):
        b[4, 0]
    with pytest.raises(hl.BufferError, match="1 coordinates for a Buffer of 2 dimensions"):
        b[1]


def test_element_at_expressions_is_an_expression(grid):
    x, y = hl.vars("x y")
    b = hl.Buffer(grid, name="picture")
    assert str(b[x, y + 1]) == f"{b.name()}(x, y + 1)"
    assert b[x, y].type == hl.Int(16)
    with pytest.raises(hl.BufferError, match="set at integer coordinates"):
        b[x, y] = 3


def test_new_buffer_is_zero_and_aligned():
    b = hl.Buffer(hl.Float(32), [5, 3])
    assert b.address % 64 == 0
    assert np.asarray(b).shape == (3, 5)
    assert not np.asarray(b).any()


def test_storage_order_lists_dimensions_innermost_first():
    b = hl.Buffer(hl.UInt(8), [5, 3, 2], storage_order=[2, 0, 1])
    assert b.shape == (5, 3, 2)
    assert b.strides == (2, 10, 1)


def test_bfloat16_lives_in_uint16_and_rounds_to_even():
    b = hl.Buffer(np.zeros(2, np.uint16), type=hl.BFloat(16))
    b[0] = 1.0 + 2.0**-8
    b[1] = 1.0 + 3 * 2.0**-8
    assert b[0] == 1.0
    assert b[1] == 1.0 + 4 * 2.0**-8
    assert b.type() == hl.BFloat(16)


def test_crop_slice_and_transpose_share_the_memory(grid):
    b = hl.Buffer(grid)
    b.set_min([1, 1])
    cropped = b.cropped(0, 2, 2)
    cropped[2, 1] = 99
    assert grid[0, 1] == 99
    assert b.sliced(1, 2)[1] == grid[1, 0]
    assert b.transposed(1, 0)[3, 4] == b[4, 3]
    with pytest.raises(hl.BoundsError, match="is not inside dimension 0"):
        b.cropped(0, 0, 2)


def test_copy_has_memory_of_its_own(grid):
    b = hl.Buffer(grid)
    c = b.copy()
    c.fill(0)
    assert grid.any() and not np.asarray(c).any()


def test_shared_or_read_only_elements_make_it_unwritable(grid):
    frozen = grid.copy()
    frozen.flags.writeable = False
    assert hl.Buffer(grid).writable
    assert not hl.Buffer(frozen).writable
    assert not hl.Buffer(np.lib.stride_tricks.as_strided(grid, (3, 4), (0, 2))).writable


@pytest.mark.parametrize(
    ("source", "error", "match"),
    [
        ([1, 2], hl.BufferError, "a list is not an array"),
        (np.zeros(2, np.complex64), hl.TypeMismatch, "no type for arrays of complex64"),
        (np.zeros(2, ">i4"), hl.TypeMismatch, "no type for arrays of >i4"),
        (np.zeros(2, "u1,<i4")["f1"], hl.BufferError, "a stride of 5 bytes"),
    ],
)
def test_what_is_no_usable_array_is_refused(source, error, match):
    with pytest.raises(error, match=match):
        hl.Buffer(source)


def test_type_that_contradicts_the_array_is_refused(grid):
    with pytest.raises(hl.TypeMismatch, match="int16 cannot be a Buffer of float32"):
        hl.Buffer(grid, type=hl.Float(32))


def test_sizes_are_checked():
    with pytest.raises(hl.BufferError, match="needs its sizes"):
        hl.Buffer(hl.Int(32))
    with pytest.raises(hl.BufferError, match=r"sizes \[-1\]"):
        hl.Buffer(hl.Int(32), [-1])
    with pytest.raises(hl.BufferError, match="no permutation"):
        hl.Buffer(hl.Int(32), [2, 2], storage_order=[0, 0])
    with pytest.raises(hl.BufferError, match="3 mins for a Buffer of 2"):
        hl.Buffer(hl.Int(32), [2, 2]).set_min([1, 2, 3])
