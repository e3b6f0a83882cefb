"""Atomic updates in C: what processors have, exchanges, locks; plain updates without OpenMP."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import codegen
from halo.errors import InternalError
from halo.ir.associative import combine
from halo.ir.cross_lane import ReduceOp
from halo.ir.expr import Expr, Load, i64
from halo.ir.stmt import Atomic, ForKind, LetStmt, Stmt, Store, block
from halo.ir.types import Float, Int, Type, UInt
from halo.target import host_target


def cell(t: Type, k: int = 0) -> Expr:
    return Load(t, "o", i64(k))


def loop(kernels: Any, t: Type, body: Stmt) -> Any:
    return kernels.function(kernels.loop(64, body, ForKind.PARALLEL), {"a": t}, {"o": t})


def update(kernels: Any, op: ReduceOp, t: Type) -> Any:
    new = Load(t, "a", kernels.index())
    store = Store("o", combine(op, cell(t), new), i64(0))
    return loop(kernels, t, Atomic("o", store, threads=True, lock=False))


def test_integers_use_the_operations_of_the_processor(kernels: Any) -> None:
    f = update(kernels, ReduceOp.XOR, UInt(16))
    assert "halo_atomic_xor_u16(&o_data[0], a_data[x]);" in kernels.text(f)
    assert "__atomic_fetch_xor" in whole(kernels, f)


@pytest.mark.parametrize(
    ("op", "t"), [(ReduceOp.MIN, Int(32)), (ReduceOp.ADD, Float(64)), (ReduceOp.MUL, Int(8))]
)
def test_other_operations_exchange_until_no_other_thread_came_between(
    kernels: Any, op: ReduceOp, t: Type
) -> None:
    text = whole(kernels, update(kernels, op, t))
    assert "__atomic_compare_exchange(p, &old, &now" in text
    a = np.arange(1, 65).astype(t.dtype)
    o = np.full(1, 5, t.dtype)
    kernels.run(update(kernels, op, t), {"a": a, "o": o})
    reduce = {"min": np.minimum, "add": np.add, "mul": np.multiply}[op.value]
    assert o[0] == reduce.reduce(a, initial=t.dtype.type(5), dtype=t.dtype)


def test_without_openmp_an_update_is_a_plain_one(kernels: Any) -> None:
    text = whole(kernels, update(kernels, ReduceOp.MAX, Float(32)))
    assert "#else\n    *p = halo_max_f32(*p, v);\n#endif" in text


def test_a_lock_is_a_critical_section_of_the_func(kernels: Any) -> None:
    t = Int(32)
    new = Load(t, "a", kernels.index())
    both = block(
        Store("o", cell(t) + new, i64(0)), Store("o", cell(t, 1) * new, i64(1))
    )  # fmt: skip
    f = loop(kernels, t, Atomic("sums", both, threads=True, lock=True))
    assert "#pragma omp critical (halo_update_sums)" in kernels.text(f)
    a, o = np.arange(1, 65, dtype=np.int32), np.array([0, 1], np.int32)
    kernels.run(f, {"a": a, "o": o})
    with np.errstate(over="ignore"):
        assert o.tolist() == [a.sum(), a.prod(dtype=np.int32)]


def test_what_stands_around_the_store_is_not_part_of_the_step(kernels: Any) -> None:
    t = Int(32)
    new = Load(t, "a", kernels.index())
    inside = LetStmt("n", new * new, Store("o", cell(t) + new * new, i64(0)))
    f = loop(kernels, t, Atomic("o", inside, threads=True, lock=False))
    assert kernels.text(f).count("halo_atomic_add_i32") == 1


def test_a_cell_that_is_written_over_is_written_as_one_step(kernels: Any) -> None:
    t = Float(16)
    from_zero = Store("o", Load(t, "a", i64(3)), i64(0))
    f = loop(kernels, t, Atomic("o", from_zero, threads=True, lock=False))
    a, o = np.arange(64).astype(np.float16), np.zeros(1, np.float16)
    kernels.run(f, {"a": a, "o": o})
    assert o[0] == 3 and "halo_atomic_write_f16" in kernels.text(f)


def test_an_update_that_is_no_step_is_a_bug_of_halo(kernels: Any) -> None:
    t = Int(32)
    store = Store("o", cell(t) * 2 + Load(t, "a", kernels.index()), i64(0))
    f = loop(kernels, t, Atomic("o", store, threads=True, lock=False))
    with pytest.raises(InternalError, match="an atomic update of o that is none"):
        kernels.text(f)


def whole(kernels: Any, f: Any) -> str:
    return codegen.emit_c(kernels.module(f), host_target()).text
