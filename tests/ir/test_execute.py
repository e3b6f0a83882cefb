"""execute: the meaning of lowered IR, checked access by access."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from halo.errors import BufferError, InternalError
from halo.ir.cross_lane import ReduceOp, Shuffle, VectorReduce
from halo.ir.execute import execute
from halo.ir.expr import (
    Broadcast,
    Call,
    CallKind,
    Cast,
    Div,
    Expr,
    Let,
    Load,
    Max,
    Min,
    Mod,
    Ramp,
    Reinterpret,
    Variable,
    const,
    i32,
    i64,
)
from halo.ir.function import Dimension
from halo.ir.growing import Grow, Growing
from halo.ir.intrinsics import intrinsic
from halo.ir.lowered import BufferArg, Constant, Field, LoweredFunc, ScalarArg, buffer_field
from halo.ir.stmt import (
    Allocate,
    AssertStmt,
    ErrorCode,
    Evaluate,
    For,
    ForKind,
    IfThenElse,
    MemoryType,
    Provide,
    Stmt,
    Store,
    block,
)
from halo.ir.types import BFloat, Bool, Float, Int, Type, UInt

I32 = Int(32)


def run(s: Stmt, out: np.ndarray, type: Type = I32, **scalars: int) -> None:
    args = (BufferArg("out", type, (), True), *(ScalarArg(n, I32) for n in scalars))
    execute(LoweredFunc("f", args, s), {"out": out, **scalars})


def value(e: Expr) -> Any:
    """Return the value of `e` as a list of its lanes, or one number."""
    lanes = e.type.lanes()
    out = np.zeros(lanes, e.type.dtype)
    index = i64(0) if lanes == 1 else Ramp(i64(0), i64(1), lanes)
    run(Store("out", e, index), out, e.type.element)
    return out.tolist() if lanes > 1 else out[0].item()


@pytest.mark.parametrize("a", [7, -7, 0, -128])
@pytest.mark.parametrize("b", [3, -3, 0, -1])
def test_integer_division_leaves_a_remainder_that_is_not_negative(a: int, b: int) -> None:
    t = Int(8)
    q, r = value(Div(const(t, a), const(t, b))), value(Mod(const(t, a), const(t, b)))
    if b == 0:
        assert (q, r) == (0, 0)
    else:
        assert 0 <= r < abs(b) and t.wrap(q * b + r) == a


def test_integers_wrap() -> None:
    assert value(const(UInt(8), 200) + const(UInt(8), 100)) == 44
    assert value(const(I32, 2**31 - 1) + 1) == -(2**31)
    assert value(Cast(Int(8), i32(300))) == 44
    assert value(Cast(UInt(16), i32(-1))) == 65535


def test_a_float_becomes_an_integer_by_truncation_and_saturation() -> None:
    for x, expected in ((2.9, 2), (-2.9, -2), (1e20, 2**31 - 1), (-math.inf, -(2**31))):
        assert value(Cast(I32, const(Float(64), x))) == expected
    assert value(Cast(UInt(8), const(Float(32), -3.0))) == 0


def test_min_and_max_give_the_second_operand_beside_a_nan() -> None:
    nan, one = const(Float(32), math.nan), const(Float(32), 1)
    assert value(Min(nan, one)) == 1 and value(Max(nan, one)) == 1
    assert math.isnan(value(Min(one, nan)))


def test_shifts_outside_the_width_give_zero_or_the_sign() -> None:
    def shift(name: str, a: int, n: int) -> Any:
        return value(intrinsic(name, i32(a), i32(n)))

    assert [shift("shift_left", 5, n) for n in (1, 32, -1)] == [10, 0, 0]
    assert [shift("shift_right", -5, n) for n in (1, 40, -1)] == [-3, -1, 0]


def test_fma_rounds_once() -> None:
    t = Float(32)
    a = float(np.float32(1 + 2**-12))
    exact = a * a - 1
    args = (const(t, a), const(t, a), const(t, -1))
    assert value(intrinsic("fma", *args)) == np.float32(exact) != np.float32(a * a) - 1


def test_the_magnitude_of_a_signed_integer_is_unsigned() -> None:
    assert value(intrinsic("abs", const(Int(8), -128))) == 128
    assert value(intrinsic("absd", const(Int(8), -128), const(Int(8), 127))) == 255


def test_bits_are_counted_in_the_width_of_the_type() -> None:
    e = const(Int(16), -1)
    names = ("popcount", "count_leading_zeros", "count_trailing_zeros")
    assert [value(intrinsic(n, e)) for n in names] == [16, 0, 0]
    assert [value(intrinsic(n, const(Int(16), 0))) for n in names] == [0, 16, 16]


def test_bfloat16_rounds_after_every_operation() -> None:
    t = BFloat()
    one, tiny = const(t, 1), const(t, 2**-9)
    as_float = Cast(Float(32), (one + tiny) + tiny)
    assert value(as_float) == 1
    assert value(Reinterpret(UInt(16), one)) == 0x3F80


def test_vectors_are_ramps_shuffles_and_reductions() -> None:
    ramp = Ramp(i32(5), i32(-2), 4)
    assert value(ramp) == [5, 3, 1, -1]
    assert value(Shuffle((ramp, Broadcast(i32(9), 2)), (4, 0, 3))) == [9, 5, -1]
    assert value(VectorReduce(ReduceOp.ADD, ramp, 2)) == [8, 0]
    assert value(VectorReduce(ReduceOp.MIN, ramp, 1)) == -1


def test_a_let_hides_only_in_its_body() -> None:
    t = Variable(I32, "t")
    assert value(Let("t", i32(2), t * Let("t", i32(5), t) + t)) == 12


def test_math_functions_are_their_definitions() -> None:
    x = const(Float(32), 0.5)
    e = Call(x.type, "exp", (x,), CallKind.MATH)
    assert value(e + e) == pytest.approx(2 * math.exp(0.5), rel=1e-6)


def test_an_access_outside_its_array_is_an_internal_error() -> None:
    for s in (
        Store("out", i32(1), i64(4)),
        Store("out", Load(I32, "out", i64(-1)), i64(0)),
        Store("out", Broadcast(i32(1), 2), Ramp(i64(3), i64(1), 2)),
    ):
        with pytest.raises(InternalError, match="outside out, of size 4"):
            run(s, np.zeros(4, np.int32))


def test_lanes_that_a_predicate_excludes_are_neither_read_nor_written() -> None:
    index = Ramp(i64(2), i64(1), 4)
    mask = index < Broadcast(i64(4), 4)
    out = np.array([1, 2, 3, 4], np.int32)
    run(Store("out", Load(Int(32, 4), "out", index, mask) + 5, index, mask), out)
    assert out.tolist() == [1, 2, 8, 9]


def test_loops_and_branches_run_in_order() -> None:
    x, n = Variable(I32, "x"), Variable(I32, "n")
    at = Cast(Int(64), x + 2)
    body = IfThenElse(x < 0, Store("out", i32(7), at), Store("out", x, at))
    out = np.full(6, -1, np.int32)
    run(For("x", i32(-2), n, ForKind.PARALLEL, body), out, n=5)
    assert out.tolist() == [7, 7, 0, 1, 2, -1]
    run(For("x", i32(0), n, ForKind.SERIAL, body), out, n=-3)


def test_a_register_of_vector_type_has_all_its_lanes() -> None:
    lanes = Ramp(i64(0), i64(1), 4)
    body = block(
        Store("r", Ramp(i32(3), i32(1), 4), lanes),
        Store("out", Load(Int(32, 4), "r", lanes), lanes),
    )
    out = np.zeros(4, np.int32)
    run(Allocate("r", Int(32, 4), (i64(1),), body, MemoryType.Register), out)
    assert out.tolist() == [3, 4, 5, 6]


def test_an_array_that_grows_keeps_what_it_holds() -> None:
    at, n = i64(0), Variable(I32, "n")
    body = block(
        Grow("g", i64(1)),
        Store("g", i32(7), at),
        Grow("g", Cast(Int(64), n)),
        Grow("g", i64(2)),
        Store("g", Load(I32, "g", at) + 1, i64(2)),
        Store("out", Load(I32, "g", i64(2)) + Load(I32, "g", at), at),
    )
    out = np.zeros(1, np.int32)
    run(Growing("g", I32, body), out, n=3)
    assert out.tolist() == [15]
    with pytest.raises(InternalError, match="outside g, of size 2"):
        run(Growing("g", I32, body), out, n=1)
    with pytest.raises(InternalError, match="g has size -1"):
        run(Growing("g", I32, body), out, n=-1)


def test_a_check_that_fails_raises_its_message() -> None:
    n = Variable(I32, "n")
    s = AssertStmt(n > 3, ErrorCode.BAD_EXTENT, ("n is ", n, ", not more than 3"))
    run(s, np.zeros(1, np.int32), n=4)
    with pytest.raises(BufferError, match="n is 2, not more than 3"):
        run(s, np.zeros(1, np.int32), n=2)


def test_fields_of_buffers_constants_and_c_functions_come_from_outside() -> None:
    stride = buffer_field("out", Field.STRIDE, 0)
    func = LoweredFunc(
        "f",
        (BufferArg("out", I32, (Dimension(),), True),),
        block(
            Store("out", Load(I32, "table", i64(1)), stride),
            Evaluate(
                Call(
                    I32,
                    "set",
                    (intrinsic("address_of", Load(I32, "out", i64(1))), i32(6)),
                    CallKind.EXTERN,
                )
            ),
        ),
    )

    def set_first(array: np.ndarray, x: int) -> int:
        array[0] = x
        return 0

    out = np.zeros(4, np.int32)
    table = Constant("table", I32, np.array([10, 20], np.int32))
    execute(
        func,
        {"out": out},
        {"out.stride.0": 3},
        constants=(table,),
        externs={"set": set_first},
    )
    assert out.tolist() == [0, 6, 0, 20]
    with pytest.raises(BufferError, match="set failed"):
        execute(
            func,
            {"out": out},
            {"out.stride.0": 3},
            constants=(table,),
            externs={"set": lambda *_: 1},
        )


def test_code_before_storage_flattening_is_refused() -> None:
    with pytest.raises(InternalError, match="not of the flat stage"):
        run(Provide("f", (i32(1),), (i32(0),)), np.zeros(1, np.int32))


def test_an_unbound_name_is_an_internal_error() -> None:
    with pytest.raises(InternalError, match="variable x is not bound"):
        value(Variable(Bool(), "x"))
