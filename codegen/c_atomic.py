"""Updates of cells that several threads may update: atomic operations, and locks.

Without OpenMP nothing runs at the same time, and they are plain updates.
"""

from __future__ import annotations

from codegen.c_context import SUM, Context
from codegen.c_memory import memory_value
from codegen.c_prelude import Prelude
from codegen.c_reduce import combined
from codegen.c_scalar import memory_helper
from codegen.c_types import is_half, memory_type, scalar_type, tag
from codegen.c_walk import expression, place
from halo.errors import InternalError
from halo.ir.associative import split_update
from halo.ir.cross_lane import ReduceOp
from halo.ir.equality import equal
from halo.ir.expr import Expr, Load
from halo.ir.node import Node
from halo.ir.stmt import Store
from halo.ir.substitute import walk
from halo.ir.types import Type

_FETCH = {
    ReduceOp.ADD: "add",
    ReduceOp.AND: "and",
    ReduceOp.OR: "or",
    ReduceOp.XOR: "xor",
}
"""Operations on integers that processors have."""


def split_store(s: Store) -> tuple[ReduceOp | None, Expr]:
    """Return the operation that `s` combines its element by, and what with.

    No operation: the element is written over, whatever it was.
    """

    def reads(n: Node) -> bool:
        return isinstance(n, Load) and n.name == s.name

    def is_old(n: Node) -> bool:
        return isinstance(n, Load) and n.name == s.name and equal(n.index, s.index)

    if not any(reads(n) for n in walk(s.value)):
        return None, s.value
    split = split_update(s.value, is_old, reads)
    if split is None or s.value.type.is_vector():
        raise InternalError(f"an atomic update of {s.name} that is none: {s.value}")
    return split


def update(ctx: Context, s: Store, op: ReduceOp | None, new: Expr) -> None:
    """Write the store `s`, which combines an element with `new` by `op`, as one step."""
    array, t = ctx.array(s.name), new.type
    value = expression(ctx, new)
    at = f"&{array.text}[{place(ctx, s.index).text}]"
    name = write_helper(ctx.prelude, t) if op is None else update_helper(ctx.prelude, op, t)
    if op is None:
        value = memory_value(ctx, t, value)
    line = f"{name}({at}, {value.within(SUM)});"
    if s.predicate is None:
        ctx.line(line)
        return
    with ctx.index():
        ctx.line(f"if ({expression(ctx, s.predicate).text}) {line}")


def write_helper(prelude: Prelude, t: Type) -> str:
    """Return the function that writes an element as one step."""
    name, memory = f"halo_atomic_write_{tag(t)}", memory_type(t)
    body = _either(["__atomic_store(p, &v, __ATOMIC_RELAXED);"], "*p = v;")
    head = f"HALO_INLINE void {name}({memory} *p, {memory} v) {{\n"
    return prelude.helper(name, lambda: f"{head}{body}}}\n")


def update_helper(prelude: Prelude, op: ReduceOp, t: Type) -> str:
    """Return the function that combines an element with a value as one step."""
    memory_helper(prelude, t)
    name, memory = f"halo_atomic_{op.value}_{tag(t)}", memory_type(t)

    def text() -> str:
        plain = f"*p = {_combination(prelude, op, t, '*p')};"
        if op in _FETCH and t.is_integral and not t.is_bool():
            steps = [f"__atomic_fetch_{_FETCH[op]}(p, v, __ATOMIC_RELAXED);"]
        else:
            steps = [
                f"{memory} old, now;",
                "__atomic_load(p, &old, __ATOMIC_RELAXED);",
                "do {",
                f"    now = {_combination(prelude, op, t, 'old')};",
                "} while (!__atomic_compare_exchange(p, &old, &now, 1, __ATOMIC_RELAXED, "
                "__ATOMIC_RELAXED));",
            ]
        head = f"HALO_INLINE void {name}({memory} *p, {scalar_type(t)} v) {{\n"
        return f"{head}{_either(steps, plain)}}}\n"

    return prelude.helper(name, text)


def _either(steps: list[str], plain: str) -> str:
    inside = "".join(f"    {line}\n" for line in steps)
    return f"#ifdef _OPENMP\n{inside}#else\n    {plain}\n#endif\n"


def _combination(prelude: Prelude, op: ReduceOp, t: Type, old: str) -> str:
    """Return what memory holds after element `old` was combined with v."""
    if t.is_bool():
        return f"({memory_type(t)})({combined(prelude, op, t, f'({old} != 0)', 'v')})"
    if is_half(t):
        both = combined(prelude, op, t, f"halo_load_{tag(t)}({old})", "v")
        return f"halo_store_{tag(t)}({both})"
    both = combined(prelude, op, t, old, "v")
    return f"({memory_type(t)})({both})" if t.is_integral else both
