"""Loops, memory, and the ways out of a function."""

from __future__ import annotations

from typing import Any

import cffi
import numpy as np
import pytest
from memory_hook import Hook

import codegen
from halo.errors import BoundsError, BufferError
from halo.ir.expr import LT, NE, Add, Call, CallKind, Cast, Expr, Load, Variable, i32, i64
from halo.ir.function import Dimension
from halo.ir.intrinsics import intrinsic
from halo.ir.lowered import BufferArg, Constant, Field, LoweredFunc, ScalarArg, buffer_field
from halo.ir.stmt import (
    Allocate,
    AssertStmt,
    ErrorCode,
    Evaluate,
    ForKind,
    IfThenElse,
    LetStmt,
    MemoryType,
    ProducerConsumer,
    Stmt,
    Store,
    block,
)
from halo.ir.types import Float, Int, UInt
from halo.target import host_target

F32 = Float(32)
EXTENT = buffer_field("o", Field.EXTENT, 0)
N = Variable(Int(32), "n")


def loaded(kernels: Any, f: LoweredFunc) -> codegen.Functions:
    return codegen.compile_module(kernels.module(f), kernels.target)


def fill(kernels: Any, kind: ForKind = ForKind.SERIAL) -> LoweredFunc:
    """Return o[x] = float(x)."""
    value = Cast(F32, kernels.X)
    body = kernels.loop(EXTENT, Store("o", value, kernels.index()), kind)
    f: LoweredFunc = kernels.function(body, {}, {"o": F32})
    return f


def test_a_parallel_loop_runs_every_iteration(kernels: Any) -> None:
    out = np.zeros(1000, np.float32)
    kernels.run(fill(kernels, ForKind.PARALLEL), {"o": out}, threads=4)
    np.testing.assert_array_equal(out, np.arange(1000))


def test_a_failure_in_a_parallel_loop_leaves_with_its_message(kernels: Any) -> None:
    check = AssertStmt(
        NE(kernels.X, i32(77)), ErrorCode.OUT_OF_BOUNDS, ("row ", kernels.X, " 100%")
    )
    body = block(check, Store("o", Cast(F32, kernels.X), kernels.index()))
    f = kernels.function(kernels.loop(EXTENT, body, ForKind.PARALLEL), {}, {"o": F32})
    with pytest.raises(BoundsError, match=r": row 77 100%\n"):
        kernels.run(f, {"o": np.zeros(200, np.float32)}, threads=2)


@pytest.mark.parametrize(
    ("what", "change", "message"),
    [
        ("type", {"type": UInt(8)}, "output 'o': expected float32, got uint8"),
        ("dimensions", {"dims": []}, "output 'o': expected 1 dimensions, got 0"),
        ("extent", {"dims": [(0, -1, 1)]}, "output 'o': extent -1 of dimension 0"),
        ("min", {"dims": [(2**31 - 4, 8, 1)]}, "output 'o': min 2147483644 of dimension 0"),
        ("stride", {"dims": [(0, 8, 2**62)]}, "output 'o': stride .* of dimension 0"),
        ("host", {"address": 0}, "output 'o': its host is NULL"),
    ],
)
def test_a_bad_buffer_is_refused_by_name(
    kernels: Any, what: str, change: dict[str, Any], message: str
) -> None:
    out = np.zeros(8, np.float32)
    good = {"address": out.ctypes.data, "type": F32, "dims": [(0, 8, 1)]}
    library = loaded(kernels, fill(kernels))
    with pytest.raises(BufferError, match=rf"^test_c_control.py:\d+: {message}"):
        library.call("kernel", codegen.make_buffer(**{**good, **change}))
    assert not out.any(), what


def test_a_null_buffer_is_refused_and_a_null_context_is_fine(kernels: Any) -> None:
    library, out = loaded(kernels, fill(kernels)), np.zeros(8, np.float32)
    null = cffi.FFI().NULL
    assert library.function("kernel")(null, null) == ErrorCode.NULL_BUFFER.value
    assert library.function("kernel")(null, kernels.buffer(F32, out).cdata) == 0
    assert out[7] == 7


def test_an_empty_buffer_needs_no_memory(kernels: Any) -> None:
    loaded(kernels, fill(kernels)).call("kernel", codegen.make_buffer(0, F32, [(0, 0, 1)]))


def test_a_context_can_be_used_again_after_an_error(kernels: Any) -> None:
    library, out = loaded(kernels, fill(kernels)), np.zeros(4, np.float32)
    context = codegen.make_context(1)
    with pytest.raises(BufferError):
        library.call("kernel", codegen.make_buffer(0, F32, [(0, 4, 1)]), context=context)
    library.call("kernel", kernels.buffer(F32, out), context=context)
    assert codegen.error_message(context) == ""


def nested(kernels: Any, inner: Stmt, memory: MemoryType = MemoryType.Heap) -> LoweredFunc:
    """Return a function with two allocations, of n cells each, around `inner`."""
    size = (Cast(Int(64), N),)
    body = Allocate("first", F32, size, Allocate("second", F32, size, inner, memory), memory)
    f: LoweredFunc = kernels.function(body, {}, {"o": F32}, {"n": Int(32)})
    return f


def copied(kernels: Any) -> Stmt:
    x = kernels.index()
    first, then = Store("second", Cast(F32, kernels.X), x), Store("o", Load(F32, "second", x), x)
    made: Stmt = kernels.loop(N, block(first, then))
    return made


