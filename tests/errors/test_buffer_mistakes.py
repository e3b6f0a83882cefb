"""Arrays and parameters that do not fit are refused before anything is read or written."""

from __future__ import annotations

from typing import Any

import numpy as np

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
