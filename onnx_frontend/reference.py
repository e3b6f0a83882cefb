"""What every value of a model should be, by the standard's evaluator or by onnxruntime."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from onnx_frontend.errors import ModelError
from onnx_frontend.graph import Array
from onnx_frontend.layers import reads_of
from onnx_frontend.reference_optional import OPERATORS

REFERENCES = ("onnx", "onnxruntime")

StandIn = Callable[[onnx.ModelProto, onnx.NodeProto, Mapping[str, Any]], list[Any] | None]
"""From a model, a node of it and the values it reads to its outputs that have names; or None."""


@dataclass(slots=True)
class ReferenceValues:
    """What a reference says.

    Attributes
    ----------
    values
        By name: arrays, and lists, an `OptionalValue` or None for what is no tensor.
    taken
        Why the outputs of a node, by its place, are not by the reference but as they were given.
    """

    values: dict[str, Any] = field(default_factory=dict)
    taken: dict[int, str] = field(default_factory=dict)


def reference_values(
    model: onnx.ModelProto,
    inputs: Mapping[str, Array],
    stand_in: StandIn | None = None,
    by: str = "onnx",
    *,
    strict: bool = True,
) -> ReferenceValues:
    """Return all values of `model`, whose outputs name all that is wanted.

    Parameters
    ----------
    inputs
        An array for each input.
    stand_in
        What evaluates the nodes that the reference does not know.
    by
        One of `REFERENCES`. onnxruntime refuses the whole model where it does not know a node.
    strict
        Whether every node must be evaluated; else values that are not are left out.

    Raises
    ------
    ModelError
        The reference is not there, or cannot evaluate the model.
    """
    weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    if by == "onnxruntime":
        return ReferenceValues({**weights, **inputs, **_by_onnxruntime(model, inputs)})
    result = ReferenceValues({**weights, **inputs})
    for place, node in enumerate(model.graph.node):
        _evaluate(model, node, place, stand_in, result, strict)
    return result


def _evaluate(
    model: onnx.ModelProto,
    node: onnx.NodeProto,
    place: int,
    stand_in: StandIn | None,
    result: ReferenceValues,
    strict: bool,
) -> None:
    names = [name for name in node.output if name]
    try:
        made = evaluate_node(model, node, result.values)
    except Exception as error:  # whatever it is, the reference does not know the node
        why = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        given = stand_in(model, node, result.values) if stand_in is not None else None
        if given is None and strict:
            raise ModelError(
                f"the reference cannot evaluate {node.op_type} node "
                f"'{node.name or f'#{place}'}': {why}",
                hint="another reference may know it: --reference onnxruntime",
            ) from error
        if given is None:
            return
        result.taken[place] = why
        made = given
    result.values |= zip(names, made, strict=True)


def evaluate_node(
    model: onnx.ModelProto, node: onnx.NodeProto, values: Mapping[str, Any]
) -> list[Any]:
    """Return the outputs of a node of `model` that have names, by the standard's evaluator.

    Parameters
    ----------
    values
        What the names stand for that it, and bodies in it, read.
    """
    model, node = _as_meant(model, node)
    names = list(reads_of(node))
    inputs = [onnx.ValueInfoProto(name=n) for n in names]
    outputs = [onnx.ValueInfoProto(name=n) for n in node.output if n]
    graph = helper.make_graph([node], "node", inputs, outputs)
    alone = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        # Of a list of maps the evaluator makes rows, of a map none.
        given = {n: [v] if isinstance(v := values[n], dict) else v for n in names}
        made = ReferenceEvaluator(alone, new_ops=OPERATORS).run(None, given)
    return [np.asarray(v) if isinstance(v, np.generic) else v for v in made]


def _as_meant(
    model: onnx.ModelProto, node: onnx.NodeProto
) -> tuple[onnx.ModelProto, onnx.NodeProto]:
    """Return a node that the evaluator gets wrong in a form that it gets right.

    Before version 14 a BatchNormalization of one output uses the mean and variance it is given;
    the evaluator takes it for one in training. DequantizeLinear it knows from version 19 on, which
    added types.
    """
    outputs = [name for name in node.output if name]
    if node.domain not in ("", "ai.onnx"):
        return model, node
    version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 1)
    if node.op_type == "DequantizeLinear" and version < 19:
        newer = helper.make_model(onnx.GraphProto(), opset_imports=[helper.make_opsetid("", 19)])
        return newer, node
    if node.op_type != "BatchNormalization" or version >= 14 or len(outputs) > 1:
        return model, node
    epsilon = {a.name: a.f for a in node.attribute if a.name == "epsilon"}
    newer = helper.make_model(onnx.GraphProto(), opset_imports=[helper.make_opsetid("", 15)])
    return newer, helper.make_node(node.op_type, list(node.input), outputs, node.name, **epsilon)


def _by_onnxruntime(model: onnx.ModelProto, inputs: Mapping[str, Array]) -> dict[str, Any]:
    if importlib.util.find_spec("onnxruntime") is None:
        raise ModelError("onnxruntime is not installed", hint="pip install onnxruntime")
    # It is an extra, and slow to import.
    runtime: Any = importlib.import_module("onnxruntime")
    options = runtime.SessionOptions()
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        names = [output.name for output in session.get_outputs()]
        given = {n: _plain(x) if isinstance(x, dict) else x for n, x in inputs.items()}
        return dict(zip(names, session.run(names, given), strict=True))
    except Exception as error:
        raise ModelError(
            f"onnxruntime cannot run the model: {str(error).splitlines()[0]}",
            hint="the standard's evaluator may: --reference onnx",
        ) from error


def _plain(map: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return a map whose values are Python's own, as onnxruntime takes them."""
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in map.items()}
