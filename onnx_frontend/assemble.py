"""Put lowered kernels, weights and the entry functions together into one module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from halo.ir.expr import Expr, Variable, i64
from halo.ir.lowered import BufferArg, Constant, ForeignCode, LoweredModule
from halo.ir.types import Int, UInt
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend.c_function import ExternCall, call_of
from onnx_frontend.entry import entry_function, sizes_function
from onnx_frontend.entry_model import (
    Argument,
    Bind,
    Cells,
    Model,
    Place,
    Requirement,
    Stage,
    Step,
)
from onnx_frontend.errors import PluginError
from onnx_frontend.extents import to_serial
from onnx_frontend.groups import Grouping
from onnx_frontend.importer import ImportedGraph
from onnx_frontend.layouts import Layouts
from onnx_frontend.lower_kernels import KernelCall, with_inner
from onnx_frontend.phases import Phase, split_into_phases
from onnx_frontend.plan import Lifetime, Workspace, plan_workspace, tensor_bytes
from onnx_frontend.run_time_sizes import RunTimeSize
from onnx_frontend.signature import Port, Signature

_NOMINAL = 64
"""What symbols are taken for where the plan of the workspace has to guess."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A model ready for a back end; a workspace for each of its phases."""

    module: LoweredModule
    signature: Signature
    workspaces: tuple[Workspace, ...]


def assemble(
    name: str,
    graph: ImportedGraph,
    grouping: Grouping,
    layouts: Layouts,
    calls: Sequence[KernelCall],
) -> Assembled:
    """Return the module and signature of `graph`, whose kernels are `calls`, in order."""
    arguments = _arguments(graph)
    phases = split_into_phases(calls, graph.sizes, grouping.aliases)
    plans = _plans(graph, grouping, phases)
    tell = _telling(graph, grouping, calls)
    places = _Places(arguments, grouping, _offsets(plans), layouts, _cells(graph), tell)
    stages = tuple(
        places.stage(phase, f"workspace_{number}" if number else "workspace", plan)
        for number, (phase, plan) in enumerate(zip(phases, plans, strict=True))
    )
    model = Model(
        name,
        tuple(arguments.values()),
        tuple(Requirement(r.a, r.b, r.why, r.otherwise) for r in graph.requires),
        tuple((t.name, t.shape) for t in (*graph.tensors, *_inner_tensors(calls))),
        stages,
    )
    kernels = dict.fromkeys(call.function for call in with_inner(calls))
    functions = (*kernels, entry_function(model), sizes_function(model))
    module = LoweredModule(
        name, functions, tuple(places.constants.values()), foreign=_foreign_code(calls)
    )
    return Assembled(module, _signature(name, graph, arguments), plans)


def _foreign_code(calls: Sequence[KernelCall]) -> tuple[ForeignCode, ...]:
    """Return the C functions of others that `calls` call, each once."""
    found: dict[str, tuple[ForeignCode, str]] = {}
    for call in with_inner(calls):
        extern = call_of(call.kernel.group.root)
        if not isinstance(extern, ExternCall):
            continue
        code, title = found.setdefault(extern.code.name, (extern.code, extern.title))
        if code != extern.code:
            raise PluginError(
                f"{extern.title} is another C function than that of {title}",
                hint="give one of them another name",
            )
    return tuple(code for code, _ in found.values())


def _inner_tensors(calls: Sequence[KernelCall]) -> Iterator[Tensor]:
    """Yield what is computed in the bodies of loops."""
    for call in calls:
        for inner in with_inner(call.inner):
            yield from inner.kernel.group.members


def _arguments(graph: ImportedGraph) -> dict[Tensor, Argument]:
    named = [(n, t, False) for n, t in zip(graph.input_names, graph.inputs, strict=True)]
    named += [(n, t, True) for n, t in graph.outputs]
    return {t: Argument(n, t.name, t.type, t.shape, is_output) for n, t, is_output in named}


def _signature(name: str, graph: ImportedGraph, arguments: Mapping[Tensor, Argument]) -> Signature:
    def port(t: Tensor) -> Port:
        a = arguments[t]
        shape = tuple(to_serial(d) for d in a.shape)
        return Port(a.name, a.identifier, a.type, shape, t.encoding)

    inputs = tuple(port(t) for t in graph.inputs)
    return Signature(name, inputs, tuple(port(t) for _, t in graph.outputs), graph.symbols)


def _cells(graph: ImportedGraph) -> frozenset[Tensor]:
    """Return the tensors that lie by themselves, because sizes are read from them."""
    outputs = {t for _, t in graph.outputs}
    return frozenset(t for t in graph.stored if t not in outputs)


