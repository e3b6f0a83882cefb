"""When what happens in a run: sizes are computed as soon as their cells are there.

A run is a sequence of phases. Each computes sizes, then calls the kernels that can run once these
are known; a kernel that stores cells which a size is made of ends its phase. A model without
run-time sizes has one phase.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from halo.errors import InternalError
from halo.ir.expr import Variable
from halo.ir.substitute import walk
from halo.ops.branch import branches_around
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend.extents import symbols_of
from onnx_frontend.lower_kernels import KernelCall
from onnx_frontend.run_time_sizes import RunTimeSize


@dataclass(slots=True)
class Phase:
    """Sizes to compute, then kernels to call, both in order."""

    sizes: list[RunTimeSize] = field(default_factory=list)
    calls: list[KernelCall] = field(default_factory=list)


def split_into_phases(
    calls: Sequence[KernelCall],
    sizes: Sequence[RunTimeSize],
    aliases: Mapping[Tensor, Tensor],
    given: Collection[Tensor] = (),
) -> list[Phase]:
    """Return the phases of a run, or of a step of a loop.

    Parameters
    ----------
    calls
        The kernels, each after those whose results it reads.
    sizes
        The run-time sizes, each after those that it needs.
    aliases
        As in `Grouping`.
    given
        What is there before the first phase, beside inputs and constants.
    """
    if not sizes:
        return [Phase([], list(calls))]
    made_by_run = {size.name for size in sizes}
    pending, waiting = list(calls), list(sizes)
    stored: set[Tensor] = set(given)
    known: set[str] = set()
    phases: list[Phase] = []
    while pending or waiting:
        phase = Phase()
        waiting = _bind(phase, waiting, stored, known, made_by_run)
        pending = _run(phase, pending, stored, known, made_by_run, aliases)
        if not phase.sizes and not phase.calls:
            raise InternalError(f"sizes {[s.name for s in waiting]} wait for one another")
        phases.append(phase)
    return phases


def _bind(
    phase: Phase,
    waiting: Iterable[RunTimeSize],
    stored: set[Tensor],
    known: set[str],
    made_by_run: set[str],
) -> list[RunTimeSize]:
    """Put the sizes that can be computed into `phase`; return the others."""
    later: list[RunTimeSize] = []
    for size in waiting:
        there = all(_is_given(t) or t in stored for t, _ in size.cells.values())
        needs = {v.name for v in walk(size.value) if isinstance(v, Variable)} & made_by_run
        if there and needs <= known:
            phase.sizes.append(size)
            known.add(size.name)
        else:
            later.append(size)
    return later


def _run(
    phase: Phase,
    pending: Iterable[KernelCall],
    stored: set[Tensor],
    known: set[str],
    made_by_run: set[str],
    aliases: Mapping[Tensor, Tensor],
) -> list[KernelCall]:
    """Put the kernels that can run into `phase`; return the others."""
    later: list[KernelCall] = []
    for call in pending:
        reads = [aliases.get(t, t) for t in call.kernel.reads]
        ready = all(_is_given(t) or t in stored for t in reads)
        names = call.kernel.symbols.keys() | _asked(call)
        if ready and made_by_run & names <= known:
            phase.calls.append(call)
            stored.update(call.kernel.group.stored)
        else:
            later.append(call)
    return later


def _asked(call: KernelCall) -> set[str]:
    """Return the names of what tells whether a kernel in a branch is carried out."""
    around = branches_around(call.kernel.group.root.branch)
    return {name for b in around for name in symbols_of(b.guard)}


def _is_given(t: Tensor) -> bool:
    return t.kind in (OpKind.INPUT, OpKind.CONSTANT)
