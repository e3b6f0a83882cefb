"""Vector expressions in GCC's and Clang's vector extension.

Lanes are padded to a power of two; what the padding holds does not matter. A vector of bools is a
mask of 0 and -1 whose lanes have the width of what was compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from codegen.c_context import (
    ATOM,
    BIT_AND,
    BIT_OR,
    BIT_XOR,
    PRODUCT,
    SHIFT,
    SUM,
    UNARY,
    Code,
    Context,
    lanes_of,
)
from codegen.c_convert import converted, truncated
from codegen.c_index import stays_in_range
from codegen.c_lanes import (
    cast_lanes,
    constant_lane,
    divide_helper,
    factor_helper,
    lane_helper,
    ramp_helper,
    select_helper,
    splat_helper,
)
from codegen.c_mean import rounded_mean
from codegen.c_shuffle import picked_lanes
from codegen.c_types import carrier, is_half, padded, scalar_type
from codegen.c_walk import expression
from halo.ir.cross_lane import Shuffle
from halo.ir.expr import (
    Add,
    And,
    Binary,
    Broadcast,
    Call,
    Cast,
    Comparison,
    Div,
    Expr,
    Let,
    Load,
    Mod,
    Mul,
    Not,
    Or,
    Ramp,
    Select,
    Sub,
    Variable,
    as_const,
)
from halo.ir.types import Type, UInt


def arithmetic(ctx: Context, e: Add | Sub | Mul, symbol: str, op: str) -> Code:
    """a + b, a - b, a * b of vectors."""
    t = e.type
    if isinstance(e, Sub) and (mean := rounded_mean(ctx, e)) is not None:
        return mean
    a, b = (_factor(ctx, x, op) or expression(ctx, x) for x in (e.a, e.b))
    if is_half(t):
        return lanewise(ctx, op, t, (a, b))
    level = PRODUCT if symbol == "*" else SUM
    if t.is_int() and not (ctx.in_index and stays_in_range(e, ctx.index_like)):
        u = ctx.value_type(UInt(t.bits(), t.lanes()))
        wrapped = f"({u}){a.within(UNARY)} {symbol} ({u}){b.within(UNARY)}"
        return Code(f"({ctx.value_type(t)})({wrapped})", UNARY)
    return Code(f"{a.within(level)} {symbol} {b.within(level - 1)}", level)


def _factor(ctx: Context, e: Expr, op: str) -> Code | None:
    """Return a constant that 16 bit lanes are multiplied by; None for anything else."""
    t, value = e.type, as_const(e)
    if op != "mul" or not t.is_integral or t.bits() != 16 or padded(t.lanes()) not in (8, 16, 32):
        return None
    if not isinstance(value, int) or value <= 0 or not value & (value - 1):
        return None
    name = factor_helper(ctx.prelude, carrier(t)[0], t.lanes())
    return Code(f"{name}({value})")


def divide(ctx: Context, e: Div | Mod) -> Code:
    """a / b and a % b of vectors."""
    t, divisor = e.type, as_const(e.b)
    op = "div" if isinstance(e, Div) else "mod"
    a = expression(ctx, e.a)
    if t.is_integral and isinstance(divisor, int) and divisor > 0 and not divisor & (divisor - 1):
        if op == "div":
            return Code(f"{a.within(UNARY)} >> {divisor.bit_length() - 1}", SHIFT)
        mask_type = ctx.value_type(t)
        bits = splat(ctx, t, Code(f"({scalar_type(t.element)}){divisor - 1}", UNARY)).text
        return Code(f"({mask_type})({a.within(UNARY)} & {bits})", UNARY)
    if t.is_integral and isinstance(divisor, int) and divisor > 0:
        if t.is_int():
            return Code(f"{divide_helper(ctx.prelude, op, t, divisor)}({a.text})")
        symbol = "/" if op == "div" else "%"
        return Code(f"{a.within(PRODUCT)} {symbol} {constant_lane(t, divisor)}", PRODUCT)
    b = expression(ctx, e.b)
    if op == "div" and t.is_float() and not is_half(t):
        return Code(f"{a.within(PRODUCT)} / {b.within(UNARY)}", PRODUCT)
    return lanewise(ctx, op, t, (a, b))


def lanewise(ctx: Context, op: str, t: Type, operands: Sequence[Code]) -> Code:
    """Return a call of the helper that applies scalar operation `op` to each lane."""
    name = lane_helper(ctx.prelude, op, t)
    return Code(f"{name}({', '.join(o.text for o in operands)})")


def splat(ctx: Context, t: Type, scalar: Code) -> Code:
    """Return the vector of type `t` (no bools) all of whose lanes are `scalar`."""
    return Code(f"{splat_helper(ctx.prelude, *carrier(t), t.lanes())}({scalar.text})")


def broadcast(ctx: Context, e: Broadcast) -> Code:
    """A scalar in every lane."""
    if e.type.is_bool():
        return mask(ctx, e, 32)
    return splat(ctx, e.type, expression(ctx, e.value))


def ramp(ctx: Context, e: Ramp) -> Code:
    """base, base + stride, ..."""
    base, stride = expression(ctx, e.base), expression(ctx, e.stride)
    return Code(f"{ramp_helper(ctx.prelude, e.type)}({base.text}, {stride.text})")


def mask_bits(ctx: Context, e: Expr) -> int | None:
    """Return the width of mask lanes that suits a vector of bools; None: any."""
    if isinstance(e, Broadcast):
        return None
    if isinstance(e, Comparison):
        t = e.a.type
        return common_mask_bits(ctx, (e.a, e.b)) if t.is_bool() else carrier(t)[1]
    if isinstance(e, (And, Or, Binary, Not)):
        return next((b for b in (mask_bits(ctx, c) for c in e.children()) if b), None)
    if isinstance(e, Variable):
        return ctx.variable(e.name).mask_bits
    if isinstance(e, Cast):
        return carrier(e.value.type)[1]
    if isinstance(e, Let):
        return mask_bits(ctx, e.body)
    if isinstance(e, Select):
        return mask_bits(ctx, e.condition) if e.condition.type.is_vector() else None
    if isinstance(e, Shuffle):
        return common_mask_bits(ctx, e.vectors)
    if isinstance(e, Call) and e.args and e.args[0].type.lanes() == e.type.lanes():
        return mask_bits(ctx, e.args[0]) if e.args[0].type.is_bool() else carrier(e.args[0].type)[1]
    if isinstance(e, Load):
        return ctx.array(e.name).mask_bits or 8
    return 8


def common_mask_bits(ctx: Context, es: Sequence[Expr]) -> int:
    """Return one width for the masks of all of `es`."""
    return next((b for b in (mask_bits(ctx, e) for e in es) if b), 32)


def mask(ctx: Context, e: Expr, bits: int) -> Code:
    """Return the vector of bools `e` as a mask with lanes of `bits`."""
    lanes = e.type.lanes()
    if isinstance(e, Broadcast) and id(e) not in ctx.temporaries:
        value = expression(ctx, e.value)
        lane = f"-(int{bits}_t){value.within(UNARY)}"
        return Code(f"{splat_helper(ctx.prelude, 'i', bits, lanes)}({lane})", ATOM, bits)
    if isinstance(e, (And, Or)) and id(e) not in ctx.shared:
        symbol, level = ("&", BIT_AND) if isinstance(e, And) else ("|", BIT_OR)
        a, b = mask(ctx, e.a, bits), mask(ctx, e.b, bits)
        return Code(f"{a.within(UNARY)} {symbol} {b.within(UNARY)}", level, bits)
    code = expression(ctx, e)
    return convert_mask(ctx, code, lanes, bits)


def convert_mask(ctx: Context, code: Code, lanes: int, bits: int) -> Code:
    """Return a mask with its lanes widened or narrowed to `bits`."""
    if code.mask_bits == bits:
        return code
    text = converted(ctx.prelude, ("i", bits), ("i", code.mask_bits), lanes, code.text)
    return Code(text, ATOM, bits)


def logic(ctx: Context, a: Expr, b: Expr, symbol: str) -> Code:
    """a & b, a ^ b and a | b of masks."""
    bits = common_mask_bits(ctx, (a, b))
    left, right = mask(ctx, a, bits), mask(ctx, b, bits)
    level = {"&": BIT_AND, "^": BIT_XOR, "|": BIT_OR}[symbol]
    return Code(f"{left.within(UNARY)} {symbol} {right.within(UNARY)}", level, bits)


def negation(ctx: Context, e: Not) -> Code:
    """Logical not of a mask."""
    bits = common_mask_bits(ctx, (e.a,))
    return Code(f"~{mask(ctx, e.a, bits).within(ATOM)}", UNARY, bits)


def comparison(ctx: Context, e: Comparison, symbol: str) -> Code:
    """A mask from a comparison of vectors."""
    t = e.a.type
    if t.is_bool():
        return _compare_masks(ctx, e, symbol)
    a, b = expression(ctx, e.a), expression(ctx, e.b)
    bits = carrier(t)[1]
    to = ctx.prelude.vector("i", bits, t.lanes())
    return Code(f"({to})({a.within(SUM)} {symbol} {b.within(SUM)})", UNARY, bits)


def _compare_masks(ctx: Context, e: Comparison, symbol: str) -> Code:
    bits = common_mask_bits(ctx, (e.a, e.b))
    a, b = mask(ctx, e.a, bits), mask(ctx, e.b, bits)
    to = ctx.prelude.vector("i", bits, e.type.lanes())
    # True is -1 in a mask, so the order is the other way round.
    flipped = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(symbol, symbol)
    return Code(f"({to})({a.within(SUM)} {flipped} {b.within(SUM)})", UNARY, bits)


def select(ctx: Context, e: Select) -> Code:
    """Lane by lane, `true_value` or `false_value`."""
    t = e.type
    if t.is_bool():
        bits = common_mask_bits(ctx, (e.condition, e.true_value, e.false_value))
        a, b = mask(ctx, e.true_value, bits), mask(ctx, e.false_value, bits)
        letter = "i"
    else:
        letter, bits = carrier(t)
        a, b = expression(ctx, e.true_value), expression(ctx, e.false_value)
    condition = mask(ctx, e.condition, bits)
    name = select_helper(ctx.prelude, letter, bits, t.lanes())
    return Code(f"{name}({condition.text}, {a.text}, {b.text})", ATOM, bits if t.is_bool() else 0)


def cast(ctx: Context, e: Cast) -> Code:
    """Conversion of each lane."""
    to, source = e.type, e.value.type
    if source.is_bool():
        return _from_mask(ctx, to, e.value)
    x = expression(ctx, e.value)
    if to.is_bool():
        bits = carrier(source)[1]
        name = ctx.prelude.vector("i", bits, to.lanes())
        return Code(f"({name})({x.within(SUM)} != ({ctx.value_type(source)}){{0}})", UNARY, bits)
    if is_half(to):
        return Code(f"{cast_lanes(ctx.prelude, to, source)}({x.text})")
    if source.is_float() and to.is_integral:
        return Code(f"{truncated(ctx.prelude, to, source)}({x.text})")
    if carrier(to) == carrier(source):
        return x
    return Code(converted(ctx.prelude, carrier(to), carrier(source), to.lanes(), x.text))


def _from_mask(ctx: Context, to: Type, value: Expr) -> Code:
    letter, bits = carrier(to)
    lanes = mask(ctx, value, bits)
    one = splat_helper(ctx.prelude, "i", bits, to.lanes())
    flags = f"{lanes.within(UNARY)} & {one}(1)"
    if letter == "f":
        return Code(converted(ctx.prelude, (letter, bits), ("i", bits), to.lanes(), flags))
    return Code(f"({ctx.value_type(to)})({flags})", UNARY)


def shuffle(ctx: Context, e: Shuffle) -> Code:
    """Lanes of the concatenation of vectors."""
    t = e.type
    bits = common_mask_bits(ctx, e.vectors) if t.is_bool() else 0
    parts = [_part(ctx, v, bits) for v in e.vectors]
    places = [(k, i) for k, v in enumerate(e.vectors) for i in range(v.type.lanes())]
    chosen = [places[i] for i in e.indices]
    if t.is_scalar():
        k, i = chosen[0]
        text = f"{parts[k].within(ATOM)}[{i}]" if e.vectors[k].type.is_vector() else parts[k].text
        return Code(f"{text} != 0", SUM + 3) if t.is_bool() else Code(text, parts[k].level)
    used = sorted({k for k, _ in chosen})
    same = all(lanes_of(e.vectors[k].type) == lanes_of(e.vectors[used[0]].type) for k in used)
    to = ctx.value_type(t, bits)
    if len(used) <= 2 and same and e.vectors[used[0]].type.is_vector():
        width = lanes_of(e.vectors[used[0]].type)
        lanes = [used.index(k) * width + i for k, i in chosen]
        letter, wide = ("i", bits) if t.is_bool() else carrier(t)
        a, b = parts[used[0]], parts[used[-1]]
        made = picked_lanes(ctx.prelude, letter, wide, a, b, width, lanes)
        return Code(made.text, made.level, bits)
    return Code(_literal(ctx, e, parts, chosen, to), UNARY, bits)


def _part(ctx: Context, v: Expr, bits: int) -> Code:
    if v.type.is_scalar():
        x = expression(ctx, v)
        return Code(f"-(int{bits}_t){x.within(UNARY)}", UNARY) if v.type.is_bool() else x
    return mask(ctx, v, bits) if v.type.is_bool() else expression(ctx, v)


def _literal(
    ctx: Context, e: Shuffle, parts: list[Code], chosen: list[tuple[int, int]], to: str
) -> str:
    """Return the shuffle lane by lane."""
    bound = [
        p if p.level == ATOM else ctx.bind(v.type, p, "v")
        for p, v in zip(parts, e.vectors, strict=True)
    ]
    lanes = [
        f"{bound[k].text}[{i}]" if e.vectors[k].type.is_vector() else bound[k].text
        for k, i in chosen
    ]
    return f"({to}){{{', '.join(lanes)}}}"


PRINTERS: dict[type, Callable[[Context, Any], Code]] = {
    Broadcast: broadcast,
    Ramp: ramp,
    Shuffle: shuffle,
}
