"""The events of a traced pipeline."""

from __future__ import annotations

from collections.abc import Callable

from codegen.c_context import Context
from codegen.c_memory import memory_value
from codegen.c_text import c_string
from codegen.c_types import memory_type, type_value
from codegen.c_walk import expression, index_expression
from halo.ir.stmt import Trace, TraceScope
from halo.ir.trace import TraceEventCode


def print_trace(ctx: Context, s: Trace) -> None:
    """Write the report of an event."""
    ctx.line("{")
    with ctx.deeper():
        fields = _fields(ctx, s, s.event)
        if s.value is not None:
            t = s.value.type
            name = ctx.names.fresh("traced")
            value = memory_value(ctx, t, expression(ctx, s.value)).text
            ctx.line(f"const {memory_type(t)} {name} = {value};")
            fields.append(f".value = &{name}, .type = {type_value(t)}")
            fields.append(f".value_index = {s.value_index}")
        if s.tag:
            fields.append(f".tag = {c_string(s.tag)}")
        _report(ctx, fields)
    ctx.line("}")


def print_scope(ctx: Context, s: TraceScope, body: Callable[[], None]) -> None:
    """Write the report of what begins, `body`, and the report of what ends."""
    fields = _fields(ctx, s, s.event)
    number = ctx.names.fresh(f"{s.name}_event")
    _report(ctx, fields, f"const int32_t {number} = ")
    is_whole = s.event in (TraceEventCode.begin_realization, TraceEventCode.begin_pipeline)
    key = "" if s.event is TraceEventCode.begin_pipeline else s.name
    hidden = ctx.events.get(key)
    if is_whole:
        ctx.events[key] = number
    body()
    if is_whole and hidden is None:
        del ctx.events[key]
    elif is_whole and hidden is not None:
        ctx.events[key] = hidden
    end = [f for f in fields if not f.startswith((".event", ".parent"))]
    _report(ctx, [f".event = {_code(TraceEventCode(s.event + 1))}", f".parent = {number}", *end])


def _fields(ctx: Context, s: Trace | TraceScope, event: TraceEventCode) -> list[str]:
    """Return the fields of an event; its coordinates are written before it."""
    ctx.prelude.file("halo_print.h")
    ctx.prelude.file("halo_trace.h")
    parent = ctx.events.get(s.name, ctx.events.get("", "0"))
    fields = [f".event = {_code(event)}", f".parent = {parent}", f".func = {c_string(s.name)}"]
    if s.coordinates:
        at = ctx.names.fresh("at")
        texts = [index_expression(ctx, c).text for c in s.coordinates]
        ctx.line(f"const int32_t {at}[] = {{{', '.join(texts)}}};")
        fields.append(f".dimensions = {len(texts)}, .coordinates = {at}")
    if not isinstance(s, Trace) or not s.tag:
        fields.append('.tag = ""')
    return fields


def _report(ctx: Context, fields: list[str], before: str = "") -> None:
    ctx.line(f"{before}halo_trace(ctx, (halo_trace_event){{{', '.join(fields)}}});")


def _code(event: TraceEventCode) -> str:
    return f"halo_trace_{event.name}"
