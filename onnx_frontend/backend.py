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

from onnx_frontend.compiled_model import CompiledModel
from onnx_frontend.compiler import compile
from onnx_frontend.errors import ModelError
from onnx_frontend.signature import Array


class CompiledRep(BackendRep):  # type: ignore[misc]  # onnx has no types
    """A compiled model that takes its inputs in order or by name.

    Attributes
    ----------
    model
        The model.
    """

    def __init__(self, model: CompiledModel) -> None:
        self.model = model

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Array, ...]:
        """Run the model.

        Parameters
        ----------
        inputs
            A sequence of arrays in the model's order, a mapping by name, or one array.

        Returns
        -------
        tuple
            An array for each output, in the model's order.

        Raises
        ------
        BufferError
            An input is missing, one too many, or does not fit.
        """
        results = self.model.run(self._named(inputs), **kwargs)
        return tuple(results[port.name] for port in self.model.signature.outputs)

    def _named(self, inputs: Any) -> dict[str, Any]:
        if isinstance(inputs, Mapping):
            return dict(inputs)
        given = list(inputs) if isinstance(inputs, Sequence) else [inputs]
        ports = self.model.signature.inputs
        if len(given) > len(ports):
            raise ModelError(
                f"{len(given)} inputs are given to model {self.model.signature.name}, "
                f"which has {len(ports)}"
            )
        return {port.name: value for port, value in zip(ports, given, strict=False)}


class HaloBackend(Backend):  # type: ignore[misc]
    """halo as an ONNX backend; it runs on processors."""

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> CompiledRep:
        """Compile `model`; see `onnx_frontend.compile` for `kwargs` and what is raised."""
        cls._check_device(device)
        return CompiledRep(compile(model, **kwargs))

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
