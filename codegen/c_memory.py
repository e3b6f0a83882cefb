"""Loads and stores: dense, reversed, strided, gathered, predicated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from codegen import c_vectors
from codegen.c_access import (
    MOST_APART,
    Places,
    bits_helper,
    every_helper,
    gather_helper,
    load_helper,
    reversed_helper,
    scalar_bits_helper,
    scatter_helper,
    store_helper,
    stream_helper,
)
from codegen.c_context import ATOM, CHOICE, EQUALITY, OR, SUM, UNARY, Array, Code, Context
from codegen.c_index import split_places
from codegen.c_lanes import select_helper
from codegen.c_scalar import memory_helper
from codegen.c_stream import can_stream
from codegen.c_types import carrier, is_half, tag
from codegen.c_walk import expression, index_expression, place
from halo.ir.expr import Broadcast, Cast, Expr, Load, Ramp, Reinterpret, as_const, const
from halo.ir.read_where import uniform
from halo.ir.stmt import Store
from halo.ir.types import Type


def load(ctx: Context, e: Load) -> Code:
    """A load of one element or of a vector."""
    array = ctx.array(e.name)
    if array.register:
        return Code(array.text, ATOM, array.mask_bits)
    if e.type.is_scalar():
        return _load_scalar(ctx, e, array)
    condition = uniform(e.predicate)
    if condition is not None and not e.type.is_bool():
        return _load_all_or_none(ctx, e, condition)
    if isinstance(e.index, Broadcast):
        return _load_broadcast(ctx, e, array, e.index)
    code = _load_vector(ctx, e, array)
    if e.type.is_bool():
        vector = ctx.prelude.vector("i", 8, e.type.lanes())
        return Code(f"({vector})({code.text} != ({vector}){{0}})", UNARY, 8)
    return code


def _load_scalar(ctx: Context, e: Load, array: Array) -> Code:
    code = element(ctx, array, e.type, place(ctx, e.index).text)
    if e.predicate is None:
        return code
    with ctx.index():
        condition = expression(ctx, e.predicate)
    zero = "false" if e.type.is_bool() else "0"
    return Code(f"{condition.within(OR)} ? {code.within(OR)} : {zero}", CHOICE)


def _load_all_or_none(ctx: Context, e: Load, uniform: Expr) -> Code:
    """A vector that is read where a condition holds, which is one for all lanes; else zeros."""
    with ctx.index():
        condition = expression(ctx, uniform)
    lanes = load(ctx, replace(e, predicate=None))
    zeros = f"({ctx.value_type(e.type)}){{0}}"
    return Code(f"{condition.within(OR)} ? {lanes.within(OR)} : {zeros}", CHOICE)


def element(ctx: Context, array: Array, t: Type, index: str) -> Code:
    """Return the value of element `index` of `array`."""
    memory_helper(ctx.prelude, t)
    text = f"{array.text}[{index}]"
    if t.is_bool():
        return Code(f"{text} != 0", EQUALITY)
    return Code(f"halo_load_{tag(t)}({text})" if is_half(t) else text)


def _load_broadcast(ctx: Context, e: Load, array: Array, index: Broadcast) -> Code:
    scalar = Load(e.type.element, e.name, index.value)
    if e.predicate is None:
        return ctx.printers[Broadcast](ctx, Broadcast(scalar, e.type.lanes()))
    places = Ramp(index.value, const(index.value.type, 0), e.type.lanes())
    return load(ctx, Load(e.type, e.name, places, e.predicate))


def _load_vector(ctx: Context, e: Load, array: Array) -> Code:
    t, index = e.type, e.index
    stride = as_const(index.stride) if isinstance(index, Ramp) else None
    if isinstance(index, Ramp) and stride in (1, -1):
        predicate = _predicate(ctx, t, e.predicate)
        base = place(ctx, index.base).within(SUM)
        if stride == 1:
            name = load_helper(ctx.prelude, t, predicate is not None)
            return _call(name, _address(array, base, predicate is not None), predicate)
        back = f"{base} - {t.lanes() - 1}"
        name = reversed_helper(ctx.prelude, t, predicate is not None)
        if predicate is None:
            return _call(name, f"{array.text} + ({back})")
        return _call(name, array.text, back, predicate)
    if isinstance(index, Ramp) and _is_close(t, stride) and e.predicate is None:
        name = every_helper(ctx.prelude, t, int(stride or 0))
        return _call(name, _address(array, place(ctx, index.base).within(SUM), False))
    arguments, at = _places_in_memory(ctx, e) or _places(ctx, index)
    predicate = _predicate(ctx, t, e.predicate)
    name = gather_helper(ctx.prelude, t, at, predicate is not None)
    return _call(name, array.text, arguments, predicate)


def _is_close(t: Type, stride: int | float | None) -> bool:
    """Whether elements `stride` apart are loaded with what lies between them."""
    return isinstance(stride, int) and 2 <= stride <= MOST_APART and not t.is_bool()


def _address(array: Array, base: str, masked: bool) -> str:
    """Return the arguments that tell where some neighbouring elements begin."""
    if masked:
        return f"{array.text}, {base}"
    return array.text if base == "0" else f"&{array.text}[{base}]"


def _places(ctx: Context, index: Expr) -> tuple[str, Places]:
    """Return the arguments that tell which elements: base and stride, or a vector."""
    if isinstance(index, Ramp):
        first, stride = index_expression(ctx, index.base), index_expression(ctx, index.stride)
        return f"{first.text}, {stride.text}", Places()
    base, lanes = split_places(index)
    text = index_expression(ctx, lanes).text
    at = Places(lanes.type.element, base is not None)
    return text if base is None else f"{place(ctx, base).text}, {text}", at


def _places_in_memory(ctx: Context, e: Load) -> tuple[str, Places] | None:
    """Return the arguments if lanes lie in memory as they are: loads take them from there."""
    base, lanes = split_places(e.index)
    if not isinstance(lanes, Load) or e.predicate is not None:
        return None
    at, array = lanes.index, ctx.array(lanes.name)
    dense = isinstance(at, Ramp) and as_const(at.stride) == 1 and lanes.predicate is None
    if not dense or array.register or not isinstance(at, Ramp):
        return None
    text = _address(array, place(ctx, at.base).within(SUM), False)
    told = Places(lanes.type.element, base is not None, in_memory=True)
    return text if base is None else f"{place(ctx, base).text}, {text}", told


def _predicate(ctx: Context, t: Type, predicate: Expr | None) -> str | None:
    if predicate is None:
        return None
    bits = 8 * t.bytes()
    with ctx.index():
        if predicate.type.is_scalar():
            predicate = Broadcast(predicate, t.lanes())
        return c_vectors.mask(ctx, predicate, bits).text


def _call(name: str, *args: str | None) -> Code:
    return Code(f"{name}({', '.join(a for a in args if a is not None)})")


def store(ctx: Context, s: Store) -> None:
    """Write a store; the lines of its parts come before it."""
    array, t = ctx.array(s.name), s.value.type
    if array.register:
        _store_register(ctx, s, array)
    elif t.is_scalar():
        value = expression(ctx, s.value)
        index = place(ctx, s.index).text
        _guarded(ctx, s.predicate, f"{array.text}[{index}] = {memory_value(ctx, t, value).text};")
    else:
        _store_vector(ctx, s, array)


def _guarded(ctx: Context, predicate: Expr | None, line: str) -> None:
    if predicate is None:
        ctx.line(line)
        return
    with ctx.index():
        ctx.line(f"if ({expression(ctx, predicate).text}) {line}")


def memory_value(ctx: Context, t: Type, value: Code) -> Code:
    """Return a scalar value as what its memory holds."""
    memory_helper(ctx.prelude, t)
    return Code(f"halo_store_{tag(t)}({value.text})") if is_half(t) else value


def _store_register(ctx: Context, s: Store, array: Array) -> None:
    t = s.value.type
    if t.is_bool() and t.is_vector():
        value = c_vectors.mask(ctx, s.value, array.mask_bits)
    else:
        value = expression(ctx, s.value)
    if s.predicate is None or s.predicate.type.is_scalar():
        _guarded(ctx, s.predicate, f"{array.text} = {value.text};")
        return
    letter, bits = ("i", array.mask_bits) if t.is_bool() else carrier(t)
    with ctx.index():
        lanes = c_vectors.mask(ctx, s.predicate, bits).text
    name = select_helper(ctx.prelude, letter, bits, t.lanes())
    ctx.line(f"{array.text} = {name}({lanes}, {value.text}, {array.text});")


def _store_vector(ctx: Context, s: Store, array: Array) -> None:
    t = s.value.type
    if s.predicate is not None and s.predicate.type.is_scalar():
        with ctx.index():
            ctx.line(f"if ({expression(ctx, s.predicate).text}) {{")
        with ctx.deeper():
            store(ctx, replace(s, predicate=None))
        ctx.line("}")
        return
    value = _vector_value(ctx, s.value)
    index = s.index
    stride = as_const(index.stride) if isinstance(index, Ramp) else None
    if isinstance(index, Ramp) and stride == 1:
        base = place(ctx, index.base).within(SUM)
        predicate = _predicate(ctx, t, s.predicate)
        if s.streamed and predicate is None and can_stream(t):
            name = stream_helper(ctx.prelude, t)
        else:
            name = store_helper(ctx.prelude, t, predicate is not None)
        at = _address(array, base, predicate is not None)
        ctx.line(_call(name, at, value.text, predicate).text + ";")
        return
    arguments, places = _places(ctx, index)
    predicate = _predicate(ctx, t, s.predicate)
    name = scatter_helper(ctx.prelude, t, places, predicate is not None)
    ctx.line(_call(name, array.text, arguments, value.text, predicate).text + ";")


def _vector_value(ctx: Context, value: Expr) -> Code:
    if not value.type.is_bool():
        return expression(ctx, value)
    return c_vectors.mask(ctx, value, 8)


def reinterpret(ctx: Context, e: Reinterpret) -> Code:
    """The same bits as another type."""
    to, source = e.type, e.value.type
    if to == source:
        return expression(ctx, e.value)
    if to.is_bool() or source.is_bool():
        return ctx.printers[Cast](ctx, Cast(to, e.value))
    x = expression(ctx, e.value)
    if to.is_vector():
        if is_half(to) or is_half(source):
            return Code(f"{bits_helper(ctx.prelude, to, source)}({x.text})")
        return Code(f"({ctx.value_type(to)}){x.within(UNARY)}", UNARY)
    return Code(f"{scalar_bits_helper(ctx.prelude, to, source)}({x.text})")


PRINTERS: dict[type, Callable[[Context, Any], Code]] = {Load: load, Reinterpret: reinterpret}
