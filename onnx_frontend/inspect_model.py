"""What a model consists of, and what of it can be compiled."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import onnx

from halo.ir.expr import Expr
from onnx_frontend.errors import UnsupportedOp
from onnx_frontend.extents import describe, to_serial
from onnx_frontend.graph import Graph, Value, read_graph
from onnx_frontend.importer import ImportedGraph, import_graph
from onnx_frontend.input_sequences import Given
from onnx_frontend.model_file import ModelSource, load_model


@dataclass(frozen=True, slots=True)
class OperatorUse:
    """An operator that a model uses: how often, and whether all its nodes can be compiled."""

    domain: str
    name: str
    version: int
    count: int
    supported: bool


@dataclass(frozen=True, slots=True)
class Inspection:
    """What `inspect_model` found.

    Attributes
    ----------
    name
        The model's name.
    inputs, outputs
        Lines of text such as ``x: float32[1, 3, 48, W]``.
    operators
        The operators, most used first.
    parameters
        Number of elements of all weights.
    problem
        Why it cannot be compiled; None if it can.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operators: tuple[OperatorUse, ...]
    parameters: int
    problem: UnsupportedOp | None

    def text(self) -> str:
        """Return the findings for people."""
        width = max((len(o.name) for o in self.operators), default=0)
        lines = [f"model {self.name}: {self.parameters:,} parameters"]
        lines += [f"  input   {line}" for line in self.inputs]
        lines += [f"  output  {line}" for line in self.outputs]
        lines += ["operators"]
        for o in self.operators:
            mark = "" if o.supported else "  not supported"
            lines.append(f"  {o.name:<{width}}  {o.count:>5}  {o.domain} {o.version}{mark}")
        lines.append("can be compiled" if self.problem is None else f"{self.problem}")
        return "\n".join(lines)


def inspect_model(model: ModelSource, shapes: Given | None = None) -> Inspection:
    """Return what `model` consists of, and try to import it.

    Raises
    ------
    ModelError
        It cannot be read, or its graph makes no sense.
    """
    proto = load_model(model)
    graph = read_graph(proto)
    imported, problem = _try_import(proto, shapes)
    return Inspection(
        graph.name,
        tuple(_value(v) for v in graph.inputs) if imported is None else _inputs(imported),
        tuple(_value(v) for v in graph.outputs) if imported is None else _outputs(imported),
        _operators(graph, problem),
        _parameters(graph),
        problem,
    )


def _try_import(
    proto: onnx.ModelProto, shapes: Given | None
) -> tuple[ImportedGraph | None, UnsupportedOp | None]:
    try:
        return import_graph(proto, shapes), None
    except UnsupportedOp as error:
        return None, error


def _operators(graph: Graph, problem: UnsupportedOp | None) -> tuple[OperatorUse, ...]:
    missing = {m.operator for m in problem.missing} if problem else set()
    counts = Counter((node.domain, node.op_type) for node in graph.nodes)
    return tuple(
        OperatorUse(
            domain or "ai.onnx", name, graph.opsets.get(domain, 1), count, name not in missing
        )
        for (domain, name), count in counts.most_common()
    )


def _parameters(graph: Graph) -> int:
    """Return the number of elements of all weights, given beside the nodes or as nodes."""
    arrays = list(graph.constants.values())
    for node in graph.nodes:
        if node.op_type == "Constant":
            arrays += [a for a in node.attributes.values() if isinstance(a, np.ndarray)]
    return sum(int(a.size) for a in arrays)


def _inputs(graph: ImportedGraph) -> tuple[str, ...]:
    pairs = zip(graph.input_names, graph.inputs, strict=True)
    return tuple(f"{name}: {t.type}[{_sizes(t.shape)}]" for name, t in pairs)


def _outputs(graph: ImportedGraph) -> tuple[str, ...]:
    return tuple(f"{name}: {t.type}[{_sizes(t.shape)}]" for name, t in graph.outputs)


def _sizes(shape: tuple[Expr, ...]) -> str:
    return ", ".join(describe(to_serial(d)) for d in shape)


def _value(value: Value) -> str:
    kind = onnx.TensorProto.DataType.Name(value.element_type).lower()
    dims = "?" if value.dims is None else ", ".join(str(d or "?") for d in value.dims)
    return f"{value.name}: {kind}[{dims}]"
