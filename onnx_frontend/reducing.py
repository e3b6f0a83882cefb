"""Shrinking a model that fails to the smallest one that fails in the same way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from onnx_frontend.comparing import Tolerance
from onnx_frontend.compiler import compile
from onnx_frontend.delta_debugging import minimal
from onnx_frontend.errors import ModelError
from onnx_frontend.example_inputs import example_inputs
from onnx_frontend.failures import Case, Failure, apart, failure_of, need_fork
from onnx_frontend.graph import Array
from onnx_frontend.layers import reads_of, with_all_values
from onnx_frontend.model_file import ModelSource, load_model
from onnx_frontend.reference import reference_values
from onnx_frontend.shrink_sizes import shrink_sizes
from onnx_frontend.submodel import Parts

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Reduction:
    """What is left of a model.

    Attributes
    ----------
    case
        The smallest model that fails, its inputs, and what it should give.
    failure
        How it fails.
    nodes
        How many nodes the whole model has.
    tolerance
        What an answer may differ by.
    """

    case: Case
    failure: Failure
    nodes: int
    tolerance: Tolerance


def reduce_model(
    model: ModelSource,
    inputs: Mapping[str, Array] | None = None,
    *,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    tolerance: Tolerance | None = None,
    reference: str = "onnx",
    seed: int = 0,
    timeout: float = 300.0,
    told: Told | None = None,
) -> Reduction:
    """Return the smallest part of a model that fails as the whole does.

    A model fails when an answer is wrong, when halo refuses it, or when compiling or running it
    crashes. Nodes are left out as long as the rest fails in the same way; what they gave becomes an
    input or a constant. Then sizes are made smaller.

    Parameters
    ----------
    model, inputs, shapes, tolerance, reference, seed
        As of `check_model`.
    timeout
        Seconds after which compiling and running a model counts as a crash.
    told
        Called with a line of text at each step.

    Raises
    ------
    ModelError
        The model makes no sense, or nothing fails.
    """
    need_fork()
    tell, allowed = told or _silent, tolerance or Tolerance()
    proto = load_model(model)
    given = dict(shapes or {})
    arrays = example_inputs(proto, inputs or {}, given, seed)
    proto = _with_shapes(proto, {n: s for n, s in given.items() if n in arrays})
    parts = _parts(proto, arrays, reference, timeout)

    def failure(case: Case | None) -> Failure | None:
        return None if case is None else failure_of(case, allowed, timeout)

    nodes = parts.nodes
    whole = failure(parts.case(nodes))
    if whole is None:
        raise ModelError(
            f"model {proto.graph.name} does not fail: it is compiled and gives the answers of "
            f"{reference} on these inputs",
            hint="other inputs, sizes or tolerances may make it fail",
        )
    tell(f"{_count(len(nodes))}, {whole.kind}: {whole.message}")

    def still(places: Sequence[int]) -> bool:
        if not whole.is_like(failure(parts.case(places))):
            return False
        tell(f"{_count(len(places))} will do")
        return True

    case = parts.case(minimal(nodes, still))
    assert case is not None
    case = shrink_sizes(case, lambda smaller: whole.is_like(failure(smaller)), tell)
    last = failure(case)
    return Reduction(case, last or whole, len(nodes), allowed)


def _silent(line: str) -> None:
    """Tell nobody."""


def _count(nodes: int) -> str:
    return "1 node" if nodes == 1 else f"{nodes} nodes"


def _parts(
    proto: onnx.ModelProto, arrays: Mapping[str, Array], reference: str, timeout: float
) -> Parts:
    """Return what makes parts of a model, with the values that the reference gives."""

    def alone(model: onnx.ModelProto, node: onnx.NodeProto, values: Mapping[str, Any]) -> Any:
        found = apart(lambda: _by_halo(model, node, values), timeout)
        return None if isinstance(found, Failure) else found

    found = reference_values(with_all_values(proto), arrays, alone, reference, strict=False)
    taken = {n for place in found.taken for n in proto.graph.node[place].output}
    return Parts(proto, found.values, found.values.keys() - taken)


def _by_halo(
    model: onnx.ModelProto, node: onnx.NodeProto, values: Mapping[str, Any]
) -> list[Array] | None:
    """Return what a node that the reference does not know gives; None if halo does not tell."""
    reads = {name: values.get(name) for name in reads_of(node)}
    if not all(isinstance(array, np.ndarray) for array in reads.values()):
        return None
    outputs = [name for name in node.output if name]
    ports = [helper.make_tensor_value_info(n, onnx.TensorProto.UNDEFINED, None) for n in outputs]
    weights = [numpy_helper.from_array(array, name) for name, array in reads.items()]
    graph = helper.make_graph([node], "node", [], ports, weights)
    alone = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    try:
        results = compile(alone).run({})
    except Exception:  # then there are fewer places to cut the model at
        return None
    return [results[name] for name in outputs]


def _with_shapes(proto: onnx.ModelProto, shapes: Mapping[str, tuple[int, ...]]) -> onnx.ModelProto:
    """Return a model whose inputs have the given shapes; a size of a name has it everywhere."""
    if not shapes:
        return proto
    made = onnx.ModelProto()
    made.CopyFrom(proto)
    sizes: dict[str, int] = {}
    for value in made.graph.input:
        tensor = value.type.tensor_type
        if value.name in shapes and not tensor.HasField("shape"):
            for _ in shapes[value.name]:
                tensor.shape.dim.add()
        for dim, size in zip(tensor.shape.dim, shapes.get(value.name, ()), strict=False):
            if dim.dim_param:
                sizes[dim.dim_param] = size
            dim.dim_value = size
    for value in made.graph.input:
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in sizes:
                dim.dim_value = sizes[dim.dim_param]
    return made
