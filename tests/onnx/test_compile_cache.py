"""A model compiled before is found again, and only then."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import onnx_frontend
from onnx_frontend import CompiledModel, registry


@pytest.fixture(autouse=True)
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache = tmp_path / "cache"
    monkeypatch.setenv("HALO_CACHE_DIR", str(cache))
    return cache


def scaled(factor: float) -> onnx.ModelProto:
    """y = x * factor."""
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        "scaled",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N"])],
        [numpy_helper.from_array(np.array([factor], np.float32), "factor")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def is_cached(model: CompiledModel) -> bool:
    assert model.report is not None
    return model.report.cached


def answer(model: CompiledModel) -> list[float]:
    result: list[float] = model.run({"x": np.array([1, 2], np.float32)})["y"].tolist()
    return result


def test_the_second_time_a_model_is_found() -> None:
    first, second = onnx_frontend.compile(scaled(3)), onnx_frontend.compile(scaled(3))
    assert (is_cached(first), is_cached(second)) == (False, True)
    assert answer(first) == answer(second) == [3, 6]


def test_another_weight_is_another_model() -> None:
    onnx_frontend.compile(scaled(3))
    other = onnx_frontend.compile(scaled(4))
    assert not is_cached(other)
    assert answer(other) == [4, 8]


def test_other_shapes_and_another_name_make_another_model() -> None:
    onnx_frontend.compile(scaled(3))
    assert not is_cached(onnx_frontend.compile(scaled(3), shapes={"x": [2]}))
    assert not is_cached(onnx_frontend.compile(scaled(3), shapes={"x": ["2"]}))
    assert not is_cached(onnx_frontend.compile(scaled(3), name="other"))


def test_a_damaged_entry_is_compiled_again(fresh_cache: Path) -> None:
    onnx_frontend.compile(scaled(3))
    for path in fresh_cache.rglob("*.json"):
        path.write_text("{}")
    again = onnx_frontend.compile(scaled(3))
    assert not is_cached(again)
    assert answer(again) == [3, 6]


def test_a_damaged_library_is_built_again(fresh_cache: Path) -> None:
    onnx_frontend.compile(scaled(3))
    for path in fresh_cache.rglob("*.so"):
        path.unlink()
    again = onnx_frontend.compile(scaled(3))
    assert not is_cached(again)
    assert answer(again) == [3, 6]


def test_a_model_found_is_saved_with_the_same_files(tmp_path: Path) -> None:
    model = scaled(3)
    first = onnx_frontend.compile(model)
    second = onnx_frontend.compile(model)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.ones(1, np.float32), "factor"))
    a, b = first.save(tmp_path / "first"), second.save(tmp_path / "second")
    assert [p.name for p in a] == [p.name for p in b]
    assert [p.read_bytes() for p in a] == [p.read_bytes() for p in b]


def test_operators_of_others_keep_a_model_out_of_the_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def theirs() -> None: ...

    onnx_frontend.compile(scaled(3))
    monkeypatch.setattr(registry, "_foreign", {("theirs", "Op"): {1: theirs}})
    assert is_cached(onnx_frontend.compile(scaled(3)))
    monkeypatch.setattr(registry, "_foreign", {("", "Neg"): {1: theirs}})
    assert not is_cached(onnx_frontend.compile(scaled(3)))
