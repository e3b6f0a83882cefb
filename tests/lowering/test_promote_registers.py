"""promote_registers: small arrays used at constant places become variables."""

from __future__ import annotations

import numpy as np

from halo.ir.execute import execute
from halo.ir.expr import Broadcast, Call, CallKind, Cast, Expr, Load, Ramp, Variable, i32, i64
from halo.ir.intrinsics import intrinsic
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.node import Node
from halo.ir.stmt import Allocate, Evaluate, For, ForKind, MemoryType, Stmt, Store, block
from halo.ir.types import Int
from halo.lowering.promote_registers import promote_registers
from halo.lowering.unroll_loops import unroll_loops
from halo.lowering.vectorize_loops import vectorize_loops

I32 = Int(32)
x, y, r, n = (Variable(I32, name) for name in "xyrn")


def load(name: str, e: Expr) -> Expr:
    return Load(I32, name, Cast(Int(64), e))


def store(name: str, value: Expr, e: Expr) -> Stmt:
    return Store(name, value, Cast(Int(64), e))


def loop(v: Variable, extent: Expr | int, body: Stmt, kind: ForKind = ForKind.SERIAL) -> For:
    return For(v.name, i32(0), i32(extent) if isinstance(extent, int) else extent, kind, body)


def nodes(s: Node) -> list[Node]:
    return [s] + [m for c in s.children() for m in nodes(c)]


def run(s: Stmt, n: int = 5) -> np.ndarray:
    args = (*(BufferArg(b, I32, (), b == "out") for b in ("out", "in")), ScalarArg("n", I32))
    out = np.full(64, -1, np.int32)
    execute(LoweredFunc("f", args, s), {"out": out, "in": np.arange(64, dtype="i4") * 7, "n": n})
    return out


def check(s: Stmt) -> list[Allocate]:
    made = promote_registers(s)
    np.testing.assert_array_equal(run(made), run(s))
    return [a for a in nodes(made) if isinstance(a, Allocate)]


def ramp(start: int, lanes: int = 4, stride: int = 1) -> Expr:
    return Ramp(i64(start), i64(stride), lanes)


def test_the_accumulators_of_a_register_tile_become_vectors() -> None:
    """The inside of a matrix product: 2 rows of 2 vectors of 4, over a serial reduction."""
    wide = Variable(I32, "v")
    place = y * 8 + wide * 4 + x
    init = store("acc", i32(0), place)
    step = store("acc", load("acc", place) + load("in", r + y) * load("in", r * 2 + x), place)
    write = store("out", load("acc", place), place)

    def tile(s: Stmt) -> Stmt:
        lanes = loop(x, 4, s, ForKind.VECTORIZED)
        return loop(y, 2, loop(wide, 2, lanes, ForKind.UNROLLED), ForKind.UNROLLED)

    body = block(tile(init), loop(r, n, tile(step)), tile(write))
    s = Allocate("acc", I32, (i64(16),), body, MemoryType.Stack)
    flat = vectorize_loops(unroll_loops(s))
    np.testing.assert_array_equal(run(flat), run(s))
    made = check(flat)
    assert [a.name for a in made] == ["acc.0", "acc.1", "acc.2", "acc.3"]
    assert all(a.memory is MemoryType.Register and a.type == Int(32, 4) for a in made)


def test_a_scalar_accumulator_becomes_a_variable() -> None:
    body = block(
        Store("a", i32(0), i64(0)),
        loop(r, n, Store("a", Load(I32, "a", i64(0)) + load("in", r), i64(0))),
        Store("out", Load(I32, "a", i64(0)), i64(0)),
    )
    (made,) = check(Allocate("a", I32, (i64(1),), body))
    assert made.memory is MemoryType.Register and made.type == I32


def test_pieces_of_different_size_may_lie_side_by_side() -> None:
    four = Load(Int(32, 4), "in", ramp(0))
    body = block(
        Store("a", four, ramp(1)),
        Store("a", n, i64(0)),
        Store("out", Load(Int(32, 4), "a", ramp(1)), ramp(8)),
        Store("out", Load(I32, "a", i64(0)), i64(0)),
    )
    assert [a.type.lanes() for a in check(Allocate("a", I32, (i64(5),), body))] == [1, 4]


def test_an_array_stays_where_accesses_overlap_or_vary() -> None:
    four = Load(Int(32, 4), "in", ramp(0))
    uses = [
        Load(I32, "a", i64(2)),  # one lane of a piece
        Load(I32, "a", Cast(Int(64), n % 4)),  # anywhere
    ]
    for use in uses:
        body = block(Store("a", four, ramp(0)), Store("out", use, i64(0)))
        (made,) = check(Allocate("a", I32, (i64(8),), body))
        assert made.memory is MemoryType.Auto
    strided = Load(Int(32, 4), "a", ramp(0, stride=2))
    fill = block(*(Store("a", i32(k), i64(k)) for k in range(8)))
    (made,) = check(Allocate("a", I32, (i64(8),), block(fill, Store("out", strided, ramp(0)))))
    assert made.memory is MemoryType.Auto


def test_an_array_stays_that_is_large_or_on_the_heap() -> None:
    body = block(Store("a", n, i64(3)), Store("out", Load(I32, "a", i64(3)), i64(0)))
    for size, memory in ((2000, MemoryType.Auto), (8, MemoryType.Heap), (n, MemoryType.Auto)):
        extent = i64(size) if isinstance(size, int) else Cast(Int(64), size)
        s = Allocate("a", I32, (extent,), body, memory)
        assert promote_registers(s) is s


def test_an_array_stays_that_parallel_iterations_share() -> None:
    body = loop(x, 4, store("out", Load(I32, "a", i64(0)), x), ForKind.PARALLEL)
    s = Allocate("a", I32, (i64(1),), block(Store("a", n, i64(0)), body))
    assert promote_registers(s) is s
    inside = block(Store("a", x, i64(0)), store("out", Load(I32, "a", i64(0)), x))
    made = check(loop(x, 4, Allocate("a", I32, (i64(1),), inside), ForKind.PARALLEL))
    assert [a.memory for a in made] == [MemoryType.Register]


def test_an_array_stays_whose_address_is_taken() -> None:
    address = intrinsic("address_of", Load(I32, "a", i64(0)))
    call = Evaluate(Call(I32, "c_function", (address,), CallKind.EXTERN))
    s = Allocate("a", I32, (i64(1),), block(Store("a", n, i64(0)), call))
    assert promote_registers(s) is s


def test_predicates_become_selects() -> None:
    mask = ramp(0) < Broadcast(Cast(Int(64), n - 2), 4)
    body = block(
        Store("a", Broadcast(n, 4), ramp(0)),
        Store("a", Broadcast(n * 2, 4), ramp(0), mask),
        Store("out", Load(Int(32, 4), "a", ramp(0)), ramp(0)),
        Store("out", Load(Int(32, 4), "a", ramp(0), mask), ramp(8)),
    )
    (made,) = check(Allocate("a", I32, (i64(4),), body))
    accesses = [m for m in nodes(made) if isinstance(m, (Load, Store)) and m.name == "a.0"]
    assert accesses and all(m.predicate is None for m in accesses)


def test_arrays_of_one_name_in_sibling_scopes_are_split_each_for_itself() -> None:
    def one(place: int) -> Stmt:
        body = block(
            Store("a", n, i64(place)), Store("out", Load(I32, "a", i64(place)), i64(place))
        )
        return Allocate("a", I32, (i64(8),), body)

    assert [a.name for a in check(block(one(0), one(5)))] == ["a.0", "a.0"]