def _telling(
    graph: ImportedGraph, grouping: Grouping, calls: Sequence[KernelCall]
) -> frozenset[Tensor]:
    """Return the tensors that sizes depend on, and what else the kernels store that make them."""
    found = {t for size in graph.sizes for t, _ in size.cells.values()}
    for call in reversed(calls):
        if not found.isdisjoint(call.kernel.group.stored):
            found |= {*call.kernel.group.stored}
            found |= {grouping.aliases.get(t, t) for t in call.kernel.reads}
    return frozenset(found)


def _plans(
    graph: ImportedGraph, grouping: Grouping, phases: Sequence[Phase]
) -> tuple[Workspace, ...]:
    """Return for each phase where in its workspace the tensors lie that it computes first."""
    elsewhere = frozenset(graph.stored)
    last: dict[Tensor, int] = {}
    born: list[dict[Tensor, int]] = []
    number = 0
    for phase in phases:
        own: dict[Tensor, int] = {}
        for call in phase.calls:
            for made in call.kernel.group.stored:
                own[made] = last[made] = number
            for read in call.kernel.reads:
                last[grouping.aliases.get(read, read)] = number
            number += 1
        born.append({t: n for t, n in own.items() if t not in elsewhere})
    nominal = dict.fromkeys((*graph.symbols, *(s.name for s in graph.sizes)), _NOMINAL)
    return tuple(
        plan_workspace(
            [
                Lifetime(t.name, tensor_bytes(t.shape, t.type.bytes()), first, last[t])
                for t, first in tensors.items()
            ],
            nominal,
            f"phase{p}.slot" if p else "slot",
        )
        for p, tensors in enumerate(born)
    )


def _offsets(plans: Sequence[Workspace]) -> dict[str, tuple[str, Expr]]:
    """Return for each tensor the workspace that it lies in, and where in it."""
    return {
        tensor: (f"workspace_{number}" if number else "workspace", offset)
        for number, plan in enumerate(plans)
        for tensor, offset in plan.offsets.items()
    }


@dataclass(slots=True)
class _Places:
    """Where each tensor lies; collects the constants that are needed."""

    arguments: Mapping[Tensor, Argument]
    grouping: Grouping
    offsets: Mapping[str, tuple[str, Expr]]
    layouts: Layouts
    cells: frozenset[Tensor]
    telling: frozenset[Tensor]
    constants: dict[Tensor, Constant] = field(default_factory=dict)

    def stage(self, phase: Phase, workspace: str, plan: Workspace) -> Stage:
        """Return a phase as the entry function carries it out."""
        roots = [t for call in phase.calls for t in call.kernel.group.stored]
        outputs = [t for t in roots if t in self.telling and t in self.arguments]
        return Stage(
            tuple(self._bind(size) for size in phase.sizes),
            workspace,
            plan,
            tuple(Cells(t.name, t.type, t.shape) for t in roots if t in self.cells),
            tuple(Cells(self.arguments[t].identifier, t.type, t.shape) for t in outputs),
            tuple(self._step(call) for call in phase.calls),
        )

    def _bind(self, size: RunTimeSize) -> Bind:
        cells = ((name, self._cell(t, place)) for name, (t, place) in size.cells.items())
        return Bind(size.name, size.value, tuple(cells))

    def _cell(self, tensor: Tensor, number: int) -> Place:
        place = self._place(tensor)
        return Place(place.name, place.type, i64(number))

    def _step(self, call: KernelCall) -> Step:
        """Return the call of a kernel in the entry function."""
        tensors = [*call.kernel.reads, *call.kernel.group.stored]
        buffers = [a for a in call.function.args if isinstance(a, BufferArg)]
        places = [self._place(t) for t, _ in zip(tensors, buffers, strict=True)]
        scalars = [Variable(Int(32), s) for s in call.kernel.symbols]
        tells_size = not self.telling.isdisjoint(call.kernel.group.stored)
        return Step(call.function.name, (*places, *scalars), tells_size)

    def _place(self, tensor: Tensor) -> Place:
        tensor = self.grouping.aliases.get(tensor, tensor)
        argument = self.arguments.get(tensor)
        if argument is not None:
            return Place(argument.identifier, tensor.type, i64(0))
        if tensor.kind is OpKind.CONSTANT:
            return Place(self._constant(tensor).name, tensor.type, i64(0))
        if tensor in self.cells:
            return Place(tensor.name, tensor.type, i64(0))
        workspace, offset = self.offsets[tensor.name]
        return Place(workspace, UInt(8), offset)

    def _constant(self, tensor: Tensor) -> Constant:
        known = self.constants.get(tensor)
        if known is None:
            known = Constant(tensor.name, tensor.type, self.layouts.data(tensor))
            self.constants[tensor] = known
        return known
