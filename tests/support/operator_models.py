"""Models of an `OperatorCase`: a node for each type, with sizes or symbols, and what it is fed."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import ml_dtypes  # noqa: F401  (gives numpy the name bfloat16)
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, defs, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from operator_cases import Array, OperatorCase

PLAIN = {"a": 3, "b": 5, "c": 4, "d": 2}
_TYPES = {
    "BOOL": "b",
    **{
        f"{sign}{bits}": kind
        for sign, kind in (("INT", "i"), ("UINT", "u"))
        for bits in (8, 16, 32, 64)
    },
    **dict.fromkeys(["FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16"], "f"),
}
"""The standard's names of types that are computed with, and numpy's letter of their kind."""


def types_of(case: OperatorCase) -> list[str]:
    """Return numpy's names of the types that the standard allows for the first input."""
    allowed = defs.get_schema(case.op, case.opset).inputs[0].types
    return [
        dtype_of(name).name
        for name, kind in _TYPES.items()
        if kind in case.only and f"tensor({name.lower()})" in allowed
    ]


def dtype_of(name: str) -> np.dtype[Any]:
    """Return the dtype of a type of the standard."""
    return np.dtype(helper.tensor_dtype_to_np_dtype(TensorProto.DataType.Value(name)))


def sizes_of(case: OperatorCase) -> list[dict[str, int]]:
    """Return the sizes to run a case at: different ones, all 1, and each of them 0."""
    letters = sorted({s for shape in case.shapes for s in shape if s.isalpha()})
    empty = [{**PLAIN, s: 0} for s in letters if s not in case.never_empty]
    return [PLAIN, dict.fromkeys(PLAIN, 1), *empty] if letters else [PLAIN]


def feeds_of(
    case: OperatorCase, dtypes: Sequence[str], sizes: Mapping[str, int]
) -> dict[str, Array]:
    """Return what the model of `dtypes` is given to run at `sizes`."""
    return {f"{dtype}_{i}": x for dtype in dtypes for i, x in _inputs(case, sizes, dtype).items()}


