"""Parts of a model that are models: some of its nodes, and the values of a run around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from onnx_frontend.failures import Case
from onnx_frontend.graph import Array
from onnx_frontend.layers import inferred_types, live_values, reads_of

_FEW = 64
"""Integers that stand in a shape, not among data."""


class Parts:
    """Makes models of the nodes of another.

    Parameters
    ----------
    model
        The whole.
    values
        What each of its values is in a run, as far as that is known.
    wanted
        The names of values to compare where they are outputs.
    """

    def __init__(
        self, model: onnx.ModelProto, values: Mapping[str, Any], wanted: Iterable[str]
    ) -> None:
        self.model = model
        self.values = values
        self.wanted = frozenset(wanted)
        graph = model.graph
        self._types = inferred_types(model)
        self._weights = {t.name: t for t in graph.initializer}
        self._inputs = {v.name: v for v in graph.input if v.name not in self._weights}
        self._outputs = {v.name for v in graph.output}
        self._live = frozenset(live_values(graph))
        self._constants = _constants(graph, self._weights)

    @property
    def nodes(self) -> list[int]:
        """The places of the nodes that the outputs depend on."""
        return [
            place
            for place, node in enumerate(self.model.graph.node)
            if not self._live.isdisjoint(node.output)
        ]

    def case(self, places: Iterable[int]) -> Case | None:
        """Return the model of the nodes at `places`; None if there is none.

        What they read of other nodes becomes an input, or a constant where it is one or small and
        integer, as shapes are; what nobody reads any more becomes an output.
        """
        nodes = [self.model.graph.node[place] for place in sorted(places)]
        made = {name for node in nodes for name in node.output if name}
        reads = list(dict.fromkeys(n for node in nodes for n in reads_of(node) if n not in made))
        inner = {name for node in nodes for name in reads_of(node)}
        weights: list[onnx.TensorProto] = []
        inputs: list[onnx.ValueInfoProto] = []
        for name in reads:
            if name in self._weights:
                weights.append(self._weights[name])
            elif name in self._inputs:
                inputs.append(self._inputs[name])
            elif not isinstance(self.values.get(name), np.ndarray):
                return None
            elif self._is_constant(name):
                weights.append(numpy_helper.from_array(self.values[name], name))
            else:
                inputs.append(self._port(name))
        outputs = [
            self._port(name)
            for node in nodes
            for name in node.output
            if name in self._live and (name not in inner or name in self._outputs)
        ]
        outputs = [port for port in outputs if port.type.WhichOneof("value") == "tensor_type"]
        if not outputs:
            return None
        graph = helper.make_graph(nodes, self.model.graph.name, inputs, outputs, weights)
        own = helper.make_model(
            graph, opset_imports=self.model.opset_import, ir_version=self.model.ir_version
        )
        return Case(
            own,
            {port.name: self.values[port.name] for port in inputs},
            {
                port.name: self.values[port.name]
                for port in outputs
                if port.name in self.wanted and port.name in self.values
            },
        )

    def _is_constant(self, name: str) -> bool:
        value: Array = self.values[name]
        few = value.dtype.kind in "iub" and value.size <= _FEW and value.ndim <= 1
        return name in self._constants or few

    def _port(self, name: str) -> onnx.ValueInfoProto:
        """Return a value as an input or output, with the symbolic sizes that onnx finds."""
        port = onnx.ValueInfoProto(name=name)
        known = self._types.get(name)
        value = self.values.get(name)
        if known is not None and (
            known.WhichOneof("value") != "tensor_type" or known.tensor_type.HasField("shape")
        ):
            port.type.CopyFrom(known)
        elif isinstance(value, np.ndarray):
            kind = helper.np_dtype_to_tensor_dtype(value.dtype)
            port = helper.make_tensor_value_info(name, kind, value.shape)
        else:
            port.type.tensor_type.elem_type = onnx.TensorProto.UNDEFINED
        return port


def _constants(graph: onnx.GraphProto, weights: Iterable[str]) -> frozenset[str]:
    """Return the values that do not depend on inputs."""
    found = set(weights)
    for node in graph.node:
        if all(name in found for name in reads_of(node)):
            found.update(name for name in node.output if name)
    return frozenset(found)
