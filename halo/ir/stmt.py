"""Statement nodes.

Two stages share them. Before storage flattening a Func's cells are written by `Provide`, read by
`Call` and live in a `Realize`; after it, memory is flat: `Store`, `Load`, `Allocate`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from enum import Enum

from halo.ir.case import Case
from halo.ir.expr import Expr
from halo.ir.memory import MemoryDim
from halo.ir.node import Node, node
from halo.ir.trace import TraceEventCode
from halo.ir.types import Type


class Stmt(Node):
    """Base of every statement."""

    __slots__ = ()


class ForKind(Enum):
    """How the iterations of a loop run."""

    SERIAL = "for"
    PARALLEL = "parallel"
    VECTORIZED = "vectorized"
    UNROLLED = "unrolled"


class Partition(Enum):
    """Whether loop partitioning may give the usual iterations of a loop code of their own."""

    Auto = "Auto"
    """Where it is worth it."""
    Never = "Never"
    """Not at all: one loop, with its tests in each iteration."""
    Always = "Always"
    """Also where it would be left out for the size of the code."""

    def __repr__(self) -> str:
        return f"Partition.{self.name}"


class MemoryType(Enum):
    """Where an allocation lives. As in Halide (``MemoryType``)."""

    Auto = "auto"
    """In registers where that can be, on the stack where it is small, else on the heap."""
    Heap = "heap"
    Stack = "stack"
    """On the stack of the thread: the size has to be a constant."""
    Register = "register"
    """In registers. After `promote_registers` such an allocation is one scalar or vector variable:
    its type has the lanes, the only index is 0 (or its ramp)."""

    def __repr__(self) -> str:
        return f"MemoryType.{self.name}"


class ErrorCode(Enum):
    """Why a compiled function returned early; the value is the C return code."""

    OK = 0
    NULL_BUFFER = 1
    BAD_TYPE = 2
    BAD_DIMENSIONS = 3
    BAD_EXTENT = 4
    BAD_STRIDE = 5
    OUT_OF_BOUNDS = 6
    OUT_OF_MEMORY = 7
    BAD_PARAMETER = 8
    BAD_SHAPE = 9
    REQUIREMENT = 10
    BAD_ALIGNMENT = 11
    EXTERN = 12
    BROKEN_PROMISE = 13
    BAD_PROCESSOR = 14
    OVERFLOW = 15


@node
class LetStmt(Stmt):
    """`body` with `name` standing for `value`."""

    name: str
    value: Expr
    body: Stmt


@node
class AssertStmt(Stmt):
    """Leave the function with `code` unless `condition` holds.

    `message` is a sequence of texts and numbers, written one after the other.
    """

    condition: Expr
    code: ErrorCode
    message: tuple[str | Expr, ...]


@node
class Print(Stmt):
    """Write `message`, texts and numbers one after the other, as one line."""

    message: tuple[str | Expr, ...]


@node
class ProducerConsumer(Stmt):
    """Marks the code that computes Func `name`, or the code that uses it."""

    name: str
    is_producer: bool
    body: Stmt


@node
class For(Stmt):
    """Run `body` for `name` = min, ..., min + extent - 1 (int32); none if extent <= 0.

    `note` is the directive the loop comes from, for the reader of the generated code;
    `partition` is for the pass of that name and means nothing after it. `case` is the
    specialisations it is in, the outermost first.
    """

    name: str
    min: Expr
    extent: Expr
    kind: ForKind
    body: Stmt
    note: str = ""
    partition: Partition = Partition.Auto
    case: tuple[Case, ...] = field(default=(), compare=False)


@node
class Provide(Stmt):
    """Write `values` (one per Tuple element) to cell `args` of Func `name`, where `predicate`.

    `streamed`: around the caches where that can be.
    """

    name: str
    values: tuple[Expr, ...]
    args: tuple[Expr, ...]
    predicate: Expr | None = None
    streamed: bool = False


@node
class Realize(Stmt):
    """Storage for the cells of Func `name` in `bounds`, pairs of (min, extent), during `body`.

    `layout` lists the dimensions of memory, the innermost first; empty: those of the Func, in
    order. `folds` gives for a dimension of the Func the number of cells kept (a circular buffer),
    0 for all. A `hoisted` one lies in the memory that a HoistedStorage around it takes, in part
    number `slot` of it.
    """

    name: str
    types: tuple[Type, ...]
    bounds: tuple[tuple[Expr, Expr], ...]
    body: Stmt
    layout: tuple[MemoryDim, ...] = ()
    folds: tuple[int, ...] = ()
    memory: MemoryType = MemoryType.Auto
    hoisted: bool = False
    slot: Expr | None = None


@node
class HoistedStorage(Stmt):
    """Memory for Func `name`, used by the Realizes of it in `body` that are `hoisted`.

    It holds `extents` cells along each dimension of the Func, `slots` times over. `layout`,
    `folds` and `memory` are those of the Realizes.
    """

    name: str
    types: tuple[Type, ...]
    extents: tuple[Expr, ...]
    body: Stmt
    layout: tuple[MemoryDim, ...] = ()
    folds: tuple[int, ...] = ()
    slots: int = 1
    memory: MemoryType = MemoryType.Auto


@node
class Atomic(Stmt):
    """Stores of one update of Func `name`, which other iterations may do to the same cells.

    Updates by the lanes of a vector loop around, and by threads if `threads`, combine as if one
    came after the other. `lock`: by mutual exclusion; else `body` combines one element with
    something by an operation of `halo.ir.associative`, as one step.
    """

    name: str
    body: Stmt
    threads: bool
    lock: bool


@node
class Store(Stmt):
    """Write `value` to element(s) `index` (int64) of `name`, where `predicate` (None: all).

    `streamed`: around the caches where that can be; a StreamFence comes before another reads it.
    """

    name: str
    value: Expr
    index: Expr
    predicate: Expr | None = None
    streamed: bool = False


@node
class Prefetch(Stmt):
    """Bring into the caches the cells of Func or image `name` in `bounds`, pairs (min, extent).

    A cache line holds `steps` cells along each dimension. They need not exist.
    """

    name: str
    types: tuple[Type, ...]
    bounds: tuple[tuple[Expr, Expr], ...]
    steps: tuple[int, ...]


@node
class PrefetchLine(Stmt):
    """Bring the cache line of element `index` (int64) of `name` into the caches."""

    name: str
    index: Expr


@node
class StreamFence(Stmt):
    """Have other threads see the streamed stores before it no later than the stores after it."""


@node
class Allocate(Stmt):
    """An uninitialised array of the product of `extents` (int64) elements during `body`."""

    name: str
    type: Type
    extents: tuple[Expr, ...]
    body: Stmt
    memory: MemoryType = MemoryType.Auto


@node
class Block(Stmt):
    """Statements in order; flat: no Block directly inside a Block. An empty one does nothing."""

    stmts: tuple[Stmt, ...]


@node
class IfThenElse(Stmt):
    """`then_case` where `condition` holds, else `else_case`."""

    condition: Expr
    then_case: Stmt
    else_case: Stmt | None = None


@node
class CallExtern(Stmt):
    """Call C function `name`; a non-zero result leaves the function with `message` in front.

    `args` are scalars and calls of the intrinsic ``buffer``.
    """

    name: str
    args: tuple[Expr, ...]
    message: str


@node
class Trace(Stmt):
    """Report `event`, a load, a store or a tag, of cell `coordinates` of `name`."""

    event: TraceEventCode
    name: str
    value: Expr | None
    coordinates: tuple[Expr, ...]
    value_index: int = 0
    tag: str = ""


@node
class TraceScope(Stmt):
    """Report that something of `name` begins, run `body`, report that it ends.

    `event` is that of the beginning, the end has the next number; `coordinates` are pairs of min
    and extent.
    """

    event: TraceEventCode
    name: str
    coordinates: tuple[Expr, ...]
    body: Stmt


@node
class Memoize(Stmt):
    """Fill the memory of Func `name` from the cache, or run `body`, which does, and keep it there.

    `key` are int64 scalars that belong to the `identity`. After storage flattening `arrays` are the
    addresses of its buffers and `sizes` their bytes (int64).
    """

    name: str
    identity: str
    eviction_key: int
    key: tuple[Expr, ...]
    arrays: tuple[Expr, ...]
    sizes: tuple[Expr, ...]
    body: Stmt


@node
class Fork(Stmt):
    """Run `branches`, which may do so at the same time, on threads of their own.

    They share the `semaphores`, pairs of a name and the first count. `together`: branches wait for
    later ones too, so that they need a thread each; else a branch waits for earlier ones only, and
    they may run one after the other. `serial` does the same without threads; None: the branches
    in order do.
    """

    branches: tuple[Stmt, ...]
    semaphores: tuple[tuple[str, int], ...]
    together: bool
    serial: Stmt | None


@node
class Acquire(Stmt):
    """Wait until `semaphore` of a Fork around counts `count` or more, and take so many."""

    semaphore: str
    count: int


@node
class Release(Stmt):
    """Have `semaphore` of a Fork around count `count` more."""

    semaphore: str
    count: int


@node
class Evaluate(Stmt):
    """Evaluate `value`, an EXTERN call, for its effect; a non-zero result leaves the function."""

    value: Expr


NO_OP = Block(())


def block(*stmts: Stmt) -> Stmt:
    """Return `stmts` in order as one statement, flattened; no Block around a single one."""
    flat: list[Stmt] = []
    for s in stmts:
        if isinstance(s, Block):
            flat.extend(s.stmts)
        else:
            flat.append(s)
    return flat[0] if len(flat) == 1 else Block(tuple(flat))


def statements(s: Stmt) -> Iterator[Stmt]:
    """Yield `s` and the statements in it."""
    stack = [s]
    while stack:
        n = stack.pop()
        yield n
        stack.extend(c for c in n.children() if isinstance(c, Stmt))


def flattened(s: Stmt) -> Stmt:
    """Return `s` with the Blocks directly inside it opened, if it is a Block; else *s* itself."""
    if isinstance(s, Block) and any(isinstance(x, Block) for x in s.stmts):
        return block(*s.stmts)
    return s
