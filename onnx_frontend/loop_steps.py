"""Loops as a run does them: where the tensors of a body lie, and what each step is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from halo.ir.expr import EQ, Add, Cast, Mul, Variable, i32, i64
from halo.ir.lowered import LoweredFunc
from halo.ir.types import Int
from halo.ops.tensor import Tensor
from onnx_frontend.c_function import call_of
from onnx_frontend.copy_kernel import copy_kernel
from onnx_frontend.entry_model import Cells, Guarded, Hold, Loop, Place, Stage, Step
from onnx_frontend.extents import product, symbols_of
from onnx_frontend.loop_call import LoopCall
from onnx_frontend.lower_kernels import KernelCall
from onnx_frontend.phases import Phase, split_into_phases
from onnx_frontend.plan import Lifetime, Workspace
from onnx_frontend.run_places import Places, offsets_in, piece_of, plan_phases, planned

Steps = Callable[[Phase, Places], tuple[Step | Loop | Guarded, ...]]
"""Gives the steps that the kernels of a phase are, where tensors lie at places."""


def loop_step(
    call: KernelCall,
    around: Places,
    steps: Steps,
    copies: dict[str, LoweredFunc],
    *,
    tells_size: bool,
) -> Loop:
    """Return the loop that `call` is.

    Parameters
    ----------
    around
        Where the tensors around it lie.
    steps
        Makes the steps of its body.
    copies
        The functions that copy cells, by their names; those that it needs are added.
    """
    return _Loop(call, around, steps, copies).whole(tells_size)


def loops_in(calls: Iterable[KernelCall]) -> list[LoopCall]:
    """Return the loops among `calls`."""
    found = (call_of(call.kernel.group.root) for call in calls)
    return [loop for loop in found if isinstance(loop, LoopCall)]


class _Loop:
    def __init__(
        self, call: KernelCall, around: Places, steps: Steps, copies: dict[str, LoweredFunc]
    ) -> None:
        loop, body = call_of(call.kernel.group.root), call.kernel.body
        assert isinstance(loop, LoopCall) and body is not None
        self.loop, self.around, self.steps, self.copies = loop, around, steps, copies
        self.names = {size.name for size in loop.sizes}
        self.phases = split_into_phases(
            call.inner, loop.sizes, body.grouping.aliases, (*loop.given, *loop.stand_ins)
        )
        loops = loops_in(call.inner)
        self.growing = frozenset(x for inner in loops for x in inner.growing)
        alone = [x for inner in loops for x in inner.alone]
        self.own = {x: self._own(x) for x in (loop.step, *loop.cells, *alone)}
        if loop.going is not None:
            self.own[loop.going] = self._own(loop.going)
        elsewhere = {*self.own, *loop.gathered}
        following = [change.following for change in loop.changes()]
        lifetimes = plan_phases(self.phases, body.grouping.aliases, elsewhere, following)
        always = [t for own in lifetimes for t in own if not self._changes(t)]
        symbols = call.kernel.symbols.keys() | self.names
        base = f"{loop.step.name}_memory"
        self.plans: dict[str, Workspace] = {base: planned(always, symbols, f"{base}.slot")}
        for number, own in enumerate(lifetimes):
            name = f"{base}_{number}"
            sized = [t for t in own if self._changes(t)]
            self.plans[name] = planned(sized, symbols, f"{name}.slot")
        self.places = Places(
            around.layouts,
            body.grouping.aliases,
            self._of_tensors(),
            offsets_in(self.plans),
            around,
        )

    def whole(self, tells_size: bool) -> Loop:
        """Return all of it."""
        loop, (base, *others) = self.loop, self.plans
        return Loop(
            self._number.name,
            loop.count,
            self.own[loop.step],
            None if loop.going is None else self.own[loop.going],
            None if loop.steps is None else self.around.of(loop.steps),
            base,
            self.plans[base],
            tuple(map(self._cells, filter(self._is_kept, self.own))),
            (*self._nothing_gathered(), *self._states(begin=True)),
            tuple(self._stage(p, n) for p, n in zip(self.phases, others, strict=True)),
            tuple(self._states(begin=False)),
            tells_size,
        )

    @property
    def _number(self) -> Variable:
        return Variable(Int(32), f"{self.loop.step.name}_number")

    def _own(self, x: Tensor) -> Place:
        return Place(x.name, x.type, i64(0))

    def _cells(self, x: Tensor) -> Cells:
        return Cells(x.name, x.type, x.shape, x in self.growing)

    def _is_kept(self, x: Tensor) -> bool:
        """Whether memory for `x` is there in all steps: if its size is not one of the step."""
        sized = (name for d in x.shape for name in symbols_of(d))
        return x in self.growing or self.names.isdisjoint(sized)

    def _changes(self, t: Lifetime) -> bool:
        """Whether the size of a tensor differs from step to step."""
        return not self.names.isdisjoint(symbols_of(t.size))

    def _of_tensors(self) -> dict[Tensor, Place]:
        """Return where those tensors of the body lie that are not in its workspaces."""
        loop, around = self.loop, self.around
        found = dict(self.own)
        for x, begin in zip(loop.state, loop.initial, strict=True):
            found[x] = around.of(begin)
        for change in loop.changes():
            found[change.stand_in] = around.of(change.last)
        for stand_in, told in zip(loop.extents, loop.last_extents, strict=True):
            if stand_in is not None and told is not None:
                found[stand_in] = around.of(told)
        number = Cast(Int(64), self._number)
        for piece, whole in zip(loop.gathered, loop.wholes, strict=True):
            found[piece] = piece_of(around.of(whole), piece, number)
        return found

    def _stage(self, phase: Phase, name: str) -> Stage:
        binds = map(self.places.bind, phase.sizes)
        stored = [t for call in phase.calls for t in call.kernel.group.stored]
        sized = [t for t in stored if t in self.own and not self._is_kept(t)]
        steps = (*self._pieces(stored), *self.steps(phase, self.places))
        cells = tuple(map(self._cells, sized))
        return Stage(tuple(binds), name, self.plans[name], cells, (), steps)

    def _states(self, *, begin: bool) -> Iterator[Step | Hold]:
        """Yield what makes the begin, or what follows, the state."""
        for change in self.loop.changes():
            source = change.begin if begin else change.following
            if change.extents is not None:
                count, told = product(source.shape), self.around.of(change.extents)
                yield Hold(change.last.name, count, told, source.shape)
            yield self._copy(source, change.last)

    def _nothing_gathered(self) -> Iterator[Hold]:
        for piece, whole, told in self.loop.open_pieces():
            sizes = (i32(0),) * piece.rank
            yield Hold(whole.name, i64(0), self.around.of(told), sizes)

    def _pieces(self, stored: Sequence[Tensor]) -> Iterator[Hold]:
        """Yield what makes room for those pieces that are among `stored`."""
        for piece, whole, told in self.loop.open_pieces():
            if piece in stored:
                count = Mul(Add(Cast(Int(64), self._number), i64(1)), product(piece.shape))
                first = EQ(self._number, i32(0))
                extents = self.around.of(told)
                yield Hold(whole.name, count, extents, piece.shape, first, self.loop.title)

    def _copy(self, source: Tensor, target: Tensor) -> Step:
        function = copy_kernel(source.type)
        self.copies.setdefault(function.name, function)
        cells = Cast(Int(32), product(source.shape))
        return Step(function.name, (self.places.of(source), self.around.of(target), cells))
