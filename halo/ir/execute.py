"""The executor: runs lowered IR on numpy arrays, slowly and strictly, to debug and to compare."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from halo.errors import BufferError, InternalError
from halo.ir.arithmetic import (
    BINARY,
    INTRINSICS,
    Value,
    cast,
    dtype_of,
    reduce_lanes,
    reinterpret,
    round_bfloat,
    settle,
)
from halo.ir.cross_lane import Shuffle, VectorReduce
from halo.ir.expr import (
    Binary,
    Broadcast,
    Call,
    CallKind,
    Cast,
    Comparison,
    Expr,
    FloatImm,
    IntImm,
    Let,
    Load,
    Not,
    Ramp,
    Reinterpret,
    Select,
    Variable,
)
from halo.ir.growing import Grow, Growing
from halo.ir.lowered import BufferArg, Constant, Field, LoweredFunc, buffer_field
from halo.ir.math import definition
from halo.ir.message import text_of
from halo.ir.node import Node
from halo.ir.stmt import (
    Acquire,
    Allocate,
    AssertStmt,
    Atomic,
    Block,
    CallExtern,
    Evaluate,
    For,
    Fork,
    IfThenElse,
    LetStmt,
    Memoize,
    PrefetchLine,
    Print,
    ProducerConsumer,
    Release,
    Stmt,
    Store,
    StreamFence,
    Trace,
    TraceScope,
)
from halo.ir.types import Int, Type

Extern = Callable[..., int]


def execute(
    func: LoweredFunc,
    args: Mapping[str, Any],
    fields: Mapping[str, int] | None = None,
    *,
    constants: Sequence[Constant] = (),
    externs: Mapping[str, Extern] | None = None,
    write: Callable[[str], Any] | None = None,
) -> None:
    """Run `func`, writing to the arrays among `args`.

    Parameters
    ----------
    func
        A function of the flat stage, before or after any of its passes. Loops of every kind run
        in order; each load and store is checked against its array.
    args
        A flat 1-D array for each buffer (bfloat16 as uint16), a number for each scalar.
    fields
        Values of the `buffer_field` variables that the body uses.
    externs
        Python functions for EXTERN calls; an address is passed as the array from there on.
    write
        Takes the lines that are printed; standard output by default.

    Raises
    ------
    BufferError
        A check of the function failed; the message is the one it gives.
    InternalError
        An access outside its array, or a name that is not bound.
    """
    run = _Executor(constants, externs or {}, write or _to_stdout)
    for arg in func.args:
        if isinstance(arg, BufferArg):
            run.arrays[arg.name] = args[arg.name]
            run.types[arg.name] = arg.type
            for d in range(arg.dimensions):
                for what in Field:
                    v = buffer_field(arg.name, what, d)
                    if fields is not None and v.name in fields:
                        run.values[v.name] = settle(v.type, fields[v.name])
        else:
            run.values[arg.name] = settle(arg.type, args[arg.name])
    with np.errstate(all="ignore"):
        run.stmt(func.body)


def _to_stdout(text: str) -> None:
    sys.stdout.write(text)  # looked up at each call, because it may be replaced


class _Executor:
    def __init__(
        self,
        constants: Sequence[Constant],
        externs: Mapping[str, Extern],
        write: Callable[[str], Any],
    ) -> None:
        self.write = write
        self.values: dict[str, Value] = {}
        self.arrays: dict[str, Value] = {c.name: c.data.reshape(-1) for c in constants}
        self.types: dict[str, Type] = {c.name: c.type for c in constants}
        self.externs = externs
        self.semaphores: dict[str, int] = {}
        self._memo: dict[int, Value] = {}
        self._math: dict[tuple[str, tuple[Type, ...]], Expr] = {}

    def value(self, e: Expr) -> Value:
        """Return the value of `e`; a node shared within one statement is evaluated once."""
        known = self._memo.get(id(e))
        if known is None:
            if isinstance(e, (Binary, Comparison)):
                known = BINARY[type(e)](e.a.type, self.value(e.a), self.value(e.b))
            else:
                known = _EXPRS[type(e)](self, e)
            self._memo[id(e)] = known
        return known

    def stmt(self, s: Stmt) -> None:
        """Run `s`."""
        self._memo.clear()
        run = _STMTS.get(type(s))
        if run is None:
            raise InternalError(f"{type(s).__name__} is not of the flat stage")
        run(self, s)

    def integer(self, e: Expr) -> int:
        """Return the value of scalar integer `e`."""
        return int(self.value(e))

    def bind(self, name: str, value: Value, run: Callable[[], Any]) -> Any:
        """Return what `run` does while `name` stands for `value`."""
        hidden = self.values.get(name)
        self.values[name] = value
        self._memo.clear()
        result = run()
        self._memo.clear()
        if hidden is None:
            del self.values[name]
        else:
            self.values[name] = hidden
        return result

    def variable(self, e: Variable) -> Value:
        if e.name not in self.values:
            raise InternalError(f"variable {e.name} is not bound")
        return self.values[e.name]

    def places(self, name: str, index: Value, mask: Value | None, node: Node) -> Value:
        """Return the places accessed, inside the array; those not wanted become 0."""
        if name not in self.arrays:
            raise InternalError(f"no array {name} for {node}")
        wanted = index if mask is None else np.where(mask, index, 0)
        size = len(self.arrays[name])
        active = np.broadcast_to(True if mask is None else mask, wanted.shape)
        if bool(np.any(active & ((wanted < 0) | (wanted >= size)))):
            raise InternalError(f"{node}: index {index} is outside {name}, of size {size}")
        return wanted

    def mask(self, predicate: Expr | None) -> Value | None:
        return None if predicate is None else self.value(predicate)

    def load(self, e: Load) -> Value:
        mask = self.mask(e.predicate)
        index = self.places(e.name, self.value(e.index), mask, e)
        if mask is not None and not bool(np.any(mask)):
            return np.zeros(index.shape, dtype_of(e.type))
        read = self.arrays[e.name][index]
        if e.type.is_bfloat():
            read = (read.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return np.asarray(read if mask is None else np.where(mask, read, read.dtype.type(0)))

    def store(self, s: Store) -> None:
        mask = self.mask(s.predicate)
        index = self.places(s.name, self.value(s.index), mask, s)
        value = np.broadcast_to(self.value(s.value), index.shape)
        if self.types[s.name].is_bfloat():
            value = (round_bfloat(value).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
        if mask is None:
            self.arrays[s.name][index] = value
        else:
            active = np.broadcast_to(mask, index.shape)
            self.arrays[s.name][index[active]] = value[active]

    def call(self, e: Call) -> Value:
        if e.kind is CallKind.INTRINSIC and e.name in INTRINSICS:
            args = [self.value(a) for a in e.args]
            return np.asarray(INTRINSICS[e.name](e.args[0].type.element, *args))
        if e.kind is CallKind.MATH:
            return self.math(e)
        raise InternalError(f"call of {e.name} has no value here")

    def math(self, e: Call) -> Value:
        """Evaluate the definition of a math function, made once for arguments of these types."""
        types = tuple(a.type for a in e.args)
        names = [f"argument.{i}" for i in range(len(types))]
        if (e.name, types) not in self._math:
            variables = tuple(Variable(t, n) for t, n in zip(types, names, strict=True))
            self._math[e.name, types] = definition(e.name, variables)
        outer, self._memo = self._memo, {}
        hidden = dict(self.values)
        self.values.update(zip(names, [self.value(a) for a in e.args], strict=True))
        self._memo.clear()
        result = self.value(self._math[e.name, types])
        self.values, self._memo = hidden, outer
        return result

    def extern(self, s: Evaluate) -> None:
        if not isinstance(s.value, Call) or s.value.kind is not CallKind.EXTERN:
            self.value(s.value)
            return
        call = s.value
        if call.name not in self.externs:
            raise InternalError(f"no Python function for the C function {call.name}")
        if self.externs[call.name](*(self.argument(a) for a in call.args)):
            raise BufferError(f"{call.name} failed")

    def whole(self, s: CallExtern) -> None:
        """Call a C function on arrays, the first axis of each its first dimension."""
        if s.name not in self.externs:
            raise InternalError(f"no Python function for the C function {s.name}")
        code = self.externs[s.name](*(self.argument(a) for a in s.args))
        if code:
            raise BufferError(f"{s.message} returned {code}")

    def argument(self, e: Expr) -> Any:
        if isinstance(e, Call) and e.name == "address_of" and isinstance(e.args[0], Load):
            load = e.args[0]
            return self.arrays[load.name][self.integer(load.index) :]
        if isinstance(e, Call) and e.name == "buffer":
            flat = self.argument(e.args[0])
            ends = [self.integer(x) for x in e.args[1:]]
            strides = [n * flat.itemsize for n in ends[2::3]]
            return np.lib.stride_tricks.as_strided(flat, ends[1::3], strides)
        return self.value(e)[()]

    def select(self, e: Select) -> Value:
        t, f = self.value(e.true_value), self.value(e.false_value)
        return np.where(self.value(e.condition), t, f)

    def reduce(self, e: VectorReduce) -> Value:
        groups = self.value(e.value).reshape(e.lanes, -1)
        total = reduce_lanes(e.op, e.value.type.element, groups)
        return total if e.type.is_vector() else total.reshape(())

    def shuffle(self, e: Shuffle) -> Value:
        lanes = np.concatenate([self.value(v).reshape(-1) for v in e.vectors])
        picked = lanes[list(e.indices)]
        return picked if e.type.is_vector() else picked.reshape(())

    def ramp(self, e: Ramp) -> Value:
        base, stride = self.value(e.base), self.value(e.stride)
        return np.asarray(base + np.arange(e.lanes).astype(base.dtype) * stride)

    def loop(self, s: For) -> None:
        start, extent = self.integer(s.min), self.integer(s.extent)
        for i in range(start, start + extent):
            self.bind(s.name, settle(Int(32), i), lambda: self.stmt(s.body))

    def allocate(self, s: Allocate) -> None:
        self.hold(s, math.prod(self.integer(e) for e in s.extents) * s.type.lanes())

    def hold(self, s: Allocate | Growing, size: int) -> None:
        hidden = (self.arrays[s.name], self.types[s.name]) if s.name in self.arrays else None
        t = s.type.element
        self.arrays[s.name], self.types[s.name] = _uninitialised(s.name, t, size), t
        self.stmt(s.body)
        del self.arrays[s.name], self.types[s.name]
        if hidden is not None:
            self.arrays[s.name], self.types[s.name] = hidden

    def grow(self, s: Grow) -> None:
        held, count = self.arrays[s.name], self.integer(s.count)
        more = _uninitialised(s.name, self.types[s.name], count)[len(held) :]
        self.arrays[s.name] = np.concatenate([held, more]) if len(more) else held

    def check(self, s: AssertStmt) -> None:
        if not bool(self.value(s.condition)):
            parts = (p if isinstance(p, str) else self.text(p) for p in s.message)
            raise BufferError("".join(parts))

    def print(self, s: Print) -> None:
        self.write("".join(p if isinstance(p, str) else self.text(p) for p in s.message) + "\n")

    def text(self, e: Expr) -> str:
        return text_of(e.type, self.value(e)[()])

    def branch(self, s: IfThenElse) -> None:
        if bool(self.value(s.condition)):
            self.stmt(s.then_case)
        elif s.else_case is not None:
            self.stmt(s.else_case)

    def block(self, s: Block) -> None:
        for one in s.stmts:
            self.stmt(one)

    def fork(self, s: Fork) -> None:
        """Run the branches one after the other, or what does the same where that cannot be."""
        if s.serial is not None:
            self.stmt(s.serial)
            return
        hidden, self.semaphores = self.semaphores, {**self.semaphores, **dict(s.semaphores)}
        for branch in s.branches:
            self.stmt(branch)
        self.semaphores = hidden

    def acquire(self, s: Acquire) -> None:
        if self.semaphores[s.semaphore] < s.count:
            raise InternalError(f"{s}: nothing before it releases so many")
        self.semaphores[s.semaphore] -= s.count

    def release(self, s: Release) -> None:
        self.semaphores[s.semaphore] += s.count


def _uninitialised(name: str, t: Type, size: int) -> Value:
    """Return cells of bytes that stand out: a read of one never written changes the result."""
    if size < 0:
        raise InternalError(f"{name} has size {size}")
    return np.full(size * t.dtype.itemsize, 0 if t.is_bool() else 0x5B, "u1").view(t.dtype)


_EXPRS: dict[type, Callable[[_Executor, Any], Value]] = {
    IntImm: lambda x, e: settle(e.type, e.value),
    FloatImm: lambda x, e: settle(e.type, e.value),
    Variable: _Executor.variable,
    Cast: lambda x, e: cast(e.type.element, e.value.type.element, x.value(e.value)),
    Reinterpret: lambda x, e: reinterpret(e.type, e.value.type, x.value(e.value)),
    Not: lambda x, e: ~x.value(e.a),
    Select: _Executor.select,
    Ramp: _Executor.ramp,
    Broadcast: lambda x, e: np.broadcast_to(x.value(e.value), (e.lanes,)),
    Shuffle: _Executor.shuffle,
    VectorReduce: _Executor.reduce,
    Let: lambda x, e: x.bind(e.name, x.value(e.value), lambda: x.value(e.body)),
    Load: _Executor.load,
    Call: _Executor.call,
}

_STMTS: dict[type, Callable[[_Executor, Any], Any]] = {
    LetStmt: lambda x, s: x.bind(s.name, x.value(s.value), lambda: x.stmt(s.body)),
    AssertStmt: _Executor.check,
    Print: _Executor.print,
    Trace: lambda x, s: None,  # what is traced is told by compiled code only
    TraceScope: lambda x, s: x.stmt(s.body),
    Memoize: lambda x, s: x.stmt(s.body),
    ProducerConsumer: lambda x, s: x.stmt(s.body),
    Atomic: lambda x, s: x.stmt(s.body),
    For: _Executor.loop,
    Store: _Executor.store,
    StreamFence: lambda x, s: None,
    PrefetchLine: lambda x, s: None,
    Allocate: _Executor.allocate,
    Growing: lambda x, s: x.hold(s, 0),
    Grow: _Executor.grow,
    Block: _Executor.block,
    IfThenElse: _Executor.branch,
    Evaluate: _Executor.extern,
    CallExtern: _Executor.whole,
    Fork: _Executor.fork,
    Acquire: _Executor.acquire,
    Release: _Executor.release,
}
