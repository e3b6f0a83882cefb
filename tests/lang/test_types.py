"""What a Type says of itself, in the words of Halide's binding."""

import pytest

import halo as hl


@pytest.mark.parametrize(
    "made, code, bits, lanes, size",
    [
        (hl.Int(32), hl.TypeCode.Int, 32, 1, 4),
        (hl.UInt(8, 16), hl.TypeCode.UInt, 8, 16, 1),
        (hl.Float(64), hl.TypeCode.Float, 64, 1, 8),
        (hl.Bool(), hl.TypeCode.UInt, 1, 1, 1),
        (hl.BFloat(16), hl.TypeCode.BFloat, 16, 1, 2),
        (hl.Handle(), hl.TypeCode.Handle, 64, 1, 8),
    ],
)
def test_a_type_is_asked_by_methods(
    made: hl.Type, code: hl.TypeCode, bits: int, lanes: int, size: int
) -> None:
    assert (made.code(), made.bits(), made.lanes(), made.bytes()) == (code, bits, lanes, size)
    assert made == hl.Type(code, bits, lanes)


def test_a_type_without_arguments_is_that_of_nothing() -> None:
    nothing = hl.Type()
    assert nothing.is_handle()
    assert (nothing.bits(), nothing.lanes()) == (0, 0)


@pytest.mark.parametrize(
    "made, kinds",
    [
        (hl.Int(16), {"is_int", "is_scalar"}),
        (hl.UInt(16, 4), {"is_uint", "is_vector"}),
        (hl.Bool(), {"is_uint", "is_bool", "is_scalar"}),
        (hl.Float(16), {"is_float", "is_scalar"}),
        (hl.BFloat(16), {"is_float", "is_bfloat", "is_scalar"}),
        (hl.Handle(), {"is_handle", "is_scalar"}),
    ],
)
def test_a_type_is_of_these_kinds_and_no_others(made: hl.Type, kinds: set[str]) -> None:
    every = [f"is_{k}" for k in ("int", "uint", "bool", "float", "bfloat", "handle")]
    every += ["is_scalar", "is_vector"]
    assert {name for name in every if getattr(made, name)()} == kinds


def test_types_are_made_from_each_other() -> None:
    t = hl.Int(32)
    assert t.with_code(hl.TypeCode.UInt) == hl.UInt(32)
    assert t.with_bits(16) == hl.Int(16) != t
    assert t.with_lanes(8) == hl.Int(32, 8)
    assert t.with_lanes(8).element_of() == t


def test_a_type_knows_its_ends() -> None:
    assert hl.Int(32).is_min(-(2**31)) and hl.Int(32).is_max(2**31 - 1)
    assert hl.UInt(64).is_max(2**64 - 1) and not hl.UInt(64).is_max(-1)
    assert hl.Bool().is_max(1) and not hl.Bool().is_max(2)
    assert hl.evaluate(hl.Int(8).min()) == -128


def test_a_type_can_represent_what_it_holds_exactly() -> None:
    assert hl.Float(32).can_represent(hl.Bool())
    assert not hl.Bool().can_represent(hl.Float(32))
    assert not hl.Float(32).can_represent(hl.Int(32))


def test_handles_are_of_one_kind() -> None:
    assert hl.Handle().same_handle_type(hl.Handle())
    assert not hl.Handle().same_handle_type(hl.UInt(64))


def test_a_type_prints_as_in_halide() -> None:
    assert str(hl.Int(32, 8)) == "int32x8"
    assert repr(hl.UInt(8)) == "<halo.Type uint8>"
