"""Put lowered kernels, weights and the entry functions together into one module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from halo.ir.expr import Variable, i64
from halo.ir.lowered import BufferArg, Constant, LoweredModule
from halo.ir.types import Int, UInt
from halo.ops.tensor import OpKind, Tensor
from onnx_frontend.entry import (
    WORKSPACE,
    Argument,
    Model,
    Place,
    Requirement,
    Step,
    entry_function,
    sizes_function,
)
from onnx_frontend.extents import to_serial
from onnx_frontend.groups import Grouping
from onnx_frontend.importer import ImportedGraph
from onnx_frontend.layouts import Layouts
from onnx_frontend.lower_kernels import KernelCall
from onnx_frontend.plan import Lifetime, Workspace, plan_workspace, tensor_bytes
from onnx_frontend.signature import Port, Signature

_NOMINAL = 64
"""What symbols are taken for where the plan of the workspace has to guess."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """A model ready for a back end."""

    module: LoweredModule
    signature: Signature
    workspace: Workspace


def assemble(
    name: str,
    graph: ImportedGraph,
    grouping: Grouping,
    layouts: Layouts,
    calls: Sequence[KernelCall],
) -> Assembled:
    """Return the module and signature of `graph`, whose kernels are `calls`, in order."""
    arguments = _arguments(graph)
    plan = _plan(graph, grouping, calls)
    places = _Places(arguments, grouping, plan, layouts)
    steps = tuple(places.step(call) for call in calls)
    model = Model(
        name,
        tuple(arguments.values()),
        tuple(Requirement(r.a, r.b, r.why) for r in graph.requires),
        tuple((t.name, t.shape) for t in graph.tensors),
        plan,
        steps,
    )
    kernels = dict.fromkeys(call.function for call in calls)
    functions = (*kernels, entry_function(model), sizes_function(model))
    module = LoweredModule(name, functions, tuple(places.constants.values()))
    return Assembled(module, _signature(name, graph, arguments), plan)


def _arguments(graph: ImportedGraph) -> dict[Tensor, Argument]:
    named = [(n, t, False) for n, t in zip(graph.input_names, graph.inputs, strict=True)]
    named += [(n, t, True) for n, t in graph.outputs]
    return {t: Argument(n, t.name, t.type, t.shape, is_output) for n, t, is_output in named}


def _signature(name: str, graph: ImportedGraph, arguments: Mapping[Tensor, Argument]) -> Signature:
    def port(t: Tensor) -> Port:
        a = arguments[t]
        return Port(a.name, a.identifier, a.type, tuple(to_serial(d) for d in a.shape))

    inputs = tuple(port(t) for t in graph.inputs)
    return Signature(name, inputs, tuple(port(t) for _, t in graph.outputs), graph.symbols)


def _plan(graph: ImportedGraph, grouping: Grouping, calls: Sequence[KernelCall]) -> Workspace:
    outputs = {t for _, t in graph.outputs}
    first: dict[Tensor, int] = {}
    last: dict[Tensor, int] = {}
    for number, call in enumerate(calls):
        first[call.kernel.group.root] = last[call.kernel.group.root] = number
        for read in call.kernel.reads:
            last[grouping.aliases.get(read, read)] = number
    lifetimes = [
        Lifetime(t.name, tensor_bytes(t.shape, t.type.bytes()), first[t], last[t])
        for t in first
        if t not in outputs
    ]
    return plan_workspace(lifetimes, dict.fromkeys(graph.symbols, _NOMINAL))


@dataclass(slots=True)
class _Places:
    """Where each tensor lies; collects the constants that are needed."""

    arguments: Mapping[Tensor, Argument]
    grouping: Grouping
    plan: Workspace
    layouts: Layouts
    constants: dict[Tensor, Constant] = field(default_factory=dict)

    def step(self, call: KernelCall) -> Step:
        """Return the call of a kernel in the entry function."""
        tensors = [*call.kernel.reads, call.kernel.group.root]
        buffers = [a for a in call.function.args if isinstance(a, BufferArg)]
        places = [self._place(t) for t, _ in zip(tensors, buffers, strict=True)]
        scalars = [Variable(Int(32), s) for s in call.kernel.symbols]
        return Step(call.function.name, (*places, *scalars))

    def _place(self, tensor: Tensor) -> Place:
        tensor = self.grouping.aliases.get(tensor, tensor)
        argument = self.arguments.get(tensor)
        if argument is not None:
            return Place(argument.identifier, tensor.type, i64(0))
        if tensor.kind is OpKind.CONSTANT:
            return Place(self._constant(tensor).name, tensor.type, i64(0))
        return Place(WORKSPACE, UInt(8), self.plan.offsets[tensor.name])

    def _constant(self, tensor: Tensor) -> Constant:
        known = self.constants.get(tensor)
        if known is None:
            known = Constant(tensor.name, tensor.type, self.layouts.data(tensor))
            self.constants[tensor] = known
        return known