def model_of(
    case: OperatorCase, dtypes: Sequence[str], sizes: Mapping[str, int] | None = None
) -> onnx.ModelProto:
    """Return a model with a node for each of `dtypes`; without `sizes` their letters are symbols.

    Inputs are called ``float32_0`` and so on, outputs ``float32_y0``.
    """
    nodes, values, weights, results = [], [], [], []
    for dtype in dtypes:
        names = []
        given = _inputs(case, PLAIN, dtype)
        for i, shape in enumerate(case.shapes):
            name = f"{dtype}_{i}" if i in given or i in case.fixed else ""
            names.append(name)
            if i in case.fixed:
                weights.append(numpy_helper.from_array(_fixed(case, i, dtype), name))
            elif i in given:
                number = helper.np_dtype_to_tensor_dtype(given[i].dtype)
                dims = [int(s) if s.isdigit() else sizes[s] if sizes else s for s in shape]
                values.append(helper.make_tensor_value_info(name, number, dims))
        made = [f"{dtype}_y{k}" for k in range(case.outputs)]
        results += made
        node = helper.make_node(case.op, names, made, name=f"of {dtype}", **case.attributes)
        nodes.append(node)
    outputs = [helper.make_tensor_value_info(r, TensorProto.UNDEFINED, None) for r in results]
    graph = helper.make_graph(nodes, "every", values, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", case.opset)])


def expected(case: OperatorCase, dtype: str, sizes: Mapping[str, int]) -> list[Array]:
    """Return what the standard's reference gives.

    For 16-bit floats that is what it gives in float32, rounded; so it is for float64 where its
    definition of the operator fits float32 only. Where it stumbles, mostly over what is empty,
    onnxruntime is asked, in float32 for all floats.
    """
    own = np.dtype(dtype)
    integral = own.kind in "biu"
    for wide in [dtype] if integral else ["float32"] if own.itemsize < 4 else [dtype, "float32"]:
        with suppress(TypeError, ValueError, ZeroDivisionError, RuntimeError):
            return _typed(case, own, _reference(case, dtype, sizes, wide))
    return _typed(case, own, _onnxruntime(case, dtype, sizes, dtype if integral else "float32"))


def _typed(case: OperatorCase, dtype: np.dtype[Any], made: Sequence[Array]) -> list[Array]:
    """Give outputs the type of an input where they have one, which the reference may have widened.

    `dtype` is that of the first input.
    """
    schema = defs.get_schema(case.op, case.opset)
    own = {
        _parameter(schema.inputs, i).type_str: _type_of_input(case, i, dtype.name)
        for i in reversed(range(len(case.shapes)))
    }
    types = [_parameter(schema.outputs, k).type_str for k in range(len(made))]
    return [
        y.astype(dtype if case.as_input else own.get(t, y.dtype))
        for t, y in zip(types, made, strict=True)
    ]


def _converted(
    case: OperatorCase, dtype: str, sizes: Mapping[str, int], wide: str
) -> tuple[onnx.ModelProto, dict[str, Array]]:
    """Return the model in type `wide`, and the inputs of `dtype` converted to it."""
    feeds = {
        name.replace(dtype, wide): x.astype(wide) if x.dtype == np.dtype(dtype) else x
        for name, x in feeds_of(case, [dtype], sizes).items()
    }
    return model_of(case, [wide], sizes), feeds


def _reference(case: OperatorCase, dtype: str, sizes: Mapping[str, int], wide: str) -> list[Array]:
    model, feeds = _converted(case, dtype, sizes, wide)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [np.asarray(y) for y in ReferenceEvaluator(model).run(None, feeds)]


def _onnxruntime(
    case: OperatorCase, dtype: str, sizes: Mapping[str, int], wide: str
) -> list[Array]:
    model, feeds = _converted(case, dtype, sizes, wide)
    whole = onnx.shape_inference.infer_shapes(model)
    whole.ir_version = 10  # the newest that it reads
    only = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(whole.SerializeToString(), providers=only)
    return [np.asarray(y) for y in session.run(None, feeds)]


def _inputs(case: OperatorCase, sizes: Mapping[str, int], dtype: str) -> dict[int, Array]:
    given = {}
    for i, shape in enumerate(case.shapes):
        if shape == "=" or (shape == "" and i):
            continue
        extents = [sizes[s] if s.isalpha() else int(s) for s in shape]
        given[i] = _numbers(case.numbers, extents, _type_of_input(case, i, dtype), i)
    return given


def _type_of_input(case: OperatorCase, i: int, dtype: str) -> np.dtype[Any]:
    """Return `dtype`, or what an input is of whose type is another one's business."""
    if _has_main_type(case, i):
        return np.dtype(dtype)
    types = _parameter(defs.get_schema(case.op, case.opset).inputs, i).types
    return np.dtype("float32" if "tensor(float)" in types else "int64")


def _has_main_type(case: OperatorCase, i: int) -> bool:
    """Whether input `i` is of the first one's type."""
    inputs = defs.get_schema(case.op, case.opset).inputs
    return bool(_parameter(inputs, i).type_str == inputs[0].type_str)


def _parameter(parameters: Sequence[Any], i: int) -> Any:
    """Return what the standard says of input or output `i`; the last may stand for many."""
    return parameters[min(i, len(parameters) - 1)]


def _fixed(case: OperatorCase, i: int, dtype: str) -> Array:
    value = case.fixed[i]
    if not _has_main_type(case, i):
        return value
    own = _type_of_input(case, i, dtype)
    return (np.abs(value) if own.kind == "u" else value).astype(own)


def _numbers(kind: str, shape: Sequence[int], dtype: np.dtype[Any], seed: int) -> Array:
    """Return numbers of `kind` that `dtype` has."""
    rng = np.random.default_rng(seed)
    if dtype.kind == "b":
        return rng.random(size=shape) < 0.5
    if dtype.kind in "iu":
        low = {"positive": 1, "few": 0}.get(kind, -9 if dtype.kind == "i" else 0)
        return rng.integers(low, 8 if kind == "few" else 10, size=shape).astype(dtype)
    x = rng.normal(size=shape)
    shaped = {
        "any": x,
        "positive": np.abs(x) + 0.25,
        "unit": np.tanh(x),
        "above one": 1 + np.abs(x),
        "few": np.floor(np.abs(x)),
    }
    return np.asarray(shaped[kind]).astype(dtype)
