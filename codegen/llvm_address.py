"""Addresses of cells: what a loop does not change of them is worked out in front of it.

``a + 4 * (row + x * 8 + 3)`` in a loop over x is ``p + 4 * (x * 8) + 12`` with ``p = a + 4 * row``,
which is one operand of an instruction of x86. LLVM's own reduction of strength would take more time
than all else that it does to make instructions.
"""

from __future__ import annotations

from collections.abc import Iterable

from codegen.c_index import stays_in_range
from codegen.llvm_context import Context, Loop, Memory, Sum, Term
from codegen.llvm_types import Value, memory_element
from codegen.llvm_walk import place
from halo.ir.expr import Add, Cast, Expr, IntImm, Max, Min, Mul, Sub, Variable, as_const
from halo.ir.types import Int

_INDEX, _COORDINATE = Int(64), Int(32)
_LARGE = 8
"""From which factor on a multiple of a loop's variable is counted: no address multiplies by it."""
_PURE = (Cast, Add, Sub, Mul, Min, Max)


def element_address(ctx: Context, memory: Memory, at: Value, inside: bool = True) -> Value:
    """Return the address of element `at`; of elements, if it is a vector."""
    if at.text == "0":
        return memory.address
    kind = "getelementptr inbounds" if inside else "getelementptr"
    type = at.type.replace("i64", "ptr")
    element = memory_element(memory.type)
    return ctx.emit(type, f"{kind} {element}, {memory.address.typed}, {at.typed}")


def cell_address(
    ctx: Context, memory: Memory, index: Expr, moved: int = 0, inside: bool = True
) -> Value:
    """Return the address of the cell at the scalar place `index`, or `moved` cells further on."""
    loop = ctx.loops[-1] if ctx.loops else None
    if loop is None or not loop.is_outside(memory.address):
        at = place(ctx, index)
        if moved:
            at = ctx.emit("i64", f"add nsw {at.typed}, {moved}")
        return element_address(ctx, memory, at, inside)
    terms, number = sum_of(ctx, index)
    fixed = [t for t in terms if loop.is_outside(t.value)]
    changing = [t for t in terms if not loop.is_outside(t.value)]
    if fixed:
        with ctx.in_front(loop):
            start = element_address(ctx, memory, _total(ctx, fixed), inside=False)
        memory = memory._replace(address=start)
    if changing:
        start = element_address(ctx, memory, _total(ctx, changing), inside=False)
        memory = memory._replace(address=start)
    return element_address(ctx, memory, Value("i64", str(number + moved)), inside=False)


def named_sum(ctx: Context, name: str, e: Expr) -> Sum | None:
    """Return what the value `e` of the variable `name` is the sum of, if indices are made of it."""
    if not ctx.loops or name not in ctx.index_used:
        return None
    if isinstance(e, Mul):
        counted = _counted(ctx, e)
        return None if counted is None else ((Term(counted, False),), 0)
    return sum_of(ctx, e) if isinstance(e, (Add, Sub)) and _adds_up(ctx, e) else None


def sum_of(ctx: Context, e: Expr) -> Sum:
    """Return the index `e` as terms, each a number of 64 bits, and a constant."""
    terms: list[Term] = []
    number = _add_terms(ctx, e, False, terms)
    return tuple(terms), number


def _add_terms(ctx: Context, e: Expr, negative: bool, terms: list[Term]) -> int:
    """Add to `terms` what `e` is the sum of; return what is constant of it."""
    constant = as_const(e)
    if isinstance(constant, int):
        return -constant if negative else constant
    if isinstance(e, Cast) and e.type == _INDEX and e.value.type == _COORDINATE:
        e = e.value
    if isinstance(e, (Add, Sub)) and _adds_up(ctx, e):
        number = _add_terms(ctx, e.a, negative, terms)
        return number + _add_terms(ctx, e.b, negative != isinstance(e, Sub), terms)
    if isinstance(e, Variable):
        value = ctx.variable(e.name)
        if value.owner == 0:  # a loop that is written out
            return -int(value.text) if negative else int(value.text)
        known = ctx.sums.get(value)
        if known is not None:
            terms += (Term(v, negative != n) for v, n in known[0])
            return -known[1] if negative else known[1]
    terms.append(Term(_term(ctx, e), negative))
    return 0


