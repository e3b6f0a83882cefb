"""The ONNX standard's own interface to a backend: ``onnx.backend.base.Backend`` on halo.

from onnx_frontend import backend

outputs = backend.prepare(model).run([x, y])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper
from onnx.backend.base import Backend, BackendRep

from halo.ops.build import CONTENT_LIMIT
from onnx_frontend.compiled_model import CompiledModel
from onnx_frontend.compiler import compile
from onnx_frontend.errors import ModelError, UnsupportedOp
from onnx_frontend.example_maps import dicts_of
from onnx_frontend.input_sequences import KEYS, VALUES, part_name
from onnx_frontend.signature import Array


class CompiledRep(BackendRep):  # type: ignore[misc]  # onnx has no types
    """A model that takes its inputs in order or by name.

    A model with sequences or optional values among its inputs is compiled for what they consist
    of when it runs, once for each. One that can only be compiled where its small inputs of integers
    are known, such as the number of tensors to split into, is compiled for their values.

    Parameters
    ----------
    proto
        The model.
    options
        What `compile` takes.
    """

    def __init__(self, proto: onnx.ModelProto, options: Mapping[str, Any]) -> None:
        weights = {t.name for t in proto.graph.initializer}
        inputs = [v for v in proto.graph.input if v.name not in weights]
        self._proto, self._options = proto, dict(options)
        self._inputs = [v.name for v in inputs]
        self._outputs = {v.name: v.type.WhichOneof("value") for v in proto.graph.output}
        self._loose = {v.name for v in inputs if v.type.WhichOneof("value") in _LOOSE}
        self._maps = {
            v.name: v.type.map_type for v in inputs if v.type.WhichOneof("value") == "map_type"
        }
        self._telling = [v.name for v in inputs if _is_integer(v)]
        self._compiled: dict[str, CompiledModel] = {}
        self._refusals: dict[str, UnsupportedOp] = {}
        if not self._loose and self._try({}) is None and not self._telling:
            raise self._refusals[_key({}, None)]

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Run the model.

        Parameters
        ----------
        inputs
            A sequence of arrays in the model's order, a mapping by name, or one array. A list of
            arrays stands for a sequence, None for an optional input that is not there, a dict for
            a map.

        Returns
        -------
        tuple
            An array for each output, in the model's order; a list of arrays for a sequence, a
            list of dicts for a sequence of maps, None for an optional value that is not there.

        Raises
        ------
        BufferError
            An input is missing, one too many, or does not fit.
        """
        named = self._named(inputs)
        model, values = self._model(named)
        named = {name: x for name, x in named.items() if name not in values}
        results = model.run(_flat(named, self._maps), **kwargs)
        return tuple(_output(name, kind, results) for name, kind in self._outputs.items())

    def _model(self, named: Mapping[str, Any]) -> tuple[CompiledModel, Mapping[str, Array]]:
        """Return the model compiled for the inputs, and the values that it is compiled for."""
        given = {name: _shape(named.get(name)) for name in self._inputs if name in self._loose}
        model = self._try(given)
        if model is not None:
            return model, {}
        arrays = {name: np.asarray(named[name]) for name in self._telling if name in named}
        values = {name: x for name, x in arrays.items() if x.size <= CONTENT_LIMIT}
        model = self._try(given, values)
        if model is None:
            raise self._refusals[_key(given, values)]
        return model, values

    def _try(
        self, shapes: Mapping[str, Any], values: Mapping[str, Array] | None = None
    ) -> CompiledModel | None:
        """Return the model compiled for shapes and values; None if it is refused, which is kept."""
        key = _key(shapes, values)
        if key not in self._compiled and key not in self._refusals:
            own = {**self._options.get("shapes", {}), **shapes}
            options = {**self._options, "shapes": own or None, "values": values}
            try:
                self._compiled[key] = compile(self._proto, **options)
            except UnsupportedOp as error:
                self._refusals[key] = error
        return self._compiled.get(key)

    def _named(self, inputs: Any) -> dict[str, Any]:
        if isinstance(inputs, Mapping):
            return dict(inputs)
        given = list(inputs) if isinstance(inputs, Sequence) else [inputs]
        if len(given) > len(self._inputs):
            raise ModelError(
                f"{len(given)} inputs are given to model {self._proto.graph.name}, "
                f"which has {len(self._inputs)}"
            )
        return dict(zip(self._inputs, given, strict=False))


