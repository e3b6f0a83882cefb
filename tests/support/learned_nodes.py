"""Nodes of ai.onnx.ml run on samples: compiled, by onnxruntime, and by the standard's reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from halo.target import Target
from onnx_frontend import compile

Array = np.ndarray[Any, np.dtype[Any]]
ML = "ai.onnx.ml"


def learned_model(
    op: str, inputs: Sequence[Array], outputs: Sequence[str], version: int, **attributes: Any
) -> onnx.ModelProto:
    """Return the model of one node, whose inputs have any number of rows.

    `outputs` are the standard's names of element types, such as ``FLOAT``.
    """
    names, results = [f"x{i}" for i in range(len(inputs))], [f"y{i}" for i in range(len(outputs))]
    node = helper.make_node(op, names, results, domain=ML, **attributes)
    given = [
        helper.make_tensor_value_info(n, _type_of(x), ["rows", *x.shape[1:]])
        for n, x in zip(names, inputs, strict=True)
    ]
    made = [
        helper.make_tensor_value_info(r, TensorProto.DataType.Value(t), None)
        for r, t in zip(results, outputs, strict=True)
    ]
    graph = helper.make_graph([node], "learned", given, made)
    opsets = [helper.make_opsetid(ML, version), helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def _type_of(x: Array) -> int:
    if x.dtype == object:
        return int(TensorProto.STRING)
    return int(helper.np_dtype_to_tensor_dtype(x.dtype))


def run_learned(model: onnx.ModelProto, *inputs: Array) -> list[Array]:
    """Return the outputs of the compiled `model`, the same for all, one and no samples at once."""
    compiled = compile(model, target=Target("host-llvm"))
    made = list(compiled.run({f"x{i}": x for i, x in enumerate(inputs)}).values())
    for count in (1, 0):
        few = compiled.run({f"x{i}": x[:count] for i, x in enumerate(inputs)})
        for part, whole in zip(few.values(), made, strict=True):
            assert part.dtype == whole.dtype
            np.testing.assert_array_equal(part, whole[:count])
    return made


def check_learned(
    op: str,
    *inputs: Array,
    outputs: Sequence[str] = ("FLOAT",),
    version: int = 1,
    theirs: bool = True,
    reference: bool = False,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    **attributes: Any,
) -> list[Array]:
    """Compare a compiled node with onnxruntime, and with the standard's `reference` if so told.

    Without `theirs` onnxruntime is left out. Returns what the compiled node gives.
    """
    model = learned_model(op, inputs, outputs, version, **attributes)
    made = run_learned(model, *inputs)
    feeds = {f"x{i}": x for i, x in enumerate(inputs)}
    wanted: list[Sequence[Any]] = []
    if theirs:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        wanted.append(session.run(None, feeds))
    if reference:
        with np.errstate(all="ignore"):
            wanted.append(ReferenceEvaluator(model).run(None, feeds))
    for want in wanted:
        for got, y in zip(made, want, strict=True):
            y = np.asarray(y)
            assert got.shape == y.shape
            if got.dtype == object or got.dtype.kind in "biu":
                np.testing.assert_array_equal(got, y)
                continue
            np.testing.assert_allclose(got, y, rtol=rtol, atol=atol)
    return made
