"""Where each tensor lies in a run: an argument, a constant, a workspace, memory of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from halo.ir.expr import Add, Expr, Mul, i64
from halo.ir.lowered import Constant
from halo.ir.types import UInt
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend.entry_model import Bind, Place
from onnx_frontend.extents import product
from onnx_frontend.layouts import Layouts
from onnx_frontend.phases import Phase
from onnx_frontend.plan import Lifetime, Workspace, plan_workspace, tensor_bytes
from onnx_frontend.run_time_sizes import RunTimeSize

_NOMINAL = 64
"""What sizes are taken for where the plan of a workspace has to guess."""


def plan_phases(
    phases: Sequence[Phase],
    aliases: Mapping[Tensor, Tensor],
    elsewhere: Collection[Tensor],
    kept: Collection[Tensor] = (),
) -> list[list[Lifetime]]:
    """Return for each phase how long the tensors live that it computes first.

    Parameters
    ----------
    elsewhere
        What needs no memory here.
    kept
        What is needed to the end.
    """
    last: dict[Tensor, int] = {}
    born: list[dict[Tensor, int]] = []
    number = 0
    for phase in phases:
        own: dict[Tensor, int] = {}
        for call in phase.calls:
            for made in call.kernel.group.stored:
                own[made] = last[made] = number
            for read in call.kernel.reads:
                last[aliases.get(read, read)] = number
            number += 1
        born.append({t: n for t, n in own.items() if t not in elsewhere})
    last |= dict.fromkeys(kept, number)
    return [
        [
            Lifetime(t.name, tensor_bytes(t.shape, t.type.bytes()), first, last[t])
            for t, first in tensors.items()
        ]
        for tensors in born
    ]


def planned(lifetimes: Sequence[Lifetime], symbols: Collection[str], name: str) -> Workspace:
    """Return a workspace for `lifetimes`, whose sizes consist of `symbols`."""
    return plan_workspace(lifetimes, dict.fromkeys(symbols, _NOMINAL), name)


def offsets_in(workspaces: Mapping[str, Workspace]) -> dict[str, Place]:
    """Return for each tensor the place where it lies in one of the workspaces."""
    return {
        tensor: Place(name, UInt(8), offset)
        for name, plan in workspaces.items()
        for tensor, offset in plan.offsets.items()
    }


@dataclass(slots=True)
class Places:
    """Where tensors lie, in a run or in the steps of a loop of it.

    Attributes
    ----------
    layouts
        How tensors are stored.
    aliases
        As in `Grouping`.
    of_tensors, of_names
        The places, by tensor or by its name.
    outer
        The places around a loop.
    constants
        The constants that are needed; collected.
    """

    layouts: Layouts
    aliases: Mapping[Tensor, Tensor]
    of_tensors: Mapping[Tensor, Place]
    of_names: Mapping[str, Place]
    outer: Places | None = None
    constants: dict[Tensor, Constant] = field(default_factory=dict)

    def of(self, tensor: Tensor) -> Place:
        """Return where `tensor` lies."""
        tensor = self.aliases.get(tensor, tensor)
        found = self.of_tensors.get(tensor) or self.of_names.get(tensor.name)
        if found is not None:
            return found
        if self.outer is not None:
            return self.outer.of(tensor)
        assert tensor.kind is OpKind.CONSTANT, tensor.name
        return Place(self._constant(tensor).name, tensor.type, i64(0))

    def bind(self, size: RunTimeSize) -> Bind:
        """Return how `size` is computed of cells, each of a tensor that lies by itself."""
        cells = (
            (name, replace(self.of(t), offset=i64(place)))
            for name, (t, place) in size.cells.items()
        )
        return Bind(size.name, size.value, tuple(cells))

    def _constant(self, tensor: Tensor) -> Constant:
        known = self.constants.get(tensor)
        if known is None:
            known = Constant(tensor.name, tensor.type, self.layouts.data(tensor))
            self.constants[tensor] = known
        return known


def piece_of(whole: Place, piece: Tensor, number: Expr) -> Place:
    """Return where `piece` lies that is the one of this number (int64) in `whole`."""
    cells = Mul(number, product(piece.shape))
    each = piece.type.bytes() // whole.type.bytes()
    return replace(whole, offset=Add(whole.offset, Mul(cells, i64(each))))