_LOOSE = frozenset({"sequence_type", "optional_type"})


def _key(shapes: Mapping[str, Any], values: Mapping[str, Array] | None) -> str:
    given = {name: x.tolist() for name, x in (values or {}).items()}
    return repr((shapes, given))


def _is_integer(value: onnx.ValueInfoProto) -> bool:
    """Whether an input is a tensor of integers or bools."""
    kinds = ("BOOL", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64")
    is_tensor = value.type.WhichOneof("value") == "tensor_type"
    of = [onnx.TensorProto.DataType.Value(kind) for kind in kinds]
    return is_tensor and value.type.tensor_type.elem_type in of


def _shape(value: Any) -> Any:
    """Return what is compiled for: the number of axes of each tensor."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return [_shape(item) for item in value]
    return [None] * np.ndim(value)


def _flat(named: Mapping[str, Any], maps: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs of a compiled model: sequences and maps as tensors of their own."""
    result: dict[str, Any] = {}
    for name, value in named.items():
        if name in maps:
            result |= _entries(name, value, maps[name])
        elif isinstance(value, (list, tuple)):
            result |= {part_name(name, i): np.asarray(item) for i, item in enumerate(value)}
        elif value is not None:
            result[name] = value
    return result


def _entries(name: str, value: Mapping[Any, Any], type: onnx.TypeProto.Map) -> dict[str, Array]:
    """Return the keys and the values of a map as arrays."""
    kinds = (type.key_type, type.value_type.tensor_type.elem_type)
    parts = zip((KEYS, VALUES), (list(value.keys()), list(value.values())), kinds, strict=True)
    return {
        part_name(name, part): np.array(items, helper.tensor_dtype_to_np_dtype(kind))
        for part, items, kind in parts
    }


def _output(name: str, kind: str, results: Mapping[str, Any]) -> Any:
    """Return what output `name`, of this kind in the model, is among the results of a run."""
    return _gathered(name, results) if kind in _LOOSE and name not in results else results[name]


def _gathered(name: str, results: Mapping[str, Array]) -> list[Any]:
    """Return the tensors of a sequence among the outputs, or its maps."""
    maps = dicts_of(name, results)
    if maps is not None:
        return maps
    items: list[Any] = []
    while part_name(name, len(items)) in results:
        items.append(results[part_name(name, len(items))])
    return items


class HaloBackend(Backend):  # type: ignore[misc]
    """halo as an ONNX backend; it runs on processors."""

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> CompiledRep:
        """Compile `model`; see `onnx_frontend.compile` for `kwargs` and what is raised."""
        cls._check_device(device)
        return CompiledRep(model, kwargs)

    @classmethod
    def run_node(
        cls,
        node: onnx.NodeProto,
        inputs: Any,
        device: str = "CPU",
        outputs_info: Sequence[tuple[np.dtype[Any], tuple[int, ...]]] | None = None,
        *,
        opset_version: int | None = None,
    ) -> tuple[Array, ...]:
        """Run one node on `inputs`, arrays in its order (None for one left out).

        Parameters
        ----------
        opset_version
            The version of the node's domain; the newest that onnx has by default.
        """
        cls._check_device(device)
        names = [name for name in node.input if name]
        arrays = [np.asarray(x) for x in inputs if x is not None]
        values = [
            helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
            for n, x in zip(names, arrays, strict=True)
        ]
        results = [
            helper.make_tensor_value_info(name, onnx.TensorProto.UNDEFINED, None)
            for name in node.output
            if name
        ]
        graph = helper.make_graph([node], "node", values, results)
        versions = {"": onnx.defs.onnx_opset_version()}
        versions[node.domain] = opset_version or versions.get(node.domain, 1)
        opsets = [helper.make_opsetid(domain, version) for domain, version in versions.items()]
        model = helper.make_model(graph, opset_imports=opsets)
        return cls.prepare(model, device).run(dict(zip(names, arrays, strict=True)))

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Whether `device` is a processor."""
        return device.split(":")[0] == "CPU"

    @classmethod
    def _check_device(cls, device: str) -> None:
        if not cls.supports_device(device):
            raise ModelError(f"device {device!r} is not supported", hint="use 'CPU'")


is_compatible = HaloBackend.is_compatible
prepare = HaloBackend.prepare
run_model = HaloBackend.run_model
run_node = HaloBackend.run_node
supports_device = HaloBackend.supports_device
