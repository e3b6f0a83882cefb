"""Math functions: one C function per name and type, whose body is halo's own definition."""

from __future__ import annotations

from functools import cache

from codegen.c_context import Code, Context
from codegen.c_names import Names
from codegen.c_types import carrier, padded, tag
from codegen.c_walk import count_shared, expression
from halo.ir.expr import Call, Expr, Variable
from halo.ir.math import definition
from halo.ir.types import Type


def _type_tag(t: Type) -> str:
    return tag(t) if t.is_scalar() else f"{tag(t)}x{padded(t.lanes())}"


def math_helper(ctx: Context, e: Call) -> str:
    """Return the name of the C function that computes `e` from its arguments."""
    tags = dict.fromkeys([_type_tag(e.type), *(_type_tag(a.type) for a in e.args)])
    name = f"halo_{e.name}_{'_'.join(tags)}"
    return ctx.prelude.helper(name, lambda: _function(ctx, e, name))


@cache
def widest_bits(name: str, t: Type, count: int) -> int:
    """Return the width of the widest values in the definition of a math function of type `t`."""
    body = definition(name, tuple(Variable(t, "xyzw"[i]) for i in range(count)))
    widest = carrier(t)[1]
    seen: set[int] = set()
    stack: list[Expr] = [body]
    while stack:
        e = stack.pop()
        if id(e) not in seen:
            seen.add(id(e))
            stack.extend(e.children())
            widest = max(widest, 0 if e.type.is_bool() else carrier(e.type)[1])
    return widest


def _function(ctx: Context, e: Call, name: str) -> str:
    inner = Context(ctx.prelude, Names(), ctx.printers)
    params: list[Expr] = []
    declared: list[str] = []
    for i, a in enumerate(e.args):
        lanes = padded(a.type.lanes()) if a.type.is_vector() else 1
        param = "xyzw"[i]
        inner.variables[param] = Code(inner.names.fresh(param))
        declared.append(f"{ctx.value_type(a.type)} {param}")
        params.append(Variable(a.type.with_lanes(lanes), param))
    body = definition(e.name, tuple(params))
    inner.shared = count_shared(inner, (body,))
    result = expression(inner, body)
    head = (
        f"HALO_INLINE {ctx.value_type(e.type, result.mask_bits)} {name}({', '.join(declared)}) {{"
    )
    return "\n".join([head, *inner.lines, f"    return {result.text};", "}", ""])
