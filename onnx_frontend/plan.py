"""One workspace for all intermediates: tensors that are not alive at once share memory.

Sizes that are known are packed at fixed offsets, the largest first, each into the smallest gap
that its lifetime leaves (Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net
Inference", 2020). Sizes that depend on the inputs share slots instead: a slot is as large as the
largest tensor put into it, which the entry function computes as a maximum, so nothing about the
sizes has to be proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from halo.ir.expr import Add, Div, Expr, IntImm, Max, Mul, Variable, i64
from halo.ir.types import Int
from onnx_frontend.extents import evaluate, product, to_serial

ALIGNMENT = 64
"""Every tensor starts at a multiple of this many bytes: a cache line, a whole AVX-512 vector."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A tensor of the workspace: `size` bytes (int64) needed from step `first` to `last`."""

    name: str
    size: Expr
    first: int
    last: int

    def overlaps(self, other: Lifetime) -> bool:
        """Whether both are alive during some step."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the tensors lie.

    Attributes
    ----------
    lets
        Values to be computed first, in order: the ends of the slots, int64.
    offsets
        Per tensor its first byte, int64, a multiple of `ALIGNMENT`.
    size
        Bytes of the whole, int64.
    """

    lets: tuple[tuple[str, Expr], ...]
    offsets: Mapping[str, Expr]
    size: Expr


@dataclass(slots=True)
class _Slot:
    tensors: list[Lifetime] = field(default_factory=list)
    nominal: int = 0


def plan_workspace(
    tensors: Sequence[Lifetime], nominal: Mapping[str, int], name: str = "slot"
) -> Workspace:
    """Place `tensors` so that no two that are alive at once overlap.

    Parameters
    ----------
    tensors
        What is to be placed.
    nominal
        Typical values of the symbols. They decide which tensors share a slot, hence how much
        memory is saved, never whether the result is right.
    name
        What the names of the slots' ends begin with.
    """
    known = [t for t in tensors if isinstance(t.size, IntImm)]
    symbolic = [t for t in tensors if not isinstance(t.size, IntImm)]
    fixed = _pack(known)
    end = max((fixed[t.name] + _aligned(_known_size(t)) for t in known), default=0)
    offsets: dict[str, Expr] = {name: i64(offset) for name, offset in fixed.items()}
    lets: list[tuple[str, Expr]] = []
    start: Expr = i64(end)
    for number, slot in enumerate(_share_slots(symbolic, nominal)):
        offsets.update((t.name, start) for t in slot.tensors)
        end_name = f"{name}{number}.end"
        lets.append((end_name, Add(start, _slot_size(slot))))
        start = Variable(Int(64), end_name)
    return Workspace(tuple(lets), offsets, start)


def _known_size(tensor: Lifetime) -> int:
    assert isinstance(tensor.size, IntImm)
    return tensor.size.value


def _aligned(size: int) -> int:
    """Return the bytes for a tensor of `size`; one without elements has an address of its own."""
    return -(-max(size, 1) // ALIGNMENT) * ALIGNMENT


def _pack(tensors: Sequence[Lifetime]) -> dict[str, int]:
    """Place tensors of known size; return their offsets."""
    placed: list[tuple[int, int, Lifetime]] = []
    for tensor in sorted(tensors, key=lambda t: (-_known_size(t), t.first)):
        size = _aligned(_known_size(tensor))
        busy = sorted((at, end) for at, end, other in placed if tensor.overlaps(other))
        at = _smallest_gap(busy, size)
        placed.append((at, at + size, tensor))
    return {tensor.name: at for at, _, tensor in placed}


def _smallest_gap(busy: Iterable[tuple[int, int]], size: int) -> int:
    """Return where `size` bytes fit most tightly between the `busy` ranges, or behind them."""
    best: tuple[int, int] | None = None
    free = 0
    for start, end in busy:
        gap = start - free
        if gap >= size and (best is None or gap < best[0]):
            best = (gap, free)
        free = max(free, end)
    return free if best is None else best[1]


def _share_slots(tensors: Sequence[Lifetime], nominal: Mapping[str, int]) -> list[_Slot]:
    """Put each tensor, the largest first, into the slot that it wastes least of."""
    sizes = {t.name: evaluate(to_serial(t.size), nominal) for t in tensors}
    slots: list[_Slot] = []
    for tensor in sorted(tensors, key=lambda t: (-sizes[t.name], t.first)):
        free = [s for s in slots if not any(tensor.overlaps(other) for other in s.tensors)]
        if free:
            slot = min(free, key=lambda s: s.nominal)
        else:
            slot = _Slot(nominal=sizes[tensor.name])
            slots.append(slot)
        slot.tensors.append(tensor)
    return slots


def _slot_size(slot: _Slot) -> Expr:
    """Return the bytes of the largest tensor of the slot, rounded up to the alignment."""
    distinct: dict[str, Expr] = {}
    for tensor in slot.tensors:
        distinct.setdefault(str(to_serial(tensor.size)), tensor.size)
    largest, *others = distinct.values()
    for size in others:
        largest = Max(largest, size)
    # Tensors without cells have addresses of their own, too.
    rounded_up = Div(Add(Max(largest, i64(1)), i64(ALIGNMENT - 1)), i64(ALIGNMENT))
    return Mul(rounded_up, i64(ALIGNMENT))


def tensor_bytes(shape: Sequence[Expr], element_bytes: int) -> Expr:
    """Return the size of a dense tensor in bytes, int64."""
    return product((i64(element_bytes), *shape))
