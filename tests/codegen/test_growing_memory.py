"""Arrays that take more memory while they are in use."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from memory_hook import Hook

import codegen
from halo.errors import BufferError
from halo.ir.execute import execute
from halo.ir.expr import LT, Call, CallKind, Cast, Expr, Load, Ramp, Variable, i32, i64
from halo.ir.function import Dimension
from halo.ir.growing import Grow, Growing
from halo.ir.intrinsics import intrinsic
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.stmt import (
    Allocate,
    AssertStmt,
    ErrorCode,
    Evaluate,
    For,
    ForKind,
    MemoryType,
    Stmt,
    Store,
    block,
)
from halo.ir.types import Bool, Float, Int, Type, UInt

I32, I64 = Int(32), Int(64)
N = Variable(I32, "n")
X = Variable(I32, "x")
Y = Variable(I32, "y")


def wide(e: Expr) -> Expr:
    return Cast(I64, e)


def loop(name: str, extent: Expr, body: Stmt, kind: ForKind = ForKind.SERIAL) -> Stmt:
    return For(name, i32(0), extent, kind, body)


def cell(index: Expr, t: Type = I32, name: str = "g") -> Expr:
    return Load(t, name, index)


def entry(kernels: Any, body: Stmt, t: Type = I32) -> LoweredFunc:
    """Return a function of n and of the output o around `body`, with a growing array g."""
    made: LoweredFunc = kernels.function(Growing("g", t, body), {}, {"o": t}, {"n": I32}, "entry")
    return made


def appended(value: Expr, place: Expr = X) -> Stmt:
    """Return what makes room for one more cell of g and fills it."""
    return block(Grow("g", wide(place) + i64(1)), Store("g", value, wide(place)))


SUM = block(
    Store("o", i32(0), i64(0)),
    loop("x", N, Store("o", cell(i64(0), name="o") + cell(wide(X)), i64(0))),
)
SUM_OF_SQUARES = block(loop("x", N, appended(X * X)), SUM)


def call(kernels: Any, functions: tuple[LoweredFunc, ...], n: int, out: Any, hook: Any) -> Hook:
    """Call entry, one of `functions`, with memory from `hook`, and return that."""
    library = codegen.compile_module(kernels.module(*functions), kernels.target)
    t = next(a.type for f in functions for a in f.args if f.name == "entry" and a.name == "o")
    library.call("entry", n, kernels.buffer(t, out), context=hook.context())
    assert isinstance(hook, Hook)
    return hook


def answer(kernels: Any, body: Stmt, n: int, cells: int = 1, t: Type = I32) -> list[Any]:
    """Return the output of `body`, which leaves no memory behind."""
    out = np.zeros(cells, t.dtype)
    hook = call(kernels, (entry(kernels, body, t),), n, out, Hook(99))
    assert not hook.live
    return out.tolist()


def test_an_array_grows_in_a_loop_and_keeps_its_values(kernels: Any) -> None:
    assert answer(kernels, SUM_OF_SQUARES, 1000) == [sum(x * x for x in range(1000))]


def test_the_interpreter_runs_it_too(kernels: Any) -> None:
    out = np.zeros(1, np.int32)
    execute(entry(kernels, SUM_OF_SQUARES), {"n": 9, "o": out})
    assert out.tolist() == [204]


def test_memory_doubles_and_all_of_it_goes_back(kernels: Any) -> None:
    out = np.zeros(1, np.int32)
    hook = call(kernels, (entry(kernels, SUM_OF_SQUARES),), 100, out, Hook(99))
    assert hook.sizes == [64, 64, 64, 64, 64, 128, 256, 512] and not hook.live
    assert out.tolist() == [328350]


def test_more_than_twice_as_much_is_as_much_as_asked_for(kernels: Any) -> None:
    body = block(Grow("g", i64(20)), Grow("g", i64(1000)), Grow("g", i64(999)))
    hook = call(kernels, (entry(kernels, body),), 0, np.zeros(1, np.int32), Hook(99))
    assert hook.sizes == [128, 4032]


def test_places_of_loops_around_are_those_of_the_array_as_it_is(kernels: Any) -> None:
    place = Y * 8 + X
    grown = loop("y", N, loop("x", i32(8), appended(place * 3, place)))
    read = loop("y", N, loop("x", i32(8), Store("o", cell(wide(place)), wide(place))))
    assert answer(kernels, block(grown, read), 20, 160) == [3 * i for i in range(160)]


def test_a_value_is_read_before_the_array_moves_and_written_behind(kernels: Any) -> None:
    first = block(Grow("g", i64(1)), Store("g", i32(1), i64(0)))
    more = block(
        Grow("g", wide(X) + i64(2)),
        Store("g", cell(wide(X)) * 2, wide(X) + i64(1)),
        Store("o", cell(wide(X) + i64(1)) + cell(i64(0)), wide(X)),
    )
    assert answer(kernels, block(first, loop("x", N, more)), 20, 20) == [
        2**i + 1 for i in range(1, 21)
    ]


@pytest.mark.parametrize("t", [UInt(8), Bool(), Float(16), Float(64), I64], ids=str)
def test_elements_of_any_type(kernels: Any, t: Type) -> None:
    fill = loop("x", N, appended(Cast(t, X)))
    read = loop("x", N, Store("o", cell(wide(X), t), wide(X)))
    want = np.arange(100).astype(t.dtype).tolist()
    assert answer(kernels, block(fill, read), 100, 100, t) == want


def test_vectors_are_written_and_read(kernels: Any) -> None:
    def eight(at: Expr) -> Expr:
        return Ramp(wide(at * 8), i64(1), 8)

    fill = block(Grow("g", wide(X * 8) + i64(8)), Store("g", Ramp(X * 8, i32(1), 8), eight(X)))
    read = Store("o", Load(Int(32, 8), "g", eight(X)), eight(X))
    body = block(loop("x", N, fill), loop("x", N, read))
    assert answer(kernels, body, 10, 80) == list(range(80))


def test_threads_fill_what_has_grown(kernels: Any) -> None:
    fill = loop("x", N, Store("g", X * 2, wide(X)), ForKind.PARALLEL)
    rows = loop("y", i32(3), block(Grow("g", wide(N) * (wide(Y) + i64(1))), fill))
    assert answer(kernels, block(rows, SUM), 500) == [500 * 499]


def test_each_thread_has_its_own(kernels: Any) -> None:
    inner = block(
        loop("x", Y + 1, appended(X + Y)),
        Store("o", cell(wide(Y)), wide(Y)),
    )
    body = loop("y", N, Growing("g", I32, inner), ForKind.PARALLEL)
    f = kernels.function(body, {}, {"o": I32}, {"n": I32})
    out = np.zeros(40, np.int32)
    kernels.run(f, {"o": out}, 40, threads=3)
    assert out.tolist() == [2 * y for y in range(40)]


def test_no_elements_have_an_address_and_take_memory_once(kernels: Any) -> None:
    body = block(Grow("g", i64(0)), Grow("g", wide(N)), Grow("g", i64(1)), Grow("g", i64(1)))
    hook = call(kernels, (entry(kernels, body),), 0, np.zeros(1, np.int32), Hook(99))
    assert hook.sizes == [64]


def test_without_more_there_is_no_memory(kernels: Any) -> None:
    hook = call(kernels, (entry(kernels, SUM),), 0, np.ones(1, np.int32), Hook(0))
    assert hook.given == 0


def test_the_inner_of_two_of_one_name_hides_the_outer(kernels: Any) -> None:
    inner = block(Grow("g", i64(2)), Store("g", i32(5), i64(0)), Store("o", cell(i64(0)), i64(0)))
    body = block(
        Grow("g", i64(1)),
        Store("g", i32(3), i64(0)),
        Growing("g", I32, inner),
        Grow("g", i64(100)),
        Store("o", cell(i64(0)), i64(1)),
    )
    assert answer(kernels, body, 0, 2) == [5, 3]


def test_an_array_in_a_loop_begins_without_elements_each_time(kernels: Any) -> None:
    inner = Growing("h", I32, block(Grow("h", wide(X) + i64(1)), Store("h", X, wide(X))))
    hook = call(
        kernels, (entry(kernels, loop("x", N, inner)),), 20, np.zeros(1, np.int32), Hook(99)
    )
    assert hook.sizes == [64] * 16 + [128] * 4 and not hook.live


def test_it_does_not_get_in_the_way_of_a_workspace(kernels: Any) -> None:
    own = block(Grow("g", wide(X) * i64(40)), Store("g", X, wide(X)), Store("t", X, i64(0)))
    around = Allocate("t", I32, (wide(N),), own, MemoryType.Heap)
    hook, out = Hook(99), np.zeros(1, np.int32)
    library = codegen.compile_module(
        kernels.module(entry(kernels, block(loop("x", N, around), SUM))), kernels.target
    )
    context, space = hook.context(), np.zeros(4096, np.uint8)
    context.workspace = hook.ffi.cast("void *", space.ctypes.data)
    context.workspace_bytes = space.nbytes
    library.call("entry", 9, kernels.buffer(I32, out), context=context)
    assert out.tolist() == [36] and context.workspace_used == 0 and not hook.live
    assert hook.sizes == [64, 192, 320, 640, 1280]


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_what_there_was_goes_back_where_there_is_no_more_memory(kernels: Any, limit: int) -> None:
    hook = Hook(limit)
    with pytest.raises(MemoryError, match="no memory for g"):
        call(kernels, (entry(kernels, SUM_OF_SQUARES),), 100, np.zeros(1, np.int32), hook)
    assert hook.given == limit and not hook.live


@pytest.mark.parametrize("count", [2**61, 2**62 + 1, 2**63 - 1, -1, -(2**63)])
@pytest.mark.parametrize("held", [0, 1])
def test_sizes_that_overflow_are_out_of_memory(kernels: Any, held: int, count: int) -> None:
    before = Grow("g", i64(1)) if held else block()
    hook = Hook(9)
    with pytest.raises(MemoryError, match="no memory for g"):
        body = block(before, Grow("g", i64(count)))
        call(kernels, (entry(kernels, body, Float(64)),), 0, np.zeros(1, np.float64), hook)
    assert hook.given == held and not hook.live


def test_a_failed_check_gives_memory_back(kernels: Any) -> None:
    check = AssertStmt(LT(X, i32(5)), ErrorCode.BAD_PARAMETER, ("x is ", X))
    inner = Growing("h", I32, block(Grow("h", wide(X)), check))
    body = loop("x", N, block(appended(X), inner))
    hook = Hook(99)
    with pytest.raises(BufferError, match="x is 5"):
        call(kernels, (entry(kernels, body),), 9, np.zeros(1, np.int32), hook)
    assert not hook.live and hook.given == 10


def numbered() -> LoweredFunc:
    """Return a function that writes n, 2n, ... from an address on."""
    body = loop("x", N, Store("dst", N * (X + 1), wide(X)))
    dims = (Dimension(i32(0), N, i64(1)),)
    return LoweredFunc(
        "numbered", (BufferArg("dst", I32, dims, True), ScalarArg("n", I32)), body, trusted=True
    )


@pytest.mark.parametrize("raw", [False, True], ids=["typed", "bytes"])
def test_an_address_is_handed_to_a_function_after_each_growth(kernels: Any, raw: bool) -> None:
    t, size = (UInt(8), i64(4)) if raw else (I32, i64(1))
    at = wide(X * (X + 1) / 2) * size
    address = intrinsic("address_of", Load(t, "g", at))
    work = block(
        Grow("g", at + (wide(X) + i64(1)) * size),
        Evaluate(Call(I32, "numbered", (address, X + 1), CallKind.EXTERN)),
    )
    whole = Load(t, "g", wide(X))
    body = block(loop("x", N, work), loop("x", i32(24 if raw else 6), Store("o", whole, wide(X))))
    out = np.zeros(24 if raw else 6, t.dtype)
    hook = call(kernels, (numbered(), entry(kernels, body, t)), 3, out, Hook(99))
    assert out.view(np.int32).tolist() == [1, 2, 4, 3, 6, 9] and not hook.live
