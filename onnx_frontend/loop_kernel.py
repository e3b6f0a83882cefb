"""The kernel that runs a loop: it calls the kernels of the body, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from halo.ir.expr import (
    LT,
    Add,
    And,
    Call,
    CallKind,
    Cast,
    Div,
    Expr,
    Load,
    Mul,
    Variable,
    const,
    i32,
    i64,
)
from halo.ir.lowered import BufferArg, LoweredFunc, ScalarArg
from halo.ir.stmt import (
    Allocate,
    Evaluate,
    For,
    ForKind,
    IfThenElse,
    LetStmt,
    MemoryType,
    Stmt,
    Store,
    block,
)
from halo.ir.types import Bool, Int, UInt
from halo.ops.tensor import Tensor
from onnx_frontend.c_function import call_of
from onnx_frontend.entry_model import Place
from onnx_frontend.extents import product
from onnx_frontend.general_loop import CHUNK
from onnx_frontend.kernels import Kernel
from onnx_frontend.layouts import Layouts
from onnx_frontend.loop_call import LoopCall
from onnx_frontend.plan import Lifetime, Workspace, plan_workspace, tensor_bytes

_MEMORY = "memory"
_STEP = "step"
_GOING = "going"
_NUMBER = Variable(Int(32), "number")
_NOMINAL = 64


Inner = Sequence[tuple[Kernel, LoweredFunc]]
"""The kernels of the body in the order in which they run, and the functions that do them."""


def loop_kernel(kernel: Kernel, name: str, layouts: Layouts, inner: Inner) -> LoweredFunc:
    """Return the function `name` that runs the loop of `kernel`, whose body is `inner`.

    Its arguments are those of any kernel: what is read, what is stored, the symbols.
    """
    return _Loop(kernel, layouts, inner).function(name)


class _Loop:
    def __init__(self, kernel: Kernel, layouts: Layouts, inner: Inner) -> None:
        call = call_of(kernel.group.root)
        assert isinstance(call, LoopCall) and kernel.body is not None
        self.kernel, self.call, self.layouts, self.inner = kernel, call, layouts, inner
        self.aliases = kernel.body.grouping.aliases
        self.names = {t: f"in{i}" for i, t in enumerate(kernel.reads)}
        self.names |= {t: f"out{i}" for i, t in enumerate(kernel.group.stored)}
        self.plan = self._plan()
        self.places = self._places()

    def function(self, name: str) -> LoweredFunc:
        """Return the whole."""
        stored = self.kernel.group.stored
        args = [
            BufferArg(n, t.type, self.layouts.dimensions(t), t in stored)
            for t, n in self.names.items()
        ]
        scalars = [ScalarArg(symbol, Int(32)) for symbol in self.kernel.symbols]
        body = block(*self._begin(), self._steps())
        for wrap in reversed([*self._memory()]):
            body = wrap(body)
        return LoweredFunc(name, (*args, *scalars), body, trusted=True)

    def _plan(self) -> Workspace:
        """Return where the tensors of the body lie that have no place of their own."""
        elsewhere = set(self.call.results)
        first: dict[Tensor, int] = {}
        last: dict[Tensor, int] = {}
        for number, (kernel, _) in enumerate(self.inner):
            for t in kernel.group.stored:
                first[t] = last[t] = number
            last |= {self.aliases.get(t, t): number for t in kernel.reads}
        lifetimes = [
            Lifetime(t.name, tensor_bytes(t.shape, t.type.bytes()), begin, last[t])
            for t, begin in first.items()
            if t not in elsewhere
        ]
        return plan_workspace(lifetimes, dict.fromkeys(self.kernel.symbols, _NOMINAL))

    def _places(self) -> dict[Tensor, Place]:
        """Return where each tensor lies that the body reads or stores."""
        call = self.call
        found = {t: Place(n, t.type, i64(0)) for t, n in self.names.items()}
        for x, begin in zip(call.state, call.initial, strict=True):
            found[x] = found[begin]
        for k, (x, _, following, end) in enumerate(call.changes()):
            found[x] = found[end]
            found[following] = Place(f"next{k}", following.type, i64(0))
        found[call.step] = Place(_STEP, Int(64), i64(0))
        if call.going is not None:
            found[call.going] = Place(_GOING, call.going.type, i64(0))
        number = Cast(Int(64), _NUMBER)
        for piece, whole in zip(call.gathered, self._gathered(), strict=True):
            offset = Mul(number, product(piece.shape))
            found[piece] = Place(self.names[whole], piece.type, offset)
        for kernel, _ in self.inner:
            for t in kernel.group.stored:
                if t not in found:
                    found[t] = Place(_MEMORY, UInt(8), self.plan.offsets[t.name])
        return found

    def _gathered(self) -> Sequence[Tensor]:
        first = sum(1 for _ in self.call.changes())
        return self.call.outputs[first : first + len(self.call.gathered)]

    def _memory(self) -> Iterator[Callable[[Stmt], Stmt]]:
        """Yield what takes memory for the body around it."""
        yield from (_let(name, value) for name, value in self.plan.lets)
        if self.plan.offsets:
            yield lambda body: Allocate(_MEMORY, UInt(8), (self.plan.size,), body, MemoryType.Heap)
        yield lambda body: Allocate(_STEP, Int(64), (i64(1),), body, MemoryType.Heap)
        for k, (x, *_) in enumerate(self.call.changes()):
            yield _typed(f"next{k}", x)
        if self.call.going is not None:
            yield _typed(_GOING, self.call.going)

    def _begin(self) -> Iterator[Stmt]:
        """Yield what stands before the first step."""
        for _, begin, _, end in self.call.changes():
            yield _copy(self.places[end], self.places[begin], end)
        if self.call.going is not None:
            yield Store(_GOING, const(Bool(), 1), i64(0))
            yield Store(self.names[self.call.outputs[-1]], i64(0), i64(0))

    def _steps(self) -> Stmt:
        call = self.call
        if call.going is None:
            return For(_NUMBER.name, i32(0), call.count, ForKind.SERIAL, self._step())
        going = Load(Bool(), _GOING, i64(0))
        chunk, place = Variable(Int(32), "chunk"), Variable(Int(32), "place")
        left = And(going, LT(_NUMBER, call.count))
        number = Add(Mul(chunk, i32(CHUNK)), place)
        step = LetStmt(_NUMBER.name, number, IfThenElse(left, self._step()))
        within = For(place.name, i32(0), i32(CHUNK), ForKind.SERIAL, step)
        chunks = Div(Add(call.count, i32(CHUNK - 1)), i32(CHUNK))
        return For(chunk.name, i32(0), chunks, ForKind.SERIAL, IfThenElse(going, within))

    def _step(self) -> Stmt:
        number = Cast(Int(64), _NUMBER)
        steps: list[Stmt] = [Store(_STEP, number, i64(0))]
        for kernel, function in self.inner:
            tensors = [*kernel.reads, *kernel.group.stored]
            addresses = [self._place(t).address() for t in tensors]
            scalars = [Variable(Int(32), s) for s in kernel.symbols]
            arguments = (*addresses, *scalars)
            steps.append(Evaluate(Call(Int(32), function.name, arguments, CallKind.EXTERN)))
        for _, _, following, end in self.call.changes():
            steps.append(_copy(self.places[end], self.places[following], end))
        if self.call.going is not None:
            steps.append(Store(self.names[self.call.outputs[-1]], Add(number, i64(1)), i64(0)))
        return block(*steps)

    def _place(self, t: Tensor) -> Place:
        return self.places[self.aliases.get(t, t)]


def _let(name: str, value: Expr) -> Callable[[Stmt], Stmt]:
    return lambda body: LetStmt(name, value, body)


def _typed(name: str, x: Tensor) -> Callable[[Stmt], Stmt]:
    return lambda body: Allocate(name, x.type, (product(x.shape),), body, MemoryType.Heap)


def _copy(to: Place, source: Place, like: Tensor) -> Stmt:
    cell = Variable(Int(32), "cell")
    place = Cast(Int(64), cell)
    value = Load(like.type, source.name, place)
    cells = Cast(Int(32), product(like.shape))
    return For(cell.name, i32(0), cells, ForKind.SERIAL, Store(to.name, value, place))