def test_memory_comes_from_the_hook_and_goes_back(kernels: Any) -> None:
    hook, out = Hook(9), np.zeros(8, np.float32)
    library = loaded(kernels, nested(kernels, copied(kernels)))
    library.call("kernel", 8, kernels.buffer(F32, out), context=hook.context())
    assert hook.given == 2 and not hook.live and out[7] == 7


@pytest.mark.parametrize("limit", [0, 1])
def test_without_memory_everything_is_given_back(kernels: Any, limit: int) -> None:
    hook = Hook(limit)
    library = loaded(kernels, nested(kernels, copied(kernels)))
    with pytest.raises(MemoryError, match="no memory for"):
        library.call("kernel", 8, kernels.buffer(F32, np.zeros(8, "f4")), context=hook.context())
    assert hook.given == limit and not hook.live


def test_a_failed_check_gives_memory_back(kernels: Any) -> None:
    hook = Hook(9)
    check = AssertStmt(LT(N, i32(3)), ErrorCode.BAD_PARAMETER, ('n is "', N, '" \\ too much?'))
    library = loaded(kernels, nested(kernels, check))
    with pytest.raises(BufferError, match=r'n is "8" . too much'):
        library.call("kernel", 8, kernels.buffer(F32, np.zeros(8, "f4")), context=hook.context())
    assert hook.given == 2 and not hook.live


def test_the_workspace_is_used_before_the_hook(kernels: Any) -> None:
    hook, space, out = Hook(0), np.zeros(4096, np.uint8), np.zeros(8, np.float32)
    library = loaded(kernels, nested(kernels, copied(kernels)))
    context = hook.context()
    context.workspace = hook.ffi.cast("void *", space.ctypes.data)
    context.workspace_bytes = space.nbytes
    library.call("kernel", 8, kernels.buffer(F32, out), context=context)
    assert out[7] == 7 and context.workspace_used == 0


def test_small_constant_allocations_stay_on_the_stack(kernels: Any) -> None:
    x = kernels.index()
    inner = block(Store("tmp", Cast(F32, kernels.X), x), Store("o", Load(F32, "tmp", x), x))
    body = Allocate("tmp", F32, (i64(4), i64(8)), kernels.loop(32, inner))
    f = kernels.function(body, {}, {"o": F32})
    text = kernels.text(f)
    assert "float tmp[32] __attribute__((aligned(64)));" in text and "halo_allocate" not in text
    out = np.zeros(32, np.float32)
    kernels.run(f, {"o": out})
    np.testing.assert_array_equal(out, np.arange(32))


def trusted(kernels: Any) -> LoweredFunc:
    """Return out[x] = in[x] + 1 on bare pointers."""
    dims = (Dimension(i32(0), N, i64(1)),)
    one: Expr = Add(Load(F32, "src", kernels.index()), Load(F32, "ones", i64(1)))
    body = block(
        AssertStmt(LT(N, i32(100)), ErrorCode.BAD_SHAPE, ("n is ", N)),
        kernels.loop(N, Store("dst", one, kernels.index())),
    )
    args = (
        BufferArg("src", F32, dims, False),
        BufferArg("dst", F32, dims, True),
        ScalarArg("n", Int(32)),
    )
    return LoweredFunc("add_one", args, body, trusted=True)


def caller(kernels: Any) -> LoweredFunc:
    def at(name: str, k: int) -> Expr:
        return intrinsic("address_of", Load(F32, name, i64(k)))

    call = Call(Int(32), "add_one", (at("o", 0), at("o", 4), i32(4)), CallKind.EXTERN)
    again = Call(Int(32), "add_one", (at("o", 4), at("o", 0), N), CallKind.EXTERN)
    body = block(Evaluate(call), Evaluate(again))
    f: LoweredFunc = kernels.function(body, {}, {"o": F32}, {"n": Int(32)}, "entry")
    return f


@pytest.mark.parametrize("whole", [False, True], ids=["units", "file"])
def test_functions_call_trusted_functions_and_pass_errors_on(kernels: Any, whole: bool) -> None:
    ones = Constant("ones", F32, np.ones(3, np.float32))
    big = Constant("big one", F32, np.arange(5000, dtype=np.float32))
    reader = kernels.function(
        Store("o", Load(F32, "big one", i64(4999)), i64(0)), {}, {"o": F32}, name="reader"
    )
    module = kernels.module(trusted(kernels), caller(kernels), reader, constants=(ones, big))
    library: codegen.Functions
    if whole:
        path = codegen.compile_library(codegen.emit_c(module, host_target()), host_target())
        library = codegen.Library(path, codegen.public_declarations(module))
    else:
        library = codegen.compile_module(module, kernels.target)
    out = np.zeros(8, np.float32)
    library.call("entry", 4, kernels.buffer(F32, out))
    assert out.tolist() == [2] * 4 + [1] * 4
    with pytest.raises(BufferError, match="n is 100"):
        library.call("entry", 100, kernels.buffer(F32, out))
    library.call("reader", kernels.buffer(F32, out))
    assert out[0] == 4999


def test_comments_and_names_of_the_user_cannot_break_out(kernels: Any) -> None:
    inner = IfThenElse(
        LT(Variable(Int(32), "int */ x"), i32(100)),
        Store('printf("hi")', Variable(Int(32), "int */ x"), i64(0)),
        Store('printf("hi")', i32(7), i64(0)),
    )
    body = ProducerConsumer("f */ #error \n x", True, LetStmt("int */ x", N + i32(1), inner))
    f = kernels.function(body, {}, {'printf("hi")': Int(32)}, {"n": Int(32)})
    out = np.zeros(1, np.int32)
    kernels.run(f, {'printf("hi")': out}, 41)
    assert out[0] == 42
