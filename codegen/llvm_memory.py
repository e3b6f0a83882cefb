"""Loads and stores: dense, reversed, strided, gathered, predicated, streamed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from codegen.c_index import split_places
from codegen.c_stream import can_stream
from codegen.c_types import is_half
from codegen.llvm_address import cell_address, element_address
from codegen.llvm_context import Context, Memory
from codegen.llvm_gather import lanes_by_words
from codegen.llvm_half import from_memory, to_memory
from codegen.llvm_types import (
    Value,
    bits_constant,
    int_constant,
    lanes_type,
    memory_element,
    memory_type,
    suffix_of,
    value_type,
    zero,
)
from codegen.llvm_vectors import gathered, lane, picked, splat
from codegen.llvm_walk import expression, index_expression, place
from halo.ir.expr import Add, Broadcast, Expr, Load, Ramp, as_const
from halo.ir.read_where import uniform
from halo.ir.stmt import Store
from halo.ir.types import Type

_CLOSE = 4
"""The largest stride of elements that are loaded with those between them, and picked out."""


def of_memory(ctx: Context, t: Type, raw: Value) -> Value:
    """Return the value of type `t` that memory holds as `raw`."""
    if t.is_bool():
        bools = lanes_type("i1", t.lanes())
        return ctx.emit(bools, f"icmp ne {raw.typed}, {bits_constant(8, t.lanes(), 0).text}")
    return from_memory(ctx, t, raw) if is_half(t) else raw


def in_memory(ctx: Context, t: Type, value: Value) -> Value:
    """Return what memory holds for a value of type `t`."""
    if t.is_bool():
        raw = memory_type(t)
        return ctx.emit(raw, f"zext {value.typed} to {raw}")
    return to_memory(ctx, t, value) if is_half(t) else value


def _align(t: Type) -> int:
    return t.bytes()


def load(ctx: Context, e: Load) -> Value:
    """A load of one element or of a vector."""
    memory = ctx.array(e.name)
    if memory.register:
        return ctx.emit(value_type(memory.type), _load_text(memory.address, memory.type))
    if e.type.is_scalar():
        return _load_scalar(ctx, e, memory)
    condition = uniform(e.predicate)
    if condition is not None:
        whole = replace(e, predicate=None)
        for part in e.index.children() or (e.index,):
            index_expression(ctx, part)  # which others may share, so not in the branch
        return _where(ctx, condition, lambda: load(ctx, whole))
    if isinstance(e.index, Broadcast) and e.predicate is None:
        one = _element(ctx, memory, e.type.element, cell_address(ctx, memory, e.index.value))
        return splat(ctx, one, e.type.lanes())
    return of_memory(ctx, e.type, _load_vector(ctx, e, memory))


def _load_text(at: Value, t: Type) -> str:
    return f"load {value_type(t)}, {at.typed}"


def _element(ctx: Context, memory: Memory, t: Type, at: Value) -> Value:
    return of_memory(ctx, t, _raw(ctx, memory, t, at))


def _raw(ctx: Context, memory: Memory, t: Type, at: Value) -> Value:
    type = memory_type(t)
    text = f"load {type}, {at.typed}, align {_align(t)}{ctx.scoped(memory)}"
    return ctx.emit(type, text)


def _load_scalar(ctx: Context, e: Load, memory: Memory) -> Value:
    at = cell_address(ctx, memory, e.index, inside=e.predicate is None)
    if e.predicate is None:
        return _element(ctx, memory, e.type, at)
    return _where(ctx, e.predicate, lambda: _element(ctx, memory, e.type, at))


def _where(ctx: Context, predicate: Expr, read_it: Callable[[], Value]) -> Value:
    """Return what `read_it` writes code for, run where `predicate` holds; zeros elsewhere."""
    condition = index_expression(ctx, predicate)
    read, done, before = ctx.label("read"), ctx.label("loaded"), ctx.block
    ctx.choose(condition, read, done)
    ctx.begin(read)
    known, ctx.temporaries = ctx.temporaries, dict(ctx.temporaries)
    value = read_it()
    ctx.temporaries = known  # what was computed in the branch is not there behind it
    last = ctx.block
    ctx.go(done)
    ctx.begin(done)
    nothing = zero(value.type).text
    return ctx.emit(
        value.type, f"phi {value.type} [ {value.text}, %{last} ], [ {nothing}, %{before} ]"
    )


def _load_vector(ctx: Context, e: Load, memory: Memory) -> Value:
    t, index = e.type, e.index
    stride = as_const(index.stride) if isinstance(index, Ramp) else None
    mask = _mask(ctx, t, e.predicate)
    if isinstance(index, Ramp) and isinstance(stride, int) and 0 < abs(stride) <= _CLOSE:
        if mask is None:
            return _load_close(ctx, memory, t, index.base, stride)
        if abs(stride) == 1:
            return _load_masked(ctx, memory, t, index.base, stride, mask)
    if mask is not None:
        return _gather(ctx, memory, t, place(ctx, index), mask)
    return _load_scattered(ctx, memory, t, index)


def _load_scattered(ctx: Context, memory: Memory, t: Type, index: Expr) -> Value:
    """Load lane by lane; what is added to all lanes is added to the address."""
    base, _ = split_places(index)
    inside = base is None
    if base is not None and isinstance(index, Add):
        start = cell_address(ctx, memory, base, inside=False)
        memory = memory._replace(address=start)
        index = index.b if isinstance(index.a, Broadcast) else index.a
    at = lanes_by_words(ctx, index)
    lanes = [_raw(ctx, memory, t.element, element_address(ctx, memory, x, inside)) for x in at]
    return gathered(ctx, memory_element(t), lanes)


def _load_close(ctx: Context, memory: Memory, t: Type, base: Expr, stride: int) -> Value:
    """Return elements a few apart, of which the first and the last are there, as all between."""
    span = (t.lanes() - 1) * abs(stride)
    first = cell_address(ctx, memory, base, 0 if stride > 0 else -span)
    whole = _raw(ctx, memory, t.with_lanes(span + 1), first)
    if stride == 1:
        return whole
    start = 0 if stride > 0 else span
    return picked(ctx, whole, None, [start + i * stride for i in range(t.lanes())])


def _reverse(ctx: Context, x: Value, lanes: int) -> Value:
    return picked(ctx, x, None, list(range(lanes))[::-1])


def _load_masked(
    ctx: Context, memory: Memory, t: Type, base: Expr, stride: int, mask: Value
) -> Value:
    lanes = t.lanes()
    if stride < 0:
        mask = _reverse(ctx, mask, lanes)
    at = cell_address(ctx, memory, base, 0 if stride > 0 else 1 - lanes, inside=False)
    type = memory_type(t)
    name = f"llvm.masked.load.{suffix_of(type)}.p0"
    rest = (bits_constant(32, 1, _align(t)), mask, zero(type))
    value = masked_call(ctx, type, name, (at, *rest), ctx.scoped(memory))
    return _reverse(ctx, value, lanes) if stride < 0 else value


def masked_call(
    ctx: Context, result: str, name: str, args: Sequence[Value], metadata: str = ""
) -> Value:
    """Write a call of an intrinsic on memory, one argument of which is an immediate alignment."""
    target = ctx.module.declare(name, result, ", ".join(a.type for a in args))
    text = f"call {result} {target}({', '.join(a.typed for a in args)}){metadata}"
    if result == "void":
        ctx.line(text)
        return Value("void", "")
    return ctx.emit(result, text)


def _gather(ctx: Context, memory: Memory, t: Type, places: Value, mask: Value) -> Value:
    at = element_address(ctx, memory, places, inside=False)
    if not at.type.startswith("<"):
        at = ctx.spread(at, t.lanes())
    type = memory_type(t)
    name = f"llvm.masked.gather.{suffix_of(type)}.v{t.lanes()}p0"
    args = (at, bits_constant(32, 1, _align(t)), mask, zero(type))
    return masked_call(ctx, type, name, args, ctx.scoped(memory))


def _mask(ctx: Context, t: Type, predicate: Expr | None) -> Value | None:
    if predicate is None:
        return None
    value = index_expression(ctx, predicate)
    return splat(ctx, value, t.lanes()) if predicate.type.is_scalar() else value


def store(ctx: Context, s: Store) -> None:
    """Write a store."""
    memory, t = ctx.array(s.name), s.value.type
    if memory.register:
        _store_register(ctx, s, memory)
    elif s.predicate is not None and s.predicate.type.is_scalar():
        guarded(ctx, s.predicate, lambda: store(ctx, replace(s, predicate=None)))
    elif t.is_scalar():
        value, at = expression(ctx, s.value), cell_address(ctx, memory, s.index)
        _write(ctx, memory, t, in_memory(ctx, t, value), at)
    else:
        _store_vector(ctx, s, memory)


def guarded(ctx: Context, condition: Expr, body: Callable[[], None]) -> None:
    """Write `body` where the scalar `condition` holds."""
    value = index_expression(ctx, condition)
    yes, no = ctx.label("if"), ctx.label("end")
    ctx.choose(value, yes, no)
    ctx.begin(yes)
    known = ctx.temporaries
    ctx.temporaries = dict(known)  # what is computed here is not known behind it
    body()
    ctx.temporaries = known
    ctx.go(no)
    ctx.begin(no)


def _write(ctx: Context, memory: Memory, t: Type, raw: Value, at: Value, more: str = "") -> None:
    ctx.line(f"store {raw.typed}, {at.typed}, align {_align(t)}{more}{ctx.scoped(memory)}")


def _store_register(ctx: Context, s: Store, memory: Memory) -> None:
    value = expression(ctx, s.value)
    if s.predicate is not None:
        condition = index_expression(ctx, s.predicate)
        old = ctx.emit(value.type, _load_text(memory.address, memory.type))
        value = ctx.emit(value.type, f"select {condition.typed}, {value.typed}, {old.typed}")
    ctx.line(f"store {value.typed}, {memory.address.typed}")


def _store_vector(ctx: Context, s: Store, memory: Memory) -> None:
    t, index = s.value.type, s.index
    raw = in_memory(ctx, t, expression(ctx, s.value))
    stride = as_const(index.stride) if isinstance(index, Ramp) else None
    mask = _mask(ctx, t, s.predicate)
    if isinstance(index, Ramp) and stride == 1:
        at = cell_address(ctx, memory, index.base, inside=mask is None)
        if mask is None:
            _store_dense(ctx, s, memory, raw, at)
            return
        args = (raw, at, bits_constant(32, 1, _align(t)), mask)
        name = f"llvm.masked.store.{suffix_of(raw.type)}.p0"
        masked_call(ctx, "void", name, args, ctx.scoped(memory))
        return
    places = place(ctx, index)
    if mask is not None:
        at = element_address(ctx, memory, places, inside=False)
        args = (raw, at, bits_constant(32, 1, _align(t)), mask)
        name = f"llvm.masked.scatter.{suffix_of(raw.type)}.v{t.lanes()}p0"
        masked_call(ctx, "void", name, args, ctx.scoped(memory))
        return
    for i in range(t.lanes()):
        at = element_address(ctx, memory, lane(ctx, places, i))
        _write(ctx, memory, t.element, lane(ctx, raw, i), at)


def _store_dense(ctx: Context, s: Store, memory: Memory, raw: Value, at: Value) -> None:
    t = s.value.type
    size = t.lanes() * t.bytes()
    widths = [w for w in (64, 32, 16) if w * 8 <= ctx.module.native_bits and not size % w]
    if not (s.streamed and can_stream(t) and widths):
        _write(ctx, memory, t, raw, at)
        return
    number = ctx.emit("i64", f"ptrtoint {at.typed} to i64")
    done = ctx.label("stored")
    for width in dict.fromkeys((widths[0], widths[-1])):  # the same as the C, see `c_stream`
        low = ctx.emit("i64", f"and {number.typed}, {width - 1}")
        aligned = ctx.emit("i1", f"icmp eq {low.typed}, 0")
        stream, plain = ctx.label("stream"), ctx.label("plain")
        ctx.choose(aligned, stream, plain)
        ctx.begin(stream)
        _stream_parts(ctx, t, raw, at, width)
        ctx.go(done)
        ctx.begin(plain)
    _write(ctx, memory, t, raw, at)
    ctx.go(done)
    ctx.begin(done)


def _stream_parts(ctx: Context, t: Type, raw: Value, at: Value, width: int) -> None:
    """Write stores of `width` bytes each around the caches, which are aligned."""
    size = t.lanes() * t.bytes()
    node = ctx.module.node("!{i32 1}")
    element, count = memory_element(t), t.lanes() * width // size
    for k in range(size // width):
        part = raw
        if count != t.lanes():
            part = picked(ctx, raw, None, list(range(k * count, (k + 1) * count)))
        to = ctx.emit("ptr", f"getelementptr inbounds {element}, {at.typed}, i64 {k * count}")
        ctx.line(f"store {part.typed}, {to.typed}, align {width}, !nontemporal {node}")


def fence(ctx: Context) -> None:
    """Write what has other threads see streamed stores before what comes after."""
    if ctx.module.machine == "x86-64":
        ctx.call("void", "llvm.x86.sse.sfence")
    else:
        ctx.line("fence seq_cst")


def prefetch(ctx: Context, name: str, index: Expr) -> None:
    """Write what brings the cache line of an element into the caches."""
    at = cell_address(ctx, ctx.array(name), index, inside=False)
    numbers = [int_constant(index.type.element.with_lanes(1), n) for n in (0, 3, 1)]
    args = [at, *(Value("i32", n.text) for n in numbers)]
    ctx.call("void", "llvm.prefetch.p0", *args)


PRINTERS: dict[type, Callable[[Context, Any], Value]] = {Load: load}
