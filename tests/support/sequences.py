"""Models with sequences, compared with the standard's evaluator."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator

import halo as hl
from onnx_frontend import CompiledModel, compile

Array = np.ndarray[Any, np.dtype[Any]]
TARGETS = pytest.mark.parametrize("target", ["host", "host-llvm"])


def model_of(text: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : 20]> s {text}')


def made(text: str, target: str = "host") -> CompiledModel:
    return compile(model_of(text), target=hl.Target.parse(target))


def check(text: str, target: str = "host", **inputs: Any) -> dict[str, Any]:
    """Compare the outputs of a model with those of the standard's evaluator."""
    model = model_of(text)
    given = {n: x if isinstance(x, list) else np.asarray(x) for n, x in inputs.items()}
    wanted = ReferenceEvaluator(model).run(None, given)
    results = compile(model, target=hl.Target.parse(target)).run(given)
    for value, want in zip(model.graph.output, wanted, strict=True):
        same(results[value.name], want)
    return results


def same(value: Any, want: Any) -> None:
    if isinstance(want, list):
        assert isinstance(value, list)
        for item, other in zip(value, want, strict=True):
            same(item, other)
    else:
        want = np.asarray(want)
        assert value.dtype == want.dtype
        assert value.shape == want.shape
        np.testing.assert_array_equal(value, want)


def floats(*shape: int, dtype: Any = np.float32) -> Array:
    return (np.arange(int(np.prod(shape))) % 7 - 2).reshape(shape).astype(dtype)


def items(*shapes: tuple[int, ...], dtype: Any = np.float32) -> list[Array]:
    return [
        floats(*shape, dtype=dtype) + np.asarray(i).astype(dtype) for i, shape in enumerate(shapes)
    ]
