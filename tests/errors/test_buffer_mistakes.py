"""Arrays and parameters that do not fit are refused before anything is read or written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import halo as hl

x, y = hl.vars("x y")


def shifted() -> tuple[hl.ImageParam, hl.Func]:
    """Return an input and a Func that reads one cell to the right of its own."""
    source = hl.ImageParam(hl.UInt(8), 2, "source")
    f = hl.Func("shifted")
    f[x, y] = source[x + 1, y]
    return source, f


def test_an_input_of_a_wrong_type(refused: Any) -> None:
    source, _ = shifted()
    with refused(hl.TypeMismatch, source.name(), "uint8", "int16", "astype"):
        source.set(np.zeros((3, 3), np.int16))


def test_an_input_of_a_wrong_number_of_dimensions(refused: Any) -> None:
    source, _ = shifted()
    with refused(hl.BufferError, source.name(), "2 dimensions", "of 1"):
        source.set(np.zeros(3, np.uint8))


def test_an_input_that_was_never_set(refused: Any) -> None:
    source, f = shifted()
    with refused(hl.BufferError, source.name(), "no value", ".set("):
        f.realize([3, 3])


def test_an_input_that_is_too_small(refused: Any) -> None:
    source, f = shifted()
    source.set(np.zeros((3, 3), np.uint8))
    with refused(hl.BoundsError, source.name(), "dimension 0", "1 to 3", "0 to 2", here=False):
        f.realize([3, 3])


def test_an_array_of_a_type_that_halo_does_not_have(refused: Any) -> None:
    with refused(hl.TypeMismatch, "complex64"):
        hl.Buffer(np.zeros(3, np.complex64))


def test_an_output_of_a_wrong_type(refused: Any) -> None:
    _, f = shifted()
    with refused(hl.TypeMismatch, f.name(), "uint8", "float32"):
        f.realize(hl.Buffer(np.zeros((3, 3), np.float32)))


def test_an_output_of_a_wrong_number_of_dimensions(refused: Any) -> None:
    _, f = shifted()
    with refused(hl.BufferError, f.name(), "2", "1"):
        f.realize(hl.Buffer(np.zeros(3, np.uint8)))


def test_an_output_that_cannot_be_written(refused: Any) -> None:
    _, f = shifted()
    array = np.zeros((3, 3), np.uint8)
    array.flags.writeable = False
    with refused(hl.BufferError, f.name(), "cannot be written", "copy"):
        f.realize(hl.Buffer(array))


def test_a_parameter_that_was_never_set(refused: Any) -> None:
    gain = hl.Param(hl.UInt(8), "gain")
    f = hl.Func("f")
    f[x] = gain + hl.u8(x)
    with refused(hl.BufferError, "gain", "no value", ".set("):
        f.realize([3])


def test_a_parameter_that_does_not_fit_its_type(refused: Any) -> None:
    gain = hl.Param(hl.UInt(8), "gain")
    with refused(hl.BufferError, gain.name(), "uint8", "300"):
        gain.set(300)


def test_a_cell_outside_a_buffer(refused: Any) -> None:
    with refused(hl.BoundsError, "3", "[0, 3)"):
        hl.Buffer(np.zeros(3, np.uint8))[3]


def test_a_param_outside_its_range(refused: Any) -> None:
    p = hl.Param(hl.Int(32), "level", 3, min=0, max=9)
    with refused(
        hl.BufferError, f"12 is outside the range [0, 9] of Param {p.name()}", "set_range"
    ):
        p.set(12)


def test_a_param_that_runs_outside_its_range(refused: Any) -> None:
    x, f = hl.Var("x"), hl.Func("f")
    p = hl.Param(hl.Int(32), "level", 3)
    f[x] = x + p
    p.set_range(4, 9)
    with refused(hl.BufferError, f"parameter '{p.name()}' is 3, its range is [4, 9]"):
        f.realize([4])


def test_a_range_that_holds_no_value(refused: Any) -> None:
    p = hl.Param(hl.Int(32), "level")
    with refused(hl.DefinitionError, f"the range [9, 4] of Param {p.name()} holds no value"):
        p.set_range(9, 4)


def test_a_range_that_is_not_constant(refused: Any) -> None:
    p, q = hl.Param(hl.Int(32), "level"), hl.Param(hl.Int(32), "top")
    with refused(hl.DefinitionError, f"the range of Param {p.name()} is not constant", "require"):
        p.set_max_value(q)


def test_a_range_beyond_the_type(refused: Any) -> None:
    p = hl.Param(hl.UInt(8), "level")
    with refused(hl.BufferError, f"Param {p.name()} of type uint8 cannot hold 256"):
        p.set_range(0, 256)


def test_an_estimate_that_is_no_number(refused: Any) -> None:
    p = hl.Param(hl.UInt(8), "level")
    with refused(hl.TypeMismatch, "'many' is no number"):
        p.set_estimate("many")  # type: ignore[arg-type]


def grid() -> hl.Buffer:
    b = hl.Buffer(np.zeros((3, 4), np.uint8))
    b.set_min([0, 5])
    return b


@pytest.mark.parametrize(
    ("mistake", "kind", "texts"),
    [
        (lambda b: b.crop(0, 1, 4), hl.BoundsError, ("[1, 5)", "dimension 0", "[0, 4)")),
        (lambda b: b.cropped([(0, 4), (4, 3)]), hl.BoundsError, ("[4, 7)", "[5, 8)")),
        (lambda b: b.cropped(1, 5, -1), hl.BoundsError, ("[5, 4)", "dimension 1")),
        (lambda b: b.cropped(2, 0, 1), hl.BoundsError, ("2 dimensions", "number 2")),
        (lambda b: b.cropped([(0, 1)] * 3), hl.BufferError, ("a crop is", "first of 2")),
        (lambda b: b.cropped(0), hl.BufferError, ("a crop is", "(min, extent)")),
        (lambda b: b.cropped([0, 1]), hl.BufferError, ("a crop is", "(min, extent)")),
        (lambda b: b.slice(1, 8), hl.BoundsError, ("[8, 9)", "dimension 1")),
        (lambda b: b.sliced(-1), hl.BoundsError, ("none with number -1",)),
        (lambda b: b.embedded(3, 0), hl.BoundsError, ("number 3", "0 to 2")),
        (lambda b: b.transpose([0, 0]), hl.BufferError, ("[0, 0]", "no permutation")),
        (lambda b: b.transposed([0]), hl.BufferError, ("[0]", "no permutation of 2")),
        (lambda b: b.transposed(0, 2), hl.BoundsError, ("none with number 2",)),
        (lambda b: b.translate([1, 2, 3]), hl.BufferError, ("3 offsets", "2 dimensions")),
        (lambda b: b.translated(4, 1), hl.BoundsError, ("none with number 4",)),
        (lambda b: b.set_min([0.5]), hl.BufferError, ("[0.5]", "no mins", "integers")),
        (lambda b: b.set_min(3), hl.BufferError, ("3 are no mins", "integers")),
        (lambda b: b.contains([0]), hl.BufferError, ("1 coordinates", "2 dimensions")),
        (lambda b: b.fill(300), hl.BufferError, ("uint8 cannot hold 300",)),
        (lambda b: b.fill(2.5), hl.BufferError, ("uint8 cannot hold 2.5",)),
        (lambda b: b.fill("a"), hl.TypeMismatch, ("'a' is no number",)),
        (lambda b: b.all_equal(-1), hl.BufferError, ("uint8 cannot hold -1",)),
        (lambda b: b.__setitem__((0, 5), 256), hl.BufferError, ("uint8 cannot hold 256",)),
        (lambda b: b.copy_from(hl.Buffer(hl.Int(8), [1, 1])), hl.TypeMismatch, ("uint8", "int8")),
        (lambda b: b.copy_from(hl.Buffer(hl.UInt(8), [1])), hl.BufferError, ("of 2", "of 1")),
        (lambda b: b.copy_from(np.zeros(3)), hl.TypeMismatch, ("ndarray is no Buffer",)),
        (lambda b: b.copy_to_device(), hl.BufferError, ("copy_to_device", "no device")),
        (lambda b: b.device_malloc(), hl.BufferError, ("device_malloc", "no device")),
        (lambda b: b.device_detach_native(), hl.BufferError, ("no device",)),
        (lambda b: b.set_device_dirty(), hl.BufferError, ("set_device_dirty", "no device")),
        (lambda b: b.deallocate(), hl.BufferError, ("keeps its array",)),
    ],
)
def test_a_view_or_a_value_that_does_not_fit(
    mistake: Any, kind: Any, texts: Any, refused: Any
) -> None:
    b = grid()
    before = b.place()
    with refused(kind, *texts):
        mistake(b)
    assert b.place() == before and b.all_equal(0)


@pytest.mark.parametrize("write", ["fill", "set", "copy_from"])
def test_a_read_only_array(write: str, refused: Any) -> None:
    array = np.zeros((2, 2), np.uint8)
    array.flags.writeable = False
    b = hl.Buffer(array)
    with refused(hl.BufferError, "read-only", "copy()"):
        if write == "fill":
            b.fill(1)
        elif write == "set":
            b[0, 0] = 1
        else:
            b.copy_from(grid())


def test_a_buffer_that_expressions_read_keeps_its_dimensions(refused: Any) -> None:
    b = grid()
    b.set_name("read")
    f = hl.Func()
    f[x, y] = b[x, y]
    with refused(hl.BufferError, b.name(), "2 coordinates", "3 dimensions", "embedded"):
        b.add_dimension()
    with refused(hl.BufferError, b.name(), "under this name"):
        b.set_name("renamed")


def test_a_buffer_of_nothing(refused: Any) -> None:
    with refused(hl.BufferError, "needs an array, or a type and sizes"):
        hl.Buffer()


def test_sizes_that_are_no_integers(refused: Any) -> None:
    with refused(hl.BufferError, "[2.5]", "no sizes"):
        hl.Buffer(hl.UInt(8), [2.5])
    with refused(hl.BufferError, "no sizes"):
        shifted()[1].realize([3, 1.5])


def test_a_bounds_query(refused: Any) -> None:
    with refused(hl.BufferError, "no bounds queries", "infer_input_bounds"):
        hl.Buffer.make_bounds_query(hl.UInt(8), [3])
