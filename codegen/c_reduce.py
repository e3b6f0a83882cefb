"""Reductions of the lanes of a vector, half by half."""

from __future__ import annotations

from codegen import c_vectors
from codegen.c_context import ATOM, EQUALITY, Code, Context
from codegen.c_lanes import lane_helper
from codegen.c_prelude import Prelude
from codegen.c_scalar import scalar_helper
from codegen.c_shuffle import picked_lanes
from codegen.c_types import carrier, element_of, padded, tag
from codegen.c_walk import expression
from halo.ir.cross_lane import ReduceOp, VectorReduce
from halo.ir.types import Type

_HELPERS = {
    ReduceOp.ADD: "add",
    ReduceOp.MUL: "mul",
    ReduceOp.MIN: "min",
    ReduceOp.MAX: "max",
    ReduceOp.SATURATING_ADD: "saturating_add",
}

_BITS = {
    ReduceOp.AND: "&",
    ReduceOp.MIN: "&",
    ReduceOp.MUL: "&",
    ReduceOp.OR: "|",
    ReduceOp.MAX: "|",
    ReduceOp.XOR: "^",
    ReduceOp.ADD: "^",
}
"""The operations on masks; on integers those that are no helper."""


def reduce(ctx: Context, e: VectorReduce) -> Code:
    """Groups of neighbouring lanes, each combined to one."""
    source = e.value.type
    if source.is_bool():
        bits = c_vectors.common_mask_bits(ctx, (e.value,))
        x = c_vectors.mask(ctx, e.value, bits)
        name = reduce_helper(ctx.prelude, e.op, source, e.lanes, bits)
        if e.type.is_scalar():
            return Code(f"{name}({x.text}) != 0", EQUALITY)
        return Code(f"{name}({x.text})", ATOM, bits)
    name = reduce_helper(ctx.prelude, e.op, source, e.lanes)
    return Code(f"{name}({expression(ctx, e.value).text})")


def reduce_helper(prelude: Prelude, op: ReduceOp, t: Type, lanes: int, mask_bits: int = 0) -> str:
    """Return the function that combines groups of neighbouring lanes of `t` to `lanes`."""
    mask = f"m{mask_bits}" if t.is_bool() else ""
    name = f"halo_reduce_{op.value}_{tag(t)}{mask}x{t.lanes()}_to_{lanes}"
    letter, bits = ("i", mask_bits) if t.is_bool() else carrier(t)

    def text() -> str:
        result = prelude.vector(letter, bits, lanes) if lanes > 1 else element_of(letter, bits)
        source = prelude.vector(letter, bits, t.lanes())
        lines = [f"HALO_INLINE {result} {name}({source} x0) {{"]
        group, step = t.lanes() // lanes, 0
        while group > 1:
            half = (group + 1) // 2
            if half * lanes == 1:
                both = combined(prelude, op, t.element, f"x{step}[0]", f"x{step}[1]")
                return "\n".join([*lines, f"    return {both};", "}\n"])
            made = t.with_lanes(half * lanes)
            vector = prelude.vector(letter, bits, made.lanes())
            value = _halved(prelude, op, made, f"x{step}", group, (letter, bits))
            lines.append(f"    const {vector} x{step + 1} = {value};")
            group, step = half, step + 1
        return "\n".join([*lines, f"    return x{step};", "}\n"])

    return prelude.helper(name, text)


def _halved(
    prelude: Prelude, op: ReduceOp, t: Type, x: str, group: int, kind: tuple[str, int]
) -> str:
    """Return the first half of each group of lanes of `x` combined with the second.

    The result has type `t`; `kind` is the letter and bits of `x`, as of `Prelude.vector`.
    """
    half = (group + 1) // 2
    groups = t.lanes() // half
    places = [(i, j) for i in range(groups) for j in range(half)]

    def pick(a: str, b: str, lanes: int, picked: list[int]) -> str:
        return picked_lanes(prelude, *kind, Code(a), Code(b), padded(lanes), picked).text

    whole = group * groups
    low = pick(x, x, whole, [i * group + j for i, j in places])
    rest = [i * group + j + half if j + half < group else -1 for i, j in places]
    both = combined(prelude, op, t, low, pick(x, x, whole, rest))
    if group % 2 == 0:
        return both
    width = padded(t.lanes())  # the middle lane of an odd group has no partner
    kept = [k if j + half < group else width + k for k, (_, j) in enumerate(places)]
    return pick(both, low, t.lanes(), kept)


def combined(prelude: Prelude, op: ReduceOp, t: Type, a: str, b: str) -> str:
    """Return the C of a op b: vectors of type `t`, or scalars if it is one."""
    if t.is_bool() or op not in _HELPERS:
        return f"{a} {_BITS[op]} {b}"
    helper = lane_helper if t.is_vector() else scalar_helper
    return f"{helper(prelude, _HELPERS[op], t)}({a}, {b})"
