"""The text form of the IR: what `str()` of a node gives, read in golden tests and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from halo.ir import expr as E
from halo.ir import stmt as S
from halo.ir.cross_lane import Shuffle, VectorReduce
from halo.ir.expr import Expr
from halo.ir.growing import Grow, Growing
from halo.ir.memory import is_plain
from halo.ir.node import Node
from halo.ir.types import Float, Int, Type

Writer = Callable[[Any, "_Printer"], tuple[str, int]]

_LONGEST = 100_000
"""A longer operand is elided: the text of a DAG may grow with two to the power of its depth."""

_IN, _OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _ATOM = range(8)


def to_text(node: Node, indent: int = 0) -> str:
    """Return `node` as text; statements begin `indent` levels of two blanks in.

    Expressions have no more parentheses than precedence asks for. Types appear where they cannot
    be inferred: in casts, in lets of other types than int32, in allocations.
    """
    printer = _Printer()
    if isinstance(node, Expr):
        return "  " * indent + printer.expr(node, _IN)
    printer.stmt(node, indent)
    return "\n".join(printer.lines)


class _Printer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.done: dict[int, tuple[str, int]] = {}

    def expr(self, e: Expr, least: int = _IN) -> str:
        """Return the text of `e`, in parentheses if it binds weaker than `least`."""
        known = self.done.get(id(e))
        if known is None:
            known = _EXPRS[type(e)](e, self)
            if len(known[0]) > _LONGEST:
                known = ("...", _ATOM)
            self.done[id(e)] = known
        text, precedence = known
        return text if precedence >= least else f"({text})"

    def exprs(self, es: tuple[Expr, ...]) -> str:
        return ", ".join([self.expr(e) for e in es])

    def line(self, indent: int, text: str) -> None:
        self.lines.append("  " * indent + text)

    def stmt(self, s: Any, indent: int) -> None:
        while isinstance(s, S.LetStmt):
            self.line(indent, f"let {s.name}{_of_type(s.value.type)} = {self.expr(s.value)}")
            s = s.body
        _STMTS[type(s)](s, self, indent)

    def interval(self, low: Expr, extent: Expr) -> str:
        """Return ``[low, low + extent)``, the end folded where both are constant."""
        begin, size = E.as_const(low), E.as_const(extent)
        if begin is not None and size is not None:
            end = str(begin + size)
        elif begin == 0:
            end = self.expr(extent)
        else:
            end = f"{self.expr(low, _SUM)} + {self.expr(extent, _PRODUCT)}"
        return f"[{self.expr(low)}, {end})"


def _of_type(type: Type) -> str:
    return "" if type == Int(32) else f": {type}"


def _binary(symbol: str, precedence: int) -> Writer:
    def write(e: Any, p: _Printer) -> tuple[str, int]:
        blank = "" if precedence == _PRODUCT else " "
        a, b = p.expr(e.a, precedence), p.expr(e.b, precedence + 1)
        return f"{a}{blank}{symbol}{blank}{b}", precedence

    return write


def _comparison(symbol: str) -> Writer:
    def write(e: Any, p: _Printer) -> tuple[str, int]:
        return f"{p.expr(e.a, _SUM)} {symbol} {p.expr(e.b, _SUM)}", _COMPARE

    return write


def _function(name: str) -> Writer:
    return lambda e, p: (f"{name}({p.exprs(e.children())})", _ATOM)


def _int(e: E.IntImm, p: _Printer) -> tuple[str, int]:
    if e.type.is_bool():
        return ("true" if e.value else "false"), _ATOM
    if e.type in (Int(32), Int(64)):
        return str(e.value), _ATOM
    return f"{e.type}({e.value})", _ATOM


def _float(e: E.FloatImm, p: _Printer) -> tuple[str, int]:
    if e.type == Float(32):
        return f"{e.value!r}f", _ATOM
    return (repr(e.value) if e.type == Float(64) else f"{e.type}({e.value!r})"), _ATOM


def _cast(e: E.Cast, p: _Printer) -> tuple[str, int]:
    return f"{e.type}({p.expr(e.value)})", _ATOM


def _reinterpret(e: E.Reinterpret, p: _Printer) -> tuple[str, int]:
    return f"reinterpret<{e.type}>({p.expr(e.value)})", _ATOM


def _not(e: E.Not, p: _Printer) -> tuple[str, int]:
    return f"!{p.expr(e.a, _ATOM)}", _NOT


def _ramp(e: E.Ramp, p: _Printer) -> tuple[str, int]:
    return f"ramp({p.expr(e.base)}, {p.expr(e.stride)}, {e.lanes})", _ATOM


def _broadcast(e: E.Broadcast, p: _Printer) -> tuple[str, int]:
    return f"x{e.lanes}({p.expr(e.value)})", _ATOM


def _shuffle(e: Shuffle, p: _Printer) -> tuple[str, int]:
    return f"shuffle({p.exprs(e.vectors)}; {', '.join(map(str, e.indices))})", _ATOM


def _vector_reduce(e: VectorReduce, p: _Printer) -> tuple[str, int]:
    return f"reduce_{e.op.value}<{e.lanes}>({p.expr(e.value)})", _ATOM


def _let(e: E.Let, p: _Printer) -> tuple[str, int]:
    parts: list[str] = []
    inner: Expr = e
    while isinstance(inner, E.Let):
        parts.append(f"let {inner.name}{_of_type(inner.value.type)} = {p.expr(inner.value)} in ")
        inner = inner.body
    return "".join(parts) + p.expr(inner), _IN


def _load(e: E.Load, p: _Printer) -> tuple[str, int]:
    text = f"{e.name}[{p.expr(e.index)}]"
    return (text, _ATOM) if e.predicate is None else (f"{text} if {p.expr(e.predicate)}", _IN)


def _call(e: E.Call, p: _Printer) -> tuple[str, int]:
    element = f".{e.value_index}" if e.value_index else ""
    return f"{e.name}({p.exprs(e.args)}){element}", _ATOM


_EXPRS: dict[type[Expr], Writer] = {
    E.IntImm: _int,
    E.FloatImm: _float,
    E.StringImm: lambda e, p: (f'"{e.value}"', _ATOM),
    E.Variable: lambda e, p: (e.name, _ATOM),
    E.Cast: _cast,
    E.Reinterpret: _reinterpret,
    E.Add: _binary("+", _SUM),
    E.Sub: _binary("-", _SUM),
    E.Mul: _binary("*", _PRODUCT),
    E.Div: _binary("/", _PRODUCT),
    E.Mod: _binary("%", _PRODUCT),
    E.Min: _function("min"),
    E.Max: _function("max"),
    E.EQ: _comparison("=="),
    E.NE: _comparison("!="),
    E.LT: _comparison("<"),
    E.LE: _comparison("<="),
    E.GT: _comparison(">"),
    E.GE: _comparison(">="),
    E.And: _binary("&&", _AND),
    E.Or: _binary("||", _OR),
    E.Not: _not,
    E.Select: _function("select"),
    E.Ramp: _ramp,
    E.Broadcast: _broadcast,
    Shuffle: _shuffle,
    VectorReduce: _vector_reduce,
    E.Let: _let,
    E.Load: _load,
    E.Call: _call,
}


def _streamed(s: S.Store | S.Provide) -> str:
    return ", streamed" if s.streamed else ""


def _where(predicate: Expr | None, p: _Printer) -> str:
    return "" if predicate is None else f" where {p.expr(predicate)}"


def _message(parts: tuple[str | Expr, ...], p: _Printer) -> str:
    return ", ".join([p.expr(m) if isinstance(m, Expr) else f'"{m}"' for m in parts])


def _assert(s: S.AssertStmt, p: _Printer, indent: int) -> None:
    code = s.code.name.lower()
    p.line(indent, f"assert {p.expr(s.condition)} else {code}({_message(s.message, p)})")


def _print(s: S.Print, p: _Printer, indent: int) -> None:
    p.line(indent, f"print({_message(s.message, p)})")


def _producer_consumer(s: S.ProducerConsumer, p: _Printer, indent: int) -> None:
    p.line(indent, f"{'produce' if s.is_producer else 'consume'} {s.name}:")
    p.stmt(s.body, indent + 1)


def _atomic(s: S.Atomic, p: _Printer, indent: int) -> None:
    p.line(indent, f"atomic {s.name}{' under a lock' if s.lock else ''}:")
    p.stmt(s.body, indent + 1)


def _for(s: S.For, p: _Printer, indent: int) -> None:
    note = f"  # {s.note}" if s.note else ""
    p.line(indent, f"{s.kind.value} {s.name} in {p.interval(s.min, s.extent)}:{note}")
    p.stmt(s.body, indent + 1)


def _provide(s: S.Provide, p: _Printer, indent: int) -> None:
    values = p.exprs(s.values)
    if len(s.values) != 1:
        values = f"({values})"
    p.line(indent, f"{s.name}({p.exprs(s.args)}) = {values}{_where(s.predicate, p)}{_streamed(s)}")


def _memory(memory: S.MemoryType) -> str:
    return "" if memory is S.MemoryType.Auto else f" in {memory.value}"


def _realize(s: S.Realize, p: _Printer, indent: int) -> None:
    types = ", ".join(map(str, s.types))
    box = " x ".join([p.interval(low, extent) for low, extent in s.bounds])
    layout = "" if is_plain(s.layout) else f" layout {', '.join(map(str, s.layout))}"
    folds = f" fold {s.folds}" if any(s.folds) else ""
    text = f"realize {s.name}: {types} {box}{layout}{folds}{_memory(s.memory)}"
    if s.hoisted:
        text += " in hoisted memory" + (f", part {p.expr(s.slot)}" if s.slot is not None else "")
    p.line(indent, text.rstrip())
    p.stmt(s.body, indent)


def _hoisted(s: S.HoistedStorage, p: _Printer, indent: int) -> None:
    types = ", ".join(map(str, s.types))
    box = " x ".join([p.expr(n, _PRODUCT) for n in s.extents])
    times = f", {s.slots} times" if s.slots != 1 else ""
    p.line(indent, f"memory for {s.name}: {types} {box}{times}{_memory(s.memory)}".rstrip())
    p.stmt(s.body, indent)


def _prefetch(s: S.Prefetch, p: _Printer, indent: int) -> None:
    box = " x ".join([p.interval(low, extent) for low, extent in s.bounds])
    p.line(indent, f"prefetch {s.name} {box}".rstrip())


def _store(s: S.Store, p: _Printer, indent: int) -> None:
    text = f"{s.name}[{p.expr(s.index)}] = {p.expr(s.value)}"
    p.line(indent, text + _where(s.predicate, p) + _streamed(s))


def _allocate(s: S.Allocate, p: _Printer, indent: int) -> None:
    p.line(indent, f"allocate {s.name}: {s.type}[{p.exprs(s.extents)}]{_memory(s.memory)}")
    p.stmt(s.body, indent)


def _growing(s: Growing, p: _Printer, indent: int) -> None:
    p.line(indent, f"growing {s.name}: {s.type}[]")
    p.stmt(s.body, indent)


def _block(s: S.Block, p: _Printer, indent: int) -> None:
    if not s.stmts:
        p.line(indent, "pass")
    for child in s.stmts:
        p.stmt(child, indent)


def _if(s: S.IfThenElse, p: _Printer, indent: int) -> None:
    word = "if"
    rest: S.Stmt | None = s
    while isinstance(rest, S.IfThenElse):
        p.line(indent, f"{word} {p.expr(rest.condition)}:")
        p.stmt(rest.then_case, indent + 1)
        word, rest = "elif", rest.else_case
    if rest is not None:
        p.line(indent, "else:")
        p.stmt(rest, indent + 1)


def _trace(s: S.Trace, p: _Printer, indent: int) -> None:
    element = f".{s.value_index}" if s.value_index else ""
    value = "" if s.value is None else f" = {p.expr(s.value)}"
    tag = f" {s.tag!r}" if s.tag else ""
    p.line(indent, f"trace {s.event.name} {s.name}({p.exprs(s.coordinates)}){element}{value}{tag}")


def _trace_scope(s: S.TraceScope, p: _Printer, indent: int) -> None:
    p.line(indent, f"trace {s.event.name} {s.name}({p.exprs(s.coordinates)}):")
    p.stmt(s.body, indent + 1)


def _memoize(s: S.Memoize, p: _Printer, indent: int) -> None:
    p.line(indent, f"memoize {s.name} [{p.exprs(s.key)}]:")
    p.stmt(s.body, indent + 1)


def _fork(s: S.Fork, p: _Printer, indent: int) -> None:
    counts = ", ".join(f"{name} = {count}" for name, count in s.semaphores)
    p.line(indent, f"fork{' together' if s.together else ''} {counts}".rstrip() + ":")
    for number, branch in enumerate(s.branches):
        p.line(indent, f"branch {number}:")
        p.stmt(branch, indent + 1)
    if s.serial is not None:
        p.line(indent, "or serially:")
        p.stmt(s.serial, indent + 1)


def _evaluate(s: S.Evaluate, p: _Printer, indent: int) -> None:
    p.line(indent, p.expr(s.value))


_STMTS: dict[type[S.Stmt], Callable[[Any, _Printer, int], None]] = {
    S.AssertStmt: _assert,
    S.Print: _print,
    S.ProducerConsumer: _producer_consumer,
    S.Atomic: _atomic,
    S.For: _for,
    S.Provide: _provide,
    S.Realize: _realize,
    S.HoistedStorage: _hoisted,
    S.Store: _store,
    S.Prefetch: _prefetch,
    S.PrefetchLine: lambda s, p, i: p.line(i, f"prefetch {s.name}[{p.expr(s.index)}]"),
    S.StreamFence: lambda s, p, indent: p.line(indent, "fence"),
    S.Allocate: _allocate,
    Growing: _growing,
    Grow: lambda s, p, indent: p.line(indent, f"grow {s.name} to {p.expr(s.count)}"),
    S.Block: _block,
    S.IfThenElse: _if,
    S.Evaluate: _evaluate,
    S.Fork: _fork,
    S.Acquire: lambda s, p, indent: p.line(indent, f"acquire {s.semaphore}, {s.count}"),
    S.Release: lambda s, p, indent: p.line(indent, f"release {s.semaphore}, {s.count}"),
    S.Trace: _trace,
    S.TraceScope: _trace_scope,
    S.Memoize: _memoize,
    S.CallExtern: lambda s, p, indent: p.line(indent, f"{s.name}({p.exprs(s.args)})"),
}


Node.__str__ = to_text  # type: ignore[method-assign, assignment]
Node.__repr__ = to_text  # type: ignore[method-assign, assignment]