def _adds_up(ctx: Context, e: Add | Sub) -> bool:
    """Whether `e` is the sum of its parts in 64 bits: sums of 64 bits wrap, as addresses do."""
    return e.type == _INDEX or (e.type == _COORDINATE and _stays(ctx, e))


def _term(ctx: Context, e: Expr) -> Value:
    """Return `e` as a number of 64 bits, worked out in front of the loop if that is possible."""
    loop = ctx.loops[-1] if ctx.loops else None
    if loop is not None and not isinstance(e, Variable) and _is_fixed(ctx, loop, e):
        with ctx.in_front(loop):
            return _wide(ctx, e)
    if loop is not None and isinstance(e, Variable) and e.type == _COORDINATE:
        value = ctx.variable(e.name)
        if value not in ctx.wide and loop.is_outside(value):
            with ctx.in_front(loop):
                return _wide(ctx, e)
    return _wide(ctx, e)


def _wide(ctx: Context, e: Expr) -> Value:
    """Return `e`, of 32 or 64 bits, as a number of 64 bits."""
    if isinstance(e, Variable):
        known = ctx.wide.get(ctx.variable(e.name))
        if known is not None:
            return known
    if isinstance(e, Mul):
        counted = _counted(ctx, e)
        if counted is not None:
            return counted
        if e.type == _COORDINATE and _stays(ctx, e):
            a, b = (_wide(ctx, x) for x in (e.a, e.b))
            return ctx.emit("i64", f"mul nsw {a.typed}, {b.text}")
    if isinstance(e, IntImm):
        return Value("i64", str(e.value))
    return place(ctx, e)


def _counted(ctx: Context, e: Mul) -> Value | None:
    """Return the large multiple `e` of the loop's variable as one that counts in such steps."""
    if not isinstance(e.b, IntImm) or e.b.value < _LARGE or not ctx.loops or ctx.front is not None:
        return None
    a = e.a
    if isinstance(a, Cast) and a.type == _INDEX and a.value.type == _COORDINATE:
        a = a.value
    if not isinstance(a, Variable) or (e.type == _COORDINATE and not _stays(ctx, e)):
        return None
    loop, known = ctx.loops[-1], ctx.wide.get(ctx.variable(a.name))
    if known is None or known.text != loop.at:
        return None
    name = loop.multiples.get(e.b.value) or ctx.fresh()
    loop.multiples[e.b.value] = name
    return Value("i64", name, ctx.number)


def _stays(ctx: Context, e: Add | Sub | Mul) -> bool:
    """Whether the coordinate `e` does not overflow 32 bits."""
    return stays_in_range(e, ctx.index_like)


def _is_fixed(ctx: Context, loop: Loop, e: Expr) -> bool:
    """Whether the scalar `e` is made of what is known in front of `loop`, by simple arithmetic."""
    if isinstance(e, IntImm):
        return True
    if isinstance(e, Variable):
        return loop.is_outside(ctx.variable(e.name))
    if not isinstance(e, _PURE) or not e.type.is_int():
        return False
    return all(_is_fixed(ctx, loop, c) for c in e.children())


def _total(ctx: Context, terms: Iterable[Term]) -> Value:
    """Return the sum of `terms`."""
    total: Value | None = None
    for value, negative in sorted(terms, key=lambda t: t.negative):
        if total is None:
            total = ctx.emit("i64", f"sub i64 0, {value.text}") if negative else value
        else:
            how = "sub" if negative else "add"
            total = ctx.emit("i64", f"{how} {total.typed}, {value.text}")
    assert total is not None
    return total
